"""A whole home in this process: world, firmware and controller core under one virtual time.

Responsible for: the people of a story (patient, loader) and for reading the
world's ground truth beside the journal. Not responsible for processes, sockets
or brokers (tests/home).
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from controller import events as ev
from controller.events import Json
from controller.facts import Settings
from controller.journal import Journal
from controller.link import Link
from controller.loop import Asked, Controller, Reply
from controller.plans import Gate
from controller.report.reporter import Reporter
from controller.state import DoseLife
from firmware.loop import Executive
from hal.sim.board import SimBoard
from hal.sim.direct import Direct
from hal.sim.house import Go, House, Inside, InsideController
from hal.sim.world import World
from schedules import seal
from schedules.planfile import parse_plan

KEY = bytes(range(32))
ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "schedules" / "examples" / "home.yaml"
MINUTE = 60
HOUR = 3600
DAY = 86400


def at(text: str) -> int:
    """Unix seconds of an ISO instant."""
    return int(datetime.datetime.fromisoformat(text).timestamp())


class Home:
    """One simulated home; `home.run_to(...)` lets time pass."""

    process: type[Controller] = Controller

    def __init__(
        self,
        folder: Path,
        start: str,
        *,
        plan: str = "",
        seed: int = 1,
        settings: Settings = Settings(),  # noqa: B008  (frozen)
    ) -> None:
        self.start_s = at(start)
        self.world = self.new_world(seed)
        self.settings = settings
        self.folder = folder
        self.replies: list[Reply] = []
        self.signers, self.private = _people()
        self.text = plan or EXAMPLE.read_text()
        self.plan = parse_plan(self.text)
        self.executives: list[Executive] = []
        self.house = self.new_house()
        self.controller: Controller | None = None
        self.reporter: Reporter | None = None
        self.start_controller()

    # --- the machines ----------------------------------------------------------------------

    def new_world(self, seed: int) -> World:
        """The world of this home; longer plays watch theirs."""
        return World(seed, self.start_s * 1000)

    def new_house(self) -> House:
        """Who moves the time of this home."""
        return House(self.world, Inside(self.world, self._boot), None)

    def open_journal(self) -> Journal:
        """The journal that every controller process of this home writes."""
        return Journal.open(self.folder / "journal.db", log_epoch="0011223344556677")

    def new_link(self) -> Link:
        """A fresh controller's end of the cable."""
        return Link(KEY)

    def new_reporter(self, journal: Journal) -> Reporter | None:
        """A hub for this home: none, unless a longer play has one."""
        return None

    def must_report(self, changed: bool) -> bool:
        """Whether there is anything for the hub, as controller/run.py asks it."""
        return changed or (self.reporter is not None and not self.reporter.drained)

    def _boot(self, world: World) -> Callable[[], int]:
        executive = Executive(SimBoard(Direct(world)), KEY)
        self.executives.append(executive)
        return executive.turn

    def start_controller(self) -> None:
        """A fresh controller process on the same journal."""
        journal = self.open_journal()
        self.reporter = self.new_reporter(journal)
        self.controller = self.process(
            journal,
            self.new_link(),
            Gate(self.plan.device, self.signers),
            version="test",
            real_only=False,
            reporting=self.reporter is not None,
            settings=self.settings,
        )
        self.controller.start(self.world.controller_clock.utc_ms(self.world.now_ms))
        self.house.controller = InsideController(self._controller)
        self.house.controller_wake_ms = 0

    def kill_controller(self) -> None:
        """The controller process dies between two turns."""
        assert self.controller is not None
        self.controller.journal.close()
        self.controller = None
        self.house.controller = None

    def _controller(self, go: Go) -> tuple[int | None, bytes]:
        assert self.controller is not None
        turn = self.controller.turn(
            go.rx,
            [Asked(None, wish) for wish in go.wishes],  # type: ignore[arg-type]
            mono_ms=go.mono_ms,
            utc_ms=go.utc_ms,
            reporter=self.reporter,
        )
        self.replies += turn.replies
        if self.reporter is not None and self.must_report(turn.changed):
            self.reporter.pump(go.utc_ms, self.controller.snapshot)
        return turn.wake_ms, turn.sent

    # --- time ------------------------------------------------------------------------------

    @property
    def now_s(self) -> int:
        """The controller's clock, Unix seconds."""
        return self.world.controller_clock.utc_ms(self.world.now_ms) // 1000

    def run(self, seconds: int) -> None:
        """Let this much house time pass."""
        self.house.run(self.world.now_ms + seconds * 1000)

    def run_to(self, text: str) -> None:
        """Let time pass to an ISO instant of the controller's clock."""
        self.run(at(text) - self.now_s)

    # --- people ----------------------------------------------------------------------------

    def wish(self, verb: str, **args: Any) -> Reply:
        """Ask the controller for something; the answer of this very wish."""
        before = len(self.replies)
        self.house.wish({"wish": verb, **args})
        self.house.run(self.world.now_ms + 50)
        assert len(self.replies) > before, f"no answer to {verb}"
        return self.replies[before]

    def sign(self, text: str = "") -> str:
        """The envelope of a plan with both signatures."""
        plan = parse_plan(text) if text else self.plan
        people = [(n, r, k) for n, r, k in self.private]
        return seal.seal(plan, people).decode()

    def load(self, by: str = "person/loader") -> None:
        """A person fills what is asked for, and closes up: the whole visit."""
        world = self.world
        world.service(True)
        world.open_door()
        self.run(2)
        shown = self.shown
        loading = shown["loading"]
        assert isinstance(loading, dict)
        for compartment in loading["verify"]:
            self._must("verify", compartment=compartment, by=by)
        loading = self.shown["loading"]
        for row in loading["rows"]:
            compartment = row["compartment"]
            if row["empty_first"]:
                self._must(
                    "emptied", compartment=compartment, pieces=world.empty(compartment), by=by
                )
            self._must("loading", compartment=compartment, by=by)
            world.put(compartment, list(row["piece_mgs"]), "|".join(row["doses"]))
            self._must("loaded", compartment=compartment, pieces=len(row["piece_mgs"]), by=by)
        self._must("loading-done", by=by)
        self.run(5)
        world.close_door()
        world.service(False)
        self.run(2)

    def _must(self, verb: str, **args: Any) -> None:
        reply = self.wish(verb, **args)
        assert reply.code == "", f"{verb} {args}: {reply}"

    def install(self) -> None:
        """Plan signed and approved, machine loaded: ready for the first dose."""
        self.run(10)
        self._must("plan", envelope=self.sign())
        self.load()

    def take(self, wait_s: int = 8) -> None:
        """The patient presses, waits for the pills, takes the cup and puts it back empty."""
        self.world.press()
        self.run(wait_s)
        self.world.take_cup()
        self.run(5)
        self.world.return_cup()
        self.run(3)

    # --- what there is to see ----------------------------------------------------------------

    @property
    def shown(self) -> Any:
        """The snapshot that the page would draw."""
        assert self.controller is not None
        return self.controller.snapshot

    @property
    def doses(self) -> Mapping[str, DoseLife]:
        """The doses the core knows."""
        assert self.controller is not None
        return self.controller.state.doses

    def outcomes(self) -> list[tuple[str, str, str]]:
        """(regimen, outcome, how) of every closed dose, in due order."""
        closed = [d for d in self.doses.values() if not d.is_open]
        closed.sort(key=lambda d: (d.due_at, d.regimen))
        return [(d.regimen, d.stage, d.how) for d in closed]

    def events(self, *kinds: type[ev.Event]) -> list[ev.Event]:
        """The journal's events, of these kinds only if any are named."""
        assert self.controller is not None
        found = [ev.decode(r.kind, r.body) for r in self.controller.journal.all()]
        return [e for e in found if not kinds or isinstance(e, kinds)]

    def alerts(self) -> list[str]:
        """Codes of the alerts that stand now."""
        assert self.controller is not None
        return sorted(a.code for a in self.controller.state.alerts.values())

    def show(self) -> str:
        """Everything a failing test wants to print."""
        assert self.controller is not None
        lines = [
            f"{r.number} {datetime.datetime.fromtimestamp(r.at_ms // 1000, datetime.UTC)} "
            f"{r.kind} {json.dumps(dict(r.body))[:150]}"
            for r in self.controller.journal.all()
        ]
        return "\n".join(lines[-60:])


def _people() -> tuple[list[seal.Signer], list[tuple[str, str, bytes]]]:
    signers, private = [], []
    for name, role in (("pharmacist/anna", "pharmacist"), ("pharmacist/ben", "checker")):
        secret, public = seal.new_key()
        signers.append(seal.Signer(name, role, public))
        private.append((name, role, secret))
    return signers, private


def untyped(value: Json) -> Any:
    """A JSON value a test may index as it likes."""
    return value
