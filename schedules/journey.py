"""One version of a plan follows another: what becomes of every dose, and what is wrong with it.

Responsible for: the doses around a journey, and every reason why the new version must not come
into force just then: a gap, cap or spacing that would be broken, a plan day that would be lost, a
hole, a dose that is open. Not responsible for the new version itself (travel.py), nor for what
the controller asks when it comes (compare.py). As it was planned is how it is taken to be.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from schedules.compare import GAP_TOO_LONG, changes
from schedules.doses import doses
from schedules.limits import caps, counters, gap_s, spaced
from schedules.localtime import local, offset_s, zone_of
from schedules.model import DAY_S, Dose, Plan, Refusal, Regimen

NEAR_S = 4 * DAY_S  # how far from the asked instant another one is looked for
STEP_MIN = 5  # a time of day that is moved is moved by so many minutes
DAY_MIN = 1440


@dataclass(frozen=True)
class Journey:
    """Two versions and the doses around the instant at which the second comes into force."""

    old: Plan
    new: Plan
    at_s: int
    before: tuple[Dose, ...]  # of the old version, due by then: taken to be had
    after: tuple[Dose, ...]  # of the new version, due later, each for the first time
    again: tuple[Dose, ...]  # of the new version, due later: had already under that identity
    lost: tuple[Dose, ...]  # of the old version, due later: not in the new one any more
    reasons: tuple[Refusal, ...]


def is_elapsed(regimen: Regimen) -> bool:
    """Whether a regimen counts elapsed time."""
    return any(step.elapsed_s or any(t.every_s for t in step.takes) for step in regimen.steps)


def judged(old: Plan, new: Plan, at_s: int, leave_out: bool = False) -> Journey:
    """What becomes of every dose when `new` follows `old` at an instant, and what is wrong."""
    first, last = min(old.valid_from, new.valid_from), max(old.valid_until, new.valid_until)
    rows_of_old, rows_of_new = doses(old, first, last), doses(new, first, last)
    return _judged(old, new, rows_of_old, rows_of_new, at_s, leave_out)


def _judged(
    old: Plan, new: Plan, was: list[Dose], now: list[Dose], at_s: int, leave_out: bool
) -> Journey:
    before = tuple(d for d in was if d.due_at <= at_s)
    had = {d.dose_id for d in before}
    coming = [d for d in now if d.due_at > at_s]
    after = tuple(d for d in coming if d.dose_id not in had)
    ids = {d.dose_id for d in after}
    lost = tuple(
        d for d in was if d.due_at > at_s and d.dose_id not in ids and d.due_at < new.valid_until
    )
    again = tuple(d for d in coming if d.dose_id in had)
    journey = Journey(old, new, at_s, before, after, again, lost, ())
    if was == now:
        return journey  # home time: nothing moves
    reasons = [*_open(was, now, at_s), *_intervals(journey, was), *_gaps(journey)]
    reasons += [*_caps(journey), *_spaced(journey)]
    if not leave_out:
        reasons += _lost(journey)
    close = {one.place for one in reasons if one.code == "travel-gap"}
    reasons += [one for one in _holes(journey) if one.place not in close]
    return replace(journey, reasons=tuple(reasons))


def _open(was: list[Dose], now: list[Dose], at_s: int) -> list[Refusal]:
    """Nobody can say what becomes of a dose that may be had at that very instant."""
    for d in (*was, *now):
        if d.open_at <= at_s < d.close_at:
            sentence = f"the dose of {d.on_date.isoformat()} may be had just then"
            return [Refusal("travel-open-dose", d.regimen_id, sentence)]
    return []


def _intervals(journey: Journey, was: list[Dose]) -> list[Refusal]:
    """Elapsed time stays where it was, dose by dose, to the end of the shorter version."""
    found = []
    until = min(journey.old.valid_until, journey.new.valid_until)
    for regimen in journey.old.regimens:
        if not is_elapsed(regimen):
            continue
        old = {(d.dose_id, d.due_at) for d in was if d.regimen_id == regimen.id}
        old = {one for one in old if journey.at_s < one[1] < until}
        new = {(d.dose_id, d.due_at) for d in journey.after if d.regimen_id == regimen.id}
        if old != {one for one in new if one[1] < until}:
            sentence = "the doses of an interval would move: begin a new course by hand"
            found.append(Refusal("travel-interval", regimen.id, sentence))
    return found


def _gaps(journey: Journey) -> list[Refusal]:
    """The last dose of the old version and the first of the new one, per counter."""
    found = []
    shared = [(one.name, one.gap_s, one.regimens) for one in counters(journey.new)
              if not one.name.startswith("spacing ")]  # fmt: skip
    own = [(one.id, gap_s(one), (one.id,)) for one in journey.new.regimens if one.steps]
    for _, least_s, ids in [*own, *(one for one in shared if len(one[2]) > 1)]:
        pair = _pair(journey, ids)
        if pair is None:
            continue
        last, first = pair
        apart_s = first.due_at - last.due_at
        if apart_s < least_s:
            nearest = _nearest(journey, first, last.due_at + least_s)
            apart, least = hours_text(apart_s), hours_text(least_s)
            sentence = f"{apart} from the last dose to the first, {least} at least: {nearest}"
            found.append(Refusal("travel-gap", first.regimen_id, sentence))
    return found


def _pair(journey: Journey, ids: Iterable[str]) -> tuple[Dose, Dose] | None:
    last = [d for d in journey.before if d.regimen_id in ids]
    first = [d for d in journey.after if d.regimen_id in ids]
    return (last[-1], first[0]) if last and first else None


def _nearest(journey: Journey, first: Dose, least_s: int) -> str:
    """The nearest time that would do, and how to come to it, in words."""
    zone = zone_of(journey.new.zone)
    assert zone is not None
    later_s = -(-(least_s - first.due_at) // (STEP_MIN * 60)) * STEP_MIN * 60
    nearest = f"{local(zone, first.due_at + later_s):%a %d %b %H:%M} there would do"
    takes = [take for step in journey.new.regimen(first.regimen_id).steps for take in step.takes]
    if all(take.at for take in takes):
        last = max(minute for take in takes for minute in take.at)
        if last + later_s // 60 < DAY_MIN:
            return f"{nearest} (--later {first.regimen_id}={later_s // 60}min)"
    spare = hours_text(max(0, first.due_at - least_s + _shift_s(journey)))
    return (
        f"{nearest}; or home time (--keep home), or for some days a zone on the way, {spare} from "
        "here at the most"
    )


def _shift_s(journey: Journey) -> int:
    """By how much the new zone is ahead of the old one."""
    home, there = zone_of(journey.old.zone), zone_of(journey.new.zone)
    assert home is not None and there is not None
    return offset_s(there, journey.at_s) - offset_s(home, journey.at_s)


def _caps(journey: Journey) -> list[Refusal]:
    """Rolling maxima over the change, in elapsed time as the board counts them."""
    found = []
    limits: list[tuple[str, int, int, dict[str, int]]] = []
    for one in counters(journey.new):
        weights = {name: one.units_of(name, 1) for name in one.regimens}
        limits.append((one.regimens[0], one.cap, DAY_S, weights))
    for regimen in journey.new.regimens:
        limits.append((regimen.id, caps(regimen).per_24h, DAY_S, {regimen.id: 1}))
        limits.append((regimen.id, caps(regimen).per_7d, 7 * DAY_S, {regimen.id: 1}))
    said = set()
    for name, most, span_s, weights in limits:
        rows = [d for d in (*journey.before, *journey.after) if d.regimen_id in weights]
        near = [d for d in rows if abs(d.due_at - journey.at_s) < span_s] if most else []
        for d in near:
            some = [o for o in near if d.due_at - span_s < o.due_at <= d.due_at]
            total = sum(o.quarters * weights[o.regimen_id] for o in some)
            across = some and some[0].due_at <= journey.at_s < d.due_at
            if across and total > most and name not in said:
                said.add(name)
                sentence = f"more than the maximum within {hours_text(span_s)} around the change"
                found.append(Refusal("travel-cap", name, sentence))
    return found


def _spaced(journey: Journey) -> list[Refusal]:
    """A pair that is kept apart stays apart over the change too, window to window."""
    found = []
    for pair in journey.new.spacing:
        both = [one.id for one in spaced(journey.new, pair)]
        first = {one.id for one in journey.new.regimens if pair.first in one.ingredients}
        for was in (d for d in journey.before if d.regimen_id in both):
            for now in (d for d in journey.after if d.regimen_id in both):
                other = (was.regimen_id in first) != (now.regimen_id in first)
                if other and now.open_at - was.close_at < pair.gap_s:
                    sentence = (
                        f"{hours_text(pair.gap_s)} are asked between this and {was.regimen_id}"
                    )
                    found.append(Refusal("travel-spacing", now.regimen_id, sentence))
                    break
            else:
                continue
            break
    return found


def _lost(journey: Journey) -> list[Refusal]:
    found = []
    for name in sorted({d.regimen_id for d in journey.lost}):
        days = [f"{d.on_date.isoformat()} {d.key[1]}" for d in journey.lost if d.regimen_id == name]
        sentence = (
            f"left out: {', '.join(days[:3])}{' ...' if len(days) > 3 else ''}; "
            "say --leave-out where that is right"
        )
        found.append(Refusal("travel-left-out", name, sentence))
    return found


def _holes(journey: Journey) -> list[Refusal]:
    """More than one and a half intervals without a dose, by the comparison of versions itself."""
    ended = {d.dose_id: d.due_at for d in journey.before}
    fell = {d.regimen_id: d.due_at for d in journey.before}
    old = journey.old
    found = changes(old, journey.new, journey.at_s, old.valid_from, ended, fell)
    stays = changes(old, old, journey.at_s, old.valid_from, ended, fell)
    planned = {one.place for one in stays}  # a pause is no hole
    lost = {d.regimen_id for d in journey.lost}
    return [
        Refusal("travel-hole", one.place, one.sentence)
        for one in found
        if one.code == GAP_TOO_LONG
        and one.place not in planned
        and not (one.place in lost and "left out" in one.sentence)
    ]


def other_instants(journey: Journey, leave_out: bool) -> tuple[int | None, int | None]:
    """The nearest instants before and after at which nothing would be wrong; None: none near."""
    old, new = journey.old, journey.new
    first, last = journey.at_s - NEAR_S, journey.at_s + NEAR_S
    reach = min(old.valid_from, first - NEAR_S), max(old.valid_until, new.valid_until)
    was, now = doses(old, *reach), doses(new, *reach)
    tried = sorted({d.close_at for d in (*was, *now) if first <= d.close_at <= last})
    good = []
    for at_s in tried:
        inside = old.valid_from <= at_s < min(old.valid_until, new.valid_until)
        if inside and not _judged(old, new, was, now, at_s, leave_out).reasons:
            good.append(at_s)
    return (
        max((one for one in good if one < journey.at_s), default=None),
        min((one for one in good if one > journey.at_s), default=None),
    )


def hours_text(seconds: int) -> str:
    """16 h, or 10 h 30 min."""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h" + (f" {minutes} min" if minutes else "")
