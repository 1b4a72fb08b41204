"""A plan in plain English, and the calendar of its doses: what two people sign.

Responsible for: saying back every rule of a plan and showing its doses day by day. Not
responsible for other languages or for machines (canonical.py).
"""

from collections import Counter as Tally
from datetime import date, timedelta

from schedules.canonical import plan_hash, quarters_text, utc_text
from schedules.check_rows import most_planned, rows
from schedules.doses import caps, counters, doses, gap_s
from schedules.localtime import instant, local, zone_of
from schedules.model import DAY_S, Plan, Regimen, Span, Step, Take

CALENDAR_DAYS = 14
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNITS = {"d": "day", "wk": "week", "mo": "month"}


def read_back(plan: Plan) -> str:
    """Every rule of the plan in sentences."""
    zone = zone_of(plan.zone)
    assert zone is not None
    first, last = local(zone, plan.valid_from), local(zone, plan.valid_until - 1)
    lines = [
        f"Plan {plan.plan_id}, version {plan.version}, for patient {plan.patient}",
        f"on device {plan.device}. Times are those of {plan.zone}.",
        f"Valid from {first:%a %d %b %Y %H:%M} to {last:%a %d %b %Y %H:%M}.",
        f"Follows the version with hash {plan.previous_hash[:16]}..."
        if plan.previous_hash
        else "The first version.",
        f"Hash {plan_hash(plan)[:16]}...",
    ]
    for number, regimen in enumerate(plan.regimens, 1):
        lines += ["", f"{number}. {regimen.name} ({regimen.strength}, {regimen.form})"]
        lines += [f"   {line}" for line in regimen_lines(plan, regimen)]
    shared = [one for one in counters(plan) if len(one.regimens) > 1]
    for one in shared:
        cap = f", at most {quarters_text(one.cap)} pieces in any 24 h" if one.cap else ""
        lines += ["", f"Shared by {', '.join(one.regimens)}: {one.name}:"]
        lines += [f"   at least {length(one.gap_s)} between any two{cap}"]
    return "\n".join(lines) + "\n"


def regimen_lines(plan: Plan, regimen: Regimen) -> list[str]:
    """One regimen in sentences, without its name."""
    lines = []
    asked = regimen.as_needed
    if asked is not None:
        lines.append(
            f"When needed for {asked.reason}: {pieces(asked.quarters, regimen.form)}, "
            f"at least {length(asked.min_gap_s)} apart, "
            f"at most {pieces(asked.max_quarters, regimen.form)} in any 24 h."
        )
    for index, step in enumerate(regimen.steps):
        lead = "" if len(regimen.steps) == 1 else "First: " if index == 0 else "Then: "
        takes = "; and ".join(take_text(plan, take, regimen.form) for take in step.takes)
        lines.append(f"{lead}{takes or 'nothing'}{_ends(step)}.")
    if regimen.repeat_every is not None:
        lines.append(f"This begins again every {_span(regimen.repeat_every)}.")
    start = regimen.start
    at = "" if start.minute is None else f" at {_hhmm(start.minute)}"
    lines.append(f"Starts {start.on_date:%a %d %b %Y}{at}. {_taken(regimen)}")
    window = regimen.window
    if asked is None:
        lines.append(
            f"May be had from {length(window.early_s)} before until {length(window.late_s)} after "
            f"the time; at least {length(gap_s(regimen))} between two."
        )
    limits = _limits(regimen)
    if limits:
        lines.append(f"Never more than {limits}.")
    content = ", ".join(regimen.ingredients)
    kept = f"one piece weighs {regimen.piece_mg} mg"
    if regimen.elsewhere:
        kept = "kept elsewhere: never released by the machine, confirmed by a person"
    lines.append(f"Contains {content}; {kept}.")
    if regimen.weekly_only:
        lines.append("Never twice within 6 d 12 h.")
    flags = [
        word
        for word, holds in (
            ("high alert", regimen.high_alert),
            ("time critical", regimen.time_critical),
            ("may be held", regimen.hold_possible),
        )
        if holds
    ]
    if flags:
        lines.append(f"{', '.join(flags).capitalize()}: alone in its compartment.")
    if regimen.relation is not None:
        verb = "Replaces" if regimen.relation.word == "replaces" else "Taken in addition to"
        lines.append(f"{verb} {regimen.relation.regimen_id}.")
    return lines


def take_text(plan: Plan, take: Take, form: str) -> str:
    """One take: how much, at what time, on which days."""
    clock = dict(plan.clock)
    if take.every_s:
        return f"{pieces(take.quarters, form)} every {length(take.every_s)}"
    if take.on:
        named = _and([f"{one.on_date:%a %d %b %Y} {_hhmm(one.minute)}" for one in take.on])
        return f"{pieces(take.quarters, form)} on {named}"
    times = [_hhmm(minute) for minute in take.at]
    for anchor in take.when:
        at = _hhmm((clock[anchor.word] + anchor.offset_min) % 1440)
        side = "before" if anchor.offset_min < 0 else "after"
        off = f"{abs(anchor.offset_min)} min {side} " if anchor.offset_min else ""
        times.append(f"{off}{anchor.word.replace('-', ' ')} ({at})")
    at = "" if take.when and take.when[0].offset_min else "at "
    return f"{pieces(take.quarters, form)} {at}{_and(times)} {_days(take)}"


def pieces(quarters: int, form: str) -> str:
    """A quantity in words: 1.5 tablets."""
    return f"{quarters_text(quarters)} {form}{'s' if quarters > 4 else ''}"


def length(seconds: int) -> str:
    """Elapsed time as people say it: 4 h, 90 min, 6 d 23 h 30 min."""
    parts = []
    for unit_s, word in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(seconds, unit_s)
        if word == "d" and count < 2:
            continue
        if count:
            parts.append(f"{count} {word}")
        seconds = rest
    return " ".join(parts) or "nothing"


def calendar(plan: Plan, first: date | None = None, days: int = CALENDAR_DAYS) -> str:
    """The doses of some days, one line per due instant, with totals per medicine."""
    zone = zone_of(plan.zone)
    assert zone is not None
    first = first or local(zone, plan.valid_from).date()
    last = first + timedelta(days=days)
    found = doses(plan, instant(zone, first, 0), instant(zone, last, 0))
    names = {one.id: one for one in plan.regimens}
    lines: list[str] = []
    shown: date | None = None
    total = Tally[str]()
    rounds: dict[int, list[str]] = {}
    for dose in found:
        regimen = names[dose.regimen_id]
        rounds.setdefault(dose.due_at, []).append(
            f"{pieces(dose.quarters, regimen.form)} {regimen.name}"
        )
        total[dose.regimen_id] += dose.quarters
    for due_at, what in rounds.items():
        at = local(zone, due_at)
        day = f"{at:%a %d %b}" if at.date() != shown else " " * 10
        shown = at.date()
        lines.append(f"{day}  {at:%H:%M %Z}  {' + '.join(what)}")
    lines.append("")
    for regimen_id, quarters in sorted(total.items()):
        regimen = names[regimen_id]
        lines.append(f"{pieces(quarters, regimen.form)} of {regimen.name} in {days} days")
    if not found:
        lines.append(f"no planned dose in {days} days from {first.isoformat()}")
    return "\n".join(lines) + "\n"


def cautions(plan: Plan) -> list[str]:
    """What is allowed but worth a second look, in sentences without names."""
    found = []
    compiled = rows(plan)
    for index, regimen in enumerate(plan.regimens):
        most, own = caps(regimen).per_24h, compiled.get(regimen.id, [])
        if most and own and most_planned(plan, own, 2 * DAY_S) >= 2 * most:
            found.append(
                f"regimens[{index}]: the maximum equals the plan: after a late dose the next one "
                "may have to wait"
            )
        if regimen.last_taken.word == "unknown":
            found.append(f"regimens[{index}]: last taking unknown: counts as taken just now")
    return found


def _days(take: Take) -> str:
    if take.every_days:
        return f"every {take.every_days} days"
    if take.days_of_month or take.every_months:
        days = _and([str(day) for day in take.days_of_month]) or "of its start"
        months = "month" if take.every_months < 2 else f"{take.every_months} months"
        return f"on day {days} of every {months}"
    if not take.days:
        return "every day"
    names = _and([_DAY_NAMES[day] for day in take.days])
    return f"on {names}" + (f" of every {take.every_weeks} weeks" if take.every_weeks else "")


def _ends(step: Step) -> str:
    found = []
    if step.length is not None:
        found.append(f"for {_span(step.length)}")
    if step.elapsed_s:
        found.append(f"for {length(step.elapsed_s)}")
    if step.until is not None:
        at = "" if step.until_minute is None else f" {_hhmm(step.until_minute)}"
        found.append(f"until {step.until:%a %d %b %Y}{at} included")
    if step.doses:
        found.append(f"{step.doses} times in all")
    waits = f"; not before two people have signed: {step.hold_point}" if step.hold_point else ""
    first = ", whichever comes first" if len(found) > 1 else ""
    return (f", {' or '.join(found)}{first}" if found else "") + waits


def _span(span: Span) -> str:
    return f"{span.count} {_UNITS[span.unit]}{'s' if span.count > 1 else ''}"


def _taken(regimen: Regimen) -> str:
    taken = regimen.last_taken
    if taken.word == "at":
        return f"Last taken {utc_text(taken.at_s)}."
    return "Never taken before." if taken.word == "never" else "Last taken: unknown, counts as now."


def _limits(regimen: Regimen) -> str:
    limit = regimen.limits
    parts = [
        f"{pieces(quarters, regimen.form)} {word}"
        for quarters, word in (
            (limit.max_per_dose, "at once"),
            (limit.max_per_24h, "in any 24 h"),
            (limit.max_per_7d, "in any 7 days"),
        )
        if quarters
    ]
    return _and(parts)


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
