"""`expand` at the edges: two readings are refused, and the one reading has its exact instant."""

import io
import json
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.expand import MAX_LINE, answer, bounded, site_of
from schedules.model import PlanRefused
from tests.schedules import naive
from tests.schedules.test_expand import (
    DAILY,
    GTS,
    TAB,
    ZONES,
    ask,
    code,
    line,
    repeats,
    times,
)

LONDON = ("Europe/London", "2026-03-23T07:00", 28)
AUTUMN = ("Europe/London", "2026-10-24T07:00", 28)
MONTHLY = {"frequency": 1, "period": 1, "periodUnit": "mo"}
Q8H = {"frequency": 1, "period": 8, "periodUnit": "h"}
DAYS_5 = {"boundsDuration": {"value": 5, "code": "d"}}
ONE_A_DAY = {
    "maxDosePerPeriod": {
        "numerator": {"value": 1, "code": "TAB"},
        "denominator": {"value": 1, "code": "d"},
    }
}


def month_days(*numbers: int) -> dict[str, Any]:
    """HL7's extension for days of the month."""
    url = "http://hl7.org/fhir/StructureDefinition/timing-dayOfMonth"
    return {"extension": [{"url": url, "valuePositiveInt": n} for n in numbers]}


def gap(hours: int) -> dict[str, Any]:
    """HL7's extension for the least time between two doses."""
    url = "http://hl7.org/fhir/StructureDefinition/dosage-minimumGapBetweenDose"
    return {"extension": [{"url": url, "valueDuration": {"value": hours, "code": "h"}}]}


def coded(word: str, **repeat: Any) -> dict[str, Any]:
    """An order whose timing is a code, with more beside it."""
    timing = {"code": {"coding": [{"system": GTS, "code": word}]}, "repeat": repeat}
    return {"id": "a", "dosage": [{"timing": timing, "doseAndRate": [TAB]}]}


def steps(*repeats: dict[str, Any]) -> dict[str, Any]:
    """One dosage after the other."""
    order = line(*repeats)
    for number, dosage in enumerate(order["dosage"], 1):
        dosage["sequence"] = number
    return order


TWO_READINGS = [
    # the 1st and the 15th are two a month: once a month says no, twice a month is not four
    (line(MONTHLY | month_days(1, 15)), "day-of-month"),
    # Monday every other week, twice: both that day, or every Monday?
    (line({"dayOfWeek": ["mon"], "frequency": 2, "period": 2, "periodUnit": "wk"}),
     "spacing-unspecified"),
    # every twelve hours, and an hour apart
    (line({"frequency": 1, "period": 12, "periodUnit": "h", "timeOfDay": ["08:00", "09:00"]}),
     "frequency-vs-times"),
    # the code says in the morning, the structure in the evening
    (coded("AM", when=["EVE"]), "code-contradicts-repeat"),
    (coded("BED", when=["MORN"]), "code-contradicts-repeat"),
    # counted from a day ten days ago, at hours that nobody has named
    (line(Q8H | {"count": 4, "boundsPeriod": {"start": "2026-03-13"}}), "interval-needs-time"),
    # after the last day of something else: at midnight?
    (steps(DAILY | {"count": 3}, Q8H), "interval-needs-time"),
    (steps(DAILY | {"boundsPeriod": {"end": "2026-03-25"}}, Q8H), "interval-needs-time"),
    (line({"when": ["IMD"], "count": 3}), "frequency-vs-when"),
    (line({"when": ["IMD"], "offset": 30}), "frequency-vs-when"),
    (line({"timeOfDay": ["08:00:00Z"]}), "not-fhir"),
    (line({"timeOfDay": ["24:00"]}), "time-of-day"),
    (line(DAILY | {"durationMax": 2, "durationUnit": "h"}), "duration-long"),
    (line(DAILY | {"count": 9, "boundsPeriod": {"start": "0003-01-01"}}), "bounds"),
    (line({"frequency": 3, "period": 1, "periodUnit": "d"}, **gap(8)), "plan-over-limit"),
    (line(DAILY) | {"intent": "proposal"}, "intent"),
    (line(DAILY) | {"implicitRules": "urn:x"}, "implicit-rules"),
    (line(DAILY, asNeeded=False, asNeededBoolean=True), "not-fhir"),
    (line({"period": 1, "periodUnit": "min"}), "too-many"),
    ({"id": "a", "dosage": [{"doseAndRate": [TAB], "timing": {
        "event": ["2026-03-24", "2026-03-25"], "repeat": {"count": 1}}}]}, "count"),
]  # fmt: skip


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("order", "expected"), TWO_READINGS, ids=lambda one: str(one)[-60:])
def test_two_readings_are_refused(order: Any, expected: str) -> None:
    """What would be given too often, or at an hour nobody has meant, is not given."""
    assert expected == code(order)


ONE_READING = [
    # twice a month on two days is once on each of them
    (line(MONTHLY | {"frequency": 2} | month_days(1, 15)), LONDON,
     2, "2026-04-01T08:00", "2026-04-15T08:00"),
    # one dose on the 15th, not one now
    (line({"count": 1} | month_days(15)), LONDON, 1, "2026-04-15T08:00", "2026-04-15T08:00"),
    # every seven days on Monday is every week
    (line({"period": 7, "periodUnit": "d", "dayOfWeek": ["mon"]}), LONDON,
     4, "2026-03-23T08:00", "2026-04-13T08:00"),
    # a single dose on a day to come has the time of a daily dose, one of today is for now
    (line({"count": 1, "boundsPeriod": {"start": "2026-03-30"}}), LONDON,
     1, "2026-03-30T08:00", "2026-03-30T08:00"),
    (line({"count": 1, "boundsPeriod": {"start": "2026-03-23"}}), LONDON,
     1, "2026-03-23T07:00", "2026-03-23T07:00"),
    # a dose at once is a step that is over; the next begins on the next day
    (steps({"when": ["IMD"]}, DAILY | DAYS_5), LONDON, 6, "2026-03-23T07:00", "2026-03-28T08:00"),
    (steps({"count": 1}, {"count": 1}), LONDON, 2, "2026-03-23T07:00", "2026-03-24T08:00"),
    # uneven times may stand for an interval
    (line(Q8H | {"timeOfDay": ["08:00", "14:00", "22:00"]}), LONDON,
     84, "2026-03-23T08:00", "2026-04-19T22:00"),
    # no minutes before a meal is at the meal
    (line({"when": ["ACM"], "offset": 0}), LONDON, 28, "2026-03-23T08:00", "2026-04-19T08:00"),
    # more than three years of days are counted as three are
    (line(DAILY | {"boundsDuration": {"value": 1200, "code": "d"}}),
     ("Europe/London", "2026-03-23T07:00", 3660), 1200, "2026-03-23T08:00", "2029-07-04T08:00"),
    # a weekly dose that is loaded after its hour keeps its weekday: the next is in a week
    (line({"period": 1, "periodUnit": "wk"}), ("Europe/London", "2026-03-23T09:00", 28),
     4, "2026-03-30T08:00", "2026-04-20T08:00"),
    # a second of the start counts
    (line(DAILY | {"boundsPeriod": {"start": "2026-03-25T08:00:01Z"}}), LONDON,
     25, "2026-03-26T08:00", "2026-04-19T08:00"),
    # one a day stays one a day in the night that is an hour short; so does a gap
    (line(DAILY, **ONE_A_DAY), LONDON, 28, "2026-03-23T08:00", "2026-04-19T08:00"),
    (line({"frequency": 2, "period": 1, "periodUnit": "d"}, **gap(12)), LONDON,
     56, "2026-03-23T08:00", "2026-04-19T20:00"),
    # and elapsed hours are no more than one in a day in the night that is an hour long
    (line({"period": 24, "periodUnit": "h"}, **ONE_A_DAY), AUTUMN,
     29, "2026-10-24T07:00", "2026-11-21T06:00"),
    (line(DAILY | {"duration": 5, "durationMax": 10, "durationUnit": "min"}), LONDON,
     28, "2026-03-23T08:00", "2026-04-19T08:00"),
    (line({"period": 4, "periodUnit": "h"}), ("Europe/London", "2026-03-23T07:00", 3660),
     21960, "2026-03-23T07:00", "2036-03-30T04:00"),
]  # fmt: skip


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("order", "site", "count", "first", "last"), ONE_READING)
def test_one_reading_at_the_edge(
    order: Any, site: tuple[str, str, int], count: int, first: str, last: str
) -> None:
    """How many, the first and the last."""
    found = times(order, site)
    assert (count, first, last) == (len(found), found[0], found[-1])


@pytest.mark.hazard("H05")
def test_an_instant_with_its_offset_is_that_instant_in_the_repeated_hour() -> None:
    """01:30 comes twice on 25 October; the one that is named is meant."""
    second = "2026-10-25T01:30:00+00:00"
    event = {"timing": {"event": [second]}, "doseAndRate": [TAB]}
    assert [second] == [d["due_at"] for d in ask({"id": "a", "dosage": [event]}, AUTUMN)["doses"]]
    started = ask(line(Q8H | {"boundsPeriod": {"start": second}}), AUTUMN)["doses"]
    assert [second, "2026-10-25T09:30:00+00:00"] == [d["due_at"] for d in started[:2]]
    included = line({"timeOfDay": ["01:15"], "boundsPeriod": {"end": "2026-10-25T01:10:00Z"}})
    assert ["2026-10-25T01:15"] == times(included, AUTUMN)  # the first 01:15 lies before
    loaded = ask(line({"count": 1}), ("Europe/London", second, 1))["doses"]
    assert [second] == [d["due_at"] for d in loaded]
    # A step whose last hour is the repeated one: the next begins at the same elapsed distance.
    order = steps(Q8H | {"count": 2}, {"period": 12, "periodUnit": "h"})
    found = ask(order, ("Europe/London", "2026-10-24T10:30", 2))["doses"]
    at = ["2026-10-24T10:30:00+01:00", "2026-10-24T18:30:00+01:00", "2026-10-25T01:30:00+00:00"]
    assert at == [d["due_at"] for d in found[:3]]


def test_a_step_after_a_stated_end_begins_after_it() -> None:
    """The end is included, so the next dose is not the same one, nor counted from its day."""
    until = {"boundsPeriod": {"end": "2026-03-25T20:00:00Z"}}
    twice = {"frequency": 2, "period": 1, "periodUnit": "d"}
    found: Any = ask(steps(twice | until, twice))
    assert ("expanded", 56) == (found["status"], len(found["doses"]))
    until = {"boundsPeriod": {"end": "2026-03-25T23:59:59Z"}}
    found = ask(steps(DAILY | until, DAILY | {"period": 2}))
    second = [d["due_at"][5:16] for d in found["doses"] if d["line"] == 1]
    assert ["03-26T08:00", "03-28T08:00"] == second[:2]


@pytest.mark.hazard("H13")
def test_what_is_taken_when_needed_keeps_its_place_in_the_sequence() -> None:
    """A step that follows five days as needed waits for them; without an end it is refused."""
    order = steps(DAILY | DAYS_5, DAILY)
    order["dosage"][0]["asNeededBoolean"] = True
    assert "2026-03-28T08:00" == times(order)[0]
    del order["dosage"][0]["timing"]["repeat"]["boundsDuration"]
    assert "sequence-without-end" == code(order)
    last = steps(DAILY, DAILY)
    last["dosage"][1]["asNeededBoolean"] = True
    del last["dosage"][0]["timing"]["repeat"]
    last["dosage"][0]["timing"]["repeat"] = DAILY | DAYS_5
    assert 5 == len(times(last))


@settings(max_examples=60, deadline=None)
@given(
    repeats(),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1)),
    st.integers(0, 20 * 1440),
)
def test_a_start_that_has_passed_keeps_its_rhythm_and_its_count(
    repeat: dict[str, Any], zone: str, start: datetime, ago: int
) -> None:
    """What is due from the load on is what every minute since the start tells, less the past."""
    began = start.replace(second=0, microsecond=0) - timedelta(minutes=ago)
    repeat.pop("boundsDuration", None)
    order = line(repeat | {"boundsPeriod": {"start": began.isoformat()}})
    found: Any = ask(order, (zone, start.isoformat(), 20))
    if found["code"] == "overlap":
        return
    load, over = (naive.instant_of(zone, start + timedelta(days=n)) for n in (0, 20))
    since = [datetime.fromisoformat(at) for at in naive.due(repeat, zone, began, 42)]
    expected = [at.isoformat() for at in since if load <= at < over]
    assert expected == [dose["due_at"] for dose in found["doses"]]


@settings(max_examples=60, deadline=None)
@given(
    repeats(),
    repeats(),
    st.integers(1, 12),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1)),
)
def test_a_step_begins_where_the_days_before_it_end(
    one: dict[str, Any], other: dict[str, Any], days: int, zone: str, start: datetime
) -> None:
    """Two steps are the first for its days, and the second from that time of day on."""
    start = start.replace(second=0, microsecond=0)
    one = {key: one[key] for key in one if key != "count"}
    one["boundsDuration"] = {"value": days, "code": "d"}
    found: Any = ask(steps(one, other), (zone, start.isoformat(), 33))
    if found["code"] == "overlap":
        return
    then = start + timedelta(days=days)
    expected = [
        *naive.due(one, zone, start, 33),
        *naive.due(other, zone, then, 33 - days),
    ]
    assert expected == [dose["due_at"] for dose in found["doses"]]


@pytest.mark.parametrize(
    ("text", "repeat", "expected"),
    [
        ("1 8-hourly for 5 days", Q8H, "an end"),
        ("500mg q8h x 3 days", Q8H, "an end"),
        ("500mg q8h x 3 days", Q8H | DAYS_5, ""),
        ("1 once a day, before meals", DAILY, "a meal"),
        ("1 twice a day, before meals", DAILY, "its text says 2"),
        ("1 daily, before meals", {"when": ["AC"]}, ""),
        ("2 puffs daily, and as needed", DAILY, "when needed"),
        ("1 tablet daily", DAILY, ""),
    ],
)
def test_a_text_that_says_more_is_pointed_at(
    text: str, repeat: dict[str, Any], expected: str
) -> None:
    """The structure is expanded, and whoever reads the answer is told what to look at."""
    found: Any = ask(line(repeat, text=text))
    assert "expanded" == found["status"]
    assert expected in found["why"] and bool(expected) == ("look at the text" in found["why"])


def test_two_words_of_one_hour_do_not_disagree() -> None:
    """HS and PHS are one hour here: a file that sets both differently is refused."""
    with pytest.raises(PlanRefused) as refused:
        site_of(*LONDON, {"HS": "22:00", "PHS": "21:30"})
    assert "clock" == refused.value.code


def test_quantities_are_told_to_the_last_digit() -> None:
    """As ordered: no digit more, none less."""
    for value in ("1", "0.5", "123456.789012345", "1e-13", "100000", "2.50"):
        dose = f'{{"doseQuantity":{{"value":{value},"unit":"ml"}}}}'
        order = (
            f'{{"id":1,"dosage":[{{"timing":{{"repeat":{{"count":1}}}},"doseAndRate":[{dose}]}}]}}'
        )
        found: Any = answer(order, site_of(*LONDON))
        shown = found["doses"][0]["quantity"]
        assert float(value) == float(shown) and "e" not in shown.lower()


def test_bytes_that_other_programs_send() -> None:
    """Byte order mark, CR LF, a CR inside, halves of characters, doubled keys, no last newline."""
    good = json.dumps(line({"count": 1}))
    given_lines = [
        "\ufeff" + good + "\r",
        good.replace(" ", "\r"),
        '{"id": "\\ud800", "dosage": []}',
        good.replace("TAB", "\\ud800"),
        good.replace('"TAB"', '"\u00b5g"'),
        good.replace('"count": 1', '"count": 9, "count": 1'),
        good.replace('"value": 1', '"value": -0.0'),
        good.replace('"value": 1', '"value": NaN'),
        good.replace('"value": 1', '"value": 1e308'),
        good.replace('"value": 1', '"value": ' + "9" * 5000),
        good,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "schedules", "expand", "--zone", "Europe/London",
         "--start", "2026-03-23T07:00", "--days", "2"],
        input="\n".join(given_lines).encode(), capture_output=True, check=True,
        env={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    found = [json.loads(one) for one in done.stdout.decode("ascii").split("\n")[:-1]]
    assert [
        "", "", "no-dosage", "not-fhir", "", "duplicate-key",
        "dose-zero", "not-fhir", "not-fhir", "not-json", "",
    ] == [one["code"] for one in found]  # fmt: skip
    assert "\u00b5g" == found[4]["doses"][0]["unit"]


@pytest.mark.parametrize("length", [MAX_LINE, MAX_LINE + 1, MAX_LINE + 2, 3 * MAX_LINE])
def test_a_line_without_an_end_is_never_held_whole(length: int) -> None:
    """However long it is, one piece of it is read to be refused, and the next line is whole."""
    found = list(bounded(io.StringIO("x" * length + "\nnext\n\nlast")))

    assert ["next\n", "\n", "last"] == found[1:]
    assert len(found[0]) == min(length, MAX_LINE) + 1
    assert 1 == len(list(bounded(io.StringIO("x" * length))))
