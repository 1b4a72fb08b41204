"""The folder of what came in by HL7 and waits for a pharmacist: durable before it is answered.

Responsible for: one folder for each message, whole or not there; the same message twice gives the
same answer and no second proposal; which orders are known. Not responsible for what a message says
(receive.py). Nothing in this folder is active: a person makes a plan of it and two people sign.

    accepted/KEY/  message.hl7 answer.hl7 record.json proposal.txt and files to work with
    refused/KEY/   message.hl7 answer.hl7, and stops.json where a stop was asked for
    settled/KEY    by whom it was done or declined; a refused message is moved to seen/KEY
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from schedules.canonical import read_json
from schedules.model import PlanRefused

MAX_ACCEPTED = 50_000
MAX_REFUSED = 1_000
PENDING, IN_PLAN, ENDED = "pending", "in-plan", "ended"


@dataclass(frozen=True)
class Change:
    """What one order of an accepted message asks for."""

    control: str  # of ORC-1, or A01 ... of a movement
    patient: str  # pseudonym
    names: tuple[str, ...]  # numbers of the order
    regimen: str  # "" for a movement
    does: str  # add, replace, withdraw, stop, hold, resume, wait, go-on, note
    sentence: str
    ingredients: tuple[str, ...] = ()  # of what is added or replaced


@dataclass(frozen=True)
class Record:
    """One accepted message."""

    key: str
    number: int  # in the order of their coming
    control_id: str
    body: str  # hash of what it says, apart from when it was sent
    received_at: int
    changes: tuple[Change, ...]
    acts: tuple[int, ...] = ()  # numbers of the acts proposed with it


class InboxFailed(Exception):
    """It cannot be kept, so it is not accepted; nothing was half written."""


class Shelf:
    """What was accepted, for whoever only looks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._records = {one.key: one for one in records_of(folder)}
        self._settled: tuple[object, dict[str, str]] = (None, {})
        self._stops: tuple[object, set[tuple[str, str]]] = (None, set())

    def live(self, patient: str) -> list[Change]:
        """What is asked for this patient and was not declined, oldest first."""
        now = _state(self._folder / "settled")
        if now != self._settled[0]:
            self._settled = (now, settled(self._folder))
        said = self._settled[1]
        return [
            change
            for record in sorted(self._records.values(), key=lambda one: one.number)
            if said.get(record.key, "") != "declined"
            for change in record.changes
            if change.patient == patient
        ]

    def stopped(self, patient: str) -> set[str]:
        """Orders of this patient whose stop was refused: one may have come before its order."""
        now = _state(self._folder / "refused")
        if now != self._stops[0]:
            self._stops = (now, _stops(self._folder))
        return {name for who, name in self._stops[1] if who == patient}

    def last_act(self) -> int:
        """The highest number of an act that was proposed."""
        return max((n for one in self._records.values() for n in one.acts), default=0)


class Inbox(Shelf):
    """The folder, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        for name in ("accepted", "refused", "settled", "seen", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            sentence = "another process has this inbox open: one at a time"
            raise PlanRefused("inbox-in-use", str(folder), sentence) from None
        for left in (folder / "tmp").iterdir():
            shutil.rmtree(left, ignore_errors=True)
        super().__init__(folder)

    def close(self) -> None:
        """Another process may open it."""
        os.close(self._lock)

    def known(self, key: str) -> Record | None:
        """The accepted message of this key."""
        return self._records.get(key)

    def answer_to(self, key: str) -> bytes:
        """The answer that was given to an accepted message."""
        return (self._folder / "accepted" / key / "answer.hl7").read_bytes()

    def next_number(self) -> int:
        """The number of the next accepted message."""
        return max((one.number for one in self._records.values()), default=0) + 1

    def accept(
        self, record: Record, message: bytes, answer: bytes, files: Mapping[str, str]
    ) -> None:
        """Keep it for good; InboxFailed where that cannot be done."""
        if len(self._records) >= MAX_ACCEPTED:
            raise InboxFailed("the inbox is full")
        told = json.dumps(asdict(record), indent=1)
        content = {"message.hl7": message, "answer.hl7": answer, "record.json": told.encode()}
        content |= {name: text.encode() for name, text in files.items()}
        left = self._folder / "accepted" / record.key
        if left.exists():  # kept, but its name could not be flushed: it was never answered
            shutil.rmtree(left, ignore_errors=True)
        self._keep("accepted", record.key, content)
        self._records[record.key] = record

    def refuse(
        self, key: str, message: bytes, answer: bytes, stops: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Keep what was refused, so that a person sees it; the newest of its key.

        `stops`: (patient, number of an order) of every stop it asked for.
        """
        place = self._folder / "refused" / key
        if not place.exists():
            if len(os.listdir(place.parent)) >= MAX_REFUSED:
                raise InboxFailed("the folder of refused messages is full")
        elif place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        content = {"message.hl7": message, "answer.hl7": answer}
        if stops:
            content["stops.json"] = json.dumps(sorted(stops)).encode()
        self._keep("refused", key, content)
        self._stops = (None, set())  # a clock of files may be too coarse to show it

    def _keep(self, kind: str, key: str, content: Mapping[str, bytes]) -> None:
        """All of it or nothing: written aside, flushed, renamed, and the rename flushed."""
        aside = self._folder / "tmp" / key
        try:
            aside.mkdir(mode=0o700)
            for name, data in content.items():
                with open(os.open(aside / name, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            _flush_folder(aside)
            os.rename(aside, self._folder / kind / key)
            _flush_folder(self._folder / kind)
        except OSError as fault:
            shutil.rmtree(aside, ignore_errors=True)
            raise InboxFailed(f"it cannot be kept: {fault.strerror}") from None


def records_of(folder: Path) -> list[Record]:
    """Every accepted message, oldest first; PlanRefused where one cannot be read."""
    found = []
    for place in (folder / "accepted").iterdir():
        try:
            found.append(_record(read_json((place / "record.json").read_bytes())))
        except (OSError, KeyError, TypeError, AttributeError, PlanRefused):
            sentence = "this folder is damaged: look at its message.hl7, then move it away"
            raise PlanRefused("inbox-damaged", str(place), sentence) from None
    return sorted(found, key=lambda one: one.number)


def _record(value: Any) -> Record:
    changes = tuple(Change(**_tuples(one)) for one in value["changes"])
    return Record(**_tuples(value) | {"changes": changes})


def _tuples(value: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(one) if isinstance(one, list) else one for key, one in value.items()}


def settle(folder: Path, key: str, outcome: str, by: str) -> None:
    """A person says what became of a proposal; PlanRefused where nobody can."""
    known = re.fullmatch(r"[0-9a-f]{32}", key)
    if known and (folder / "refused" / key).is_dir():
        _see(folder, key)
    elif not known or not (folder / "accepted" / key).is_dir():
        raise PlanRefused("unknown-proposal", key, "no message here has this key")
    try:
        handle = os.open(folder / "settled" / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise PlanRefused("settled", key, "somebody has settled this already") from None
    with open(handle, "w") as file:
        json.dump({"outcome": outcome, "by": by}, file)
        file.flush()
        os.fsync(file.fileno())
    _flush_folder(folder / "settled")


def _see(folder: Path, key: str) -> None:
    """A person has seen a refused message; an older one of its key goes."""
    shutil.rmtree(folder / "seen" / key, ignore_errors=True)
    (folder / "settled" / key).unlink(missing_ok=True)
    os.rename(folder / "refused" / key, folder / "seen" / key)
    _flush_folder(folder / "seen")


def settled(folder: Path) -> dict[str, str]:
    """key -> done or declined; a half-written word counts as none."""
    found = {}
    for place in (folder / "settled").iterdir():
        try:
            found[place.name] = str(json.loads(place.read_bytes())["outcome"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _state(folder: Path) -> tuple[int, int]:
    """What changes when a name comes into a folder, or goes."""
    return folder.stat().st_mtime_ns, len(os.listdir(folder))


def _stops(folder: Path) -> set[tuple[str, str]]:
    found = set()
    for place in (folder / "refused").glob("*/stops.json"):
        with suppress(OSError, ValueError, TypeError):
            found |= {(str(who), str(name)) for who, name in json.loads(place.read_bytes())}
    return found


def key_of(fields: Sequence[str], data: bytes) -> str:
    """The name of a message: its sender and control id; without one, all it says."""
    parts = [fields[3], fields[4], fields[10]] if fields[10] else [body_of(fields, data)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def body_of(fields: Sequence[str], data: bytes) -> str:
    """Hash of all that a message says, apart from when it was sent (MSH-7)."""
    sent = fields[7].encode("latin-1")
    mark = fields[1].encode("latin-1")
    head, end, rest = data.strip(b"\r\n ").partition(b"\r")
    if sent and mark:
        parts = head.split(mark)
        if len(parts) > 6 and parts[6] == sent:
            parts[6] = b""
        head = mark.join(parts)
    return hashlib.sha256(head + end + rest).hexdigest()


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
