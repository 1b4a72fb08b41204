"""Every trouble the simulator can cause, by name: one row each.

Responsible for: the table (name, hazards it rehearses, one sentence, how it begins and ends).
Not for physics: a row only sets what the parts already know how to suffer. Arguments are
integers or words and are all optional; an unknown one is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hal.sim import cable_troubles as wire
from hal.sim import troubles as acts
from hal.sim.chute import BLIND_LIT
from hal.sim.gate import TRAVEL_MS
from hal.sim.sense import FRAM_SIZE
from hal.sim.supply import GARBLED, TORN
from hal.sim.troubles import Args, MishapRefused
from hal.sim.world import World

__all__ = ["ROWS", "TABLE", "Args", "Mishap", "MishapRefused", "cause", "heal", "heal_all"]


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
    row.apply(world, known)
    world.mark(f"mishap {name} {sorted(known.items())}")
    if row.heal is not None:
        world.standing[name] = dict(known)
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


ROWS = (
    Mishap("jam", "H10", "The next motion wedges after some ticks; reverse wiggles may free it.",
           acts.jam, lambda w: w.tray.clear_jam(), (("after_ticks", 4), ("wiggles", 0))),
    Mishap("slip", "H01 H10", "The next motion ends some ticks short; the encoder tells the truth.",
           acts.slip, None, (("ticks", 3),)),
    Mishap("stuck_gate_closed", "H10 H30", "The gate opens no further than this (0: not at all).",
           acts.gate_stays_closed, acts.gate_works, (("travel_ms", 0),)),
    Mishap("stuck_gate_open", "H02 H30", "Once open this far (or at once) the gate stays open.",
           acts.gate_stays_open, acts.gate_works, (("at_once", 0), ("travel_ms", TRAVEL_MS))),
    Mishap("blind_beam", "H03 H29", "The beam reads lit or dark for ever, or misses every piece.",
           acts.blind, acts.sees, (("reads", BLIND_LIT),)),
    Mishap("spurious_beam", "H03 H31", "The drop odometer counts pieces that never fell.",
           acts.spurious, None, (("count", 1),)),
    Mishap("cup_missing", "H21 H32", "Somebody carries the cup away, with what is in it.",
           acts.cup_away, acts.cup_back),
    Mishap("cup_not_empty", "H21", "Something else lies in the cup.",
           acts.cup_filled, acts.cup_emptied, (("mg", 400),)),
    Mishap("lift_stuck", "H03 H21", "The cup's switch says present for ever and counts no lift.",
           acts.lift_stuck, acts.lift_works),
    Mishap("scale_stuck", "H03 H21", "The scale shows the same weight for ever.",
           acts.scale_stuck, acts.scale_works),
    Mishap("scale_drift", "H03 H21", "The scale shows too much or too little.",
           acts.scale_drift, acts.scale_works, (("mg", 150),)),
    Mishap("encoder_stuck", "H01 H03", "The encoder keeps one reading (65535: none).",
           acts.encoder_stuck, acts.encoder_works, (("reading", -1),)),
    Mishap("lost_pill", "H29", "Falling pieces bounce out before or after the beam.",
           acts.lost_piece, None, (("count", 1), ("where", "after"))),
    Mishap("stuck_pill", "H29 H02", "Pieces cling to their compartment and stay behind.",
           acts.stuck_piece, acts.pieces_loose, (("compartment", 0), ("count", 1))),
    Mishap("brown_out", "H03 H17", "The supply dips: the board is dark for a moment.",
           acts.brown_out, None, (("dark_ms", 300),)),
    Mishap("reset", "H03 H23", "The board is reset (0 power, 1 watchdog, 2 brown-out, 3 external).",
           acts.reset, None, (("cause", 3),)),
    Mishap("cut_at_operation", "H01 H03 H17", "Power is lost at the n-th operation from now.",
           acts.cut_at_operation, None, (("operations", 1),)),
    Mishap("watchdog_starve", "H08 H30", "The dog is fed no more and resets the board.",
           acts.starve, acts.fed),
    Mishap("bit_flips", "H01", "Bits flip on the cable, so many in a million.",
           wire.flips, wire.no_flips, (("per_million", 200),)),
    Mishap("cable_cut", "H08 H18 H31", "The cable carries nothing.",
           wire.cable_cut, wire.cable_whole),
    Mishap("cable_loss", "H01", "Chunks are lost on the cable, so many in a million.",
           wire.loss, wire.no_loss, (("per_million", 200_000),)),
    Mishap("cable_dup", "H01", "Chunks arrive twice, so many in a million.",
           wire.twice, wire.once, (("per_million", 200_000),)),
    Mishap("cable_reorder", "H01", "Chunks overtake each other, so many in a million.",
           wire.reorder, wire.in_order, (("per_million", 200_000),)),
    Mishap("cable_delay", "H01 H04", "Chunks come late, so many in a million.",
           wire.late, wire.prompt, (("per_million", 200_000), ("up_to_ms", 5_000))),
    Mishap("cable_replay", "H01 H04", "Somebody sends again what has passed on the cable.",
           wire.replay, None, (("count", 8), ("to", "board"))),
    Mishap("clock_jump", "H04 H05 H06", "A clock jumps and does not know it.",
           acts.clock_jump, None, (("who", "controller"), ("seconds", 3_600))),
    Mishap("clock_rate", "H05 H06", "A clock runs fast or slow, or stands still.",
           acts.clock_rate, acts.clock_steady, (("who", "board"), ("ppm", 50_000))),
    Mishap("clock_dead", "H06", "A clock lost its battery and begins anew; the board's says so.",
           acts.clock_dead, None, (("who", "board"), ("year", 1970))),
    Mishap("fram_torn", "H20 H26", "Power is lost in a coming write to the board's memory.",
           acts.fram_cut, acts.fram_whole, (("after_writes", 0), ("damage", TORN))),
    Mishap("fram_garbled", "H20 H26", "Power is lost in a coming write, which leaves rubbish.",
           acts.fram_cut, acts.fram_whole, (("after_writes", 0), ("damage", GARBLED))),
    Mishap("fram_flips", "H20", "Bits of the board's memory flip.",
           acts.fram_flips, None, (("count", 1), ("address", 0), ("length", FRAM_SIZE))),
    Mishap("fram_lost", "H26", "The board's memory is blank.", acts.fram_lost),
    Mishap("mains_cut", "H17", "The plug is out (for so long; 0: until it is put back).",
           acts.mains_cut, acts.mains_back, (("for_ms", 0),)),
    Mishap("battery_flat", "H16 H17", "The battery has only this much charge.",
           acts.battery, None, (("percent", 0),)),
    Mishap("door_open", "H11 H22", "Somebody opens the service door.", acts.door, acts.door_closed),
    Mishap("tray_reseated", "H11", "The tray goes back some places off (unseen: no door count).",
           acts.reseat, None, (("sectors", 1), ("unseen", 0))),
    Mishap("button_bounce", "H23 H24", "Every press makes extra edges.",
           acts.bounce, acts.no_bounce, (("edges", 3),)),
    Mishap("button_stuck", "H24", "The button stays down.", acts.button_stuck, acts.button_free),
)  # fmt: skip
TABLE = {row.name: row for row in ROWS}
