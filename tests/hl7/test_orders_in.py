"""RDE^O11 in: what waits for a pharmacist, and what is answered."""

from pathlib import Path

import pytest

from tests.hl7.sender import RXE, RXR, Desk, message, order


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A receiver with an empty inbox."""
    return Desk(tmp_path)


def test_a_new_order_waits_as_a_regimen_and_names_nobody(desk: Desk) -> None:
    """AA; the regimen is that of the order; no name of the patient is in what was made of it."""
    assert ("AA", []) == desk.send(message("1", *order()))
    assert [("NW", "add")] == desk.waiting()
    (regimen,) = desk.files("regimen-*.yaml")
    assert "- amlodipine\n" in regimen
    assert "      - 08:00\n      - '20:00'\n" in regimen
    (page,) = desk.files("proposal.txt")
    assert "Amlodipine 5 mg tablet" in page
    assert "A^B" not in page + regimen


def test_the_same_message_twice_is_one_proposal_and_one_answer(desk: Desk) -> None:
    """Also after the process was killed, and although it was sent at another time."""
    first = desk.receiver.answer(message("1", *order()))
    desk.now_s += 60
    assert first == desk.receiver.answer(message("1", *order()))
    desk.again()
    assert first == desk.receiver.answer(message("1", *order(), h7="20261124080000"))
    assert [("NW", "add")] == desk.waiting()


def test_a_control_id_used_for_another_message_is_no_repeat(desk: Desk) -> None:
    """A stop that carries the control id of an older message must not be taken for that one."""
    desk.send(message("1", *order()))
    assert ("AE", ["control-id-reused"]) == desk.send(message("1", *order("DC")))
    assert ("AA", []) == desk.send(message("2", *order("DC")))
    assert [("NW", "add"), ("DC", "withdraw")] == desk.waiting()


def test_a_new_order_under_a_known_number_is_not_a_second_one(desk: Desk) -> None:
    """A repeated NW doubles no dose, whatever its control id; after its end the number is used."""
    desk.send(message("1", *order()))
    assert ("AE", ["order-exists"]) == desk.send(message("2", *order()))
    desk.send(message("3", *order("CA")))
    assert ("AE", ["order-ended"]) == desk.send(message("4", *order()))
    assert ("AE", ["order-ended"]) == desk.send(message("5", *order("XO")))


@pytest.mark.parametrize("control", ["XO", "CA", "DC", "HD", "RL"])
def test_what_is_asked_of_an_unknown_order_is_refused_and_kept(desk: Desk, control: str) -> None:
    """Nobody is left to believe that it was done, and a person sees it."""
    assert ("AE", ["unknown-order"]) == desk.send(message("1", *order(control)))
    assert [] == desk.waiting()
    assert 1 == len(list((desk.folder / "refused").iterdir()))


def test_a_stop_is_not_lost_for_a_dose_that_cannot_be_read(desk: Desk) -> None:
    """CA, DC, HD and RL need the number of the order and nothing else."""
    desk.send(message("1", *order()))
    for number, control in enumerate(("HD", "RL", "DC", "DC"), 2):
        sent = message(str(number), f"ORC|{control}|4711^EPIC", "RXE|junk|\\Zx\\|x|y", "TQ1|x||?")
        assert ("AA", []) == desk.send(sent)
    assert ["wait", "go-on", "withdraw", "withdraw"] == [does for _, does in desk.waiting()[1:]]
    assert 4 == len(desk.files("act-*.json")), "nobody here knows what the machine has: acts, too"


def test_one_order_that_cannot_be_read_refuses_the_whole_message(desk: Desk) -> None:
    """All or nothing, with the place of the fault."""
    bad = [*order(), "ORC|NW|4712^EPIC", RXE.replace("|1||", "|1|2|"), "TQ1|1||BID", RXR]
    answer = desk.receiver.answer(message("1", *bad)).decode()
    assert "ERR||RXE^2^4|102^Data type error^HL70357|E|dose-range^" in answer
    assert [] == desk.waiting()


def test_an_unknown_patient_is_refused_until_somebody_writes_the_row(desk: Desk) -> None:
    """The message is not remembered as refused: it is read anew when it comes again."""
    stranger = "PID|1||5^^^HOSP^MR||X^Y"
    assert ("AE", ["unknown-patient"]) == desk.send(message("1", stranger, *order()))
    other = "PID|1||12345^^^OTHER^MR||X^Y"
    assert ("AE", ["unknown-patient"]) == desk.send(message("2", other, *order()))
    both = "PID|1||12345^^^HOSP~777^^^HOSP||X^Y"
    assert ("AE", ["two-patients"]) == desk.send(message("3", both, *order()))
