"""The read-back of every example plan, word for word, in both languages."""

from pathlib import Path

import pytest

from schedules.text.say import LANGUAGES
from tests.schedules.make_said import EXAMPLES, golden, said

AGAIN = "the words of a plan have changed: read them, then python -m tests.schedules.make_said"


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.stem)
def test_an_example_is_said_word_for_word(example: Path, language: str) -> None:
    """Every example has its golden text, and a change of a word is seen by a person."""
    file = golden(example, language)
    assert file.is_file(), f"{example.name} has no golden text in {language}: {AGAIN}"
    assert file.read_text("utf-8") == said(example, language), AGAIN
