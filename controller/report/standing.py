"""How things stand, for the retained topics: one state document, one document per alert.

Responsible for: the closed choice of what of the controller's snapshot may leave the
home. Not responsible for events (documents.py). The hub takes facts from events only;
these documents tell it that the machine lives, and tell a home's own screens the rest.
"""

from collections.abc import Mapping

from controller.canonical import Json
from controller.report import documents
from controller.report.documents import Document

MAX_ALERTS = 32  # standing alerts told one by one; the state document counts them all

_MODES = frozenset(("starting", "ready", "service", "locked", "journal-fault"))
_LINKS = frozenset(("fresh", "aging", "stale", "never"))
_SIGNALS = frozenset(("quiet", "ready", "call", "warn", "take", "alarm"))
_STAGES = frozenset(("waiting", "offered", "prepared", "committed", "released", "taken"))


def state(snapshot: Mapping[str, Json]) -> Document:
    """What may be known outside of a snapshot; whatever is missing or odd is left out."""
    board, plan, upcoming = (_part(snapshot, name) for name in ("board", "plan", "next"))
    document: Document = {
        "mode": _choice(snapshot.get("mode"), _MODES),
        "link": _choice(snapshot.get("link"), _LINKS),
        "signal": _choice(snapshot.get("signal"), _SIGNALS),
        "stage": _choice(_part(snapshot, "round").get("stage"), _STAGES),
        "trusted": _number(snapshot.get("trusted")),
        "plan_version": _number(plan.get("version")),
        "plan_valid_until": _number(plan.get("valid_until")),
        "next_due_at": _number(upcoming.get("due_at")),
        "next_doses": _number(upcoming.get("doses")),
        "simulated": _number(board.get("simulated")),
        "boot_epoch": _number(board.get("boot_epoch")),
        "flags": _number(board.get("flags")),
        "fault": _number(board.get("fault")),
        "alerts": len(_rows(snapshot, "alerts")),
    }
    return {name: value for name, value in document.items() if value is not None}


def alerts(snapshot: Mapping[str, Json], key: bytes) -> dict[str, Document]:
    """The standing alerts by public alert id, at most MAX_ALERTS of them."""
    told: dict[str, Document] = {}
    for row in _rows(snapshot, "alerts")[:MAX_ALERTS]:
        document = documents.publish(row, ("alert_id", "code", "severity", "dose_id"), key)
        alert_id = document.get("alert_id")
        if not isinstance(alert_id, str):
            continue
        compartment, since = row.get("compartment"), row.get("since_ms")
        if isinstance(compartment, int) and compartment >= 0:
            document["compartment"] = compartment
        if isinstance(since, int):
            document["since"] = documents.iso(since)
        document["acknowledged"] = bool(row.get("acknowledged_by"))
        told[alert_id] = document
    return told


def stamp(document: Document, now_ms: int, log_epoch: str, number: int, head: str) -> Document:
    """The state document as sent at `now_ms`: with the journal's head and the next time."""
    return {
        **document,
        "schema": documents.SCHEMA,
        "at": documents.iso(now_ms),
        "next_report_by": documents.iso(now_ms + documents.OVERDUE_MS),
        "log_epoch": log_epoch,
        "n": number,
        "head": head,
    }


def _part(snapshot: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = snapshot.get(name)
    return value if isinstance(value, Mapping) else {}


def _rows(snapshot: Mapping[str, Json], name: str) -> list[Mapping[str, Json]]:
    value = snapshot.get(name)
    if not isinstance(value, list | tuple):
        return []
    return [row for row in value if isinstance(row, Mapping)]


def _choice(value: Json, allowed: frozenset[str]) -> Json:
    return value if isinstance(value, str) and value in allowed else None


def _number(value: Json) -> Json:
    return value if isinstance(value, int) else None
