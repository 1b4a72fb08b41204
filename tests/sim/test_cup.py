"""The cup: what is gone with it, what the scale shows, and when switches lie."""

from hal.sim import mishaps
from hal.sim.cup import SETTLE_MS, TARE_MG
from hal.sim.sense import CUP_AWAY_MG
from tests.sim.bench import Bare


def filled() -> Bare:
    """A machine with 500 and 120 mg in the cup."""
    bare = Bare()
    bare.world.put(4, [500, 120], "fill")
    bare.turn_to(4)
    bare.open_gate()
    return bare


def test_what_lies_in_a_lifted_cup_is_gone() -> None:
    """Ground truth knows the instant and that it was lifted."""
    bare = filled()
    at = bare.world.now_ms
    taken = bare.world.take_cup()

    assert 2 == taken
    assert [("gone", at, "lifted")] * 2 == [
        (p.place, p.gone_ms, p.by) for p in bare.world.ledger.fills[0].pieces
    ]
    assert (0, CUP_AWAY_MG, 1) == (
        bare.sense().cup_present,
        bare.sense().cup_mg,
        bare.sense().lift_count,
    )


def test_only_the_last_lift_can_bring_pieces_back() -> None:
    """What was swallowed yesterday does not come back with today's cup."""
    bare = filled()
    bare.world.take_cup()
    bare.world.return_cup()
    bare.run(1000)
    bare.world.take_cup()
    back = bare.world.return_cup(5)

    assert (0, ["gone", "gone"]) == (back, bare.places(1))


def test_a_cup_may_come_back_with_a_piece_in_it() -> None:
    """One of two is left: it is in the cup again and was never gone."""
    bare = filled()
    bare.world.take_cup()
    bare.run(3000)
    back = bare.world.return_cup(1)
    bare.run(SETTLE_MS)

    assert (1, ["cup", "gone"]) == (back, bare.places(1))
    assert 0 <= bare.sense().cup_mg - 500 <= 3


def test_the_scale_needs_time_to_settle() -> None:
    """Half way it shows neither the old nor the new weight; the board is woken when settled."""
    bare = filled()
    bare.world.fingers(1)
    bare.run(SETTLE_MS // 2)
    between = bare.sense().cup_mg
    bare.world.attention = False
    bare.run(SETTLE_MS // 2)

    assert 300 < between < 450
    assert 0 <= bare.sense().cup_mg - 120 <= 3
    assert bare.world.attention


def test_fingers_take_pieces_without_a_lift() -> None:
    """By hand, no lift counted, and the hand weighs while it is there."""
    bare = filled()
    lifts = bare.sense().lift_count
    bare.world.fingers(2, press_mg=9000)
    bare.run(1500)
    pressed = bare.sense().cup_mg
    bare.run(1500)

    assert ["gone", "gone"] == bare.places(1)
    assert (lifts, True, 3) >= (bare.sense().lift_count, pressed > 8000, bare.sense().cup_mg)


def test_a_dead_lift_switch_hides_the_lift_but_not_the_weight() -> None:
    """It says present; the scale reads far below tare."""
    bare = Bare()
    mishaps.cause(bare.world, "lift_stuck")
    bare.world.take_cup()
    bare.run(SETTLE_MS)

    assert (1, 0) == (bare.sense().cup_present, bare.sense().lift_count)
    assert -TARE_MG <= bare.sense().cup_mg <= -TARE_MG + 3


def test_a_stuck_scale_shows_the_old_weight() -> None:
    """Pieces fall and the reading stays."""
    bare = Bare()
    mishaps.cause(bare.world, "scale_stuck")
    bare.world.put(4, [500], "fill")
    bare.turn_to(4)
    bare.open_gate()

    assert 3 >= bare.sense().cup_mg


def test_something_else_in_the_cup_leaves_and_comes_back_with_it() -> None:
    """A coin weighs only while the cup stands on the scale."""
    bare = Bare()
    mishaps.cause(bare.world, "cup_not_empty", {"mg": 400})
    bare.run(SETTLE_MS)
    with_coin = bare.sense().cup_mg
    mishaps.heal(bare.world, "cup_not_empty")
    bare.run(SETTLE_MS)

    assert (True, True) == (400 <= with_coin <= 403, bare.sense().cup_mg <= 3)
