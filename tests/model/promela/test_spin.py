"""The second opinion: an independent model of the protocol has no error, its mutants have one."""

import shutil

import pytest

from tests.model.promela.run import MUTANTS, OUTCOMES, Check, checks, read, search

STATES = 500_000  # fewer, and the model has lost something

MISSING = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason="needs spin and gcc")


def named(start: str) -> list[Check]:
    """The checks whose names begin with `start`."""
    return [check for check in checks(large=False) if check.name.startswith(start)]


@pytest.mark.parametrize("name", ["safety, 1 crash", "every run ends"])
def test_the_protocol_has_no_error_within_the_small_bounds(name: str) -> None:
    """Never two pieces, no lie, nothing moves unasked, numbers rise, an outcome at every end."""
    found = search(named(name)[0])

    assert (0, "") == (found.errors, found.violated)
    assert found.states > STATES


@pytest.mark.parametrize("word", OUTCOMES)
def test_every_outcome_can_be_reached(word: str) -> None:
    """The model is not right merely because nothing ever happens in it."""
    found = search(named(f"can end as {word}")[0])

    assert 1 == found.errors
    assert "outcome!=" in found.violated


@pytest.mark.parametrize("mutant", MUTANTS)
def test_every_mutant_of_the_protocol_is_found(mutant: str) -> None:
    """What the protocol has, it needs."""
    found = search(named(f"mutant {mutant}")[0])

    assert 1 == found.errors
    assert "assertion violated" in found.violated


def test_a_search_cut_short_is_no_proof() -> None:
    """Neither silence nor a depth that was too small counts as "no error"."""
    assert 1 == read("", 0.0).errors

    told = "error: max search depth too small\nState-vector 9 byte, depth reached 9, errors: 0\n"
    assert 1 == read(told + " 12 states, stored\n", 0.0).errors
