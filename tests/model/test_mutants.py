"""The quickest mutants in every test run; all of them in `make mutants`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.model.kill import kill
from tests.model.named import MUTANTS

ROOT = Path(__file__).parents[2]
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


def test_every_mutant_replaces_text_that_stands_exactly_once() -> None:
    """Code that has moved takes its mutants along, also those that only `make mutants` runs."""
    lost = [
        (name, edit.module)
        for name, mutant in MUTANTS.items()
        for edit in mutant.edits
        if 1 != (ROOT / f"{edit.module.replace('.', '/')}.py").read_text().count(edit.old)
    ]

    assert [] == lost


def test_there_are_enough_mutants_and_most_are_found_by_the_explorer() -> None:
    """At least twenty protocol mutants are the explorer's own."""
    own = [name for name, mutant in MUTANTS.items() if mutant.bounds is not None]

    assert len(own) >= 20
