"""What a page needs to draw the simulated machine at one instant.

Responsible for: one flat JSON object per view, everything that can be seen or heard, and which
troubles stand. Not for drawing (controller/web) or for what the board is told (sense.py).
"""

from hal.sim.gate import TRAVEL_MS
from hal.sim.sense import COMPARTMENTS
from hal.sim.world import World
from hal.wire.codes import SIGNALS


def view(world: World) -> dict[str, object]:
    """The machine as an onlooker sees it."""
    now = world.now_ms
    held = world.ledger.in_compartment
    return {
        "sim_ms": now,
        "utc_ms": world.controller_clock.utc_ms(now),
        "true_utc_ms": world.utc_ms(),
        "board_utc_ms": world.board_clock.utc_ms(now),
        "tray_ticks": world.tray.position(now),
        "turning": world.tray.moving(now),
        "over_hole": world.tray.over_hole(world.tray.position(now), 1),
        "tray_index": world.tray.index,
        "gate_percent": world.flap.position(now) * 100 // TRAVEL_MS,
        "beam_lit": world.chute.lit(now),
        "drop_count": world.chute.drop_count,
        "falling": len(world.chute.flights) + len(world.chute.landings),
        "cup": {
            "present": world.cup.present,
            "pieces": len(world.ledger.in_cup),
            "mg": max(world.cup.reads_mg(now), 0),
        },
        "lift_count": world.cup.lift_count,
        "compartments": [len(held.get(k, ())) for k in range(COMPARTMENTS)],
        "lamp": signal_word(world.lamp_shows),
        "buzzer": signal_word(world.buzzer_sounds),
        "button_down": world.button_down,
        "door_open": world.door_open,
        "service": world.service_on,
        "mains": world.supply.mains,
        "battery_mv": world.supply.battery_mv(now),
        "board": world.up,
        "boots": world.boots,
        "mishaps": sorted(world.standing),
    }


def signal_word(signal: int) -> str:
    """The word for a lamp or buzzer signal."""
    return SIGNALS[signal] if 0 <= signal < len(SIGNALS) else "unknown"
