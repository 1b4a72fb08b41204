"""`python -m schedules check`: everything that speaks against a plan, or that somebody must answer.

Responsible for: its arguments, the files beside a plan, and how findings are printed. Not
responsible for any question (checks/) or for signing (sign.py).
"""

import argparse
import json
from pathlib import Path

from schedules import planfile, seal
from schedules.canonical import plan_hash
from schedules.checked import Answer, Checked
from schedules.checks.finding import ASK, REFUSE, SEVERITIES, Case, Finding, case_of
from schedules.checks.run import findings, open_questions, refusals
from schedules.checks.stockfile import read_stock
from schedules.files import iso, read_plan, read_trusted
from schedules.model import Plan, PlanRefused, Refusal
from schedules.rules import Rules, verify_rules

CORRECT = "correct it in the plan file"


def gather(asked: argparse.Namespace, plan: Plan) -> Case:
    """The case of a plan with all files that were named beside it."""
    before, used = None, ""
    if asked.before:
        before = read_plan(asked.before)
        used = checked_in(Path(asked.before)).rules
    stock = None
    if asked.stock:
        stock = read_stock(planfile.load(Path(asked.stock).read_text("utf-8")))
    return case_of(plan, asked.now_s, before, stock, _rules(asked, used), used)


def checked_in(path: Path) -> Checked:
    """What an envelope says of its checks; nothing where the file is a plan people write."""
    data = path.read_bytes().strip()
    return seal.checked_of(data) if data.startswith(b"{") else Checked()


def print_checked(path: Path) -> None:
    """What an envelope says of its checks, in words; nothing for a plan that people write."""
    data = path.read_bytes().strip()
    if not data.startswith(b"{"):
        return
    checked = seal.checked_of(data)
    rules = checked.rules.rpartition(" ")[0] or "none: interactions were NOT checked"
    print(f"checked with rules: {rules}")
    for one in checked.answers:
        print(f"answered: {one.code} at {one.place}: {one.asked}\n  because: {one.reason}")
    print(f"signed by {', '.join(seal.who_says(data)) or 'nobody'}")


def _rules(asked: argparse.Namespace, used: str) -> Rules | None:
    if not asked.rules:
        return None
    if not asked.trusted:
        sentence = "say whose signatures count: --trusted FILE"
        raise PlanRefused("rules-unsigned", "--trusted", sentence)
    trusted = read_trusted(Path(asked.trusted).read_bytes())
    document = Path(asked.rules).read_text("utf-8").strip()
    return verify_rules(document, trusted, now_s=asked.now_s, after=used)


def run_check(asked: argparse.Namespace) -> int:
    """Print every finding; 1 where anything refuses."""
    try:
        plan = read_plan(asked.plan)
    except PlanRefused as refused:
        if not asked.json:
            raise
        first = Refusal(refused.code, refused.place, refused.sentence)
        shown = [
            Finding(one.code, REFUSE, one.place, one.sentence, CORRECT)
            for one in (first, *refused.also)
        ]
        _print_json(shown, (), None, "")
        return 1
    case = gather(asked, plan)
    found = findings(case)
    answers = checked_in(Path(asked.plan)).answers
    if asked.json:
        _print_json(found, answers, plan, case.rules.name() if case.rules else "")
    else:
        print_findings(found, answers)
        if not refusals(found):
            print(f"sound: version {plan.version}, hash {plan_hash(plan)}")
    return 1 if refusals(found) else 0


def print_findings(found: list[Finding], answers: tuple[Answer, ...]) -> None:
    """Every finding for a person to read, the gravest first, and how many are open."""
    still_open = open_questions(found, answers)
    reasons = {(one.code, one.place): one.reason for one in answers}
    for one in found:
        print(f"{one.severity}: {one.code} at {one.place}\n  {one.sentence}\n  -> {one.todo}")
        if one in still_open:
            print(f"  open: sign with --answered '{one.code}@{one.place}=REASON'")
        elif one.severity == ASK:
            print(f"  answered: {reasons[one.code, one.place]}")
    told = ", ".join(f"{sum(f.severity == word for f in found)} {word}" for word in SEVERITIES)
    print(f"{told}; {len(still_open)} open")


def _print_json(
    found: list[Finding], answers: tuple[Answer, ...], plan: Plan | None, rules: str
) -> None:
    still_open = open_questions(found, answers)
    rows = [
        {
            "code": one.code,
            "severity": one.severity,
            "place": one.place,
            "sentence": one.sentence,
            "todo": one.todo,
            "open": one in still_open,
        }
        for one in found
    ]
    whole = {
        "version": plan.version if plan else None,
        "hash": plan_hash(plan) if plan else None,
        "rules": rules or "none: interactions were NOT checked",
        "findings": rows,
        "open": len(still_open),
    }
    print(json.dumps(whole, indent=1))


def case_arguments(parser: argparse.ArgumentParser) -> None:
    """The files beside a plan, for `check` and `sign` alike."""
    parser.add_argument("--before", metavar="OLD", help="plan file or envelope in force")
    parser.add_argument("--stock", metavar="FILE", help="packs and counts (YAML)")
    parser.add_argument("--rules", metavar="FILE", help="signed interaction rules")
    parser.add_argument("--trusted", metavar="FILE", help="whose signatures on the rules count")
    parser.add_argument("--now", type=iso, help="instant with offset; default: this clock")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of `check`."""
    parser = commands.add_parser("check", help="everything that speaks against a plan")
    parser.add_argument("plan", help="plan file or envelope")
    case_arguments(parser)
    parser.add_argument("--json", action="store_true", help="findings for another program")
    parser.set_defaults(run=run_check)
