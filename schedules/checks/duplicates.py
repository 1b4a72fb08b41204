"""Is one ingredient given twice under two names, or another one than the name says?

Responsible for: salts, other spellings, combinations that hide an ingredient, and names that speak
of another one. Not responsible for two regimens that name it alike: check.py refuses those unless
they say how they stand. There is no list of medicines: a name is known from the rest of the
plan, from the rules, or from a few words here.
"""

import re
from collections.abc import Iterator
from itertools import combinations

from schedules.checks.finding import ASK, REFUSE, Case, Finding, pair
from schedules.ingredients import ELEMENTS, SALTS, SYNONYMS, alike, plain
from schedules.model import Regimen

# What the name of a combination stands for (British and European approved names).
COMBINATIONS = {
    "co-amilofruse": ("amiloride", "furosemide"),
    "co-amoxiclav": ("amoxicillin", "clavulanic"),
    "co-beneldopa": ("benserazide", "levodopa"),
    "co-careldopa": ("carbidopa", "levodopa"),
    "co-codamol": ("codeine", "paracetamol"),
    "co-dydramol": ("dihydrocodeine", "paracetamol"),
    "co-tenidone": ("atenolol", "chlortalidone"),
    "co-trimoxazole": ("sulfamethoxazole", "trimethoprim"),
}
ONE_WAY = "write the ingredient in one way in both, so that its gap and its maximum count together"


def check(case: Case) -> Iterator[Finding]:
    """Two regimens of one substance, and a substance that only the name tells of."""
    for first, second in combinations(case.plan.regimens, 2):
        yield from _two(first, second)
    known = _known(case)
    for regimen in case.plan.regimens:
        yield from _hidden(regimen)
        yield from _named(regimen, known)


def _two(first: Regimen, second: Regimen) -> Iterator[Finding]:
    shared = set(first.ingredients) & set(second.ingredients)
    place = pair((first.id, second.id))
    mine = {plain(name): name for name in first.ingredients if name not in shared}
    theirs = {plain(name): name for name in second.ingredients if name not in shared}
    for name in sorted(set(mine) & set(theirs)):
        said = f"{mine[name]} and {theirs[name]} are one ingredient, {name}"
        if name in ELEMENTS:
            todo = "say why both are needed, or write one name and give the shared limits"
            yield Finding("duplicate-element", ASK, place, f"{said}, in two salts", todo)
        else:
            yield Finding("duplicate-ingredient", REFUSE, place, said, ONE_WAY)
        return
    for one in sorted(mine):
        for other in sorted(theirs):
            if alike(one, other):
                said = f"{mine[one]} and {theirs[other]} differ in one letter"
                yield Finding("ingredient-alike", ASK, place, said, f"if they are one, {ONE_WAY}")
                return


def _hidden(regimen: Regimen) -> Iterator[Finding]:
    known = {plain(name) for name in regimen.ingredients}
    for name, parts in COMBINATIONS.items():
        missing = [part for part in parts if plain(part) not in known]
        if name in regimen.name.lower() and missing:
            sentence = f"{name} holds {' and '.join(parts)}; {' and '.join(missing)} is not listed"
            todo = "list every ingredient: a maximum is counted for listed ones only"
            yield Finding("ingredient-missing", REFUSE, regimen.id, sentence, todo)
            return


def _known(case: Case) -> frozenset[str]:
    """Every substance that the plan, the rules or this program have a name for."""
    found = {plain(name) for one in case.plan.regimens for name in one.ingredients}
    found.update(SYNONYMS.values(), *COMBINATIONS.values())
    for rule in case.rules.rules if case.rules is not None else ():
        found |= rule.first | rule.second
    return frozenset(found)


def _named(regimen: Regimen, known: frozenset[str]) -> Iterator[Finding]:
    """A substance in the name that is none of the ingredients: a line slipped, or a mix-up."""
    words = re.split(r"[^\w-]+", regimen.name.lower())
    own = {plain(name) for name in regimen.ingredients}
    for word in words:
        name = plain(word) if word and word not in SALTS else ""
        if name in known and name not in own:
            listed = " and ".join(sorted(own))
            sentence = f"the name says {name}, the ingredients are {listed}"
            todo = "correct one, or say why: gap, maximum and rules go by the ingredients"
            yield Finding("name-differs", ASK, regimen.id, sentence, todo)
            return
