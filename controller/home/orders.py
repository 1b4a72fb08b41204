"""Somebody's own plan file, or real FHIR orders, as the plan of a demonstration.

Responsible for: reading files, folders or bundles of MedicationRequests, listing what is
refused and why, and starting at an instant inside the bounds of what is left. Not
responsible for the reading itself (schedules.planfile, schedules.fhir.regimens): here all orders
are given to one simulated patient, which a pharmacist may never do, and that is said.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from controller.home.places import HomeRefused
from schedules.convert import Frame, convert, resources_of
from schedules.fhir.regimens import OrderRefusal
from schedules.model import LastTaken, Plan
from schedules.planfile import parse_plan

DEVICE: Final = "posology-demo-1"
PATIENT: Final = "pt-demo"
ZONE: Final = "Europe/Zurich"
PIECE_MG: Final = 300  # the orders do not say what a piece weighs; a pharmacist would
START: Final = "2024-11-04T06:00"  # a Monday; inside the bounds of the sample orders
MORNING: Final = time(6, 0)
PLAN_FILES: Final = (".yaml", ".yml")


def chosen(path: str, start: str, days: int) -> tuple[Plan, datetime, str]:
    """(plan, local start, what to print) for PLAN=path; HomeRefused, PlanRefused."""
    if Path(path).suffix in PLAN_FILES:
        return from_file(Path(path), start)
    return from_orders(path, start, days)


def from_file(path: Path, start: str) -> tuple[Plan, datetime, str]:
    """A plan file as a person wrote it; without `start` its first day's morning."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as why:
        raise HomeRefused(f"PLAN={path}: it cannot be read") from why
    plan = parse_plan(text)
    opens, ends = (
        datetime.fromtimestamp(at, ZoneInfo(plan.zone)).replace(tzinfo=None)
        for at in (plan.valid_from, plan.valid_until)
    )
    if start:
        first = _wall_time(start)
    else:
        first = datetime.combine(opens.date(), MORNING)
        first += timedelta(days=first < opens)
    if not opens <= first < ends:
        raise HomeRefused(f"START={first:%Y-%m-%dT%H:%M}: the plan is valid {opens} to {ends}")
    return plan, first, f"demo: {path.name}, {len(plan.regimens)} regimens"


def from_orders(path: str, start: str, days: int) -> tuple[Plan, datetime, str]:
    """(plan, local start, what to print); HomeRefused where nothing can be compiled."""
    folders = [Path(one) for one in path.split(",")]
    for one in folders:
        if not one.exists():
            raise HomeRefused(f"PLAN={one}: there is no such file or folder")
    first = _wall_time(start or START)
    resources, unread = resources_of(folders)
    frame = Frame(
        plan_id="demo-orders",
        version=1,
        previous_hash="",
        device=DEVICE,
        patient=PATIENT,
        zone=ZONE,
        start=first - timedelta(hours=6),
        days=days + 90,
        piece_mg=PIECE_MG,
        last_taken=LastTaken("never"),
        one_patient=True,
    )
    plan, refused = convert(resources, frame, {})
    note = _table(plan, [*unread, *refused])
    if not plan.regimens:
        raise HomeRefused(f"none of the orders can be compiled\n{note}")
    return plan, first, note


def _wall_time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as why:
        raise HomeRefused(f"START={text}: an instant like 2024-11-04T06:00 is expected") from why
    if found.tzinfo is not None:
        raise HomeRefused(f"START={text}: local wall time is expected, without an offset")
    return found


def _table(plan: Plan, refused: list[OrderRefusal]) -> str:
    lines = ["demo: all orders are given to one simulated patient, for demonstration only"]
    lines += [f"  dispensed  {one.id}: {one.name}" for one in plan.regimens]
    lines += [f"  refused    {one.id}: {one.code}: {one.why}" for one in refused]
    return "\n".join(lines)
