"""`expand`: for other programs, one answer per line, and every instant as it was meant."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.expand import answer, expand, site_of
from schedules.model import PlanRefused
from tests.schedules import naive
from tests.schedules.plans import shared_data

LONDON = ("Europe/London", "2026-03-23T07:00", 28)
GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
TAB = {"doseQuantity": {"value": 1, "code": "TAB"}}
DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}


def line(*repeats: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An order of bare dosages, each of one tablet."""
    dosages = [{"timing": {"repeat": one}, "doseAndRate": [TAB]} | more for one in repeats]
    return {"id": "a", "dosage": dosages}


def ask(order: Any, site: tuple[str, str, int] = LONDON) -> dict[str, Any]:
    """The answer to one order."""
    return answer(json.dumps(order), site_of(*site))


def times(order: Any, site: tuple[str, str, int] = LONDON) -> list[str]:
    """Local times of an order that is expanded."""
    found: Any = ask(order, site)
    assert ("expanded", "") == (found["status"], found["code"]), found["why"]
    return [dose["due_at"][:16] for dose in found["doses"]]


def code(order: Any) -> str:
    """The code of a refusal."""
    found = ask(order)
    assert "refused" == found["status"] and found["why"] and not found["doses"]
    return str(found["code"])


# --- what comes out -------------------------------------------------------------------------


def test_an_answer_has_the_words_that_were_promised() -> None:
    """Instants with their offset, quantity and unit as ordered, the place of the dosage."""
    mg = {"doseAndRate": [{"doseQuantity": {"value": 2.50, "unit": "mg"}}]}
    order = line({"when": ["CM"], "boundsDuration": {"value": 1, "code": "d"}})
    order["dosage"].append(mg | {"timing": {"repeat": {"when": ["HS"], "count": 1}}})
    assert {
        "id": "a",
        "status": "expanded",
        "code": "",
        "why": "",
        "doses": [
            {"due_at": "2026-03-23T08:00:00+00:00", "quantity": "1", "unit": "TAB", "line": 0},
            {"due_at": "2026-03-23T22:00:00+00:00", "quantity": "2.5", "unit": "mg", "line": 1},
        ],
    } == ask(order)


COMPILED = [
    # a course of fourteen days that begins at 13:00 is exactly 42 doses
    (
        DAILY | {"frequency": 3, "boundsDuration": {"value": 14, "code": "d"}},
        ("Europe/London", "2026-06-01T13:00", 28), 42, "2026-06-01T14:00", "2026-06-15T08:00",
    ),
    # an interval keeps its hours over the night of summer time
    (
        {"frequency": 1, "period": 8, "periodUnit": "h", "count": 20},
        ("Europe/London", "2026-03-27T06:00", 28), 20, "2026-03-27T06:00", "2026-04-02T15:00",
    ),
    # weekly stays weekly, whatever time of day is named
    ({"frequency": 1, "period": 1, "periodUnit": "wk", "when": ["MORN"]},
     LONDON, 4, "2026-03-23T08:00", "2026-04-13T08:00"),
    ({"frequency": 2, "period": 2, "periodUnit": "d", "timeOfDay": ["08:00", "20:00"]},
     LONDON, 28, "2026-03-23T08:00", "2026-04-18T20:00"),
    ({"dayOfWeek": ["mon"], "timeOfDay": ["08:00"], "frequency": 1, "period": 1,
      "periodUnit": "wk"}, LONDON, 4, "2026-03-23T08:00", "2026-04-13T08:00"),
    # the 31st is the last of each month
    ({"frequency": 1, "period": 1, "periodUnit": "mo"},
     ("Europe/London", "2026-01-31T07:00", 365), 12, "2026-01-31T08:00", "2026-12-31T08:00"),
    ({"frequency": 1, "period": 1, "periodUnit": "a"},
     ("Europe/London", "2024-02-29T07:00", 1500), 5, "2024-02-29T08:00", "2028-02-29T08:00"),
    # bounds and a count: whichever ends first
    (DAILY | {"count": 9, "boundsDuration": {"value": 5, "code": "d"}},
     LONDON, 5, "2026-03-23T08:00", "2026-03-27T08:00"),
    (DAILY | {"count": 3, "boundsDuration": {"value": 5, "code": "d"}},
     LONDON, 3, "2026-03-23T08:00", "2026-03-25T08:00"),
    # the end of a period is included, by its day or by its second
    (DAILY | {"boundsPeriod": {"end": "2026-03-25"}},
     LONDON, 3, "2026-03-23T08:00", "2026-03-25T08:00"),
    (DAILY | {"boundsPeriod": {"end": "2026-03-25T08:00:00Z"}},
     LONDON, 3, "2026-03-23T08:00", "2026-03-25T08:00"),
    (DAILY | {"boundsPeriod": {"end": "2026-03-25T07:59:59Z"}},
     LONDON, 2, "2026-03-23T08:00", "2026-03-24T08:00"),
    # a start to come is waited for, one that has passed keeps its rhythm
    (DAILY | {"boundsPeriod": {"start": "2026-04-01"}},
     LONDON, 19, "2026-04-01T08:00", "2026-04-19T08:00"),
    ({"period": 3, "periodUnit": "d", "boundsPeriod": {"start": "2026-03-22"}},
     LONDON, 9, "2026-03-25T08:00", "2026-04-18T08:00"),
    ({"period": 8, "periodUnit": "h", "boundsPeriod": {"start": "2026-03-22T06:00:00Z"}},
     LONDON, 83, "2026-03-23T14:00", "2026-04-19T23:00"),
    ({"when": ["PHS"], "offset": 240}, LONDON, 28, "2026-03-24T02:00", "2026-04-20T02:00"),
    ({"when": ["EVE"], "offset": 30}, LONDON, 28, "2026-03-23T18:30", "2026-04-19T18:30"),
    ({"when": ["IMD"]}, LONDON, 1, "2026-03-23T07:00", "2026-03-23T07:00"),
]  # fmt: skip


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("repeat", "site", "count", "first", "last"), COMPILED)
def test_one_reading_is_expanded(
    repeat: dict[str, Any], site: tuple[str, str, int], count: int, first: str, last: str
) -> None:
    """How many, the first and the last, as a pharmacist reckons it on the calendar."""
    found = times(line(repeat), site)
    assert (count, first, last) == (len(found), found[0], found[-1])


def test_single_instants_and_days_of_the_month() -> None:
    """Timing.event, and HL7's extension for days of the month."""
    event = {"timing": {"event": ["2026-03-24", "2026-03-25T21:15:00Z"]}, "doseAndRate": [TAB]}
    assert ["2026-03-24T08:00", "2026-03-25T21:15"] == times({"id": "a", "dosage": [event]})
    url = "http://hl7.org/fhir/StructureDefinition/timing-dayOfMonth"
    days = [{"url": url, "valuePositiveInt": n} for n in (1, 15)]
    assert ["2026-04-01T08:00", "2026-04-15T08:00"] == times(line(DAILY | {"extension": days}))


def test_a_sequence_goes_on_where_the_longest_before_it_ended() -> None:
    """Two at once for five and ten days, then every other day; a count ends with its day."""
    order = line(
        {"when": ["CM"], "boundsDuration": {"value": 5, "code": "d"}},
        {"when": ["CV"], "count": 10},
        {"when": ["CM"], "period": 2, "periodUnit": "d"},
    )
    for dosage, number in zip(order["dosage"], (1, 1, 2), strict=True):
        dosage["sequence"] = number
    found: Any = ask(order)["doses"]
    lines = {n: [d["due_at"][5:16] for d in found if d["line"] == n] for n in range(3)}
    assert (5, "03-23T08:00", "03-27T08:00") == (len(lines[0]), lines[0][0], lines[0][-1])
    assert (10, "03-23T18:30", "04-01T18:30") == (len(lines[1]), lines[1][0], lines[1][-1])
    assert ["04-02T08:00", "04-04T08:00"] == lines[2][:2]


def test_what_is_taken_when_needed_is_not_planned() -> None:
    """Beside a planned dosage it adds nothing; alone the order says so."""
    asked = {"asNeededBoolean": True, "timing": {"repeat": DAILY}, "doseAndRate": [TAB]}
    assert "as-needed" == ask({"id": "a", "dosage": [asked]})["status"]
    assert (
        "as-needed" == ask({"id": "a", "dosage": [{"asNeededFor": [{"text": "pain"}]}]})["status"]
    )
    order = line(DAILY)
    order["dosage"].append(asked)
    assert 28 == len(times(order))


# --- what is refused ------------------------------------------------------------------------

REFUSED = [
    (line({"frequency": 3, "period": 1, "periodUnit": "wk"}), "spacing-unspecified"),
    (line({"period": 1, "periodUnit": "d", "timeOfDay": ["02:00", "04:00"], "frequency": 1}),
     "frequency-vs-times"),
    (line({"frequency": 2, "period": 2, "periodUnit": "d", "timeOfDay": ["08:00"]}),
     "frequency-vs-times"),
    (line(DAILY, DAILY), "overlap"),
    (line(DAILY | {"count": 2}, DAILY, sequence=1), "overlap"),
    (line({"period": 6, "periodUnit": "h", "boundsPeriod": {"start": "2026-03-24"}}),
     "interval-needs-time"),
    (line(DAILY | {"duration": 12, "durationUnit": "wk"}), "duration-long"),
    (line(DAILY, maxDosePerLifetime={"value": 9}), "limit-unknown"),
    (line(DAILY, maxDosePerAdministration={"value": 0.5, "code": "TAB"}), "plan-over-limit"),
    (line({"frequency": 3, "period": 1, "periodUnit": "d"}, maxDosePerPeriod={
        "numerator": {"value": 2, "code": "TAB"}, "denominator": {"value": 24, "code": "h"}}),
     "plan-over-limit"),
    (line(DAILY, maxDosePerPeriod={
        "numerator": {"value": 2, "code": "mg"}, "denominator": {"value": 24, "code": "h"}}),
     "max-dose"),
    (line({"when": ["IMD"], "frequency": 2, "period": 1, "periodUnit": "d"}), "frequency-vs-when"),
    (line(DAILY | {"extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/timing-daysOfCycle"}]}), "days-of-cycle"),
    ({"id": "a", "dosage": [{"timing": {"repeat": DAILY}}]}, "dose-missing"),
    ({"id": "a", "dosage": [{"text": "one daily"}]}, "no-timing"),
    ({"id": "a", "dosage": []}, "no-dosage"),
    ({"id": "a", "dosage": "one daily"}, "not-fhir"),
    ({"id": "a", "dosage": [1]}, "not-fhir"),
    ({"id": "a"}, "not-an-order"),
    ({"resourceType": "Patient"}, "not-an-order"),
    ({"resourceType": "MedicationRequest", "status": "stopped", "intent": "order"}, "status"),
    ({"resourceType": "MedicationRequest", "status": "active", "intent": "order",
      "doNotPerform": True, "dosageInstruction": line(DAILY)["dosage"]}, "do-not-perform"),
    (line(DAILY) | {"status": "on-hold"}, "status"),
    (line(DAILY) | {"modifierExtension": [{"url": "urn:x"}]}, "modifier"),
    ([], "not-an-order"),
    (None, "not-an-order"),
]  # fmt: skip


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("order", "expected"), REFUSED, ids=lambda one: str(one)[-60:])
def test_everything_else_is_refused_by_name(order: Any, expected: str) -> None:
    """A stable code and a sentence, and no dose at all."""
    assert expected == code(order)


@pytest.mark.hazard("H13")
def test_three_meals_in_the_text_and_one_time_in_the_structure() -> None:
    """Insulin before three meals whose structure names one: nothing is expanded."""
    lines = [({"when": ["ACM"], "offset": 10} | DAILY, 2), (DAILY, 2), (DAILY, 1)]
    order = line(*(repeat for repeat, _ in lines))
    for dosage, (_, number) in zip(order["dosage"], lines, strict=True):
        dosage["sequence"] = number
    assert "sequence-without-end" == code(order)


# --- the command ----------------------------------------------------------------------------


def test_one_line_out_for_each_line_in() -> None:
    """In order, whatever comes in: no JSON, bytes that are no text, an empty line."""
    given_lines = [
        json.dumps(line(DAILY)).encode(),
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"id": 7, "dosage": [{"doseAndRate": [{"doseQuantity": {"value": 1e999}}]}]}',
        b"NaN",
        json.dumps(line({"when": ["HS"]})).encode(),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "schedules", "expand", "--zone", "Europe/London",
         "--start", "2026-03-23T07:00", "--days", "2"],
        input=b"\n".join(given_lines) + b"\n", capture_output=True, check=True,
    )  # fmt: skip
    found = [json.loads(one) for one in done.stdout.splitlines()]
    states = [(one["status"], one["code"]) for one in found]
    bad = ("refused", "not-json")
    assert [("expanded", ""), bad, bad, bad, bad] == states[:5]
    assert [("refused", "not-fhir"), ("refused", "not-an-order"), ("expanded", "")] == [
        (s, "not-fhir" if c in ("no-timing", "dose-missing") else c) for s, c in states[5:]
    ]


def test_the_times_of_a_patient(tmp_path: Any) -> None:
    """A file gives words of the day, FHIR's codes for them, and times of n doses a day."""
    file = tmp_path / "clock.yaml"
    file.write_text('breakfast: "07:15"\nHS: "21:30"\n"2": ["06:00", "18:00"]\n')
    orders = [line({"when": ["ACM", "HS"]}), line({"frequency": 2, "period": 1, "periodUnit": "d"})]
    done = subprocess.run(
        [sys.executable, "-m", "schedules", "expand", "--zone", "Europe/London", "--clock",
         str(file), "--start", "2026-03-23T05:00", "--days", "1"],
        input="".join(json.dumps(one) + "\n" for one in orders), capture_output=True, check=True,
        text=True,
    )  # fmt: skip
    found = [[d["due_at"][11:16] for d in json.loads(one)["doses"]] for one in
             done.stdout.splitlines()]  # fmt: skip
    assert [["06:45", "21:30"], ["06:00", "18:00"]] == found


@pytest.mark.parametrize(
    ("zone", "start", "days", "clock", "expected"),
    [
        ("Europe/Atlantis", "2026-03-23T07:00", 28, {}, "unknown-zone"),
        ("Europe/London", "tomorrow", 28, {}, "not-a-time"),
        ("Europe/London", "2026-03-23T07:00", 0, {}, "days"),
        ("Europe/London", "2026-03-23T07:00", 28, {"brunch": "10:00"}, "clock"),
        ("Europe/London", "2026-03-23T07:00", 28, {"bed": "25:00"}, "clock"),
        ("Europe/London", "2026-03-23T07:00", 28, {"2": ["08:00"]}, "clock"),
    ],
)
def test_a_run_that_cannot_be_meant(
    zone: str, start: str, days: int, clock: dict[str, object], expected: str
) -> None:
    """What holds for all lines is refused before the first."""
    with pytest.raises(PlanRefused) as refused:
        site_of(zone, start, days, clock)
    assert expected == refused.value.code


# --- a second opinion -----------------------------------------------------------------------

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
         "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Chatham")  # fmt: skip
CLOCKS = st.lists(
    st.integers(0, 1439).map(lambda m: f"{m // 60:02d}:{m % 60:02d}:00"),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip
MEALS = st.lists(
    st.sampled_from(sorted(naive.WORDS)), min_size=1, max_size=2, unique_by=naive.WORDS.get
)


@st.composite
def repeats(draw: st.DrawFn) -> dict[str, Any]:
    """Repeats that have one reading."""
    kind = draw(st.sampled_from(("often", "clock", "meals", "days", "sparse", "months", "hours")))
    found: dict[str, Any] = {}
    if kind == "often":
        found = {"frequency": draw(st.integers(1, 4)), "period": 1, "periodUnit": "d"}
    elif kind == "clock":
        found = {"timeOfDay": draw(CLOCKS)}
    elif kind == "meals":
        found = {"when": draw(MEALS)}
    elif kind == "days":
        weeks = draw(st.integers(1, 4))
        most = 5 if weeks == 1 else 1
        days = draw(st.lists(st.sampled_from(naive.NAMES), min_size=1, max_size=most, unique=True))
        found = {"dayOfWeek": days, "timeOfDay": draw(CLOCKS)}
        if weeks > 1:
            found |= {"period": weeks, "periodUnit": "wk"}
    elif kind == "sparse":
        found = {
            "period": draw(st.integers(2, 9)),
            "periodUnit": draw(st.sampled_from(("d", "wk"))),
        }
        found |= {"timeOfDay": draw(CLOCKS)} if draw(st.booleans()) else {}
    elif kind == "months":
        found = {"period": draw(st.integers(1, 3)), "periodUnit": "mo"}
    else:
        found = {"period": draw(st.sampled_from((4, 6, 8, 12, 36, 72))), "periodUnit": "h"}
    if draw(st.booleans()):
        found["count"] = draw(st.integers(1, 40))
    if draw(st.booleans()):
        unit = draw(st.sampled_from(("d", "wk")))
        found["boundsDuration"] = {"value": draw(st.integers(1, 9)), "code": unit}
    return found


@pytest.mark.hazard("H13", "H05")
@settings(max_examples=80, deadline=None)
@given(
    repeats(),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1)).map(
        lambda at: at.replace(hour=at.hour % 24, minute=at.minute, second=0, microsecond=0)
    ),
)
def test_every_minute_looked_at_finds_the_same(
    repeat: dict[str, Any], zone: str, start: datetime
) -> None:
    """Closed form and brute force agree, over clock changes, months and years."""
    found = ask(line(repeat), (zone, start.isoformat(), 33))
    if found["code"] == "overlap":  # two wall times that a clock change makes one instant
        return
    expected = naive.due(repeat, zone, start, 33)
    assert expected == [dose["due_at"] for dose in found["doses"]]


@settings(max_examples=300, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(("d", "wk", "h", "mon", "CM", "08:00", "2026-03-24", "true")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from((
            "id", "dosage", "timing", "repeat", "frequency", "period", "periodUnit", "count",
            "dayOfWeek", "timeOfDay", "when", "offset", "boundsPeriod", "start", "end",
            "boundsDuration", "value", "code", "doseAndRate", "doseQuantity", "sequence",
            "asNeededBoolean", "event", "extension", "maxDosePerPeriod", "numerator",
        )), inner, max_size=5),
    max_leaves=25,
))  # fmt: skip
def test_nothing_that_comes_in_stops_it(value: Any) -> None:
    """Any JSON at all is expanded, as needed, or refused with a code."""
    timed = {"timing": {"repeat": value}, "doseAndRate": [TAB]}
    wrapped = [value, {"id": 1, "dosage": [value]}, {"id": 1, "dosage": [timed]}]
    for found in map(json.loads, expand(map(json.dumps, wrapped), site_of(*LONDON))):
        assert found["status"] in ("expanded", "as-needed", "refused")
        assert bool(found["code"]) == (found["status"] == "refused")


def test_orders_of_real_senders() -> None:
    """Every real dosage set is expanded, as needed, or refused; none is left out."""
    text = (shared_data() / "fhir" / "dosages.jsonl").read_text()
    found = [json.loads(one) for one in expand(text.splitlines(), site_of(*LONDON))]
    assert [json.loads(one)["id"] for one in text.splitlines()] == [one["id"] for one in found]
    assert {"expanded", "as-needed", "refused"} == {one["status"] for one in found}
    late = datetime.fromisoformat("2026-03-23T07:00+00:00")
    for one in found:
        at = [datetime.fromisoformat(dose["due_at"]) for dose in one["doses"]]
        assert at == sorted(at) and len(set(at)) == len(at)
        assert not at or (late <= at[0] and at[-1] < late + timedelta(days=28))
