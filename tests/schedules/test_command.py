"""`python -m schedules` as a pharmacist uses it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from schedules.__main__ import main
from schedules.files import read_trusted
from schedules.seal import verify
from tests.schedules.plans import ROOT, plan_text, regimen
from tests.schedules.test_fhir import DAILY, dosage, order

HOME = ROOT / "schedules" / "examples" / "home.yaml"
NOW = "2026-11-23T08:00:00+01:00"


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


@pytest.mark.hazard("H13")
def test_show_reads_back_and_counts(capsys) -> None:  # type: ignore[no-untyped-def]
    """show prints every regimen in words and fourteen days of doses."""
    assert 0 == run("show", HOME)
    text = capsys.readouterr().out
    assert "1 tablet twice a day at breakfast (08:00) and at dinner (18:30)." in text
    asked = "2 tablets when needed for pain, at least 4 hours apart, up to a maximum of 8 tablets"
    assert f"{asked} in any 24 hours." in text
    assert "28 tablets of Metformin 500 mg in 14 days" in text
    assert 14 * 4 == text.count(" CET  ")


def test_show_runs_as_a_module() -> None:
    """The command works from the root of the repository."""
    done = subprocess.run(
        [sys.executable, "-m", "schedules", "show", str(HOME), "--days", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert "22:00 CET" in done.stdout


def test_check_names_every_reason(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    """check exits 1 with code, place and sentence, 0 with the hash."""
    bad = tmp_path / "bad.yaml"
    bad.write_text(plan_text(regimen("    steps: [{take: [{dose: 0, at: [24:00]}]}]")))
    assert 1 == run("check", bad)
    shown = capsys.readouterr().err
    assert "refused: wrong-value at regimens[0].steps[0].take[0].dose" in shown
    assert "also: wrong-value at regimens[0].steps[0].take[0].at[0]" in shown
    assert 0 == run("check", HOME)
    assert 1 == run("check", tmp_path / "absent.yaml")


def test_keys_sign_verify(tmp_path: Path) -> None:
    """Two people sign one after the other; one signature is not enough; keys stay private."""
    keys, first, envelope = tmp_path / "keys", tmp_path / "one.json", tmp_path / "two.json"
    assert 0 == run("keys", keys)
    assert 1 == run("keys", keys), "never over existing keys"
    assert 0o600 == (keys / "pharmacist.key").stat().st_mode & 0o777
    asked = ("--trusted", keys / "trusted.json", "--device", "posology-demo-1", "--now", NOW)
    assert 0 == run("sign", HOME, "--key", keys / "pharmacist.key", "-o", first)
    assert 1 == run("verify", first, *asked)
    assert 0 == run("sign", first, "--key", keys / "checker.key", "-o", envelope)
    assert 0 == run("verify", envelope, *asked)
    assert 0 == run("verify", envelope, *asked, "--in-force", envelope)
    assert 1 == run("sign", HOME, "--key", HOME, "-o", tmp_path / "x")
    trusted = read_trusted((keys / "trusted.json").read_bytes())
    plan = verify(envelope.read_bytes(), trusted, device="posology-demo-1", now_s=1795158000)
    assert "home-demo" == plan.plan_id
    assert 0 == run("show", envelope, "--days", 1)


def test_convert_a_folder_to_a_plan(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    """A folder of orders becomes a plan file that checks; refusals are listed."""
    orders = tmp_path / "orders"
    orders.mkdir()
    (orders / "a.json").write_text(json.dumps(order(dosage(DAILY))))
    draft = order(dosage(DAILY), id="order-2", status="draft")
    (orders / "b.json").write_text(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": draft}]})
    )
    plan = tmp_path / "plan.yaml"
    asked = ("--zone", "Europe/Berlin", "--patient", "pt-7Q2K", "--device", "device-1")
    more = ("--start", "2026-11-23T07:00", "--piece-mg", "200", "-o", plan)
    assert 0 == run("convert", orders, *asked, *more)
    assert "refused order-2: status: the order is not active" in capsys.readouterr().err
    assert 0 == run("check", plan)
    said = tmp_path / "said.yaml"
    said.write_text("order-1: {id: own-id, piece_mg: 150, colour: red}")
    assert 1 == run("convert", orders, *asked, *more, "--said", said)
    said.write_text("order-1: {id: own-id, piece_mg: 150, high_alert: yes}")
    assert 1 == run("convert", orders, *asked, *more, "--said", said), "high alert needs limits"
    assert 1 == run("convert", HOME, *asked, *more)
    assert 1 == run("convert", orders, "--zone", "Mars/One", *asked[2:], *more)
