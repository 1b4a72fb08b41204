"""Gaps, caps and the counters of the lease."""

from itertools import pairwise

import pytest

from schedules.doses import caps, counters, doses, first_open_at, gap_s, group_key
from schedules.planfile import parse_plan
from tests.schedules.plans import plan_text, refusal, regimen

H = 3600


@pytest.mark.parametrize(
    ("rest", "expected_s"),
    [
        # 20:00 to 08:00 is 11 h in the night of the spring change
        ("    steps: [{take: [{dose: 1, at: [08:00, 20:00]}]}]", 11 * H * 3 // 4),
        ("    steps: [{take: [{dose: 1, at: [08:00, 14:00, 20:00]}]}]", 6 * H * 3 // 4),
        # rarer than daily: the whole interval less the early allowance; the week of the
        # spring change is an hour shorter, and that week counts
        ("    steps: [{take: [{dose: 1, at: [08:00], days: [mon]}]}]", 7 * 24 * H - H - 1800),
        ("    steps: [{take: [{dose: 1, at: [08:00], every_days: 2}]}]", 47 * H - 1800),
        (
            "    steps: [{take: [{dose: 1, at: [08:00]}]}]\n"
            "    high_alert: yes\n    limits: {max_per_24h: 2}",
            23 * H - 1800,
        ),
        (
            "    steps: [{take: [{dose: 1, at: [08:00, 20:00]}]}]\n    limits: {min_gap: 6h}",
            6 * H,
        ),
        ("    steps: [{doses: 1, take: [{dose: 1, at: [08:00]}]}]", 18 * H),
        ("    as_needed: {for: pain, dose: 2, min_gap: 4h, max: 8, per: 24h}", 4 * H),
    ],
)
def test_gap(rest: str, expected_s: int) -> None:
    """Given, else three quarters of the shortest interval, else the interval less early."""
    assert expected_s == gap_s(parse_plan(plan_text(regimen(rest))).regimens[0])


@pytest.mark.parametrize("rule", ["days: [mon]", "every_days: 2"])
def test_a_dose_taken_at_its_close_never_pushes_the_next_out_of_its_window(rule: str) -> None:
    """Release at close_at plus the gap is before the next close, on every week of the year."""
    plan = parse_plan(
        plan_text(regimen(f"    steps: [{{take: [{{dose: 1, at: [08:00], {rule}}}]}}]"))
    )
    found = doses(plan, 0, plan.valid_until)
    gap = gap_s(plan.regimens[0])
    assert [] == [two for one, two in pairwise(found) if one.close_at + gap >= two.close_at]


def test_caps_are_quarters() -> None:
    """The as-needed maximum and the limits are one cap, the smaller one."""
    text = regimen(
        "    as_needed: {for: pain, dose: 2, min_gap: 4h, max: 8, per: 24h}\n"
        "    limits: {max_per_dose: 2, max_per_24h: 6}"
    )
    found = caps(parse_plan(plan_text(text)).regimens[0])
    assert (8, 24, 0) == (found.per_dose, found.per_24h, found.per_7d)


def test_a_weekly_limit_holds_in_the_short_week_of_spring() -> None:
    """4 a week on Mondays is not over 4 in 7 days, though one week has an hour less."""
    weekly = (
        "    steps: [{take: [{dose: 4, at: [08:00], days: [mon]}]}]\n    limits: {max_per_7d: 4}"
    )
    assert parse_plan(plan_text(regimen(weekly))) is not None
    assert "plan-over-limit" == refusal(plan_text(regimen(weekly.replace("mon", "mon, thu"))))[0]


def test_counters_of_a_shared_ingredient() -> None:
    """A shared ingredient counts for itself, and each of its regimens too."""
    groups = "groups: [{ingredient: paracetamol, min_gap: 4h, max_per_24h: 8}]\n"
    plan = parse_plan(
        plan_text(
            regimen(
                "    steps: [{take: [{dose: 1, at: [08:00]}]}]",
                id="daily",
                ingredient="paracetamol",
            ),
            regimen(
                "    as_needed: {for: pain, dose: 1, min_gap: 6h, max: 4, per: 24h}\n"
                "    in_addition_to: daily\n",
                id="extra",
                ingredient="paracetamol",
            ),
            more=groups,
        )
    )
    found = {one.name: (one.gap_s, one.cap) for one in counters(plan)}
    assert (4 * H, 32) == found["ingredient paracetamol"]
    assert (6 * H, 16) == found["regimen extra"]
    assert "regimen daily" in found


def test_group_keys_are_stable() -> None:
    """The board keeps counts under these names: they never change and are never 0."""
    assert 1658515161 == group_key("ingredient paracetamol")
    assert all(0 < group_key(f"ingredient {n}") < 1 << 32 for n in range(1000))


def test_too_many_counters_are_refused() -> None:
    """The lease holds 16."""
    rest = "    steps: [{take: [{dose: 1, at: [08:00]}]}]"
    lists = [", ".join(f"i{n}-{k}" for k in range(2)) for n in range(9)]
    many = [regimen(rest, id=f"r{n}", ingredient=one) for n, one in enumerate(lists)]
    assert ("too-many-groups", "regimens") == refusal(plan_text(*many))


@pytest.mark.parametrize(
    ("said", "expected_s"),
    [("never", 0), ("unknown", 23 * H * 3 // 4), ("2026-11-22T20:00", 23 * H * 3 // 4 - 4 * H)],
)
def test_what_was_taken_before_counts(said: str, expected_s: int) -> None:
    """R5: the last taking opens the first dose; unknown counts as now."""
    text = regimen("    steps: [{take: [{dose: 1, at: [08:00]}]}]")
    plan = parse_plan(plan_text(text.replace("last_taken: never", f"last_taken: {said}")))
    assert expected_s == first_open_at(plan.regimens[0], plan.valid_from) - plan.valid_from
