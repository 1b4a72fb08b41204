"""A plan document (strings, lists, mappings) to a Plan, judged on the way.

Responsible for: reading every value once, and the order in which a document is judged.
Not responsible for YAML (planfile.py), for the schema (schema.py), for single values
(values.py), small mappings (parts.py), for what a plan may say (check.py) or for the way back
(canonical.py).
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schedules import check, check_rows, schema, weekly, windows
from schedules.limits import planned_gap_s
from schedules.localtime import instant, zone_of
from schedules.model import (
    CLOCK_WORDS,
    UNITS,
    WEEKDAYS,
    LastTaken,
    Limits,
    Named,
    Plan,
    PlanRefused,
    Refusal,
    Regimen,
    Start,
    Step,
    Take,
    Window,
)
from schedules.parts import (
    as_needed_of,
    clock_times,
    group_of,
    ingredients_of,
    relation_of,
    spacing_of,
    weekly_only_of,
    window_of,
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
    text_of,
    truth_of,
)


def build(document: Document, *, judged: bool = True) -> Plan:
    """The Plan a document states; PlanRefused with all reasons found.

    Not `judged`: it was taken under the rules of its day, and is only read.
    """
    found = schema.problems(document)
    if found:
        raise refused(found)
    assert isinstance(document, dict)
    reader = _Reader(document)
    plan = reader.plan()
    found = check.reasons(plan) if judged else []
    if found:
        raise refused(found)
    rows = check_rows.rows(plan)
    plan = windows.with_rhythm(plan, rows)
    if reader.by_class:
        plan = windows.by_class(plan, rows, reader.by_class)
        rows = check_rows.rows(plan)
    found = check_rows.row_reasons(plan, rows) if judged else []
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
        self.window = window_of(document.get("window"), Window())

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
            groups=tuple(group_of(map_of(one)) for one in list_of(top.get("groups"))),
            spacing=tuple(spacing_of(map_of(one)) for one in list_of(top.get("spacing"))),
            never_store=tuple(sorted(map(text_of, list_of(top.get("never_store"))))),
        )

    def regimen(self, one: dict[str, Document], place: str) -> Regimen:
        limits = map_of(one.get("limits"))
        gap = limits.get("min_gap")
        form, strength = text_of(one["form"]), text_of(one["strength"])
        ingredients, amounts = ingredients_of(one["ingredients"])
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
            as_needed=as_needed_of(one.get("as_needed"), f"{place}.as_needed"),
            limits=Limits(
                quarters_of(limits.get("max_per_dose")),
                quarters_of(limits.get("max_per_24h")),
                quarters_of(limits.get("max_per_7d")),
            ),
            window=window_of(one.get("window"), self.window),
            occasions=tuple(
                sorted((key, text_of(word)) for key, word in map_of(one.get("occasions")).items())
            ),
            high_alert=truth_of(one.get("high_alert")),
            time_critical=truth_of(one.get("time_critical")),
            hold_possible=truth_of(one.get("may_be_held")),
            gap_s=None if gap is None else short_span_s(text_of(gap)),
            relation=relation_of(one, place),
            elsewhere=one.get("kept") == "elsewhere",
            unit=text_of(one.get("unit", UNITS[form])),
            storage=tuple(sorted(map(text_of, list_of(one.get("storage"))))),
            amounts=amounts,
            weekly_only=weekly_only_of(one, implied, place),
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
            at=clock_times(one, place),
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
