"""Whole messages and their answers, byte for byte; and another library's word on what we write.

`python -m tests.hl7.test_golden` writes the expected files anew: look at the difference.
"""

import sys
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from controller.hl7.__main__ import main
from schedules.doses import doses
from schedules.hl7v2.message import read_message
from schedules.hl7v2.order import orders_of
from schedules.hl7v2.propose import fragment_of
from schedules.model import DAY_S
from tests.hl7.hospital import journal_of
from tests.hl7.sender import NOW_S, ZONE, Desk, site_of

GOLDEN = Path(__file__).parent / "golden"
IN_ORDER = (
    "new",
    "older-timing",
    "taper",
    "change",
    "stop",
    "refused",
    "admitted",
    "discharged",
)


def answers(folder: Path) -> dict[str, bytes]:
    """The answer to each golden message, sent one after another to one receiver."""
    desk = Desk(folder)
    try:
        return {
            f"{name}.ack": desk.receiver.answer((GOLDEN / f"{name}.hl7").read_bytes())
            for name in IN_ORDER
        }
    finally:
        desk.inbox.close()


def doses_of(folder: Path) -> dict[str, bytes]:
    """What was made of each order: every dose of its first three weeks, by the patient's clock."""
    site = site_of(folder)
    zone, found = ZoneInfo(ZONE), {}
    for name in ("new", "older-timing", "taper", "change"):
        read = read_message((GOLDEN / f"{name}.hl7").read_bytes())
        for one in orders_of(read, zone, site.formulary, "pt-home"):
            plan = fragment_of(one, "", site.patients[0], NOW_S)
            (regimen,) = plan.regimens
            lines = [f"{regimen.name}, {regimen.strength}, {regimen.form}"]
            if (asked := regimen.as_needed) is not None:
                rule = f"{asked.quarters} quarters, {asked.min_gap_s} s apart"
                lines.append(
                    f"when needed for {asked.reason}: {rule}, at most {asked.max_quarters}"
                )
            for dose in doses(plan, plan.valid_from, plan.valid_from + 21 * DAY_S):
                due = datetime.fromtimestamp(dose.due_at, zone)
                lines.append(f"{due:%a %Y-%m-%d %H:%M} {dose.quarters} quarters")
            found[f"{name}-{one.number}.txt"] = "".join(f"{line}\n" for line in lines).encode()
    return found


def outgoing(folder: Path) -> dict[str, bytes]:
    """What is told of a journal with every outcome."""
    journal_of(folder / "journal.db")
    main(["--journal", str(folder / "journal.db"), "--folder", str(folder / "out")])
    return {one.name: one.read_bytes() for one in (folder / "out" / "outgoing").iterdir()}


def expected(found: dict[str, bytes]) -> dict[str, bytes]:
    """The golden files of these names."""
    return {name: (GOLDEN / name).read_bytes() for name in found}


def test_answers_are_what_they_were(tmp_path: Path) -> None:
    """AA and AE with every ERR, and a number that is always the same."""
    found = answers(tmp_path)
    assert expected(found) == found


def test_doses_are_what_they_were(tmp_path: Path) -> None:
    """Every dose of every golden order, reckoned by hand once."""
    found = doses_of(tmp_path)
    assert 5 == len(found)
    assert expected(found) == found


def test_outcomes_are_told_as_they_were(tmp_path: Path) -> None:
    """RAS and RDS, byte for byte: hospitals parse them with patterns of their own."""
    found = outgoing(tmp_path)
    assert 14 == len(found)
    assert expected(found) == found


@pytest.mark.parametrize("name", IN_ORDER)
def test_answers_are_strictly_valid(tmp_path: Path, name: str) -> None:
    """Another library finds nothing wrong with an ACK, and reads the movements we test with."""
    acknowledged = answers(tmp_path)[f"{name}.ack"].decode().rstrip("\r")
    assert parse_message(acknowledged, validation_level=VALIDATION_LEVEL.STRICT).validate()
    if name in ("admitted", "discharged"):
        sent = (GOLDEN / f"{name}.hl7").read_bytes().decode().rstrip("\r")
        assert parse_message(sent, validation_level=VALIDATION_LEVEL.STRICT).validate()


if __name__ == "__main__":
    for make in (answers, doses_of, outgoing):
        with tempfile.TemporaryDirectory() as place:
            for filename, data in make(Path(place)).items():
                (GOLDEN / filename).write_bytes(data)
    sys.stdout.write("written: look at the difference\n")
