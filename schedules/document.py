"""A plan document (strings, lists, mappings) to a Plan, judged on the way.

Responsible for: reading every value once, and the order in which a document is judged.
Not responsible for YAML (planfile.py), for the schema (schema.py), for what a plan may
say (check.py) or for the way back (canonical.py).
"""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from schedules import check, check_rows, schema
from schedules.limits import planned_gap_s
from schedules.localtime import instant, zone_of
from schedules.model import (
    CLOCK_WORDS,
    WEEKDAYS,
    Anchor,
    AsNeeded,
    GroupRule,
    LastTaken,
    Limits,
    Plan,
    PlanRefused,
    Refusal,
    Regimen,
    Relation,
    Span,
    Start,
    Step,
    Take,
    Window,
)
from schedules.schema import Document

ANCHOR_OFFSET_MIN = 30  # "before breakfast" without minutes
_ANCHOR = re.compile(r"(before|after) ([a-z]+)(?: ([0-9]+)min)?")


def build(document: Document) -> Plan:
    """The Plan a document states; PlanRefused with all reasons found."""
    found = schema.problems(document)
    if found:
        raise refused(found)
    assert isinstance(document, dict)
    plan = _Reader(document).plan()
    found = check.reasons(plan)
    if found:
        raise refused(found)
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
        name = _text(document["zone"])
        zone = zone_of(name)
        if zone is None:
            raise PlanRefused("unknown-zone", "zone", "this is not a time zone of the IANA list")
        self.zone: ZoneInfo = zone
        self.window = _window(document.get("window"), Window())

    def plan(self) -> Plan:
        top = self.top
        clock = dict(CLOCK_WORDS)
        clock.update({word: _minute(_text(at)) for word, at in _map(top.get("clock")).items()})
        return Plan(
            plan_id=_text(top["plan_id"]),
            version=int(_text(top["version"])),
            previous_hash=_text(top.get("previous_hash", "")),
            device=_text(top["device"]),
            patient=_text(top["patient"]),
            zone=_text(top["zone"]),
            valid_from=self.instant(_text(top["valid_from"]), "valid_from", 0),
            valid_until=self.instant(_text(top["valid_until"]), "valid_until", 1),
            clock=tuple(sorted(clock.items())),
            window=self.window,
            regimens=tuple(
                self.regimen(_map(one), f"regimens[{index}]")
                for index, one in enumerate(_list(top["regimens"]))
            ),
            groups=tuple(
                GroupRule(
                    _text(one["ingredient"]),
                    short_span_s(_text(one["min_gap"])),
                    _quarters(one.get("max_per_24h")),
                )
                for one in map(_map, _list(top.get("groups", [])))
            ),
        )

    def regimen(self, one: dict[str, Document], place: str) -> Regimen:
        limits = _map(one.get("limits"))
        gap = limits.get("min_gap")
        return Regimen(
            id=_text(one["id"]),
            name=_text(one["name"]),
            form=_text(one["form"]),
            strength=_text(one["strength"]),
            ingredients=tuple(map(_text, _list(one["ingredients"]))),
            piece_mg=int(_text(one["piece_mg"])),
            start=self.start(_text(one["start"]), f"{place}.start"),
            last_taken=self.last_taken(_text(one["last_taken"]), f"{place}.last_taken"),
            steps=tuple(
                self.step(_map(step), f"{place}.steps[{index}]")
                for index, step in enumerate(_list(one.get("steps", [])))
            ),
            repeat_every=_span(one.get("repeat_every")),
            as_needed=_as_needed(one.get("as_needed")),
            limits=Limits(
                _quarters(limits.get("max_per_dose")),
                _quarters(limits.get("max_per_24h")),
                _quarters(limits.get("max_per_7d")),
            ),
            window=_window(one.get("window"), self.window),
            occasions=tuple(
                sorted((key, _text(word)) for key, word in _map(one.get("occasions")).items())
            ),
            high_alert=_truth(one.get("high_alert")),
            time_critical=_truth(one.get("time_critical")),
            hold_possible=_truth(one.get("may_be_held")),
            gap_s=None if gap is None else short_span_s(_text(gap)),
            relation=_relation(one, place),
        )

    def step(self, one: dict[str, Document], place: str) -> Step:
        until = one.get("until")
        return Step(
            takes=tuple(_take(_map(take)) for take in _list(one["take"])),
            length=_span(one.get("for")),
            until=None if until is None else _date(_text(until), f"{place}.until"),
            doses=int(_text(one.get("doses", "0"))),
        )

    def start(self, text: str, place: str) -> Start:
        day, _, at = text.partition("T")
        return Start(_date(day, place), _minute(at) if at else None)

    def last_taken(self, text: str, place: str) -> LastTaken:
        if text in ("never", "unknown"):
            return LastTaken(text)
        return LastTaken("at", self.instant(text, place, 0))

    def instant(self, text: str, place: str, days: int) -> int:
        """Unix seconds; a bare date is its local midnight, plus `days`."""
        day, _, rest = text.partition("T")
        on_date = _date(day, place)
        if not rest:
            return instant(self.zone, on_date + timedelta(days=days), 0)
        if re.fullmatch(r"\d\d:\d\d", rest):
            return instant(self.zone, on_date, _minute(rest))
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise PlanRefused("wrong-value", place, "this instant does not exist") from None
        if read.tzinfo is None:
            raise PlanRefused("wrong-value", place, "seconds need a zone, as 08:00:00+01:00")
        return int(read.timestamp())


def _take(one: dict[str, Document]) -> Take:
    every = one.get("every")
    return Take(
        quarters=_quarters(one["dose"]),
        at=tuple(_minute(_text(at)) for at in _list(one.get("at", []))),
        when=tuple(anchor(_text(word)) for word in _list(one.get("when", []))),
        every_s=0 if every is None else short_span_s(_text(every)),
        days=tuple(sorted(WEEKDAYS.index(_text(day)) for day in _list(one.get("days", [])))),
        every_days=int(_text(one.get("every_days", "0"))),
        every_weeks=int(_text(one.get("every_weeks", "0"))),
        day_of_month=int(_text(one.get("day_of_month", "0"))),
    )


def anchor(text: str) -> Anchor:
    """An anchor of the file: a clock word, before or after it by so many minutes."""
    match = _ANCHOR.fullmatch(text)
    if match is None:
        return Anchor(text, 0, text)
    offset = int(match[3] or ANCHOR_OFFSET_MIN)
    return Anchor(match[2], -offset if match[1] == "before" else offset, text)


def _as_needed(value: Document | None) -> AsNeeded | None:
    if value is None:
        return None
    one = _map(value)
    return AsNeeded(
        _text(one["for"]),
        _quarters(one["dose"]),
        short_span_s(_text(one["min_gap"])),
        _quarters(one["max"]),
    )


def _relation(one: dict[str, Document], place: str) -> Relation | None:
    if "replaces" in one and "in_addition_to" in one:
        raise PlanRefused("two-relations", place, "either replaces or in_addition_to, not both")
    if "replaces" in one:
        return Relation("replaces", _text(one["replaces"]))
    if "in_addition_to" in one:
        return Relation("in addition to", _text(one["in_addition_to"]))
    return None


def _window(value: Document | None, default: Window) -> Window:
    if value is None:
        return default
    one = _map(value)
    return Window(short_span_s(_text(one["early"])), short_span_s(_text(one["late"])))


def _span(value: Document | None) -> Span | None:
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]+)(d|wk|mo)", _text(value))
    assert match is not None
    return Span(int(match[1]), match[2])


def short_span_s(text: str) -> int:
    """Seconds of 30min or 8h."""
    return int(text[:-1]) * 3600 if text.endswith("h") else int(text[:-3]) * 60


def _quarters(value: Document | None) -> int:
    if value is None:
        return 0
    whole, _, part = _text(value).partition(".")
    return int(whole) * 4 + {"": 0, "25": 1, "5": 2, "50": 2, "75": 3}[part]


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:5])


def _date(text: str, place: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PlanRefused("wrong-value", place, "this date does not exist") from None


def _truth(value: Document | None) -> bool:
    return value in ("yes", "true")


def _text(value: Document) -> str:
    assert isinstance(value, str)
    return value


def _list(value: Document) -> list[Document]:
    assert isinstance(value, list)
    return value


def _map(value: Document | None) -> dict[str, Document]:
    if value is None:
        return {}
    assert isinstance(value, dict)
    return value
