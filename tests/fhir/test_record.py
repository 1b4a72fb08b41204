"""The journal as FHIR: each dose, load, alert and act once, with who, when, and nothing typed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from controller.journal import Journal
from controller.record.__main__ import main
from controller.record.adherence import LINES
from controller.record.story import Story, tell
from tests.fhir.lived import CLARA, EVA

DEVICE = "posology-demo-1"
Found = dict[str, list[dict[str, Any]]]


def exported(journal: Path, folder: Path, *more: str) -> Found:
    """What the command writes, by kind."""
    asked = ["--journal", str(journal), "--device", DEVICE, "--fhir", str(folder), *more]
    assert 0 == main(asked)
    return {
        path.stem: [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for path in folder.glob("*.ndjson")
    }


@pytest.fixture(scope="module")
def found(journal: Path, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The whole record."""
    return exported(journal, tmp_path_factory.mktemp("out"))


def told(journal: Path) -> Story:
    """The story of the journal."""
    reader = Journal.reader(journal)
    try:
        return tell(reader.all(), DEVICE, reader.log_epoch)
    finally:
        reader.close()


def test_every_closed_dose_is_there_once_with_its_status(found: Found, journal: Path) -> None:
    """One MedicationAdministration a dose, named by its dose_id; the status is R4's for it."""
    doses = {one.dose_id: one for one in told(journal).doses.values() if one.versions}
    rows = found["MedicationAdministration"]
    seen = sorted(
        (doses[one["id"]].regimen.partition("-")[0], doses[one["id"]].outcome, one["status"])
        for one in rows
    )

    assert sorted(doses) == sorted(one["identifier"][0]["value"] for one in rows)
    assert [
        ("amlodipine", "held", "not-done"),
        ("amlodipine", "taken", "completed"),
        ("gabapentin", "handed-out", "unknown"),
        ("gabapentin", "missed", "completed"),  # lifted late: gone, and still missed
        ("metformin", "skipped", "not-done"),
        ("metformin", "taken", "completed"),
        ("metformin", "taken", "completed"),
        ("metformin", "taken", "completed"),
        ("paracetamol", "taken", "completed"),
        ("simvastatin", "missed", "completed"),  # given late by a person
        ("simvastatin", "uncertain", "unknown"),
    ] == seen


def test_what_is_not_simply_done_says_why(found: Found) -> None:
    """A statusReason names the outcome and how it came to it; a completed one has none."""
    reasons = {
        tuple(code["coding"][0]["code"] for code in one["statusReason"]): one["status"]
        for one in found["MedicationAdministration"]
        if one["status"] != "completed"
    }

    assert {
        ("held", "on-hold"): "not-done",
        ("skipped", "by-request"): "not-done",
        ("handed-out", "other"): "unknown",
        ("uncertain", "cup-away"): "unknown",
    } == reasons
    completed = [o for o in found["MedicationAdministration"] if o["status"] == "completed"]
    assert not any("statusReason" in one for one in completed)


def test_a_dose_is_dated_when_it_was_gone(found: Found) -> None:
    """Taken: the lift of the cup, before its return; late: the late lift."""
    times = {
        (one["medicationCodeableConcept"]["text"], one.get("effectiveDateTime"))
        for one in found["MedicationAdministration"]
    }

    assert ("Amlodipine 5 mg", "2026-11-23T07:05:08Z") in times
    assert ("Gabapentin 300 mg", "2026-11-23T12:40:00Z") in times


def test_a_later_word_is_a_new_version_and_says_what_stood_before(found: Found) -> None:
    """Settled, lifted late, given late: version 2, and a Provenance that leads to version 1."""
    second = {
        one["id"] for one in found["MedicationAdministration"] if one["meta"]["versionId"] == "2"
    }
    links = {
        one["target"][0]["reference"].split("/")[1]: (
            one["entity"][0]["what"]["display"].partition(" at ")[0],
            one["activity"]["text"],
            one["agent"][0]["who"].get("identifier", {}).get("value", "the machine"),
        )
        for one in found["Provenance"]
    }

    assert second == set(links)
    assert {
        ("missed (left-in-cup)", "missed (taken-late)", "the machine"),
        ("uncertain (cup-away)", "taken (settled-taken)", EVA),
        ("missed (not-asked-for)", "missed (given-late)", EVA),
    } == set(links.values())


def test_every_load_is_a_dispense_of_what_a_person_put_in(found: Found, journal: Path) -> None:
    """The pieces of all dispenses are those of all Loaded events, and of what was handed out."""
    loaded = sum(one.number("pieces") for one, _ in told(journal).loads)
    quantity = sum(one["quantity"]["value"] for one in found["MedicationDispense"])
    by = {
        one["performer"][0]["actor"]["identifier"]["value"] for one in found["MedicationDispense"]
    }

    assert loaded + 1 == quantity
    assert {"person/loader", CLARA} == by
    assert all(one["whenHandedOver"] for one in found["MedicationDispense"])


def test_an_alert_that_nobody_heard_is_not_completed(found: Found) -> None:
    """Raised only: in progress; acknowledged or over: completed, with who heard it."""
    status = {
        one["reasonCode"][0]["coding"][0]["code"]: one["status"] for one in found["Communication"]
    }
    heard = [one for one in found["Communication"] if "recipient" in one]

    assert "in-progress" == status["dose-uncertain"]
    assert [("dose-missed", EVA)] == [
        (one["reasonCode"][0]["coding"][0]["code"], one["recipient"][0]["identifier"]["value"])
        for one in heard
    ]
    assert heard[0]["about"][0]["reference"].startswith("MedicationAdministration/")


def test_every_act_of_a_person_is_in_the_audit(found: Found, journal: Path) -> None:
    """Each event with a name in `by` has its AuditEvent, bound by the event's hash."""
    audit = {one["entity"][0]["what"]["identifier"]["value"]: one for one in found["AuditEvent"]}
    for said in told(journal).acts:
        if said.text("by") not in ("", "board", "machine"):
            names = [one["who"]["identifier"]["value"] for one in audit[said.event]["agent"]]
            hashed = audit[said.event]["entity"][0]["detail"][0]["valueString"]
            assert (said.text("by").split(","), said.hash) == (names, hashed)
    kinds = {one["subtype"][0]["code"] for one in audit.values()}
    assert {"PlanApproved", "RegimenHalted", "DoseSettled", "GivenLate", "Loaded"} <= kinds


def test_adherence_leaves_out_what_was_not_the_patients_and_tells_it(found: Found) -> None:
    """Per medicine: numerator over denominator less exclusions, each exclusion on its own line."""
    group = {
        one["code"]["text"].partition(" ")[0]: {
            line["code"]["coding"][0]["code"]: line["count"] for line in one["population"]
        }
        | {"score": one.get("measureScore", {}).get("value")}
        for one in found["MeasureReport"][0]["group"]
    }
    lines = ("denominator", "denominator-exclusion", "numerator", "score")

    assert (2, 1, 1, 1.0) == tuple(group["Amlodipine"][one] for one in lines)  # one on hold
    assert (4, 0, 3, 0.75) == tuple(group["Metformin"][one] for one in lines)  # one skipped
    assert (2, 1, 0, 0.0) == tuple(group["Gabapentin"][one] for one in lines)  # one handed out
    assert (2, 1, 0, 0.0) == tuple(group["Simvastatin"][one] for one in lines)  # one in doubt
    assert (1, 1, None) == tuple(
        group["Paracetamol"][one] for one in ("granted", "refused", "score")
    )
    # All that were taken were taken within the hours that the class of each allows.
    assert (1, 3, 0) == tuple(
        group[name]["on-time"] for name in ("Amlodipine", "Metformin", "Gabapentin")
    )
    for name in ("Amlodipine", "Metformin", "Gabapentin", "Simvastatin"):
        apart = [one for one in LINES if one not in ("missed", "skipped", "gone-late")]
        assert group[name]["denominator-exclusion"] == sum(group[name][one] for one in apart)


def test_days_and_times_are_told_beside_the_score(found: Found) -> None:
    """Metformin on two days: three taken near their time, one skipped, one of two days right."""
    group = next(
        one for one in found["MeasureReport"][0]["group"] if "Metformin" in one["code"]["text"]
    )
    lines = {one["code"]["coding"][0]["code"]: one["count"] for one in group["population"]}

    assert (3, 2, 1) == tuple(lines[one] for one in ("on-time", "dosing-days", "dosing-days-right"))


def test_every_link_leads_to_a_resource_of_the_record(found: Found) -> None:
    """No reference of the record leads nowhere; a version leads to its dose."""
    known = {f"{kind}/{one['id']}" for kind, rows in found.items() for one in rows}

    def links(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["reference"]] if isinstance(value.get("reference"), str) else []
            return own + [link for one in value.values() for link in links(one)]
        return [link for one in value for link in links(one)] if isinstance(value, list) else []

    all_links = {link.partition("/_history/")[0] for link in links(list(found.values()))}
    assert set() == {link for link in all_links if not link.startswith("#")} - known
    ids = [f"{kind}/{one['id']}" for kind, rows in found.items() for one in rows]
    assert len(ids) == len(set(ids))


def test_nothing_that_was_typed_leaves_and_names_can_stay(journal: Path, tmp_path: Path) -> None:
    """What somebody wrote of a journey is `other`; with --roles no person is named at all."""
    exported(journal, tmp_path / "names")
    exported(journal, tmp_path / "roles", "--roles")
    names = "".join(one.read_text() for one in (tmp_path / "names").iterdir())
    roles = "".join(one.read_text() for one in (tmp_path / "roles").iterdir())

    assert "Muster" not in names and EVA in names
    assert "Muster" not in roles and "/eva" not in roles and "clara" not in roles


def test_a_stretch_of_time_can_be_asked_for(journal: Path, tmp_path: Path) -> None:
    """--from and --to by the patient's days: Tuesday's five doses, and its report."""
    tuesday = exported(journal, tmp_path, "--from", "2026-11-24", "--to", "2026-11-24")

    assert 5 == len(tuesday["MedicationAdministration"])
    assert "2026-11-24T07:00:00Z" == tuesday["MeasureReport"][0]["period"]["start"]


def test_the_journal_is_only_read(journal: Path, tmp_path: Path) -> None:
    """The file is byte for byte what it was, and what is written belongs to its owner alone."""
    before = journal.read_bytes()
    exported(journal, tmp_path / "out")

    assert before == journal.read_bytes()
    assert {0o600} == {one.stat().st_mode & 0o777 for one in (tmp_path / "out").iterdir()}


def test_a_journal_that_was_changed_is_refused(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One outcome made better with a knife: the chain is broken, and nothing is written."""
    copy = tmp_path / "journal.db"
    shutil.copy(journal, copy)
    with sqlite3.connect(copy) as db:
        db.execute(
            "UPDATE events SET body = replace(body, 'missed', 'taken') WHERE kind = 'DoseClosed'"
        )
    db.close()

    code = main(["--journal", str(copy), "--device", DEVICE, "--fhir", str(tmp_path / "out")])

    assert 1 == code
    assert "chain-broken" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_bundle_to_a_pipe(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--fhir -` writes one Bundle whose links resolve inside it."""
    assert 0 == main(["--journal", str(journal), "--device", DEVICE, "--fhir", "-"])
    bundle = json.loads(capsys.readouterr().out)
    urls = {one["fullUrl"] for one in bundle["entry"]}
    first = next(
        one["resource"] for one in bundle["entry"]
        if one["resource"]["resourceType"] == "MedicationAdministration"
    )  # fmt: skip

    assert len(urls) == len(bundle["entry"])
    assert first["request"]["reference"] in urls
