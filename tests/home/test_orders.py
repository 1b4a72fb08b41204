"""`make demo PLAN=`: real orders and a person's own plan file."""

import os
from pathlib import Path

import pytest

from tests.home.plays import play
from tests.tools.hygiene import ROOT

DATA = Path(os.environ.get("POSOLOGY_DATA", "") or ROOT.parent / "shared" / "data")
ORDERS = ("eu-mpd", "ch-emed", "au-test-data", "synthea-smart")
HOME_PLAN = str(ROOT / "schedules" / "examples" / "home.yaml")


@pytest.mark.story
@pytest.mark.skipif(not (DATA / "fhir").is_dir(), reason=f"no sample orders in {DATA}")
def test_real_orders_are_dispensed_or_refused_by_code(tmp_path: Path) -> None:
    """Every order is listed as dispensed or refused; what is dispensed keeps all invariants."""
    folders = ",".join(str(DATA / "fhir" / one) for one in ORDERS)
    (one,) = play(tmp_path, ("demo", {"PLAN": folders, "DAYS": "2"}))

    assert (0, True) == (one.code, one.line["ok"]), one.said
    rows = [line.split(": ") for line in one.said.splitlines() if line.startswith("  ")]
    dispensed = [row for row in rows if row[0].split()[0] == "dispensed"]
    refused = [row for row in rows if row[0].split()[0] == "refused"]
    assert len(dispensed) >= 1
    assert len(refused) > 100
    assert all(len(row) >= 3 and row[1] and row[2] for row in refused)  # a code and a sentence
    assert one.line["doses"]["taken"] >= 4


@pytest.mark.story
def test_a_plan_file_begins_on_its_first_morning(tmp_path: Path) -> None:
    """A YAML plan is signed, loaded and dispensed from the first day of its validity."""
    (one,) = play(tmp_path, ("demo", {"PLAN": HOME_PLAN, "DAYS": "1", "BROKER": "none"}))

    assert (0, True) == (one.code, one.line["ok"]), one.said
    assert "  Fri 06:00  the plan is handed over" in one.said
    assert {"taken": 5} == one.line["doses"]


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({"PLAN": "/nowhere"}, "PLAN=/nowhere: there is no such file or folder"),
        ({"PLAN": "/nowhere.yaml"}, "PLAN=/nowhere.yaml: it cannot be read"),
        ({"PLAN": HOME_PLAN, "START": "2030-01-01T06:00"}, "the plan is valid 2026-11-20"),
        ({"PLAN": HOME_PLAN, "START": "noon"}, "START=noon"),
        ({"DAYS": "0"}, "DAYS=0: a whole number from 1"),
        ({"SEED": "x"}, "SEED=x: a whole number"),
        ({"BROKER": "kafka"}, "BROKER=kafka: one of nats, mosquitto, none"),
    ],
)
def test_what_cannot_be_played_is_refused_in_words(
    tmp_path: Path, switches: dict[str, str], words: str
) -> None:
    """A wrong switch ends at once with exit code 2 and names what is expected."""
    (one,) = play(tmp_path, ("demo", switches))

    assert 2 == one.code
    assert words in one.said
    assert "Traceback" not in one.said


def test_a_plan_that_is_none_is_refused_with_code_and_place(tmp_path: Path) -> None:
    """The plan file's own refusal reaches the person, with its place."""
    plan = tmp_path / "mine.yaml"
    plan.write_text(Path(HOME_PLAN).read_text().replace("22:00", "24:00"))
    (one,) = play(tmp_path, ("demo", {"PLAN": str(plan)}))

    assert 2 == one.code
    assert "demo: wrong-value at clock.bed: '24:00' is not a time of day" in one.said
