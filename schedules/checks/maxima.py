"""Do the doses of this plan keep the maxima that the plan itself states?

Responsible for: maxima that several regimens share, the short night of spring, and cautions about
a maximum that equals the plan. Not responsible for the maximum of one regimen per dose, 24 h and
7 d: check.py and check_rows.py refuse a plan that breaks it, before any of this is asked.
"""

from collections.abc import Iterator

from schedules.canonical import quarters_text
from schedules.check_rows import most_planned
from schedules.checks.finding import ASK, NOTE, REFUSE, Case, Finding, pair
from schedules.limits import caps, counters, gone_s, planned_only
from schedules.localtime import offset_s, zone_of
from schedules.model import DAY_S, Dose


def check(case: Case) -> Iterator[Finding]:
    """Shared maxima first, then each regimen."""
    yield from _groups(case)
    yield from _short_nights(case)
    for regimen in case.plan.regimens:
        most, own = caps(regimen).per_24h, case.rows.get(regimen.id, [])
        if most and own and most_planned(case.plan, own, 2 * DAY_S) >= 2 * most:
            sentence = (
                "the maximum equals the plan: after a late dose the next one may have to wait"
            )
            todo = "leave room above what is planned, if the medicine allows it"
            yield Finding("limit-equals-plan", NOTE, regimen.id, sentence, todo)
        if regimen.last_taken.word == "unknown":
            sentence = "last taking unknown: counts as taken just now"
            todo = "say last_taken where somebody knows: the first dose may come sooner"
            yield Finding("last-taken-unknown", NOTE, regimen.id, sentence, todo)


def _short_nights(case: Case) -> Iterator[Finding]:
    """Shared with as-needed medicine, a maximum counts elapsed time: 23 hours are no day then.

    Where everything is planned, board and controller let the dose of that day through.
    """
    zone = zone_of(case.plan.zone)
    assert zone is not None
    for counter in counters(case.plan):
        eased = planned_only(case.plan, counter)
        own = [dose for name in counter.regimens for dose in case.rows.get(name, [])]
        own.sort(key=lambda dose: dose.due_at)
        first = total = 0
        for dose in own if counter.cap else []:
            total += counter.units_of(dose.regimen_id, dose.quarters)
            while _gone_s(case, eased, own[first]) <= dose.due_at:
                total -= counter.units_of(own[first].regimen_id, own[first].quarters)
                first += 1
            short = offset_s(zone, own[first].due_at) < offset_s(zone, dose.due_at)
            if total > counter.cap and short:
                sentence = (
                    f"on {dose.on_date.isoformat()} the clock goes forward: the maximum of 24 "
                    "hours is reached by then, and the machine will not give this dose in time"
                )
                todo = "leave room for it in the maximum, or plan that day otherwise"
                yield Finding("short-night", ASK, pair(counter.regimens), sentence, todo)
                break


def _gone_s(case: Case, eased: bool, dose: Dose) -> int:
    """When a planned dose counts no more."""
    return gone_s(case.plan.zone, dose.due_at) if eased else dose.due_at + DAY_S


def _groups(case: Case) -> Iterator[Finding]:
    """Planned doses of all that share an ingredient, against their common maximum in pieces."""
    for rule in case.plan.groups:
        users = [one for one in case.plan.regimens if rule.ingredient in one.ingredients]
        if not rule.max_per_24h or len(users) < 2:
            continue
        place = pair(one.id for one in users)
        shared = sorted(
            (dose for one in users for dose in case.rows.get(one.id, [])),
            key=lambda dose: dose.due_at,
        )
        planned = most_planned(case.plan, shared, DAY_S)
        asked = sum(caps(one).per_24h for one in users if one.as_needed is not None)
        limit = quarters_text(rule.max_per_24h)
        if planned > rule.max_per_24h:
            sentence = f"{quarters_text(planned)} pieces planned in 24 h, together {limit} at most"
            todo = "plan fewer, or correct the maximum of the group"
            yield Finding("group-over-limit", REFUSE, place, sentence, todo)
        elif planned + asked > rule.max_per_24h:
            sentence = f"planned and asked for together may reach the common maximum of {limit}"
            todo = "it holds: who has asked may have to wait, also for a planned dose"
            yield Finding("group-may-wait", NOTE, place, sentence, todo)
