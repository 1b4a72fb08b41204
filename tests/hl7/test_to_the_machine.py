"""From a message to the machine and back: nothing moves until people sign, and then it does."""

from pathlib import Path

from controller.hl7.messages import Names, messages
from controller.record.story import tell
from schedules.halt import countersign_act
from schedules.hl7v2.message import read_message
from tests.controller.home import Home, at
from tests.controller.monday import CALL, START, at_home
from tests.hl7.sender import Desk, message

TABLE = """\
patients:
- {{hl7: 12345^^^HOSP, patient: {patient}, device: {device}, plan: plan.yaml,
   orders: {{4711^EPIC: amlodipine-5}}}}
"""


def desk_of(home: Home, folder: Path) -> Desk:
    """A receiver that knows the plan of this home."""
    (folder / "plan.yaml").write_text(home.text)
    plan = home.plan
    desk = Desk(folder, TABLE.format(patient=plan.patient, device=plan.device))
    desk.now_s = at(START)
    return desk


def test_a_discontinued_order_stops_at_the_machine_when_it_is_signed(tmp_path: Path) -> None:
    """DC, one signature, the act; breakfast's amlodipine is skipped, and RAS says so: NA."""
    home = at_home(tmp_path)
    desk = desk_of(home, tmp_path)
    assert ("AA", []) == desk.send(message("1", "ORC|DC|4711^EPIC||||||||||||||R1^Severe rash"))
    (document,) = desk.files("act-*.json")

    assert "one-signature" == home.wish("act", document=document).code
    assert "" == home.wish("act", document=countersign_act(document, home.private[0])).code
    home.run_to(CALL)

    assert home.controller is not None
    journal = home.controller.journal
    story = tell(journal.all(), home.plan.device, journal.log_epoch)
    halted = [one for one in story.acts if one.kind == "RegimenHalted"]
    assert ["stop"] == [one.text("act") for one in halted]
    told = [read_message(one.data) for one in messages(story, Names())]
    given = [(one.one("ORC").text(3), rxa.text(20)) for one in told for rxa in one.named("RXA")]
    assert [("amlodipine-5", "NA")] == [one for one in given if one[0] == "amlodipine-5"]
