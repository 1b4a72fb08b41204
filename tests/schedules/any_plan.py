"""Plans that chance writes: every word of the plan file, in any zone, in any year.

Responsible for: documents (strings, lists, mappings, as a file holds them) drawn from a seed, with
a liking for the nights on which a clock changes. Not responsible for what they mean: some
are refused, and that is said by the code under test alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.zones.skies import zone_names

FIRST, LAST = date(2024, 1, 1), date(2037, 12, 31)
NIGHTS = ("2026-03-29", "2026-10-25", "2027-03-14", "2027-11-07", "2030-04-07", "2036-09-28")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIMES = ("00:00", "00:30", "01:30", "02:00", "02:15", "02:30", "03:00", "23:30", "23:59")
WORDS = (
    "wake", "breakfast", "lunch", "dinner", "bed", "before breakfast", "after dinner 45min",
    "before wake 90min", "after bed 150min", "early-morning", "morning", "late-morning", "noon",
    "early-afternoon", "afternoon", "late-afternoon", "early-evening", "evening", "late-evening",
    "night",
)  # fmt: skip
LIMITS = (
    ("max_per_24h", "9"), ("max_per_24h", "3"), ("max_per_7d", "7"), ("max_per_7d", "21"),
    ("max_per_dose", "2.25"),
)  # fmt: skip
Doc = dict[str, Any]


def document(luck: Random, zones: list[str] | None = None, most: int = 3) -> Doc:
    """One plan of one to `most` regimens."""
    day = date.fromordinal(luck.randint(FIRST.toordinal(), LAST.toordinal() - 400))
    if luck.random() < 0.4:
        day = date.fromisoformat(luck.choice(NIGHTS)) - timedelta(days=luck.randint(0, 20))
    length = luck.choice((9, 30, 70, 200))
    found: Doc = {
        "schema": "posology-plan/1",
        "plan_id": "by-chance",
        "version": "1",
        "device": "device-1",
        "patient": "pt-7Q2K",
        "zone": luck.choice(zones or zone_names()),
        "valid_from": day.isoformat(),
        "valid_until": (day + timedelta(days=length)).isoformat(),
        "clock": {"wake": "06:30", "breakfast": "07:45", "bed": luck.choice(("22:00", "23:45"))},
        "window": {"early": "1min", "late": "15min"},
    }
    if luck.random() < 0.1:
        found["window"] = {"early": "5min", "late": "20min", "on_time": "10min", "then": "skip"}
    found["regimens"] = [regimen(luck, n, day) for n in range(luck.randint(1, most))]
    return found


def regimen(luck: Random, number: int, day: date) -> Doc:
    """One regimen; its start may lie long before the plan."""
    start = day - timedelta(days=luck.choice((0, 0, 0, 1, 5, 5, 40, 40, 700, 7300)))
    start = max(start, date(2001, 1, 1)) + timedelta(days=luck.randint(0, 6))
    at = f"T{minute(luck)}" if luck.random() < 0.6 else ""
    found: Doc = {
        "id": f"medicine-{number}",
        "name": f"Medicine {number}",
        "form": "tablet",
        "strength": "5 mg",
        "ingredients": [f"ingredient-{number}"],
        "piece_mg": "200",
        "start": start.isoformat() + at,
        "last_taken": "never",
    }
    if luck.random() < 0.05:
        found["as_needed"] = {"for": "pain", "dose": "1", "min_gap": "4h", "max": "4", "per": "24h"}
        return found
    if luck.random() < 0.05:
        found |= {"kept": "elsewhere", "form": "inhaler"}
        del found["piece_mg"]
    found["steps"] = steps(luck, start, day, bool(at))
    if luck.random() < 0.4 and not any("on" in t for s in found["steps"] for t in s["take"]):
        found["repeat_every"] = luck.choice(("5d", "7d", "4wk", "28d", "1mo", "3mo", "60d"))
        if luck.random() < 0.3:
            found["steps"] = [one | {"for": "1d"} for one in found["steps"] if one["take"]][:2]
            found["repeat_every"] = luck.choice(("2d", "3d", "31d", "1mo"))
            for one in found["steps"]:
                one.pop("until", None)
    if luck.random() < 0.2:
        word, most = luck.choice(LIMITS)
        found["limits"] = {word: most}
    return found


def steps(luck: Random, start: date, day: date, timed: bool) -> list[Doc]:
    """One to four steps, the last perhaps without an end."""
    found: list[Doc] = []
    for _ in range(luck.choice((0, 0, 1, 1, 2, 3))):
        step = one_step(luck, start, day, timed)
        step |= {"for": "3d"} if not step["take"] else ends(luck, start, timed, bool(step["take"]))
        found.append(step)
    last = one_step(luck, start, day, timed)
    if not last["take"] or luck.random() < 0.3:
        last |= ends(luck, start, timed, bool(last["take"]))
    return [*found, last]


def one_step(luck: Random, start: date, day: date, timed: bool) -> Doc:
    """Takes that do not meet; sometimes none, sometimes an interval alone."""
    chance = luck.random()
    if chance < 0.08:
        return {"take": []}
    dose = luck.choice(("1", "0.5", "2.25", "3"))
    if chance < 0.25 and timed:
        every = luck.choice(("30min", "4h", "6h", "8h", "12h", "36h", "100min", "72h"))
        return {"take": [{"dose": dose, "every": every}]}
    if chance < 0.30:
        return {"take": [{"dose": dose, "on": named(luck, max(start, day))}]}
    if chance < 0.35:
        span = {"times": str(luck.randint(2, 6)), "between": "07:00-22:10"}
        return {"take": [{"dose": dose} | span | rule(luck)]}
    times = sorted({minute(luck) for _ in range(luck.choice((1, 1, 2, 3)))})
    found: list[Doc] = [{"dose": dose, "at": times} | rule(luck)]
    if luck.random() < 0.25:
        some = luck.sample(WORDS, luck.choice((1, 1, 2)))
        if luck.random() < 0.6:
            found = []
        found.append({"dose": "1.5", "when": some} | rule(luck))
    return {"take": found}


def rule(luck: Random) -> Doc:
    """A rule of days, or none."""
    week = luck.sample(DAYS, luck.randint(1, 4))
    month = [str(one) for one in luck.sample(range(1, 29), luck.choice((1, 1, 2, 4)))]
    kinds: tuple[Callable[[], Doc], ...] = (
        dict,
        dict,
        lambda: {"days": week},
        lambda: {"days": week, "every_weeks": str(luck.choice((2, 2, 3, 4, 13, 52)))},
        lambda: {"every_days": str(luck.choice((2, 2, 3, 5, 14, 90, 366)))},
        lambda: {"day_of_month": month if luck.random() < 0.7 else month[0]},
        lambda: {"day_of_month": month, "every_months": str(luck.choice((1, 2, 3, 12, 120)))},
        lambda: {"every_months": str(luck.choice((1, 1, 2, 3, 6, 12)))},
    )
    return luck.choice(kinds)()


def ends(luck: Random, start: date, timed: bool, taking: bool) -> Doc:
    """One or two ends of a step, or rarely none."""
    length = luck.choice(("1d", "2d", "5d", "10d", "2wk", "1mo"))
    hours = luck.choice(("36h", "100h", "1000min")) if timed else length
    until = (start + timedelta(days=luck.randint(1, 60))).isoformat()
    count = {"doses": str(luck.choice((1, 2, 3, 4, 6, 12, 30)))} if taking else {}
    kinds: tuple[Doc, ...] = (
        *({"for": length},) * 4, {"for": hours}, {"until": until},
        {"until": f"{until}T{minute(luck)}"}, count, count, {"for": length} | count,
    )  # fmt: skip
    return luck.choice(kinds)


def named(luck: Random, start: date) -> list[str]:
    """Dates and times one by one."""
    days = luck.sample(range(1, 40), luck.randint(1, 5))
    return [f"{start + timedelta(days=one)}T{minute(luck)}" for one in days]


def minute(luck: Random) -> str:
    """A time of day; often one at which clocks change."""
    if luck.random() < 0.4:
        return luck.choice(TIMES)
    return f"{luck.randint(0, 23):02d}:{luck.choice((0, 0, 15, 30, 45, luck.randint(0, 59))):02d}"
