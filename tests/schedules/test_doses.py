"""Which doses a plan means: the worked examples, both DST nights, steps and cycles."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from schedules.doses import asked_dose, dose_id, doses, next_dose
from schedules.planfile import load, parse_plan
from tests.schedules.plans import due, local_text, plan_text, refusal, regimen, shared_data, steps


def test_twice_a_day_with_meals() -> None:
    """Meal words are the patient's clock."""
    plan = steps("[{take: [{dose: 1, when: [breakfast, dinner]}]}]")
    found = due(plan)
    assert ["Mon 2026-11-23 08:00", "Mon 2026-11-23 18:30"] == found[:2]
    assert 80 == len(found)


def test_every_eight_hours_for_ten_days() -> None:
    """An interval is elapsed time from its start and ends with the course."""
    plan = steps("[{for: 10d, take: [{dose: 1, every: 8h}]}]", start="2026-11-23T06:00")
    found = due(plan)
    assert ["06:00", "14:00", "22:00"] == [one[-5:] for one in found[:3]]
    assert (30, "Wed 2026-12-02 22:00") == (len(found), found[-1])


def test_weekly_is_never_daily() -> None:
    """A weekday keeps its week."""
    found = due(steps("[{take: [{dose: 4, at: [08:00], days: [mon]}]}]"))
    assert 6 == len(found)
    assert {"Mon"} == {one[:3] for one in found}


def test_taper() -> None:
    """Steps follow each other; an every-other-day step counts from its own start."""
    plan = steps(
        "[{for: 5d, take: [{dose: 8, when: [after breakfast 10min]}]},"
        " {for: 5d, take: [{dose: 4, when: [after breakfast 10min]}]},"
        " {for: 4d, take: [{dose: 1, when: [after breakfast 10min], every_days: 2}]}]"
    )
    found = due(plan)
    assert 12 == len(found)
    assert "Sat 2026-12-05 08:10" == found[-1]
    quarters = [dose.quarters for dose in doses(plan, plan.valid_from, plan.valid_until)]
    assert [32] * 5 + [16] * 5 + [4] * 2 == quarters


def test_cycle_21_on_7_off() -> None:
    """A course repeats with its pause."""
    plan = parse_plan(
        plan_text(
            regimen(
                "    steps: [{for: 21d, take: [{dose: 1, at: [20:00]}]}]\n    repeat_every: 28d"
            )
        )
    )
    found = due(plan, 56)
    assert 42 == len(found)
    assert ("Sun 2026-12-13 20:00", "Mon 2026-12-21 20:00") == (found[20], found[21])


def test_alternating_days() -> None:
    """Two quantities day about are a cycle of two days."""
    plan = parse_plan(
        plan_text(
            regimen(
                "    steps: [{for: 1d, take: [{dose: 1, at: [08:00]}]},"
                " {for: 1d, take: [{dose: 1.5, at: [08:00]}]}]\n    repeat_every: 2d"
            )
        )
    )
    found = doses(plan, plan.valid_from, plan.valid_from + 4 * 86_400)
    assert [4, 6, 4, 6] == [dose.quarters for dose in found]
    assert {"0800"} == {str(dose.key[1]) for dose in found}


def test_course_of_fourteen_days_from_midday() -> None:
    """Three a day for 14 days, begun at 13:00, is exactly 42 doses."""
    plan = steps(
        "[{for: 14d, take: [{dose: 1, at: [08:00, 14:00, 20:00]}]}]", start="2026-11-23T13:00"
    )
    found = due(plan)
    assert (42, "Mon 2026-11-23 14:00", "Mon 2026-12-07 08:00") == (
        len(found),
        found[0],
        found[-1],
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("every_days: 3", ["Mon 2026-11-23", "Thu 2026-11-26", "Sun 2026-11-29"]),
        ("days: [tue, fri]", ["Tue 2026-11-24", "Fri 2026-11-27", "Tue 2026-12-01"]),
        (
            "days: [wed], every_weeks: 2",
            ["Wed 2026-11-25", "Wed 2026-12-09", "Wed 2026-12-23"],
        ),
        ("day_of_month: 5", ["Sat 2026-12-05", "Tue 2027-01-05", "Fri 2027-02-05"]),
    ],
)
def test_day_rules(rule: str, expected: list[str]) -> None:
    """Each day rule picks its days and no other."""
    found = due(steps(f"[{{take: [{{dose: 1, at: [09:00], {rule}}}]}}]"), 80)
    assert [f"{one} 09:00" for one in expected] == found[:3]


@pytest.mark.hazard("H05")
def test_spring_night_moves_a_missing_time_forward() -> None:
    """02:30 does not exist on 28 March 2027 in Berlin: due 03:30, once."""
    plan = steps("[{take: [{dose: 1, at: [02:30]}]}]", valid_from="2027-03-26", start="2027-03-26")
    assert ["02:30", "02:30", "03:30", "02:30"] == [one[-5:] for one in due(plan, 4)]


@pytest.mark.hazard("H05")
def test_autumn_night_gives_a_repeated_time_once() -> None:
    """02:30 happens twice on 25 October 2026 in Berlin: the first one is due, once."""
    plan = steps(
        "[{take: [{dose: 1, at: [02:30]}]}]",
        valid_from="2026-10-24",
        start="2026-10-24",
        valid_until="2027-01-01",
    )
    found = doses(plan, plan.valid_from, plan.valid_from + 3 * 86_400)
    zone = ZoneInfo("Europe/Berlin")
    night = [one for one in found if one.on_date.isoformat() == "2026-10-25"]
    first = datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=0)
    assert [int(first.timestamp())] == [one.due_at for one in night]


def test_an_interval_keeps_its_hours_over_the_change() -> None:
    """Every 8 h stays 8 h elapsed: the wall times shift by the hour."""
    plan = steps(
        "[{take: [{dose: 1, every: 8h}]}]",
        start="2027-03-27T06:00",
        valid_from="2027-03-27",
    )
    assert ["06:00", "14:00", "22:00", "07:00", "15:00"] == [one[-5:] for one in due(plan, 2)][:5]


def test_four_instants() -> None:
    """open, due, warn and close are early, 0, half and all of the late window from due."""
    plan = steps("[{take: [{dose: 1, at: [08:00]}]}]")
    dose = doses(plan, plan.valid_from, plan.valid_until)[0]
    assert (-1800, 1800, 3600) == (
        dose.open_at - dose.due_at,
        dose.warn_at - dose.due_at,
        dose.close_at - dose.due_at,
    )


def test_time_critical_is_warned_after_ten_minutes() -> None:
    """A time-critical dose is warned of at due + 10 min."""
    text = regimen("    steps: [{take: [{dose: 1, at: [08:00]}]}]\n    time_critical: yes")
    dose = next_dose(parse_plan(plan_text(text)), 0)
    assert dose is not None
    assert 600 == dose.warn_at - dose.due_at


def test_identity_is_the_documented_hash() -> None:
    """The id of a dose is fixed for ever: this value may never change."""
    key = ("2026-11-23", "breakfast")
    assert "765f75e23cefb3d6947aecc542b4cf9a" == dose_id("pt-7Q2K", "metformin-500", "day", key)


@pytest.mark.hazard("H05")
def test_identity_survives_version_device_and_a_moved_breakfast() -> None:
    """No version, clock time or device enters the id."""
    plan = steps("[{take: [{dose: 1, when: [breakfast]}]}]")
    moved = dict(plan.clock) | {"breakfast": 9 * 60}
    other = replace(plan, version=7, device="device-2", clock=tuple(sorted(moved.items())))
    span = (plan.valid_from, plan.valid_from + 10 * 86_400)
    ids = [dose.dose_id for dose in doses(plan, *span)]
    assert ids == [dose.dose_id for dose in doses(other, *span)]
    assert doses(plan, *span)[0].due_at != doses(other, *span)[0].due_at


def test_an_occasion_is_carried_over_though_the_time_moves() -> None:
    """`occasions` lets 09:00 stay what 08:00 was."""
    before = steps("[{take: [{dose: 1, at: [08:00]}]}]")
    text = regimen(
        '    steps: [{take: [{dose: 1, at: [09:00]}]}]\n    occasions: {"09:00": "0800"}'
    )
    after = parse_plan(plan_text(text))
    assert next_dose(before, 0) is not None
    assert [one.dose_id for one in doses(before, 0, before.valid_until)] == [
        one.dose_id for one in doses(after, 0, after.valid_until)
    ]


def test_an_asked_dose_is_named_by_its_grant() -> None:
    """As-needed doses are never planned; a grant makes one, named by log and number."""
    text = regimen("    as_needed: {for: pain, dose: 2, min_gap: 4h, max: 8, per: 24h}")
    plan = parse_plan(plan_text(text))
    assert [] == doses(plan, plan.valid_from, plan.valid_until)
    at_s = plan.valid_from + 3600
    one, two = (asked_dose(plan, "one", "ab" * 8, number, at_s) for number in (1, 2))
    assert ("asked", 8, at_s) == (one.kind, one.quarters, one.due_at)
    assert one.dose_id != two.dose_id


def test_a_dose_after_midnight_belongs_to_the_day_before() -> None:
    """Three hours after bed is due on the next date, is found there, and keeps its plan day."""
    plan = steps("[{take: [{dose: 1, when: [after bed 180min]}]}]")
    midnight = plan.valid_from + 5 * 86_400
    found = doses(plan, midnight, midnight + 2 * 3600)
    assert ["Sat 2026-11-28 01:00"] == [local_text(dose, plan.zone) for dose in found]
    assert [("2026-11-27", "bed")] == [dose.key for dose in found]


def test_nothing_outside_the_validity() -> None:
    """A plan has no dose before it begins or after it ends."""
    plan = steps("[{take: [{dose: 1, at: [08:00]}]}]", valid_until="2026-11-25")
    assert 3 == len(doses(plan, 0, 1 << 40))
    assert next_dose(plan, plan.valid_until) is None


def test_next_dose_is_the_first_of_doses() -> None:
    """next_dose(after) is strictly after, however long the pause."""
    plan = steps("[{take: [{dose: 1, at: [08:00], day_of_month: 5}]}]")
    found = doses(plan, 0, plan.valid_until)
    assert found[0] == next_dose(plan, plan.valid_from)
    assert found[1] == next_dose(plan, found[0].due_at)


def test_the_worked_examples_of_the_study() -> None:
    """The six regimens of the plan study compile to the instants stated there."""
    study = load((shared_data() / "plan-design" / "examples.yaml").read_text("utf-8"))
    assert isinstance(study, dict)
    medications = study["medications"]
    assert isinstance(medications, list)
    counts = {}
    for one in medications:
        assert isinstance(one, dict)
        parts = [f"    {key}: {one[key]!r}" for key in ("steps", "as_needed") if key in one]
        parts += [f"    repeat_every: {one['repeat_every']}"] if "repeat_every" in one else []
        plan = parse_plan(plan_text(regimen("\n".join(parts), start=str(one["start"]))))
        found = due(plan, 40)
        counts[str(one["id"])] = (len(found), found[-1] if found else "")
    assert {
        "metformin-500": (80, "Fri 2027-01-01 18:30"),
        "amoxicillin-500": (30, "Wed 2026-12-02 22:00"),
        "methotrexate-2-5": (6, "Mon 2026-12-28 08:00"),
        "prednisolone-5": (12, "Sat 2026-12-05 08:10"),
        "microgynon-30": (33, "Fri 2027-01-01 20:00"),
        "paracetamol-500": (0, ""),
    } == counts


def test_a_count_that_ends_in_mid_day_is_refused() -> None:
    """Where the next step would begin has two readings then."""
    text = regimen(
        "    steps: [{doses: 7, take: [{dose: 1, at: [08:00, 20:00]}]},"
        " {take: [{dose: 1, at: [20:00]}]}]"
    )
    assert ("count-ends-mid-day", "regimens[0].steps[0].doses") == refusal(plan_text(text))


def test_a_course_by_count() -> None:
    """A step of so many doses ends with the last of them, the next follows a day later."""
    plan = steps(
        "[{doses: 4, take: [{dose: 2, at: [08:00, 20:00]}]}, {take: [{dose: 1, at: [08:00]}]}]"
    )
    found = doses(plan, plan.valid_from, plan.valid_from + 4 * 86_400)
    assert [8, 8, 8, 8, 4, 4] == [dose.quarters for dose in found]
