"""Fifty instructions as labels carry them, and the texts of real orders: proposed, or refused.

The fifty are written for this test in the wording common on British labels; each answer below was
checked by hand. `!code` is a refusal.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from schedules.sig import GRAMMARS, propose
from schedules.sig_token import TextRefused
from tests.schedules.plans import shared_data

SAID = """
Take one tablet once a day
= 1 tablet once a day at 08:00
Take ONE tablet ONCE a day
= 1 tablet once a day at 08:00
One to be taken daily
= 1 piece once a day at 08:00
One to be taken each day
= 1 piece once a day at 08:00
One to be taken each morning
= 1 piece once a day in the morning
One to be taken at night
= 1 piece once a day at night
One to be taken twice a day
= 1 piece twice a day at 08:00 and 20:00
One to be taken three times a day
= 1 piece 3 times a day at 08:00, 14:00 and 20:00
One to be taken four times a day
= 1 piece 4 times a day at 08:00, 12:00, 16:00 and 20:00
Two to be taken four times a day
= 2 pieces 4 times a day at 08:00, 12:00, 16:00 and 20:00
Take one capsule in the morning
= 1 capsule once a day in the morning
Take one capsule twice daily
= 1 capsule twice a day at 08:00 and 20:00
Take two tablets in the morning and one tablet at night
= 2 tablets once a day in the morning, and 1 tablet once a day at night
Take one tablet in the morning and one tablet in the evening
= 1 tablet once a day in the morning, and 1 tablet once a day in the evening
Take one tablet morning and night
= 1 tablet twice a day in the morning and at night
Take one tablet three times a day with food
= 1 tablet 3 times a day at breakfast, at lunch and at dinner
Take one tablet twice a day with or just after food
= 1 tablet twice a day at breakfast and at dinner
Take one capsule once a day 30 minutes before breakfast
= 1 capsule once a day 30 minutes before breakfast
Take one tablet once a day before breakfast
= 1 tablet once a day 30 minutes before breakfast
Take one tablet daily with breakfast
= 1 tablet once a day at breakfast
Take one tablet with the evening meal
= 1 tablet once a day at dinner
Take one tablet three times a day for 7 days
= 1 tablet 3 times a day at 08:00, 14:00 and 20:00 for 7 days
Take one capsule every 8 hours for 5 days
= 1 capsule every 8 hours for 5 days
Take one tablet every 12 hours
= 1 tablet every 12 hours
Take one tablet on alternate days
= 1 tablet every 2 days at 08:00
Take one tablet every other day
= 1 tablet every 2 days at 08:00
Take one tablet every three days
= 1 tablet every 3 days at 08:00
Take one tablet once a week on Monday
= 1 tablet once a week on Monday at 08:00
Take four tablets once a week on Mondays
= 4 tablets once a week on Monday at 08:00
Take one tablet on Mondays, Wednesdays and Fridays
= 1 tablet 3 times a week on Monday, Wednesday and Friday at 08:00
Take half a tablet daily
= half a tablet once a day at 08:00
Take one and a half tablets in the morning
= 1½ tablets once a day in the morning
Take one tablet at 8am and 8pm
= 1 tablet twice a day at 08:00 and 20:00
Take one tablet at 08:00, 14:00 and 20:00
= 1 tablet 3 times a day at 08:00, 14:00 and 20:00
Take one tablet at bedtime
= 1 tablet once a day at bedtime
Take two tablets when required for pain
= 2 tablets when needed for pain, at least ? apart, up to a maximum of ? in any 24 hours
Take two tablets every 4 hours when required, maximum 8 tablets in 24 hours
= 2 tablets when needed for ?, at least 4 hours apart, up to a maximum of 8 tablets in any 24 hours
Take one tablet when required up to three times a day
= 1 tablet when needed for ?, at least ? apart, up to a maximum of 3 tablets in any 24 hours
Take one tablet up to four times a day when required for nausea
= 1 tablet when needed for nausea, at least ? apart, up to a maximum of 4 tablets in any 24 hours
Take two tablets four times a day when required
= 2 tablets when needed for ?, at least ? apart, up to a maximum of 8 tablets in any 24 hours
Take eight tablets once a day for 5 days, then four tablets once a day for 5 days
= 8 tablets once a day at 08:00 for 5 days, then 4 tablets once a day at 08:00 for 5 days
Take two capsules on the first day then one daily
= !text-not-understood
Take one or two tablets four times a day
= !range
Take one tablet as directed
= !as-directed
Inhale two puffs twice a day
= 2 puffs twice a day at 08:00 and 20:00
Inhale two puffs when required
= 2 puffs when needed for ?, at least ? apart, up to a maximum of ? in any 24 hours
Take one sachet twice a day
= 1 sachet twice a day at 08:00 and 20:00
Take 10ml three times a day
= 10 ml 3 times a day at 08:00, 14:00 and 20:00
Put one drop in each eye twice a day
= !text-not-understood
Apply to the affected area twice a day
= !text-not-understood
"""
LABELS = dict(re.findall(r"^(.+)\n= (.+)$", SAID, re.MULTILINE))


def answer(sentence: str, language: str = "en") -> str:
    """What is read back, or the code of the refusal."""
    try:
        return propose(sentence, language).reads
    except TextRefused as refused:
        return f"!{refused.code}"


@pytest.mark.parametrize("sentence", LABELS)
def test_a_label_is_read_or_refused(sentence: str) -> None:
    """Each of fifty label sentences is said back as a person reads it, or refused by its code."""
    assert LABELS[sentence] == answer(sentence)


def test_how_many_labels_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Of fifty, forty-five are proposed; the others are refused for their own reason."""
    refused = Counter(words for words in LABELS.values() if words.startswith("!"))
    with capsys.disabled():
        print(f"\nlabels: {len(LABELS) - refused.total()} of {len(LABELS)} proposed")
    assert 50 == len(LABELS)
    assert {"!range": 1, "!as-directed": 1, "!text-not-understood": 3} == refused


def texts(value: object, inside: bool = False) -> Iterator[str]:
    """Every instruction in words that a resource holds."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if inside and key in ("text", "patientInstruction") and isinstance(inner, str):
                yield inner
            yield from texts(inner, inside or key in ("dosageInstruction", "dosage"))
    elif isinstance(value, list):
        for one in value:
            yield from texts(one, inside)


def test_texts_of_real_orders(capsys: pytest.CaptureFixture[str]) -> None:
    """Every text of the sample orders is proposed or refused by code; most are refused."""
    found: set[str] = set()
    for path in sorted((shared_data() / "fhir").rglob("*.json")):
        found.update(texts(json.loads(path.read_text("utf-8"))))
    for language in GRAMMARS:
        rows = Counter(
            code if (code := answer(text, language)).startswith("!") else "proposed"
            for text in sorted(found)
        )
        with capsys.disabled():
            print(f"\ntexts of real orders, read as {language}: {dict(rows.most_common())}")
        assert len(found) == rows.total()
        assert language == "de" or rows["proposed"] >= 14
