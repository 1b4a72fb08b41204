"""The table of mishaps: complete, connected to hazards, healable, and strict about arguments."""

import re
from pathlib import Path

import pytest

from hal.sim import mishaps
from hal.sim.mishaps import ROWS, Mishap
from hal.sim.runtime import ROOT
from tests.sim.bench import Bare

SAFETY = Path(ROOT) / "SAFETY.md"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_mishap_can_happen_and_be_healed(row: Mishap) -> None:
    """With its defaults, on a machine that is doing something; afterwards nothing stands."""
    bare = Bare()
    bare.world.put(0, [300, 200], "fill")
    bare.world.drive(8)
    bare.run(20)
    mishaps.cause(bare.world, row.name)
    stands = set(bare.world.standing)
    bare.run(10_000)
    mishaps.heal(bare.world, row.name)
    bare.run(10_000)

    assert ({row.name} if row.heal else set()) == stands
    assert {} == bare.world.standing


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_mishap_leaves_a_mark_in_the_trace(row: Mishap) -> None:
    """Two worlds that differ in a mishap differ in their trace."""
    calm, troubled = Bare(), Bare()
    mishaps.cause(troubled.world, row.name)

    assert calm.world.trace != troubled.world.trace


def test_the_mishaps_that_are_promised_exist() -> None:
    """Names are a contract with scripts, the page and SAFETY.md."""
    promised = {
        "jam", "stuck_gate_closed", "stuck_gate_open", "blind_beam", "spurious_beam",
        "cup_missing", "cup_not_empty", "lift_stuck", "scale_stuck", "encoder_stuck", "lost_pill",
        "stuck_pill", "brown_out", "watchdog_starve", "bit_flips", "cable_cut", "cable_loss",
        "cable_dup", "cable_reorder", "cable_delay", "clock_jump", "fram_torn", "fram_garbled",
        "mains_cut", "battery_flat", "door_open", "tray_reseated", "button_bounce",
    }  # fmt: skip

    assert set() == promised - set(mishaps.TABLE)


def test_every_hazard_named_by_a_mishap_is_in_the_hazard_table() -> None:
    """SAFETY.md knows the number."""
    if not SAFETY.exists():
        pytest.skip("SAFETY.md is not written yet")
    known = set(re.findall(r"\bH\d\d\b", SAFETY.read_text(encoding="utf-8")))

    assert set() == {h for row in ROWS for h in row.hazards.split()} - known


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("earthquake", {}),
        ("jam", {"ticks": 4}),
        ("jam", {"after_ticks": "four"}),
        ("blind_beam", {"reads": "upside-down"}),
        ("clock_jump", {"who": "nobody"}),
        ("fram_torn", {"damage": "eaten"}),
    ],
)
def test_an_unknown_mishap_or_argument_is_refused(name: str, args: mishaps.Args) -> None:
    """Nothing stands afterwards."""
    bare = Bare()

    with pytest.raises(mishaps.MishapRefused):
        mishaps.cause(bare.world, name, args)
    assert {} == bare.world.standing


def test_a_bouncing_button_makes_extra_edges() -> None:
    """One press, four edges, within the first 40 ms."""
    bare = Bare()
    mishaps.cause(bare.world, "button_bounce", {"edges": 3})
    bare.world.press()
    bare.run(40)

    assert (4, 1) == (bare.sense().press_count, bare.sense().button_down)


def test_a_spurious_beam_counts_without_a_piece() -> None:
    """The odometer moves, nothing fell."""
    bare = Bare()
    mishaps.cause(bare.world, "spurious_beam", {"count": 2})

    assert (2, []) == (bare.sense().drop_count, bare.world.ledger.fills)


def test_a_gate_stuck_half_way_reads_neither_closed_nor_open() -> None:
    """The nastiest place: end sensors silent, pieces may pass."""
    bare = Bare()
    mishaps.cause(bare.world, "stuck_gate_closed", {"travel_ms": 100})
    bare.world.gate(1)
    bare.run(500)

    assert (0, 0, True) == (
        bare.sense().gate_closed,
        bare.sense().gate_open,
        bare.world.flap.passable(bare.world.now_ms),
    )
