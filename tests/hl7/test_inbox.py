"""The folder of what waits: whole or not there, and what a person says of it."""

import os
from pathlib import Path
from typing import Any

import pytest

from schedules.__main__ import main
from schedules.hl7v2 import inbox as hl7_inbox
from schedules.hl7v2.site import patients_of
from schedules.model import PlanRefused
from tests.hl7.sender import FORMULARY, PATIENTS, ZONE, Desk, message, order


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A receiver with an empty inbox."""
    return Desk(tmp_path)


class Cut(BaseException):
    """The power goes."""


@pytest.mark.parametrize("call", ["mkdir", "fsync", "rename"])
def test_a_power_cut_keeps_all_of_a_message_or_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """At each of the calls that write: not answered; sent again it is taken, once."""
    sent = message("1", *order())
    for at in range(1, 12):
        real, left = getattr(os, call), [at]

        def cut(*args: object, left: list[int] = left, real: Any = real, **more: object) -> Any:
            left[0] -= 1
            if not left[0]:
                raise Cut
            return real(*args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, cut)
            try:
                desk.receiver.answer(sent)
            except Cut:
                pass
            else:
                break
        desk.again()
        assert len(desk.waiting()) <= 1
        assert ("AA", []) == desk.send(sent)
        assert [("NW", "add")] == desk.waiting()
        (kept,) = (desk.folder / "accepted").iterdir()
        assert 5 == len(list(kept.iterdir()))
        os.replace(kept, desk.folder.parent / f"{call}-{at}")
        desk.again()
    else:
        raise AssertionError("more calls than were tried")


def test_every_file_and_folder_is_flushed_before_the_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Message, answer, record, page and regimen; their folder; and the folder of its name."""
    flushed: list[str] = []
    real = os.fsync

    def watched(handle: int) -> None:
        flushed.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        real(handle)

    monkeypatch.setattr(os, "fsync", watched)
    assert ("AA", []) == desk.send(message("1", *order()))
    (kept,) = (desk.folder / "accepted").iterdir()
    assert {*(one.name for one in kept.iterdir()), kept.name, "accepted"} == set(flushed)


def test_a_full_disk_is_answered_ar_and_keeps_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender is told to send again later, and then it is taken."""

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert ("AR", ["cannot-store"]) == desk.send(message("1", *order()))
    assert [] == list((desk.folder / "accepted").iterdir()) + desk.waiting()
    assert ("AA", []) == desk.send(message("1", *order()))


def test_one_process_at_a_time(desk: Desk) -> None:
    """Two would not know of each other's orders."""
    with pytest.raises(PlanRefused, match="inbox-in-use"):
        hl7_inbox.Inbox(desk.folder)


def test_what_was_declined_is_no_longer_known(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """A declined order may come again as a new one; a declined stop leaves the order alive."""
    desk.send(message("1", *order()))
    desk.send(message("2", *order("DC")))
    keys = {one.control_id: one.key for one in hl7_inbox.records_of(desk.folder)}
    inbox = str(desk.folder)
    assert 0 == main(["hl7", "settle", inbox, keys["2"], "declined", "--by", "clara"])
    assert ("AA", []) == desk.send(message("3", *order("XO")))
    assert 1 == main(["hl7", "settle", inbox, keys["2"], "done", "--by", "eva"])
    assert "refused: settled" in capsys.readouterr().err
    assert 1 == main(["hl7", "settle", inbox, "0" * 32, "done", "--by", "eva"])
    for number in ("1", "3"):
        key = next(r.key for r in hl7_inbox.records_of(desk.folder) if r.control_id == number)
        main(["hl7", "settle", inbox, key, "declined", "--by", "clara"])
    assert ("AA", []) == desk.send(message("4", *order()))
    capsys.readouterr()
    assert 0 == main(["hl7", "inbox", inbox])
    assert ["waits"] == [line.split()[1] for line in capsys.readouterr().out.splitlines()]


def test_a_dry_run_keeps_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What would be answered and proposed; with an inbox it is looked at."""
    (tmp_path / "p.yaml").write_text(PATIENTS)
    (tmp_path / "f.yaml").write_text(FORMULARY)
    (tmp_path / "m.hl7").write_bytes(message("1", *order()))
    site = ["--patients", str(tmp_path / "p.yaml"), "--formulary", str(tmp_path / "f.yaml")]
    site += ["--zone", ZONE, "--now", "2026-11-24T07:00:00+01:00"]
    assert 0 == main(["hl7", "read", str(tmp_path / "m.hl7"), *site])
    shown = capsys.readouterr().out
    assert "MSA|AA|1|" in shown and "ingredients:\n  - amlodipine" in shown
    (tmp_path / "m.hl7").write_bytes(message("1", *order("DC")))
    assert 1 == main(["hl7", "read", str(tmp_path / "m.hl7"), *site])
    assert "refused: unknown-order at ORC[1]-2" in capsys.readouterr().err
    desk = Desk(tmp_path)
    desk.send(message("1", *order()))
    inbox = ["--inbox", str(desk.folder)]
    assert 0 == main(["hl7", "read", str(tmp_path / "m.hl7"), *site, *inbox])
    assert [("NW", "add")] == desk.waiting()


WRONG = {
    "unknown-key": "- {hl7: 1^^^H, patient: p, device: d, name: Anna}",
    "wrong-value": "- {hl7: 1^^^H, patient: p, device: d, lives: ward}",
    "duplicate-id": "- {hl7: 1^^^H, patient: p, device: d}\n- {hl7: 1^^^H, patient: q, device: d}",
    "unknown-zone": "- {hl7: 1^^^H, patient: p, device: d, zone: Mars}",
}


@pytest.mark.parametrize("code", WRONG)
def test_a_table_that_is_not_sound_is_refused(tmp_path: Path, code: str) -> None:
    """Closed keys, one row for a number, a known zone."""
    (tmp_path / "p.yaml").write_text(f"patients:\n{WRONG[code]}\n")
    with pytest.raises(PlanRefused) as caught:
        patients_of(tmp_path / "p.yaml", ZONE)
    assert code == caught.value.code
