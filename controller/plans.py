"""The gate for what is signed: signatures, device, version, before a plan may even wait.

Responsible for: verifying an envelope when it comes and again at every start.
Not responsible for what a signature is (schedules.seal) or for when a version
comes into force (rules/lease.py). Whatever is refused changes nothing: the
plan in force stays in force.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from controller import events as ev
from controller.agenda import plan_in_force, plan_of_envelope, rows_of, signed
from controller.events import Json
from controller.facts import Facts
from controller.rules import holdpoints
from controller.rules.halts import HeldRound, held_row, would_change, would_free, would_hold
from controller.rules.lease import last_taken
from controller.state import State
from controller.wishes import Refused
from controller.wishes.doses import settle
from controller.wishes.pairing import pairing
from controller.wishes.people import repair_clock, time_number
from schedules.canonical import plan_hash
from schedules.halt import EVERY, Act, unverified_act, verify_act
from schedules.localtime import tzdata_version
from schedules.model import Plan, PlanRefused
from schedules.rows import compile_rows, rows_hash, write_rows
from schedules.seal import (
    Signer,
    check_begin,
    check_signed,
    signed_hash,
    unverified,
    verify,
)
from schedules.told_time import verify_time
from schedules.vouch import verify_vouch

MADE_AHEAD_S = 900  # the clock of whoever signs may be ahead by this much


class PlanNotTaken(Refused):
    """An envelope that changes nothing, with the place that is wrong in it."""

    def __init__(self, code: str, why: str, place: str) -> None:
        super().__init__(code, why)
        self.place = place


class Gate:
    """Who may sign for this device."""

    def __init__(self, device: str, signers: Sequence[Signer]) -> None:
        self._device = device
        self._signers = tuple(signers)
        self._shifted = ("", "", False)  # of which plan, by which zone data, and the answer

    def approve(self, state: State, wish: Mapping[str, Json], now_s: int) -> list[ev.Event]:
        """PlanApproved for an envelope that holds; raises Refused with the reason."""
        text = _text(wish.get("envelope"))
        in_force = (state.plan_version, state.plan_hash) if state.plan_version else None
        now = plan_in_force(state)
        try:
            plan = self._verify(text, now_s, in_force, now.patient if now else "")
            check_begin(plan, now_s)
        except PlanRefused as refused:
            raise _not_taken(refused) from refused
        own = plan_hash(plan)
        if own in (state.plan_hash, state.pending_hash):
            raise Refused("already-known", "This very version is in force or waiting already.")
        return [
            ev.PlanApproved(plan.version, own, text, write_rows(plan, compile_rows(plan))),
            *pairing(state, plan, wish, now_s),
        ]

    def act(
        self, state: State, wish: Mapping[str, Json], now_s: int, *, clock_trusted: bool
    ) -> list[ev.Event]:
        """What a signed stop, hold or resume leads to; raises PlanNotTaken (R4)."""
        text = _text(wish.get("document"))
        now = now_s if clock_trusted else None
        try:
            act, names = verify_act(
                text, self._signers, device=self._device, now_s=now, after=state.act_number
            )
            return _act_events(state, act, ",".join(names), text, now_s)
        except PlanRefused as refused:
            raise _not_taken(refused) from refused

    def settle(self, state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
        """What one person saw and another signed settles; raises PlanNotTaken (R16)."""
        try:
            said, signer = verify_vouch(
                _text(wish.get("document")), self._signers, device=self._device
            )
        except PlanRefused as refused:
            raise _not_taken(refused) from refused
        meant: dict[str, Json] = {
            "dose_id": said.dose_id,
            "outcome": said.outcome,
            "how": said.how,
            "by": said.by,
        }
        return settle(state, facts, meant, signer)

    def repair_clock(self, state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
        """What a signed word on the time repairs, at the machine; raises PlanNotTaken (R8)."""
        try:
            said_at, signer = verify_time(
                _text(wish.get("document")),
                self._signers,
                device=self._device,
                number=time_number(state, facts),
                now_s=facts.utc_s,
                after=state.told_s,
            )
        except PlanRefused as refused:
            raise _not_taken(refused) from refused
        return repair_clock(state, facts, wish, said_at, signer)

    def recheck(self, state: State, now_s: int) -> str:
        """Why the plan in force must not be followed, "" where it may (at every start)."""
        self._shifted = ("", "", False)
        if not state.plan_envelope:
            return ""
        text = signed(state.plan_envelope)
        try:
            kept = rows_of(state.plan_envelope)
            if kept is not None and rows_hash(kept) != signed_hash(text.encode()):
                return "plan-signature"  # what is kept is not what two people signed
            self._verify(text, now_s, None, judged=False)  # a rule that came since locks nobody out
        except PlanRefused as refused:
            # an old plan runs out by itself; signed rows stay in force over new zone data (R18)
            return "" if refused.code in ("expired", "compiled-mismatch") else "plan-signature"
        return ""

    def still_signed(self, state: State) -> str:
        """As `recheck`, once a day while running: signatures and device, nothing compiled."""
        plan = plan_in_force(state)
        if plan is None:
            return ""
        try:
            check_signed(signed(state.plan_envelope).encode("utf-8", "replace"), self._signers)
        except PlanRefused:
            return "plan-signature"
        return "" if plan.device == self._device else "plan-signature"

    def shifted(self, state: State) -> bool:
        """Whether today's zone data compile the plan in force to other rows than were signed.

        Asked daily; computed anew when the plan or the identity of the zone data has changed.
        """
        if not state.plan_envelope:
            return False
        key = (state.plan_hash, tzdata_version())
        if self._shifted[:2] != key:
            text = signed(state.plan_envelope)
            now = rows_hash(compile_rows(plan_of_envelope(text)))
            self._shifted = (*key, now != signed_hash(text.encode()))
        return self._shifted[2]

    def _verify(
        self,
        text: str,
        now_s: int,
        in_force: tuple[int, str] | None,
        patient: str = "",
        *,
        judged: bool = True,
    ) -> Plan:
        return verify(
            text.encode("utf-8", "replace"),
            self._signers,
            device=self._device,
            now_s=now_s,
            in_force=in_force,
            patient=patient,
            judged=judged,
        )

    def preview(self, state: State, facts: Facts, wish: Mapping[str, Json]) -> dict[str, Json]:
        """The rounds that a halt of `regimens`, `document` or loading `envelope` would hold.

        For a `document` that resumes: the rounds it would free; and `refused`, `because` where it
        would not be taken as it stands. Nothing happens by it. A round is held until its window
        ends or it is filled anew.
        """
        regimens, document = wish.get("regimens"), wish.get("document")
        told: dict[str, Json] = {}
        if isinstance(regimens, list):
            found = would_hold(state, facts, [one for one in regimens if isinstance(one, str)])
        elif document is not None:
            found, told = self._act_preview(state, facts, _text(document))
        else:
            text = _text(wish.get("envelope"))
            try:
                unverified(text.encode())
            except PlanRefused as refused:
                raise Refused(refused.code, refused.sentence) from refused
            found = would_change(state, facts, text)
        plan = plan_in_force(state)
        return {
            "rounds": [held_row(row) for row in found],
            "zone": plan.zone if plan else "UTC",
            "names": {r.id: r.name for r in plan.regimens} if plan else {},
            "now": facts.utc_s,
            **told,
        }

    def _act_preview(
        self, state: State, facts: Facts, document: str
    ) -> tuple[list[HeldRound], dict[str, Json]]:
        try:
            act, _ = unverified_act(document)
        except PlanRefused as refused:
            raise Refused(refused.code, refused.sentence) from refused
        plan = plan_in_force(state)
        known = [r.id for r in plan.regimens] if plan else []
        meant = known if act.regimen == EVERY else [act.regimen]
        found = (would_free if act.act == "resume" else would_hold)(state, facts, meant)
        try:
            wish = {"document": document}
            self.act(state, wish, facts.utc_s, clock_trusted=facts.clock_trusted)
        except PlanNotTaken as refused:
            return found, {"refused": refused.code, "because": refused.why}
        return found, {}


def _act_events(state: State, act: Act, by: str, text: str, now_s: int) -> list[ev.Event]:
    """One event for each regimen meant; raises PlanRefused where it is about none."""
    plan = plan_in_force(state)
    if plan is None or plan.patient != act.patient:
        raise PlanRefused("other-patient", "patient", "this act is for another patient")
    known = {r.id: r for r in plan.regimens}
    meant = list(known) if act.regimen == EVERY else [act.regimen]
    if not set(meant) <= set(known):
        raise PlanRefused("unknown-regimen", "regimen", "no regimen of that id is in force")
    if act.act == "hold":  # what was stopped stays stopped: a hold is less
        stopped = {one for one, h in state.halts.items() if h.act == "stop" and not h.answered}
        meant = [one for one in meant if one not in stopped]
        if not meant:
            raise PlanRefused("stopped", "regimen", "it is stopped, which is more than a hold")
    if act.act != "resume":
        return [ev.RegimenHalted(one, act.act, act.number, by, text) for one in meant]
    points = _points(state, act, now_s)
    meant = [one for one in meant if one in state.halts or one in points]
    if not meant:
        why = "it was neither stopped nor put on hold, and waits at no hold point"
        raise PlanRefused("not-halted", "regimen", why)
    if any(not start_s <= act.made_at <= now_s + MADE_AHEAD_S for start_s in points.values()):
        why = "its step waits for two people who have looked since it began: sign anew"
        raise PlanRefused("resume-too-early", "made_at", why)
    happened: list[ev.Event] = []
    for one in meant:
        happened.append(ev.RegimenResumed(one, act.number, by, text, points.get(one, 0)))
        happened.append(last_taken(state, known[one], act.last_taken, by))
    return happened


def _points(state: State, act: Act, now_s: int) -> dict[str, int]:
    """The step that a resume lets begin, by name: who says "all" has looked at none of them."""
    point = holdpoints.holds(state, state.plan_envelope, act.regimen, now_s)
    return {point.regimen: point.start_s} if point is not None else {}


def _not_taken(refused: PlanRefused) -> PlanNotTaken:
    where = f" ({refused.place})" if refused.place else ""
    return PlanNotTaken(refused.code, refused.sentence + where, refused.place)


def _text(envelope: Json) -> str:
    """The envelope as it was signed; an object is written back as compact JSON."""
    if isinstance(envelope, str):
        return envelope
    if isinstance(envelope, Mapping):
        return json.dumps(envelope, sort_keys=True, separators=(",", ":"))
    raise Refused("no-envelope", "Send the signed envelope as text.")
