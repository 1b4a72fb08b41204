"""How each mishap begins and ends: what it sets in the parts of the world.

Responsible for: one small function per beginning and end. Not for names, hazards and sentences
(mishaps.py has the table) or for what follows from it (the parts know that).
"""

from hal.sim.chute import BLIND_DARK, BLIND_LIT, BLIND_MISSES, WORKS
from hal.sim.gate import TRAVEL_MS
from hal.sim.sense import BROWN_OUT, FRAM_SIZE, NO_READING, TICKS
from hal.sim.supply import DAMAGES, Clock
from hal.sim.world import World

YEARS_MS = {1970: 0, 2000: 946684800000, 2020: 1577836800000}  # where a clock begins, by its chip

Args = dict[str, int | str]


class MishapRefused(Exception):
    """No such mishap or argument; the text says which."""


def jam(world: World, args: Args) -> None:
    world.tray.jam_after = int(args["after_ticks"])
    world.tray.jam_wiggles = int(args["wiggles"])
    if world.tray.moving(world.now_ms):
        tray = world.tray
        tray.jam_tick, tray.jam_sign = tray.position(world.now_ms), tray.sign
        tray.jam_after = -1
        tray.travel = (tray.jam_tick - tray.tick) * tray.sign % TICKS
        tray.short = True
        tray.notice_ms = world.now_ms + 60


def slip(world: World, args: Args) -> None:
    world.tray.slip = int(args["ticks"])


def gate_limits(world: World, low: int, high: int, catches: int = -1) -> None:
    world.flap.change(world.now_ms)
    world.flap.low, world.flap.high, world.flap.catches = low, high, catches


def gate_stays_closed(world: World, args: Args) -> None:
    gate_limits(world, 0, int(args["travel_ms"]))


def gate_stays_open(world: World, args: Args) -> None:
    if args["at_once"]:
        gate_limits(world, TRAVEL_MS, TRAVEL_MS)
    else:
        gate_limits(world, 0, TRAVEL_MS, int(args["travel_ms"]))


def gate_works(world: World) -> None:
    gate_limits(world, 0, TRAVEL_MS)


def blind(world: World, args: Args) -> None:
    if args["reads"] not in (BLIND_LIT, BLIND_DARK, BLIND_MISSES):
        raise MishapRefused(f"a beam cannot read {args['reads']!r}")
    world.chute.beam = str(args["reads"])


def sees(world: World) -> None:
    world.chute.beam = WORKS


def spurious(world: World, args: Args) -> None:
    world.chute.drop_count += int(args["count"])


def cup_away(world: World, args: Args) -> None:
    world.take_cup()


def cup_back(world: World) -> None:
    world.return_cup()


def cup_filled(world: World, args: Args) -> None:
    world.cup.foreign_mg += int(args["mg"])


def cup_emptied(world: World) -> None:
    world.cup.foreign_mg = 0


def lift_stuck(world: World, args: Args) -> None:
    world.cup.lift_stuck = True


def lift_works(world: World) -> None:
    world.cup.lift_stuck = False


def scale_stuck(world: World, args: Args) -> None:
    world.cup.stuck_mg = world.cup.to_mg


def scale_works(world: World) -> None:
    world.cup.stuck_mg = -1
    world.cup.drift_mg = 0


def scale_drift(world: World, args: Args) -> None:
    world.cup.drift_mg = int(args["mg"])


def encoder_stuck(world: World, args: Args) -> None:
    reading = int(args["reading"])
    tick = world.tray.position(world.now_ms)
    world.tray.encoder_stuck = tick if reading < 0 else min(reading, NO_READING)


def encoder_works(world: World) -> None:
    world.tray.encoder_stuck = -1


def lost_piece(world: World, args: Args) -> None:
    if args["where"] == "before":
        world.chute.lose_before += int(args["count"])
    else:
        world.chute.lose_after += int(args["count"])


def stuck_piece(world: World, args: Args) -> None:
    held = world.ledger.in_compartment.get(int(args["compartment"]), [])
    for piece in held[: int(args["count"])]:
        piece.stays = True
    world.chute.releases = [m for m in world.chute.releases if not m[1].stays]


def pieces_loose(world: World) -> None:
    for held in world.ledger.in_compartment.values():
        for piece in held:
            piece.stays = False
    world.chute.exposed = -1


def brown_out(world: World, args: Args) -> None:
    world.reset(BROWN_OUT)
    if world.supply.powered(world.now_ms):
        world.ready_ms = world.now_ms + max(1, int(args["dark_ms"]))


def reset(world: World, args: Args) -> None:
    world.reset(int(args["cause"]))


def cut_at_operation(world: World, args: Args) -> None:
    world.cut_in_ops = int(args["operations"])


def starve(world: World, args: Args) -> None:
    world.starved = True


def fed(world: World) -> None:
    world.starved = False


def clock_jump(world: World, args: Args) -> None:
    _clock_of(world, args).jump(int(args["seconds"]) * 1000, world.now_ms)


def clock_rate(world: World, args: Args) -> None:
    _clock_of(world, args).rate(int(args["ppm"]), world.now_ms)


def clock_steady(world: World) -> None:
    for clock in (world.controller_clock, world.board_clock):
        clock.rate(0, world.now_ms)


def clock_dead(world: World, args: Args) -> None:
    if args["year"] not in YEARS_MS:
        raise MishapRefused(f"no dead clock begins in {args['year']}")
    clock = _clock_of(world, args)
    clock.set(YEARS_MS[int(args["year"])], world.now_ms)
    clock.kept = False


def _clock_of(world: World, args: Args) -> Clock:
    if args["who"] == "controller":
        return world.controller_clock
    if args["who"] == "board":
        return world.board_clock
    raise MishapRefused(f"nobody called {args['who']!r} has a clock")


def fram_cut(world: World, args: Args) -> None:
    if args["damage"] not in DAMAGES:
        raise MishapRefused(f"a write is not damaged as {args['damage']!r}")
    world.fram.cut_after, world.fram.damage = int(args["after_writes"]), str(args["damage"])


def fram_whole(world: World) -> None:
    world.fram.cut_after = -1


def fram_flips(world: World, args: Args) -> None:
    start = min(max(int(args["address"]), 0), FRAM_SIZE - 1)
    length = min(max(int(args["length"]), 1), FRAM_SIZE - start)
    world.fram.flip(int(args["count"]), start, length, world.chance)


def fram_lost(world: World, args: Args) -> None:
    world.fram.data[:] = bytes(FRAM_SIZE)


def mains_cut(world: World, args: Args) -> None:
    world.mains(False)
    if int(args["for_ms"]) > 0:
        world.plan(int(args["for_ms"]), "mains", 1)


def mains_back(world: World) -> None:
    world.mains(True)


def battery(world: World, args: Args) -> None:
    now, supply = world.now_ms, world.supply
    whole = supply.charge_ms_of(int(args["percent"]))
    supply.change(now, mains=supply.mains, charge_ms=whole)


def door(world: World, args: Args) -> None:
    world.open_door()


def door_closed(world: World) -> None:
    world.close_door()


def reseat(world: World, args: Args) -> None:
    if not args["unseen"]:
        world.open_door()
    world.coils_off()
    world.tray.offset = (world.tray.offset + int(args["sectors"])) % (TICKS // 8)
    world.tray.index = (1 + world.tray.offset) % 256
    if not args["unseen"]:
        world.close_door()


def bounce(world: World, args: Args) -> None:
    world.bounces = max(0, int(args["edges"]))


def no_bounce(world: World) -> None:
    world.bounces = 0


def button_stuck(world: World, args: Args) -> None:
    world.button_stuck = True
    world.happen("button", 1)


def button_free(world: World) -> None:
    world.button_stuck = False
    world.happen("button", 0)
