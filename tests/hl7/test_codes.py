"""Every code a message is refused with stands in the README, and no other."""

import re
from pathlib import Path

from schedules.hl7v2.site import formulary_of, patients_of
from tests.schedules.plans import ROOT

FOLDER = ROOT / "schedules" / "hl7v2"
RAISED = re.compile(
    r"(?:Fault|refused|_reject|_fault)\(\s*(?:asked,\s*)?\"([a-z0-9-]+)\""
    r"|\bcode(?:, sentence)? = \"([a-z-]+)\""
)


def test_every_reason_against_a_message_is_documented_and_none_is_a_ghost() -> None:
    """The table of HL7's own codes is that of the code."""
    texts = [file.read_text("utf-8") for file in FOLDER.glob("*.py")]
    texts = [text.replace("raise _escape(", 'Fault("escape", ') for text in texts]
    found = {one or other for text in texts for one, other in RAISED.findall(text)}
    page = (FOLDER / "README.md").read_text("utf-8")
    table = page[page.index("HL7's own:") : page.index("Out, one message for each word")]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(found) == sorted(word for row in rows for word in re.findall(r"`([^`]+)`", row))


def test_the_files_of_a_site_are_as_the_page_shows_them(tmp_path: Path) -> None:
    """Table and formulary of the README are read."""
    page = (FOLDER / "README.md").read_text("utf-8")
    section = page[page.index("## HL7 v2.5.1") :]
    blocks = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    for name, text in zip(("patients", "formulary"), blocks[:2], strict=True):
        (tmp_path / f"{name}.yaml").write_text(text)
    home, ward = patients_of(tmp_path / "patients.yaml", "Europe/Berlin")
    assert ("pt-7Q2K", {"4711^EPIC": "amlodipine-5"}) == (home.patient, home.orders)
    assert (("777", "HOSP"), ("9", "LAB")) == ward.numbers
    (medicine,) = formulary_of(tmp_path / "formulary.yaml").values()
    assert (("amlodipine",), 200) == (medicine.ingredients, medicine.piece_mg)
