"""Messages as a hospital would send them, and a receiver with an inbox: for the tests beside it."""

from pathlib import Path

from schedules.hl7v2.inbox import Inbox
from schedules.hl7v2.message import Message, read_message
from schedules.hl7v2.receive import Receiver, Site
from schedules.hl7v2.site import formulary_of, patients_of

NOW_S = 1795500000  # 2026-11-24 06:00 UTC
ZONE = "Europe/Berlin"
PATIENTS = """\
patients:
- {hl7: "12345^^^HOSP", patient: pt-home, device: dev-1}
- {hl7: ["777^^^HOSP", "9^^^OTHER"], patient: pt-ward, device: dev-2, lives: ward, location: W1}
"""
FORMULARY = """\
"308136^RXNORM": {ingredients: [amlodipine], piece_mg: "200", form: tablet, strength: 5 mg}
"723^RXNORM": {ingredients: [amoxicillin], piece_mg: "600", form: capsule, strength: 500 mg}
"1000^RXNORM": {piece_mg: "700"}
"245^RXNORM": {ingredients: [salbutamol], kept: elsewhere, strength: 100 mcg}
"""
RXE = "RXE||308136^Amlodipine 5 mg tablet^RXNORM|1||TAB^Tablet^HL70292|TAB^Tablet^HL70292"
RXR = "RXR|PO^Oral^HL70162"


def message(control: str, *segments: str, kind: str = "RDE^O11^RDE_O11", **header: str) -> bytes:
    """A whole message for the patient at home; `header` sets MSH fields, as h7=..."""
    fields = {
        3: "EPIC",
        4: "HOSP",
        5: "POSOLOGY",
        7: "20261124070000",
        9: kind,
        10: control,
        11: "P",
        12: "2.5.1",
    }
    fields |= {int(key.removeprefix("h")): value for key, value in header.items()}
    msh = "|".join(["MSH", "^~\\&", *(fields.get(n, "") for n in range(3, 19))]).rstrip("|")
    pid = () if any(one.startswith("PID") for one in segments) else ("PID|1||12345^^^HOSP^MR||A^B",)
    return "".join(f"{one}\r" for one in (msh, *pid, *segments)).encode()


def order(
    control: str = "NW", number: str = "4711^EPIC", timing: str = "TQ1|1||BID", rxe: str = RXE
) -> list[str]:
    """The segments of one order."""
    return [f"ORC|{control}|{number}", rxe, timing, RXR]


def site_of(folder: Path, patients: str = PATIENTS) -> Site:
    """Table and formulary as files of a site."""
    (folder / "patients.yaml").write_text(patients)
    (folder / "formulary.yaml").write_text(FORMULARY)
    table = patients_of(folder / "patients.yaml", ZONE)
    return Site(table, formulary_of(folder / "formulary.yaml"))


class Desk:
    """A receiver whose clock stands still, and what it keeps."""

    def __init__(self, folder: Path, patients: str = PATIENTS) -> None:
        self.folder = folder / "inbox"
        self.now_s = NOW_S
        self.site = site_of(folder, patients)
        self.inbox = Inbox(self.folder)
        self.receiver = Receiver(self.site, self.inbox, lambda: self.now_s)

    def send(self, data: bytes) -> tuple[str, list[str]]:
        """(MSA-1, codes of the ERR segments) of the answer."""
        return told(self.receiver.answer(data))

    def again(self) -> None:
        """The process was killed and begins anew."""
        self.inbox.close()
        self.inbox = Inbox(self.folder)
        self.receiver = Receiver(self.site, self.inbox, lambda: self.now_s)

    def waiting(self) -> list[tuple[str, str]]:
        """(what is asked for, what it would do) of all that was accepted."""
        return [(one.control, one.does) for one in self.inbox.live("pt-home")]

    def files(self, name: str) -> list[str]:
        """The texts of all files of that pattern that were accepted, oldest message first."""
        keys = sorted((self.folder / "accepted").iterdir(), key=lambda one: one.stat().st_mtime_ns)
        return [file.read_text() for key in keys for file in sorted(key.glob(name))]


def told(answer: bytes) -> tuple[str, list[str]]:
    """(MSA-1, codes of the ERR segments) of an answer."""
    read: Message = read_message(answer)
    return read.one("MSA").text(1), [one.text(5) for one in read.named("ERR")]
