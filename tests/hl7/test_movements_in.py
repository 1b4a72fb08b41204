"""ADT in: where the patient is, as proposals."""

from pathlib import Path

import pytest

from schedules.halt import EVERY, unverified_act
from tests.hl7.sender import Desk, message
from tests.schedules.plans import plan_text, regimen

HOME, WARD = "PID|1||12345^^^HOSP^MR||A^B", "PID|1||777^^^HOSP^MR||C^D"
STEPS = "    steps: [{take: [{dose: 1, at: [08:00]}]}]"
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
    assert [("hold", EVERY)] == [(one.act, one.regimen) for one in acts]


def test_a_return_lets_nothing_go_on_that_was_stopped_or_held_by_an_order(tmp_path: Path) -> None:
    """One act for each medicine that was held for the stay alone; never one for all."""
    parts = [regimen(STEPS, id=f"m-{n}", ingredient=f"i-{n}") for n in range(1, 5)]
    (tmp_path / "plan.yaml").write_text(plan_text(*parts))
    table = "patients:\n- {hl7: 12345^^^HOSP, patient: pt-7Q2K, device: device-1, plan: plan.yaml,"
    desk = Desk(tmp_path, f"{table} orders: {{'1': m-1, '2': m-2, '3': m-3}}}}\n")
    for number, control in ((1, "DC"), (2, "HD"), (3, "HD"), (3, "RL")):
        sent = message(f"{control}{number}", f"ORC|{control}|{number}")
        assert ("AA", []) == desk.send(sent)
    for event in ("A01", "A03"):
        sent = message(event, f"EVN|{event}", HOME, HERE, kind=f"ADT^{event}^ADT_A01")
        assert ("AA", []) == desk.send(sent)
    acts = [unverified_act(one)[0] for one in desk.files("act-*.json")[4:]]
    assert [("hold", EVERY), ("resume", "m-3"), ("resume", "m-4")] == [
        (one.act, one.regimen) for one in acts
    ]


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
