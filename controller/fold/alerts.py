"""How alarms change what is known.

Responsible for: alerts that stand.
Not responsible for whether an event may happen (controller/rules).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.copies import replace
from controller.fold.base import Changes
from controller.state import Alert, State


def _raised(s: State, e: ev.AlertRaised, at: int, head: str) -> State:
    alert = Alert(e.alert_id, e.code, e.severity, at, e.dose_id, e.compartment, e.fault)
    return replace(s, alerts={**s.alerts, e.alert_id: alert})


def _acknowledged(s: State, e: ev.AlertAcknowledged, at: int, head: str) -> State:
    alert = replace(s.alerts[e.alert_id], acknowledged_by=e.by)
    return replace(s, alerts={**s.alerts, e.alert_id: alert})


def _alert_resolved(s: State, e: ev.AlertResolved, at: int, head: str) -> State:
    return replace(s, alerts={k: a for k, a in s.alerts.items() if k != e.alert_id})


CHANGES: Final[Changes] = {
    ev.AlertRaised: _raised,
    ev.AlertAcknowledged: _acknowledged,
    ev.AlertResolved: _alert_resolved,
}
