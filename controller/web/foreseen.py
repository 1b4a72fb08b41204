"""What the controller foresees of giving without the machine, and of a new version, as facts.

Responsible for: the rows that say what would be granted now, and why not; asked of the controller
only while somebody looks, since every row is a wish judged. Not responsible for words (care.py).
"""

from dataclasses import dataclass

from controller.web.pick import Object, number, numbers, objects, part, text, texts


@dataclass(frozen=True)
class Verdict:
    """What the controller would answer now; no code: it would say yes."""

    code: str
    why: str
    next_at: int


@dataclass(frozen=True)
class HandRow:
    """One compartment from which a person could give something without the machine."""

    compartment: int
    names: tuple[str, ...]
    quarters: tuple[int, ...]
    due_at: int
    dose_id: str
    by_hand: Verdict
    was_by_hand: Verdict
    late: Verdict | None
    journey: Verdict


NOT_SAID = Verdict("not-said", "", 0)


@dataclass(frozen=True)
class Change:
    """What a waiting version does to a medicine; `pair` names it, "" where nobody may accept."""

    pair: str
    name: str
    sentence: str


def read_changes(answer: Object) -> tuple[Change, ...]:
    """What the controller's answer to `foresee` says of the waiting version."""
    return tuple(
        Change(text(one, "pair"), text(one, "name"), text(one, "sentence"))
        for one in objects(answer, "pairs")
    )


def read_hands(answer: Object) -> tuple[HandRow, ...]:
    """The rows of the controller's answer to `foresee`."""
    return tuple(map(_read_hand, objects(answer, "rows")))


def _read_hand(source: Object) -> HandRow:
    """Missing fields become their zero, and nothing is offered."""
    return HandRow(
        compartment=number(source, "compartment"),
        names=tuple(texts(source, "names")),
        quarters=numbers(source, "quarters"),
        due_at=number(source, "due_at"),
        dose_id=text(source, "dose_id"),
        by_hand=_read_verdict(source, "by_hand") or NOT_SAID,
        was_by_hand=_read_verdict(source, "was_by_hand") or NOT_SAID,
        late=_read_verdict(source, "late"),
        journey=_read_verdict(source, "journey") or NOT_SAID,
    )


def _read_verdict(source: Object, key: str) -> Verdict | None:
    """None where the controller says nothing of it: then nothing is offered."""
    said = part(source, key)
    if said is None:
        return None
    return Verdict(text(said, "code"), text(said, "why"), number(said, "next_at"))
