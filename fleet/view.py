"""What became of the doses and the alerts of one home, and what people are told of it.

Responsible for: folding stored events, in order, into facts, and choosing the words a
caregiver reads. Pure. Not responsible for silence (silence.py) or for who is called.
A caregiver hears about a missed dose, and only then: doses that went well say nothing.
"""

import datetime
import zoneinfo
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from controller import words
from controller.canonical import Json
from hal.wire import codes

SEVERITIES = {1: "note", 2: "warning", 3: "urgent"}

_OUTCOMES = {
    "missed": "MISSED. Nobody took it from the machine in time",
    "held": "NOT GIVEN. The machine held it back",
    "uncertain": "UNCERTAIN. Somebody must look and say what became of it",
}


@dataclass
class Dose:
    """One dose as the hub knows it; `outcome` is empty while it is open."""

    due_at: int = 0  # Unix seconds, 0 while unknown
    outcome: str = ""
    how: str = ""
    settled: bool = False  # a person has decided
    times_closed: int = 0
    late: bool = False  # taken after it was closed as missed


@dataclass
class Alert:
    """One alert as the hub knows it."""

    code: str
    severity: int
    raised: str
    acknowledged: bool = False
    resolved: bool = False


@dataclass
class Household:
    """The fold of one device's events."""

    zone: zoneinfo.ZoneInfo = field(default_factory=lambda: zoneinfo.ZoneInfo("UTC"))
    doses: dict[str, Dose] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    raised: int = 0
    resolved: int = 0

    def apply(self, doc: Mapping[str, Json]) -> list[str]:
        """Take in the next event; the lines a caregiver reads because of it, mostly none."""
        kind = _text(doc, "kind")
        self.kinds[kind] += 1
        if kind == "TakingSaid":
            return self._said(doc)
        if kind == "DoseOpened":
            self._dose(doc).due_at = _number(doc, "due_at")
        elif kind in ("DoseClosed", "DoseSettled", "TakenLate"):
            return self._close(kind, doc)
        elif kind.startswith("Alert"):
            return self._alert(kind, doc)
        return []

    def outcomes(self) -> dict[str, int]:
        """How many doses have which outcome now; `open` for those that have none."""
        return dict(Counter(dose.outcome or "open" for dose in self.doses.values()))

    def _dose(self, doc: Mapping[str, Json]) -> Dose:
        return self.doses.setdefault(_text(doc, "dose_id"), Dose())

    def _close(self, kind: str, doc: Mapping[str, Json]) -> list[str]:
        dose = self._dose(doc)
        name = f"The dose {self._due(dose, doc)}"
        if kind == "TakenLate":
            dose.late = True
            return [f"{name} was taken after all, late."]
        dose.outcome, dose.how = _text(doc, "outcome"), _text(doc, "how")
        if kind == "DoseSettled":
            dose.settled = True
            return [f"{name}: a person says it was {dose.outcome}."]
        dose.times_closed += 1
        if dose.outcome not in _OUTCOMES:
            return []
        because = f" ({dose.how})" if dose.how else ""
        return [f"{name}: {_OUTCOMES[dose.outcome]}{because}."]

    def _said(self, doc: Mapping[str, Json]) -> list[str]:
        """A person's word on medicine that no machine holds; before the outcome it is no news."""
        dose = self._dose(doc)
        if not dose.outcome:
            return []
        taken = _text(doc, "word") == "taken"
        dose.late = dose.late or taken
        what = "taken after all" if taken else "not taken"
        return [f"The dose {self._due(dose, doc)}: a person says it was {what}."]

    def _alert(self, kind: str, doc: Mapping[str, Json]) -> list[str]:
        alert_id = _text(doc, "alert_id")
        if kind == "AlertRaised":
            self.raised += 1
            alert = Alert(_text(doc, "code"), _number(doc, "severity"), _text(doc, "at"))
            self.alerts[alert_id] = alert
            meaning = words.fault(codes.word(_number(doc, "fault")))[0] or words.alert(alert.code)
            return [f"ALERT, {SEVERITIES.get(alert.severity, 'urgent')}: {alert.code}. {meaning}"]
        known = self.alerts.get(alert_id)
        if known is None:
            return []
        if kind == "AlertAcknowledged":
            known.acknowledged = True
            return [f"Somebody has it: {known.code}."]
        if kind == "AlertResolved":
            self.resolved += 1
            known.resolved = True
            return [f"ALL CLEAR: {known.code}."]
        return []

    def _due(self, dose: Dose, doc: Mapping[str, Json]) -> str:
        if not dose.due_at:
            return _text(doc, "dose_id")[:8]
        at = datetime.datetime.fromtimestamp(dose.due_at, self.zone)
        return f"of {at:%Y-%m-%d %H:%M}"


def clock_time(at: str, zone: zoneinfo.ZoneInfo) -> str:
    """An ISO instant in UTC as date and time in `zone`; unreadable ones stay as they are."""
    try:
        instant = datetime.datetime.fromisoformat(at)
    except ValueError:
        return at
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def _text(doc: Mapping[str, Json], name: str) -> str:
    value = doc.get(name)
    return value if isinstance(value, str) else ""


def _number(doc: Mapping[str, Json], name: str) -> int:
    value = doc.get(name)
    return value if isinstance(value, int) else 0
