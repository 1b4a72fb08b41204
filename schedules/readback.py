"""A plan in plain words, and the calendar of its doses: what two people sign.

Responsible for: how the sentences of a plan are laid out on paper, and its doses day by day with
totals. Not responsible for the sentences (text/say_plan.py), for words (text/say_en.py,
text/say_de.py) or for machines (canonical.py).
"""

from collections import Counter as Tally
from datetime import date, timedelta

from schedules.doses import doses
from schedules.limits import caps
from schedules.localtime import instant, local, zone_of
from schedules.model import UNITS, Plan, Regimen, Take
from schedules.text import say, say_plan
from schedules.text.say import LANGUAGES as LANGUAGES
from schedules.text.say import elapsed
from schedules.text.say import pieces as pieces
from schedules.text.say_plan import regimen_lines as regimen_lines

CALENDAR_DAYS = 14
length = elapsed  # the name by which other exports know it


def read_back(plan: Plan, language: str = "en") -> str:
    """Every rule of the plan in sentences."""
    lines = say_plan.plan_lines(plan, language)
    for number, regimen in enumerate(plan.regimens, 1):
        lines += ["", say_plan.heading(regimen, number, language)]
        lines += [f"   {line}" for line in regimen_lines(plan, regimen, language)]
    shared = say_plan.shared_lines(plan, language)
    return "\n".join([*lines, *([""] if shared else []), *shared]) + "\n"


def take_text(plan: Plan, take: Take, form: str, language: str = "en") -> str:
    """One take of a plan in words, with the times of its clock."""
    return say.take(take, UNITS.get(form, form), language, dict(plan.clock))


def calendar(
    plan: Plan, first: date | None = None, days: int = CALENDAR_DAYS, language: str = "en"
) -> str:
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
        amount = say.dose(dose.quarters, say.unit_of(regimen), language)
        rounds.setdefault(dose.due_at, []).append(f"{amount} {regimen.name}")
        total[dose.regimen_id] += dose.quarters
    for due_at, what in rounds.items():
        at = local(zone, due_at)
        text = say.short_day(at.date(), language)
        lines.append(f"{text if at.date() != shown else ' ' * len(text)}  {at:%H:%M %Z}  "
                     f"{' + '.join(what)}")  # fmt: skip
        shown = at.date()
    lines.append("")
    key = "in-day" if days == 1 else "in-days"
    span = say.phrase(language, key, n=days)
    lines += [_total(one, total[one.id], span, language) for one in plan.regimens]
    if not found:
        lines.append(say.phrase(language, "no-dose", days=span, date=say.day(first, language)))
    return "\n".join(lines) + "\n"


def _total(regimen: Regimen, quarters: int, days: str, language: str) -> str:
    unit = say.unit_of(regimen)
    if regimen.as_needed is not None:
        most = pieces(caps(regimen).per_24h, unit, language)
        return say.phrase(language, "total.asked", name=regimen.name, most=most)
    if not quarters:
        return say.phrase(language, "total.none", name=regimen.name, days=days)
    amount = pieces(quarters, unit, language)
    return say.phrase(language, "total", amount=amount, name=regimen.name, days=days)
