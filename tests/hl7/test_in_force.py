"""Orders about what the machine has: a checked next version, or an act that people sign."""

from pathlib import Path

import pytest

from schedules.__main__ import main
from schedules.halt import unverified_act, verify_act
from schedules.planfile import parse_plan
from schedules.seal import Signer, new_key
from tests.hl7.sender import NOW_S, Desk, message, order
from tests.schedules.plans import plan_text, regimen

STEPS = """\
    high_alert: yes
    limits: {max_per_24h: 3}
    window: {early: 15min, late: 2h}
    steps: [{take: [{dose: 1, at: [08:00]}]}]"""
TABLE = """\
patients:
- hl7: 12345^^^HOSP
  patient: pt-7Q2K
  device: device-1
  plan: plan.yaml
  orders: {"4711^EPIC": amlodipine-5}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A receiver whose table names the plan in force."""
    text = regimen(STEPS, id="amlodipine-5", ingredient="amlodipine", start="2026-11-01")
    (tmp_path / "plan.yaml").write_text(plan_text(text))
    return Desk(tmp_path, TABLE)


def waiting(desk: Desk) -> list[tuple[str, str, str]]:
    """(control, what it would do, regimen) of all that waits."""
    return [(one.control, one.does, one.regimen) for one in desk.inbox.live("pt-7Q2K")]


def test_a_changed_order_keeps_what_only_people_have_said(desk: Desk) -> None:
    """The next version: other times, the same guards and window, the version before by its hash."""
    assert ("AA", []) == desk.send(message("1", *order("XO"), "NTE|1||Check the pulse"))
    assert "its text says: Check the pulse\n" in desk.files("proposal.txt")[0]
    assert [("XO", "replace", "amlodipine-5")] == waiting(desk)
    (text,) = desk.files("next-*.yaml")
    plan = parse_plan(text)
    (one,) = plan.regimens
    assert (2, True) == (plan.version, bool(plan.previous_hash))
    assert ((480, 1200), True, 12) == (
        one.steps[0].takes[0].at,
        one.high_alert,
        one.limits.max_per_24h,
    )
    assert (900, 7200) == (one.window.early_s, one.window.late_s)


def test_a_next_version_that_is_not_sound_is_said_and_not_written(desk: Desk) -> None:
    """A second medicine of one ingredient: the reason of the plan's own check, for a person."""
    assert ("AA", []) == desk.send(message("1", *order(number="5000^EPIC")))
    assert [] == desk.files("next-*.yaml")
    assert "same-ingredient at regimens[1].ingredients" in desk.files("proposal.txt")[0]


@pytest.mark.parametrize(
    ("control", "act"), [("CA", "stop"), ("DC", "stop"), ("HD", "hold"), ("RL", "resume")]
)
def test_a_stop_is_an_act_that_nobody_has_signed(desk: Desk, control: str, act: str) -> None:
    """For the right medicine of the right patient; it does nothing until people sign it."""
    assert ("AA", []) == desk.send(message("1", f"ORC|{control}|4711^EPIC||||||||||||||OTHER^Rash"))
    assert [(control, act, "amlodipine-5")] == waiting(desk)
    (document,) = desk.files("act-*.json")
    found, signers = unverified_act(document)
    assert (act, "amlodipine-5", "pt-7Q2K", "device-1", ()) == (
        found.act,
        found.regimen,
        found.patient,
        found.device,
        signers,
    )
    assert "reason: Rash" in desk.files("proposal.txt")[0]


def test_a_pharmacist_signs_what_was_proposed(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the message to an act that the machine would take, by the commands alone."""
    desk.send(message("1", "ORC|DC|4711^EPIC"))
    (act,) = desk.folder.glob("accepted/*/act-*.json")
    assert 0 == main(["keys", str(tmp_path / "keys")])
    signed = tmp_path / "stop.json"
    key = str(tmp_path / "keys" / "pharmacist.key")
    assert 0 == main(["sign", str(act), "--key", key, "-o", str(signed)])
    trusted = str(tmp_path / "keys" / "trusted.json")
    now = ["--device", "device-1", "--now", "2026-11-24T07:00:00+00:00"]
    assert 0 == main(["verify", str(signed), "--trusted", trusted, *now])
    assert "would be taken: stop of amlodipine-5" in capsys.readouterr().out


def test_acts_of_one_second_have_numbers_of_their_own(desk: Desk) -> None:
    """A later act is always newer, also after a restart."""
    for number in range(3):
        desk.send(message(str(number), "ORC|DC|4711^EPIC"))
        desk.again()
    numbers = [unverified_act(one)[0].number for one in desk.files("act-*.json")]
    assert [NOW_S, NOW_S + 1, NOW_S + 2] == sorted(numbers)
    public = new_key()[1]
    signer = Signer("a", "pharmacist", public)
    for one in desk.files("act-*.json"):
        with pytest.raises(Exception, match="one-signature"):
            verify_act(one, [signer], device="device-1", now_s=NOW_S, after=0)


def test_after_a_stop_the_order_is_over_whatever_comes(desk: Desk) -> None:
    """XO and RL of an order that was ended are refused; another stop is taken."""
    desk.send(message("1", "ORC|DC|4711^EPIC"))
    assert ("AE", ["order-ended"]) == desk.send(message("2", *order("XO")))
    assert ("AE", ["order-ended"]) == desk.send(message("3", "ORC|RL|4711^EPIC"))
    assert ("AE", ["order-ended"]) == desk.send(message("4", *order("NW")))
    assert ("AA", []) == desk.send(message("5", "ORC|HD|4711^EPIC"))
    assert ("AE", ["order-ended"]) == desk.send(message("6", *order("XO")))
    assert ("AA", []) == desk.send(message("7", "ORC|CA|4711^EPIC"))


def test_a_plan_that_cannot_be_read_or_is_anothers_stops_all(desk: Desk, tmp_path: Path) -> None:
    """AR: whoever keeps the table must look; nothing is guessed without it."""
    text = (tmp_path / "plan.yaml").read_text()
    (tmp_path / "plan.yaml").write_text(text.replace("pt-7Q2K", "pt-other"))
    assert ("AR", ["plan-unreadable"]) == desk.send(message("1", "ORC|DC|4711^EPIC"))
    (tmp_path / "plan.yaml").unlink()
    assert ("AR", ["plan-unreadable"]) == desk.send(message("1", "ORC|DC|4711^EPIC"))
    (tmp_path / "plan.yaml").write_text(text)
    assert ("AA", []) == desk.send(message("1", "ORC|DC|4711^EPIC"))
