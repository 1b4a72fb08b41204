"""A proposal put into a plan for a moment: the same checks, and the same words as a read-back.

Responsible for: refusing a proposal that no plan could hold, and for saying it back. Not
responsible for the proposal itself (sig.py); the plan made here is thrown away.
"""

from schedules.document import build
from schedules.model import PlanRefused
from schedules.schema import Document
from schedules.text import say
from schedules.text.sig_token import TextRefused
from schedules.words import COUNTED

_AROUND: dict[str, Document] = {
    "schema": "posology-plan/1",
    "plan_id": "trial",
    "version": "1",
    "device": "trial",
    "patient": "pt-trial",
    "zone": "UTC",
    "valid_from": "2026-01-05",
    "valid_until": "2026-12-31",
}
_REGIMEN: dict[str, Document] = {
    "id": "trial",
    "name": "Trial",
    "form": "tablet",
    "strength": "1 mg",
    "ingredients": ["trial"],
    "start": "2026-01-05T06:00",
    "last_taken": "never",
}


def reads(sentence: str, regimen: dict[str, Document], language: str) -> str:
    """The proposal in words, after the checks of a plan; "" where the amount is missing."""
    whole = {**_REGIMEN, **regimen}
    if whole["form"] in COUNTED:
        whole["piece_mg"] = "100"
    asked = whole.get("as_needed")
    if isinstance(asked, dict):
        if "dose" not in asked:
            return ""
        whole["as_needed"] = {"for": "?", "min_gap": "24h", "max": "999", **asked}
        limits = whole.get("limits")
        if "max" not in asked and isinstance(limits, dict):
            whole["limits"] = limits
    elif _no_dose(whole):
        return ""
    try:
        plan = build({**_AROUND, "regimens": [whole]})
    except PlanRefused as why:
        raise TextRefused(why.code, sentence, why.sentence) from None
    found = plan.regimens[0]
    unit = say.unit_of(found) if "form" in regimen else "piece"
    rule = found.as_needed
    if rule is None:
        return say.instruction(found.steps, unit, language)
    assert isinstance(asked, dict)
    unknown = "?"
    return say.phrase(
        language,
        "asked",
        dose=say.dose(rule.quarters, unit, language),
        reason=rule.reason,
        gap=say.elapsed(rule.min_gap_s, language) if "min_gap" in asked else unknown,
        most=say.pieces(rule.max_quarters, unit, language) if "max" in asked else unknown,
    )


def _no_dose(regimen: dict[str, Document]) -> bool:
    steps = regimen.get("steps", [])
    assert isinstance(steps, list)
    return any(
        isinstance(take, dict) and "dose" not in take
        for step in steps
        if isinstance(step, dict) and isinstance(step["take"], list)
        for take in step["take"]
    )
