"""A journey in plain words: every dose around it on both clocks, and what to look at.

Responsible for: the preview that a pharmacist reads before two people sign. Not responsible for
what is right or wrong with the journey (travel.py).
"""

from zoneinfo import ZoneInfo

from schedules.journey import Journey, hours_text, is_elapsed
from schedules.localtime import local, offset_s, zone_of
from schedules.model import DAY_S, Dose, Plan
from schedules.readback import pieces

DAYS = 2  # on either side of the change


def preview(journey: Journey, to: str, days: int = DAYS) -> str:
    """The journey; `to`: the zone of the place, not that of the plan where home time is kept."""
    old, new = journey.old, journey.new
    home, there = _zone(old.zone), _zone(to)
    kept = new.zone == old.zone
    shift_s = offset_s(there, journey.at_s) - offset_s(home, journey.at_s)
    way = "home time is kept" if kept else "the times of day go along"
    lines = [
        f"version {old.version} -> {new.version}, patient {new.patient}: {way}",
        f"from {_both(journey.at_s, home, there)}; there the clock is "
        f"{hours_text(abs(shift_s))} {'ahead' if shift_s >= 0 else 'behind'}",
        "",
        f"{'':2}{'':14}{old.zone:<20}{to:<20}since the last",
    ]
    near = days * DAY_S
    before = [d for d in journey.before if d.due_at > journey.at_s - near]
    after = [d for d in journey.after if d.due_at <= journey.at_s + near]
    last = {d.regimen_id: d.due_at for d in journey.before if d not in before}
    for plan, rows, word in ((old, before, "before"), (new, after, "after")):
        for d in rows:
            apart = d.due_at - last[d.regimen_id] if d.regimen_id in last else 0
            last[d.regimen_id] = d.due_at
            lines.append(_row(plan, d, word, home, there, apart))
        if word == "before":
            lines.append(f"--{_both(journey.at_s, home, there)}: the new version")
    lines += ["", *_notes(journey, kept, shift_s, there)]
    return "\n".join(lines).rstrip() + "\n"


def _row(plan: Plan, d: Dose, word: str, home: ZoneInfo, there: ZoneInfo, apart_s: int) -> str:
    regimen = plan.regimen(d.regimen_id)
    since = hours_text(apart_s) if apart_s else ""
    what = f"{pieces(d.quarters, regimen.unit or regimen.form)} {regimen.id}"
    one, two = (f"{local(zone, d.due_at):%a %d %b %H:%M}" for zone in (home, there))
    return f"  {word:<8}{d.on_date:%d %b}{'':<1}{one:<20}{two:<20}{since:<16}{what}".rstrip()


def _notes(journey: Journey, kept: bool, shift_s: int, there: ZoneInfo) -> list[str]:
    """What a person should look at."""
    new = journey.new
    found = []
    for d in journey.again:
        found.append(
            f"had already, not given again: {d.regimen_id} of {d.on_date:%d %b}, {d.key[1]}"
        )
    for d in journey.lost:
        found.append(f"left out: {_name(d)}")
    for regimen in new.regimens:
        if regimen.time_critical and not kept and not is_elapsed(regimen):
            by = hours_text(abs(shift_s))
            found.append(
                f"time critical: {regimen.id} moves by {by} at once: ask who prescribed it"
            )
        if is_elapsed(regimen):
            found.append(f"elapsed time: {regimen.id} goes on as it was, whatever the clock shows")
        if regimen.as_needed is not None:
            found.append(f"when needed: {regimen.id} keeps its gap and its maximum, counted on")
    if kept:
        clock = dict(new.clock)
        night = [d for d in journey.after[:50] if _at_night(d, there, clock)]
        names = sorted({d.regimen_id for d in night})
        if names:
            found.append(f"in the night there: {', '.join(names)}")
        found.append("no dose moves; the machine goes on showing home time")
    if journey.again or journey.lost:
        found.append("at the machine a person is asked about these, once")
    return [f"* {line}" for line in found]


def _name(d: Dose) -> str:
    return f"{d.regimen_id} of {d.on_date:%d %b}, {d.key[1]}"


def _at_night(d: Dose, there: ZoneInfo, clock: dict[str, int]) -> bool:
    at = local(there, d.due_at)
    return not clock["wake"] <= at.hour * 60 + at.minute <= clock["bed"]


def _both(at_s: int, home: ZoneInfo, there: ZoneInfo) -> str:
    return f"{local(home, at_s):%a %d %b %Y %H:%M} ({local(there, at_s):%a %d %b %H:%M} there)"


def _zone(name: str) -> ZoneInfo:
    zone = zone_of(name)
    assert zone is not None
    return zone
