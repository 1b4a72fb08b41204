"""What holds for every plan: a naive second reading, cuts, identity, windows, caps, noise."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from schedules.canonical import canonical, from_canonical
from schedules.check_rows import most_planned
from schedules.doses import caps, doses, next_dose
from schedules.model import Plan, PlanRefused
from schedules.planfile import dump, dump_plan, load, parse_plan
from tests.schedules.plans import plan_text, regimen
from tests.schedules.test_fhir import DAILY, dosage, order, read

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

day_rules: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries({"days": st.lists(st.sampled_from(DAYS), min_size=1, unique=True)}),
    st.fixed_dictionaries({"every_days": st.integers(2, 9).map(str)}),
    st.fixed_dictionaries({"day_of_month": st.integers(1, 28).map(str)}),
    st.fixed_dictionaries(
        {
            "days": st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
            "every_weeks": st.integers(2, 5).map(str),
        }
    ),
)
clock_times = st.lists(
    st.sampled_from(["00:30", "01:30", "01:45", "02:00", "02:30", "03:00"])  # nights of change
    | st.integers(0, 1439).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}"),
    min_size=1,
    max_size=4,
    unique=True,
)
takes = st.tuples(clock_times, day_rules, st.sampled_from(["1", "0.5", "2.25"])).map(
    lambda parts: {"dose": parts[2], "at": parts[0]} | parts[1]
)
lengths = st.one_of(
    st.integers(1, 40).map(lambda count: {"for": f"{count}d"}),
    st.integers(1, 4).map(lambda count: {"for": f"{count}wk"}),
    st.integers(1, 2).map(lambda count: {"for": f"{count}mo"}),
)
steps = st.tuples(
    st.lists(st.tuples(takes, lengths), max_size=2),
    takes,
).map(lambda parts: [{"take": [one]} | end for one, end in parts[0]] + [{"take": [parts[1]]}])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A plan document of one regimen with clock takes and small windows."""
    near_change = st.sampled_from([date(2026, 10, 20), date(2027, 3, 10), date(2028, 10, 28)])
    first = draw(near_change | st.dates(date(2026, 1, 1), date(2028, 12, 31)))
    text = plan_text(
        regimen("    steps: []", start=first.isoformat()),
        zone=draw(st.sampled_from(ZONES)),
        valid_from=first.isoformat(),
        valid_until=(first + timedelta(days=draw(st.integers(20, 200)))).isoformat(),
    )
    document: Any = load(text)
    document["window"] = {"early": "1min", "late": "15min"}
    document["regimens"][0]["steps"] = draw(steps)
    return dict(document)


def plan_or_none(document: dict[str, Any]) -> Plan | None:
    try:
        return parse_plan(dump(document))
    except PlanRefused:
        return None


def naive(document: dict[str, Any]) -> set[tuple[int, str]]:
    """(due, dose) by walking every local day: no code of the compiler, no closed form."""
    zone = ZoneInfo(document["zone"])
    one = document["regimens"][0]
    start = date.fromisoformat(one["start"])
    end = date.fromisoformat(document["valid_until"])
    found = set()
    for index, step in enumerate(one["steps"]):
        stop = end + timedelta(days=1)
        if index < len(one["steps"]) - 1:
            stop = naive_end(start, step["for"])
        day = start
        while day < min(stop, end + timedelta(days=1)):
            for take in step["take"]:
                if naive_day(take, start, day):
                    found |= {(naive_utc(zone, day, at), take["dose"]) for at in take["at"]}
            day += timedelta(days=1)
        start = stop
    return found


def naive_end(start: date, length: str) -> date:
    if length.endswith("mo"):
        end = start
        for _ in range(int(length[:-2])):
            month = end.month % 12 + 1
            year = end.year + (end.month == 12)
            day = start.day
            while True:
                try:
                    end = date(year, month, day)
                    break
                except ValueError:
                    day -= 1
        return end
    if length.endswith("wk"):
        return start + timedelta(weeks=int(length[:-2]))
    return start + timedelta(days=int(length[:-1]))


def naive_day(take: dict[str, Any], start: date, day: date) -> bool:
    if "every_days" in take:
        return (day - start).days % int(take["every_days"]) == 0
    if "day_of_month" in take:
        return day.day == int(take["day_of_month"])
    if "days" in take and DAYS[day.weekday()] not in take["days"]:
        return False
    if "every_weeks" in take:
        monday = start - timedelta(days=start.weekday())
        weeks = 0
        while monday + timedelta(days=7) <= day:
            monday += timedelta(days=7)
            weeks += 1
        return weeks % int(take["every_weeks"]) == 0
    return True


def naive_utc(zone: ZoneInfo, day: date, at: str) -> int:
    """The first instant whose wall clock shows `at`, else that time moved by the gap."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    wanted = datetime(day.year, day.month, day.day, int(at[:2]), int(at[3:]))
    probe = midnight - timedelta(hours=15)
    last_offset = None
    while probe < midnight + timedelta(hours=39):
        local = probe.astimezone(zone).replace(tzinfo=None)
        if local == wanted:
            return int(probe.timestamp())
        if local > wanted and last_offset is not None and local - wanted < timedelta(hours=2):
            moved = probe.astimezone(zone).utcoffset()
            assert moved is not None
            if moved > last_offset:
                return int((wanted - last_offset).replace(tzinfo=UTC).timestamp())
        last_offset = probe.astimezone(zone).utcoffset()
        probe += timedelta(minutes=15 if wanted.minute % 15 == 0 else 1)
    raise AssertionError("no such wall time")


@pytest.mark.hazard("H05")
@QUICK
@given(documents())
def test_the_compiler_agrees_with_a_naive_reading(document: dict[str, Any]) -> None:
    """Every due instant and quantity is that of a day-by-day walk, over zones and years."""
    for step in document["regimens"][0]["steps"]:
        for take in step["take"]:
            take["at"] = sorted({f"{at[:2]}:{int(at[3:]) // 15 * 15:02d}" for at in take["at"]})
    plan = plan_or_none(document)
    assume(plan is not None)
    assert plan is not None
    quarters = {"1": 4, "0.5": 2, "2.25": 9}
    assert {(due, quarters[dose]) for due, dose in naive(document)} == {
        (dose.due_at, dose.quarters) for dose in doses(plan, 0, 1 << 40)
    }


@QUICK
@given(documents(), st.integers(0, 200 * 86_400), st.integers(0, 200 * 86_400))
def test_a_stretch_is_the_sum_of_its_parts(document: dict[str, Any], one: int, two: int) -> None:
    """Cutting the time anywhere loses and doubles nothing, and next_dose agrees."""
    plan = plan_or_none(document)
    assume(plan is not None)
    assert plan is not None
    a, b = sorted((plan.valid_from + one, plan.valid_from + two))
    end = plan.valid_until
    whole = doses(plan, plan.valid_from, end)
    assert whole == doses(plan, 0, a) + doses(plan, a, b) + doses(plan, b, end)
    assert next_dose(plan, a) == next((dose for dose in whole if dose.due_at > a), None)


@QUICK
@given(documents())
def test_identity_windows_and_caps(document: dict[str, Any]) -> None:
    """Ids are unique, windows never overlap, instants are in order, limits are kept."""
    document["regimens"][0]["limits"] = {"max_per_24h": "4", "max_per_7d": "12"}
    plan = plan_or_none(document)
    assume(plan is not None)
    assert plan is not None
    found = doses(plan, 0, 1 << 40)
    assert len(found) == len({dose.dose_id for dose in found})
    assert all(one.close_at <= two.open_at for one, two in pairwise(found))
    assert all(d.open_at < d.due_at < d.warn_at <= d.close_at for d in found)
    limit = caps(plan.regimens[0])
    assert most_planned(plan, found, 86_400) <= limit.per_24h
    assert most_planned(plan, found, 7 * 86_400) <= limit.per_7d


@QUICK
@given(documents())
def test_every_form_of_a_plan_is_the_same_plan(document: dict[str, Any]) -> None:
    """Canonical bytes and plan file both read back to the same plan."""
    plan = plan_or_none(document)
    assume(plan is not None)
    assert plan is not None
    assert plan == from_canonical(canonical(plan)) == parse_plan(dump_plan(plan))


GOOD = plan_text(regimen("    steps: [{take: [{dose: 1, at: [08:00]}]}]"))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_plan_file_is_refused_or_a_plan(data: st.DataObject) -> None:
    """Cuts, swaps and insertions give a plan or a PlanRefused, nothing else."""
    at = data.draw(st.integers(0, len(GOOD)))
    cut = data.draw(st.integers(0, 12))
    text = GOOD[:at] + data.draw(st.text(max_size=8)) + GOOD[at + cut :]
    try:
        parse_plan(text)
    except PlanRefused as refused:
        assert refused.code and refused.sentence


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5000), st.floats(), st.text(max_size=6),
    st.sampled_from(["d", "wk", "h", "mo", "CM", "mon", "08:00:00", "24:00:00", "2026-13-01"]),
)  # fmt: skip
junk = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
    st.sampled_from(["value", "code", "system", "start", "end", "coding", "text", "repeat"]),
    inner, max_size=3), max_leaves=5)  # fmt: skip
KEYS = [
    *("frequency", "period", "periodUnit", "when", "timeOfDay", "dayOfWeek", "offset", "count"),
    *("countMax", "duration", "durationUnit", "boundsPeriod", "boundsDuration", "boundsRange"),
    *("event", "code", "extension"),
]


@settings(max_examples=400, deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS), junk, max_size=4),
    st.dictionaries(
        st.sampled_from(
            ["sequence", "asNeededBoolean", "doseAndRate", "maxDosePerPeriod", "route", "text"]
        ),
        junk,
        max_size=2,
    ),
    st.dictionaries(
        st.sampled_from(["status", "identifier", "contained", "subject", "dosageInstruction"]),
        junk,
        max_size=1,
    ),
)
def test_damaged_orders_are_read_or_refused(
    repeat: dict[str, Any], dose: dict[str, Any], header: dict[str, Any]
) -> None:
    """Whatever stands in an order, the answer is a regimen or a refusal."""
    one = order(dosage(DAILY | repeat) | dose) | header
    regimens, refusals = read(json.loads(json.dumps(one)))
    assert 1 == len(regimens) + len(refusals)
