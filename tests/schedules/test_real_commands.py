"""`python -m schedules` from orders to a plan that may come into force: the real commands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.schedules.plans import ROOT
from tests.schedules.test_fhir import DAILY, dosage, order

NOW = "2026-11-23T06:00:00+01:00"
FRAME = "--zone Europe/Berlin --patient pt-7Q2K --device device-1 --start 2026-11-23T07:00"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with one order in it."""
    (tmp_path / "order.json").write_text(json.dumps(order(dosage(DAILY))))
    return tmp_path


def say(desk: Path, line: str, expected: int = 0) -> str:
    """One command in a process of its own; what it wrote, whichever way."""
    done = subprocess.run(
        [sys.executable, "-m", "schedules", *line.format(desk=desk).split()],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert expected == done.returncode, (line, done.stdout, done.stderr)
    return done.stdout + done.stderr


@pytest.mark.hazard("H13")
def test_from_an_order_to_a_plan_that_may_come_into_force(desk: Path) -> None:
    """convert, check, show, keys, sign twice, verify, diff: each as a person types it."""
    rules = "--rules {desk}/rules.json --trusted {desk}/keys/trusted.json"
    assert "1 read, 0 refused" in say(
        desk, f"convert {{desk}}/order.json {FRAME} --piece-mg 700 -o {{desk}}/plan.yaml"
    )
    say(desk, "keys {desk}/keys")
    both = "--key {desk}/keys/pharmacist.key --key {desk}/keys/checker.key"
    say(desk, f"sign schedules/rulefiles/starter.json {both} -o {{desk}}/rules.json")
    assert "signed by person/pharmacist (pharmacist), person/checker" in say(
        desk, "show {desk}/rules.json"
    )
    assert "sound: version 1" in say(desk, f"check {{desk}}/plan.yaml {rules} --now {NOW}")
    assert "08:00" in say(desk, "show {desk}/plan.yaml")

    first = f"--key {{desk}}/keys/pharmacist.key -o {{desk}}/one.json --now {NOW} {rules}"
    second = f"--key {{desk}}/keys/checker.key -o {{desk}}/two.json --now {NOW} {rules}"
    verify = f"--trusted {{desk}}/keys/trusted.json --device device-1 --now {NOW}"
    assert "1 signature" in say(desk, f"sign {{desk}}/plan.yaml {first}")
    assert "refused: one-signature" in say(desk, f"verify {{desk}}/one.json {verify}", 1)
    assert "2 signatures" in say(desk, f"sign {{desk}}/one.json {second}")
    told = say(desk, f"verify {{desk}}/two.json {verify}")
    assert "may come into force: version 1" in told
    assert "checked with rules: starter 1" in told
    early = verify.replace("2026-11-23", "2026-06-23")
    assert "refused: not-yet-valid" in say(desk, f"verify {{desk}}/two.json {early}", 1)
    assert "nothing changes" not in say(
        desk, f"diff {{desk}}/two.json {{desk}}/two.json --now {NOW}"
    )


def test_a_rule_file_is_read_before_it_is_signed(desk: Path) -> None:
    """show tells every rule of the starter set in words, and that nobody has signed it."""
    told = say(desk, "show schedules/rulefiles/starter.json")
    assert "INCOMPLETE" in told and "signed by nobody yet" in told
    assert 27 == told.count("\n  -> ")
    assert "levothyroxine AT LEAST 4h FROM aluminium, calcium, iron, magnesium, zinc" in told
    assert "paracetamol AT MOST 4000 mg IN 24 h" in told
