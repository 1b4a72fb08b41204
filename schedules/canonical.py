"""The one form in which a plan is hashed and signed, and the way back from it.

Responsible for: canonical bytes (JSON, quantities in quarters, instants in UTC, so that
no time-zone data can change them), strict reading of them, and the file form of
the same document. Not responsible for signatures (seal.py) or YAML (planfile.py).
"""

import hashlib
import json
from datetime import UTC, date, datetime

from schedules.document import build
from schedules.model import (
    UNITS,
    WEEKDAYS,
    GroupRule,
    Plan,
    PlanRefused,
    Regimen,
    Step,
    Take,
    Window,
)
from schedules.schema import Document
from schedules.values import ug_text
from schedules.weekly import is_weekly

Json = str | int | bool | list["Json"] | dict[str, "Json"]
SCHEMA = "posology-plan/1"
MAX_BYTES = 1 << 18


def canonical(plan: Plan) -> bytes:
    """The bytes that are hashed and signed: one form per plan, free of time-zone data."""
    return json.dumps(
        typed(plan), sort_keys=True, ensure_ascii=True, separators=(",", ":")
    ).encode()


def plan_hash(plan: Plan) -> str:
    """SHA-256 of the canonical bytes, hex: what the next version names as previous."""
    return hashlib.sha256(canonical(plan)).hexdigest()


def from_canonical(data: bytes, *, judged: bool = True) -> Plan:
    """The Plan of canonical bytes, under the same checks; anything else is refused.

    Not `judged`: it was taken before, and a rule that came since takes it out of no machine.
    """
    if len(data) > MAX_BYTES:
        raise PlanRefused("too-large", "", "the plan is larger than a plan can be")
    plan = build(file_form(read_json(data)), judged=judged)
    if canonical(plan) != data:
        raise PlanRefused("not-canonical", "", "these are not the bytes this plan is signed in")
    return plan


def read_json(data: bytes) -> Json:
    """Strict JSON: no duplicate keys, fractions, nulls, half characters or trailing bytes."""
    try:
        value: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
        if b"\\u" in data:  # half a character has no bytes: nothing could store or sign it
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (UnicodeDecodeError, RecursionError, ValueError) as fault:
        code = "trailing-bytes" if "Extra data" in str(fault) else "not-json"
        raise PlanRefused(code, "", "this is not one JSON document") from None
    return value


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if None in found.values():
        raise ValueError("a plan leaves out what it does not say")
    if len(found) < len(pairs):
        raise PlanRefused("duplicate-key", "", "the same key stands twice in one mapping")
    return found


def _no_number(text: str) -> Json:
    raise ValueError("only whole numbers")


def quarters_text(quarters: int) -> str:
    """Quarters as a person writes pieces: 6 is 1.5."""
    return str(quarters // 4) + ("", ".25", ".5", ".75")[quarters % 4]


def file_form(value: Json) -> Document:
    """The typed document with every scalar as the string a file holds."""
    if isinstance(value, dict):
        found: dict[str, Document] = {}
        for key, inner in value.items():
            if key.endswith("_quarters") and type(inner) is int and inner >= 0:
                found[key.removesuffix("_quarters")] = quarters_text(inner)
            else:
                found[key] = file_form(inner)
        return found
    if isinstance(value, list):
        return [file_form(inner) for inner in value]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def typed(plan: Plan) -> dict[str, Json]:
    """The normal form: numbers as numbers, quantities in quarters, instants in UTC."""
    found: dict[str, Json] = {
        "schema": SCHEMA,
        "plan_id": plan.plan_id,
        "version": plan.version,
        "device": plan.device,
        "patient": plan.patient,
        "zone": plan.zone,
        "valid_from": utc_text(plan.valid_from),
        "valid_until": utc_text(plan.valid_until),
        "clock": {word: _hhmm(minute) for word, minute in plan.clock},
        "window": _typed_window(plan.window),
        "regimens": [_typed_regimen(one) for one in plan.regimens],
    }
    if plan.previous_hash:
        found["previous_hash"] = plan.previous_hash
    if plan.groups:
        found["groups"] = [_typed_group(rule) for rule in plan.groups]
    if plan.spacing:
        found["spacing"] = [
            {"between": [one.first, one.second], "gap": span_text(one.gap_s)}
            for one in plan.spacing
        ]
    if plan.never_store:
        found["never_store"] = list(plan.never_store)
    return found


def _typed_group(rule: GroupRule) -> Json:
    found: dict[str, Json] = {"ingredient": rule.ingredient, "min_gap": span_text(rule.min_gap_s)}
    if rule.max_per_24h:
        found["max_per_24h_quarters"] = rule.max_per_24h
    if rule.max_ug_24h:
        found["max_per_24h"] = ug_text(rule.max_ug_24h)
    return found


def _typed_regimen(one: Regimen) -> dict[str, Json]:
    taken = one.last_taken
    start = one.start.on_date.isoformat()
    found: dict[str, Json] = {
        "id": one.id,
        "name": one.name,
        "form": one.form,
        "strength": one.strength,
        "ingredients": {name: ug_text(amount) for name, amount in one.amounts}
        or list(one.ingredients),
        "start": start if one.start.minute is None else f"{start}T{_hhmm(one.start.minute)}",
        "last_taken": utc_text(taken.at_s) if taken.word == "at" else taken.word,
        "window": _typed_window(one.window),
    }
    found |= _typed_keeping(one)
    if one.steps:
        found["steps"] = [_typed_step(step) for step in one.steps]
    if one.repeat_every is not None:
        found["repeat_every"] = f"{one.repeat_every.count}{one.repeat_every.unit}"
    if one.as_needed is not None:
        asked: dict[str, Json] = {
            "for": one.as_needed.reason,
            "dose_quarters": one.as_needed.quarters,
            "min_gap": span_text(one.as_needed.min_gap_s),
            "max_quarters": one.as_needed.max_quarters,
            "per": "24h",
        }
        asked |= _typed_until(one.as_needed.until, one.as_needed.until_minute)
        found["as_needed"] = asked
    limits: dict[str, Json] = {}
    for word, quarters in (
        ("max_per_dose", one.limits.max_per_dose),
        ("max_per_24h", one.limits.max_per_24h),
        ("max_per_7d", one.limits.max_per_7d),
    ):
        if quarters:
            limits[f"{word}_quarters"] = quarters
    if one.gap_s is not None:
        limits["min_gap"] = span_text(one.gap_s)
    if limits:
        found["limits"] = limits
    if one.occasions:
        found["occasions"] = dict(one.occasions)
    for word, holds in (
        ("high_alert", one.high_alert),
        ("time_critical", one.time_critical),
        ("may_be_held", one.hold_possible),
    ):
        if holds:
            found[word] = True
    if one.relation is not None:
        found[one.relation.word.replace(" ", "_")] = one.relation.regimen_id
    return found


def _typed_keeping(one: Regimen) -> dict[str, Json]:
    """Where a medicine is kept, and what it is counted in; only what is not the rule."""
    found: dict[str, Json] = {}
    if one.piece_mg:
        found["piece_mg"] = one.piece_mg
    if one.elsewhere:
        found["kept"] = "elsewhere"
    if one.unit and one.unit != UNITS[one.form]:
        found["unit"] = one.unit
    if one.storage:
        found["storage"] = list(one.storage)
    told = (one.name, one.form, one.ingredients, one.amounts, one.strength)
    if one.weekly_only and not is_weekly(*told):
        found["weekly_only"] = True
    return found


def _typed_step(step: Step) -> dict[str, Json]:
    found: dict[str, Json] = {"take": [_typed_take(take) for take in step.takes]}
    if step.length is not None:
        found["for"] = f"{step.length.count}{step.length.unit}"
    if step.elapsed_s:
        found["for"] = span_text(step.elapsed_s)
    found |= _typed_until(step.until, step.until_minute)
    if step.doses:
        found["doses"] = step.doses
    if step.hold_point:
        found["hold_point"] = step.hold_point
    return found


def _typed_until(until: date | None, minute: int | None) -> dict[str, Json]:
    """An end with its day, and its minute where one is said."""
    if until is None:
        return {}
    return {"until": until.isoformat() + ("" if minute is None else f"T{_hhmm(minute)}")}


def _typed_take(take: Take) -> dict[str, Json]:
    found: dict[str, Json] = {"dose_quarters": take.quarters}
    if take.at:
        found["at"] = [_hhmm(minute) for minute in take.at]
    if take.when:
        found["when"] = [one.text for one in take.when]
    if take.every_s:
        found["every"] = span_text(take.every_s)
    if take.days:
        found["days"] = [WEEKDAYS[day] for day in take.days]
    for word, number in (
        ("every_days", take.every_days),
        ("every_weeks", take.every_weeks),
        ("every_months", take.every_months),
    ):
        if number:
            found[word] = number
    if take.days_of_month:
        days = take.days_of_month
        found["day_of_month"] = days[0] if len(days) == 1 else list(days)
    if take.on:
        found["on"] = [f"{one.on_date.isoformat()}T{_hhmm(one.minute)}" for one in take.on]
    return found


def _typed_window(window: Window) -> dict[str, Json]:
    found: dict[str, Json] = {
        "early": span_text(window.early_s),
        "late": span_text(window.late_s),
    }
    if window.on_time_s:
        found["on_time"] = span_text(window.on_time_s)
    if window.then != "ask":
        found["then"] = window.then
    return found


def span_text(seconds: int) -> str:
    """Seconds as a file writes them: 8h, 90min."""
    return f"{seconds // 3600}h" if seconds % 3600 == 0 else f"{seconds // 60}min"


def utc_text(at_s: int) -> str:
    """An instant as a file writes it, in UTC to the second."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
