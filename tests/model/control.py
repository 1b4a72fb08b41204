"""The controller as a component: the real decide, fold and acts from one state to the next.

Responsible for: facts from what was delivered and what time it is, the journal as two folds
(what is on the disk, and what would be lost with the power), death and restart of the process,
and numbering its states. Not responsible for the board (board.py) or for which inputs come
together (explore.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any, Final

from controller import acts, wishes
from controller import events as ev
from controller.decide import MOST_STEPS, decide
from controller.facts import Facts
from controller.fold import fold
from controller.rules.doses import ALONE_S
from controller.state import State
from controller.table import IllegalStep
from controller.trusted_time import ClockWatch
from hal.wire import codes
from hal.wire.messages import NO_DIGEST, Actual, Desired, unpack_actual, unpack_desired
from tests.model import invariants
from tests.model.scene import Scene
from tests.model.values import Numbers, States

FRESH_S: Final = 15  # the board's word is fresh for so long


@dataclass(frozen=True)
class Audit:
    """What the journal holds that the state forgets."""

    committed: tuple[int, ...] = ()
    heads: frozenset[bytes] = frozenset()
    closed: tuple[tuple[str, str, str], ...] = ()
    settled: tuple[tuple[str, str, str], ...] = ()
    late: tuple[str, ...] = ()
    older: bool = False  # an older copy of the journal was put back


@dataclass(frozen=True)
class ControlState:
    """One state of the controller. `state` None: the process is dead."""

    state: State | None
    audit: Audit
    disk: State  # the fold of what survives a power cut
    disk_audit: Audit
    process: int  # how many processes there have been
    actual: bytes  # the newest that was heard, b"": none that is believed
    link: str
    wants: bytes  # the Desired it repeats, b"": dead
    lifts: int  # the highest lift count it has journaled
    over: bool  # every dose has its outcome and no order is under way
    lazy: bool = field(default=False)  # something would be lost with the power

    @property
    def dead(self) -> bool:
        """No process."""
        return self.state is None


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of decide, fold and acts: a pure function of state and facts, so computed once."""

    wrote: tuple[tuple[State, tuple[ev.Event, ...], bool], ...]  # after, what tells, barrier
    wants: Desired
    broken: tuple[str, ...]


_TELLING: Final = (ev.OrderCommitted, ev.DoseClosed, ev.DoseSettled, ev.TakenLate)


class Control:
    """All states of one controller met so far, numbered in the order they were met."""

    def __init__(self, scene: Scene, crashes: int) -> None:
        self.scene = scene
        self.lives = crashes + 1
        self.states: list[ControlState] = []
        self.runs = 0
        self._ids: dict[object, int] = {}
        self._steps: dict[tuple[object, ...], tuple[int, tuple[str, ...]]] = {}
        self._broken: list[str] = []
        self._values = States()
        self._audits = Numbers()
        self._turns: dict[tuple[object, ...], Turn] = {}
        self._heard: dict[bytes, Actual | None] = {b"": None}
        s = scene.state
        self._loaded = Audit(heads=frozenset({scene.head}))
        self.first = self._number(s, self._loaded, s, self._loaded, 1, b"", "stale", Desired())

    # --- numbering ---------------------------------------------------------------------------

    def _number(
        self,
        state: State | None,
        audit: Audit,
        disk: State,
        disk_audit: Audit,
        process: int,
        actual: bytes,
        link: str,
        wants: Desired | None,
    ) -> int:
        if state is not None and process >= self.lives:
            disk = state  # its last life: nobody will ever read what is on the disk
        values, audits = self._values, self._audits
        key = (
            values.of(state), audits.of(audit), values.of(disk), audits.of(disk_audit),
            process, actual, link,
        )  # fmt: skip
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = len(self.states)
            packed = wants.pack() if wants is not None else b""
            over = state is not None and self._over(state)
            lifts = _lifts(state) if state is not None else -1
            lazy = state is not disk
            self.states.append(
                ControlState(
                    state, audit, disk, disk_audit, process, actual, link, packed, lifts, over, lazy
                )
            )
        return found

    def _over(self, state: State) -> bool:
        open_ = any(d.is_open for d in state.doses.values())
        opened = {n for f in self.scene.fills for n in f.doses} <= set(state.doses)
        under_way = state.order is not None and state.order.stage != "resolved"
        return opened and not open_ and not under_way

    # --- inputs ------------------------------------------------------------------------------

    def step(self, number: int, phase: int, what: tuple[Any, ...]) -> tuple[int, tuple[str, ...]]:
        """The state after an input, and what broke on the way."""
        key = (number, phase, what)
        found = self._steps.get(key)
        if found is None:
            self._broken = []
            self.runs += 1
            after = self._do(self.states[number], phase, what)
            found = self._steps[key] = (after, tuple(sorted(set(self._broken))))
        return found

    def _do(self, c: ControlState, phase: int, what: tuple[Any, ...]) -> int:
        kind = what[0]
        if kind == "die":  # what was not on the disk is kept or lost
            s, a = (c.state, c.audit) if what[1] == "kept" else (c.disk, c.disk_audit)
            if what[1] == "old copy":  # somebody puts back a copy from before the first dose
                s, a = self.scene.state, replace(self._loaded, older=True)
            assert s is not None
            return self._number(None, Audit(), s, a, c.process, b"", "never", None)
        if kind == "start":
            c = self._begin(c, phase)
        actual, link = c.actual, c.link
        if kind == "actual":
            actual, link = what[1], "fresh"
        elif kind == "silence":
            actual, link = b"", "stale"
        wish = what[1] if kind == "wish" else None
        return self._turn(c, phase, actual, link, wish, fresh=kind == "start")

    def _begin(self, c: ControlState, phase: int) -> ControlState:
        at_ms = self.scene.times[phase] * 1000
        state = fold(c.disk, ev.Started("model"), at_ms, "0" * 64)
        return ControlState(
            state, c.disk_audit, c.disk, c.disk_audit, c.process + 1, b"", "never", b"", 0, False
        )

    # --- one turn ----------------------------------------------------------------------------

    def _turn(
        self,
        c: ControlState,
        phase: int,
        actual: bytes,
        link: str,
        wish: object = None,
        *,
        fresh: bool = False,
    ) -> int:
        state, audit, disk, disk_audit = c.state, c.audit, c.disk, c.disk_audit
        assert state is not None
        if actual not in self._heard:
            self._heard[actual] = unpack_actual(actual)
        board = self._heard[actual]
        age_s, head_known = 0, True
        if board is not None:
            passed = self.scene.times[phase] - board.utc_s - codes.EPOCH_2020_S
            age_s = passed if actual == c.actual and 0 <= passed < FRESH_S else 0
            head_known = board.head == NO_DIGEST or board.head in audit.heads
            head_known = head_known or board.head.hex() in state.answered
        # a process that has just begun was not silent yet
        silent = board is None and not fresh
        key = (
            self._values.of(state), phase, actual, link, age_s, head_known, silent, wish, c.process
        )  # fmt: skip
        turn = self._turns.get(key)
        if turn is None:
            facts = self._facts(state, phase, board, age_s, link, head_known)
            if silent:
                facts = replace(facts, silent_s=ALONE_S)
            turn = self._turns[key] = self._think(state, facts, phase, wish, c.process)
        self._broken += turn.broken
        for after, telling, barrier in turn.wrote:
            state = after
            if telling:
                audit = self._tell(audit, telling, c.process)
            if barrier:
                disk, disk_audit = state, audit
        return self._number(state, audit, disk, disk_audit, c.process, actual, link, turn.wants)

    def _facts(
        self,
        state: State,
        phase: int,
        board: Actual | None,
        age_s: int,
        link: str,
        head_known: bool,
    ) -> Facts:
        utc_s = self.scene.times[phase]
        judged = ClockWatch().judge(
            utc_s * 1000,
            0,
            board.utc_s + age_s if board is not None else None,
            board is not None and bool(board.flags & codes.F_CLOCK_SET),
            state.floor_s * 1000,
            state.clock_confirmed_at > 0,
            board_set_ms=state.clock_set_s * 1000 if state.clock_set_s else None,
        )
        return Facts(
            utc_s=utc_s,
            clock_trusted=judged.trusted,
            clock_reason=judged.reason,
            spread_s=judged.spread_s,
            board=board,
            board_age_s=age_s,
            link=link,
            reporting=False,
            head_known=head_known,
            log_epoch="0011223344556677",
        )

    def _think(self, state: State, facts: Facts, phase: int, wish: object, process: int) -> Turn:
        """Rules and folds until nothing more happens."""
        wrote: list[tuple[State, tuple[ev.Event, ...], bool]] = []
        broken: list[str] = []
        for _ in range(MOST_STEPS):
            try:
                if wish is not None:
                    assert isinstance(wish, tuple)
                    happened, wish = wishes.grant(state, facts, dict(wish)), None
                else:
                    happened = decide(state, facts)
            except wishes.Refused:
                wish = None
                continue
            except (IllegalStep, AssertionError) as error:
                broken.append(f"we are wrong: {error!r}")
                happened = [] if state.locked else [ev.Locked("we are wrong")]
            if not happened:
                break
            broken += invariants.transaction(state, facts, happened, self.scene)
            try:
                for event in happened:
                    head = _head(process, event.order) if type(event) is ev.OrderCommitted else ""
                    at_ms = self.scene.times[phase] * 1000
                    state = fold(state, event, at_ms, head or "0" * 64)
            except (IllegalStep, AssertionError) as error:
                broken.append(f"we are wrong: {error!r}")
                break
            telling = tuple(e for e in happened if isinstance(e, _TELLING))
            wrote.append((state, telling, any(event.barrier for event in happened)))
        else:
            broken.append("no end of deciding")
        broken += invariants.settled_down(state, facts, self.scene)
        return Turn(tuple(wrote), acts.desired(state, facts), tuple(broken))

    def _tell(self, audit: Audit, telling: tuple[ev.Event, ...], process: int) -> Audit:
        """What the journal holds after these events, too."""
        changes: dict[str, Any] = dict(vars(audit))
        for event in telling:
            if isinstance(event, ev.OrderCommitted):
                changes["committed"] = (*changes["committed"], event.order)
                head = bytes.fromhex(_head(process, event.order)[:32])
                changes["heads"] = changes["heads"] | {head}
            elif isinstance(event, ev.DoseClosed):
                self._broken += invariants.i3_write_once(event, audit)
                row = (event.dose_id, event.outcome, event.how)
                changes["closed"] = (*changes["closed"], row)
            elif isinstance(event, ev.DoseSettled):
                row = (event.dose_id, event.outcome, event.by)
                changes["settled"] = (*changes["settled"], row)
            elif isinstance(event, ev.TakenLate):
                changes["late"] = (*changes["late"], event.dose_id)
        return Audit(**changes)


def _head(process: int, order: int) -> str:
    """The head of the journal at a COMMIT of this process, hex."""
    return hashlib.sha256(f"{process} {order}".encode()).hexdigest()


def _lifts(state: State) -> int:
    return state.cup.lift_count if state.cup is not None else 1 << 30


def without_signal(desired: bytes) -> bytes:
    """An old sentence of the controller as far as an order hangs on it; b"": none does."""
    d = unpack_desired(desired) if desired else None
    if d is None or not d.order:
        return b""
    d.signal = 0
    return d.pack()
