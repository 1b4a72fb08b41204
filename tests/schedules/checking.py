"""Plans for the tests of checks: medicines as a pharmacist would write them, and what is found."""

from schedules.checks.finding import Finding, case_of
from schedules.checks.run import findings
from schedules.checks.stockfile import Stock, read_stock
from schedules.model import Plan
from schedules.planfile import load, parse_plan
from schedules.rules import Rules
from tests.schedules.plans import plan_text

NOW_S = 1795413600  # Mon 2026-11-23 06:00 in Berlin
DAILY = "steps: [{take: [{dose: 1, at: ['08:00']}]}]"


def medicine(id: str = "metformin-500", rest: str = DAILY, **said: str) -> str:
    """One regimen; what is not said follows from an id like metformin-500."""
    name, _, number = id.rpartition("-")
    words = {
        "name": f"{name.capitalize()} {number} mg",
        "form": "tablet",
        "strength": f"{number} mg",
        "ingredients": f"[{name}]",
        "piece_mg": "900",
        "start": "2026-11-23",
        "last_taken": "never",
    } | said
    lines = [f"id: {id}", *(f"{word}: {value}" for word, value in words.items() if value)]
    return "  - " + "\n    ".join([*lines, *rest.splitlines()]) + "\n"


def plan(*medicines: str, more: str = "", **given: str) -> Plan:
    """The plan of these regimens."""
    return parse_plan(plan_text(*medicines, more=more, **given))


def stock(text: str, on: str = "2026-11-23") -> Stock:
    """The stock of a file whose `packs` and more are these lines."""
    return read_stock(load(f"schema: posology-stock/1\non: {on}\n{text}"))


def found(
    plan: Plan,
    *,
    before: Plan | None = None,
    stock: Stock | None = None,
    rules: Rules | None = None,
    now_s: int = NOW_S,
    rules_before: str = "",
) -> dict[str, Finding]:
    """Every finding of a plan, by `code@place`."""
    case = case_of(plan, now_s, before, stock, rules, rules_before)
    return {f"{one.code}@{one.place}": one for one in findings(case)}
