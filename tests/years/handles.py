"""What faults take hold of in a home, beyond the mishaps of the simulated world.

Responsible for: processes that stall or lose their card, clocks that lie until somebody
sees it, forged and new plans, a second controller. Not responsible for when (life.py) or
for which of it is a fault of the safety case (faults/).
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from typing import Final

import apsw

from controller.journal import Journal
from controller.link import Link
from controller.loop import Controller
from controller.plans import Gate
from hal.sim import mishaps
from hal.sim.house import Go, InsideController
from schedules import seal
from schedules.model import PlanRefused
from schedules.planfile import parse_plan
from tests.controller.home import DAY, KEY
from tests.controller.swarm import Swarm
from tests.years.plan import plan_text
from tests.years.post import Post
from tests.years.quiet import QuietHouse, WatchedWorld

RATES: Final = (-18, 18)
CLONE_MS: Final = 500


class Handles(Swarm):
    """A home with handles for faults; `drawn` is their own luck."""

    world: WatchedWorld
    house: QuietHouse
    drawn: random.Random
    mail: Post
    first: datetime.date
    until: datetime.date
    mood = ""  # what the patient will do with the next cup
    clone: Controller | None = None
    clone_until_ms = 0
    overheard = b""
    _no_room = False

    def later(self, ms: int, what: Callable[[], object]) -> None:
        """Something that happens so much later, by itself."""
        self.house.do_at(self.world.now_ms + ms, what)

    def enter(self, in_s: int, what: Callable[[], object]) -> None:
        """Somebody means to do this then; for what needs time of its own."""
        raise NotImplementedError

    def start_again(self) -> None:
        """The supervisor starts the controller, if it is not there."""
        raise NotImplementedError

    def cause(self, name: str, **args: int | str) -> str:
        """A mishap of the world that ends by itself, or by `healed`."""
        mishaps.cause(self.world, name, dict(args))
        return name

    def healed(self, name: str) -> None:
        """The end of a mishap that stands."""
        mishaps.heal(self.world, name)

    def next_compartment(self) -> int:
        """The one that will be emptied next, or any."""
        held = self.controller.state.fills if self.controller is not None else {}
        ahead = sorted(f.due_at * 100 + c for c, f in held.items() if f.state == "loaded")
        return ahead[0] % 100 if ahead else self.drawn.randint(0, 27)

    # --- the controller's process and card ---------------------------------------------------

    def cut_process(self, down_s: int) -> None:
        """kill -9 of the controller; it is back after so many seconds."""
        self._kill(down_s)

    def pull_plug(self, down_s: int) -> bool:
        """The controller's power: what was never synced is gone from its card."""
        if self.controller is None:
            return False
        durable = self.controller.journal.durable
        self.cut_process(down_s)
        self._cut_card(durable)
        return True

    def _cut_card(self, upto: int) -> None:
        card = apsw.Connection(str(self.folder / "journal.db"))
        card.execute("DELETE FROM events WHERE number > ?", (upto,))
        card.execute("UPDATE about SET acked = min(acked, ?)", (upto,))
        card.close()

    def old_card(self) -> str:
        """An image from before the newest committed order; that order is done by now."""
        if self.controller is None or self.controller.state.order is None:
            return ""
        order = self.controller.state.order
        records = self.controller.journal.since((self.true_s - 2 * DAY) * 1000)
        committed = [r.number for r in records if r.kind == "OrderCommitted"]
        if not committed or order.stage == "committed":
            return ""
        self.cut_process(2)
        self._cut_card(committed[-1] - self.drawn.randint(1, 5))
        return "old card"

    def refuse_writes(self, kind: str, for_s: int) -> bool:
        """SQLite is told that the disk is full or cannot be written."""
        if self.controller is None or self.controller.fault:
            return False
        disk = self.controller.journal._db
        if kind == "full":
            pages = disk.execute("PRAGMA page_count").get
            disk.execute(f"PRAGMA max_page_count = {pages}")
        else:
            disk.execute("PRAGMA query_only = ON")
        self._no_room = True
        self.later(for_s * 1000, self.make_room)
        return True

    def make_room(self) -> None:
        """Somebody sees to the disk, and the process starts anew."""
        if self._no_room and self.controller is not None:
            self.cut_process(1)
        self._no_room = False

    def stall(self, seconds: int) -> bool:
        """SIGSTOP: nothing of it runs, nothing of it is lost."""
        stopped = self.controller
        if stopped is None or self.house.controller is None:
            return False
        self.house.controller = None
        self.later(seconds * 1000, lambda: self._go_on(stopped))
        return True

    def _go_on(self, stopped: Controller) -> None:
        if self.controller is stopped and self.house.controller is None:
            self.house.controller = InsideController(self._controller)
            self.house.controller_wake_ms = 0

    # --- clocks ------------------------------------------------------------------------------

    def clock_lies(self, who: str, seconds: int) -> bool:
        """One clock at a time; after so long somebody sets both, and says so."""
        if self.jumped_s or self._board_jump_s:
            return False
        if who == "controller":
            self.jumped_s = 1
        else:
            self._board_jump_s = 1
        self.later(seconds * 1000, self._right)
        return True

    def _right(self) -> None:
        now = self.world.now_ms
        for clock in (self.world.controller_clock, self.world.board_clock):
            if not RATES[0] <= clock.drift_ppm <= RATES[1]:
                clock.rate(self.drawn.randint(*RATES), now)
        if self.world.standing:
            for name in ("clock_rate",):
                self.world.standing.pop(name, None)
        self.right_clocks()
        self.enter(120, self.visit)

    # --- plans -------------------------------------------------------------------------------

    def new_plan(self, *, zone: str = "") -> bool:
        """A new version, signed by both; a loader comes within the day."""
        if self.controller is None or not self.controller.state.plan_hash:
            return False
        state = self.controller.state
        version = max(state.plan_version, state.pending_version) + 1
        text = self._text(version, state.plan_hash, zone)
        self.house.wish({"wish": "plan", "envelope": self.sign(text)})
        self.enter(self.drawn.randint(60, DAY // 2), self.visit)
        return True

    def _text(self, version: int, previous: str, zone: str = "") -> str:
        first, last = str(self.first), str(self.until)
        where = zone or self.plan.zone
        return plan_text(self.drawn, first, last, version=version, previous=previous, zone=where)

    def forged_plan(self) -> str:
        """One of many that must not be taken."""
        if self.controller is None or not self.controller.state.plan_hash:
            return ""
        state = self.controller.state
        kind = self.drawn.choice(
            ("flipped", "cut short", "other home", "old", "signed once", "stranger", "expired",
             "huge", "forked")
        )  # fmt: skip
        version = max(state.plan_version, state.pending_version) + 1
        text = self._text(version, state.plan_hash)
        people = list(self.private)
        if kind == "other home":
            text = text.replace("posology-demo-1", "posology-demo-2")
        elif kind == "old":
            text = text.replace(f"version: {version}", "version: 1")
        elif kind == "signed once":
            people = [people[0], people[0]]
        elif kind == "stranger":
            people = [people[0], ("pharmacist/eve", "checker", bytes(range(32)))]
        elif kind == "expired":
            text = text.replace(f"valid_until: {self.until}", f"valid_until: {self.first}")
        elif kind == "forked":
            text = text.replace(state.plan_hash, "0" * 64)
        try:
            envelope = seal.seal(parse_plan(text), people).decode()
        except PlanRefused:
            return ""
        if kind == "cut short":
            envelope = envelope[: self.drawn.randrange(len(envelope))]
        elif kind == "flipped":
            where = self.drawn.randrange(len(envelope))
            envelope = envelope[:where] + "x" + envelope[where + 1 :]
        elif kind == "huge":
            envelope = envelope[:-1] + " " * 2_000_000 + envelope[-1:]
        self.house.wish({"wish": "plan", "envelope": envelope})
        return f"plan {kind}"

    def asks_for(self, kind: str) -> None:
        """A person skips a dose, or sees to what is told."""
        if self.controller is None:
            return
        if kind == "skips":
            names = [d.dose_id for d in self.doses.values() if d.stage == "open"]
            if names:
                dose_id = self.drawn.choice(names)
                self.house.wish({"wish": "skip", "dose_id": dose_id, "by": "person/eva"})
        else:
            self.enter(1, self.care)

    # --- a second controller -----------------------------------------------------------------

    def second_controller(self, seconds: int) -> bool:
        """A copy of the card in another machine on the same cable."""
        if self.controller is None or self.clone is not None:
            return False
        path = self.folder / f"clone{self.world.now_ms}.db"
        copy = apsw.Connection(str(path))
        with copy.backup("main", self.controller.journal._db, "main") as backup:
            backup.step()
        copy.close()
        path.chmod(0o600)
        gate = Gate(self.plan.device, self.signers)
        journal = Journal.open(path)
        self.clone = Controller(
            journal, Link(KEY), gate, version="clone", real_only=False, reporting=False
        )
        self.clone.start(self.world.utc_ms())
        self.clone_until_ms = self.world.now_ms + seconds * 1000
        self.later(CLONE_MS, self._clone_turn)
        return True

    def _clone_turn(self) -> None:
        """Until it is unplugged, the first one dies, or the board has taken it for the first."""
        clone, now = self.clone, self.world.now_ms
        if clone is None:
            return
        heard, self.overheard = self.overheard, b""
        if self.controller is not None and now < self.clone_until_ms:
            turn = clone.turn(heard, [], mono_ms=now, utc_ms=self.world.utc_ms(), reporter=None)
            if not clone.link.joined:
                self.world.to_board(turn.sent)
                self.later(CLONE_MS, self._clone_turn)
                return
        clone.journal.close()
        self.clone = None

    def hear(self, go: Go) -> None:
        """What the board says is heard by whoever is on the cable."""
        if self.clone is not None:
            self.overheard += go.rx
