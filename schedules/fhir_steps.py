"""The dosages of one FHIR order to the start and the steps of a regimen, or a refusal.

Responsible for: which dosages are concurrent, which follow, where each begins, and the proof
that a plan gives exactly the instants that `expand` tells. Not responsible for one dosage
(fhir_line.py) or for the medicine (fhir.py). A plan counts in minutes: seconds of a start are
left out.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from schedules.cadence import Cadence, Clock, Moment, end_s, following, instants
from schedules.courses import Ordered, begin_of, takings
from schedules.doses import doses
from schedules.fhir_line import Line, named_of, step_of, take_of
from schedules.fhir_value import OrderRefused
from schedules.model import DAY_S, Plan, Start, Step

PROOF_S = 400 * DAY_S  # as far as a plan can reach
MOST_TAKINGS = 20_000


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
        first = place == 0
        each = [begin_of(one, start, clock, first=first) for one, _ in group]
        begin = each[0]
        if any(other.at_s(clock.zone) != begin.at_s(clock.zone) for other in each):
            raise OrderRefused("not-yet", "concurrent dosages with different starts")
        if begin.fold:
            raise OrderRefused("not-yet", "a start in the second pass of a repeated hour")
        if begins is None:
            begins = begin
        elif begin.at_s(clock.zone) > start.at_s(clock.zone):
            found.append(_pause(begin))
        last = place == len(groups) - 1
        found.append(_step([line for _, line in group], begin, load, clock, last=last))
        if not last:
            ends = [following(line.course, begin, clock) for _, line in group]
            if None in ends:
                raise OrderRefused("sequence-without-end", "a step without an end is followed")
            known = [end for end in ends if end is not None]
            start = max(known, key=lambda end: end.at_s(clock.zone))
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
            bounds.append(replace(line.course, cadence=Cadence(), exact=False, start=None))
    if not bounds:
        return Step(tuple(takes))
    if len(set(bounds)) > 1 or (len(lines) > 1 and bounds[0].count):
        raise OrderRefused("not-yet", "concurrent dosages with different ends are not read yet")
    if len(bounds) < len(lines) and not last:
        raise OrderRefused("not-yet", "single instants beside others, and a step after them")
    return step_of(bounds[0], tuple(takes), clock.zone)


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
