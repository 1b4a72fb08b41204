"""A rule file in sentences, for the two people who read it before they sign it.

Responsible for: words. Not responsible for the rules (rules.py) or for plans.
"""

from schedules.canonical import span_text
from schedules.rules import (
    ANY,
    KIND,
    Rule,
    Rules,
    is_plain_rules,
    payload_of,
    read_rules,
    unverified_rules,
)
from schedules.signed import is_kind


def read_back_rules(data: bytes) -> str:
    """Every rule of a file, signed or not; PlanRefused where it is no rule file."""
    names: tuple[str, ...] = ()
    if is_kind(KIND, data) and not is_plain_rules(data):
        rules, names = unverified_rules(data.decode("utf-8").strip())
    else:
        rules = read_rules(payload_of(data))
    return "\n".join([*_head(rules, names), *map(_told, rules.rules)]) + "\n"


def _head(rules: Rules, names: tuple[str, ...]) -> list[str]:
    return [
        f"rule file {rules.name()}, of {rules.made_on}, used until {rules.expires_on}",
        "complete, as its makers say" if rules.complete else "INCOMPLETE",
        rules.label,
        f"signed by {', '.join(names) or 'nobody yet'}",
        "",
    ]


def _told(rule: Rule) -> str:
    first, second = ", ".join(sorted(rule.first)), ", ".join(sorted(rule.second - {ANY}))
    other = "any other medicine" if ANY in rule.second else second
    who = {
        "pair": f"{first} WITH {other}",
        "apart": f"{first} AT LEAST {span_text(rule.gap_s) if rule.gap_s else ''} FROM {other}",
        "most": f"{first} AT MOST {rule.per_24h_ug // 1000} mg IN 24 h",
        "advice": first,
    }[rule.kind]
    why = f" [{rule.mechanism}]" if rule.mechanism else ""
    head = f"{rule.severity} {rule.id}: {who}"
    return f"{head}\n  {rule.consequence}{why} ({rule.evidence})\n  -> {rule.todo}"
