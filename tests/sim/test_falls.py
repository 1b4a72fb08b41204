"""Gravity: what falls, when, past which sensors, and where it ends."""

import pytest

from hal.sim import mishaps
from hal.sim.sense import BROWN_OUT, COMPARTMENTS, compartment_tick
from tests.sim.bench import Bare


def test_pieces_fall_into_the_cup_past_the_beam() -> None:
    """All pieces of the exposed compartment fall, each is counted, the scale shows them."""
    bare = Bare()
    bare.world.put(4, [500, 120, 80], "fill")
    bare.turn_to(4)
    bare.open_gate()

    sense = bare.sense()
    assert ["cup"] * 3 == bare.places(1)
    assert 3 >= sense.drop_count >= 1
    assert 0 <= sense.cup_mg - 700 <= 3


def test_a_piece_needs_between_120_and_400_ms_to_the_beam() -> None:
    """The instants of ground truth lie in the stated window, whatever the seed."""
    for seed in range(40):
        bare = Bare(seed)
        bare.world.put(0, [300], "fill")
        bare.turn_to(0)
        opened = bare.world.now_ms + 75
        bare.open_gate()
        fell = bare.world.ledger.fills[0].pieces[0].fell_ms

        assert fell is not None
        assert 120 <= fell + 100 - opened <= 400


def test_nothing_falls_while_the_gate_is_closed() -> None:
    """A whole turn over a closed gate moves no piece."""
    bare = Bare()
    for compartment in range(COMPARTMENTS):
        bare.world.put(compartment, [100], "fill")
    for compartment in range(COMPARTMENTS):
        bare.turn_to(compartment)

    assert {"compartment"} == {p.place for f in bare.world.ledger.fills for p in f.pieces}
    assert [] == bare.world.chute.exposures


def test_only_the_compartment_over_the_hole_is_exposed() -> None:
    """Twenty-eight loaded, one opened: twenty-seven stay."""
    bare = Bare()
    for compartment in range(COMPARTMENTS):
        bare.world.put(compartment, [100], "fill")
    bare.turn_to(17)
    bare.open_gate()

    fallen = [f.compartment for f in bare.world.ledger.fills if f.pieces[0].place != "compartment"]
    assert [17] == fallen


def test_at_home_nothing_can_fall() -> None:
    """The blank sector has no pieces to lose, even with the gate wide open."""
    bare = Bare()
    for compartment in range(COMPARTMENTS):
        bare.world.put(compartment, [100], "fill")
    bare.open_gate(2900)

    assert {"compartment"} == {p.place for f in bare.world.ledger.fills for p in f.pieces}


def test_turning_over_an_open_gate_drops_what_passes() -> None:
    """The hazard that firmware must prevent is real here, and it is recorded."""
    bare = Bare()
    for compartment in range(COMPARTMENTS):
        bare.world.put(compartment, [100], "fill")
    bare.turn_to(2)
    mishaps.cause(bare.world, "stuck_gate_open", {"at_once": 1})
    bare.run(600)
    bare.world.drive(compartment_tick(6))
    bare.run(2000)

    fallen = [f.compartment for f in bare.world.ledger.fills if f.pieces[0].place == "cup"]
    assert [2, 3, 4, 5, 6] == fallen
    assert "drive with the gate not closed" == bare.world.hazards[0]["what"]


def test_a_gate_that_closes_in_time_keeps_the_piece() -> None:
    """A reset before the piece lets go leaves it where it was: the spring closes the gate."""
    kept = 0
    for seed in range(30):
        bare = Bare(seed)
        bare.world.put(0, [300], "fill")
        bare.turn_to(0)
        bare.world.gate(1)
        bare.run(130)
        bare.world.reset(BROWN_OUT)
        bare.run(1000)
        kept += bare.places(1) == ["compartment"]

        assert 0 == bare.world.flap.position(bare.world.now_ms)

    assert 30 > kept > 10


def test_a_gate_never_stays_open_longer_than_the_hardware_allows() -> None:
    """After 3,000 ms the spring closes it, though the board keeps asking."""
    bare = Bare()
    bare.world.gate(1)
    for _ in range(40):
        bare.run(100)
        if bare.world.now_ms < 3100:
            bare.world.gate(1)

    assert 1 == bare.sense().gate_closed


@pytest.mark.parametrize(("reads", "lit"), [("lit", 1), ("dark", 0), ("misses", 1)])
def test_a_blind_beam_counts_nothing(reads: str, lit: int) -> None:
    """The piece falls into the cup and the odometer stands still."""
    bare = Bare()
    bare.world.put(1, [300], "fill")
    mishaps.cause(bare.world, "blind_beam", {"reads": reads})
    bare.turn_to(1)
    bare.open_gate()

    assert ["cup"] == bare.places(1)
    assert (0, lit) == (bare.sense().drop_count, bare.sense().beam_lit)


def test_without_the_emitter_nothing_is_counted() -> None:
    """A reset switches the light off; what falls then is seen by the scale only."""
    bare = Bare()
    bare.world.put(1, [300], "fill")
    bare.turn_to(1)
    bare.world.emitter(0)
    bare.open_gate()

    assert (["cup"], 0, 0) == (bare.places(1), bare.sense().drop_count, bare.sense().beam_lit)


@pytest.mark.parametrize(("where", "drops"), [("before", 0), ("after", 1)])
def test_a_lost_piece_never_reaches_the_cup(where: str, drops: int) -> None:
    """Before the beam it is not counted, after it is; the scale shows nothing either way."""
    bare = Bare()
    bare.world.put(1, [300], "fill")
    mishaps.cause(bare.world, "lost_pill", {"where": where})
    bare.turn_to(1)
    bare.open_gate()

    assert (["lost"], drops) == (bare.places(1), bare.sense().drop_count)
    assert 3 >= bare.sense().cup_mg


def test_a_stuck_piece_stays_until_it_is_shaken_loose() -> None:
    """It stays behind at its own exposure and falls with a later one."""
    bare = Bare()
    bare.world.put(1, [300, 200], "fill")
    mishaps.cause(bare.world, "stuck_pill", {"compartment": 1})
    bare.turn_to(1)
    bare.open_gate()
    behind = bare.places(1)
    mishaps.heal(bare.world, "stuck_pill")
    bare.open_gate()

    assert (["compartment", "cup"], ["cup", "cup"]) == (behind, bare.places(1))


def test_pieces_that_fall_while_the_cup_is_away_are_lost() -> None:
    """They lie beside the cup: fallen, not taken."""
    bare = Bare()
    bare.world.put(1, [300], "fill")
    bare.turn_to(1)
    bare.world.take_cup()
    bare.open_gate()

    piece = bare.world.ledger.fills[0].pieces[0]
    assert ("lost", "beside the cup") == (piece.place, piece.by)
