"""The dosages of one order together: which begins when, and every taking of a stretch of time.

Responsible for: the sequence of dosages, and two takings at one instant, which are refused.
Not responsible for one course (cadence.py) or for FHIR (expand.py).
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from schedules.cadence import MOST, SEARCH_S, Clock, Course, Moment, following, instants
from schedules.fhir.value import OrderRefused
from schedules.localtime import offset_s
from schedules.model import DAY_S


@dataclass(frozen=True)
class Ordered:
    """One dosage of an order: how much of what, when, and the most of it in a sliding span.

    `asked`: taken when needed. It plans nothing, and still has its place in the sequence.
    """

    line: int  # its place in the order
    sequence: int | None
    course: Course
    value: Fraction
    unit: str
    caps: tuple[tuple[int, Fraction], ...] = ()  # (seconds, most)
    gap_s: int = 0  # at least so long between two takings
    asked: bool = False


@dataclass(frozen=True)
class Taking:
    """So much of one dosage at one instant."""

    due_s: int
    order: Ordered


def takings(
    orders: list[Ordered], load: Moment, clock: Clock, lo: int, hi: int, most: int = MOST
) -> list[Taking]:
    """Every taking in [lo, hi) of an order that is loaded at `load`, in order of time.

    The same sequence number is concurrent; the next begins when the longest of those before
    has ended. OrderRefused where the order contradicts itself, or has more than `most`.
    """
    found: list[Taking] = []
    groups, start = _groups(orders), load
    if not all(one.course.ends for group in groups[:-1] for one in group):
        why = "a step without an end is followed by another"
        raise OrderRefused("sequence-without-end", why)
    for place, group in enumerate(groups):
        starts = [begin_of(one, start, clock, first=place == 0) for one in group]
        for one, begin in zip(group, starts, strict=True):
            due = instants(one.course, begin, clock, lo, hi, most) if not one.asked else []
            found += [Taking(at, one) for at in due]
            if len(found) > most:
                raise OrderRefused("too-many", "more doses than anybody could take")
        if place == len(groups) - 1 or start.at_s(clock.zone) > max(hi, lo + SEARCH_S):
            break
        ends = [following(one.course, at, clock) for one, at in zip(group, starts, strict=True)]
        if None in ends:
            why = "a step that is not over in ten years is followed by another"
            raise OrderRefused("sequence-without-end", why)
        start = max((end for end in ends if end is not None), key=lambda end: end.at_s(clock.zone))
    found.sort(key=lambda one: (one.due_s, one.order.line))
    _check(found, clock)
    return found


def _groups(orders: list[Ordered]) -> list[list[Ordered]]:
    numbers = [one.sequence for one in orders]
    if None in numbers and any(one is not None for one in numbers):
        raise OrderRefused("mixed-sequence", "some dosages have a place in the sequence, some not")
    return [
        [o for o in orders if o.sequence == n] for n in sorted(set(numbers), key=lambda n: n or 0)
    ]


def begin_of(one: Ordered, start: Moment, clock: Clock, *, first: bool) -> Moment:
    """Where a course begins: as it says, but a later step never before the one it follows.

    A start that has passed keeps its rhythm; an interval whose start has no time of day and
    has passed begins with the loading, unless it is counted.
    """
    course, own = one.course, one.course.start
    if course.cadence.every_s and (own is None or not own.timed):
        later = own is not None and own.on_date > start.on_date
        counted = own is not None and own.on_date < start.on_date and course.count
        if later or counted or not start.timed:
            why = "an interval in hours whose start has no time of day: when is the first?"
            raise OrderRefused("interval-needs-time", why)
        return start
    if own is None:
        return start
    if course.cadence.once and not own.timed and own.on_date == start.on_date:
        return start
    if first:
        if course.count and start.at_s(clock.zone) - own.at_s(clock.zone) > SEARCH_S:
            why = "a count that began more than ten years ago: is it over?"
            raise OrderRefused("bounds", why)
        return own
    return max(own, start, key=lambda at: at.at_s(clock.zone))


def _check(found: list[Taking], clock: Clock) -> None:
    gaps = [one.order.gap_s for one in found]
    for before, after in pairwise(found):
        if before.due_s == after.due_s:
            raise OrderRefused("overlap", "two dosages fall due at one instant: one dose, or two?")
    if found and (gap_s := max(gaps)):

        def held(at: Callable[[Taking], int]) -> bool:
            return all(at(after) - at(before) >= gap_s for before, after in pairwise(found))

        if not (held(_elapsed) or held(_by_the_wall(clock))):
            why = "the planned doses are closer than the order allows"
            raise OrderRefused("plan-over-limit", why)
    for order in {id(one.order): one.order for one in found}.values():
        alike = [one for one in found if one.order.unit == order.unit]
        for span_s, most in order.caps:
            over = _most(alike, span_s, _elapsed) > most
            # The short day of spring makes no daily dose two doses a day.
            if over and span_s % DAY_S == 0:
                over = _most(alike, span_s, _by_the_wall(clock)) > most
            if over:
                why = "the planned doses are more than the maximum of the order"
                raise OrderRefused("plan-over-limit", why)


def _elapsed(one: Taking) -> int:
    return one.due_s


def _by_the_wall(clock: Clock) -> Callable[[Taking], int]:
    return lambda one: one.due_s + offset_s(clock.zone, one.due_s)


def _most(found: Iterable[Taking], span_s: int, at: Callable[[Taking], int]) -> Fraction:
    """The most that falls into any half-open stretch of `span_s` seconds."""
    window: deque[Taking] = deque()
    total = most = Fraction(0)
    for one in found:
        window.append(one)
        total += one.order.value
        while at(one) - at(window[0]) >= span_s:
            total -= window.popleft().order.value
        most = max(most, total)
    return most
