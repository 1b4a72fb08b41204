"""HL7 v2.5.1 timing (TQ1 segments, or the older TQ data type) in the words of FHIR R4.

Responsible for: one timing line as values, whichever of the two ways it was sent, and the R4
Dosage it says. Not responsible for when something is due: the Dosage is read by the one reader of
orders (fhir/timing.py). What has no one R4 Dosage is refused.

Sources: HL7 v2.5.1 chapter 4 (TQ1 4.5.4, TQ data type 4.3), data type RPT, tables 0335, 0472, 0485.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from schedules.fhir.value import Element
from schedules.hl7v2.message import NOT_IN_TABLE, Segment
from schedules.hl7v2.pattern import Pattern, Reading, pattern_of, refused
from schedules.hl7v2.stamp import Quantity, Times, after, plain, quantity_of, time_of, total_of

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


def line_of(segment: Segment, times: Times) -> TimingLine:
    """A TQ1 segment."""
    if segment.raw(5):
        sentence = "a time relative to another event is not read: give the times or an interval"
        raise refused("relative-time", "TQ1-5", sentence)
    return TimingLine(
        quantity=_cq(segment, 2),
        patterns=tuple(
            pattern_of(segment, 3, again, times.patterns) for again in range(segment.count(3))
        ),
        times=tuple(time_of(segment.text(4, 1, 1, n), "TQ1-4") for n in range(segment.count(4))),
        duration=_span(segment, 6),
        start=_moment(segment, 7, times),
        end=_moment(segment, 8, times),
        priority=tuple(segment.text(9, 1, 1, n).upper() for n in range(segment.count(9))),
        condition=segment.only(10),
        text=segment.only(11),
        conjunction=segment.only(12).upper(),
        occurrence=_span(segment, 13),
        total=total_of(segment.only(14), "TQ1-14"),
    )


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
        repeat |= {"duration": plain(line.occurrence[0]), "durationUnit": line.occurrence[1]}
    _check_priority(line, reading.once, place)
    if repeat:
        timing["repeat"] = repeat
    if "T" in line.priority:
        timing["extension"] = [{"url": _EXACT, "valueBoolean": True}]
    found: Element = {"timing": timing} if timing else {}
    if text := "; ".join(filter(None, [line.text, *(one.text for one in line.patterns)])):
        found["text"] = text
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
        reached = after(line.start, line.duration, place, zone)
        if end and end != reached:
            raise refused("two-ends", place, "a duration and an end that differ: send one of them")
        end = reached
    elif line.duration is not None:
        if end:
            raise refused("two-ends", place, "a duration and an end without a start: send one")
        value, unit = line.duration
        return {"boundsDuration": {"value": plain(value), "code": unit}}
    period = {"start": line.start, "end": end}
    said = {key: value for key, value in period.items() if value}
    return {"boundsPeriod": said} if said else {}


def _check_priority(line: TimingLine, once: bool, place: str) -> None:
    for word in line.priority:
        if word in ("R", "T", "PRN") or (word in ("S", "A") and once):
            continue
        sentence = "one dose at once and then more: send the first as an order of its own (Once)"
        if word not in ("S", "A"):
            sentence = "this priority is not read: send R, T, PRN, or S for a single dose"
        raise refused("priority", place, sentence, NOT_IN_TABLE)


def _moment(segment: Segment, field: int, times: Times) -> str:
    value = segment.only(field)
    return times.moment(value, f"{segment.name}-{field}") if value else ""


def _cq(segment: Segment, field: int) -> Quantity | None:
    place = f"{segment.name}-{field}"
    if segment.count(field) > 1:
        raise refused("repeated", place, "this field stands once: send one value")
    return quantity_of(segment.text(field), segment.text(field, 2), place)


def _span(segment: Segment, field: int) -> Quantity | None:
    found = _cq(segment, field)
    if found is None:
        return None
    unit = UNITS.get(found[1].lower())
    if unit is None or found[0] <= 0:
        sentence = "a duration is a number and one of s, min, h, d, wk, mo"
        raise refused("duration", f"{segment.name}-{field}", sentence, NOT_IN_TABLE)
    return found[0], unit
