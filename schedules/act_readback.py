"""An act on a regimen in plain English: what a person reads before signing or handing it over.

Responsible for: saying back a stop, hold or resume, and the planned doses it is about. Not
responsible for what a machine has loaded: the machine itself says that (controller.bring).
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from schedules.canonical import utc_text
from schedules.doses import doses
from schedules.halt import EVERY, Act
from schedules.localtime import local, zone_of
from schedules.model import DAY_S, LastTaken, Plan
from schedules.text.say import pieces, unit_of

DAYS = 3  # of planned doses that are listed
NEEDED = {"stop": 1, "hold": 1, "resume": 2}  # people who sign

WHAT_IT_DOES = {
    "stop": (
        "A dose of it that is offered now is skipped, unless the tray already turns for it.",
        "No later dose of it is given. What is asked for as needed is refused.",
        "Every compartment that holds it stays shut, also for other medicine that lies with it,",
        "until a person has emptied and filled it again.",
        "It goes on with a resume, or a later version of the plan: both are signed by two people.",
    ),
    "hold": (
        "A dose of it that is due is held back and told to the people who care.",
        "Every compartment that holds it stays shut, also for other medicine that lies with it.",
        "It goes on with a resume that two people sign, from where it lies, without loading.",
    ),
    "resume": (
        "Doses that fall due from then on are offered again. What was skipped or held stays so.",
        "Compartments that were on hold are given again; those of a stop must be emptied and",
        "filled first.",
        "The gap counts from when it was last taken, as said below.",
    ),
}


def read_back_act(act: Act, plan: Plan | None, signers: Sequence[str], now_s: int) -> str:
    """The act in sentences; with the plan also names, local times and the next doses."""
    zone = zone_of(plan.zone) if plan is not None else None
    until = _time(act.not_after, zone)
    lines = [
        f"{act.act.upper()} {_what(act, plan)}",
        f"for patient {act.patient} on device {act.device}, act number {act.number}.",
        *([f"Why: {act.reason}."] if act.reason else []),
        f"The machine takes it until {until}, once, as soon as it is handed over:",
        *(f"  {line}" for line in WHAT_IT_DOES[act.act]),
    ]
    if act.act == "resume":
        lines.append(_taken(act.last_taken, zone))
        lines += _hold_points(act, plan)
    lines += _next(act, plan, now_s)
    missing = NEEDED[act.act] - len(signers)
    lines.append(f"Signed by {', '.join(signers)}." if signers else "Signed by nobody yet.")
    if missing > 0:
        lines.append(f"It needs {'one more signature' if missing == 1 else 'two signatures'}.")
    return "\n".join(lines) + "\n"


def _what(act: Act, plan: Plan | None) -> str:
    if act.regimen == EVERY:
        return "every medicine of the plan"
    found = [one for one in plan.regimens if one.id == act.regimen] if plan is not None else []
    return f"{found[0].name} ({act.regimen})" if found else act.regimen


def _taken(last: LastTaken, zone: ZoneInfo | None) -> str:
    if last.word == "at":
        return f"Last taken {_time(last.at_s, zone)}."
    return "Never taken before." if last.word == "never" else "Last taken: unknown, counts as now."


def _hold_points(act: Act, plan: Plan | None) -> list[str]:
    """What two people look for before they let a step begin; a resume of all lets none begin."""
    regimens = plan.regimens if plan is not None else ()
    pairs = [(one.id, step.hold_point) for one in regimens for step in one.steps]
    words = dict.fromkeys((which, look_for) for which, look_for in pairs if look_for)
    if act.regimen == EVERY:
        sentence = "No step behind a hold point begins by it: that takes a resume of that medicine."
        return [sentence] if words else []
    return [
        f"It lets a step begin that is due when this is signed. Look first: {look_for}."
        for which, look_for in words
        if which == act.regimen
    ]


def _next(act: Act, plan: Plan | None, now_s: int) -> list[str]:
    """The planned doses of the days to come, in local time."""
    if plan is None:
        return []
    zone = zone_of(plan.zone)
    assert zone is not None
    named = {one.id: one for one in plan.regimens if act.regimen in (EVERY, one.id)}
    found = [d for d in doses(plan, now_s, now_s + DAYS * DAY_S) if d.regimen_id in named]
    lines = [f"Planned doses in the next {DAYS} days that it is about, {len(found)} in all:"]
    for dose in found:
        one = named[dose.regimen_id]
        at = f"{local(zone, dose.due_at):%a %d %b %H:%M %Z}"
        lines.append(f"  {at}  {pieces(dose.quarters, unit_of(one))} {one.name}")
    return lines


def _time(at_s: int, zone: ZoneInfo | None) -> str:
    return f"{local(zone, at_s):%a %d %b %Y %H:%M %Z}" if zone is not None else utc_text(at_s)
