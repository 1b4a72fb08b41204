"""The judgement over a simulated home: from what the pieces did and what the hub holds.

Responsible for: the invariants, computed from the world's ground truth, the signed plan
and the hub's store; never from the controller's own record. Not responsible for making
anything happen.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from schedules.doses import doses
from schedules.limits import counters
from schedules.model import Dose, Plan

FINISH_S: Final = 125  # a round that was started in time may finish (R14), and pills must fall
ROUND_S: Final = 3  # clocks and whole seconds


@dataclass
class Told:
    """What the hub knows of one dose."""

    outcomes: list[str] = field(default_factory=list)
    how: str = ""
    settled: str = ""
    late: bool = False


@dataclass
class Fell:
    """What the world knows of one fill: one row per fill that was ever put."""

    doses: tuple[str, ...]
    regimens: tuple[str, ...]
    pieces: int
    fell_s: list[int]
    gone_s: list[int]
    motions: int  # exposures with effect
    put_s: int
    compartment: int


@dataclass
class Verdict:
    """Which rules were broken, in sentences; empty: none."""

    broken: list[str] = field(default_factory=list)
    releases: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    def rule(self, holds: bool, sentence: str) -> None:
        """Note a broken rule."""
        if not holds:
            self.broken.append(sentence)


def fills_of(truth: Mapping[str, Any]) -> list[Fell]:
    """The fills of the world, with the instants of their pieces in Unix seconds."""
    start_ms = truth["utc0_ms"]

    def at(ms: int) -> int:
        return int((start_ms + ms) // 1000)

    rows = []
    for fill in truth["fills"]:
        label = _label(fill["label"])
        pieces = fill["pieces"]
        fell = [at(p["fell_ms"]) for p in pieces if p["fell_ms"] is not None]
        gone = [at(p["gone_ms"]) for p in pieces if p["gone_ms"] is not None]
        motions = sum(1 for e in truth["exposures"] if fill["number"] in e["fills"])
        rows.append(
            Fell(
                tuple(label.get("doses", ())),
                tuple(label.get("regimens", ())),
                len(pieces),
                fell,
                gone,
                motions,
                at(fill["put_ms"]),
                fill["compartment"],
            )
        )
    return rows


def _label(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def told_of(documents: Sequence[Mapping[str, Any]]) -> dict[str, Told]:
    """What the hub's documents say of each dose."""
    told: dict[str, Told] = {}
    for doc in documents:
        kind = doc.get("kind")
        if kind in ("DoseClosed", "DoseSettled", "TakenLate"):
            one = told.setdefault(doc["dose_id"], Told())
            if kind == "DoseClosed":
                one.outcomes.append(doc["outcome"])
                one.how = doc.get("how", "")
            elif kind == "DoseSettled":
                one.settled = doc["outcome"]
            else:
                one.late = True
    return told


def judge(
    plan: Plan,
    truth: Mapping[str, Any],
    documents: Sequence[Mapping[str, Any]],
    in_force_s: int,
    until_s: int,
) -> Verdict:
    """All invariants that a whole demonstration can show."""
    verdict = Verdict()
    told = told_of(documents)
    fills = fills_of(truth)
    planned = {d.dose_id: d for d in doses(plan, in_force_s, until_s) if d.close_at <= until_s}
    asked = {d["dose_id"]: d for d in documents if d.get("kind") == "AskedGranted"}
    _once(verdict, fills, asked)
    _in_window(verdict, fills, planned)
    _one_outcome(verdict, planned, asked, told)
    _no_lie(verdict, fills, told)
    _gaps(verdict, plan, fills)
    verdict.rule(not truth["hazards"], f"the machine did something dangerous: {truth['hazards']}")
    return verdict


def _once(verdict: Verdict, fills: list[Fell], asked: Mapping[str, Any]) -> None:
    """I1: no fill lets go of pieces in more than one motion, no dose is released twice."""
    for fill in fills:
        effective = 1 if fill.fell_s else 0
        verdict.rule(
            len(fill.fell_s) <= fill.pieces, f"more fell from {fill.compartment} than was in it"
        )
        if effective and max(fill.fell_s) - min(fill.fell_s) > FINISH_S:
            verdict.broken.append(f"compartment {fill.compartment} let go twice")
        names = fill.doses or _grant(fill, asked)
        for dose_id in names:
            verdict.releases[dose_id] += effective
    for dose_id, count in verdict.releases.items():
        verdict.rule(count <= 1, f"dose {dose_id} was released {count} times")


def _grant(fill: Fell, asked: Mapping[str, Any]) -> tuple[str, ...]:
    """The request that an as-needed fill was given for."""
    if not fill.fell_s:
        return ()
    return tuple(
        dose_id
        for dose_id, doc in asked.items()
        if doc.get("compartment") == fill.compartment
        and doc["open_at"] - ROUND_S <= fill.fell_s[0] <= doc["close_at"] + FINISH_S
    )


def _in_window(verdict: Verdict, fills: list[Fell], planned: Mapping[str, Dose]) -> None:
    """I2: pieces fall inside the windows of the signed plan."""
    for fill in fills:
        for dose_id in fill.doses:
            d = planned.get(dose_id)
            if d is None or not fill.fell_s:
                continue
            inside = (
                d.open_at - ROUND_S <= min(fill.fell_s) <= max(fill.fell_s) <= d.close_at + FINISH_S
            )
            verdict.rule(inside, f"dose {dose_id} fell outside its window")


def _one_outcome(
    verdict: Verdict,
    planned: Mapping[str, Dose],
    asked: Mapping[str, Any],
    told: Mapping[str, Told],
) -> None:
    """I3: every due dose is in exactly one outcome; no outcome without a dose."""
    for dose_id in (*planned, *asked):
        found = told[dose_id].outcomes if dose_id in told else []
        verdict.rule(len(found) == 1, f"dose {dose_id} has {len(found)} outcomes")
        if len(found) == 1:
            one = told[dose_id]
            ending = f"uncertain, settled {one.settled}" if one.settled else found[0]
            verdict.outcomes[ending] += 1
    for dose_id in told:
        verdict.rule(
            dose_id in planned or dose_id in asked,
            f"an outcome for a dose nobody planned: {dose_id}",
        )


def _no_lie(verdict: Verdict, fills: list[Fell], told: Mapping[str, Told]) -> None:
    """I3a: taken means gone, held and skipped mean that nothing fell, missed that none is gone."""
    for fill in fills:
        for dose_id in fill.doses:
            one = told.get(dose_id)
            if one is None or len(one.outcomes) != 1:
                continue
            outcome = one.settled or one.outcomes[0]
            if outcome == "taken":
                verdict.rule(
                    len(fill.gone_s) == fill.pieces, f"{dose_id} is said taken and is not gone"
                )
            elif outcome in ("held", "skipped"):
                verdict.rule(not fill.fell_s, f"{dose_id} is said {outcome} and fell")
            elif outcome == "missed" and not one.late:
                verdict.rule(not fill.gone_s, f"{dose_id} is said missed and is gone")


def _gaps(verdict: Verdict, plan: Plan, fills: list[Fell]) -> None:
    """I8: what left with the cup keeps every minimum gap of the plan."""
    for counter in counters(plan):
        gone = sorted(
            max(fill.gone_s)
            for fill in fills
            if fill.gone_s and set(fill.regimens) & set(counter.regimens)
        )
        for earlier, later in pairwise(gone):
            verdict.rule(
                later - earlier >= counter.gap_s - 60, f"two takings of {counter.name} too close"
            )
