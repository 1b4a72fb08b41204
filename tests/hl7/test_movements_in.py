"""ADT in: where the patient is, as proposals."""

from pathlib import Path

import pytest

from schedules.halt import EVERY, unverified_act
from tests.hl7.sender import Desk, message

HOME, WARD = "PID|1||12345^^^HOSP^MR||A^B", "PID|1||777^^^HOSP^MR||C^D"
HERE, THERE = "PV1|1|I|W1^2^3", "PV1|1|I|ICU^1^1"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A receiver for one patient at home and one on ward W1."""
    return Desk(tmp_path)


def told(desk: Desk, patient: str, *moves: tuple[str, str]) -> list[str]:
    """What is proposed for each of these events, all of them answered AA."""
    who = HOME if patient == "pt-home" else WARD
    for number, (event, visit) in enumerate(moves):
        kind = f"ADT^{event}^ADT_A01"
        sent = message(str(number), f"EVN|{event}", who, visit, kind=kind)
        assert ("AA", []) == desk.send(sent)
    return [one.does for one in desk.inbox.live(patient)]


def test_a_hospital_stay_of_somebody_at_home(desk: Desk) -> None:
    """Admitted: hold everything; moved inside: nothing more; discharged: resume, by two people."""
    moves = (("A01", THERE), ("A02", HERE), ("A08", HERE), ("A03", HERE))
    assert ["hold", "note", "note", "resume"] == told(desk, "pt-home", *moves)
    acts = [unverified_act(one)[0] for one in desk.files("act-*.json")]
    assert [("hold", EVERY), ("resume", EVERY)] == [(one.act, one.regimen) for one in acts]


def test_a_lost_admission_is_made_up_for(desk: Desk) -> None:
    """A move inside the hospital says as well that nobody is at home."""
    assert ["hold"] == told(desk, "pt-home", ("A02", THERE))


def test_a_discharge_nobody_was_admitted_for_resumes_nothing(desk: Desk) -> None:
    """There is no hold that it would end."""
    assert ["note"] == told(desk, "pt-home", ("A03", HERE))


def test_a_machine_on_a_ward(desk: Desk) -> None:
    """Here: nothing begins by itself; another ward: hold; back: resume; discharged: hold."""
    moves = (("A01", HERE), ("A02", THERE), ("A02", HERE), ("A03", HERE))
    assert ["note", "hold", "resume", "hold"] == told(desk, "pt-ward", *moves)


def test_somebody_who_has_died_is_held_whatever_the_event(desk: Desk) -> None:
    """PID-30: nothing more is offered until a person has asked."""
    died = HOME + "|" * 25 + "Y"
    sent = message("1", "EVN|A08", died, HERE, kind="ADT^A08^ADT_A01")
    assert ("AA", []) == desk.send(sent)
    assert ["hold"] == [one.does for one in desk.inbox.live("pt-home")]


def test_strangers_are_refused_and_not_kept(desk: Desk) -> None:
    """A feed of a whole hospital leaves no names here."""
    stranger = "PID|1||5^^^HOSP^MR||X^Y"
    sent = message("1", "EVN|A01", stranger, HERE, kind="ADT^A01^ADT_A01")
    assert ("AE", ["unknown-patient"]) == desk.send(sent)
    assert [] == list((desk.folder / "refused").iterdir())
