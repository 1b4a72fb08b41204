"""RAS^O17 and RDS^O13 out: what is told of each outcome, and that it arrives once."""

from pathlib import Path

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from controller.hl7.__main__ import main
from controller.journal import Journal
from schedules.hl7v2.answer import answer
from schedules.hl7v2.message import Fault, Message, header_of, read_message
from schedules.hl7v2.mllp import Framed
from tests.hl7.hospital import Told, journal_of, listening
from tests.hl7.sender import PATIENTS


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal with every kind of outcome."""
    journal_of(tmp_path / "journal.db")
    return tmp_path / "journal.db"


class Hospital:
    """A receiver that may lose answers, or say no; it keeps what it has taken."""

    def __init__(self, lose: int = 0, refuse: str = "") -> None:
        self.taken: list[str] = []
        self.seen = 0
        self._lose = lose
        self._refuse = refuse

    def answer(self, one: Framed) -> bytes:
        """AA to what is new and to what it knows; each third answer may be lost on its way."""
        self.seen += 1
        fields = header_of(one.data)
        if self._refuse:
            faults = (Fault("no", "", "no", reject=self._refuse == "AR"),)
            return answer(fields, self._refuse, "no", faults, 0)
        if fields[10] not in self.taken:
            self.taken.append(fields[10])
        if self._lose and self.seen % self._lose == 0:
            raise ConnectionResetError("cut")
        return answer(fields, "AA", "", (), 0)


def run(journal: Path, folder: Path, *more: str) -> int:
    """The command on this journal."""
    return main(["--journal", str(journal), "--folder", str(folder), *more])


def written(folder: Path, place: str = "outgoing") -> list[Message]:
    """Messages in a folder, in order."""
    return [read_message(one.read_bytes()) for one in sorted((folder / place).glob("*.hl7"))]


def test_every_outcome_has_its_completion_and_reason(journal: Path, tmp_path: Path) -> None:
    """CP, NA, RE, and nothing where nobody knows; typed words stay at home."""
    assert 0 == run(journal, tmp_path / "out")
    told = [
        (rxa.text(18), rxa.text(20), rxa.text(21), rxa.text(6), rxa.text(9, 1, 1, 1))
        for one in written(tmp_path / "out")
        for rxa in one.named("RXA")
    ]
    assert [
        ("", "CP", "A", "2", "retrieved"),
        ("missed", "NA", "A", "0", "not-taken"),
        ("skipped", "RE", "A", "0", "refused"),
        ("skipped", "NA", "A", "0", "plan"),
        ("held", "NA", "A", "0", "other"),
        ("handed-out", "", "A", "0.5", "other"),
        ("uncertain", "", "A", "0.5", "cup-away"),
        ("missed", "NA", "A", "0", "left-in-cup"),
        ("missed", "NA", "A", "0", "not-presented"),
        ("", "CP", "U", "0.5", "settled-taken"),
        ("missed", "CP", "U", "0.5", "taken-late"),
        ("voided", "", "D", "0.5", "clock-repaired"),
        ("voided", "", "D", "0.5", "clock-repaired"),
    ] == told


def test_a_loading_tells_each_medicine_of_the_compartment(journal: Path, tmp_path: Path) -> None:
    """One order and one RXD for each."""
    run(journal, tmp_path / "out")
    (load,) = [one for one in written(tmp_path / "out") if one.named("RXD")]
    found = [(rxd.text(2), rxd.text(4), rxd.text(5), rxd.text(10)) for rxd in load.named("RXD")]
    assert [("one", "2", "TAB", "pharmacist"), ("two", "0.5", "TAB", "pharmacist")] == found


def test_all_of_it_is_strictly_valid(journal: Path, tmp_path: Path) -> None:
    """Another library finds nothing wrong: structure, cardinality, types, lengths."""
    run(journal, tmp_path / "out")
    files = sorted((tmp_path / "out" / "outgoing").glob("*.hl7"))
    assert 14 == len(files)
    for file in files:
        text = file.read_bytes().decode().rstrip("\r")
        assert parse_message(text, validation_level=VALIDATION_LEVEL.STRICT).validate()


def test_nobody_is_named_and_the_numbers_are_the_receivers(journal: Path, tmp_path: Path) -> None:
    """The pseudonym alone, or the number that a table gives; the order by its placer's number."""
    run(journal, tmp_path / "out")
    own = b"".join(one.read_bytes() for one in (tmp_path / "out" / "outgoing").iterdir())
    assert b"PID|1||pt-7Q2K^^^POSOLOGY^PI||pt-7Q2K\r" in own
    assert [] == [name for name in (b"Anna", b"Mary", b"clara", b"eva") if name in own]
    table = tmp_path / "patients.yaml"
    table.write_text(PATIENTS + "- {hl7: 4^^^H, patient: pt-7Q2K, device: d, orders: {9^E: one}}\n")
    run(journal, tmp_path / "named", "--patients", str(table), "--to", "MAR^HOSP")
    first = written(tmp_path / "named")[1]
    assert ("4", "H") == (first.one("PID").text(3), first.one("PID").text(3, 4))
    assert ("9", "E") == (first.one("ORC").text(2), first.one("ORC").text(2, 2))
    assert ("MAR", "HOSP") == (first.header.text(5), first.header.text(6))


def test_the_same_event_is_always_the_same_bytes(journal: Path, tmp_path: Path) -> None:
    """Whenever it is written; and the second run writes nothing anew."""
    for name in ("a", "b"):
        run(journal, tmp_path / name)

    def content(name: str) -> list[tuple[str, bytes]]:
        return [(one.name, one.read_bytes()) for one in sorted((tmp_path / name).rglob("*.hl7"))]

    before = content("a")
    assert before == content("b")
    run(journal, tmp_path / "a")
    assert before == content("a")


def test_lost_answers_lose_nothing_and_double_nothing(journal: Path, tmp_path: Path) -> None:
    """Each third answer is lost after its message was taken; each is taken once, in order."""
    hospital = Hospital(lose=3)
    with listening(hospital.answer) as port:
        assert 0 == run(journal, tmp_path / "out", "--send", f"127.0.0.1:{port}")
    numbers = [one.header.text(10) for one in written(tmp_path / "out", "sent")]
    assert 14 == len(numbers) == len(set(numbers))
    assert numbers == hospital.taken
    assert hospital.seen > 14, "some were sent again"
    assert [] == written(tmp_path / "out")


def test_new_events_follow_what_was_sent(journal: Path, tmp_path: Path) -> None:
    """A later run sends what has happened since, and nothing twice."""
    hospital = Hospital()
    told = Told(journal)
    with listening(hospital.answer) as port:
        run(journal, tmp_path / "out", "--send", f"127.0.0.1:{port}")
        told.say("TakenLate", dose_id=f"{2:032x}")
        assert 0 == run(journal, tmp_path / "out", "--send", f"127.0.0.1:{port}")
    told.journal.close()
    assert (15, 15) == (hospital.seen, len(hospital.taken))


def test_a_power_cut_before_the_cursor_sends_nothing_twice(journal: Path, tmp_path: Path) -> None:
    """What was sent is known by its file, too."""
    hospital = Hospital()
    with listening(hospital.answer) as port:
        run(journal, tmp_path / "out", "--send", f"127.0.0.1:{port}")
        (tmp_path / "out" / "cursor.json").unlink()
        assert 0 == run(journal, tmp_path / "out", "--send", f"127.0.0.1:{port}")
    assert 14 == hospital.seen


@pytest.mark.parametrize(("code", "place", "seen"), [("AE", "parked", 14), ("AR", "outgoing", 1)])
def test_a_no_is_kept_and_told(
    journal: Path,
    tmp_path: Path,
    code: str,
    place: str,
    seen: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """AE: this message is put aside with the answer; AR: the receiver takes none now, all wait."""
    hospital = Hospital(refuse=code)
    with listening(hospital.answer) as port:
        assert 1 == run(journal, tmp_path / "out", "--send", f"127.0.0.1:{port}")
    assert (14, seen) == (len(written(tmp_path / "out", place)), hospital.seen)
    assert f"{14 if place == 'parked' else 0} refused and parked" in capsys.readouterr().out


def test_nobody_listens_and_all_of_it_waits(journal: Path, tmp_path: Path) -> None:
    """Exit code 1, every message still there."""
    with listening(lambda one: one.data) as port:
        pass
    assert 1 == run(journal, tmp_path / "out", "--send", f"127.0.0.1:{port}")
    assert 14 == len(written(tmp_path / "out"))


@pytest.mark.parametrize("wrong", [b"junk", b"MSH|^~\\&|a|b|c|d|e||ACK|1|P|2.5.1\rMSA|AA|other\r"])
def test_an_answer_to_something_else_is_none(journal: Path, tmp_path: Path, wrong: bytes) -> None:
    """Only the number of the message itself says that it was taken."""
    with listening(lambda _one: wrong) as port:
        assert 1 == run(journal, tmp_path / "out", "--send", f"127.0.0.1:{port}")
    assert [] == written(tmp_path / "out", "sent")


def test_another_journal_is_refused(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was sent from a folder must be in the journal: else an older copy repeats numbers."""
    run(journal, tmp_path / "out")
    Journal.open(tmp_path / "other.db").close()
    assert 1 == run(tmp_path / "other.db", tmp_path / "out")
    assert "refused: other-journal" in capsys.readouterr().err
