"""FHIR files to a plan file that can be read, corrected and signed.

Responsible for: files and folders of JSON, what the pharmacist says beside the orders,
and the plan around the regimens. Not responsible for reading orders (fhir/regimens.py).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from schedules import planfile
from schedules.canonical import file_form, typed
from schedules.document import build
from schedules.fhir.regimens import OrderRefusal, Said, read_orders
from schedules.localtime import instant, zone_of
from schedules.model import CLOCK_WORDS, LastTaken, Plan, PlanRefused, Window
from schedules.schema import Document

MAX_FILE = 64 << 20
_SAID_KEYS = {
    "id",
    "ingredients",
    "piece_mg",
    "form",
    "strength",
    "last_taken",
    "high_alert",
    "time_critical",
    "text_read",
    "kept",
}


@dataclass(frozen=True)
class Frame:
    """Everything of a plan that is not in the orders."""

    plan_id: str
    version: int
    previous_hash: str
    device: str
    patient: str
    zone: str
    start: datetime  # local wall time
    days: int
    piece_mg: int
    last_taken: LastTaken
    one_patient: bool


def resources_of(paths: Iterable[Path]) -> tuple[list[dict[str, object]], list[OrderRefusal]]:
    """Every JSON document in files and folders; what is none is listed."""
    found: list[dict[str, object]] = []
    refusals: list[OrderRefusal] = []
    for path in paths:
        for file in sorted(path.rglob("*.json")) if path.is_dir() else [path]:
            try:
                if file.stat().st_size > MAX_FILE:
                    raise ValueError("too large")
                value = json.loads(file.read_bytes())
            except (OSError, ValueError, RecursionError):
                refusals.append(OrderRefusal(file.name, "not-json", "the file is not JSON"))
                continue
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    found.append(one)
    return found, refusals


def convert(
    resources: list[dict[str, object]], frame: Frame, said: Mapping[str, Said]
) -> tuple[Plan, list[OrderRefusal]]:
    """One plan of all orders that can be read, and the refusals of the others.

    PlanRefused("no-regimen") where nothing is left; its `also` holds the refusals.
    """
    zone = zone_of(frame.zone)
    if zone is None:
        raise PlanRefused("unknown-zone", "zone", "this is not a time zone of the IANA list")
    regimens, refusals = read_orders(
        resources,
        zone=frame.zone,
        patient=frame.patient,
        device=frame.device,
        start=frame.start,
        piece_mg=frame.piece_mg,
        last_taken=frame.last_taken,
        said=said,
        one_patient=frame.one_patient,
    )
    first = frame.start.date()
    plan = Plan(
        plan_id=frame.plan_id,
        version=frame.version,
        previous_hash=frame.previous_hash,
        device=frame.device,
        patient=frame.patient,
        zone=frame.zone,
        valid_from=instant(zone, first, frame.start.hour * 60 + frame.start.minute),
        valid_until=instant(zone, first + timedelta(days=frame.days), 0),
        clock=tuple(sorted(CLOCK_WORDS.items())),
        window=Window(),
        regimens=tuple(regimens),
    )
    if not regimens:
        return plan, refusals
    return build(file_form(typed(plan))), refusals


def said_of(text: str) -> dict[str, Said]:
    """What a pharmacist says per order id: YAML, closed keys; PlanRefused otherwise."""
    document = planfile.load(text)
    if not isinstance(document, dict):
        raise PlanRefused("wrong-type", "", "expected a mapping from order id to what is said")
    found = {}
    for order, value in document.items():
        if not isinstance(value, dict):
            raise PlanRefused("wrong-type", order, "expected a mapping")
        for key in value:
            if key not in _SAID_KEYS:
                raise PlanRefused("unknown-key", f"{order}.{key}", "no such key is known here")
        found[order] = _said(value, order)
    return found


def _said(value: dict[str, Document], place: str) -> Said:
    ingredients = value.get("ingredients", [])
    if not isinstance(ingredients, list):
        raise PlanRefused("wrong-type", f"{place}.ingredients", "expected a list")
    texts = {key: one for key, one in value.items() if isinstance(one, str)}
    if len(texts) + ("ingredients" in value) < len(value):
        raise PlanRefused("wrong-type", place, "expected one value for each key")
    weight = texts.get("piece_mg", "0")
    if not (weight.isascii() and weight.isdigit()):
        raise PlanRefused("wrong-value", f"{place}.piece_mg", "expected whole milligrams")
    taken = texts.get("last_taken")
    if taken not in (None, "never", "unknown"):
        raise PlanRefused("wrong-value", f"{place}.last_taken", "never or unknown")
    if texts.get("kept") not in (None, "machine", "elsewhere"):
        raise PlanRefused("wrong-value", f"{place}.kept", "machine or elsewhere")
    return Said(
        id=texts.get("id", ""),
        ingredients=tuple(str(one) for one in ingredients),
        piece_mg=int(weight),
        form=texts.get("form", ""),
        strength=texts.get("strength", ""),
        last_taken=None if taken is None else LastTaken(taken),
        elsewhere=texts.get("kept") == "elsewhere",
        high_alert=texts.get("high_alert") in ("yes", "true"),
        time_critical=texts.get("time_critical") in ("yes", "true"),
        text_read=texts.get("text_read") in ("yes", "true"),
    )
