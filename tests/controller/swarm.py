"""A home in which anything may happen, drawn from one seed.

Responsible for: random plans, people and mishaps, and the healing afterwards. Not
responsible for what must hold (swarm_rules.py). Sensors lie one at a time, as the safety case
says; everything else may come together.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hal.sim import mishaps
from hal.wire import codes
from tests.controller.home import DAY, HOUR, MINUTE, Home
from tests.controller.swarm_plans import plan_text

STEP_S: Final = 30
START: Final = "2026-11-23T05:00:00+00:00"

Args = dict[str, int | str]

# One sensor or actuator at a time; each ends before the next begins.
_LIES: Final[tuple[tuple[str, Args], ...]] = (
    ("blind_beam", {"reads": "lit"}),
    ("blind_beam", {"reads": "dark"}),
    ("blind_beam", {"reads": "misses"}),
    ("spurious_beam", {}),
    ("spurious_beam", {"count": 2}),
    ("lift_stuck", {}),
    ("scale_stuck", {}),
    ("scale_drift", {"mg": 150}),
    ("scale_drift", {"mg": -60}),
    ("encoder_stuck", {}),
    ("encoder_stuck", {"reading": 65535}),
    ("lost_pill", {}),
    ("stuck_pill", {}),
    ("cup_not_empty", {}),
    ("cup_missing", {}),
    ("jam", {"after_ticks": 5}),
    ("jam", {"after_ticks": 3, "wiggles": 1}),
    ("slip", {}),
    ("stuck_gate_closed", {}),
    ("stuck_gate_open", {}),
    ("button_bounce", {}),
    ("button_stuck", {}),
)  # fmt: skip
_CABLE: Final[tuple[tuple[str, Args], ...]] = (
    ("bit_flips", {"per_million": 500}),
    ("cable_cut", {}),
    ("cable_loss", {}),
    ("cable_dup", {}),
    ("cable_reorder", {}),
    ("cable_delay", {}),
)
_DARK: Final[tuple[tuple[str, Args], ...]] = (
    ("brown_out", {}),
    ("brown_out", {"dark_ms": 40_000}),
    ("reset", {}),
    ("reset", {"cause": 0}),
    ("cut_at_operation", {"operations": 5}),
    ("cut_at_operation", {"operations": 60}),
    ("watchdog_starve", {}),
    ("mains_cut", {"for_ms": 600_000}),
    ("fram_torn", {"after_writes": 1}),
    ("fram_garbled", {"after_writes": 2}),
    ("cable_replay", {}),
    ("cable_replay", {"to": "controller"}),
)  # fmt: skip


class Swarm(Home):
    """One seed's home; `chaos` then `mend` then `calm`."""

    def __init__(self, folder: Path, seed: int, *, start: str = START, plan: str = "") -> None:
        self.luck = random.Random(seed)
        super().__init__(folder, start, plan=plan or plan_text(self.luck), seed=seed)
        self.world.trace_lines = None
        self.patience = self.luck.choice((0.3, 0.6, 0.9))  # how likely a call is answered
        self._playing = False  # the chaos has begun
        self.lit: list[tuple[int, int]] = []  # (true s, lamp) seen at each step
        self.said: list[str] = []  # what happened, for whom a failure must be explained
        self.fill_of: dict[int, int] = {}  # number of a fill in the world -> in the journal
        self.strays: dict[int, int] = {}  # fill that no board could hold back -> order in motion
        self.jumped_s = 0  # the controller's clock is off by this
        self._board_jump_s = 0
        self._lying = ""
        self._lies_until = 0
        self._next_press = 0
        self._busy_until = 0  # somebody holds the cup

    def load(self, by: str = "person/loader") -> None:
        """The first loading of `install`, by the person of every later one."""
        self.visit(by)

    # --- time ------------------------------------------------------------------------------

    @property
    def true_s(self) -> int:
        """What a perfect clock would show, Unix seconds."""
        return self.world.utc_ms() // 1000

    def note(self, what: str) -> None:
        """One line of the story."""
        self.said.append(f"{(self.true_s - self.start_s) / 3600:7.3f} h  {what}")

    def chaos(self, seconds: int, often_s: int = 900) -> None:
        """Anything happens, on average every `often_s` seconds."""
        until, self._playing = self.true_s + seconds, True
        while self.true_s < until:
            self._step()
            if self.luck.random() < STEP_S / often_s:
                self.luck.choice(self._ACTS)(self)

    def _step(self) -> None:
        # the step is cut into unequal parts, so that nothing keeps a fixed phase
        self.run(self.luck.randint(STEP_S - 9, STEP_S + 9))
        self.lit.append((self.true_s, self.world.lamp_shows))
        if self._lying and self.true_s >= self._lies_until:
            self.stop_lying()
        self._patient()

    def calm(self, seconds: int) -> None:
        """Nothing goes wrong, and the patient always answers."""
        self.patience = 1.0
        until = self.true_s + seconds
        while self.true_s < until:
            self._step()
        if "load-due" in self.alerts():
            self.visit()

    # --- the patient -----------------------------------------------------------------------

    def _patient(self) -> None:
        lamp, now = self.world.lamp_shows, self.true_s
        if now < self._busy_until:
            return
        if lamp in (codes.CALL, codes.WARN) or (lamp == codes.READY and self.luck.random() < 0.1):
            if now >= self._next_press:
                self._next_press = now + self.luck.randint(20, 900)
                if self.luck.random() < self.patience:
                    self._press()
        elif lamp == codes.TAKE and self.luck.random() < 0.5 + self.patience / 2:
            self._take_or_play()

    def _press(self) -> None:
        self.note("press")
        self.house.do_at(self.world.now_ms + self.luck.randint(0, 5000), self.world.press)
        if self.patience < 1.0 and self.luck.random() < 0.25:  # and something goes wrong at once
            when = self.world.now_ms + self.luck.randint(0, 9000)
            name, args = self.luck.choice((*_DARK, ("kill", {}), ("take", {}), ("door", {})))
            self.house.do_at(when, lambda: self._at_once(name, args))

    def _at_once(self, name: str, args: Args) -> None:
        self.note(f"in the midst of it: {name} {args}")
        if name == "kill":
            self._kill(self.luck.choice((1, 4, 20, 90)))
        elif name == "take":
            self.world.take_cup()
            self.house.do_at(self.world.now_ms + 6_000, self._give_back)
        elif name == "door":
            self.world.open_door()
            self.house.do_at(self.world.now_ms + 3_000, self.world.close_door)
        else:
            mishaps.cause(self.world, name, dict(args))

    def _give_back(self) -> None:
        self.world.return_cup()

    def _take_or_play(self) -> None:
        game = self.luck.random() if self.patience < 1.0 else 1.0
        away_s = self.luck.randint(2, 20)
        left = 0
        if game < 0.06:
            self.note("fingers in the cup")
            self.world.fingers(self.luck.randint(1, 3), self.luck.choice((0, 900)))
            return
        if game < 0.12:
            left = self.luck.randint(1, 2)
        elif game < 0.18:
            away_s = self.luck.randint(600, 3000)
        self.note(f"takes the cup for {away_s} s, leaves {left}")
        self.world.take_cup()
        self._busy_until = self.true_s + away_s
        self.house.do_at(self.world.now_ms + away_s * 1000, lambda: self._back(left))

    def _back(self, left: int) -> None:
        self.world.return_cup(left)

    # --- what may happen -------------------------------------------------------------------

    def _kill(self, down_s: int) -> None:
        if self.controller is None:
            return
        self.note(f"controller killed for {down_s} s")
        self.kill_controller()
        self.house.do_at(self.world.now_ms + down_s * 1000, self._start_again)

    def _start_again(self) -> None:
        if self.controller is None:
            self.start_controller()

    def _act_kill(self) -> None:
        self._kill(self.luck.choice((1, 5, 60, 600, 3600, 4 * 3600)))

    def _act_dark(self) -> None:
        self._at_once(*self.luck.choice(_DARK))

    def _act_cable(self) -> None:
        name, args = self.luck.choice(_CABLE)
        seconds = self.luck.choice((3, 20, 120, 1500))
        self.note(f"{name} for {seconds} s")
        mishaps.cause(self.world, name, dict(args))
        after = self.world.now_ms + seconds * 1000
        self.house.do_at(after, lambda: mishaps.heal(self.world, name))

    def _act_lie(self) -> None:
        if self._lying:
            return
        name, args = self.luck.choice(_LIES)
        if name == "stuck_pill":
            args = {"compartment": self.luck.randint(0, 12)}
        self._lies_until = self.true_s + self.luck.choice((5, 60, 900, 5400))
        self._lying = name
        self.note(f"{name} {args} until {(self._lies_until - self.start_s) / 3600:.3f} h")
        mishaps.cause(self.world, name, dict(args))

    def stop_lying(self) -> None:
        """The sensor or actuator works again, and nothing waits to go wrong."""
        if self._lying:
            mishaps.heal(self.world, self._lying)
        chute, tray = self.world.chute, self.world.tray
        chute.lose_before = chute.lose_after = tray.slip = 0
        tray.clear_jam()
        if not self.world.cup.present and self.true_s >= self._busy_until:
            self.world.return_cup()
        self._lying = ""

    def _act_clock(self) -> None:
        who = self.luck.choice(("controller", "board"))
        seconds = self.luck.choice((-50, -20, 20, 50, 3600, -3600, DAY, -DAY, 400, -400))
        if abs(seconds) < 100 or self.jumped_s or self._board_jump_s:
            seconds = self.luck.choice((-15, 15))
        elif who == "controller":
            self.jumped_s = seconds
        else:
            self._board_jump_s = seconds
        self.note(f"clock of {who} jumps {seconds} s")
        mishaps.cause(self.world, "clock_jump", {"who": who, "seconds": seconds})
        if abs(seconds) > 100:
            after = self.world.now_ms + self.luck.choice((60, 600, 5400)) * 1000
            self.house.do_at(after, self.right_clocks)

    def right_clocks(self) -> None:
        """Both clocks show the true time again; somebody says so."""
        self.note("clocks right again")
        true_ms, now_ms = self.world.utc_ms(), self.world.now_ms
        for clock in (self.world.controller_clock, self.world.board_clock):
            clock.jump(true_ms - clock.utc_ms(now_ms), now_ms)
        self.jumped_s = self._board_jump_s = 0
        # a person looks a little later, when the machine has seen it too
        self.house.do_at(now_ms + 40_000, self._confirm)

    def _confirm(self) -> None:
        if self.controller is not None and not self.jumped_s and not self._board_jump_s:
            self.house.wish({"wish": "confirm-clock", "by": "person/eva"})

    def _act_ask(self) -> None:
        if self.controller is not None:
            self.note("asks for something")
            self.house.wish({"wish": "ask", "regimen": "pain"})
            self._next_press = 0

    def _act_press(self) -> None:
        self.world.press()

    def _act_door(self) -> None:
        self.note("a child at the door")
        self.world.open_door()
        self.run(self.luck.randint(1, 9))
        self.world.close_door()

    def _act_reseat(self) -> None:
        if self.luck.random() < 0.3 and not self.world.tray.offset:
            self.note("tray one place off")
            mishaps.cause(self.world, "tray_reseated")

    def _act_skip(self) -> None:
        if self.controller is None:
            return
        names = [d.dose_id for d in self.doses.values() if d.stage == "open"]
        if names and self.luck.random() < 0.3:
            self.note("skips one")
            self.house.wish(
                {"wish": "skip", "dose_id": self.luck.choice(names), "by": "person/eva"}
            )

    def _act_visit(self) -> None:
        self.visit()

    def _act_care(self) -> None:
        self.care()

    def _act_plan(self) -> None:
        if self.controller is None or self.luck.random() < 0.5:
            return
        state = self.controller.state
        version = max(state.plan_version, state.pending_version) + 1
        text = plan_text(self.luck, version, state.plan_hash)
        reply = self.try_wish("plan", envelope=self.sign(text))
        self.note(f"plan {version}: {reply or 'waits'}")
        if not reply and self.luck.random() < 0.7:
            self.visit()

    _ACTS: Final[tuple[Callable[[Swarm], None], ...]] = (
        _act_kill, _act_kill, _act_dark, _act_dark, _act_cable, _act_cable, _act_lie, _act_lie,
        _act_lie, _act_clock, _act_ask, _act_ask, _act_press, _act_door, _act_reseat, _act_skip,
        _act_visit, _act_care, _act_plan,
    )  # fmt: skip

    # --- people who know what they do --------------------------------------------------------

    def try_wish(self, verb: str, **args: Any) -> str:
        """The refusal of a wish, "" where it was granted; "gone" without a controller."""
        before = len(self.replies)
        self.house.wish({"wish": verb, **args})
        self.run(1)
        return self.replies[-1].code if len(self.replies) > before else "gone"

    def reseat(self) -> None:
        """The tray is put back where it belongs."""
        if self.world.tray.offset:
            back = 29 - self.world.tray.offset
            mishaps.cause(self.world, "tray_reseated", {"sectors": back})

    def visit(self, by: str = "person/loader") -> None:
        """A loader does whatever the machine lets happen, and closes up in any case."""
        world = self.world
        if self.controller is None or self.jumped_s or self._board_jump_s or self._lying:
            return
        self.note("loader comes")
        self.reseat()
        world.service(True)
        world.open_door()
        self.run(3)
        self._load(by)
        self.run(5)
        world.close_door()
        self.run(1)
        if self._lives() and self.shown.get("mode"):
            self.try_wish("service-move", by=by)
            self.run(8)
        world.service(False)
        self.run(3)

    def _lives(self) -> bool:
        """The controller's process is there now, whatever was true a moment ago."""
        return self.controller is not None

    def _load(self, by: str) -> None:
        shown = self.shown.get("loading") if self.controller is not None else None
        if not shown or not self.world.service_on:
            return
        self.try_wish("unlock", by=by)
        for c in shown["verify"]:
            self._look_into(c, by)
        shown = self.shown.get("loading") if self.controller is not None else None
        for row in (shown or {"rows": []})["rows"]:
            if self._playing and self.luck.random() < 0.01:
                self.note("loader is called away")
                return
            self._fill(row, by)
        self.note(f"loading done: {self.try_wish('loading-done', by=by) or 'yes'}")

    def _look_into(self, compartment: int, by: str) -> None:
        """What a person sees decides: as loaded, or out with it."""
        if self.controller is None:
            return
        inside = len(self.world.ledger.in_compartment.get(compartment, []))
        if inside == self.controller.state.fills[compartment].pieces:
            self.try_wish("verify", compartment=compartment, by=by)
        else:
            self._take_out(compartment, by)

    def _take_out(self, compartment: int, by: str) -> None:
        pieces = self.world.empty(compartment)
        self.try_wish("emptied", compartment=compartment, pieces=pieces, by=by)

    def _fill(self, row: Any, by: str) -> None:
        compartment = row["compartment"]
        if row["empty_first"]:
            self._take_out(compartment, by)
        refused = self.try_wish("loading", compartment=compartment, doses=row["doses"], by=by)
        if refused:
            self.note(f"loading refused: {refused}")
            return
        number = self.world.put(compartment, list(row["piece_mgs"]), "|".join(row["doses"]))
        refused = self.try_wish(
            "loaded", compartment=compartment, pieces=len(row["piece_mgs"]), by=by
        )
        if refused:
            self.note(f"loaded refused: {refused}")
            self._take_out(compartment, by)
            return
        if self.controller is not None:
            self.fill_of[number] = self.controller.state.fills[compartment].fill

    def care(self) -> None:
        """Alerts are seen to, doubts settled by looking where the pieces are."""
        if self.controller is None:
            return
        for alert in list(self.controller.state.alerts.values()):
            if self.controller is None:
                return
            if alert.code == "dose-uncertain":
                outcome = "taken" if self._gone(alert.dose_id) else "missed"
                self.try_wish(
                    "settle", dose_id=alert.dose_id, outcome=outcome, how="seen", by="person/eva"
                )
            elif alert.code in ("dose-missed", "dose-held", "left-in-cup", "dose-contradicted"):
                self.try_wish("acknowledge", alert_id=alert.alert_id, by="person/eva")
                self.try_wish("resolve", alert_id=alert.alert_id, by="person/eva")

    def _gone(self, dose_id: str) -> bool:
        fills: Any = self.world.truth()["fills"]
        return any(
            piece["gone_ms"] is not None
            for fill in fills
            if dose_id in fill["label"]
            for piece in fill["pieces"]
        )

    def mend(self) -> None:
        """Everything works again; a person empties the cup, looks, settles and loads."""
        self.note("all is mended")
        self._playing = False
        mishaps.heal_all(self.world)
        self.stop_lying()
        self.run(MINUTE)
        self._start_again()
        self.right_clocks()
        self.world.take_cup()
        self.world.cup.foreign_mg = 0
        self.run(5)
        self.world.return_cup()
        self.patience = 1.0
        self.run(2 * MINUTE)
        self.visit()
        self.care()
        self.run(MINUTE)
        self.visit()
        self.run(HOUR // 30)
