"""An outcome and its alert in one piece.

Responsible for: closing a dose together with the alert that somebody must hear,
so that both are in one transaction (I3b). Not responsible for standing
conditions (controller/alarms.py).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.state import DoseLife, State

# outcome -> (alert code, severity); what is not here needs nobody
_TELL: Final[dict[str, tuple[str, int]]] = {
    "missed": ("dose-missed", 3),
    "held": ("dose-held", 3),
    "uncertain": ("dose-uncertain", 3),
}


def alert_id(code: str, dose_id: str) -> str:
    """The name of a dose's alert: lower case, digits and dashes."""
    return f"{code}-{dose_id[:12]}"


def close(
    state: State, d: DoseLife, outcome: str, how: str, order: int = 0, by: str = ""
) -> list[ev.Event]:
    """The outcome, the alert it needs, and the end of the warning that came before."""
    happened: list[ev.Event] = [ev.DoseClosed(d.dose_id, outcome, how, order, by)]
    warned = alert_id("dose-warned", d.dose_id)
    if warned in state.alerts:
        happened.append(ev.AlertResolved(warned, outcome))
    told = _TELL.get(outcome)
    if how == "left-in-cup":
        told = ("left-in-cup", 3)
    if told is not None:
        code, severity = told
        happened.append(ev.AlertRaised(alert_id(code, d.dose_id), code, severity, d.dose_id))
    return happened
