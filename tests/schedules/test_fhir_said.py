"""The words of an order beside its structure: where they differ, neither is believed."""

import json
from typing import Any

import pytest

from schedules.fhir.regimens import Said
from schedules.fhir.said import contradiction
from schedules.fhir.text import caution
from tests.schedules.plans import shared_data
from tests.schedules.test_fhir import code, dosage, order
from tests.schedules.test_real_orders import read

TWICE = {"frequency": 2, "period": 1, "periodUnit": "d"}
WEEKLY = {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}
EIGHT = {"frequency": 1, "period": 8, "periodUnit": "h"}
COURSE = {**TWICE, "boundsDuration": {"value": 7, "code": "d", "unit": "d"}}

DIFFER = (
    (TWICE, "Take one tablet three times a day", "doses a day"),
    (TWICE, "2 tablets twice a day", "pieces at a time"),
    (TWICE, "dreimal täglich 1 Tablette", "doses a day"),
    (EIGHT, "1 tablet every 6 hours", "doses a day"),
    (WEEKLY, "1 tablet every day", "doses a day"),
    (WEEKLY, "1 tablet every Tuesday", "days of the week"),
    (COURSE, "1 tablet twice a day for 10 days", "days"),
    (TWICE, "1-0-0-0", "doses a day"),
)
AGREE = (
    (TWICE, "Take one tablet twice a day"),
    (TWICE, "1-0-1"),
    (TWICE, "morgens und abends 1 Tablette"),
    (EIGHT, "1 tablet every 8 hours"),
    (EIGHT, "1 tablet 3 times a day"),
    (WEEKLY, "1 tablet once a week on Monday"),
    (COURSE, "1 tablet twice a day for 1 week"),
    (TWICE, "words that nobody reads"),
    (TWICE, ""),
)


def line(repeat: dict[str, Any], text: str) -> dict[str, Any]:
    """A dosage of one tablet with this text."""
    return dosage(repeat, text=text)


@pytest.mark.parametrize(("repeat", "text", "what"), DIFFER, ids=lambda one: str(one)[:30])
def test_a_text_that_says_otherwise_is_refused(
    repeat: dict[str, Any], text: str, what: str
) -> None:
    """No plan is made of an order that contradicts itself, and expand points at it."""
    assert what in contradiction(line(repeat, text))
    assert "text-contradicts" == code(order(line(repeat, text)))
    assert caution([line(repeat, text)]).startswith("look at the text: ")


@pytest.mark.parametrize(("repeat", "text"), AGREE, ids=lambda one: str(one)[:30])
def test_a_text_that_agrees_or_is_not_read_changes_nothing(
    repeat: dict[str, Any], text: str
) -> None:
    """Only a text that the closed grammar reads whole can contradict."""
    assert "" == contradiction(line(repeat, text))


def test_an_order_in_words_only_shows_what_would_be_proposed() -> None:
    """Most orders of pharmacies are text alone: refused, and the refusal says how it reads."""
    bare = dosage({}, text="1-0-0-1")
    del bare["timing"]
    _, refusals = read([order(bare)])
    assert ["no-timing"] == [one.code for one in refusals]
    assert refusals[0].why.endswith("twice a day in the morning and at night")
    bare["text"] = "as directed"
    _, refusals = read([order(bare)])
    assert "proposed" not in refusals[0].why


def test_a_real_order_that_contradicts_itself() -> None:
    """HL7 medrx0302: one tablet daily in words, four times a day in structure."""
    file = shared_data() / "fhir" / "hl7-r4-examples" / "MedicationRequest-medrx0302.json"
    if not file.is_file():
        pytest.skip("needs the HL7 examples of the sample data")
    lines = json.loads(file.read_text("utf-8"))["dosageInstruction"]
    found = {contradiction(one) for one in lines}
    assert "doses a day: its text says 1, its structure says 4" in found


@pytest.mark.parametrize("number", ("0302", "0317", "0321"))
def test_official_examples_that_would_harm_stay_refused(number: str) -> None:
    """HL7 examples that contradict themselves become no plan, also with their words read."""
    name = f"MedicationRequest-medrx{number}.json"
    file = shared_data() / "fhir" / "hl7-r4-examples" / name
    if not file.is_file():
        pytest.skip("needs the HL7 examples of the sample data")
    found = json.loads(file.read_text("utf-8"))
    regimens, refusals = read([found])
    assert ([], 1) == (regimens, len(refusals))
    active = found | {"status": "active"}
    told = {str(found["id"]): Said(id="one", ingredients=("testine",), text_read=True)}
    regimens, refusals = read([active], told)
    assert ([], 1) == (regimens, len(refusals))
