"""Text out, read by text in: the same regimen again, in both languages."""

import random
from datetime import date
from typing import Any

import pytest

from schedules.document import build
from schedules.model import Anchor, AsNeeded, Span, Step, Take
from schedules.planfile import load
from schedules.text.say import LANGUAGES, elapsed, instruction, phrase, pieces
from schedules.text.say import dose as dose_words
from schedules.text.sig import propose, understood
from schedules.words import CLOCK_WORDS
from tests.schedules.plans import plan_text, regimen

SEED = 20261123
ROUNDS = 150
REASONS = {"en": ("pain", "headache", "pain or fever"), "de": ("Schmerzen", "Fieber", "Übelkeit")}


def random_take(luck: random.Random, interval: bool) -> Take:
    """A take of any kind that words can carry whole."""
    quarters = luck.choice((1, 2, 3, 4, 4, 6, 8, 10, 40))
    if interval:
        return Take(quarters, every_s=3600 * luck.choice((2, 4, 6, 8, 12, 24, 72)))
    rule: dict[str, Any] = luck.choice(
        (
            {},
            {},
            {"days": tuple(sorted(luck.sample(range(7), luck.randint(1, 7))))},
            {"days": tuple(sorted(luck.sample(range(7), 2))), "every_weeks": luck.randint(2, 4)},
            {"every_days": luck.randint(2, 9)},
            {"days_of_month": tuple(sorted(luck.sample(range(1, 29), luck.randint(1, 3))))},
            {"days_of_month": (luck.randint(1, 28),), "every_months": luck.randint(2, 12)},
        )
    )
    if luck.random() < 0.5:
        minutes = sorted(luck.sample(range(0, 1440, 5), luck.randint(1, 4)))
        return Take(quarters, at=tuple(minutes), **rule)
    words = luck.sample(sorted(CLOCK_WORDS), luck.randint(1, 3))
    when = []
    for word in words:
        offset = 0 if "-" in word else luck.choice((0, 0, -60, -30, 10, 90, 150, -240))
        side = "before" if offset < 0 else "after"
        text = f"{side} {word} {abs(offset)}min" if offset else word
        when.append(Anchor(word, offset, text))
    return Take(quarters, when=tuple(when), **rule)


def random_steps(luck: random.Random) -> tuple[Step, ...]:
    """One to three steps; all but the last have an end, and some are pauses."""
    steps = []
    count = luck.randint(1, 3)
    for index in range(count):
        last = index + 1 == count
        ends: dict[str, Any] = luck.choice(
            (
                {"length": Span(luck.randint(1, 30), "d")},
                {"length": Span(luck.randint(1, 9), "wk")},
                {"length": Span(luck.randint(1, 6), "mo"), "doses": luck.randint(1, 30)},
                {"doses": luck.randint(1, 30)},
                {"elapsed_s": 3600 * luck.randint(1, 72)},
                {"until": date(2027, luck.randint(1, 12), luck.randint(1, 28))},
                *([{}] if last else []),
            )
        )
        if not last and "length" in ends and "doses" not in ends and luck.random() < 0.2:
            steps.append(Step((), **ends))
            continue
        interval = luck.random() < 0.3
        takes = [random_take(luck, interval) for _ in range(1 if interval else luck.randint(1, 2))]
        steps.append(Step(tuple(takes), **ends))
    return tuple(steps)


def written(step: Step) -> dict[str, Any]:
    """A step as a plan file writes it, by hand."""
    found: dict[str, Any] = {"take": [_written_take(take) for take in step.takes]}
    if step.length is not None:
        found["for"] = f"{step.length.count}{step.length.unit}"
    if step.elapsed_s:
        found["for"] = f"{step.elapsed_s // 3600}h"
    if step.until is not None:
        found["until"] = step.until.isoformat()
    if step.doses:
        found["doses"] = str(step.doses)
    return found


def _written_take(take: Take) -> dict[str, Any]:
    whole, part = divmod(take.quarters, 4)
    found: dict[str, Any] = {"dose": f"{whole}{('', '.25', '.5', '.75')[part]}"}
    if take.at:
        found["at"] = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in take.at]
    if take.when:
        found["when"] = [one.text for one in take.when]
    if take.every_s:
        found["every"] = f"{take.every_s // 3600}h"
    if take.days:
        found["days"] = [
            ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][day] for day in take.days
        ]
    if take.days_of_month:
        days = [str(day) for day in take.days_of_month]
        found["day_of_month"] = days if len(days) > 1 else days[0]
    for key in ("every_days", "every_weeks", "every_months"):
        if getattr(take, key):
            found[key] = str(getattr(take, key))
    return found


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_steps_come_back_the_same(language: str) -> None:
    """Random steps, said and read again, are the very same steps."""
    luck = random.Random(SEED)
    for number in range(ROUNDS):
        steps = random_steps(luck)
        words = instruction(steps, luck.choice(("tablet", "capsule")), language)
        if len(words) > 400:
            continue
        found = understood(words, language).regimen["steps"]
        assert [written(one) for one in steps] == found, f"seed {SEED}, round {number}: {words}"


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_as_needed_rules_come_back_the_same(language: str) -> None:
    """Dose, reason, gap and maximum of an as-needed rule are read as they were said."""
    luck = random.Random(SEED)
    for _ in range(60):
        asked = AsNeeded(
            luck.choice(REASONS[language]),
            luck.choice((2, 4, 6, 8)),
            3600 * luck.randint(1, 24),
            luck.randint(8, 64),
        )
        words = phrase(
            language,
            "asked",
            dose=dose_words(asked.quarters, "tablet", language),
            reason=asked.reason,
            gap=elapsed(asked.min_gap_s, language),
            most=pieces(asked.max_quarters, "tablet", language),
        )
        found = propose(words, language)
        rest = f"    as_needed: {found.regimen['as_needed']}".replace("'", "")
        assert asked == build(load(plan_text(regimen(rest)))).regimens[0].as_needed, words
        assert [] == [one for one in found.missing if one.startswith("as_needed")]
