"""Real FHIR orders as the plan of a demonstration.

Responsible for: reading files, folders or bundles of MedicationRequests, listing what is
refused and why, and starting at an instant inside the bounds of what is left. Not
responsible for the reading itself (schedules.fhir): here all orders are given to one
simulated patient, which a pharmacist may never do, and that is said.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from controller.home.places import HomeRefused
from schedules.convert import Frame, convert, resources_of
from schedules.fhir import OrderRefusal
from schedules.model import LastTaken, Plan

DEVICE: Final = "posology-demo-1"
PATIENT: Final = "pt-demo"
ZONE: Final = "Europe/Zurich"
PIECE_MG: Final = 300  # the orders do not say what a piece weighs; a pharmacist would
START: Final = "2024-11-04T06:00"  # a Monday; inside the bounds of the sample orders


def from_orders(path: str, start: str, days: int) -> tuple[Plan, datetime, str]:
    """(plan, local start, what to print); HomeRefused where nothing can be compiled."""
    folders = [Path(one) for one in path.split(",")]
    for one in folders:
        if not one.exists():
            raise HomeRefused(f"PLAN={one}: there is no such file or folder")
    try:
        first = datetime.fromisoformat(start or START)
    except ValueError as why:
        raise HomeRefused(f"START={start}: an instant like 2024-11-04T06:00 is expected") from why
    if first.tzinfo is not None:
        raise HomeRefused(f"START={start}: local wall time is expected, without an offset")
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


def _table(plan: Plan, refused: list[OrderRefusal]) -> str:
    lines = ["demo: all orders are given to one simulated patient, for demonstration only"]
    lines += [f"  dispensed  {one.id}: {one.name}" for one in plan.regimens]
    lines += [f"  refused    {one.id}: {one.code}: {one.why}" for one in refused]
    return "\n".join(lines)
