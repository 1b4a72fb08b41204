"""The gate for plans: signatures, device, version, before a plan may even wait.

Responsible for: verifying an envelope when it comes and again at every start.
Not responsible for what a signature is (schedules.seal) or for when a version
comes into force (rules/loading.py). Whatever is refused changes nothing: the
plan in force stays in force.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from controller import events as ev
from controller.events import Json
from controller.state import State
from controller.wishes import Refused
from schedules.canonical import plan_hash
from schedules.model import Plan, PlanRefused
from schedules.seal import Signer, verify


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

    def approve(self, state: State, wish: Mapping[str, Json], now_s: int) -> list[ev.Event]:
        """PlanApproved for an envelope that holds; raises Refused with the reason."""
        text = _text(wish.get("envelope"))
        in_force = (state.plan_version, state.plan_hash) if state.plan_version else None
        try:
            plan = self._verify(text, now_s, in_force)
        except PlanRefused as refused:
            where = f" ({refused.place})" if refused.place else ""
            why = refused.sentence + where
            raise PlanNotTaken(refused.code, why, refused.place) from refused
        own = plan_hash(plan)
        if own in (state.plan_hash, state.pending_hash):
            raise Refused("already-known", "This very version is in force or waiting already.")
        return [ev.PlanApproved(plan.version, own, text)]

    def recheck(self, state: State, now_s: int) -> str:
        """Why the plan in force must not be followed, "" where it may (at every start)."""
        if not state.plan_envelope:
            return ""
        try:
            self._verify(state.plan_envelope, now_s, None)
        except PlanRefused as refused:
            # an old plan runs out by itself; signed rows stay in force over new zone data (R18)
            return "" if refused.code in ("expired", "compiled-mismatch") else "plan-signature"
        return ""

    def _verify(self, text: str, now_s: int, in_force: tuple[int, str] | None) -> Plan:
        return verify(
            text.encode(), self._signers, device=self._device, now_s=now_s, in_force=in_force
        )


def _text(envelope: Json) -> str:
    """The envelope as it was signed; an object is written back as compact JSON."""
    if isinstance(envelope, str):
        return envelope
    if isinstance(envelope, Mapping):
        return json.dumps(envelope, sort_keys=True, separators=(",", ":"))
    raise Refused("no-envelope", "Send the signed envelope as text.")
