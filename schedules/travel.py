"""A patient travels: the next version of a plan, in another zone or at home time.

Responsible for: the new version. Times of day go along with the patient or stay at home; elapsed
intervals stay where they are; identities stay what they were. Not responsible for what the
change does to the doses (journey.py), for words (travel_text.py) or files (command/travel.py).
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from schedules.canonical import file_form, plan_hash, typed
from schedules.check import LONGEST_S
from schedules.document import build
from schedules.journey import Journey, is_elapsed, judged
from schedules.localtime import instant, local, zone_of
from schedules.model import Plan, PlanRefused, Regimen, Start

HOME, SHIFT = "home", "shift"
DAY_MIN = 1440


def travel(
    old: Plan, to: str, at_s: int, keep: str, later: dict[str, int], leave_out: bool = False
) -> Journey:
    """The journey, with its reasons against it; PlanRefused where it cannot be written at all.

    `later`: minutes by which the times of a regimen are moved beside the change of zone;
    `leave_out`: the lost plan days are known and accepted.
    """
    zone = zone_of(to)
    if zone is None:
        raise PlanRefused("unknown-zone", "to", "this is not a time zone of the IANA list")
    if not old.valid_from <= at_s < old.valid_until:
        raise PlanRefused("travel-outside", "at", "the plan is not in force at that instant")
    unknown = set(later) - {one.id for one in old.regimens if one.steps}
    if unknown:
        raise PlanRefused("unknown-regimen", "later", "no planned regimen of this plan has this id")
    if keep == HOME and later:
        raise PlanRefused("travel-later", "later", "times that stay at home are not moved")
    if keep == SHIFT and to == old.zone and not later:
        raise PlanRefused("travel-nowhere", "to", "this is the zone of the plan already")
    new = next_version(old, zone if keep == SHIFT else None, to, at_s, later)
    return judged(old, new, at_s, leave_out)


def next_version(
    old: Plan, zone: ZoneInfo | None, to: str, at_s: int, later: dict[str, int]
) -> Plan:
    """The version that follows, read and judged like any plan; `zone` None: home time is kept."""
    new = replace(old, version=old.version + 1, previous_hash=plan_hash(old))
    if zone is not None:
        home = zone_of(old.zone)
        assert home is not None
        end = local(home, old.valid_until)
        until = instant(zone, end.date(), end.hour * 60 + end.minute)
        if not at_s < until <= old.valid_from + LONGEST_S:
            until = old.valid_until
        regimens = tuple(
            _moved(_anchored(one, home, zone, f"regimens[{index}]"), later.get(one.id, 0), index)
            for index, one in enumerate(old.regimens)
        )
        new = replace(new, zone=to, valid_until=until, regimens=regimens)
    return build(file_form(typed(new)))


def _anchored(regimen: Regimen, home: ZoneInfo, zone: ZoneInfo, place: str) -> Regimen:
    """Elapsed time knows no zones: its start is the same instant, as the new clock shows it."""
    if not is_elapsed(regimen):
        return regimen
    start = regimen.start
    assert start.minute is not None, "an interval counts from a time of day"
    at_s = instant(home, start.on_date, start.minute)
    shown = local(zone, at_s)
    minute = shown.hour * 60 + shown.minute
    if instant(zone, shown.date(), minute) != at_s:
        sentence = "its start falls into an hour that the new zone has twice: begin it anew by hand"
        raise PlanRefused("travel-interval", place, sentence)
    return replace(regimen, start=Start(shown.date(), minute))


def _moved(regimen: Regimen, minutes: int, index: int) -> Regimen:
    """The regimen with its times of day moved; each keeps its word, so its doses keep their ids."""
    if not minutes:
        return regimen
    place = f"regimens[{index}]"
    takes = [take for step in regimen.steps for take in step.takes]
    if any(not take.at for take in takes):
        sentence = "only times of day can be moved: give this regimen its times by hand"
        raise PlanRefused("travel-later", place, sentence)
    if any(not 0 <= minute + minutes < DAY_MIN for take in takes for minute in take.at):
        sentence = "moved so far, a dose would fall on another day: keep home time instead"
        raise PlanRefused("travel-later", place, sentence)
    words = dict(regimen.occasions)
    named = {}
    for minute in {minute for take in takes for minute in take.at}:
        was = _hhmm(minute)
        named[_hhmm(minute + minutes)] = words.get(was, was.replace(":", ""))
    steps = tuple(
        replace(
            step,
            takes=tuple(replace(t, at=tuple(m + minutes for m in t.at)) for t in step.takes),
        )
        for step in regimen.steps
    )
    return replace(regimen, steps=steps, occasions=tuple(sorted(named.items())))


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
