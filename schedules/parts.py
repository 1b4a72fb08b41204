"""The small mappings of a plan file: windows, groups, pairs, what is asked for, amounts.

Responsible for: reading each of them once. Not responsible for the plan, its regimens, steps and
takes (document.py) or for single values (values.py).
"""

from itertools import pairwise

from schedules import windows
from schedules.model import AsNeeded, GroupRule, PlanRefused, Relation, Spacing, Window
from schedules.schema import Document
from schedules.values import (
    date_of,
    elapsed_of,
    list_of,
    map_of,
    minute_of,
    quarters_of,
    short_span_s,
    spread,
    text_of,
    truth_of,
    ug_of,
)


def clock_times(one: dict[str, Document], place: str) -> tuple[int, ...]:
    """Times of day as written, or so many of them between two."""
    at = tuple(minute_of(text_of(time)) for time in list_of(one.get("at")))
    if ("times" in one) != ("between" in one):
        raise PlanRefused("times-between", place, "times and between come together")
    if "times" not in one:
        return at
    if at:
        raise PlanRefused("one-timing", place, "give exactly one of at, when, every, on, times")
    found = spread(int(text_of(one["times"])), text_of(one["between"]))
    if any(after <= before for before, after in pairwise(found)):
        sentence = "between goes forward within one day, with room for all the times"
        raise PlanRefused("times-between", f"{place}.between", sentence)
    return found


def ingredients_of(value: Document) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Names, and micrograms per piece where they are said."""
    if isinstance(value, dict):
        amounts = tuple(sorted((name, ug_of(text_of(mass))) for name, mass in value.items()))
        return tuple(name for name, _ in amounts), amounts
    return tuple(map(text_of, list_of(value))), ()


def weekly_only_of(one: dict[str, Document], implied: bool, place: str) -> bool:
    """Whether two doses are a week apart: said, or implied by the list."""
    said = one.get("weekly_only")
    if implied and said is not None and not truth_of(said):
        sentence = "this medicine is on the built-in list of those never taken daily"
        raise PlanRefused("weekly-only", f"{place}.weekly_only", sentence)
    return implied or truth_of(said)


def group_of(one: dict[str, Document]) -> GroupRule:
    """A limit that several regimens share."""
    most = text_of(one.get("max_per_24h", "0"))
    mass = most.endswith("g")
    return GroupRule(
        text_of(one["ingredient"]),
        short_span_s(text_of(one["min_gap"])),
        0 if mass else quarters_of(most),
        ug_of(most) if mass else 0,
    )


def spacing_of(one: dict[str, Document]) -> Spacing:
    """A pair, in the order of the alphabet: which comes first does not matter."""
    first, second = sorted(map(text_of, list_of(one["between"])))
    return Spacing(first, second, short_span_s(text_of(one["gap"])))


def as_needed_of(value: Document | None, place: str) -> AsNeeded | None:
    """What may be asked for, None where nothing is said."""
    if value is None:
        return None
    one = map_of(value)
    until, _, at = text_of(one.get("until", "")).partition("T")
    return AsNeeded(
        text_of(one["for"]),
        quarters_of(one["dose"]),
        short_span_s(text_of(one["min_gap"])),
        quarters_of(one["max"]),
        until=date_of(until, f"{place}.until") if until else None,
        until_minute=minute_of(at) if at else None,
    )


def relation_of(one: dict[str, Document], place: str) -> Relation | None:
    """How a regimen stands to another of its ingredient."""
    if "replaces" in one and "in_addition_to" in one:
        raise PlanRefused("two-relations", place, "either replaces or in_addition_to, not both")
    if "replaces" in one:
        return Relation("replaces", text_of(one["replaces"]))
    if "in_addition_to" in one:
        return Relation("in addition to", text_of(one["in_addition_to"]))
    return None


def window_of(value: Document | None, default: Window) -> Window:
    """A window as said; that of a class is set when the rhythm is known."""
    if value is None or value == windows.ISMP:
        return default if value is None else Window()
    one = map_of(value)
    return Window(
        short_span_s(text_of(one["early"])),
        short_span_s(text_of(one["late"])),
        elapsed_of(one.get("on_time")),
        text_of(one.get("then", "ask")),
    )
