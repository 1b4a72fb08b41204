"""Every reason to refuse a step or a take that its values show.

Responsible for: ends, day rules, times and doses of one step. Not responsible for steps against
each other (check_rows.py) or for a regimen as a whole (check.py).
"""

from schedules.model import MAX_QUARTERS, Refusal, Regimen, Step, Take

SHORTEST_EVERY_S = 30 * 60
MOST_TIMES = 48  # times of day in one step


def step_reasons(regimen: Regimen, step: Step, place: str, last: bool) -> list[Refusal]:
    """Reasons of one step; `last`: no other follows it."""
    found = []
    bounds = (step.length is not None or step.elapsed_s > 0) + (step.until is not None)
    if bounds > 1:
        found.append(Refusal("two-ends", place, "a step ends by for or by until, not by both"))
    single = bool(step.takes) and all(take.on for take in step.takes)
    if not (bounds or step.doses or single) and not last:
        sentence = "a step that does not end hides the steps after it"
        found.append(Refusal("sequence-without-end", place, sentence))
    if not step.takes and (not bounds or step.doses):
        sentence = "a step without takes is a pause and needs a length"
        found.append(Refusal("empty-step", place, sentence))
    if not step.takes and step.hold_point:
        sentence = "a pause needs no hold point: give it to the step that waits"
        found.append(Refusal("hold-point", f"{place}.hold_point", sentence))
    if sum(len(take.at) + len(take.when) for take in step.takes) > MOST_TIMES:
        found.append(Refusal("too-many", f"{place}.take", f"at most {MOST_TIMES} times a day"))
    if step.elapsed_s and regimen.start.minute is None:
        sentence = "a course of hours counts from a time of day: start: 2026-11-23T06:00"
        found.append(Refusal("interval-needs-time", place, sentence))
    intervals = sum(1 for take in step.takes if take.every_s)
    if intervals and len(step.takes) > 1:
        sentence = "an interval stands alone in its step, or two doses could meet"
        found.append(Refusal("interval-not-alone", f"{place}.take", sentence))
    if intervals and regimen.start.minute is None:
        sentence = "an interval counts from a time of day: start: 2026-11-23T06:00"
        found.append(Refusal("interval-needs-time", place, sentence))
    for index, take in enumerate(step.takes):
        found.extend(_take_reasons(regimen, take, f"{place}.take[{index}]"))
    return found


def _take_reasons(regimen: Regimen, take: Take, place: str) -> list[Refusal]:
    found = []
    if bool(take.at) + bool(take.when) + bool(take.every_s) + bool(take.on) != 1:
        sentence = "give exactly one of at, when, every, on, times"
        found.append(Refusal("one-timing", place, sentence))
    monthly = bool(take.days_of_month) or take.every_months > 0
    rules = bool(take.days) + bool(take.every_days) + monthly
    if rules > 1:
        sentence = "give at most one of days, every_days, day_of_month (with every_months)"
        found.append(Refusal("two-day-rules", place, sentence))
    if take.on:
        found.extend(_named_reasons(regimen, take, place))
    if take.every_weeks and not take.days:
        found.append(Refusal("weeks-without-days", place, "every_weeks needs days"))
    if take.every_s and (rules or take.every_weeks):
        sentence = "an interval is elapsed time and knows no days"
        found.append(Refusal("interval-with-days", place, sentence))
    if take.every_s and take.every_s < SHORTEST_EVERY_S:
        found.append(Refusal("interval-too-short", f"{place}.every", "at least every 30min"))
    if not 0 < take.quarters <= MAX_QUARTERS:
        found.append(Refusal("dose", f"{place}.dose", "at most 50 pieces"))
    most = regimen.limits.max_per_dose
    if most and take.quarters > most:
        sentence = "the dose is more than max_per_dose"
        found.append(Refusal("dose-over-limit", f"{place}.dose", sentence))
    return found


def _named_reasons(regimen: Regimen, take: Take, place: str) -> list[Refusal]:
    """Dates named one by one: no rule beside them, no cycle around them, none before the start."""
    found = []
    if take.days or take.every_days or take.every_weeks or take.days_of_month or take.every_months:
        sentence = "dates named one by one know no rule of days"
        found.append(Refusal("dates-with-days", place, sentence))
    if regimen.repeat_every is not None:
        sentence = "a cycle does not bring a date back"
        found.append(Refusal("dates-in-cycle", f"{place}.on", sentence))
    start = (regimen.start.on_date, regimen.start.minute or 0)
    if any((one.on_date, one.minute) < start for one in take.on):
        sentence = "a date lies before the start"
        found.append(Refusal("date-outside", f"{place}.on", sentence))
    return found
