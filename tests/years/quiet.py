"""Quiet time passes at once: idle keepalives are left out, everything else happens.

Responsible for: knowing that nothing is under way anywhere, and moving the clocks of both
sides to the next instant at which anybody has something to do. Not responsible for anything
that happens then. The README says what is left out and why that can hide nothing;
test_quiet.py plays the same days with and without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from controller import acts
from controller.gather import BATTERY_STEP_MV
from controller.loop import LAZY_SYNC_MS, Controller
from firmware.loop import Executive
from hal.sim.house import BoardSeat, House, Inside
from hal.sim.machine import EPOCH_2020_MS
from hal.sim.supply import CAPACITY_MS, CHARGE_RATE, EMPTY_MV, FULL_MV, Supply
from hal.sim.tray import NEVER
from hal.sim.world import World
from hal.wire import codes
from tests.controller.home import Home

WORTH_MS: Final = 3_000  # a shorter leap saves nothing
DRIFT_PPM: Final = 25  # a clock that runs worse than this is watched all the time
BOOT_MS: Final = 75_000  # for a minute the board tells of an unexpected reset
STEPS_MV: Final = (BATTERY_STEP_MV, 128)  # smaller ones neither the controller nor the board tells
TICKS: Final = 0xFFFFFFFF


class WatchedWorld(World):
    """Tells what the lamp shows as soon as it changes: people look at it, nothing polls."""

    on_lamp: Callable[[int], None] = staticmethod(lambda signal: None)

    def lamp(self, signal: int) -> None:
        """LAMP, and whoever is in the room sees it."""
        super().lamp(signal)
        self.on_lamp(signal)


class QuietHouse(House):
    """A house that leaps over quiet time; `leap_ms` of it so far."""

    def __init__(self, world: World, board: BoardSeat) -> None:
        super().__init__(world, board, None)
        self.leaps = True
        self.leap_ms = 0
        self.restless_ms = 0  # until then something unusual may be going on: no leaps
        self.executive: Callable[[], Executive] | None = None
        self.process: Callable[[], Controller | None] = lambda: None

    def run(self, until_ms: int) -> None:
        """Let time pass to `until_ms`; everything due by then has happened."""
        world = self.world
        while True:
            self.serve_now()
            soonest = self.next_ms()
            if soonest > until_ms:
                world.advance(max(until_ms, world.now_ms))
                return
            if self.leaps and self._leap(until_ms):
                continue
            world.advance(soonest)

    def _leap(self, until_ms: int) -> bool:
        """Pass over the keepalives before the next real deadline; False where there are none."""
        controller, world = self.process(), self.world
        now = world.now_ms
        if (
            controller is None
            or self.controller is None
            or now < self.restless_ms
            or not self._still()
        ):
            return False
        assert self.executive is not None
        board = self.executive()
        if not (_board_waits(board) and _controller_waits(controller, now)):
            return False
        to_ms = min(until_ms, controller._decide_at_ms, self._script_ms(), self._later_ms())
        if controller._unsynced_ms is not None:
            to_ms = min(to_ms, controller._unsynced_ms + LAZY_SYNC_MS)
        # the board's own deadlines are seconds of its clock: a second early is in time
        own_s = min(board.solo.next_s, _not_after(board))
        to_ms = min(
            to_ms, now + (own_s - board.clock.utc_s - 2) * 1000, _charged_ms(world.supply, now)
        )
        by_ms = to_ms - now
        if by_ms < WORTH_MS:
            return False
        passed_s = self._board_s(to_ms) - self._board_s(now)
        _shift_board(board, by_ms, passed_s)
        _shift_controller(controller, by_ms, passed_s)
        self.board_wake_ms += by_ms
        self.controller_wake_ms = min(controller._decide_at_ms, self.controller_wake_ms + by_ms)
        world.watchdog_ms += by_ms
        world._next_ms = -1
        self.leap_ms += by_ms
        world.advance(to_ms)
        return True

    def _script_ms(self) -> int:
        return self._script[0][0] if self._script else NEVER

    def _later_ms(self) -> int:
        return self.world.later[0][0] if self.world.later else NEVER

    def _board_s(self, now_ms: int) -> int:
        return (self.world.board_clock.utc_ms(now_ms) - EPOCH_2020_MS) // 1000

    def _still(self) -> bool:
        """Nothing moves, flows or waits in the world."""
        w = self.world
        cable = w.cable
        return (
            self._alive
            and w.up
            and not w.attention
            and not self.wishes
            and not (cable.queue[0] or cable.queue[1])
            and cable.calm()
            and not (w.door_open or w.service_on or w.starved or w.cut_in_ops)
            and w.watchdog_ms != NEVER
            and w.fram.cut_after < 0
            and w.supply.mains
            and w.cup.settle_ms == NEVER
            and w.tray.next_ms() == NEVER
            and w.tray.energised_ms < 0
            and w.flap.next_ms(w.now_ms) == NEVER
            and not w.chute.busy()
            and abs(w.board_clock.drift_ppm) <= DRIFT_PPM
            and abs(w.controller_clock.drift_ppm) <= DRIFT_PPM
        )


def _charged_ms(supply: Supply, now_ms: int) -> int:
    """When a battery that charges reaches the next voltage that anybody heeds."""
    if supply.charge(now_ms) == CAPACITY_MS:
        return NEVER
    now_mv = supply.battery_mv(now_ms)
    next_mv = min(FULL_MV, *((now_mv // step + 1) * step for step in STEPS_MV))
    needed_ms = -(-(next_mv - EMPTY_MV) * CAPACITY_MS // (FULL_MV - EMPTY_MV))
    return supply.since_ms - (supply.charge_ms - needed_ms) // CHARGE_RATE


class Leaping(Home):
    """A home that leaps over quiet time; without `leaps`, minute by minute, to compare."""

    house: QuietHouse
    leaps = True

    def new_world(self, seed: int) -> World:
        """One whose lamp is watched."""
        return WatchedWorld(seed, self.start_s * 1000)

    def new_house(self) -> QuietHouse:
        """One that leaps."""
        house = QuietHouse(self.world, Inside(self.world, self._boot))
        house.executive = lambda: self.executives[-1]
        house.process = lambda: self.controller
        house.leaps = self.leaps
        return house


def _not_after(board: Executive) -> int:
    """The end of a prepared order, in seconds of the board's clock."""
    order = board.mind.order
    prepared = order.state == codes.PREPARED
    return order.not_after_s if prepared and order.not_after_s > board.clock.utc_s else TICKS


def _board_waits(board: Executive) -> bool:
    """The firmware has nothing to do but to say that it lives."""
    link, now = board._link, board.clock.now_ms
    return (
        link is not None
        and board.cycle.phase == 0
        and board.mind.order.state != codes.STARTED
        and not board.homing.moving
        and not board.beam.busy
        and not board.beam.fault
        and not board.beam._doubt
        and not board.panel.recent(now)
        and board.orders.still_at() <= now
        and link.alive(now)
        and link._asked_age_ms < 0
        and not (link._say_hello or link._say_busy or link._say_welcome)
        and now - board._boot_ms > BOOT_MS
    )


def _controller_waits(controller: Controller, now_ms: int) -> bool:
    """The controller has nothing to do before its next deadline but to say that it lives."""
    link, state = controller.link, controller.state
    end = link._end
    return (
        not controller.fault
        and not state.service
        and not acts.busy(state)
        and link.joined
        and link._lease is None
        and link._desired != b""
        and not (end._join_due or end._answer_due)
        and end.busy_since_ms is None
        and link.freshness(now_ms) == "fresh"
    )


def _shift_board(board: Executive, by_ms: int, passed_s: int) -> None:
    """As if all keepalives of this time had come and gone."""
    clock, link = board.clock, board._link
    assert link is not None
    clock.now_ms += by_ms
    clock._raw_ms = (clock._raw_ms + by_ms) & TICKS
    clock.utc_s += passed_s
    board.news._told_ms += by_ms
    board.inbox._at_ms += by_ms
    board.beam._tested_ms += by_ms
    board.beam.wake_ms += by_ms
    link._aged_at_ms += by_ms


def _shift_controller(controller: Controller, by_ms: int, passed_s: int) -> None:
    """The same at the other end; what the board would have said is its clock."""
    link, gathering = controller.link, controller._gathering
    assert link.actual is not None
    link.actual.utc_s += passed_s
    link.actual_at_ms += by_ms
    link._desired_at_ms += by_ms
    end = link._end
    end._heard_ms += by_ms
    if end._answered_ms is not None:
        end._answered_ms += by_ms
    if gathering._last_ms is not None:
        gathering._last_ms += by_ms
