"""Amounts, times, takes and steps in words of a language, by the published NHS rules.

Responsible for: phrases and their order: dose, how often, when, on which days, how long (source:
NHS England, dose to text translation: "once a day", "every 8 hours", steps joined by ", then ",
takes at the same time by ", and "). Not responsible for whole regimens (say_plan.py) or for the
words themselves (say_en.py, say_de.py).
"""

from collections.abc import Mapping
from datetime import date, datetime

from schedules.model import UNITS, Anchor, Regimen, Span, Step, Take
from schedules.text.say_de import WORDS as GERMAN
from schedules.text.say_en import WORDS as ENGLISH

LANGUAGES: dict[str, dict[str, str]] = {"en": ENGLISH, "de": GERMAN}
Clock = Mapping[str, int]  # minute of day by word; empty: times of words are not said


def phrase(language: str, key: str, **given: object) -> str:
    """One phrase of the language with its blanks filled; KeyError where it has none."""
    return LANGUAGES[language][key].format(**given)


def unit_of(regimen: Regimen) -> str:
    """What a dose of this regimen counts."""
    return regimen.unit or UNITS.get(regimen.form, regimen.form)


def number(quarters: int, language: str) -> str:
    """Quarters as a decimal number of the language: 1.5 or 1,5."""
    whole, part = divmod(quarters, 4)
    mark = LANGUAGES[language]["decimal"]
    return f"{whole}{('', f'{mark}25', f'{mark}5', f'{mark}75')[part]}"


def pieces(quarters: int, unit: str, language: str = "en") -> str:
    """An amount with a decimal number, for totals and limits: 2.5 tablets."""
    return f"{number(quarters, language)} {unit_word(unit, quarters > 4, language)}"


def dose(quarters: int, unit: str, language: str = "en") -> str:
    """An amount to take: half a tablet, 1½ tablets. No small decimal that a speck may turn."""
    whole, part = divmod(quarters, 4)
    if unit == "ml" or not part:
        return pieces(quarters, unit, language)
    if whole:
        return f"{whole}{' ¼½¾'[part]} {unit_word(unit, True, language)}"
    if part == 2:
        words = LANGUAGES[language].get(f"unit.{unit}.half")
        return words or f"½ {unit_word(unit, False, language)}"
    key = "quarter" if part == 1 else "three-quarters"
    return phrase(language, key, one=unit_word(unit, False, language))


def unit_word(unit: str, several: bool, language: str) -> str:
    """The unit of a dose; one that a plan brought along itself stays as it is written."""
    return LANGUAGES[language].get(f"unit.{unit}.{'many' if several else 'one'}", unit)


def elapsed(seconds: int, language: str = "en") -> str:
    """Elapsed time: 8 hours, 90 minutes, 6 days 12 hours."""
    parts = []
    if seconds % 3600 and seconds < 7200 and seconds % 60 == 0:
        return _counted(seconds // 60, "min", language)
    for unit_s, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(seconds, unit_s)
        if unit == "d" and count < 2:
            continue
        if count:
            parts.append(_counted(count, unit, language))
        seconds = rest
    return " ".join(parts) or _counted(0, "min", language)


def hours(seconds: int, language: str = "en") -> str:
    """Elapsed time that must not be taken for days of the calendar: 72 hours, never 3 days."""
    if seconds % 3600:
        return _counted(seconds // 60, "min", language)
    return _counted(seconds // 3600, "h", language)


def span(value: Span, language: str = "en") -> str:
    """A calendar length: 10 days, 1 week."""
    return _counted(value.count, value.unit, language)


def _counted(count: int, unit: str, language: str) -> str:
    return phrase(language, f"{unit}.{'one' if count == 1 else 'many'}", n=count)


def hhmm(minute: int) -> str:
    """A minute of the day: 08:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def day(on_date: date, language: str = "en") -> str:
    """A date in full: Monday 23 November 2026."""
    words = LANGUAGES[language]
    weekday, month = words[f"weekday.{on_date.weekday()}"], words[f"month.{on_date.month}"]
    return phrase(
        language, "date", weekday=weekday, day=on_date.day, month=month, year=on_date.year
    )


def short_day(on_date: date, language: str = "en") -> str:
    """A date in a calendar: Mon 23 Nov."""
    words = LANGUAGES[language]
    weekday, month = (
        words[f"weekday.short.{on_date.weekday()}"],
        words[f"month.short.{on_date.month}"],
    )
    return phrase(language, "date.short", weekday=weekday, day=on_date.day, month=month)


def moment(on_date: date, minute: int, language: str = "en") -> str:
    """A date and a time of day."""
    return phrase(language, "moment", date=day(on_date, language), time=hhmm(minute))


def moment_of(at: datetime, language: str = "en") -> str:
    """The same of a local instant, to the minute."""
    return moment(at.date(), at.hour * 60 + at.minute, language)


def joined(words: list[str], language: str = "en", last: str = "and") -> str:
    """Words with commas, and the last two with `and`."""
    if len(words) < 2:
        return "".join(words)
    comma, final = LANGUAGES[language]["comma"], LANGUAGES[language][last]
    return final.join([comma.join(words[:-1]), words[-1]])


def instruction(
    steps: tuple[Step, ...], unit: str, language: str = "en", clock: Clock | None = None
) -> str:
    """All steps in one sentence without its full stop."""
    return phrase(language, "then").join(step(one, unit, language, clock) for one in steps)


def step(one: Step, unit: str, language: str = "en", clock: Clock | None = None) -> str:
    """The takes of a step, and how long it goes on; its hold point is a sentence of its own."""
    takes = [take(each, unit, language, clock or {}) for each in one.takes]
    words = phrase(language, "concurrent").join(takes) or phrase(language, "nothing")
    ends = ends_of(one, language)
    if not ends:
        return words
    comma = phrase(language, "comma")
    first = f"{comma}{phrase(language, 'whichever')}" if len(ends) > 1 else ""
    gap = comma if len(ends) == 1 and one.doses else " "  # no number beside another
    if len(takes) > 1:
        gap = f"{comma}{phrase(language, 'whole')} "  # of all takes, not of the last alone
    return f"{words}{gap}{joined(ends, language, 'or')}{first}"


def ends_of(one: Step, language: str) -> list[str]:
    """The ends of a step, each in words."""
    found = []
    if one.length is not None:
        found.append(phrase(language, "for", span=span(one.length, language)))
    if one.elapsed_s:
        found.append(phrase(language, "for", span=hours(one.elapsed_s, language)))
    if one.until is not None and one.until_minute is None:
        found.append(phrase(language, "until-day", date=day(one.until, language)))
    elif one.until is not None and one.until_minute is not None:
        at = moment(one.until, one.until_minute, language)
        found.append(phrase(language, "until-moment", moment=at))
    if one.doses:
        key = f"in-all.{'one' if one.doses == 1 else 'many'}"
        found.append(phrase(language, key, n=one.doses))
    return found


def take(one: Take, unit: str, language: str = "en", clock: Clock | None = None) -> str:
    """One take: how much, how often, when, on which days."""
    amount = dose(one.quarters, unit, language)
    if one.every_s:
        return f"{amount} {phrase(language, 'every', span=hours(one.every_s, language))}"
    if one.on:
        found = [moment(each.on_date, each.minute, language) for each in one.on]
        return f"{amount} {phrase(language, 'once-on', moment=joined(found, language))}"
    words = joined([anchor(each, language, clock) for each in one.when], language)
    times = joined([hhmm(minute) for minute in one.at], language)
    at = phrase(language, "at-times", times=times) if times else ""
    parts = (amount, _often(one, language), words, _days(one, language), at)
    return " ".join(part for part in parts if part)


def _often(one: Take, language: str) -> str:
    """once a day, 3 times a week, once every 2 weeks, every 2 days."""
    times = len(one.at) + len(one.when)
    if one.every_days and times == 1:
        return phrase(language, "every-days", n=one.every_days)
    if one.days and times == 1:
        name, count = ("weeks" if one.every_weeks else "week"), len(one.days)
    elif (one.days_of_month or one.every_months) and times == 1:
        name = "months" if one.every_months > 1 else "month.freq"
        count = len(one.days_of_month) or 1
    else:
        name, count = "day", times
    key = f"{name}.{count if count < 3 else 'n'}"
    return phrase(language, key, n=count, k=one.every_weeks or one.every_months)


def anchor(one: Anchor, language: str = "en", clock: Clock | None = None) -> str:
    """A word of the day, with its time where a clock is given: at breakfast (08:00)."""
    words = LANGUAGES[language][f"at.{one.word}"]
    if one.offset_min:
        key = "before" if one.offset_min < 0 else "after"
        off = elapsed(60 * abs(one.offset_min), language)
        words = phrase(language, key, span=off, word=LANGUAGES[language][f"by.{one.word}"])
    if not clock:
        return words
    at = hhmm((clock[one.word] + one.offset_min) % 1440)
    return phrase(language, "clock", words=words, time=at)


def _days(one: Take, language: str) -> str:
    """The day rule, as far as `how often` has not said it."""
    words, several = LANGUAGES[language], len(one.at) + len(one.when) > 1
    if one.every_days:
        return phrase(language, "every-days", n=one.every_days) if several else ""
    if one.days:
        if not several:
            names = joined([words[f"weekday.{each}"] for each in one.days], language)
            return phrase(language, "on-days", days=names)
        names = joined([words[f"days.{each}"] for each in one.days], language)
        if one.every_weeks:
            names = phrase(language, "of-weeks", days=names, k=one.every_weeks)
        return phrase(language, "each-days", days=names)
    if not one.days_of_month and not one.every_months:
        return ""
    on = words["month-day-of-start"]
    if one.days_of_month:
        named = [phrase(language, "month-day", n=each) for each in one.days_of_month]
        on = phrase(language, "on-month-days", days=joined(named, language))
    if not several:
        return on
    key = "of-months" if one.every_months > 1 else "of-month"
    return f"{on} {phrase(language, key, k=one.every_months)}"
