"""Rare turns of a dose in FHIR: elsewhere, told later, voided, proven late, a new log."""

from __future__ import annotations

from typing import Any

import pytest

from controller.record.export import resources
from controller.record.values import frame_of
from tests.fhir.made import made


@pytest.fixture(scope="module")
def found() -> list[Any]:
    """All resources of the story made by hand."""
    story = made()
    frame = frame_of(story)
    assert frame is not None
    return resources(story, frame)


def dose(found: list[Any], letter: str) -> Any:
    """What is told of one dose."""
    return next(
        one for one in found
        if one["resourceType"] == "MedicationAdministration" and one["id"] == letter * 32
    )  # fmt: skip


def words(found: list[Any], letter: str) -> list[tuple[str, str]]:
    """(who, what) of each later word on a dose."""
    return [
        (one["agent"][0]["who"]["display"], one["activity"]["text"])
        for one in found
        if one["resourceType"] == "Provenance" and one["id"].startswith(letter * 32)
    ]


def test_what_a_person_took_elsewhere_is_dated_by_their_word(found: list[Any]) -> None:
    """No device had a part in it; when it was taken is when they say; a note says who says so."""
    one = dose(found, "a")

    assert ("completed", "2026-11-23T11:59:00Z") == (one["status"], one["effectiveDateTime"])
    assert "device" not in one
    assert "A person says so" in one["note"][0]["text"]
    assert "mL" == one["dosage"]["dose"]["code"]


def test_what_is_told_later_does_not_undo_the_outcome(found: list[Any]) -> None:
    """Missed, then somebody says it was taken: version 2, completed, and missed beside it."""
    one = dose(found, "b")
    outcome = {e["url"]: e.get("valueCode") for e in one["extension"]}["urn:posology:outcome"]

    assert ("2", "completed", "missed") == (one["meta"]["versionId"], one["status"], outcome)
    assert [("patient", "missed (took-it)")] == words(found, "b")


def test_a_voided_outcome_is_an_error_until_the_next_one(found: list[Any]) -> None:
    """Version 1 missed, 2 voided by two people, 3 taken: each step is named."""
    one = dose(found, "c")

    assert ("3", "completed") == (one["meta"]["versionId"], one["status"])
    assert [("person", "voided (clock-repaired)"),
            ("posology-demo-1", "taken (retrieved)")] == words(found, "c")  # fmt: skip


def test_the_boards_late_proof_is_a_word_of_the_machine(found: list[Any]) -> None:
    """In doubt for a day, then proven not released: not done, and nobody settled it by hand."""
    one = dose(found, "d")

    assert "not-done" == one["status"]
    assert [("posology-demo-1", "held (late-verdict)")] == words(found, "d")


def test_a_dose_that_is_still_open_is_not_told(found: list[Any]) -> None:
    """Nothing became of it yet."""
    ids = [one["id"] for one in found if one["resourceType"] == "MedicationAdministration"]

    assert [letter * 32 for letter in "abcdef"] == ids


def test_events_of_a_new_log_carry_its_name(found: list[Any]) -> None:
    """The same number in another log is another event."""
    events = [
        one["entity"][0]["what"]["identifier"]["value"]
        for one in found
        if one["resourceType"] == "AuditEvent" and one["subtype"][0]["code"] == "LogOpened"
    ]

    assert ["11" * 8 + "/1", "22" * 8 + "/16"] == events


def test_a_machine_that_could_not_leaves_the_denominator(found: list[Any]) -> None:
    """Jammed twice, once too soon: excluded, each on its line; the score is of the rest."""
    report = next(one for one in found if one["resourceType"] == "MeasureReport")
    group = next(one for one in report["group"] if one["code"]["text"] == "pill")
    lines = {one["code"]["coding"][0]["code"]: one["count"] for one in group["population"]}

    assert (4, 3, 1) == tuple(
        lines[one] for one in ("denominator", "denominator-exclusion", "numerator")
    )
    assert (2, 1) == (lines["held-by-machine"], lines["held-by-limit"])
    assert 1.0 == group["measureScore"]["value"]
