"""The dosages of one FHIR order to the start and the steps of a regimen, or a refusal.

Responsible for: which dosages are concurrent, which follow, where each begins, and the proof
that a plan gives exactly the instants that `expand` tells. Not responsible for one dosage
(line.py) or for the medicine (regimens.py). A plan counts in minutes: seconds of a start are
left out.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from schedules.cadence import (
    FOREVER_S,
    Cadence,
    Clock,
    Course,
    Moment,
    end_s,
    following,
    instants,
    moment,
)
from schedules.courses import Ordered, begin_of, takings
from schedules.doses import doses
from schedules.fhir.line import Line, named_of, step_of, take_of
from schedules.fhir.value import OrderRefused
from schedules.model import DAY_S, Plan, Start, Step

PROOF_S = 400 * DAY_S  # as far as a plan can reach
MOST_TAKINGS = 20_000
OPEN = -(-FOREVER_S // 60)  # the minute in which nothing ends


@dataclass(frozen=True)
class Steps:
    """Where a regimen begins, and what follows what."""

    start: Start
    steps: tuple[Step, ...]


def steps_of(orders: list[Ordered], lines: list[Line], load: Moment, clock: Clock) -> Steps:
    """The steps of an order that is loaded at `load`; OrderRefused where a plan has none such."""
    found: list[Step] = []
    begins: Moment | None = None
    start, groups = load, _groups(orders, lines)
    for place, group in enumerate(groups):
        first, last = place == 0, place == len(groups) - 1
        lines_here = [line for _, line in group]
        each = [begin_of(one, start, clock, first=first) for one, _ in group]
        begin = min(each, key=lambda at: at.at_s(clock.zone))
        if any(one.fold for one in each):
            raise OrderRefused("not-yet", "a start in the second pass of a repeated hour")
        if begins is None:
            begins = begin
        elif begin.at_s(clock.zone) > start.at_s(clock.zone):
            found.append(_pause(begin))
        together = _together(lines_here, each, clock)
        if together:
            found.append(_step(lines_here, begin, load, clock, last=last))
        else:
            found += _split(lines_here, each, clock)
        if not last:
            ends = [
                following(line.course, at, clock) for line, at in zip(lines_here, each, strict=True)
            ]
            if None in ends:
                raise OrderRefused("sequence-without-end", "a step without an end is followed")
            known = [end for end in ends if end is not None]
            start = max(known, key=lambda end: end.at_s(clock.zone))
            over = max(_span(*one, clock)[1] for one in zip(lines_here, each, strict=True))
            if not together and start.at_s(clock.zone) > over * 60:
                found.append(_pause(start))
    assert begins is not None
    _check_over(lines, groups, begins, load, clock)
    return Steps(Start(begins.on_date, begins.minute if begins.timed else None), tuple(found))


def _groups(orders: list[Ordered], lines: list[Line]) -> list[list[tuple[Ordered, Line]]]:
    """Dosages of one place in the sequence, in its order."""
    numbers = [one.sequence for one in orders]
    if None in numbers and any(one is not None for one in numbers):
        raise OrderRefused("mixed-sequence", "some dosages have a place in the sequence, some not")
    both = list(zip(orders, lines, strict=True))
    return [
        [one for one in both if one[0].sequence == number]
        for number in sorted(set(numbers), key=lambda number: number or 0)
    ]


def _step(lines: list[Line], begin: Moment, load: Moment, clock: Clock, *, last: bool) -> Step:
    """Concurrent dosages as one step: they end together, or have single instants."""
    takes, bounds = [], []
    for line in lines:
        cadence = line.course.cadence
        if cadence.once or cadence.events:
            lo = max(begin.at_s(clock.zone), load.at_s(clock.zone))
            due = instants(line.course, begin, clock, lo, lo + PROOF_S * 10)
            if not due and (len(lines) > 1 or not last):
                raise OrderRefused("not-yet", "single instants that have passed, beside others")
            if not due:
                raise OrderRefused("ended", "the order ended before it was loaded")
            takes.append(named_of(due, line.quarters, clock.zone))
        else:
            takes.append(take_of(cadence, line.quarters, begin.on_date))
            bounds.append(_bounds(line))
    if not bounds:
        return Step(tuple(takes))
    if len(bounds) < len(lines) and not last:
        raise OrderRefused("not-yet", "single instants beside others, and a step after them")
    return step_of(bounds[0], tuple(takes), clock.zone)


def _bounds(line: Line) -> Course:
    return replace(line.course, cadence=Cadence(), exact=False, start=None)


def _single(line: Line) -> bool:
    return bool(line.course.cadence.once or line.course.cadence.events)


def _together(lines: list[Line], begins: list[Moment], clock: Clock) -> bool:
    """Whether concurrent dosages begin and end together, so that they are one step."""
    bounds = {_bounds(line) for line in lines if not _single(line)}
    counted = any(one.count for one in bounds)
    starts = {begin.at_s(clock.zone) for begin in begins}
    return len(starts) == 1 and len(bounds) < 2 and not (len(lines) > 1 and counted)


def _split(lines: list[Line], begins: list[Moment], clock: Clock) -> list[Step]:
    """Concurrent dosages with starts or ends of their own: a step between any two of those.

    A dosage that counts days from its start stands in one of them only, since its rhythm would
    shift with the step.
    """
    if any(_single(line) for line in lines):
        raise OrderRefused("not-yet", "single instants beside dosages with other bounds")
    spans = [_span(line, begin, clock) for line, begin in zip(lines, begins, strict=True)]
    edges = sorted({edge for span in spans for edge in span})
    found = []
    for lo, hi in pairwise(edges):
        takes = []
        for line, span in zip(lines, spans, strict=True):
            cadence = line.course.cadence
            if not (span[0] <= lo and hi <= span[1]):
                continue
            months = cadence.every_months
            if (cadence.every_s or cadence.every_days or cadence.every_weeks or months) and (
                span != (lo, hi)
            ):
                raise OrderRefused("not-yet", "a rhythm that goes on past another dosage's bounds")
            takes.append(take_of(cadence, line.quarters, moment(clock.zone, lo * 60).on_date))
        until_s = None if hi == OPEN else hi * 60 - 1
        found.append(step_of(Course(Cadence(), until_s=until_s), tuple(takes), clock.zone))
    return found


def _span(line: Line, begin: Moment, clock: Clock) -> tuple[int, int]:
    """[first, last) minutes since 1970 of a course: to its last dose, where it is counted."""
    course, at_s = line.course, begin.at_s(clock.zone)
    end = end_s(course, begin, clock.zone)
    if course.count:
        due = instants(course, begin, clock, at_s, at_s + PROOF_S * 10)
        if len(due) == course.count:
            end = due[-1] + 1
    return at_s // 60, -(-end // 60)


def _pause(begin: Moment) -> Step:
    """Nothing, until a later step begins at its own start."""
    if begin.minute:
        return Step((), until=begin.on_date, until_minute=begin.minute - 1)
    return Step((), until=begin.on_date - timedelta(days=1))


def _check_over(
    lines: list[Line],
    groups: list[list[tuple[Ordered, Line]]],
    begins: Moment,
    load: Moment,
    clock: Clock,
) -> None:
    """Refuses an order of one step that ended before it was loaded."""
    now = load.at_s(clock.zone)
    if len(groups) == 1 and all(end_s(one.course, begins, clock.zone) <= now for one in lines):
        raise OrderRefused("ended", "the order ended before it was loaded")


def ordered_of(lines: list[Line], numbers: list[int | None]) -> list[Ordered]:
    """The dosages as `expand` reads them, without the limits that a plan judges itself."""
    return [
        Ordered(index, number, line.course, Fraction(line.quarters, 4), line.unit)
        for index, (line, number) in enumerate(zip(lines, numbers, strict=True))
    ]


def check_same(plan: Plan, orders: list[Ordered], load: Moment, clock: Clock) -> None:
    """Refuses an order whose plan would not give exactly the doses that `expand` tells.

    `plan` holds the order's regimen and no other.
    """
    lo, hi = plan.valid_from, plan.valid_until
    told = takings(orders, load, clock, lo, hi, MOST_TAKINGS)
    wanted = sorted((one.due_s // 60, int(one.order.value * 4)) for one in told)
    given = sorted((dose.due_at // 60, dose.quarters) for dose in doses(plan, lo, hi))
    if wanted != given:
        raise OrderRefused("not-yet", "a plan would not give exactly the doses of this order")
