"""HL7 v2.5.1 timing (TQ1 segments, or the older TQ data type) in the words of FHIR R4.

Responsible for: one timing line as values, whichever of the two ways it was sent, and the R4
Dosage it says. Not responsible for when something is due: the Dosage is read by the one reader of
orders (fhir_timing.py). What has no one R4 Dosage is refused.

Sources: HL7 v2.5.1 chapter 4 (TQ1 4.5.4, TQ data type 4.3), data type RPT, tables 0335, 0472, 0485.
"""

import re
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from schedules.fhir_value import MAX_NUMBER, Element
from schedules.hl7_message import NOT_IN_TABLE, Segment
from schedules.hl7_pattern import Pattern, Reading, pattern_of, refused
from schedules.localtime import add_span
from schedules.model import Span

Quantity = tuple[Fraction, str]  # (value, unit as written)
_EXACT = "http://hl7.org/fhir/StructureDefinition/timing-exact"
# ISO+ and UCUM codes, and the letters of the older durations; "m" is a metre or a month: refused.
UNITS = {
    **dict.fromkeys(("s", "sec"), "s"),
    **dict.fromkeys(("min",), "min"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "wk", "week", "weeks"), "wk"),
    **dict.fromkeys(("l", "mo", "month", "months"), "mo"),
}
_OLD_UNITS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9](?:\.[0-9]{1,4})?)?")
_STAMP = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})"
    r"(?:([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:\.[0-9]{1,4})?)?)?([+-][0-9]{4})?"
)


@dataclass(frozen=True)
class TimingLine:
    """One line of timing; "" and None where it says nothing."""

    quantity: Quantity | None = None
    patterns: tuple[Pattern, ...] = ()
    times: tuple[str, ...] = ()  # FHIR times
    duration: Quantity | None = None  # of the course
    start: str = ""  # FHIR date or dateTime
    end: str = ""
    priority: tuple[str, ...] = ()
    condition: str = ""
    text: str = ""
    conjunction: str = ""
    occurrence: Quantity | None = None  # how long one administration takes
    total: int = 0


@dataclass(frozen=True)
class Times:
    """The patient's zone, and the offset of the sender's clock as MSH-7 names it."""

    zone: ZoneInfo
    offset: str = ""  # +0100

    def moment(self, value: str, place: str) -> str:
        """A FHIR date or dateTime; MessageRefused where it is none, or another zone's."""
        match = _STAMP.fullmatch(value)
        if match is None:
            raise refused("time-stamp", place, "a time is YYYYMMDD, or YYYYMMDDHHMM with [+-]ZZZZ")
        year, month, day, hour, minute, second, offset = match.groups()
        try:
            on_date = date(int(year), int(month), int(day))
            if hour is None:
                return on_date.isoformat()
            local = datetime.fromisoformat(f"{on_date}T{hour}:{minute}:{second or '00'}")
            if offset:
                zoned = local.isoformat() + _offset(offset)
                datetime.fromisoformat(zoned)
                return zoned
            self._same_wall(local, place)
        except ValueError:
            raise refused("time-stamp", place, "there is no such day or time") from None
        return local.isoformat()

    def _same_wall(self, local: datetime, place: str) -> None:
        """HL7: the offset in MSH-7 holds for every time without one; it must be the patient's."""
        if not self.offset:
            return
        sent = datetime.fromisoformat(local.isoformat() + _offset(self.offset))
        if sent.astimezone(self.zone).replace(tzinfo=None) != local:
            sentence = "by the offset in MSH-7 this is another time at the patient's: give its own"
            raise refused("other-zone", place, sentence)


def line_of(segment: Segment, times: Times) -> TimingLine:
    """A TQ1 segment."""
    if segment.raw(5):
        sentence = "a time relative to another event is not read: give the times or an interval"
        raise refused("relative-time", "TQ1-5", sentence)
    return TimingLine(
        quantity=_cq(segment, 2),
        patterns=tuple(pattern_of(segment, 3, again) for again in range(segment.count(3))),
        times=tuple(_time(segment.text(4, 1, 1, n), "TQ1-4") for n in range(segment.count(4))),
        duration=_span(segment, 6),
        start=_moment(segment, 7, times),
        end=_moment(segment, 8, times),
        priority=tuple(segment.text(9, 1, 1, n).upper() for n in range(segment.count(9))),
        condition=segment.only(10),
        text=segment.only(11),
        conjunction=segment.only(12).upper(),
        occurrence=_span(segment, 13),
        total=_total(segment.only(14), "TQ1-14"),
    )


def old_lines(segment: Segment, field: int, times: Times) -> list[TimingLine]:
    """The TQ data type of ORC-7 or RXE-1, one line for each repetition."""
    return [_old_line(segment, field, again, times) for again in range(segment.count(field))]


def _old_line(segment: Segment, field: int, again: int, times: Times) -> TimingLine:
    place = f"{segment.name}-{field}"

    def said(component: int, sub: int = 1) -> str:
        return segment.text(field, component, sub, again)

    if said(10):
        raise refused("order-sequence", place, "one order that waits for another is not read")
    patterns = (Pattern(code=said(2).upper(), place=place),) if said(2) else ()
    explicit = [one for one in said(2, 2).split(",") if one]
    start, end = said(4), said(5)
    total = said(12)
    duration = _old_duration(said(3), place)
    if isinstance(duration, int):  # X5: five times
        if total and total != str(duration):
            raise refused("two-ends", place, "the number of times is said twice and differs")
        total, duration = str(duration), None
    return TimingLine(
        quantity=_quantity(said(1), said(1, 2), place),
        patterns=patterns,
        times=tuple(_time(one.strip(), place) for one in explicit),
        duration=duration,
        start=times.moment(start, place) if start else "",
        end=times.moment(end, place) if end else "",
        priority=(said(6).upper(),) if said(6) else (),
        condition=said(7),
        text=said(8),
        conjunction=said(9).upper(),
        occurrence=_quantity(said(11), said(11, 2), place),
        total=_total(total, place),
    )


def contradicts(one: TimingLine, other: TimingLine) -> str:
    """The first thing that both lines say, and say differently; "" where they agree.

    A quantity of 1 without a unit says nothing.
    """
    for name in (part.name for part in fields(TimingLine) if part.name not in ("text", "patterns")):
        mine, yours = getattr(_plain(one), name), getattr(_plain(other), name)
        if mine and yours and mine != yours:
            return name
    patterns = [[each.reading() for each in line.patterns] for line in (one, other)]
    return "pattern" if all(patterns) and patterns[0] != patterns[1] else ""


def _plain(line: TimingLine) -> TimingLine:
    quantity = None if line.quantity == (Fraction(1), "") else line.quantity
    return replace(line, quantity=quantity)


def dosage_of(line: TimingLine, place: str, zone: ZoneInfo) -> Element:
    """The R4 Dosage of a line, without its dose; MessageRefused where it is not one thing."""
    reading = _reading(line, place)
    repeat: Element = dict(reading.repeat)
    timing: Element = {}
    if line.times:
        repeat["timeOfDay"] = list(line.times)
    if line.total:
        repeat["count"] = line.total
    asked = reading.asked or "PRN" in line.priority
    if reading.once:
        if line.total not in (0, 1):
            raise refused("pattern-vs-total", place, "once, and a total of several times")
        if "T" in line.start and not line.times:
            timing["event"] = [line.start]
        else:
            repeat["count"] = 1
    repeat |= {} if "event" in timing else _bounds(line, place, zone)
    if line.occurrence is not None:
        repeat |= {"duration": _number(line.occurrence[0]), "durationUnit": line.occurrence[1]}
    _check_priority(line, reading.once, place)
    if repeat:
        timing["repeat"] = repeat
    if "T" in line.priority:
        timing["extension"] = [{"url": _EXACT, "valueBoolean": True}]
    found: Element = {"timing": timing} if timing else {}
    if line.text:
        found["text"] = line.text
    if line.condition and not asked:
        sentence = "a condition holds for this dose, and it is not said to be as needed (PRN)"
        raise refused("condition", place, sentence)
    if asked and line.condition:
        found["asNeededCodeableConcept"] = {"text": line.condition}
    elif asked:
        found["asNeededBoolean"] = True
    return found


def _reading(line: TimingLine, place: str) -> Reading:
    found = [one.reading() for one in line.patterns]
    if not found:
        if line.times:
            sentence = "times of day, but no repeat pattern says on which days: send one in TQ1-3"
            raise refused("no-repeat-pattern", place, sentence)
        return Reading({})
    if len(found) == 1:
        return found[0]
    if any(one.asked or one.once for one in found):
        raise refused("several-patterns", place, "these repeat patterns do not go together")
    kinds = [set(one.repeat) for one in found]
    if all(kind == {"dayOfWeek"} for kind in kinds):
        days = [day for one in found for day in _list(one.repeat["dayOfWeek"])]
        return Reading({"dayOfWeek": days})
    daily = {"frequency": 1, "period": 1, "periodUnit": "d"}
    rest = [one for one in found if one.repeat != daily]
    if rest and all(set(one.repeat) == {"when"} for one in rest):
        return Reading({"when": [word for one in rest for word in _list(one.repeat["when"])]})
    raise refused("several-patterns", place, "these repeat patterns do not go together: send one")


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _bounds(line: TimingLine, place: str, zone: ZoneInfo) -> Element:
    """bounds[x]: a length alone, or a period; a length from a start ends on the calendar."""
    end = line.end
    if line.duration is not None and line.start:
        reached = _after(line.start, line.duration, place, zone)
        if end and end != reached:
            raise refused("two-ends", place, "a duration and an end that differ: send one of them")
        end = reached
    elif line.duration is not None:
        if end:
            raise refused("two-ends", place, "a duration and an end without a start: send one")
        value, unit = line.duration
        return {"boundsDuration": {"value": _number(value), "code": unit}}
    period = {"start": line.start, "end": end}
    said = {key: value for key, value in period.items() if value}
    return {"boundsPeriod": said} if said else {}


def _after(start: str, duration: Quantity, place: str, zone: ZoneInfo) -> str:
    """The last day or second that a course of this length from `start` still includes.

    Days, weeks and months are those of the calendar, hours and minutes are elapsed.
    """
    value, unit = duration
    begin = datetime.fromisoformat(start)
    second = timedelta(seconds=1)
    if unit in ("s", "min", "h"):
        if "T" not in start:
            raise refused("duration", place, "a course of hours needs a start with a time of day")
        length = timedelta(seconds=float(value * {"s": 1, "min": 60, "h": 3600}[unit]))
        aware = begin if begin.tzinfo else begin.replace(tzinfo=zone)
        utc = datetime.fromtimestamp(aware.timestamp() + length.total_seconds(), tz=zone)
        return (utc - second).isoformat()
    if value.denominator != 1 or not 1 <= value <= 9999:
        raise refused("duration", place, "a course has from 1 to 9999 whole days, weeks or months")
    local = begin.astimezone(zone).replace(tzinfo=None) if begin.tzinfo else begin
    try:
        on_date = add_span(local.date(), Span(int(value), unit))
        if "T" not in start:
            return (on_date - timedelta(days=1)).isoformat()
    except (OverflowError, ValueError):
        raise refused("duration", place, "the course ends beyond every calendar") from None
    return (datetime.combine(on_date, local.time()) - second).isoformat()


def _check_priority(line: TimingLine, once: bool, place: str) -> None:
    for word in line.priority:
        if word in ("R", "T", "PRN") or (word in ("S", "A") and once):
            continue
        sentence = "one dose at once and then more: send the first as an order of its own (Once)"
        if word not in ("S", "A"):
            sentence = "this priority is not read: send R, T, PRN, or S for a single dose"
        raise refused("priority", place, sentence, NOT_IN_TABLE)


def _time(value: str, place: str) -> str:
    match = _TIME.fullmatch(value)
    if match is None:
        raise refused("explicit-time", place, "a time of day is HHMM or HHMMSS, without a zone")
    return f"{match[1]}:{match[2]}:{match[3] or '00'}"


def _moment(segment: Segment, field: int, times: Times) -> str:
    value = segment.only(field)
    return times.moment(value, f"{segment.name}-{field}") if value else ""


def _total(value: str, place: str) -> int:
    if not value:
        return 0
    if not (value.isascii() and value.isdigit() and 0 < int(value[:9]) <= 99_999):
        raise refused("total", place, "the total is a whole number from 1 to 99999")
    return int(value)


def _cq(segment: Segment, field: int) -> Quantity | None:
    place = f"{segment.name}-{field}"
    if segment.count(field) > 1:
        raise refused("repeated", place, "this field stands once: send one value")
    return _quantity(segment.text(field), segment.text(field, 2), place)


def _span(segment: Segment, field: int) -> Quantity | None:
    found = _cq(segment, field)
    if found is None:
        return None
    unit = UNITS.get(found[1].lower())
    if unit is None or found[0] <= 0:
        sentence = "a duration is a number and one of s, min, h, d, wk, mo"
        raise refused("duration", f"{segment.name}-{field}", sentence, NOT_IN_TABLE)
    return found[0], unit


def _quantity(value: str, unit: str, place: str) -> Quantity | None:
    return (number_of(value, place), unit) if value or unit else None


def number_of(value: str, place: str) -> Fraction:
    """An exact decimal as HL7 writes it (NM)."""
    if (
        not re.fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]{1,9})?", value)
        or abs(float(value)) > MAX_NUMBER
    ):
        raise refused("number", place, "a number is written as 12 or 0.5")
    return Fraction(value)


def _old_duration(value: str, place: str) -> Quantity | int | None:
    """D10: ten days; X5: five times; INDEF or nothing: no end."""
    if value.upper() in ("", "INDEF"):
        return None
    match = re.fullmatch(r"([SMHDWLX])([0-9]{1,4})", value.upper())
    if match is None or not int(match[2]):
        sentence = "a duration is D10, W2, H36, L3, M90, S600 or X5"
        raise refused("duration", place, sentence, NOT_IN_TABLE)
    if match[1] == "X":
        return int(match[2])
    return Fraction(int(match[2])), _OLD_UNITS[match[1]]


def _offset(value: str) -> str:
    return f"{value[:3]}:{value[3:]}"


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
