"""What the controller last said about itself, as typed facts.

Responsible for: turning a snapshot line into frozen values that the pages can read.
Not responsible for words (words.py) or for where the line came from (feed.py).
Instants ending in `_at` are Unix seconds UTC, those ending in `_ms` milliseconds.
"""

from dataclasses import dataclass

from controller.web.loadrows import Load as Load
from controller.web.loadrows import LoadRow as LoadRow
from controller.web.loadrows import read_load
from controller.web.pick import (
    Object,
    flag,
    maybe_number,
    number,
    objects,
    part,
    text,
    texts,
)
from controller.web.words import amount
from controller.words import DOSE_ALERTS, fault


@dataclass(frozen=True)
class Dose:
    """One planned taking, as the controller sees it now."""

    dose_id: str
    regimen_id: str
    name: str
    quarters: int
    due_at: int
    close_at: int
    state: str
    outcome: str
    how: str
    by: str
    second: bool = False  # in doubt, and settled by two people only
    elsewhere: bool = False  # not in the machine: a person says that it was taken
    unit: str = ""
    kept: str = ""  # where
    not_before: int = 0  # too soon until then, 0: now
    said: bool = False  # somebody has said afterwards what became of it


@dataclass(frozen=True)
class Round:
    """The doses of one call, one press and one cup."""

    names: tuple[tuple[str, int], ...]  # medicine, pieces
    open_at: int
    due_at: int
    warn_at: int
    close_at: int
    stage: str


@dataclass(frozen=True)
class Alert:
    """Something a person should look at."""

    alert_id: str
    code: str
    severity: str
    sentence: str
    since_ms: int
    dose_id: str
    compartment: int | None
    acknowledged_by: str
    fault: str

    @property
    def told(self) -> str:
        """What is wrong, in one sentence; the fault's own where it has one."""
        return fault(self.fault)[0] or self.sentence or self.code.replace("-", " ")

    @property
    def may_resolve(self) -> bool:
        """About an outcome: a person ends it. Any other alert ends with its cause."""
        return self.code in DOSE_ALERTS


@dataclass(frozen=True)
class Asked:
    """An as-needed medicine: may it be asked for, and if not, when again."""

    regimen_id: str
    name: str
    allowed: bool
    code: str
    next_at: int | None
    told: str = ""  # how much of it there was, where that is weighed
    elsewhere: bool = False
    amount: str = ""
    kept: str = ""


@dataclass(frozen=True)
class HoldPoint:
    """A step that waits for two people, and what they look for."""

    regimen_id: str
    name: str
    look_for: str


@dataclass(frozen=True)
class Compartment:
    """What the controller knows about one compartment."""

    index: int
    state: str
    fill: int
    pieces: int
    code: str
    doses: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """The whole of it at one instant."""

    at_ms: int
    trusted: bool
    clock_reason: str
    time_number: str  # that a signed word on the time must name now
    zone: str
    mode: str
    lock_reason: str
    link: str
    net_connected: bool
    net_unacked: int
    plan_version: int | None
    plan_until: int | None
    pending_version: int
    patient: str
    signal: str
    say: str
    next_at: int | None
    next_doses: int
    round: Round | None
    doses: tuple[Dose, ...]
    asked: tuple[Asked, ...]
    alerts: tuple[Alert, ...]
    compartments: tuple[Compartment, ...]
    loading: Load | None
    board: Object
    cable: str  # where the board's cable should be
    cable_missing_ms: int | None  # since when it is not there
    written: int
    acked: int
    hold_points: tuple[HoldPoint, ...] = ()


def read_snapshot(source: Object) -> Snapshot:
    """The snapshot in one line of the controller's stream; missing fields become their zero."""
    net = part(source, "net") or {}
    plan = part(source, "plan")
    coming = part(source, "next")
    round_ = part(source, "round")
    events = part(source, "events") or {}
    load = part(source, "loading")
    cable = part(source, "cable") or {}
    return Snapshot(
        at_ms=number(source, "at_ms"),
        trusted=flag(source, "trusted"),
        clock_reason=text(source, "clock_reason"),
        time_number=text(source, "time_number"),
        zone=text(source, "zone", "UTC"),
        mode=text(source, "mode", "starting"),
        lock_reason=text(source, "lock_reason"),
        link=text(source, "link", "never"),
        net_connected=flag(net, "connected"),
        net_unacked=number(net, "unacked"),
        plan_version=maybe_number(plan, "version") if plan else None,
        plan_until=maybe_number(plan, "valid_until") if plan else None,
        pending_version=number(source, "pending_version"),
        patient=text(plan, "patient") if plan else "",
        signal=text(source, "signal", "quiet"),
        say=text(source, "say"),
        next_at=maybe_number(coming, "due_at") if coming else None,
        next_doses=number(coming, "doses") if coming else 0,
        round=_read_round(round_) if round_ else None,
        doses=tuple(sorted(map(_read_dose, objects(source, "doses")), key=_by_due)),
        asked=tuple(map(_read_asked, objects(source, "asked"))),
        alerts=tuple(map(_read_alert, objects(source, "alerts"))),
        compartments=tuple(map(_read_compartment, objects(source, "compartments"))),
        loading=read_load(load) if load else None,
        board=part(source, "board") or {},
        cable=text(cable, "path"),
        cable_missing_ms=maybe_number(cable, "missing_since_ms"),
        written=number(events, "written"),
        acked=number(events, "acked"),
        hold_points=tuple(
            HoldPoint(text(one, "regimen_id"), text(one, "name"), text(one, "look_for"))
            for one in objects(source, "hold_points")
        ),
    )


def _by_due(dose: Dose) -> tuple[int, str]:
    return dose.due_at, dose.regimen_id


def _read_dose(source: Object) -> Dose:
    return Dose(
        dose_id=text(source, "dose_id"),
        regimen_id=text(source, "regimen_id"),
        name=text(source, "name"),
        quarters=number(source, "quarters"),
        due_at=number(source, "due_at"),
        close_at=number(source, "close_at"),
        state=text(source, "state"),
        outcome=text(source, "outcome"),
        how=text(source, "how"),
        by=text(source, "by"),
        second=flag(source, "second"),
        elsewhere=flag(source, "elsewhere"),
        unit=text(source, "unit"),
        kept=text(source, "kept"),
        not_before=number(source, "not_before"),
        said=bool(number(source, "said_at")) or flag(source, "denied"),
    )


def _read_round(source: Object) -> Round:
    return Round(
        names=tuple((text(d, "name"), number(d, "pieces")) for d in objects(source, "doses")),
        open_at=number(source, "open_at"),
        due_at=number(source, "due_at"),
        warn_at=number(source, "warn_at"),
        close_at=number(source, "close_at"),
        stage=text(source, "stage", "waiting"),
    )


def _read_asked(source: Object) -> Asked:
    return Asked(
        regimen_id=text(source, "regimen_id"),
        name=text(source, "name"),
        allowed=flag(source, "allowed"),
        code=text(source, "code"),
        next_at=maybe_number(source, "next_at"),
        told=text(source, "told"),
        elsewhere=flag(source, "elsewhere"),
        amount=amount(number(source, "quarters"), text(source, "unit")),
        kept=text(source, "kept"),
    )


SEVERITIES = ("", "low", "medium", "high")


def _severity(source: Object) -> str:
    """The word for a severity that may come as its number."""
    level = number(source, "severity")
    return SEVERITIES[level] if 0 < level < len(SEVERITIES) else text(source, "severity")


def _read_alert(source: Object) -> Alert:
    return Alert(
        alert_id=text(source, "alert_id"),
        code=text(source, "code"),
        severity=_severity(source),
        sentence=text(source, "sentence"),
        since_ms=number(source, "since_ms"),
        dose_id=text(source, "dose_id"),
        compartment=maybe_number(source, "compartment"),
        acknowledged_by=text(source, "acknowledged_by"),
        fault=text(source, "fault"),
    )


def _read_compartment(source: Object) -> Compartment:
    return Compartment(
        index=number(source, "index"),
        state=text(source, "state", "empty"),
        fill=number(source, "fill"),
        pieces=number(source, "pieces"),
        code=text(source, "code"),
        doses=tuple(texts(source, "doses")),
    )
