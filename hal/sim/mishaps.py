"""Every trouble the simulator can cause, by name: one row each.

Responsible for: the table (name, hazards it rehearses, one sentence, how it begins and ends).
Not for physics: a row only sets what the parts already know how to suffer. Arguments are
integers or words and are all optional; an unknown one is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hal.sim.chute import BLIND_DARK, BLIND_LIT, BLIND_MISSES, WORKS
from hal.sim.gate import TRAVEL_MS
from hal.sim.sense import BROWN_OUT, FRAM_SIZE, NO_READING, TICKS
from hal.sim.supply import DAMAGES, GARBLED, TORN
from hal.sim.world import World

Args = dict[str, int | str]


class MishapRefused(Exception):
    """No such mishap or argument; the text says which."""


@dataclass(frozen=True)
class Mishap:
    """One named trouble. `heal` is None where it is over in the same instant."""

    name: str
    hazards: str  # hazard ids of SAFETY.md, separated by blanks
    sentence: str
    apply: Callable[[World, Args], None]
    heal: Callable[[World], None] | None = None
    defaults: tuple[tuple[str, int | str], ...] = ()


def cause(world: World, name: str, args: Args | None = None) -> None:
    """Let a mishap happen now; raises MishapRefused."""
    row = TABLE.get(name)
    if row is None:
        raise MishapRefused(f"no mishap is called {name}")
    known = dict(row.defaults)
    given = args or {}
    for key, value in given.items():
        if key not in known or type(value) is not type(known[key]):
            raise MishapRefused(f"{name} does not take {key}={value!r}")
    known.update(given)
    world.mark(f"mishap {name} {sorted(known.items())}")
    if row.heal is not None:
        world.standing[name] = dict(known)
    row.apply(world, known)
    world.attention = True
    world.settle()


def heal(world: World, name: str) -> None:
    """End a standing mishap; healing what does not stand changes nothing."""
    row = TABLE.get(name)
    if row is None:
        raise MishapRefused(f"no mishap is called {name}")
    if world.standing.pop(name, None) is None or row.heal is None:
        return
    world.mark(f"heal {name}")
    row.heal(world)
    world.attention = True
    world.settle()


def heal_all(world: World) -> None:
    """End everything that stands."""
    for name in list(world.standing):
        heal(world, name)


def _jam(world: World, args: Args) -> None:
    world.tray.jam_after = int(args["after_ticks"])
    world.tray.jam_wiggles = int(args["wiggles"])
    if world.tray.moving(world.now_ms):
        tray = world.tray
        tray.jam_tick, tray.jam_sign = tray.position(world.now_ms), tray.sign
        tray.jam_after = -1
        tray.travel = (tray.jam_tick - tray.tick) * tray.sign % TICKS
        tray.short = True
        tray.notice_ms = world.now_ms + 60


def _slip(world: World, args: Args) -> None:
    world.tray.slip = int(args["ticks"])


def _gate_limits(world: World, low: int, high: int, catches: int = -1) -> None:
    world.flap.change(world.now_ms)
    world.flap.low, world.flap.high, world.flap.catches = low, high, catches


def _gate_stays_closed(world: World, args: Args) -> None:
    _gate_limits(world, 0, int(args["travel_ms"]))


def _gate_stays_open(world: World, args: Args) -> None:
    if args["at_once"]:
        _gate_limits(world, TRAVEL_MS, TRAVEL_MS)
    else:
        _gate_limits(world, 0, TRAVEL_MS, int(args["travel_ms"]))


def _gate_works(world: World) -> None:
    _gate_limits(world, 0, TRAVEL_MS)


def _blind(world: World, args: Args) -> None:
    if args["reads"] not in (BLIND_LIT, BLIND_DARK, BLIND_MISSES):
        raise MishapRefused(f"a beam cannot read {args['reads']!r}")
    world.chute.beam = str(args["reads"])


def _sees(world: World) -> None:
    world.chute.beam = WORKS


def _spurious(world: World, args: Args) -> None:
    world.chute.drop_count += int(args["count"])


def _cup_away(world: World, args: Args) -> None:
    world.take_cup()


def _cup_back(world: World) -> None:
    world.return_cup()


def _cup_filled(world: World, args: Args) -> None:
    world.cup.foreign_mg += int(args["mg"])


def _cup_emptied(world: World) -> None:
    world.cup.foreign_mg = 0


def _lift_stuck(world: World, args: Args) -> None:
    world.cup.lift_stuck = True


def _lift_works(world: World) -> None:
    world.cup.lift_stuck = False


def _scale_stuck(world: World, args: Args) -> None:
    world.cup.stuck_mg = world.cup.to_mg


def _scale_works(world: World) -> None:
    world.cup.stuck_mg = -1
    world.cup.drift_mg = 0


def _scale_drift(world: World, args: Args) -> None:
    world.cup.drift_mg = int(args["mg"])


def _encoder_stuck(world: World, args: Args) -> None:
    reading = int(args["reading"])
    tick = world.tray.position(world.now_ms)
    world.tray.encoder_stuck = tick if reading < 0 else min(reading, NO_READING)


def _encoder_works(world: World) -> None:
    world.tray.encoder_stuck = -1


def _lost_piece(world: World, args: Args) -> None:
    if args["where"] == "before":
        world.chute.lose_before += int(args["count"])
    else:
        world.chute.lose_after += int(args["count"])


def _stuck_piece(world: World, args: Args) -> None:
    held = world.ledger.in_compartment.get(int(args["compartment"]), [])
    for piece in held[: int(args["count"])]:
        piece.stays = True
    world.chute.releases = [m for m in world.chute.releases if not m[1].stays]


def _pieces_loose(world: World) -> None:
    for held in world.ledger.in_compartment.values():
        for piece in held:
            piece.stays = False
    world.chute.exposed = -1


def _brown_out(world: World, args: Args) -> None:
    world.reset(BROWN_OUT)
    if world.supply.powered(world.now_ms):
        world.ready_ms = world.now_ms + max(1, int(args["dark_ms"]))


def _reset(world: World, args: Args) -> None:
    world.reset(int(args["cause"]))


def _cut_at_operation(world: World, args: Args) -> None:
    world.cut_in_ops = int(args["operations"])


def _starve(world: World, args: Args) -> None:
    world.starved = True


def _fed(world: World) -> None:
    world.starved = False


def _flips(world: World, args: Args) -> None:
    world.cable.flips = int(args["per_million"])


def _no_flips(world: World) -> None:
    world.cable.flips = 0


def _cable_cut(world: World, args: Args) -> None:
    world.cable.cut = True
    world.cable.unplug()


def _cable_whole(world: World) -> None:
    world.cable.cut = False


def _loss(world: World, args: Args) -> None:
    world.cable.loss = int(args["per_million"])


def _no_loss(world: World) -> None:
    world.cable.loss = 0


def _twice(world: World, args: Args) -> None:
    world.cable.twice = int(args["per_million"])


def _once(world: World) -> None:
    world.cable.twice = 0


def _reorder(world: World, args: Args) -> None:
    world.cable.reorder = int(args["per_million"])


def _in_order(world: World) -> None:
    world.cable.reorder = 0


def _late(world: World, args: Args) -> None:
    world.cable.late, world.cable.late_ms = int(args["per_million"]), max(1, int(args["up_to_ms"]))


def _prompt(world: World) -> None:
    world.cable.late = 0


def _clock_jump(world: World, args: Args) -> None:
    by_ms = int(args["seconds"]) * 1000
    if args["who"] == "controller":
        world.controller_clock.jump(by_ms, world.now_ms)
    elif args["who"] == "board":
        world.board_clock.jump(by_ms, world.now_ms)
    else:
        raise MishapRefused(f"nobody called {args['who']!r} has a clock")


def _clock_dead(world: World, args: Args) -> None:
    world.board_clock.set(0, world.now_ms)
    world.board_clock.kept = False


def _fram_cut(world: World, args: Args) -> None:
    if args["damage"] not in DAMAGES:
        raise MishapRefused(f"a write is not damaged as {args['damage']!r}")
    world.fram.cut_after, world.fram.damage = int(args["after_writes"]), str(args["damage"])


def _fram_whole(world: World) -> None:
    world.fram.cut_after = -1


def _fram_flips(world: World, args: Args) -> None:
    start = min(max(int(args["address"]), 0), FRAM_SIZE - 1)
    length = min(max(int(args["length"]), 1), FRAM_SIZE - start)
    world.fram.flip(int(args["count"]), start, length, world.chance)


def _fram_lost(world: World, args: Args) -> None:
    world.fram.data[:] = bytes(FRAM_SIZE)


def _mains_cut(world: World, args: Args) -> None:
    world.mains(False)
    if int(args["for_ms"]) > 0:
        world.plan(int(args["for_ms"]), "mains", 1)


def _mains_back(world: World) -> None:
    world.mains(True)


def _battery(world: World, args: Args) -> None:
    now, supply = world.now_ms, world.supply
    whole = supply.charge_ms_of(int(args["percent"]))
    supply.change(now, mains=supply.mains, charge_ms=whole)


def _door(world: World, args: Args) -> None:
    world.open_door()


def _door_closed(world: World) -> None:
    world.close_door()


def _reseat(world: World, args: Args) -> None:
    if not args["unseen"]:
        world.open_door()
    world.coils_off()
    world.tray.offset = (world.tray.offset + int(args["sectors"])) % (TICKS // 8)
    world.tray.index = (1 + world.tray.offset) % 256
    if not args["unseen"]:
        world.close_door()


def _bounce(world: World, args: Args) -> None:
    world.bounces = max(0, int(args["edges"]))


def _no_bounce(world: World) -> None:
    world.bounces = 0


def _button_stuck(world: World, args: Args) -> None:
    world.button_stuck = True
    world.happen("button", 1)


def _button_free(world: World) -> None:
    world.button_stuck = False
    world.happen("button", 0)


ROWS = (
    Mishap("jam", "H10", "The next motion wedges after some ticks; reverse wiggles may free it.",
           _jam, lambda w: w.tray.clear_jam(), (("after_ticks", 4), ("wiggles", 0))),
    Mishap("slip", "H01 H10", "The next motion ends some ticks short; the encoder tells the truth.",
           _slip, None, (("ticks", 3),)),
    Mishap("stuck_gate_closed", "H10 H30", "The gate opens no further than this (0: not at all).",
           _gate_stays_closed, _gate_works, (("travel_ms", 0),)),
    Mishap("stuck_gate_open", "H02 H30", "Once open this far (or at once) the gate stays open.",
           _gate_stays_open, _gate_works, (("at_once", 0), ("travel_ms", TRAVEL_MS))),
    Mishap("blind_beam", "H03 H29", "The beam reads lit or dark for ever, or misses every piece.",
           _blind, _sees, (("reads", BLIND_LIT),)),
    Mishap("spurious_beam", "H03 H31", "The drop odometer counts pieces that never fell.",
           _spurious, None, (("count", 1),)),
    Mishap("cup_missing", "H21", "Somebody carries the cup away, with what is in it.",
           _cup_away, _cup_back),
    Mishap("cup_not_empty", "H21", "Something else lies in the cup.",
           _cup_filled, _cup_emptied, (("mg", 400),)),
    Mishap("lift_stuck", "H03 H21", "The cup's switch says present for ever and counts no lift.",
           _lift_stuck, _lift_works),
    Mishap("scale_stuck", "H03 H21", "The scale shows the same weight for ever.",
           _scale_stuck, _scale_works),
    Mishap("scale_drift", "H03 H21", "The scale shows too much or too little.",
           _scale_drift, _scale_works, (("mg", 150),)),
    Mishap("encoder_stuck", "H01 H03", "The encoder keeps one reading (65535: none).",
           _encoder_stuck, _encoder_works, (("reading", -1),)),
    Mishap("lost_pill", "H29", "Falling pieces bounce out before or after the beam.",
           _lost_piece, None, (("count", 1), ("where", "after"))),
    Mishap("stuck_pill", "H29 H02", "Pieces cling to their compartment and stay behind.",
           _stuck_piece, _pieces_loose, (("compartment", 0), ("count", 1))),
    Mishap("brown_out", "H03 H17", "The supply dips: the board is dark for a moment.",
           _brown_out, None, (("dark_ms", 300),)),
    Mishap("reset", "H03", "The board is reset (0 power, 1 watchdog, 2 brown-out, 3 external).",
           _reset, None, (("cause", 3),)),
    Mishap("cut_at_operation", "H03 H01", "Power is lost at the n-th operation from now.",
           _cut_at_operation, None, (("operations", 1),)),
    Mishap("watchdog_starve", "H08 H30", "The dog is fed no more and resets the board.",
           _starve, _fed),
    Mishap("bit_flips", "H01", "Bits flip on the cable, so many in a million.",
           _flips, _no_flips, (("per_million", 200),)),
    Mishap("cable_cut", "H08 H18", "The cable carries nothing.", _cable_cut, _cable_whole),
    Mishap("cable_loss", "H01", "Chunks are lost on the cable, so many in a million.",
           _loss, _no_loss, (("per_million", 200_000),)),
    Mishap("cable_dup", "H01", "Chunks arrive twice, so many in a million.",
           _twice, _once, (("per_million", 200_000),)),
    Mishap("cable_reorder", "H01", "Chunks overtake each other, so many in a million.",
           _reorder, _in_order, (("per_million", 200_000),)),
    Mishap("cable_delay", "H01 H04", "Chunks come late, so many in a million.",
           _late, _prompt, (("per_million", 200_000), ("up_to_ms", 5_000))),
    Mishap("clock_jump", "H05 H06", "A clock jumps and does not know it.",
           _clock_jump, None, (("who", "controller"), ("seconds", 3_600))),
    Mishap("clock_dead", "H06", "The board's clock lost its time and says so.", _clock_dead),
    Mishap("fram_torn", "H20 H26", "Power is lost in a coming write to the board's memory.",
           _fram_cut, _fram_whole, (("after_writes", 0), ("damage", TORN))),
    Mishap("fram_garbled", "H20", "Power is lost in a coming write, which leaves rubbish.",
           _fram_cut, _fram_whole, (("after_writes", 0), ("damage", GARBLED))),
    Mishap("fram_flips", "H20", "Bits of the board's memory flip.",
           _fram_flips, None, (("count", 1), ("address", 0), ("length", FRAM_SIZE))),
    Mishap("fram_lost", "H26", "The board's memory is blank.", _fram_lost),
    Mishap("mains_cut", "H17", "The plug is out (for so long; 0: until it is put back).",
           _mains_cut, _mains_back, (("for_ms", 0),)),
    Mishap("battery_flat", "H16 H17", "The battery has only this much charge.",
           _battery, None, (("percent", 0),)),
    Mishap("door_open", "H11 H22", "Somebody opens the service door.", _door, _door_closed),
    Mishap("tray_reseated", "H11", "The tray goes back some places off (unseen: no door count).",
           _reseat, None, (("sectors", 1), ("unseen", 0))),
    Mishap("button_bounce", "H24", "Every press makes extra edges.",
           _bounce, _no_bounce, (("edges", 3),)),
    Mishap("button_stuck", "H24", "The button stays down.", _button_stuck, _button_free),
)  # fmt: skip
TABLE = {row.name: row for row in ROWS}
