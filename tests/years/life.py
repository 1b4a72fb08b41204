"""One home for some weeks: people who live with it, and faults drawn from one seed.

Responsible for: the days of a home under virtual time, when a fault strikes, processes
that die and come back. Not responsible for what a fault does (faults/), for what must
hold (rules.py) or for how people load and settle (tests/controller/swarm.py).
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping
from functools import partial
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, Final

from controller.chain import JournalFault
from controller.journal import Journal
from controller.report import documents
from controller.report.reporter import ReportConfig, Reporter
from firmware.loop import Executive
from hal.sim import mishaps
from hal.sim.cable import BOARD, CONTROLLER
from hal.sim.house import Go
from hal.sim.world import World
from hal.wire import codes
from tests.controller.home import DAY, HOUR
from tests.controller.swarm import Args
from tests.years.crashes import Crashed, Crashes
from tests.years.fault import Fault
from tests.years.handles import Handles
from tests.years.lean import Lean, once
from tests.years.plan import plan_text
from tests.years.post import HUB_KEY, Post
from tests.years.quiet import Leaping, QuietHouse

STATES: Final = ("quiet", "offered", "prepared", "committed", "moving", "released", "lifted",
                 "closed")  # fmt: skip
CLOSED_S: Final = 60  # so long after the cup was cleared a round counts as just closed
SETTLE_MS: Final = 75_000  # after a fault every keepalive is played for so long
AIM_S: Final = 8 * HOUR  # so long a fault waits for the state it was drawn for
CALLING: Final = (codes.CALL, codes.WARN, codes.READY)


class Life(Leaping, Handles):
    """`live` the dangerous weeks, then `mend`, then `calm`."""

    process = Lean

    def __init__(self, folder: Path, seed: int, swarm: list[Fault]) -> None:
        once()
        self.settings_of = {fault.ident for fault in swarm if fault.setting}
        drawn = random.Random(seed ^ 0x11FE)
        self.first = _first_day(drawn, self.settings_of)
        self.until = self.first + datetime.timedelta(days=330)
        self.zone = drawn.choice(("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))
        text = plan_text(drawn, str(self.first), str(self.until), zone=self.zone)
        self.swarm = swarm
        self.crashes = Crashes()
        self.hits: list[tuple[str, str, str]] = []  # (fault, what it did, protocol state)
        self.over = ""  # why nothing may move any more
        self.over_s = 0
        self.epoch = ""  # of the log that the hub must have
        self._journal: Journal | None = None
        self._told: Mapping[str, object] = {}
        self._told_ms = 0
        self._aims: list[tuple[Fault, str]] = []
        self._diary: list[tuple[int, int, Callable[[], object]]] = []
        self._entries = 0
        self._chaos = False
        self._moved_in = False
        self._answering = False
        self._cup = False
        self._closed_s = 0
        self._last_stage = "quiet"
        self.drawn = drawn
        start = datetime.datetime.combine(
            self.first + datetime.timedelta(days=3), datetime.time(5), datetime.UTC
        )
        super().__init__(folder, seed, start=start.isoformat(), plan=text)
        self.world.on_lamp = self._lamp

    def install(self) -> None:
        """Odometers near their end belong to a board that is known already."""
        self.run(10)
        if "F32" in self.settings_of:
            near = (1 << 32) - 1_000_000
            self.world.door_count = self.world.chute.drop_count = self.world.cup.lift_count = near
            self.run(120)
        super().install()

    # --- the machines ------------------------------------------------------------------------

    def new_house(self) -> QuietHouse:
        """One with a post that goes to the hub."""
        house = super().new_house()
        self.mail = Post(house, self.drawn, self.folder)
        return house

    def open_journal(self) -> Journal:
        """The home's own journal; every write of it is a place to die at."""
        self._journal = super().open_journal()
        self.epoch = self._journal.log_epoch
        self.crashes.watch(self._journal, ("append", "sync", "set_acked"))
        return self._journal

    def new_link(self) -> Any:
        """The controller's end; every receive and send is a place to die at."""
        link = super().new_link()
        self.crashes.watch(link, ("receive", "send"))
        return link

    def new_reporter(self, journal: Journal) -> Reporter:
        """The production reporter over the post of this home."""
        config = ReportConfig("posology-demo-1", HUB_KEY)
        return Reporter(config, journal, lambda: None, carrier=self.mail, clock=self._seconds)

    def must_report(self, changed: bool) -> bool:
        """Events to send, letters to read, an alert that came or went, or a heartbeat."""
        assert self.controller is not None and self.reporter is not None
        alerts = self.controller.state.alerts
        beat = self.world.now_ms >= self._told_ms + documents.HEARTBEAT_MS
        if not (beat or alerts is not self._told or self.mail.waits or not self.reporter.drained):
            return False
        self._told, self._told_ms = alerts, self.world.now_ms
        return True

    def _seconds(self) -> float:
        return self.world.now_ms / 1000

    def _boot(self, world: World) -> Callable[[], int]:
        turn = super()._boot(world)
        del self.executives[:-1]

        def watched() -> int:
            wake = turn()
            if self._aims:
                self._take_aim()
            return wake

        return watched

    def _controller(self, go: Go) -> tuple[int | None, bytes]:
        self.hear(go)
        try:
            answer = super()._controller(go)
        except Crashed:
            self.fallen()
            return None, b""
        assert self.controller is not None
        cup = self.controller.state.cup is not None
        if self._cup and not cup:
            self._closed_s = self.true_s
        self._cup = cup
        if self._aims:
            self._take_aim()
        return answer

    def fallen(self) -> None:
        """The controller process died in the midst of its turn; its supervisor starts it again."""
        self.note("controller fell in the midst of a turn")
        if self._journal is not None:
            self._journal.close()
        self.controller = None
        self.house.controller = None
        down_ms = self.luck.choice((300, 1000, 5000, 60_000))
        self.house.do_at(self.world.now_ms + down_ms, self.start_again)

    def start_again(self) -> None:
        if self.controller is not None:
            return
        try:
            self.start_controller()
        except Crashed:
            self.fallen()
        except JournalFault as fault:
            self.note(f"no start: {fault.code}")
            self.fallen()

    def _start_again(self) -> None:
        self.start_again()

    def stage(self) -> str:
        """Where the protocol stands, for the matrix: seen from outside as far as that goes."""
        world = self.world
        if world.tray.energised_ms >= 0 or world.chute.busy() or world.flap.held_open:
            return "moving"
        if self.controller is None:
            return self._last_stage
        state, board = self.controller.state, self.executives[-1].mind.order
        order, found = state.order, "quiet"
        if state.cup is not None:
            found = "lifted" if state.cup.lifted_at else "released"
        elif order is not None and order.stage == "committed":
            found = "committed"
        elif order is not None and order.stage == "prepared":
            there = board.number == order.order and board.state == codes.PREPARED
            found = "prepared" if there else "offered"
        elif self.true_s < self._closed_s + CLOSED_S:
            found = "closed"
        self._last_stage = found
        return found

    # --- faults ------------------------------------------------------------------------------

    def unleash(self) -> None:
        """From now on faults strike, each kind at its own rate, log-uniform over 40 to 1."""
        self._chaos = self._playing = True
        for fault in self.swarm:
            if fault.setting:
                self.hits.append((fault.ident, fault.strike(self), "quiet"))
            else:
                self._again(fault, 0.05 * 40 ** self.drawn.random())

    def _again(self, fault: Fault, a_day: float) -> None:
        wait_ms = round(self.drawn.expovariate(a_day / DAY) * 1000)
        self.house.do_at(self.world.now_ms + wait_ms, lambda: self._due(fault, a_day))

    def _due(self, fault: Fault, a_day: float) -> None:
        if not self._chaos:
            return
        self._again(fault, a_day)
        if self.drawn.random() < 0.4:
            self.strike(fault)
        else:
            aim = self.drawn.choice(STATES)
            self._aims.append((fault, aim))
            self.house.do_at(self.world.now_ms + AIM_S * 1000, lambda: self._give_up(fault, aim))

    def _give_up(self, fault: Fault, aim: str) -> None:
        if (fault, aim) in self._aims:
            self._aims.remove((fault, aim))

    def _take_aim(self) -> None:
        stage = self.stage()
        now = [aim for aim in self._aims if aim[1] == stage]
        for aim in now:
            self._aims.remove(aim)
            after_ms = self.drawn.choice((0, 0, 0, 1, 40, 400))
            self.later(after_ms, partial(self.strike, aim[0]))

    def strike(self, fault: Fault) -> None:
        """A fault strikes now, unless a sensor lies already, or a clock."""
        if not self._chaos or self.over:
            return
        if fault.lie and (self._lying or self.jumped_s or self._board_jump_s):
            return
        if fault.last and self.true_s < self.start_s + 2 * DAY:
            return
        stage = self.stage()
        what = fault.strike(self)
        if not what:
            return
        self.note(f"{fault.ident} {what} while {stage}")
        self.hits.append((fault.ident, what, stage))
        self.house.restless_ms = self.world.now_ms + SETTLE_MS
        if fault.last:
            self.over, self.over_s = what, self.true_s

    def lie(self, name: str, least_s: int = 5, most_s: int = 5400, **args: int | str) -> str:
        """A mishap that stands for a while, the only untruth in that time."""
        seconds = round(least_s * (most_s / least_s) ** self.drawn.random())
        self._lying, self._lies_until = name, self.true_s + seconds
        words: Args = dict(args)
        mishaps.cause(self.world, name, words)
        self.house.do_at(self.world.now_ms + seconds * 1000, lambda: self._end_lie(name))
        return name

    def _end_lie(self, name: str) -> None:
        if self._lying == name:
            self.stop_lying()
            self.house.restless_ms = self.world.now_ms + SETTLE_MS

    # --- people ------------------------------------------------------------------------------

    def _lamp(self, signal: int) -> None:
        self.lit.append((self.true_s, signal))
        if self._answering or signal not in (*CALLING, codes.TAKE):
            return
        self._answering = True
        if signal == codes.TAKE:
            wait_s = self.luck.randint(3, 40) if self.luck.random() < 0.9 else 900
        elif signal == codes.READY:  # nobody is called yet: few come before
            wait_s = self.luck.randint(5, 600) if self.luck.random() < 0.2 else 1800
        else:
            wait_s = self.luck.randint(20, 900)
        if self.patience == 1.0:  # in calm times nobody lets it come to the last minute
            wait_s = min(wait_s, 40 if signal == codes.TAKE else 600)
        self.later(wait_s * 1000, self._comes)

    def _comes(self) -> None:
        """The patient is at the machine; what the lamp shows now decides."""
        self._answering = False
        lamp = self.world.lamp_shows
        if self.true_s < self._busy_until:  # still away with the cup
            self._answering = True
            self.later((self._busy_until - self.true_s + 1) * 1000, self._comes)
        elif lamp in CALLING and self.luck.random() < self.patience:
            self._press()
        elif lamp == codes.TAKE and self.luck.random() < 0.5 + self.patience / 2:
            self._take_or_play()
        elif lamp in (*CALLING, codes.TAKE):
            self._answering = True
            self.later(self.luck.randint(60, 900) * 1000, self._comes)
            return
        # nothing may have come of it, or pills: look again
        self._answering = True
        wait_s = self.luck.randint(60, 300)
        self.later((10 if self.patience == 1.0 else wait_s) * 1000, self._looks_again)

    def _press(self) -> None:
        self.note("press")
        self.world.press()

    def _take_or_play(self) -> None:
        away_s, left = self.luck.randint(2, 20), 0
        if self.mood == "leaves pieces":
            left = self.luck.randint(1, 2)
        elif self.mood == "walks away":
            away_s = self.luck.randint(600, 3000)
        self.mood = ""
        self.note(f"takes the cup for {away_s} s, leaves {left}")
        self.world.take_cup()
        self._busy_until = self.true_s + away_s
        self.later(away_s * 1000, lambda: self.world.return_cup(left))

    def _looks_again(self) -> None:
        self._answering = False
        if self.world.lamp_shows in (*CALLING, codes.TAKE):
            self._lamp(self.world.lamp_shows)

    def enter(self, in_s: int, what: Callable[[], object]) -> None:
        """Somebody means to do this then; for what needs time of its own."""
        self._entries += 1
        heappush(self._diary, (self.true_s + in_s, self._entries, what))

    def _round_of_care(self) -> None:
        """A carer looks in: fills what is asked for, settles what is in doubt."""
        self.enter(self.luck.randint(6, 18) * HOUR, self._round_of_care)
        if self.controller is None or self.over:
            return
        if self.alerts():
            self._look_into_cup()
        if self.controller is None:
            return
        alerts = set(self.alerts())
        held = any(name.startswith("fill-") or "held" in name for name in alerts)
        if held or "load-due" in alerts or self.controller.snapshot.get("mode") == "service":
            self.visit()
        if self.controller is not None:
            self.care()

    def _look_into_cup(self) -> None:
        """What was left in the cup is taken out of it."""
        if self.true_s < self._busy_until or self.world.lamp_shows == codes.TAKE:
            return
        self.world.take_cup()
        self.world.cup.foreign_mg = 0
        self.run(4)
        self.world.return_cup()
        self.run(4)

    def _asks(self) -> None:
        self.enter(self.luck.randint(4, 40) * HOUR, self._asks)
        if self.controller is not None and not self.over:
            self.house.wish({"wish": "ask", "regimen": "pain"})

    # --- time --------------------------------------------------------------------------------

    def live(self, seconds: int) -> None:
        """So much time passes, with everybody's plans for it."""
        until = self.true_s + seconds
        if not self._moved_in:
            self._moved_in = True
            self.enter(9 * HOUR, self._round_of_care)
            self.enter(7 * HOUR, self._asks)
        while self._diary and self._diary[0][0] <= until:
            at, _, what = heappop(self._diary)
            if at > self.true_s:
                self.run(at - self.true_s)
            what()
        if until > self.true_s:
            self.run(until - self.true_s)

    def mend(self) -> None:
        """No fault strikes any more; everything is put right by people who look."""
        self._chaos = False
        self._aims.clear()
        self.crashes.calm()
        self.untap()
        self.mail.heal()
        self.mood = ""
        self.clone_until_ms = 0
        self.make_room()
        super().mend()

    def calm(self, seconds: int) -> None:
        """Nothing goes wrong, and the patient always answers."""
        self.patience = 1.0
        self.live(seconds)

    # --- the cable ---------------------------------------------------------------------------

    def tap(self, change: Callable[[int, bytes], list[tuple[int, bytes]]], seconds: int) -> None:
        """For a while somebody sits on the cable: (end, bytes) become (delay ms, bytes) each."""
        cable, world = self.world.cable, self.world
        self.untap()

        def send(end: int, data: bytes, chance: Any, now_ms: int) -> None:
            for delay_ms, changed in change(end, data) if data else []:
                plain(end, changed, chance, now_ms + delay_ms)
            cable.queue[end].sort(key=lambda chunk: chunk[0])

        plain = cable.send
        setattr(cable, "send", send)  # noqa: B010  (an instance's own, for a while)
        self.later(seconds * 1000, self.untap)
        self.house.restless_ms = world.now_ms + seconds * 1000 + SETTLE_MS

    def untap(self) -> None:
        """Nobody sits on the cable."""
        self.world.cable.__dict__.pop("send", None)

    @property
    def executive(self) -> Executive:
        """The firmware that runs now, or ran last."""
        return self.executives[-1]


ENDS: Final = (BOARD, CONTROLLER)


def _first_day(drawn: random.Random, settings: set[str]) -> datetime.date:
    """Any day of 2026 to 2035; near the end of 32-bit time where that was drawn."""
    if "F32" in settings and drawn.random() < 0.5:
        return datetime.date(2038, 1, 5)
    if "F10" in settings:
        return datetime.date(drawn.randint(2026, 2035), *drawn.choice(((3, 5), (10, 10))))
    return datetime.date(2026, 1, 5) + datetime.timedelta(days=drawn.randint(0, 3600))
