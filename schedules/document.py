"""A plan document (strings, lists, mappings) to a Plan, judged on the way.

Responsible for: reading every value once, and the order in which a document is judged.
Not responsible for YAML (planfile.py), for the schema (schema.py), for single values
(values.py), for what a plan may say (check.py) or for the way back (canonical.py).
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from schedules import check, check_rows, schema, weekly, windows
from schedules.limits import planned_gap_s
from schedules.localtime import instant, zone_of
from schedules.model import (
    CLOCK_WORDS,
    UNITS,
    WEEKDAYS,
    AsNeeded,
    GroupRule,
    LastTaken,
    Limits,
    Named,
    Plan,
    PlanRefused,
    Refusal,
    Regimen,
    Relation,
    Spacing,
    Start,
    Step,
    Take,
    Window,
)
from schedules.schema import Document
from schedules.values import anchor as anchor
from schedules.values import (
    date_of,
    elapsed_of,
    list_of,
    map_of,
    minute_of,
    quarters_of,
    short_span_s,
    span_of,
    spread,
    text_of,
    truth_of,
    ug_of,
)


def build(document: Document) -> Plan:
    """The Plan a document states; PlanRefused with all reasons found."""
    found = schema.problems(document)
    if found:
        raise refused(found)
    assert isinstance(document, dict)
    reader = _Reader(document)
    plan = reader.plan()
    found = check.reasons(plan)
    if found:
        raise refused(found)
    rows = check_rows.rows(plan)
    plan = windows.with_rhythm(plan, rows)
    if reader.by_class:
        plan = windows.by_class(plan, rows, reader.by_class)
        rows = check_rows.rows(plan)
    found = check_rows.row_reasons(plan, rows)
    if found:
        raise refused(found)
    regimens = tuple(
        replace(one, planned_gap_s=planned_gap_s(one, rows.get(one.id, [])))
        for one in plan.regimens
    )
    return replace(plan, regimens=regimens)


def refused(found: list[Refusal]) -> PlanRefused:
    """The exception for the first reason, carrying the others."""
    first = found[0]
    return PlanRefused(first.code, first.place, first.sentence, tuple(found[1:]))


class _Reader:
    """Reads a document that fits the schema; places name where a value stood."""

    def __init__(self, document: dict[str, Document]) -> None:
        self.top = document
        name = text_of(document["zone"])
        zone = zone_of(name)
        if zone is None:
            raise PlanRefused("unknown-zone", "zone", "this is not a time zone of the IANA list")
        self.zone: ZoneInfo = zone
        self.by_class: set[str] = set()  # regimens whose window is that of their class
        self.window = _window(document.get("window"), Window())

    def plan(self) -> Plan:
        top = self.top
        clock = dict(CLOCK_WORDS)
        for word, at in map_of(top.get("clock")).items():
            clock[word] = minute_of(text_of(at))
        return Plan(
            plan_id=text_of(top["plan_id"]),
            version=int(text_of(top["version"])),
            previous_hash=text_of(top.get("previous_hash", "")),
            device=text_of(top["device"]),
            patient=text_of(top["patient"]),
            zone=text_of(top["zone"]),
            valid_from=self.instant(text_of(top["valid_from"]), "valid_from", 0),
            valid_until=self.instant(text_of(top["valid_until"]), "valid_until", 1),
            clock=tuple(sorted(clock.items())),
            window=self.window,
            regimens=tuple(
                self.regimen(map_of(one), f"regimens[{index}]")
                for index, one in enumerate(list_of(top["regimens"]))
            ),
            groups=tuple(_group(map_of(one)) for one in list_of(top.get("groups"))),
            spacing=tuple(_spacing(map_of(one)) for one in list_of(top.get("spacing"))),
            never_store=tuple(sorted(map(text_of, list_of(top.get("never_store"))))),
        )

    def regimen(self, one: dict[str, Document], place: str) -> Regimen:
        limits = map_of(one.get("limits"))
        gap = limits.get("min_gap")
        form, strength = text_of(one["form"]), text_of(one["strength"])
        ingredients, amounts = _ingredients(one["ingredients"])
        implied = weekly.is_weekly(text_of(one["name"]), form, ingredients, amounts, strength)
        if one.get("window", self.top.get("window")) == windows.ISMP:
            self.by_class.add(text_of(one["id"]))
        return Regimen(
            id=text_of(one["id"]),
            name=text_of(one["name"]),
            form=form,
            strength=strength,
            ingredients=ingredients,
            piece_mg=int(text_of(one.get("piece_mg", "0"))),
            start=self.start(text_of(one["start"]), f"{place}.start"),
            last_taken=self.last_taken(text_of(one["last_taken"]), f"{place}.last_taken"),
            steps=tuple(
                self.step(map_of(step), f"{place}.steps[{index}]")
                for index, step in enumerate(list_of(one.get("steps")))
            ),
            repeat_every=span_of(one.get("repeat_every")),
            as_needed=_as_needed(one.get("as_needed")),
            limits=Limits(
                quarters_of(limits.get("max_per_dose")),
                quarters_of(limits.get("max_per_24h")),
                quarters_of(limits.get("max_per_7d")),
            ),
            window=_window(one.get("window"), self.window),
            occasions=tuple(
                sorted((key, text_of(word)) for key, word in map_of(one.get("occasions")).items())
            ),
            high_alert=truth_of(one.get("high_alert")),
            time_critical=truth_of(one.get("time_critical")),
            hold_possible=truth_of(one.get("may_be_held")),
            gap_s=None if gap is None else short_span_s(text_of(gap)),
            relation=_relation(one, place),
            elsewhere=one.get("kept") == "elsewhere",
            unit=text_of(one.get("unit", UNITS[form])),
            storage=tuple(sorted(map(text_of, list_of(one.get("storage"))))),
            amounts=amounts,
            weekly_only=_weekly_only(one, implied, place),
        )

    def step(self, one: dict[str, Document], place: str) -> Step:
        until, _, at = text_of(one.get("until", "")).partition("T")
        return Step(
            takes=tuple(
                self.take(map_of(take), f"{place}.take[{index}]")
                for index, take in enumerate(list_of(one["take"]))
            ),
            length=span_of(one.get("for")),
            until=date_of(until, f"{place}.until") if until else None,
            doses=int(text_of(one.get("doses", "0"))),
            elapsed_s=elapsed_of(one.get("for")),
            until_minute=minute_of(at) if at else None,
            hold_point=text_of(one.get("hold_point", "")),
        )

    def take(self, one: dict[str, Document], place: str) -> Take:
        every, days = one.get("every"), one.get("day_of_month", [])
        named = []
        for index, at in enumerate(list_of(one.get("on"))):
            day, _, minute = text_of(at).partition("T")
            named.append(Named(date_of(day, f"{place}.on[{index}]"), minute_of(minute)))
        return Take(
            quarters=quarters_of(one["dose"]),
            at=_clock_times(one, place),
            when=tuple(anchor(text_of(word)) for word in list_of(one.get("when"))),
            every_s=0 if every is None else short_span_s(text_of(every)),
            days=tuple(sorted(WEEKDAYS.index(text_of(day)) for day in list_of(one.get("days")))),
            every_days=int(text_of(one.get("every_days", "0"))),
            every_weeks=int(text_of(one.get("every_weeks", "0"))),
            days_of_month=tuple(
                sorted(int(text_of(day)) for day in (days if isinstance(days, list) else [days]))
            ),
            every_months=int(text_of(one.get("every_months", "0"))),
            on=tuple(sorted(named, key=lambda at: (at.on_date, at.minute))),
        )

    def start(self, text: str, place: str) -> Start:
        day, _, at = text.partition("T")
        return Start(date_of(day, place), minute_of(at) if at else None)

    def last_taken(self, text: str, place: str) -> LastTaken:
        if text in ("never", "unknown"):
            return LastTaken(text)
        return LastTaken("at", self.instant(text, place, 0))

    def instant(self, text: str, place: str, days: int) -> int:
        """Unix seconds; a bare date is its local midnight, plus `days`."""
        day, _, rest = text.partition("T")
        on_date = date_of(day, place)
        if not rest:
            return instant(self.zone, on_date + timedelta(days=days), 0)
        if re.fullmatch(r"\d\d:\d\d", rest):
            return instant(self.zone, on_date, minute_of(rest))
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise PlanRefused("wrong-value", place, "this instant does not exist") from None
        if read.tzinfo is None:
            raise PlanRefused("wrong-value", place, "seconds need a zone, as 08:00:00+01:00")
        return int(read.timestamp())


def _clock_times(one: dict[str, Document], place: str) -> tuple[int, ...]:
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


def _ingredients(value: Document) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Names, and micrograms per piece where they are said."""
    if isinstance(value, dict):
        amounts = tuple(sorted((name, ug_of(text_of(mass))) for name, mass in value.items()))
        return tuple(name for name, _ in amounts), amounts
    return tuple(map(text_of, list_of(value))), ()


def _weekly_only(one: dict[str, Document], implied: bool, place: str) -> bool:
    said = one.get("weekly_only")
    if implied and said is not None and not truth_of(said):
        sentence = "this medicine is on the built-in list of those never taken daily"
        raise PlanRefused("weekly-only", f"{place}.weekly_only", sentence)
    return implied or truth_of(said)


def _group(one: dict[str, Document]) -> GroupRule:
    most = text_of(one.get("max_per_24h", "0"))
    mass = most.endswith("g")
    return GroupRule(
        text_of(one["ingredient"]),
        short_span_s(text_of(one["min_gap"])),
        0 if mass else quarters_of(most),
        ug_of(most) if mass else 0,
    )


def _spacing(one: dict[str, Document]) -> Spacing:
    first, second = sorted(map(text_of, list_of(one["between"])))
    return Spacing(first, second, short_span_s(text_of(one["gap"])))


def _as_needed(value: Document | None) -> AsNeeded | None:
    if value is None:
        return None
    one = map_of(value)
    return AsNeeded(
        text_of(one["for"]),
        quarters_of(one["dose"]),
        short_span_s(text_of(one["min_gap"])),
        quarters_of(one["max"]),
    )


def _relation(one: dict[str, Document], place: str) -> Relation | None:
    if "replaces" in one and "in_addition_to" in one:
        raise PlanRefused("two-relations", place, "either replaces or in_addition_to, not both")
    if "replaces" in one:
        return Relation("replaces", text_of(one["replaces"]))
    if "in_addition_to" in one:
        return Relation("in addition to", text_of(one["in_addition_to"]))
    return None


def _window(value: Document | None, default: Window) -> Window:
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
