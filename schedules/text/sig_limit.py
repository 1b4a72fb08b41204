"""Maxima and gaps said in words, as a plan file says them.

Responsible for: one limit a phrase, each said once. Not responsible for whether a plan keeps them
(check_rows.py) or for doses (sig_group.py).
"""

from schedules.schema import Document
from schedules.text.sig_match import Phrase
from schedules.text.sig_take import quarters_text
from schedules.text.sig_token import TextRefused

LIMITS = ("max", "max-a-day", "max-doses", "max-doses-a-day", "max-days", "at-once", "up-to", "gap")
LONGEST_GAP_H = 168
_BY_DOSE = ("max-doses", "max-doses-a-day")
_BY_DAY = ("max-a-day", "max-doses-a-day")


def limits(
    sentence: str, phrases: list[Phrase], assumed: list[str], dose: int = 0
) -> dict[str, Document]:
    """The limits of a sentence; `dose` in quarters is what `4 times` counts."""
    found: dict[str, Document] = {}
    for one in phrases:
        if one.kind not in LIMITS:
            continue
        key, value = _limit(sentence, one, dose, assumed)
        if key in found:
            raise TextRefused("two-limits", sentence, "the same limit is said twice")
        found[key] = value
    return found


def _limit(sentence: str, one: Phrase, dose: int, assumed: list[str]) -> tuple[str, str]:
    words = sentence[one.first : one.last]
    # a phrase with <most> holds the value of that word first
    numbers = [int(value) for value in one.values if not isinstance(value, str)]
    if one.kind == "gap":
        if not 1 <= numbers[0] <= LONGEST_GAP_H:
            raise TextRefused("implausible-number", words, "so long between two doses")
        return "min_gap", f"{numbers[0]}h"
    if one.kind == "up-to":
        if not dose:
            raise TextRefused("dose-not-said", words, "so many times: of how much?")
        assumed.append(f"{words}: in any 24 hours")
        return "max_per_24h", quarters_text(numbers[0] * dose)
    amount = numbers[1]
    if not amount:
        raise TextRefused("no-dose", words, "at most nothing")
    if one.kind == "at-once":
        return "max_per_dose", quarters_text(amount)
    if one.kind == "max-days":
        if numbers[2] != 7:
            raise TextRefused("limit-length", words, "limits are for 24 hours or for 7 days")
        return "max_per_7d", quarters_text(amount)
    if one.kind in ("max", "max-doses") and numbers[2] != 24:
        raise TextRefused("limit-length", words, "limits are for 24 hours or for 7 days")
    if one.kind in _BY_DAY:
        assumed.append(f"{words}: in any 24 hours")
    if one.kind in _BY_DOSE:
        if not dose:
            raise TextRefused("dose-not-said", words, "so many doses: say how many pieces")
        amount *= dose
    return "max_per_24h", quarters_text(amount)
