"""`python -m schedules check` and `sign`: no signature past a refusal or an open question."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from schedules.__main__ import main
from schedules.checked import Answer, Checked
from schedules.files import read_trusted
from schedules.planfile import parse_plan
from schedules.seal import checked_of, seal, verify
from tests.schedules.checking import DAILY, NOW_S, medicine
from tests.schedules.plans import ROOT, plan_text

NOW = "2026-11-23T06:00:00+01:00"
STARTER = ROOT / "schedules" / "rulefiles" / "starter.json"
FIVE = DAILY.replace("dose: 1", "dose: 5")
QUESTION = "many-pieces@metformin-500"


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with two keys, signed rules, and a plan that asks one question."""
    assert 0 == run("keys", tmp_path / "keys", "--pharmacist", "person/ada")
    both = [word for role in ("pharmacist", "checker") for word in ("--key", key(tmp_path, role))]
    assert 0 == run("sign", STARTER, *both, "-o", tmp_path / "rules.json")
    (tmp_path / "plan.yaml").write_text(plan_text(medicine(rest=FIVE)))
    return tmp_path


def key(desk: Path, role: str) -> Path:
    return desk / "keys" / f"{role}.key"


def sign(desk: Path, source: str, role: str, target: str, *more: object) -> int:
    return run(
        "sign", desk / source, "--key", key(desk, role), "-o", desk / target, "--now", NOW, *more
    )


def with_rules(desk: Path) -> tuple[object, ...]:
    return "--rules", desk / "rules.json", "--trusted", desk / "keys" / "trusted.json"


def test_check_as_a_program(desk: Path) -> None:
    """The real command: findings as JSON, 1 where anything refuses, nothing on the error stream."""
    wrong = desk / "wrong.yaml"
    wrong.write_text(plan_text(medicine(rest=FIVE, piece_mg="50")))
    done = subprocess.run(
        [sys.executable, "-m", "schedules", "check", str(wrong), "--json", "--now", NOW],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    told = json.loads(done.stdout)

    assert (1, "") == (done.returncode, done.stderr)
    assert "none: interactions were NOT checked" == told["rules"]
    assert 1 == told["open"]
    assert [
        ("piece-too-light", "refuse", "metformin-500", False),
        ("many-pieces", "ask", "metformin-500", True),
        ("interactions-not-checked", "note", "plan", False),
    ] == [(one["code"], one["severity"], one["place"], one["open"]) for one in told["findings"]]
    assert all(one["sentence"] and one["todo"] for one in told["findings"])


def test_what_is_no_plan_is_a_finding_too(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json every reason of a plan that cannot be read, with its place, and exit 1."""
    bad = desk / "bad.yaml"
    bad.write_text(plan_text(medicine(piece_mg="0", form="pill")))
    capsys.readouterr()
    assert 1 == run("check", bad, "--json")
    told = json.loads(capsys.readouterr().out)
    assert ["wrong-value", "wrong-value"] == [one["code"] for one in told["findings"]]
    assert ["refuse"] * 2 == [one["severity"] for one in told["findings"]]


@pytest.mark.hazard("H13")
def test_a_question_is_answered_and_the_answer_is_signed(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Open: refused, and nothing is written. Answered: the second person sees and signs it too."""
    assert 1 == sign(desk, "plan.yaml", "pharmacist", "one.json", *with_rules(desk))
    assert "refused: question-open at metformin-500" in capsys.readouterr().err
    assert not (desk / "one.json").exists()

    answer = ("--answered", f"{QUESTION}=titration, prescriber called on 21 Nov")
    assert 0 == sign(desk, "plan.yaml", "pharmacist", "one.json", *with_rules(desk), *answer)
    capsys.readouterr()
    assert 0 == sign(desk, "one.json", "checker", "two.json", *with_rules(desk))
    assert "answered: titration, prescriber called on 21 Nov" in capsys.readouterr().out

    envelope = (desk / "two.json").read_bytes()
    trusted = read_trusted((desk / "keys" / "trusted.json").read_bytes())
    assert "device-1" == verify(envelope, trusted, device="device-1", now_s=NOW_S).device
    held = checked_of(envelope)
    assert held.rules.startswith("starter 1 ")
    assert (
        Answer(
            "many-pieces", "metformin-500", "5 pieces in one taking",
            "titration, prescriber called on 21 Nov",
        ),
    ) == held.answers  # fmt: skip
    assert 0 == run("check", desk / "two.json", "--now", NOW)
    assert "answered: titration" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("many-pieces@metformin-500", "wrong-answer"),
        ("many-pieces@metformin-500=", "wrong-answer"),
        ("many-pieces@metformin-500=ok", "wrong-answer"),
        ("many-pieces@metformin-500=...........", "wrong-answer"),
        ("many-pieces@metformin-500=" + "a" * 700, "wrong-answer"),
        ("many-pieces=a good reason", "wrong-answer"),
        ("ten-fold@metformin-500=a good reason", "answer-without-question"),
        ("many-pieces@other=a good reason", "answer-without-question"),
        ("interactions-not-checked@plan=a good reason", "answer-without-question"),
    ],
)
def test_an_answer_says_something_to_what_was_asked(
    desk: Path, said: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reason of words, to a question of this plan; nothing is written otherwise."""
    assert 1 == sign(desk, "plan.yaml", "pharmacist", "one.json", "--answered", said)
    assert f"refused: {code} at" in capsys.readouterr().err
    assert not (desk / "one.json").exists()


@pytest.mark.hazard("H13")
def test_the_second_person_asks_the_same_questions(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other rules, more answers, a stock that is short, a first who asked nothing: refused."""
    answer = ("--answered", f"{QUESTION}=the prescriber was called")
    assert 0 == sign(desk, "plan.yaml", "pharmacist", "one.json", *with_rules(desk), *answer)
    capsys.readouterr()

    def code(source: str, *more: object) -> str:
        assert 1 == sign(desk, source, "checker", "two.json", *more)
        assert not (desk / "two.json").exists()
        return capsys.readouterr().err.split()[1]

    assert "other-rules" == code("one.json")
    assert "answers-are-signed" == code("one.json", *with_rules(desk), *answer)
    stock = desk / "stock.yaml"
    stock.write_text(
        "schema: posology-stock/1\non: 2026-11-23\nnext_loading: 2026-12-01\n"
        "packs: [{regimen: metformin-500, pieces: 3}]\n"
    )
    assert "question-open" == code("one.json", *with_rules(desk), "--stock", stock)

    plan = parse_plan((desk / "plan.yaml").read_text())
    ada = ("person/ada", "pharmacist", bytes(32))
    (desk / "none.json").write_bytes(seal(plan, [ada]))
    assert "question-open" == code("none.json")
    moved = Answer("many-pieces", "metformin-500", "4 pieces in one taking", "was right before")
    (desk / "moved.json").write_bytes(seal(plan, [ada], Checked("", (moved,))))
    assert "question-open" == code("moved.json")
    assert "rules-unsigned" == code("one.json", "--rules", STARTER, *with_rules(desk)[2:])


@pytest.mark.hazard("H13")
def test_nothing_answers_a_refusal(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What refuses must be changed; a reason does not help."""
    (desk / "plan.yaml").write_text(plan_text(medicine(rest=FIVE, piece_mg="50")))
    answer = ("--answered", f"{QUESTION}=the prescriber was called")
    assert 1 == sign(desk, "plan.yaml", "pharmacist", "one.json", *answer)
    assert "refused: piece-too-light at metformin-500" in capsys.readouterr().err
    more = ("--answered", "piece-too-light@metformin-500=the prescriber was called")
    assert 1 == sign(desk, "plan.yaml", "pharmacist", "one.json", *more)
    assert "refused: answer-without-question" in capsys.readouterr().err


def test_rules_of_the_version_before_are_asked_for(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Checked with rules once, the next version is not signed without them in silence."""
    answer = ("--answered", f"{QUESTION}=the prescriber was called")
    assert 0 == sign(desk, "plan.yaml", "pharmacist", "one.json", *with_rules(desk), *answer)
    capsys.readouterr()
    assert 0 == run("check", desk / "plan.yaml", "--before", desk / "one.json", "--now", NOW)
    assert "ask: rules-left-out at plan" in capsys.readouterr().out


def test_two_people_put_rules_in_force_one_after_the_other(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule file is signed like a plan: one person, then the other; each sees what it is."""
    assert 0 == sign(desk, "rules.json", "checker", "thrice.json")
    assert 1 == run("check", desk / "plan.yaml", "--now", NOW, "--rules", desk / "thrice.json",
                    "--trusted", desk / "keys" / "trusted.json")  # fmt: skip
    (desk / "starter.json").write_bytes(STARTER.read_bytes())
    assert 0 == sign(desk, "starter.json", "pharmacist", "half.json")
    assert "INCOMPLETE STARTER SET" in capsys.readouterr().out
    asked = ("--trusted", desk / "keys" / "trusted.json", "--now", NOW)
    assert 1 == run("check", desk / "plan.yaml", "--rules", desk / "half.json", *asked)
    assert "refused: one-signature" in capsys.readouterr().err
    assert 1 == run("check", desk / "plan.yaml", "--rules", desk / "half.json", "--now", NOW)
    assert 0 == sign(desk, "half.json", "checker", "whole.json")
    assert 0 == run("check", desk / "plan.yaml", "--rules", desk / "whole.json", *asked)
