"""The quickest mutants in every test run; all of them in `make mutants`."""

from __future__ import annotations

import pytest

from tests.model.kill import kill
from tests.model.mutants import MUTANTS

QUICK = (
    "start-after-motion",
    "commit-not-durable",
    "prepared-survives-reset",
    "assume-not",
    "no-deadline",
    "outcome-without-alert",
    "retry-while-unknown",
    "consent-without-press",
)


@pytest.mark.parametrize("name", QUICK)
def test_the_explorer_finds_what_was_broken_on_purpose(name: str) -> None:
    """A protocol broken in one place is a violation within the stated bounds."""
    verdict = kill(name)

    assert verdict.killed, verdict.text


def test_there_are_enough_mutants_and_most_are_found_by_the_explorer() -> None:
    """At least twenty protocol mutants are the explorer's own."""
    own = [name for name, mutant in MUTANTS.items() if mutant.bounds is not None]

    assert len(own) >= 20
