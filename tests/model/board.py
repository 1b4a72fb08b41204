"""The board as a component: from one state and one input to the next state.

Responsible for: every input that cable, patient, power and time can give, runs of the real
firmware until nothing moves or a step of motion became durable, the states a loss of power
leaves, and numbering all of them. Not responsible for the controller (control.py) or for which
inputs come together (explore.py).
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from firmware import faults, status
from hal.sim import mishaps
from hal.wire import codes
from hal.wire.messages import ACTUAL_SIZE, unpack_actual
from tests.model import invariants
from tests.model.frozen import NOW, Frozen, freeze_world, thaw_world
from tests.model.machine import (
    ALIVE,
    SILENT,
    UP,
    Firmware,
    ModelWorld,
    durable_order,
    firmware,
    lose_power,
)
from tests.model.scene import Scene, utc_2020

LIMIT_MS: Final = 60_000  # nothing takes longer to come to rest
RANK: Final = {codes.PREPARED: 1, codes.STARTED: 2, codes.DONE: 3}

FAULTS: Final[dict[str, tuple[str, dict[str, int | str]]]] = {
    "beam-blind": ("blind_beam", {"reads": "misses"}),
    "beam-lit": ("blind_beam", {"reads": "lit"}),
    "beam-dark": ("blind_beam", {"reads": "dark"}),
    "beam-spurious": ("spurious_beam", {}),
    "encoder-stuck": ("encoder_stuck", {}),
    "encoder-dead": ("encoder_stuck", {"reading": 65535}),
    "scale-stuck": ("scale_stuck", {}),
    "scale-drift": ("scale_drift", {"mg": 150}),
    "lift-stuck": ("lift_stuck", {}),
    "cup-removed": ("cup_missing", {}),
    "cup-not-empty": ("cup_not_empty", {}),
    "jam": ("jam", {"after_ticks": 3}),
    "jam-freed": ("jam", {"after_ticks": 3, "wiggles": 1}),
    "slip": ("slip", {}),
    "gate-closed": ("stuck_gate_closed", {}),
    "gate-open": ("stuck_gate_open", {}),
    "pill-lost": ("lost_pill", {}),
    "pill-lost-before": ("lost_pill", {"where": "before"}),
    "pill-stuck": ("stuck_pill", {"compartment": 0}),
    "button-stuck": ("button_stuck", {}),
    "button-bounce": ("button_bounce", {}),
}


@dataclass(frozen=True, slots=True)
class BoardState:
    """One state of board and world, and what the outside sees of it."""

    world: Frozen
    photo: Frozen | None  # None: the board has no power
    heard: int
    mid: int  # ms to the next turn while in motion, -1: at rest
    seen: tuple[int, int, int]  # highest (order, rank of its state) ever told, and its verdict
    actual: bytes  # what it would say now, b"": nothing
    desired: bytes  # what it was told last, b"": nothing in this boot
    order: tuple[int, int]  # number and state
    lifts: int
    cup_there: bool
    lift_dead: bool  # the switch under the cup counts no lifts
    truth: tuple[Any, ...]  # invariants.truth

    @property
    def dark(self) -> bool:
        """No power."""
        return self.photo is None


class Board:
    """All states of one board met so far, numbered in the order they were met."""

    def __init__(self, scene: Scene, fault: str = "", pauses: bool = False) -> None:
        self.scene = scene
        self.fault = fault
        self.pauses = pauses
        self.states: list[BoardState] = []
        self.broken: list[tuple[int, str]] = []  # (state, what) of the newest step
        self._ids: dict[object, int] = {}
        self._step: dict[tuple[object, ...], tuple[int, tuple[str, ...]]] = {}
        self._cuts: dict[tuple[object, ...], tuple[int, ...]] = {}
        self._left: dict[tuple[Frozen, int, tuple[int, int, int]], int] = {}
        self._world = ModelWorld(scene.home.world.utc0_ms)
        self._breaks: list[str] = []
        self._said: dict[bytes, bytes] = {}
        self._says: dict[int, bytes] = {}
        self._seen: dict[object, int] = {}
        self.outside: list[int] = []  # of each state: equal numbers, equal for invariants.pair
        self._recording = False
        self.runs = 0
        self.first = self._begin()

    # --- states ------------------------------------------------------------------------------

    def _begin(self) -> int:
        """The board of the loaded home, on the plain cable."""
        theirs, w = self.scene.home.world, self._world
        w.__dict__.update(deepcopy(vars(theirs)))  # the scene is everybody's
        w.memory = None
        w.boot_ms, w.ready_ms, w.watchdog_ms = w.now_ms - UP, w.now_ms - UP, w.now_ms + 8_000
        w.later = []
        old = self.scene.home.executives[-1]
        photo = Firmware.photo(old)  # type: ignore[arg-type]
        frozen = freeze_world(w)
        fresh = self._wake(frozen, photo, ALIVE, 0)
        return self._settle(fresh, (0, 0, 0), -1)

    def _wake(self, frozen: Frozen, photo: Frozen, heard: int, phase: int) -> Firmware:
        utc = self.scene.times[phase]
        thaw_world(self._world, frozen, phase, utc * 1000)
        fw = firmware(self._world)
        fw.relive(photo, utc_2020(utc), heard)
        return fw

    def _thaw(self, state: BoardState, phase: int) -> Firmware:
        assert state.photo is not None
        return self._wake(state.world, state.photo, state.heard, phase)

    def _number(self, state: BoardState) -> int:
        key = (state.world, state.photo, state.heard, state.mid, state.seen)
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = len(self.states)
            self.states.append(state)
            outside = (state.truth, state.lifts, state.lift_dead)
            self.outside.append(self._seen.setdefault(outside, len(self._seen)))
        return found

    def _dark(self, seen: tuple[int, int, int]) -> int:
        w = self._world
        w.boot_ms = w.now_ms
        w.press_count = w.agreed = 0
        w.void = max(w.void, durable_order(w).number)
        w.attention = False
        truth = invariants.truth(w, self.scene)
        return self._number(
            BoardState(
                freeze_world(w), None, SILENT, -1, seen, b"", b"", (0, 0),
                w.cup.lift_count, w.cup.present, w.cup.lift_stuck, truth,
            )
        )  # fmt: skip

    def _settle(self, fw: Firmware, seen: tuple[int, int, int], mid: int) -> int:
        """Number the state that this firmware and world are in now."""
        w = self._world
        assert w.now_ms - w.boot_ms == fw.clock.now_ms, "the last turn was now"
        if mid < 0:
            fw.forget_instants()
        w.boot_ms = w.now_ms - UP
        w.watchdog_ms, w.ready_ms = w.now_ms + 8_000, w.now_ms - UP
        order = fw.mind.order
        rank = RANK.get(order.state, 0)
        now = (order.number, rank, order.verdict if rank == RANK[codes.DONE] else 0)
        if now[:2] == seen[:2] and now != seen:
            self._breaks.append(f"P7: the verdict {seen} became {now}")
        elif now < seen:
            self._breaks.append(f"I7: the board said {seen} and now {now}")
        self._breaks += invariants.rest(w, fw, self.scene) if mid < 0 else []
        photo, frozen, seen = fw.photo(), freeze_world(w), max(seen, now)
        found = self._ids.get((frozen, photo, fw.heard, mid, seen))
        if found is not None:
            return found
        desired = fw.inbox.desired
        return self._number(
            BoardState(
                frozen,
                photo,
                fw.heard,
                mid,
                seen,
                self._actual(fw),
                desired.pack() if desired is not None else b"",
                (order.number, order.state),
                w.cup.lift_count,
                w.cup.present,
                w.cup.lift_stuck,
                invariants.truth(w, self.scene),
            )
        )

    def _actual(self, fw: Firmware) -> bytes:
        sense = fw._board.sense
        link = fw._link
        assert link is not None
        body = bytearray(ACTUAL_SIZE)
        flags = status.flags(fw, sense) | fw._own(link, fw.clock.now_ms)
        fault = faults.worst(fw, sense, fw.clock.now_ms - fw._boot_ms)
        refusal = fw.orders.refusal
        status.write(body, fw, sense, flags, fault, refusal, 0)
        said = unpack_actual(bytes(body))
        assert said is not None
        said.utc_s = 0  # the same board says the same at another time
        return said.pack()

    def says(self, number: int, phase: int) -> bytes:
        """What this board would say at this instant, b"": nothing."""
        found = self._says.get(number << 8 | phase)
        if found is None:
            actual = self.states[number].actual
            said = unpack_actual(actual) if actual else None
            if said is not None:
                said.utc_s = utc_2020(self.scene.times[phase])
            packed = said.pack() if said is not None else b""
            found = self._said.setdefault(packed, packed)
            self._says[number << 8 | phase] = found
        return found

    # --- running -----------------------------------------------------------------------------

    def _run(self, fw: Firmware, state: BoardState, wake_ms: int, least_ms: int) -> int:
        """Turns until nothing moves, or until a step of motion is durable; the new state."""
        w = self._world
        end = w.now_ms + LIMIT_MS
        quiet_at = w.now_ms + least_ms
        wake = wake_ms
        mark = self._mark(fw)
        while True:
            while w.attention or w.now_ms >= wake:
                until = fw.turn()
                ahead = (until - (w.now_ms - w.boot_ms)) & 0xFFFFFFFF
                wake = w.now_ms + max(1, ahead)
                if w.cuts is not None:
                    w.cut_point()
                self._breaks += invariants.step(w, fw, self.scene)
                w.moved = []
                if self.pauses and self._mark(fw) != mark:
                    if fw.mind.order.state == codes.STARTED and not w.attention:
                        return self._settle(fw, state.seen, wake - w.now_ms)
                    mark = self._mark(fw)
            if fw.at_rest(w) and w.now_ms >= quiet_at:
                break
            soonest = min(wake, w.next_event_ms())
            if fw.at_rest(w):
                soonest = min(soonest, quiet_at)
            if w.now_ms >= end:
                break  # something shakes for ever: as it is now
            w.advance(max(soonest, w.now_ms + 1))
        if fw.clock.now_ms != w.now_ms - w.boot_ms or w.attention:
            fw.turn()
            self._breaks += invariants.step(w, fw, self.scene)
            w.moved = []
        return self._settle(fw, state.seen, -1)

    def _mark(self, fw: Firmware) -> tuple[int, ...]:
        order = fw.mind.order
        return (order.number, order.state, order.exposed, int(fw.cycle.phase >= 6))

    def _do(self, number: int, phase: int, what: tuple[Any, ...]) -> int:
        """One input to one state."""
        state, w = self.states[number], self._world
        kind = what[0]
        if kind == "boot":
            thaw_world(w, state.world, phase, self.scene.times[phase] * 1000)
            if self._recording:
                w.cuts = []
            w.advance(max(w.ready_ms, w.now_ms))
            w.boot()
            fw = firmware(w)
            wake = w.now_ms
        else:
            fw = self._thaw(state, phase)
            wake = NOW + (state.mid if state.mid >= 0 else 1)
            w.attention = state.mid < 0
            if self._recording:
                w.cuts = []
        if kind == "desired":
            fw.wire.inbox = [what[1]]
            w.attention = True
        elif kind == "silence":
            assert fw._link is not None
            fw.plug(SILENT)
        elif kind == "hop":
            if fw.heard != ALIVE:
                fw.plug(SILENT)
            now_ms = fw.clock.now_ms
            fw.consent._at_ms = now_ms - 61_000
            fw.beam._tested_ms = now_ms - 60_001
            fw.news._told_ms = now_ms - 60_001
        elif kind != "go" and kind != "boot":
            self._act(kind, what)
        if state.mid >= 0 and kind == "desired":
            fw.turn()
            self._breaks += invariants.step(w, fw, self.scene)
            return self._settle(fw, state.seen, state.mid)
        least = 1_100 if kind in ("desired", "press") else 50
        return self._run(fw, state, wake, least)

    def _act(self, kind: str, what: tuple[Any, ...]) -> None:
        w = self._world
        stuck = kind == "fault" and self.fault == "button-stuck"
        if kind == "press" or stuck:  # what a button that sticks says is a press (README, limits)
            order = durable_order(w)
            if order.state == codes.PREPARED:
                w.agreed = order.round
        if kind == "press":
            w.press()
        elif kind == "lift":
            if not w.cup.lift_stuck:  # nobody can know of a lift that no switch has seen
                w.agreed = 0
            w.take_cup()
        elif kind == "return":
            w.return_cup(what[1])
        elif kind == "door":
            w.agreed = 0
            w.open_door()
            w.close_door()
        elif kind == "fault":
            name, args = FAULTS[self.fault]
            mishaps.cause(w, name, args)
            w.standing = {}
        else:
            assert kind == "tick", kind

    # --- what the explorer asks --------------------------------------------------------------

    def step(self, number: int, phase: int, what: tuple[Any, ...]) -> tuple[int, tuple[str, ...]]:
        """The state after an input, and what broke on the way."""
        key = (number, phase, what)
        found = self._step.get(key)
        if found is None:
            self._breaks = []
            self.runs += 1
            self._recording = False
            try:
                after = self._do(number, phase, what)
            except AssertionError as error:
                self._breaks.append(f"the firmware asserts: {error!r}")
                after = number
            found = self._step[key] = (after, tuple(sorted(set(self._breaks))))
        return found

    def cuts(self, number: int, phase: int, what: tuple[Any, ...]) -> tuple[int, ...]:
        """The states without power that a cut anywhere within this step may leave."""
        key = (number, phase, what)
        found = self._cuts.get(key)
        if found is None:
            self._breaks = []
            self._recording = True
            w, seen = self._world, self.states[number].seen
            self.runs += 1
            after = number
            try:
                after = self._do(number, phase, what)
            except AssertionError as error:
                self._breaks.append(f"the firmware asserts: {error!r}")
            self._recording = False
            moments = dict.fromkeys(w.cuts or [])
            w.cuts = None
            self._step[key] = (after, tuple(sorted(set(self._breaks))))
            left = [self._cut(frozen, phase, seen) for frozen in moments]
            found = self._cuts[key] = tuple(dict.fromkeys(left))
        return found

    def cut(self, number: int, phase: int) -> int:
        """The state without power that a cut at rest leaves."""
        key = (number, phase, "rest")
        found = self._cuts.get(key)
        if found is None:
            state = self.states[number]
            found = self._cuts[key] = (self._cut(state.world, phase, state.seen),)
        return found[0]

    def _cut(self, frozen: Frozen, phase: int, seen: tuple[int, int, int]) -> int:
        """What is left when the power is lost in this world."""
        key = (frozen, phase, seen)
        found = self._left.get(key)
        if found is None:
            w = self._world
            thaw_world(w, frozen, phase, self.scene.times[phase] * 1000)
            if w.up:
                lose_power(w)
            found = self._left[key] = self._dark(seen)
        return found
