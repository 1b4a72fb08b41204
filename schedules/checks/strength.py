"""Do name, strength, amounts of the ingredients and weight of a piece say the same?

Responsible for: what one regimen says of itself in four places. Not responsible for packs
(packs.py) or for how much is taken (plausible.py).
"""

import re
from collections.abc import Iterator

from schedules.amounts import MG, UG, Amount, amounts, mass_text, masses
from schedules.checks.finding import ASK, NOTE, REFUSE, Case, Finding
from schedules.ingredients import plain
from schedules.model import Regimen

# Largest single piece on the market, in micrograms, of what is dosed in micrograms, rounded up.
# Source: product labels in common knowledge; a strength above is asked about, never refused.
USUAL_UG = {
    "clonidine": 300,
    "colecalciferol": 1250,
    "digoxin": 250,
    "fludrocortisone": 100,
    "folic": 5000,
    "levothyroxine": 300,
    "liothyronine": 50,
    "misoprostol": 200,
    "moxonidine": 400,
    "tamsulosin": 400,
}
SLIP = 10  # so many times the largest piece is a unit written for another


def check(case: Case) -> Iterator[Finding]:
    """Each regimen against itself."""
    for regimen in case.plan.regimens:
        yield from _name(regimen)
        yield from _parts(regimen)
        yield from _weight(regimen)
        yield from _unit(regimen)
        yield from _writing(regimen)


def _name(regimen: Regimen) -> Iterator[Finding]:
    """An amount in the name that the strength does not hold."""
    named, held = amounts(regimen.name), amounts(regimen.strength)
    kinds = {one.kind for one in held}
    sums = [*held, *(Amount(kind, sum(h.size for h in held if h.kind == kind)) for kind in kinds)]
    strange = [one for one in named if one.kind in kinds and not any(map(one.is_like, sums))]
    if not strange:
        return
    sentence = f"the name says {strange[0].text}, the strength says {regimen.strength}"
    sure = len(strange) == len(named) and len(held) == 1
    severity, todo = (REFUSE, "correct one") if sure else (ASK, "say which is meant")
    todo += ": look at the order and at the pack"
    yield Finding("strength-differs", severity, regimen.id, sentence, todo)


def _parts(regimen: Regimen) -> Iterator[Finding]:
    """Amounts of the ingredients against the strength of the piece."""
    if not regimen.amounts:
        return
    parts = sorted(ug * UG for _, ug in regimen.amounts)
    held = sorted(masses(regimen.strength))
    if held and held not in (parts, [sum(parts)]):
        listed = " and ".join(map(mass_text, parts))
        sentence = f"the ingredients are {listed}, the strength says {regimen.strength}"
        todo = "correct one: limits are counted by the amounts of the ingredients"
        yield Finding("amounts-differ", REFUSE, regimen.id, sentence, todo)


def _weight(regimen: Regimen) -> Iterator[Finding]:
    """A piece weighs more than what is in it."""
    inside = sum(masses(regimen.strength)) or sum(ug * UG for _, ug in regimen.amounts)
    if regimen.elsewhere or not inside:
        return
    weight = regimen.piece_mg * MG
    held = mass_text(inside)
    if weight < inside:
        sentence = f"a piece of {regimen.piece_mg} mg cannot hold {held}"
        todo = "weigh ten pieces: piece_mg is the weight of a whole piece, not its strength"
        yield Finding("piece-too-light", REFUSE, regimen.id, sentence, todo)
    elif weight == inside:
        sentence = f"the piece weighs just what is in it, {held}"
        todo = "weigh ten pieces: nearly every tablet is heavier than its strength"
        yield Finding("piece-weight", ASK, regimen.id, sentence, todo)


def _unit(regimen: Regimen) -> Iterator[Finding]:
    """Milligrams written for micrograms."""
    held = masses(regimen.strength)
    if len(regimen.ingredients) != 1 or len(held) != 1:
        return
    most = USUAL_UG.get(plain(regimen.ingredients[0]))
    if most is not None and held[0] > SLIP * most * UG:
        usual = mass_text(most * UG)
        sentence = f"{regimen.strength} is far above the largest usual piece, {usual}"
        todo = "is it micrograms? look at the order and at the pack"
        yield Finding("unit-slip", ASK, regimen.id, sentence, todo)


# Ways to write that were misread (ISMP's list of error-prone abbreviations, by its ideas).
_PRONE = (
    (re.compile(r"[0-9][.,]0+(?![0-9])"), "a nought after the point is read as ten times as much"),
    (re.compile(r"(?<![0-9])[.,][0-9]"), "a point without a nought before it is overlooked"),
    (re.compile("[\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}]g"), "a handwritten micro is read as m"),
    (re.compile(r"[0-9]\s*(?:U|IU)\b"), "U is read as a nought: write units"),
)


def _writing(regimen: Regimen) -> Iterator[Finding]:
    """What was misread elsewhere."""
    for pattern, why in _PRONE:
        if pattern.search(f"{regimen.name} {regimen.strength}"):
            todo = "write 5 mg, 0.5 mg, micrograms, units"
            yield Finding("error-prone-writing", NOTE, regimen.id, why, todo)
            return
