"""The dosages of one order together: which begins when, and every taking of a stretch of time.

Responsible for: the sequence of dosages, and two takings at one instant, which are refused.
Not responsible for one course (cadence.py) or for FHIR (expand.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from schedules.cadence import Clock, Course, Moment, following, instants
from schedules.fhir_value import OrderRefused


@dataclass(frozen=True)
class Ordered:
    """One dosage of an order: how much of what, when, and the most of it in a sliding span."""

    line: int  # its place in the order
    sequence: int | None
    course: Course
    value: Fraction
    unit: str
    caps: tuple[tuple[int, Fraction], ...] = ()  # (seconds, most)


@dataclass(frozen=True)
class Taking:
    """So much of one dosage at one instant."""

    due_s: int
    order: Ordered


def takings(orders: list[Ordered], load: Moment, clock: Clock, lo: int, hi: int) -> list[Taking]:
    """Every taking in [lo, hi) of an order that is loaded at `load`, in order of time.

    The same sequence number is concurrent; the next begins when the longest of those before
    has ended. OrderRefused where the order contradicts itself.
    """
    found: list[Taking] = []
    groups, start = _groups(orders), load
    for place, group in enumerate(groups):
        starts = [_begin(one.course, start, first=place == 0) for one in group]
        for one, begin in zip(group, starts, strict=True):
            found += [Taking(at, one) for at in instants(one.course, begin, clock, lo, hi)]
        if place == len(groups) - 1:
            break
        ends = [following(one.course, at, clock) for one, at in zip(group, starts, strict=True)]
        if None in ends:
            why = "a step without an end is followed by another"
            raise OrderRefused("sequence-without-end", why)
        start = max((end for end in ends if end is not None), key=lambda end: end.at_s(clock.zone))
    found.sort(key=lambda one: (one.due_s, one.order.line))
    _check(found)
    return found


def _groups(orders: list[Ordered]) -> list[list[Ordered]]:
    numbers = [one.sequence for one in orders]
    if None in numbers and any(one is not None for one in numbers):
        raise OrderRefused("mixed-sequence", "some dosages have a place in the sequence, some not")
    return [
        [o for o in orders if o.sequence == n] for n in sorted(set(numbers), key=lambda n: n or 0)
    ]


def _begin(course: Course, start: Moment, *, first: bool) -> Moment:
    """Where a course begins: as it says, but a later step never before the one it follows.

    A start that has passed keeps its rhythm; an interval whose start has no time of day and
    has passed begins with the loading.
    """
    own = course.start
    if own is None:
        return start
    if course.cadence.every_s and not own.timed:
        if own.on_date > start.on_date:
            why = "an interval in hours whose start has no time of day: when is the first?"
            raise OrderRefused("interval-needs-time", why)
        return start
    if first:
        return own
    return max(own, start, key=lambda one: (one.on_date, one.minute))


def _check(found: list[Taking]) -> None:
    for before, after in pairwise(found):
        if before.due_s == after.due_s:
            raise OrderRefused("overlap", "two dosages fall due at one instant: one dose, or two?")
    for order in {id(one.order): one.order for one in found}.values():
        for span_s, most in order.caps:
            if _most((one for one in found if one.order.unit == order.unit), span_s) > most:
                why = "the planned doses are more than the maximum of the order"
                raise OrderRefused("plan-over-limit", why)


def _most(found: Iterable[Taking], span_s: int) -> Fraction:
    """The most that falls into any half-open stretch of `span_s` seconds."""
    window: list[Taking] = []
    total = most = Fraction(0)
    for one in found:
        window.append(one)
        total += one.order.value
        while one.due_s - window[0].due_s >= span_s:
            total -= window.pop(0).order.value
        most = max(most, total)
    return most
