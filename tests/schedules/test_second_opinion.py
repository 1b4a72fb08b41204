"""Plans written by chance, read by the production and by somebody who only turns leaves."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from random import Random
from typing import Any

import pytest

from schedules.almanac import almanac_of, date_of, number
from schedules.dayrule import days_in, next_day
from schedules.doses import doses, next_dose
from schedules.localtime import zone_of
from schedules.model import Take
from schedules.phases import on_day
from schedules.planfile import dump, load
from tests.schedules import differ
from tests.schedules.plans import due, plan_text, regimen, steps

SEED = 20260101
PLANS = 90


@pytest.mark.hazard("H05")
def test_two_readings_of_every_plan_agree() -> None:
    """Each dose, the next dose after any instant, and each limit: in all zones, 2024 to 2037."""
    tally: Counter[str] = Counter()

    assert [] == differ.run(SEED, PLANS, tally)
    assert tally["plans"] > PLANS // 3, tally


def test_a_reading_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One dose that is moved by an hour, left out or doubled does not slip through."""
    one = load(plan_text(regimen("    steps: [{take: [{dose: 1, at: [08:00]}]}]")))
    assert isinstance(one, dict)
    for spoilt in (
        lambda rows: [replace(rows[0], due_at=rows[0].due_at + 3600), *rows[1:]],
        lambda rows: rows[1:],
        lambda rows: [rows[0], *rows],
    ):
        monkeypatch.setattr(differ, "doses", lambda *asked, spoil=spoilt: spoil(doses(*asked)))

        assert [] != differ.differences(one, Counter(), Random(1)), dump(one)


@pytest.mark.parametrize("seed", range(40))
def test_days_by_arithmetic_are_days_by_looking(seed: int) -> None:
    """The days of a rule in a stretch, and the next one, are those that hold one by one."""
    luck = Random(seed)
    rules: tuple[dict[str, Any], ...] = (
        {},
        {"days": tuple(luck.sample(range(7), luck.randint(1, 6)))},
        {"days": tuple(luck.sample(range(7), 2)), "every_weeks": luck.randint(2, 9)},
        {"every_days": luck.randint(2, 366)},
        {"days_of_month": tuple(luck.sample(range(1, 29), luck.randint(1, 4)))},
        {"days_of_month": (luck.randint(1, 28),), "every_months": luck.randint(1, 14)},
        {"every_months": luck.randint(1, 14)},
    )
    start = date.fromordinal(luck.randint(730_000, 748_000))
    for rule in rules:
        take = Take(4, **rule)
        first = number(start) + luck.randint(-50, 4000)
        after = first + luck.randint(0, 900)
        looked = [
            day
            for day in range(max(first, number(start)), after)
            if on_day(take, start, date_of(day))
        ]

        assert looked == sorted(day for some in days_in(take, number(start), first, after)
                                for day in some), rule  # fmt: skip
        if looked:
            assert looked[0] == next_day(take, number(start), first), rule


def test_a_date_that_a_zone_leaves_out_has_no_dose() -> None:
    """Apia went from 29 to 31 December 2011: no dose on the 30th, and none twice."""
    zone = zone_of("Pacific/Apia")
    assert zone is not None
    book = almanac_of(zone)
    left_out = number(date(2011, 12, 30))

    assert book.due(left_out, 480) is None
    assert book.offset(left_out) is None
    assert 86_400 == (book.due(left_out + 1, 480) or 0) - (book.due(left_out - 1, 480) or 0)


def test_the_next_dose_of_a_rare_cycle() -> None:
    """A day of the month within a cycle that seldom meets it is found without walking there."""
    plan = steps(
        "[{for: 1d, take: [{dose: 1, at: [08:00], day_of_month: 17}]}]\n    repeat_every: 2d",
        start="2016-11-23", valid_until="2027-11-30",
    )  # fmt: skip

    assert ["Thu 2026-12-17 08:00"] == due(plan, 40)
    assert [] == differ.next_wrong(plan, doses(plan, 0, 1 << 40), Random(3))


RARE = (
    "[{take: [{dose: 1, at: [08:00, 20:00]}]}]",
    "[{take: [{dose: 1, at: [08:00], days: [mon], every_weeks: 4}]}]",
    "[{take: [{dose: 1, at: [08:00], day_of_month: 28, every_months: 3}]}]",
    "[{take: [{dose: 1, at: [08:00], every_days: 90}]}]",
    "[{for: 21d, take: [{dose: 1, at: [08:00]}]}]\n    repeat_every: 28d",
    "[{for: 1d, take: [{dose: 1, at: [08:00]}]}]\n    repeat_every: 3mo",
    "[{take: [{dose: 1, every: 36h}]}]",
)


@pytest.mark.parametrize("said", RARE)
def test_the_next_dose_costs_the_same_at_any_age(said: str) -> None:
    """As many calls for a regimen of twenty years as for a new one, however rare its doses."""
    counted = []
    for start in ("2026-11-23T00:00", "2006-11-27T00:00"):
        plan = steps(said, start=start, valid_until="2027-11-30")
        asked = range(plan.valid_from, plan.valid_until - 120 * 86_400, 5 * 86_400 + 3601)
        for at_s in asked:
            next_dose(plan, at_s)  # laid out, and the years of its zone known
        calls = [calls_of(partial(next_dose, plan, at_s)) for at_s in asked]
        counted.append(max(calls))

    assert counted[1] <= counted[0] + 8, counted
    assert counted[1] < 120


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called, whatever the machine."""
    seen = [0]

    def count(frame: object, event: str, argument: object) -> None:
        seen[0] += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return seen[0]
