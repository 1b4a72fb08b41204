"""A patient travels: nothing closer than its gap, nothing twice, nothing lost without a word."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from schedules.__main__ import main
from schedules.canonical import plan_hash
from schedules.doses import doses
from schedules.journey import Journey, other_instants
from schedules.limits import gap_s
from schedules.model import DAY_S, Dose, Plan, PlanRefused
from schedules.planfile import dump, dump_plan, parse_plan
from schedules.travel import HOME, SHIFT, travel
from schedules.travel_text import preview
from tests.schedules.any_plan import document
from tests.schedules.plans import ROOT, local_text, plan_text, regimen
from tests.zones.skies import zone_names

JOURNEYS = 90
STEPS = (
    "[{take: [{dose: 1, at: [08:00]}]}]",
    "[{take: [{dose: 1, at: [08:00, 20:00]}]}]",
    "[{take: [{dose: 1, at: [07:00, 13:00, 19:00]}]}]",
    "[{take: [{dose: 1, when: [breakfast, bed]}]}]",
    "[{take: [{dose: 1, at: [23:30], days: [mon, thu]}]}]",
    "[{take: [{dose: 1, at: [09:15], every_days: 3}]}]",
    "[{take: [{dose: 1, at: [00:15], day_of_month: [1, 5, 9, 13, 17, 21, 25]}]}]",
    "[{for: 3d, take: [{dose: 2, at: [10:00]}]}, {take: [{dose: 1, at: [10:00]}]}]",
    "[{take: [{dose: 1, every: 8h}]}]",
    "[{take: [{dose: 1, every: 36h}]}]",
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def plan(luck: Random, zone: str) -> Plan:
    """Two medicines of a month, in one zone."""
    some = [
        regimen(f"    steps: {steps}", id=f"m{n}", ingredient=f"i{n}", start="2026-11-23T06:00")
        for n, steps in enumerate(luck.sample(STEPS, 2))
    ]
    return parse_plan(plan_text(*some, zone=zone, valid_until="2026-12-22"))


def wrong(journey: Journey, leave_out: bool) -> list[str]:
    """What is wrong with a journey that nothing was said against, by its two versions alone."""
    old, new, at_s = journey.old, journey.new, journey.at_s
    was = doses(old, 0, 1 << 40)
    had = {d.dose_id: d for d in was if d.due_at <= at_s}
    given = [*had.values(), *(d for d in doses(new, at_s + 1, 1 << 40) if d.dose_id not in had)]
    found = []
    if len({d.dose_id for d in given}) != len(given):
        found.append("one id twice")
    for one in new.regimens:
        own = [d for d in given if d.regimen_id == one.id]
        for a, b in pairwise(own):
            across = a.due_at <= at_s < b.due_at
            if across and b.due_at - a.due_at < gap_s(one):
                found.append(f"{one.id}: {b.due_at - a.due_at} s apart, {gap_s(one)} are the gap")
    ids = {d.dose_id for d in given} | {d.dose_id for d in journey.lost if leave_out}
    for d in was:
        if d.dose_id not in ids and d.due_at < new.valid_until:
            found.append(f"{d.regimen_id} of {d.on_date} is lost without a word")
    return found


@pytest.mark.hazard("H05")
def test_journeys_by_chance() -> None:
    """Between any two zones, at any instant: what is not refused keeps gaps, ids and plan days."""
    luck = Random(7)
    names = zone_names()
    accepted = 0
    for number in range(JOURNEYS):
        left, reached = luck.sample(names, 2)
        old = plan(luck, left)
        at_s = old.valid_from + luck.randint(2 * DAY_S, 25 * DAY_S)
        leave_out = luck.random() < 0.5
        try:
            journey = travel(old, reached, at_s, SHIFT, {}, leave_out)
        except PlanRefused as refused:
            assert refused.code in ("travel-interval", "overlap"), (number, refused)
            continue
        for near in (None, *other_instants(journey, leave_out)) if number % 3 == 0 else (None,):
            if near is not None:
                journey = travel(old, reached, near, SHIFT, {}, leave_out)
                assert () == journey.reasons, (number, left, reached, near)
            if not journey.reasons:
                accepted += 1

                assert [] == wrong(journey, leave_out), (number, left, reached, at_s)
    assert accepted > JOURNEYS // 5, accepted


@pytest.mark.hazard("H05")
def test_journeys_with_plans_by_chance() -> None:
    """Whatever a plan can say: refused by code, or nothing too close, twice, or lost."""
    names, accepted = zone_names(), 0
    for seed in range(60):
        luck = Random(seed)
        try:
            old = parse_plan(dump(document(luck, None, 2)))
            at_s = luck.randint(old.valid_from, old.valid_until - 1)
            journey = travel(old, luck.choice(names), at_s, SHIFT, {}, seed % 2 == 0)
        except PlanRefused as refused:
            assert refused.code and refused.sentence
            continue
        assert preview(journey, journey.new.zone)
        if not journey.reasons:
            accepted += 1

            assert [] == wrong(journey, seed % 2 == 0), seed
    assert accepted > 10, accepted


def test_a_pause_that_was_planned_is_no_hole() -> None:
    """Three weeks on and one off: in the week off there is nothing to refuse, at home or away."""
    steps = "[{for: 21d, take: [{dose: 1, at: ['20:00']}]}]\n    repeat_every: 28d"
    old = parse_plan(plan_text(regimen(f"    steps: {steps}")))
    for keep, reached in ((HOME, "Asia/Tokyo"), (SHIFT, "Asia/Tokyo"), (SHIFT, "America/Lima")):
        assert () == travel(old, reached, at("2026-12-16T12:00+01:00"), keep, {}).reasons


def test_a_journey_judged_by_no_rule_is_found_out() -> None:
    """The judge of these tests sees a gap that is broken and a plan day that is lost."""
    old = parse_plan(plan_text(regimen("    steps: [{take: [{dose: 1, at: [08:00, 20:00]}]}]")))
    at_s = at("2026-12-01T13:00+01:00")
    journey = travel(old, "Asia/Tokyo", at_s, SHIFT, {})

    assert ["one of 2026-12-01 is lost without a word"] == wrong(journey, False)
    assert [] == wrong(journey, True)
    journey = travel(old, "Asia/Tokyo", at("2026-12-01T09:30+01:00"), SHIFT, {})
    assert ["one: 14400 s apart, 32400 are the gap"] == wrong(journey, False)


def told(journey: Journey, rows: tuple[Dose, ...], zone: str) -> list[str]:
    return [local_text(d, zone) for d in rows]


def one_a_day(steps: str = "[{take: [{dose: 1, at: [08:00]}]}]") -> Plan:
    return parse_plan(plan_text(regimen(f"    steps: {steps}")))


def test_to_the_west_the_plan_day_that_was_had_is_not_had_again() -> None:
    """Berlin to New York: the dose of the day is had, the next comes at eight on the next."""
    journey = travel(one_a_day(), "America/New_York", at("2026-12-01T12:00+01:00"), SHIFT, {})

    assert () == journey.reasons
    assert ["Tue 2026-12-01 08:00"] == told(journey, journey.again, "America/New_York")
    assert "Wed 2026-12-02 08:00" == told(journey, journey.after[:1], "America/New_York")[0]
    assert 30 * 3600 == journey.after[0].due_at - journey.before[-1].due_at


def test_to_the_east_a_gap_that_would_be_broken_is_refused_with_what_would_do() -> None:
    """Berlin to Tokyo: sixteen hours are too few for once a day; ten o'clock would do."""
    old, at_s = one_a_day(), at("2026-12-01T12:00+01:00")
    journey = travel(old, "Asia/Tokyo", at_s, SHIFT, {})

    assert ["travel-gap"] == [one.code for one in journey.reasons]
    later = re.search(r"--later one=(\d+)min", journey.reasons[0].sentence)
    assert later is not None and "Wed 02 Dec 10:00 there" in journey.reasons[0].sentence
    moved = travel(old, "Asia/Tokyo", at_s, SHIFT, {"one": int(later[1])})
    assert () == moved.reasons
    assert "Wed 2026-12-02 10:00" == told(moved, moved.after[:1], "Asia/Tokyo")[0]
    assert "0800" == moved.after[0].key[1]


def test_a_far_journey_goes_in_stages() -> None:
    """What eight hours at once would break, three and then five do not."""
    home = parse_plan((ROOT / "schedules/examples/home.yaml").read_text())
    first = travel(home, "Asia/Dubai", at("2026-12-01T23:00+01:00"), SHIFT, {})
    second = travel(first.new, "Asia/Tokyo", at("2026-12-03T02:00+04:00"), SHIFT, {})

    assert ((), ()) == (first.reasons, second.reasons)
    assert (3, "Asia/Tokyo") == (second.new.version, second.new.zone)
    assert wrong(first, False) == wrong(second, False) == []


def test_over_the_date_line_both_ways() -> None:
    """A plan day is never had twice to the east, and never lost without a word to the west."""
    steps = "[{take: [{dose: 1, at: [08:00]}]}]"
    west = parse_plan(plan_text(regimen(f"    steps: {steps}"), zone="Pacific/Honolulu"))
    journey = travel(west, "Pacific/Auckland", at("2026-12-01T10:00-10:00"), SHIFT, {})
    assert ["travel-left-out"] == [one.code for one in journey.reasons]
    assert ["2026-12-02"] == [d.on_date.isoformat() for d in journey.lost]
    assert () == travel(west, "Pacific/Auckland", journey.at_s, SHIFT, {}, True).reasons

    east = parse_plan(plan_text(regimen(f"    steps: {steps}"), zone="Pacific/Auckland"))
    journey = travel(east, "Pacific/Honolulu", at("2026-12-03T12:00+13:00"), SHIFT, {})
    assert ["travel-hole"] == [one.code for one in journey.reasons]
    assert ["2026-12-03"] == [d.on_date.isoformat() for d in journey.again]
    kept = travel(east, "Pacific/Honolulu", at("2026-12-03T12:00+13:00"), HOME, {})
    assert () == kept.reasons


def test_elapsed_time_stays_where_it_is() -> None:
    """Every eight hours goes on to the second, with the same identities, to any place."""
    old = parse_plan(
        plan_text(regimen("    steps: [{take: [{dose: 1, every: 8h}]}]", start="2026-11-23T06:00"))
    )
    at_s = at("2026-12-01T12:00+01:00")
    for reached in ("Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"):
        journey = travel(old, reached, at_s, SHIFT, {})

        assert () == journey.reasons
        assert [(d.dose_id, d.due_at) for d in doses(old, at_s, at_s + 9 * DAY_S)] == [
            (d.dose_id, d.due_at) for d in journey.after if d.due_at < at_s + 9 * DAY_S
        ]


def test_home_time_moves_no_dose() -> None:
    """Kept at home, every dose keeps its identity and its instant."""
    old = one_a_day()
    for now in ("2026-12-01T12:00+01:00", "2026-12-01T08:10+01:00", "2027-03-27T22:00+01:00"):
        journey = travel(old, "Asia/Tokyo", at(now), HOME, {})

        assert () == journey.reasons
    assert doses(old, 0, 1 << 40) == doses(journey.new, 0, 1 << 40)
    assert (2, plan_hash(old)) == (journey.new.version, journey.new.previous_hash)


@pytest.mark.parametrize(
    ("code", "place", "arguments"),
    [
        ("travel-open-dose", "one", {"at": "2026-12-01T08:30+01:00"}),
        ("travel-outside", "at", {"at": "2026-11-01T08:30+01:00"}),
        ("travel-nowhere", "to", {"to": "Europe/Berlin"}),
        ("unknown-zone", "to", {"to": "Mars/Phobos"}),
        ("wrong-value", "at", {"at": "2026-12-01T12:00"}),
        ("travel-gap", "one", {}),
        ("travel-later", "regimens[0]", {"later": "one=16h"}),
        ("unknown-regimen", "later", {"later": "two=1h"}),
    ],
)
def test_the_command_refuses_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str, place: str,
    arguments: dict[str, str],
) -> None:  # fmt: skip
    """Every refusal has its code and place, and no file comes of it."""
    (tmp_path / "old.yaml").write_text(dump_plan(one_a_day()))
    given = {"to": "Asia/Tokyo", "at": "2026-12-01T12:00+01:00", "keep": "shift"} | arguments
    said = [word for key, value in given.items() for word in (f"--{key}", value)]
    out = tmp_path / "new.yaml"

    assert 1 == main(["travel", str(tmp_path / "old.yaml"), *said, "-o", str(out)])
    assert f"refused: {code} at {place}" in capsys.readouterr().err
    assert not out.exists()


def test_the_command_writes_the_next_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is the new version, and the preview shows both clocks and what to look at."""
    old = ROOT / "schedules/examples/home.yaml"
    out = tmp_path / "new.yaml"
    given = ["--to", "America/New_York", "--at", "2026-12-01T10:00+01:00", "--keep", "shift"]

    assert 0 == main(["travel", str(old), *given, "-o", str(out)])
    new = parse_plan(out.read_text())
    assert (2, "America/New_York") == (new.version, new.zone)
    assert plan_hash(parse_plan(old.read_text())) == new.previous_hash
    told = capsys.readouterr().out
    assert "* had already, not given again: amlodipine-5 of 01 Dec, 0800" in told
    assert "from Tue 01 Dec 2026 10:00 (Tue 01 Dec 04:00 there)" in told
