"""A slice of the fuzzing: at every door damaged bytes get an answer, and nothing else."""

from pathlib import Path
from random import Random

import pytest

from schedules import planfile
from schedules.model import PlanRefused
from tests.fuzz import run
from tests.fuzz.damage import damaged
from tests.fuzz.doors import DOORS, Door

SEED = 20261121
INPUTS = 9000  # of all doors together


@pytest.mark.parametrize("name", sorted(DOORS))
def test_every_damaged_input_is_answered(name: str) -> None:
    """Accepted whole or refused by a code: no other exception, no endless work."""
    found = run.fuzz(name, SEED, run.shares(INPUTS, "")[name])

    assert [] == found.faults
    assert len(found.words) > 1, "a door that always says the same looks at nothing"


@pytest.mark.parametrize("name", sorted(set(DOORS) - {"words", "frames"}))
def test_what_is_good_is_taken(name: str) -> None:
    """The inputs that are damaged begin as good ones, so that damage reaches deep."""
    words = {DOORS[name].ask(data) for data in DOORS[name].good}

    assert words & {"accepted", "expanded", "proposed"}


def test_a_door_that_breaks_is_found_out_and_its_input_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An exception that is no refusal is a fault, with a file that brings it back."""

    def broken(data: bytes) -> str:
        if b"8" in data:
            raise KeyError("eight")
        try:
            planfile.load(data.decode("utf-8", "replace"))
        except PlanRefused as refused:
            return refused.code
        return "accepted"

    monkeypatch.setattr(run, "FOUND", tmp_path)
    monkeypatch.setitem(DOORS, "plan", Door("plan", broken, (b"at: 0\n",), 1))
    found = run.fuzz("plan", 5, 20_000)

    assert run.TOLD == len(found.faults)
    assert "KeyError" in found.faults[0]
    data = Path(found.faults[0].rpartition(" ")[2]).read_bytes()
    with pytest.raises(KeyError):
        broken(data)


def test_the_same_seed_gives_the_same_damage() -> None:
    """A run is replayed by its seed."""
    good = list(DOORS["expand"].good)

    assert damaged(Random(1), good) == damaged(Random(1), good) != damaged(Random(2), good)
