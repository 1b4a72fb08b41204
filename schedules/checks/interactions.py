"""What do the signed rules say about the medicines of this plan, taken together?

Responsible for: pairs, spacing, daily maxima and advice of a rule file, and for saying every time
which file it was, and that no rule file is complete. Not responsible for the rules (rules.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from schedules.amounts import UG, masses
from schedules.canonical import span_text
from schedules.check_rows import most_planned
from schedules.checks.finding import ASK, NOTE, WHOLE, Case, Finding, pair
from schedules.ingredients import plain
from schedules.limits import caps
from schedules.model import DAY_S, Dose, Plan, Regimen
from schedules.rules import ANY, Rule, Rules

NOT_BY_MOUTH = ("inhaler", "patch", "injection", "cream", "suppository", "drops", "spray")


def check(case: Case) -> Iterator[Finding]:
    """One finding for a rule and the regimens it speaks of."""
    rules = case.rules
    if case.rules_before and (rules is None or rules.id != case.rules_before.split(" ")[0]):
        sentence = f"the version before was checked with {case.rules_before.rsplit(' ', 1)[0]}"
        todo = "give those rules, or say why not"
        yield Finding("rules-left-out", ASK, WHOLE, sentence, todo)
    if rules is None:
        sentence = "no rule file was given: interactions were NOT checked"
        todo = "give --rules and --trusted, or look them up elsewhere"
        yield Finding("interactions-not-checked", NOTE, WHOLE, sentence, todo)
        return
    yield from _about(case, rules)
    for rule in rules.rules:
        if rule.kind == "most":
            yield from _most(case, rule)
        elif rule.kind == "advice":
            for one in case.plan.regimens:
                if _names(one) & rule.first:
                    yield _finding("advice", rule, one.id, _told(one, rule.first))
        else:
            yield from _pairs(case, rule)


def _about(case: Case, rules: Rules) -> Iterator[Finding]:
    told = "complete as its makers say" if rules.complete else "INCOMPLETE"
    sentence = (
        f"rule file {rules.id}, version {rules.version} of {rules.made_on.isoformat()}, "
        f"{len(rules.rules)} rules, {told}: this is no complete interaction checker. {rules.label}"
    )
    todo = "what is not listed may still be harmful: a pharmacist decides"
    yield Finding("interactions-by-rules", NOTE, WHOLE, sentence, todo)
    known = frozenset().union(*(rule.first | rule.second for rule in rules.rules))
    strange = sorted({n for one in case.plan.regimens for n in _names(one)} - known)
    if strange:
        sentence = f"no rule names {', '.join(strange)}: nothing was looked up for them"
        yield Finding("not-in-rules", NOTE, WHOLE, sentence, "look them up elsewhere")


def _names(regimen: Regimen) -> frozenset[str]:
    return _plain(regimen.ingredients)


@lru_cache(maxsize=256)
def _plain(ingredients: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(plain, ingredients))


def _told(regimen: Regimen, names: frozenset[str]) -> str:
    return " and ".join(sorted(_names(regimen) & names)) or regimen.id


def _finding(word: str, rule: Rule, place: str, who: str, more: str = "") -> Finding:
    sentence = f"{who}: {rule.consequence}{more} ({rule.evidence})"
    return Finding(f"{word}-{rule.id}", rule.severity, place, sentence, rule.todo)


def _pairs(case: Case, rule: Rule) -> Iterator[Finding]:
    """Every two regimens that a rule speaks of, once."""
    seen: set[str] = set()
    for one in case.plan.regimens:
        mine = _names(one) & rule.first
        for other in case.plan.regimens if mine else ():
            theirs, place = _meant(rule, other), pair((one.id, other.id))
            if one is other or not theirs or mine == theirs or place in seen:
                continue
            seen.add(place)
            who = f"{' and '.join(sorted(mine))} with {' and '.join(sorted(theirs))}"
            yield from _two(case, rule, one, other, who)


def _two(case: Case, rule: Rule, one: Regimen, other: Regimen, who: str) -> Iterator[Finding]:
    place = pair((one.id, other.id))
    if rule.kind == "pair":
        yield _finding("interaction", rule, place, who)
    elif not {one.form, other.form} & set(NOT_BY_MOUTH):
        found = _apart(case, rule, one, other)
        if found:
            yield _finding("spacing", rule, place, who, found)


def _meant(rule: Rule, regimen: Regimen) -> frozenset[str]:
    return _names(regimen) if ANY in rule.second else _names(regimen) & rule.second


def _apart(case: Case, rule: Rule, one: Regimen, other: Regimen) -> str:
    """How near they may come, in words; "" where they are kept apart."""
    if _spaced(case.plan, rule, one, other):
        return ""
    gap = span_text(rule.gap_s)
    words = f"spacing: [{{between: [{one.ingredients[0]}, {other.ingredients[0]}], gap: {gap}}}]"
    if one.as_needed is not None or other.as_needed is not None:
        return f"; {gap} apart is asked for, and it may be wanted at any time: {words}"
    nearest = nearest_s(case.rows.get(one.id, []), case.rows.get(other.id, []))
    if nearest is None or nearest >= rule.gap_s:
        return ""
    return f"; {gap} apart is asked for, their windows come to {nearest // 60} minutes: {words}"


def _spaced(plan: Plan, rule: Rule, one: Regimen, other: Regimen) -> bool:
    """Whether the plan itself keeps these two apart for long enough."""
    first, second = _names(one), _names(other)
    for said in plan.spacing:
        sides = plain(said.first), plain(said.second)
        crossed = (sides[0] in first and sides[1] in second) or (
            sides[1] in first and sides[0] in second
        )
        if crossed and said.gap_s >= rule.gap_s:
            return True
    return False


def nearest_s(some: list[Dose], others: list[Dose]) -> int | None:
    """Shortest time from the end of a window to the start of one of the other's, 0: they meet."""
    events = sorted(
        [(d.open_at, d.close_at, 0) for d in some] + [(d.open_at, d.close_at, 1) for d in others]
    )
    nearest: int | None = None
    ended = [None, None]  # type: list[int | None]
    for opens, closes, side in events:
        last = ended[1 - side]
        if last is not None:
            between = max(0, opens - last)
            nearest = between if nearest is None else min(nearest, between)
        ended[side] = max(closes, ended[side] or 0)
    return nearest


@dataclass(frozen=True)
class _Share:
    regimen: Regimen
    ug: int  # of the ingredient in one piece


def _most(case: Case, rule: Rule) -> Iterator[Finding]:
    """All that holds the ingredient, planned and as needed, within any 24 hours."""
    shares = []
    for one in case.plan.regimens:
        if _names(one) & rule.first:
            ug = _ug(one, rule.first)
            if ug is None:
                place, who = one.id, _told(one, rule.first)
                sentence = f"{who}: how much of it is in a piece is not said, so it was not counted"
                todo = "write the amounts: ingredients: {paracetamol: 500mg}"
                yield Finding(f"not-counted-{rule.id}", NOTE, place, sentence, todo)
                continue
            shares.append(_Share(one, ug))
    total = _planned_ug(case, shares)
    for share in shares:
        if share.regimen.as_needed is not None:
            total += caps(share.regimen).per_24h * share.ug // 4
    bounds = [
        group.max_ug_24h or _group_ug(group.max_per_24h, shares)
        for group in case.plan.groups
        if plain(group.ingredient) in rule.first
    ]
    total = min([total, *(one for one in bounds if one)])
    if shares and total > rule.per_24h_ug:
        who = _told(shares[0].regimen, rule.first)
        more = f"; up to {total // 1000} mg in 24 h, the maximum is {rule.per_24h_ug // 1000} mg"
        yield _finding("maximum", rule, pair(one.regimen.id for one in shares), who, more)


def _planned_ug(case: Case, shares: list[_Share]) -> int:
    """Most micrograms planned in any 24 hours, all regimens together."""
    found: list[Dose] = []
    for share in shares:
        for dose in case.rows.get(share.regimen.id, []):
            ug = dose.quarters * share.ug // 4
            found.append(_weighed(dose, ug))
    found.sort(key=lambda dose: dose.due_at)
    return most_planned(case.plan, found, DAY_S)


def _weighed(dose: Dose, ug: int) -> Dose:
    return replace(dose, quarters=ug)


def _group_ug(quarters: int, shares: list[_Share]) -> int:
    return quarters * max((share.ug for share in shares), default=0) // 4


def _ug(regimen: Regimen, names: frozenset[str]) -> int | None:
    """Micrograms in one piece: as listed, or the strength where it is the only ingredient."""
    for name, ug in regimen.amounts:
        if plain(name) in names:
            return ug
    held = masses(regimen.strength)
    if len(regimen.ingredients) == len(held) == 1:
        return held[0] // UG
    return None
