"""`python -m schedules sign`: nobody signs past a refusal, or past a question without a reason.

Responsible for: what may be signed by whom at a terminal: plans, rule files, acts. Not
responsible for the questions (checks/), for signatures (seal.py, signed.py) or for what a
machine accepts: it asks for two signatures, and the two have seen the questions.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from schedules import planfile, seal
from schedules.checked import Answer, Checked, answered
from schedules.checks.finding import ASK, Finding
from schedules.checks.run import findings, open_questions, refusals
from schedules.command import act as act_command
from schedules.command.check import case_arguments, gather, print_findings
from schedules.files import read_key
from schedules.halt import is_act
from schedules.model import Plan, PlanRefused, Refusal
from schedules.rules import (
    countersign_rules,
    is_plain_rules,
    is_rules,
    payload_of,
    seal_rules,
    unverified_rules,
)
from schedules.signed import Person


def run_sign(asked: argparse.Namespace) -> int:
    """Sign a plan file, or add a signature to an envelope, an act or a rule file."""
    data = Path(asked.plan).read_bytes()
    if is_act(data):
        return act_command.sign_act(data, asked.key, asked.output, asked.now_s)
    signers = [read_key(path) for path in asked.key]
    if is_rules(data):
        return _sign_rules(data, signers, asked.output)
    if data.lstrip().startswith(b"{"):
        envelope = _second(asked, data.strip(), signers)
    else:
        envelope = _first(asked, planfile.parse_plan(data.decode("utf-8")), signers)
    Path(asked.output).write_bytes(envelope)
    count = envelope.count(b'"signature":')
    print(f"wrote {asked.output} with {count} signature{'s' if count > 1 else ''}")
    return 0


def _first(asked: argparse.Namespace, plan: Plan, signers: list[Person]) -> bytes:
    case = gather(asked, plan)
    found = findings(case)
    checked = Checked(case.rules.name() if case.rules else "", _answers(found, asked.answered))
    _must_be_closed(found, checked)
    return seal.seal(plan, signers, checked)


def _second(asked: argparse.Namespace, envelope: bytes, signers: list[Person]) -> bytes:
    """The next person asks anew, and sees what the first has answered."""
    checked = seal.checked_of(envelope)
    if asked.answered:
        sentence = "what was answered is signed already: sign the plan file anew for another answer"
        raise PlanRefused("answers-are-signed", "--answered", sentence)
    case = gather(asked, seal.unverified(envelope))
    if (case.rules.name() if case.rules else "") != checked.rules:
        used = checked.rules or "none"
        sentence = f"it was checked with other rules ({used}): check it with the same"
        raise PlanRefused("other-rules", "--rules", sentence)
    _must_be_closed(findings(case), checked)
    for name, role, private in signers:
        envelope = seal.countersign(envelope, name, role, private)
    return envelope


def _answers(found: list[Finding], given: Sequence[str]) -> tuple[Answer, ...]:
    """Each answer with the question it answers; PlanRefused where nobody asked."""
    questions = {(one.code, one.place): one for one in found if one.severity == ASK}
    answers: dict[tuple[str, str], Answer] = {}
    for text in given:
        code, place, reason = answered(text)
        question = questions.get((code, place))
        if question is None:
            sentence = "nothing of this code and place was asked: look at check"
            raise PlanRefused("answer-without-question", "--answered", sentence)
        if (code, place) in answers:
            raise PlanRefused("wrong-answer", "--answered", "one answer for each question")
        answers[code, place] = Answer(code, place, question.sentence, reason)
    return tuple(answers.values())


def _must_be_closed(found: list[Finding], checked: Checked) -> None:
    """Say every finding; PlanRefused while anything refuses or is open."""
    print_findings(found, checked.answers)
    wrong = refusals(found)
    if wrong:
        more = tuple(Refusal(one.code, one.place, one.sentence) for one in wrong[1:])
        raise PlanRefused(wrong[0].code, wrong[0].place, wrong[0].sentence, more)
    unanswered = open_questions(found, checked.answers)
    if unanswered:
        more = tuple(Refusal("question-open", one.place, one.code) for one in unanswered[1:])
        one = unanswered[0]
        sentence = f"{one.code}: change the plan, or give a reason with --answered"
        raise PlanRefused("question-open", one.place, sentence, more)


def _sign_rules(data: bytes, signers: list[Person], output: str) -> int:
    """Two people put a rule file in force for their site."""
    if is_plain_rules(data):
        document = seal_rules(payload_of(data), signers)
    else:
        document = data.decode("utf-8").strip()
        for person in signers:
            document = countersign_rules(document, person)
    rules, names = unverified_rules(document)
    print(f"rule file {rules.name()}, {len(rules.rules)} rules, until {rules.expires_on}")
    print(f"  {rules.label}\nsigned by {', '.join(names)}: each has read it")
    Path(output).write_text(document, "utf-8")
    return 0


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of `sign`."""
    parser = commands.add_parser(
        "sign", help="sign a plan or rule file, or add to an envelope or an act"
    )
    parser.add_argument("plan", help="plan file, envelope, rule file or act")
    parser.add_argument("--key", action="append", required=True, help="key file, once per person")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument(
        "--answered",
        action="append",
        default=[],
        metavar="CODE@PLACE=REASON",
        help="why it is right nevertheless; the reason is signed with the plan",
    )
    case_arguments(parser)
    parser.set_defaults(run=run_sign)
