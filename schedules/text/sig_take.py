"""One dose with its timing phrases to takes of a plan file, or why that has no one reading.

Responsible for: how often, at what times, on which days. Not responsible for sentences with
several doses, limits or as-needed rules (sig.py).
"""

from dataclasses import dataclass, field

from schedules.schema import Document
from schedules.text.sig_match import Phrase
from schedules.text.sig_token import TextRefused

# Site policy where an instruction gives no times (CLINICAL-SPEC, default clock).
USUAL_TIMES = {
    1: ["08:00"],
    2: ["08:00", "20:00"],
    3: ["08:00", "14:00", "20:00"],
    4: ["08:00", "12:00", "16:00", "20:00"],
}
MEALS = {1: ["breakfast"], 2: ["breakfast", "dinner"], 3: ["breakfast", "lunch", "dinner"]}
MEAL_OF = {"morning": "breakfast", "noon": "lunch", "lunch": "lunch", "evening": "dinner"}
PLACES = ("morning", "noon", "evening", "night")
NEAR_MIN = 30
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

TIMING = {
    "times", "daily", "per-day", "weekly", "times-a-week", "day", "every-day-named",
    "every-n-days", "every-n-weeks", "interval", "part", "meal", "meal-near", "meal-off",
    "meal-at", "food", "food-near", "food-off", "each-meal", "clock", "meal-hours",
    "times-every-weeks", "day-of-month", "times-a-month", "of-month", "of-months",
    "times-every-months",
}  # fmt: skip
ANCHORS = ("part", "meal", "meal-near", "meal-off", "meal-at", "meal-hours")
MONTHS = ("times-a-month", "of-month", "of-months", "times-every-months")
DAY_RULES = {
    "weekly", "times-a-week", "day", "every-day-named", "every-n-days", "every-n-weeks",
    "times-every-weeks", "day-of-month", *MONTHS,
}  # fmt: skip


@dataclass
class Group:
    """One dose and the phrases that say when."""

    quarters: int = 0
    scheme: tuple[int, ...] = ()
    timing: list[Phrase] = field(default_factory=list)
    words: str = ""

    def of(self, *kinds: str) -> list[Phrase]:
        """Its timing phrases of these kinds."""
        return [one for one in self.timing if one.kind in kinds]


def takes(group: Group, assumed: list[str]) -> list[dict[str, Document]]:
    """The takes of a plan file; what is not in the words is said in `assumed`."""
    if group.of("interval"):
        return [_interval(group)]
    rule, daily_count = _days(group), _count(group, assumed)
    if rule and (group.of("daily", "per-day") or ("every_days" in rule and daily_count == 1)):
        why = "daily, and yet not every day?"
        raise TextRefused("two-timings", group.words, why)
    found: list[dict[str, Document]] = []
    for quarters, anchors, clocks in _times(group, daily_count, bool(rule), assumed):
        dose = _dose(quarters)
        if anchors:
            found.append({**dose, "when": list[Document](anchors), **rule})
        if clocks:
            found.append({**dose, "at": list[Document](clocks), **rule})
    return found


def quarters_text(quarters: int) -> str:
    """A quantity as a plan file writes it: 6 is 1.5."""
    return str(quarters // 4) + ("", ".25", ".5", ".75")[quarters % 4]


def _dose(quarters: int) -> dict[str, Document]:
    """The amount of a take; without one it is left out, and a plan can not be made of it."""
    return {"dose": quarters_text(quarters)} if quarters else {}


def _interval(group: Group) -> dict[str, Document]:
    if len(group.timing) > 1 or group.scheme:
        raise TextRefused("two-timings", group.words, "an interval, and something else about when")
    hours = _int(group.timing[0])
    if not 2 <= hours <= 168:
        raise TextRefused("implausible-number", group.words, "an interval of 2 to 168 hours")
    return {**_dose(group.quarters), "every": f"{hours}h"}


def _count(group: Group, assumed: list[str]) -> int:
    """How often on a day of taking; 0: not said."""
    found = group.of("times", "daily", "per-day")
    if len(found) > 1:
        raise TextRefused("two-timings", group.words, "it is said twice how often")
    if not found:
        return 0
    if found[0].kind == "per-day" and group.quarters > 4:
        why = "at once, or one at a time? write once a day, or how many times"
        raise TextRefused("per-day-total", group.words, why)
    if found[0].kind == "daily" and group.quarters > 4:
        assumed.append("the whole amount at once, once a day")
    count = _int(found[0]) if found[0].kind == "times" else 1
    if not 1 <= count <= 6:
        raise TextRefused("implausible-number", group.words, "so many times a day")
    return count


def _days(group: Group) -> dict[str, Document]:
    """The day rule of the takes; empty: every day."""
    if group.of("day-of-month", *MONTHS):
        return _month(group)
    named = group.of("day", "every-day-named")
    weeks, each = group.of("every-n-weeks"), group.of("every-n-days")
    weekly = group.of("weekly", "times-a-week", "times-every-weeks")
    if bool(named) + bool(each) > 1 or len(weeks) + len(each) + len(weekly) > 1:
        raise TextRefused("two-timings", group.words, "two rules for the days")
    if each:
        days = _int(each[0])
        if not 1 <= days <= 60:
            raise TextRefused("implausible-number", group.words, "so many days apart")
        return {"every_days": str(days)} if days > 1 else {}
    if (weeks or weekly) and not named:
        why = "on which day of the week? without one it could be taken daily"
        raise TextRefused("day-not-said", group.words, why)
    if not named:
        return {}
    if not weeks and not weekly and any(one.kind == "day" for one in named):
        why = "one Monday, or every Monday? write on Mondays, or every Monday"
        raise TextRefused("one-day-or-every", group.words, why)
    wanted = sorted({_int(one) for one in named})
    times = _int(weekly[0]) if weekly and weekly[0].values else 1 if weekly else len(wanted)
    if times != len(wanted) or len(wanted) != len(named):
        raise TextRefused("count-vs-times", group.words, "as many days are named as times a week")
    rule: dict[str, Document] = {"days": [WEEKDAYS[day] for day in wanted]}
    apart = (
        int([*weeks, *group.of("times-every-weeks")][0].values[-1])
        if weeks or (group.of("times-every-weeks"))
        else 1
    )
    if not 1 <= apart <= 26:
        raise TextRefused("implausible-number", group.words, "so many weeks apart")
    return {**rule, "every_weeks": str(apart)} if apart > 1 else rule


def _month(group: Group) -> dict[str, Document]:
    """Days of the month, which have to say that they come again."""
    days, often = group.of("day-of-month"), group.of(*MONTHS)
    others = DAY_RULES - {"day-of-month", *MONTHS}
    if len(often) > 1 or group.of(*others):
        raise TextRefused("two-timings", group.words, "two rules for the days")
    if not days:
        why = "on which day of the month? without one it could be taken daily"
        raise TextRefused("day-not-said", group.words, why)
    if not often:
        why = "once, or every month? write of every month"
        raise TextRefused("one-day-or-every", group.words, why)
    wanted = sorted({_int(one) for one in days})
    counted = often[0].kind in ("times-a-month", "times-every-months")
    if len(wanted) != len(days) or (counted and _int(often[0]) != len(wanted)):
        raise TextRefused("count-vs-times", group.words, "as many days are named as times a month")
    if wanted[0] < 1 or wanted[-1] > 28:
        raise TextRefused("day-of-month", group.words, "not every month has a day after the 28th")
    apart = int(often[0].values[-1]) if often[0].kind in ("of-months", "times-every-months") else 1
    if not 1 <= apart <= 24:
        raise TextRefused("implausible-number", group.words, "so many months apart")
    named = [str(day) for day in wanted]
    rule: dict[str, Document] = {"day_of_month": named[0] if len(named) == 1 else [*named]}
    return {**rule, "every_months": str(apart)} if apart > 1 else rule


def _times(
    group: Group, count: int, ruled: bool, assumed: list[str]
) -> list[tuple[int, list[str], list[str]]]:
    """(quarters, words of the day, times of the clock) for each dose of a day."""
    food = group.of("food", "food-near", "food-off", "each-meal")
    if len(food) > 1:
        raise TextRefused("two-timings", group.words, "food is named twice")
    if group.scheme:
        return _scheme(group, count, food, assumed)
    words = [_anchor(one, assumed) for one in group.of(*ANCHORS)]
    clocks = [_clock(one, assumed) for one in group.of("clock")]
    if len(set(words + clocks)) < len(words) + len(clocks):
        raise TextRefused("two-timings", group.words, "the same time is named twice")
    named = len(words) + len(clocks)
    if count and named and count != named:
        why = f"{count} times a day, and {named} times are named"
        raise TextRefused("count-vs-times", group.words, why)
    if not named:
        if food and food[0].kind == "each-meal":
            count = count or 3
        if not count and not ruled:
            raise TextRefused("how-often", group.words, "it is not said how often or when")
        count = count or 1
        if food:
            return [(group.quarters, _meals(count, food[0], assumed), [])]
        if count not in USUAL_TIMES:
            why = f"{count} times a day have no usual times here: name them"
            raise TextRefused("times-needed", group.words, why)
        clocks = USUAL_TIMES[count]
        assumed.append(f"times of day: {', '.join(clocks)}, as usual for {count} a day")
    elif food:
        if clocks:
            why = "a time of the clock and a meal: name the meal, or the time"
            raise TextRefused("meals-vs-times", group.words, why)
        words = [_at_meal(word, food[0], group, assumed) for word in words]
    return [(group.quarters, words, clocks)]


def _scheme(
    group: Group, count: int, food: list[Phrase], assumed: list[str]
) -> list[tuple[int, list[str], list[str]]]:
    if group.of(*ANCHORS, "clock"):
        raise TextRefused("two-timings", group.words, "a scheme, and something else about when")
    if count > 1 and count != sum(1 for one in group.scheme if one):
        raise TextRefused("count-vs-times", group.words, "the scheme has another number of doses")
    found: dict[int, list[str]] = {}
    for place, quarters in zip(PLACES, group.scheme, strict=False):
        if quarters:
            word = _at_meal(place, food[0], group, assumed) if food else place
            found.setdefault(quarters, []).append(word)
    assumed.append("places of the scheme: morning, noon, evening, night")
    return [(quarters, words, []) for quarters, words in found.items()]


def _anchor(phrase: Phrase, assumed: list[str]) -> str:
    """One word of the day as a plan file writes it."""
    if phrase.kind in ("part", "meal"):
        return str(phrase.values[0])
    if phrase.kind == "meal-off":
        return _offset(str(phrase.values[1]), int(phrase.values[0]) * int(phrase.values[2]))
    if phrase.kind == "meal-hours":
        hours, minutes, word, side = phrase.values
        return _offset(str(word), int(side) * (60 * int(hours) + int(minutes)))
    if phrase.kind == "meal-at":
        return _offset(str(phrase.values[0]), int(phrase.values[1]))
    assumed.append(f"before or after {phrase.values[0]}: {NEAR_MIN} minutes")
    return _offset(str(phrase.values[0]), NEAR_MIN * int(phrase.values[1]))


def _clock(phrase: Phrase, assumed: list[str]) -> str:
    minute, sure = map(int, phrase.values)
    shown = f"{minute // 60:02d}:{minute % 60:02d}"
    if not sure:
        assumed.append(f"{shown} is meant, not twelve hours later")
    return shown


def _food_offset(phrase: Phrase, assumed: list[str]) -> int:
    if phrase.kind == "food-off":
        return int(phrase.values[0]) * int(phrase.values[1])
    if phrase.kind == "food-near":
        assumed.append(f"before or after food: {NEAR_MIN} minutes")
        return NEAR_MIN * int(phrase.values[0])
    if phrase.kind == "each-meal" and phrase.values[0]:
        assumed.append(f"before or after each meal: {NEAR_MIN} minutes")
    return int(phrase.values[0])


def _meals(count: int, phrase: Phrase, assumed: list[str]) -> list[str]:
    if count not in MEALS or (phrase.kind == "each-meal" and count != 3):
        why = f"{count} times a day with three meals: name the times"
        raise TextRefused("meals-vs-times", "", why)
    offset = _food_offset(phrase, assumed)
    assumed.append(f"which meals: {', '.join(MEALS[count])}")
    return [_offset(meal, offset) for meal in MEALS[count]]


def _at_meal(word: str, phrase: Phrase, group: Group, assumed: list[str]) -> str:
    """The meal of a part of the day, for `in the morning with food`."""
    if word in ("breakfast", "dinner") and phrase.kind == "food":
        return word
    if word not in MEAL_OF or phrase.kind == "each-meal":
        raise TextRefused("meals-vs-times", group.words, f"no meal belongs to {word}")
    assumed.append(f"the meal of {word}: {MEAL_OF[word]}")
    return _offset(MEAL_OF[word], _food_offset(phrase, assumed))


def _offset(word: str, minutes: int) -> str:
    if not minutes:
        return word
    if abs(minutes) > 240:
        raise TextRefused("implausible-number", word, "so long before or after a meal")
    return f"{'before' if minutes < 0 else 'after'} {word} {abs(minutes)}min"


def _int(phrase: Phrase) -> int:
    return int(phrase.values[0])
