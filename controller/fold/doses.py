"""How the life of a dose changes: opened, called, closed, settled.

Responsible for: steps that one dose takes by the clock or by a person.
Not responsible for whether an event may happen (controller/rules).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller import fallen, table
from controller.copies import replace
from controller.fold.base import Changes, step
from controller.state import KEEP_S, LOST, DoseLife, Release, State, with_dose
from schedules.model import DAY_S

LATEST_S: Final = 2 * DAY_S  # an outcome comes no later than this after its window


def _opened(s: State, e: ev.DoseOpened, at: int, head: str) -> State:
    assert e.dose_id not in s.doses, "a dose opens once"
    window = (e.open_at, e.due_at, e.warn_at, e.close_at)
    life = DoseLife(
        *(e.dose_id, e.regimen, e.quarters, *window),
        groups=e.groups,
        amounts=e.amounts,
        elsewhere=e.elsewhere,
    )
    kept = {k: d for k, d in s.doses.items() if d.is_open or _remembered_until(d) > at}
    kept[e.dose_id] = life
    # what is handed out ahead leaves the days until then to be opened
    opened = max(s.opened_s, min(e.due_at, at + DAY_S))
    return replace(s, doses=kept, opened_s=opened, releases=fallen.kept(s.releases, at))


def _remembered_until(d: DoseLife) -> int:
    """By its window: an outcome that a false time stamped is neither forgotten nor kept for it."""
    return KEEP_S + max(d.close_at, min(d.closed_at, d.close_at + LATEST_S))


def _granted(s: State, e: ev.AskedGranted, at: int, head: str) -> State:
    assert e.dose_id not in s.doses, "a grant opens one dose once"
    life = DoseLife(
        e.dose_id,
        e.regimen,
        e.quarters,
        e.open_at,
        e.open_at,
        e.close_at,
        e.close_at,
        asked=True,
        compartment=e.compartment,
        fell_due=True,
        groups=e.groups,
        amounts=e.amounts,
        elsewhere=e.elsewhere,
    )
    return replace(with_dose(s, life), asked_number=max(s.asked_number, e.number))


def _fell_due(s: State, e: ev.DoseFellDue, at: int, head: str) -> State:
    return with_dose(s, replace(s.doses[e.dose_id], fell_due=True))


def _warned(s: State, e: ev.DoseWarned, at: int, head: str) -> State:
    return with_dose(s, replace(s.doses[e.dose_id], warned=True))


def _presented(s: State, e: ev.Presented, at: int, head: str) -> State:
    for dose_id in e.doses:
        s = with_dose(s, replace(s.doses[dose_id], presented_since=at, last_code=0, refused_at=0))
    return s


def _presentation_ended(s: State, e: ev.PresentationEnded, at: int, head: str) -> State:
    for dose_id in e.doses:
        life = s.doses[dose_id]
        total = life.presented_s + e.seconds
        s = with_dose(s, replace(life, presented_s=total, presented_since=0))
    return s


def _taken_late(s: State, e: ev.TakenLate, at: int, head: str) -> State:
    return with_dose(s, replace(s.doses[e.dose_id], taken_late_at=at))


def _closed(s: State, e: ev.DoseClosed, at: int, head: str) -> State:
    d = s.doses[e.dose_id]
    word = table.step_for(d.stage, e.outcome, e.how)
    assert d.elsewhere or word != "confirmed", "what the machine gives, the machine proves"
    assert not d.elsewhere or word != "by_hand", "it was never in a compartment"
    if e.how == LOST and d.stage == "open":  # what may have been given counts as given (R1)
        s = replace(s, releases=(*s.releases, _given(d, at)))
    return step(s, e.dose_id, word, how=e.how, by=e.by, closed_at=at, presented_since=0)


def _given_late(s: State, e: ev.GivenLate, at: int, head: str) -> State:
    d = s.doses[e.dose_id]
    assert d.stage in ("missed", "held") and not d.taken_late_at, "a dose is given late once"
    s = replace(s, releases=(*s.releases, _given(d, at)))
    return with_dose(s, replace(d, taken_late_at=at))


def _given(d: DoseLife, at: int) -> Release:
    """What left, and left at once: it counts from `at`."""
    return Release(at, d.regimen, d.quarters, d.dose_id, at, d.groups, d.amounts)


def _taking_said(s: State, e: ev.TakingSaid, at: int, head: str) -> State:
    d = s.doses[e.dose_id]
    assert d.elsewhere and not d.taken_late_at, "said once, of what no sensor knows"
    assert d.stage in ("open", "missed", "held", "skipped"), "what is settled is not said again"
    if e.word == "not-taken":
        return with_dose(s, replace(d, denied=True))
    s = replace(s, releases=(*s.releases, _given(d, e.taken_at)))
    late = 0 if d.is_open else e.taken_at  # the outcome stays; this is added to it
    return with_dose(s, replace(d, taken_late_at=late, denied=False))


def _last_taken(s: State, e: ev.LastTaken, at: int, head: str) -> State:
    if e.word == "never":
        return s
    taken = min(e.taken_at, at) if e.word == "at" else at
    return replace(
        s,
        releases=(
            *s.releases,
            Release(taken, e.regimen, e.quarters, "", taken, e.groups, e.amounts),
        ),
    )


def _settled(s: State, e: ev.DoseSettled, at: int, head: str) -> State:
    if e.outcome == "taken":  # its gap runs from now at the latest; else it waits for a lift
        releases = tuple(
            replace(r, lifted_at=at) if r.dose_id == e.dose_id and not r.lifted_at else r
            for r in s.releases
        )
        s = replace(s, releases=releases)
    return step(s, e.dose_id, f"settled_{e.outcome}", how=e.how, by=e.by)


CHANGES: Final[Changes] = {
    ev.DoseOpened: _opened,
    ev.AskedGranted: _granted,
    ev.DoseFellDue: _fell_due,
    ev.DoseWarned: _warned,
    ev.Presented: _presented,
    ev.PresentationEnded: _presentation_ended,
    ev.TakenLate: _taken_late,
    ev.DoseClosed: _closed,
    ev.DoseSettled: _settled,
    ev.LastTaken: _last_taken,
    ev.GivenLate: _given_late,
    ev.TakingSaid: _taking_said,
}
