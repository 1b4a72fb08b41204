"""As-needed rules said in words: an amount, a reason, a gap and a maximum.

Responsible for: one rule for one sentence, and for refusing what is planned and as needed at once.
Not responsible for limits (sig_limit.py) or for takes (sig_take.py).
"""

from itertools import pairwise

from schedules.schema import Document
from schedules.text.sig_group import FOOD, group_of, is_dose
from schedules.text.sig_limit import limits
from schedules.text.sig_match import Phrase
from schedules.text.sig_proposal import Proposal
from schedules.text.sig_take import TIMING, Group, quarters_text
from schedules.text.sig_token import TextRefused

# how long or what then: not of an as-needed rule
_COURSE = ("then", "then-stop", "pause", "in-all", "in-all-or", "until", "until-included")


def as_needed(sentence: str, phrases: list[Phrase], made: Proposal) -> None:
    """Fills the rule of `made`; what is not said stays missing."""
    by_hand = "as needed, and at a set time or for a time: plan it by hand"
    doses = [one for one in phrases if is_dose(one)]
    if len(doses) > 1 or any(one.kind == "scheme" for one in doses):
        raise TextRefused("two-doses", sentence, "one amount at a time, as needed")
    group = group_of(sentence, doses) if doses else Group()
    if _beside(phrases):
        raise TextRefused("as-needed-when", sentence, by_hand)
    found = limits(sentence, phrases, made.assumed, group.quarters)
    most, gap = found.pop("max_per_24h", None), found.pop("min_gap", None)
    reasons = set()
    for one in phrases:
        words = sentence[one.first : one.last]
        if one.kind in _COURSE or one.kind.startswith("for-"):
            raise TextRefused("as-needed-when", sentence, by_hand)
        if one.kind == "reason":
            reasons.add(str(one.values[0]))
        elif one.kind in FOOD:
            made.noted.append(words)
        elif one.kind == "interval" and gap is None:
            gap = f"{int(one.values[0])}h"
            made.assumed.append(f"{words}: at least {int(one.values[0])} hours apart")
        elif one.kind in ("times", "daily") and most is None and group.quarters:
            most = quarters_text(int(one.values[0] if one.values else 1) * group.quarters)
            made.assumed.append(f"{words}: at most {most} in any 24 hours")
        elif one.kind in TIMING:
            raise TextRefused("as-needed-when", sentence, by_hand)
    if len(reasons) > 1:
        raise TextRefused("two-reasons", sentence, "two reasons: each needs a rule of its own")
    said: dict[str, Document | None] = {
        "for": next(iter(reasons), None),
        "dose": quarters_text(group.quarters) if group.quarters else None,
        "min_gap": gap,
        "max": most,
    }
    made.missing += [f"as_needed.{key}" for key, value in said.items() if value is None]
    asked = {key: value for key, value in said.items() if value is not None}
    made.regimen["as_needed"] = {**asked, "per": "24h"}
    if found:
        made.regimen["limits"] = found


def _beside(phrases: list[Phrase]) -> bool:
    """`4 times a day and as needed`: as needed beside what is planned, not instead of it."""
    timed = any(one.kind in TIMING and one.kind not in FOOD for one in phrases)
    apart = any(
        before.kind in ("and", "stop") and one.kind == "asked" for before, one in pairwise(phrases)
    )
    return timed and apart
