"""The firmware on real MicroPython dies by SIGKILL anywhere in a dose: no lie, nothing twice."""

from collections.abc import Iterator
from itertools import islice

import pytest

from hal.sim import runtime
from hal.wire import codes
from tests.resets.cuts import INSTANT, NONE, OPERATION, WRITE, Cut, Trouble, mixed
from tests.resets.judge import Figures, violations
from tests.resets.rig import Workshop
from tests.resets.run import all_places, play

EVERY_OPERATION = 2  # the slice takes every so many-th place, the long run all of them
EVERY_INSTANT = 8
MIXED = 160
SEED = 5


def _has_runtime() -> bool:
    try:
        runtime.micropython()
    except runtime.NoRuntime:
        return False
    return True


pytestmark = [
    pytest.mark.skipif(not _has_runtime(), reason="needs MicroPython"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """Compiled firmware, a socket, the picture of a loaded machine."""
    with Workshop() as shared:
        yield shared


@pytest.fixture(scope="module")
def cuts(workshop: Workshop) -> list[Cut]:
    """Every place of a dose that nobody cuts."""
    return all_places(workshop)


def _sweep(workshop: Workshop, runs: list[tuple[Cut, Trouble]]) -> Figures:
    """All runs; fails on the first violation, naming its run."""
    figures = Figures()
    for number, (cut, trouble) in enumerate(runs, 1):
        ending, found = play(workshop, cut, trouble, number)
        assert [] == found, (number, cut, trouble, ending)
        figures.add(cut, trouble, ending, found)
    return figures


@pytest.mark.hazard("H01")
def test_a_death_at_a_ledger_write_neither_lies_nor_gives_twice(
    workshop: Workshop, cuts: list[Cut]
) -> None:
    """Every write of PREPARE, START, exposure and DONE is kept, lost, torn or garbled."""
    runs = [(cut, NONE) for cut in cuts if cut.kind == WRITE]

    assert len(runs) >= 4 * 4 * 6  # four records, two copies of three parts, four damages
    assert len(runs) == _sweep(workshop, runs).kills


def test_a_death_at_an_operation_neither_lies_nor_gives_twice(
    workshop: Workshop, cuts: list[Cut]
) -> None:
    """Drive, gate, memory, cable, light, dog: each can be the last thing the board did."""
    runs = [(cut, NONE) for cut in cuts if cut.kind == OPERATION][::EVERY_OPERATION]

    assert len(runs) == _sweep(workshop, runs).kills


@pytest.mark.hazard("H01")
def test_a_death_at_an_instant_of_motion_neither_lies_nor_gives_twice(
    workshop: Workshop, cuts: list[Cut]
) -> None:
    """While it turns, opens, while pieces fall, while the scale settles."""
    runs = [(cut, NONE) for cut in cuts if cut.kind == INSTANT][::EVERY_INSTANT]

    figures = _sweep(workshop, runs)
    assert len(runs) == figures.kills
    assert figures.verdicts[("open", "released")] > 0
    assert figures.verdicts[("turning", "not released")] > 0


def test_a_death_with_a_fault_of_any_sensor_neither_lies_nor_gives_twice(
    workshop: Workshop, cuts: list[Cut]
) -> None:
    """A mixture of places and single troubles, some of them cut again while they recover."""
    _sweep(workshop, list(islice(mixed(cuts, SEED), MIXED)))


def test_the_judge_knows_a_lie(workshop: Workshop) -> None:
    """A verdict that says more than what happened, or a second exposure, is found."""
    cut = Cut(INSTANT, 900)
    ending, found = play(workshop, cut, NONE, 1)
    assert [] == found
    utc0_ms = 1773014400000

    ending.verdict = codes.NOT_RELEASED
    assert violations(ending, NONE, workshop.lease, utc0_ms)[0].startswith("false verdict")
    ending.verdict = codes.UNCERTAIN
    ending.exposures = ending.exposures * 2
    assert ["the fill was exposed twice"] == violations(ending, NONE, workshop.lease, utc0_ms)
