"""Which timing drives an HL7 order, and the older way to say one (data type TQ).

Responsible for: the places where timing may stand, that all of them say the same, and the order of
several lines. Not responsible for what one line means (timing.py).

Sources: HL7 v2.5.1 chapter 4 (ORC-7, RXE-1, data type TQ; TQ1-12, table 0472).
"""

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from fractions import Fraction

from schedules.hl7v2.message import MISSING, NOT_IN_TABLE, Segment
from schedules.hl7v2.pattern import Pattern, refused
from schedules.hl7v2.stamp import Quantity, Times, quantity_of, time_of, total_of
from schedules.hl7v2.timing import TimingLine, line_of

_OLD_UNITS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}


def driving(
    orc: Segment, before: Sequence[Segment], rxe: Segment, after: Sequence[Segment], times: Times
) -> list[TimingLine]:
    """The timing that drives: TQ1 after RXE, else before it, else the older fields.

    Whatever is said a second time must say the same (integration guides differ on which of
    them a sender fills): what differs is refused, because nobody knows which was meant.
    """
    said = [
        ("TQ1 after RXE", [line_of(one, times) for one in after if one.name == "TQ1"]),
        ("TQ1 before RXE", [line_of(one, times) for one in before if one.name == "TQ1"]),
        ("RXE-1", old_lines(rxe, 1, times)),
        ("ORC-7", old_lines(orc, 7, times)),
    ]
    stated = [(where, lines) for where, lines in said if lines]
    if not stated:
        raise refused("no-timing", "TQ1", "nothing says when: send a TQ1 after RXE", MISSING)
    first, found = stated[0]
    for where, lines in stated[1:]:
        if len(lines) != len(found):
            differs = "number of lines"
        else:
            pairs = zip(found, lines, strict=True)
            differs = next((word for one in pairs if (word := contradicts(*one))), "")
        if differs:
            sentence = f"{first} and {where} differ ({differs}): send the timing once, after RXE"
            raise refused("timing-twice", "TQ1", sentence)
    return found


def places_of(lines: list[TimingLine]) -> list[int]:
    """Places in the sequence: S: the next one follows; A: the next one runs beside it."""
    places = [1]
    for line in lines[:-1]:
        if line.conjunction not in ("S", "A"):
            sentence = "several timings: TQ1-12 says S (then) or A (beside) on all but the last"
            raise refused("conjunction", "TQ1-12", sentence, NOT_IN_TABLE)
        places.append(places[-1] + (line.conjunction == "S"))
    if lines[-1].conjunction:
        sentence = "TQ1-12 says that another timing follows, and none does: was it cut off?"
        raise refused("conjunction", "TQ1-12", sentence)
    return places


def old_lines(segment: Segment, field: int, times: Times) -> list[TimingLine]:
    """The TQ data type of ORC-7 or RXE-1, one line for each repetition."""
    return [_old_line(segment, field, again, times) for again in range(segment.count(field))]


def _old_line(segment: Segment, field: int, again: int, times: Times) -> TimingLine:
    place = f"{segment.name}-{field}"

    def said(component: int, sub: int = 1) -> str:
        return segment.text(field, component, sub, again)

    if said(10):
        raise refused("order-sequence", place, "one order that waits for another is not read")
    code = times.patterns.get(said(2), said(2)).upper()
    patterns = (Pattern(code, place=place),) if code else ()
    explicit = [one for one in said(2, 2).split(",") if one]
    start, end = said(4), said(5)
    total = said(12)
    duration = _old_duration(said(3), place)
    if isinstance(duration, int):  # X5: five times
        if total and total != str(duration):
            raise refused("two-ends", place, "the number of times is said twice and differs")
        total, duration = str(duration), None
    return TimingLine(
        quantity=quantity_of(said(1), said(1, 2), place),
        patterns=patterns,
        times=tuple(time_of(one.strip(), place) for one in explicit),
        duration=duration,
        start=times.moment(start, place) if start else "",
        end=times.moment(end, place) if end else "",
        priority=(said(6).upper(),) if said(6) else (),
        condition=said(7),
        text=said(8),
        conjunction=said(9).upper(),
        occurrence=quantity_of(said(11), said(11, 2), place),
        total=total_of(total, place),
    )


def _old_duration(value: str, place: str) -> Quantity | int | None:
    """D10: ten days; X5: five times; INDEF or nothing: no end."""
    # HL70335: a code that was sent as CE, `^BID^HL70335`; no duration begins so
    if value.upper() in ("", "INDEF", "HL70335"):
        return None
    match = re.fullmatch(r"([SMHDWLX])([0-9]{1,4})", value.upper())
    if match is None or not int(match[2]):
        sentence = "a duration is D10, W2, H36, L3, M90, S600 or X5"
        raise refused("duration", place, sentence, NOT_IN_TABLE)
    if match[1] == "X":
        return int(match[2])
    return Fraction(int(match[2])), _OLD_UNITS[match[1]]


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
