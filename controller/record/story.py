"""What the journal tells, put together by dose, load and alert: pure, and read only.

Responsible for: one pass over the events, oldest first. Write-once stays visible: an outcome and
each later word on it are versions of one dose, none replaces another. Not responsible for FHIR
(the files beside this one) nor for the state the controller decides by (controller/fold).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from controller.agenda import plan_of_envelope
from controller.canonical import Json
from controller.chain import epoch_after
from hal.wire import codes
from schedules.model import Plan


class Entry(Protocol):
    """One event as the journal hands it out."""

    @property
    def number(self) -> int: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def body(self) -> Mapping[str, Json]: ...
    @property
    def hash(self) -> bytes: ...


@dataclass(frozen=True)
class Said:
    """An event that a person or the machine answers for, with its name for ever."""

    event: str  # log_epoch/number
    at_s: int
    kind: str
    body: Mapping[str, Json]
    hash: str

    def text(self, key: str) -> str:
        """A text of the event, "" where it has none."""
        value = self.body.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        """A number of the event, 0 where it has none."""
        value = self.body.get(key)
        return value if isinstance(value, int) else 0

    def texts(self, key: str) -> list[str]:
        """A list of texts of the event."""
        value = self.body.get(key)
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

    def numbers(self, key: str) -> list[int]:
        """A list of numbers of the event."""
        value = self.body.get(key)
        return [one for one in value if isinstance(one, int)] if isinstance(value, list) else []


@dataclass(frozen=True)
class Version:
    """What was known of a dose from one event on."""

    said: Said
    outcome: str  # taken, missed, skipped, held, handed-out, uncertain, voided
    how: str
    by: str = ""
    second: str = ""
    gone_at: int = 0  # when the pieces left with the cup or by hand; 0: nobody knows
    late: bool = False  # gone after the outcome was written: that outcome stays


@dataclass
class ToldDose:
    """One dose from its opening to the newest word on it."""

    dose_id: str
    regimen: str
    quarters: int
    open_at: int
    due_at: int
    close_at: int
    asked: bool
    elsewhere: bool
    plan: Plan | None
    gone_at: int = 0
    versions: list[Version] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """The outcome as it stands: a later lift does not rewrite it."""
        return self.versions[-1].outcome if self.versions else ""


@dataclass
class ToldAlert:
    """An alert with who heard it and how it ended."""

    raised: Said
    acknowledged: Said | None = None
    resolved: Said | None = None


@dataclass
class Story:
    """All that the journal tells."""

    device: str
    software: str = ""
    plans: list[Plan] = field(default_factory=list)
    doses: dict[str, ToldDose] = field(default_factory=dict)
    loads: list[tuple[Said, Plan | None]] = field(default_factory=list)
    alerts: list[ToldAlert] = field(default_factory=list)
    acts: list[Said] = field(default_factory=list)  # every event, for the audit
    refused: list[Said] = field(default_factory=list)  # as-needed doses that were not granted
    last_s: int = 0


def tell(entries: Iterable[Entry], device: str, log_epoch: str) -> Story:
    """The story of these events; `log_epoch` names the log until an event says otherwise."""
    teller = _Teller(Story(device), log_epoch)
    for entry in entries:
        teller.hear(entry)
    return teller.story


class _Teller:
    """Reads event by event; what it does not know, it leaves to the audit."""

    def __init__(self, story: Story, log_epoch: str) -> None:
        self.story = story
        self._epoch = log_epoch
        self._approved: dict[str, Plan] = {}  # by plan hash
        self._plan: Plan | None = None
        self._orders: dict[int, list[str]] = {}
        self._in_cup: set[str] = set()
        self._standing: dict[str, ToldAlert] = {}

    def hear(self, entry: Entry) -> None:
        """The next event."""
        self._epoch = epoch_after(self._epoch, entry.kind, entry.body)
        name = f"{self._epoch}/{entry.number}"
        said = Said(name, entry.at_ms // 1000, entry.kind, entry.body, entry.hash.hex())
        self.story.acts.append(said)
        self.story.last_s = max(self.story.last_s, said.at_s)
        hear = getattr(self, f"_hear_{entry.kind}", None)
        if hear is not None:
            hear(said)

    def _hear_Started(self, said: Said) -> None:
        self.story.software = said.text("version")

    def _hear_PlanApproved(self, said: Said) -> None:
        envelope = said.text("envelope")
        if envelope:
            self._approved[said.text("plan_hash")] = plan_of_envelope(envelope)

    def _hear_PlanInForce(self, said: Said) -> None:
        plan = self._approved.get(said.text("plan_hash"))
        if plan is not None:
            self._plan = plan
            self.story.plans.append(plan)

    def _hear_DoseOpened(self, said: Said) -> None:
        self._open(said, asked=False)

    def _hear_AskedGranted(self, said: Said) -> None:
        self._open(said, asked=True)

    def _open(self, said: Said, *, asked: bool) -> None:
        dose_id = said.text("dose_id")
        before = self.story.doses.get(dose_id)  # planned again after its outcome was voided
        told = ToldDose(
            dose_id,
            said.text("regimen"),
            said.number("quarters"),
            said.number("open_at"),
            said.number("open_at") if asked else said.number("due_at"),
            said.number("close_at"),
            asked,
            bool(said.body.get("elsewhere")),
            self._plan,
            versions=before.versions if before is not None else [],
        )
        self.story.doses[dose_id] = told

    def _hear_AskedRefused(self, said: Said) -> None:
        self.story.refused.append(said)

    def _hear_OrderPrepared(self, said: Said) -> None:
        self._orders[said.number("order")] = said.texts("doses")

    def _hear_OrderResolved(self, said: Said) -> None:
        if said.number("verdict") == codes.RELEASED:
            self._in_cup |= set(self._orders.get(said.number("order"), []))

    def _hear_CupLifted(self, said: Said) -> None:
        for dose_id in self._in_cup:
            told = self.story.doses.get(dose_id)
            if told is not None and not told.gone_at:
                told.gone_at = said.at_s

    def _hear_CupCleared(self, said: Said) -> None:
        self._hear_CupLifted(said)
        self._in_cup.clear()

    def _hear_DoseClosed(self, said: Said) -> None:
        outcome = said.text("outcome")
        told = self.story.doses.get(said.text("dose_id"))
        gone = 0
        if told is not None and outcome in ("taken", "handed-out"):
            gone = told.gone_at or said.at_s
        self._version(said, outcome, said.text("how"), gone_at=gone)

    def _hear_DoseSettled(self, said: Said) -> None:
        outcome = said.text("outcome")
        told = self.story.doses.get(said.text("dose_id"))
        gone = told.gone_at if told is not None and outcome == "taken" else 0
        by_board = said.text("by") == "board"  # its proof came after a day (R12)
        how = "late-verdict" if by_board else f"settled-{outcome}"
        self._version(said, outcome, how, gone_at=gone)

    def _hear_TakenLate(self, said: Said) -> None:
        self._late(said, said.at_s, "taken-late")

    def _hear_GivenLate(self, said: Said) -> None:
        self._late(said, said.at_s, "given-late")

    def _hear_TakingSaid(self, said: Said) -> None:
        told = self.story.doses.get(said.text("dose_id"))
        if told is None or said.text("word") == "not-taken":
            return
        told.gone_at = told.gone_at or said.number("taken_at")
        if told.versions:
            self._late(said, said.number("taken_at"), said.text("how"))

    def _late(self, said: Said, gone_at: int, how: str) -> None:
        told = self.story.doses.get(said.text("dose_id"))
        if told is not None and told.versions:
            self._version(said, told.outcome, how, gone_at=gone_at, late=True)

    def _hear_ClockRepaired(self, said: Said) -> None:
        for dose_id in said.texts("voided"):
            told = self.story.doses.get(dose_id)
            if told is not None:
                told.versions.append(
                    Version(said, "voided", "clock-repaired", said.text("by"), said.text("signer"))
                )

    def _version(
        self, said: Said, outcome: str, how: str, *, gone_at: int = 0, late: bool = False
    ) -> None:
        told = self.story.doses.get(said.text("dose_id"))
        if told is None:  # handed out ahead, before its day was opened here
            return
        people = (said.text("by"), said.text("second"))
        told.versions.append(Version(said, outcome, how, *people, gone_at, late))

    def _hear_Loaded(self, said: Said) -> None:
        self.story.loads.append((said, self._waiting() or self._plan))

    def _waiting(self) -> Plan | None:
        """The newest approved plan: what is loaded is loaded for it."""
        return max(self._approved.values(), key=lambda one: one.version, default=None)

    def _hear_AlertRaised(self, said: Said) -> None:
        told = ToldAlert(said)
        self.story.alerts.append(told)
        self._standing[said.text("alert_id")] = told

    def _hear_AlertAcknowledged(self, said: Said) -> None:
        told = self._standing.get(said.text("alert_id"))
        if told is not None and told.acknowledged is None:
            told.acknowledged = said

    def _hear_AlertResolved(self, said: Said) -> None:
        told = self._standing.pop(said.text("alert_id"), None)
        if told is not None:
            told.resolved = said
