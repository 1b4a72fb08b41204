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
from hal.wire.messages import NO_DIGEST, Desired, unpack_actual, unpack_desired
from tests.model import invariants
from tests.model.scene import Scene

FRESH_S: Final = 15  # the board's word is fresh for so long


@dataclass(frozen=True)
class Audit:
    """What the journal holds that the state forgets."""

    committed: tuple[int, ...] = ()
    heads: frozenset[bytes] = frozenset()
    closed: tuple[tuple[str, str, str], ...] = ()
    settled: tuple[tuple[str, str, str], ...] = ()
    late: tuple[str, ...] = ()


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
        s = scene.state
        self.first = self._number(s, Audit(), s, Audit(), 1, b"", "stale", Desired())

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
        disk_value = _value(disk)
        volatile = _value(state) if state is not disk else disk_value
        key = (volatile, audit, disk_value, disk_audit, process, actual, link)
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

    def _facts(self, c: ControlState, state: State, phase: int, actual: bytes, link: str) -> Facts:
        utc_s = self.scene.times[phase]
        board = unpack_actual(actual) if actual else None
        age_s = 0
        if board is not None:
            passed = utc_s - board.utc_s - codes.EPOCH_2020_S
            age_s = passed if actual == c.actual and 0 <= passed < FRESH_S else 0
        judged = ClockWatch().judge(
            utc_s * 1000,
            0,
            board.utc_s + age_s if board is not None else None,
            board is not None and bool(board.flags & codes.F_CLOCK_SET),
            state.floor_s * 1000,
            state.clock_confirmed_at > 0,
            board_set_ms=state.clock_set_s * 1000 if state.clock_set_s else None,
        )
        head = board.head if board is not None else NO_DIGEST
        return Facts(
            utc_s=utc_s,
            clock_trusted=judged.trusted,
            clock_reason=judged.reason,
            spread_s=judged.spread_s,
            board=board,
            board_age_s=age_s,
            link=link,
            reporting=False,
            head_known=head == NO_DIGEST or head in c.audit.heads,
            log_epoch="0011223344556677",
        )

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
        facts = self._facts(c, state, phase, actual, link)
        if facts.board is None and not fresh:  # a process that has just begun was not silent yet
            facts = replace(facts, silent_s=ALONE_S)
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
                self._broken.append(f"we are wrong: {error!r}")
                happened = [] if state.locked else [ev.Locked("we are wrong")]
            if not happened:
                break
            self._broken += invariants.transaction(state, facts, happened, audit, self.scene)
            try:
                state, audit = self._record(state, audit, happened, phase, c.process)
            except (IllegalStep, AssertionError) as error:
                self._broken.append(f"we are wrong: {error!r}")
                break
            if any(event.barrier for event in happened):
                disk, disk_audit = state, audit
        else:
            self._broken.append("no end of deciding")
        self._broken += invariants.settled_down(state, facts, self.scene)
        wants = acts.desired(state, facts)
        return self._number(state, audit, disk, disk_audit, c.process, actual, link, wants)

    def _record(
        self, state: State, audit: Audit, happened: list[ev.Event], phase: int, process: int
    ) -> tuple[State, Audit]:
        at_ms = self.scene.times[phase] * 1000
        changes: dict[str, Any] = dict(vars(audit))
        for event in happened:
            head = "0" * 64
            if isinstance(event, ev.OrderCommitted):
                head = hashlib.sha256(f"{process} {event.order}".encode()).hexdigest()
                changes["committed"] = (*changes["committed"], event.order)
                changes["heads"] = changes["heads"] | {bytes.fromhex(head[:32])}
            elif isinstance(event, ev.DoseClosed):
                row = (event.dose_id, event.outcome, event.how)
                changes["closed"] = (*changes["closed"], row)
            elif isinstance(event, ev.DoseSettled):
                changes["settled"] = (
                    *changes["settled"], (event.dose_id, event.outcome, event.by)
                )  # fmt: skip
            elif isinstance(event, ev.TakenLate):
                changes["late"] = (*changes["late"], event.dose_id)
            state = fold(state, event, at_ms, head)
        return state, Audit(**changes)


def _value(state: State | None) -> object:
    """A value to compare by. Left out: what is only shown, and instants that count only in doubt.

    When an alert was raised and a round was offered is shown to people and read by no rule.
    """
    if state is None:
        return None
    found: list[object] = []
    for name, value in state.__dict__.items():
        if (
            name == "now_s"
            or (name == "clock_since_s" and state.clock_trusted)
            or (name == "board_seen_s" and state.board_joined)
        ):
            continue
        if name == "alerts":
            found.append(frozenset((a.alert_id, a.acknowledged_by) for a in state.alerts.values()))
        elif name == "round" and state.round is not None:
            r = state.round
            found.append((r.round, r.compartments, r.fills, r.digest, r.done, r.started))
        elif isinstance(value, dict):
            found.append(frozenset(value.items()))
        else:
            found.append(value)
    return tuple(found)


def _lifts(state: State) -> int:
    return state.cup.lift_count if state.cup is not None else 1 << 30


def without_signal(desired: bytes) -> bytes:
    """An old sentence of the controller as far as an order hangs on it; b"": none does."""
    d = unpack_desired(desired) if desired else None
    if d is None or not d.order:
        return b""
    d.signal = 0
    return d.pack()
