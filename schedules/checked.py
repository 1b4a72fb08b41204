"""What a signed plan says of its own checks: with which rules, and every question answered.

Responsible for: the shape of it in an envelope. Not responsible for asking (checks/run.py), nor
for signing (seal.py). An answer holds the question as it was asked: both are signed.
"""

from dataclasses import dataclass

from schedules.canonical import Json
from schedules.model import PlanRefused

MOST_ANSWERS = 64
TEXT_MAX = 2000  # characters of one text: a question of two long rules
REASON_MAX = 600
REASON_MIN = 3  # letters: a reason that says something
_WORDS = ("code", "place", "asked", "reason")


@dataclass(frozen=True)
class Answer:
    """A person's reason to sign although a check asks."""

    code: str
    place: str
    asked: str  # the sentence of the finding
    reason: str


@dataclass(frozen=True)
class Checked:
    """`rules` names the rule file (id, version, digest); "": interactions were not checked."""

    rules: str = ""
    answers: tuple[Answer, ...] = ()


def checked_form(checked: Checked) -> dict[str, Json]:
    """What stands in the envelope."""
    answers: list[Json] = [
        {"code": one.code, "place": one.place, "asked": one.asked, "reason": one.reason}
        for one in checked.answers
    ]
    return {"rules": checked.rules, "answers": answers}


def read_checked(value: Json) -> Checked:
    """The way back; PlanRefused for any other shape."""
    refused = PlanRefused("not-an-envelope", "checked", "what was checked is not described")
    if not isinstance(value, dict) or set(value) != {"rules", "answers"}:
        raise refused
    rules, found = value["rules"], value["answers"]
    if not _text(rules) or not isinstance(found, list) or len(found) > MOST_ANSWERS:
        raise refused
    answers = []
    for one in found:
        if (
            not isinstance(one, dict)
            or set(one) != set(_WORDS)
            or not all(map(_text, one.values()))
        ):
            raise refused
        answers.append(Answer(*(str(one[word]) for word in _WORDS)))
    return Checked(str(rules), tuple(answers))


def _text(value: Json) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_MAX and value.isprintable()


def answered(text: str) -> tuple[str, str, str]:
    """(code, place, reason) of `code@place=reason`; PlanRefused otherwise."""
    named, _, reason = text.partition("=")
    code, _, place = named.partition("@")
    reason = reason.strip()
    short = sum(map(str.isalpha, reason)) < REASON_MIN
    if not code or not place or not _text(reason) or short or len(reason) > REASON_MAX:
        sentence = "an answer is code@place=reason, with a reason another person can judge"
        raise PlanRefused("wrong-answer", "--answered", sentence)
    return code.strip(), place.strip(), reason
