"""Alarms: raised, acknowledged, over.

Responsible for: events that say that somebody must hear, or has heard.
Not responsible for what they change (controller/fold) or whether they may happen (rules/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from controller.events.base import Event


@dataclass(frozen=True, slots=True)
class AlertRaised(Event):
    """On the disk at once: only what is durable may be reported, and somebody must hear this."""

    barrier: ClassVar[bool] = True
    alert_id: str
    code: str
    severity: int
    dose_id: str = ""
    compartment: int = -1
    fault: int = 0


@dataclass(frozen=True, slots=True)
class AlertAcknowledged(Event):
    alert_id: str
    by: str


@dataclass(frozen=True, slots=True)
class AlertResolved(Event):
    alert_id: str
    how: str
    by: str = ""
