"""A controller with the right key and the worst will: I1, I2 and I8 hold for every stream."""

import pytest

from hal.wire import codes
from tests.hostile.oracle import Violated
from tests.hostile.pictures import pictures
from tests.hostile.run import play
from tests.hostile.stage import Picture
from tests.hostile.words import Stream

STREAMS = 3000
PARTS = 4
RELEASES = STREAMS // 8  # fewer, and the streams would prove little


@pytest.fixture(scope="module")
def found() -> list[Picture]:
    """The moments from which streams begin."""
    return pictures()


@pytest.mark.hazard("H01", "H04")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_stream_breaks_window_gap_cap_consent_or_once(found: list[Picture], part: int) -> None:
    """The slice of `make hostile`: seeds in order, every invariant after every stretch of time."""
    releases = 0
    failures = []
    for seed in range(part, STREAMS, PARTS):
        tally, failure = play(seed, found)
        releases += tally["exposures"]
        failures += [failure] if failure else []

    assert [] == failures
    assert releases >= RELEASES // PARTS


def test_the_judge_sees_a_second_exposure(found: list[Picture]) -> None:
    """A gate that opens again over the same compartment, by whatever hand, is a violation."""
    stream = Stream(1, [p for p in found if p.name == "released, in the cup"])
    world = stream.stage.world
    stream.oracle.press = None

    world.drive(16)
    stream.stage.run(300)
    with pytest.raises(Violated, match="without a press"):
        stream.oracle.look()


def test_a_stream_is_the_same_again(found: list[Picture]) -> None:
    """The seed is all there is: same words, same world."""
    first, again = Stream(16, found), Stream(16, found)
    first.play()
    again.play()

    assert first.said == again.said
    assert first.stage.world.trace == again.stage.world.trace
    assert codes.NONE <= first.stage.executive.mind.order.state <= codes.DONE
