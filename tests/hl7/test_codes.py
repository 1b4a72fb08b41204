"""Every code a message is refused with stands in the README, and no other."""

import re

from tests.schedules.plans import ROOT

FOLDER = ROOT / "schedules"
RAISED = re.compile(
    r"(?:Fault|refused|_reject|_fault)\(\s*(?:asked,\s*)?\"([a-z0-9-]+)\""
    r"|\bcode(?:, sentence)? = \"([a-z-]+)\""
)


def test_every_reason_against_a_message_is_documented_and_none_is_a_ghost() -> None:
    """The table of HL7's own codes is that of the code."""
    texts = [file.read_text("utf-8") for file in FOLDER.glob("hl7_*.py")]
    texts = [text.replace("raise _escape(", 'Fault("escape", ') for text in texts]
    found = {one or other for text in texts for one, other in RAISED.findall(text)}
    page = (FOLDER / "README.md").read_text("utf-8")
    table = page[page.index("HL7's own:") : page.index("Out, one message for each word")]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(found) == sorted(word for row in rows for word in re.findall(r"`([^`]+)`", row))
