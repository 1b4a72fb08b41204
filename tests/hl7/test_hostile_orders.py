"""What a sender, a network or a bad day could do to double a dose or to lose a stop."""

from pathlib import Path

import pytest

from schedules.__main__ import main
from tests.hl7.sender import RXE, Desk, message, order


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A receiver with an empty inbox."""
    return Desk(tmp_path)


def test_a_stop_that_overtakes_its_order_is_not_forgotten(desk: Desk) -> None:
    """The stop is refused as unknown; the order that comes after it is refused, too."""
    assert ("AE", ["unknown-order"]) == desk.send(message("2", *order("DC")))
    desk.again()
    assert ("AE", ["stopped-before"]) == desk.send(message("1", *order()))
    assert ("AA", []) == desk.send(message("3", *order(number="4712^EPIC")))


def test_a_person_who_has_seen_a_refused_stop_lets_the_order_come_again(desk: Desk) -> None:
    """It is moved out of the way, kept, and no longer stands against the order."""
    desk.send(message("2", *order("DC")))
    (refused,) = (desk.folder / "refused").iterdir()
    assert 0 == main(["hl7", "settle", str(desk.folder), refused.name, "done", "--by", "clara"])
    assert ("AA", []) == desk.send(message("1", *order()))
    assert [refused.name] == [one.name for one in (desk.folder / "seen").iterdir()]


def test_a_refused_stop_is_shown_first_of_all(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it was refused for, also under a control id that was another message."""
    desk.send(message("1", *order()))
    desk.send(message("1", "ORC|DC|4711^EPIC"))
    desk.send(message("2", "ORC|DC|4711^EPIC", "ORC|XX|4712^EPIC"))
    main(["hl7", "inbox", str(desk.folder)])
    told = [line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines()[1:]]
    expected = ["refused  control-id-reused", "refused  order-control"]
    assert sorted(f"{one}  A STOP WAS ASKED FOR" for one in expected) == sorted(told)


def test_one_order_under_two_numbers_is_pointed_at(desk: Desk) -> None:
    """A sender that repeats an order as another one: both wait, and a person is told."""
    desk.send(message("1", *order()))
    desk.send(message("2", *order(number="9999^EPIC")))
    pages = sorted(desk.files("proposal.txt"), key=len)
    assert [False, True] == ["LOOK: 4711^EPIC has the same ingredient" in one for one in pages]


@pytest.mark.parametrize(
    "names", ["ORC|NW|4711^EPIC|", "ORC|NW||77^PHARM", "ORC|NW|8^EPIC|77^PHARM"]
)
def test_either_number_of_an_order_makes_it_known(desk: Desk, names: str) -> None:
    """The placer's or the filler's: one of both is enough, and no second dose comes of it."""
    first = [*order()]
    first[0] = "ORC|NW|4711^EPIC|77^PHARM"
    desk.send(message("1", *first))
    second = [names, *order()[1:]]
    assert ("AE", ["order-exists"]) == desk.send(message("2", *second))


def test_numbers_of_different_senders_are_different_orders(desk: Desk) -> None:
    """4711 of one system is not 4711 of another, and neither is a-b of c the b of c-a."""
    numbers = ["4711^EPIC", "4711^CERNER", "4711", "c-a^b", "a^b-c", "c^a-b"]
    for at, number in enumerate(numbers):
        assert ("AA", []) == desk.send(message(str(at), *order(number=number)))
    assert len(numbers) == len({one.regimen for one in desk.inbox.live("pt-home")})


def test_a_message_for_two_people_is_nobodys(desk: Desk) -> None:
    """Orders after a second PID would be those of another patient."""
    second = "PID|1||777^^^HOSP^MR||C^D"
    sent = message("1", "PID|1||12345^^^HOSP^MR||A^B", *order(), second, *order(number="2^E"))
    assert ("AE", ["segment-count"]) == desk.send(sent)


def test_a_stop_and_a_new_order_of_one_number_in_one_message_are_refused(desk: Desk) -> None:
    """Which of them holds? Nobody knows, so neither is taken."""
    desk.send(message("1", *order()))
    assert ("AE", ["order-twice"]) == desk.send(message("2", *order("DC"), *order("XO")))


def test_what_follows_a_missing_header_of_an_order_is_refused(desk: Desk) -> None:
    """A dose without its ORC would be that of the order before it, or of none."""
    assert ("AE", ["segment-order"]) == desk.send(message("1", *order()[1:], *order()))
    assert ("AE", ["segment-count"]) == desk.send(message("2", *order(), RXE))


def test_no_value_can_write_a_line_of_the_page(desk: Desk) -> None:
    """A line break in a number, name, amount or reason does not look like a word of ours."""
    fake = "4711\\.br\\Signed by clara (pharmacist)."
    assert ("AE", ["escape"]) == desk.send(message("1", *order(number=fake)))
    named = RXE.replace("Amlodipine 5 mg tablet", "A\\.br\\Signed by clara")
    code, _ = desk.send(message("2", *order(rxe=named)))
    assert "AE" == code
    dispensed = f"{RXE}||||5|\\.br\\Signed by clara|"
    first = [f"ORC|NW|1^E{'|' * 14}\\.br\\Signed by clara", dispensed, "TQ1|1||BID", "RXR|PO"]
    assert ("AA", []) == desk.send(message("3", *first, "NTE|1||x\\.br\\Signed by clara"))
    lines = desk.files("proposal.txt")[0].splitlines()
    assert [] == [line for line in lines if line.lstrip().startswith("Signed by clara")]


def test_the_machine_never_hears_of_it(desk: Desk, tmp_path: Path) -> None:
    """Whatever is accepted, nothing outside of the inbox is written."""
    before = sorted(one for one in tmp_path.rglob("*") if desk.folder not in one.parents)
    for number, control in enumerate(("NW", "XO", "HD", "RL", "DC")):
        assert ("AA", []) == desk.send(message(str(number), *order(control)))
    assert before == sorted(one for one in tmp_path.rglob("*") if desk.folder not in one.parents)
