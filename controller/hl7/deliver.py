"""What is to be sent waits as files, is sent in order, and is moved when it was taken.

Responsible for: that nothing is lost and nothing sent under another number: a message is written
once, the same bytes are sent until an answer names its number. Not responsible for what it says
(messages.py) or for frames (schedules/hl7v2/mllp.py). A receiver that drops an answer gets the
message again with the same MSH-10, by which it knows it.

    outgoing/ waits   sent/ was taken (AA)   parked/ was refused (AE), with the answer beside it
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from controller.hl7.messages import Outgoing
from schedules.hl7v2.message import MessageRefused, header_of, read_message
from schedules.hl7v2.mllp import Sender, Unanswered

ATTEMPTS = 5
FOLDERS = ("outgoing", "sent", "parked")


class OutboxRefused(Exception):
    """The folder is not this journal's, or somebody else has it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


@dataclass
class Tally:
    """What one run did."""

    sent: int = 0
    parked: int = 0
    waiting: int = 0
    why: str = ""  # of what waits


class Spool:
    """The folder, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise OutboxRefused("in-use", "another process sends from this folder") from None

    def close(self) -> None:
        """Another process may have it."""
        os.close(self._lock)

    def after(self, hashes: Callable[[int], str | None]) -> int:
        """The last event that was written here; OutboxRefused for another journal's."""
        try:
            told = json.loads((self._folder / "cursor.json").read_bytes())
            number, digest = int(told["event"]), str(told["hash"])
        except FileNotFoundError:
            return 0
        except (ValueError, KeyError, TypeError):
            raise OutboxRefused("damaged", "cursor.json cannot be read: look at it") from None
        if hashes(number) != digest:
            sentence = "what was sent from here is not in this journal: another, or an older copy"
            raise OutboxRefused("other-journal", sentence)
        return number

    def add(self, found: Sequence[Outgoing], hashes: Callable[[int], str | None]) -> None:
        """Write what is new, then how far the journal was read; a power cut only repeats."""
        for one in found:
            if not any((self._folder / name / one.name).exists() for name in FOLDERS):
                _write(self._folder / "outgoing" / one.name, one.data)
        flush(self._folder / "outgoing")
        if found:  # every event that is told is behind a barrier: no power cut takes it back
            newest = found[-1].event
            told = json.dumps({"event": newest, "hash": hashes(newest)})
            _write(self._folder / "cursor.json", told.encode())
            flush(self._folder)

    def send(self, connect: Callable[[], Sender], attempts: int) -> Tally:
        """Send what waits, in order; it stops where an answer does not come."""
        line: list[Sender] = []
        try:
            return self._send(connect, attempts, line)
        finally:
            for one in line:
                one.close()

    def _send(self, connect: Callable[[], Sender], attempts: int, line: list[Sender]) -> Tally:
        tally = Tally()
        waiting = sorted((self._folder / "outgoing").glob("*.hl7"))
        for done, file in enumerate(waiting):
            data = file.read_bytes()
            for _ in range(attempts):
                try:
                    if not line:
                        line.append(connect())
                    code, why, answer = _verdict(data, line[0].send(data))
                    break
                except Unanswered as fault:
                    tally.why = str(fault)
                    while line:
                        line.pop().close()
            else:
                tally.waiting = len(waiting) - done
                return tally
            if code == "AR":
                tally.waiting, tally.why = len(waiting) - done, why
                return tally
            place = "sent" if code == "AA" else "parked"
            if place == "parked":
                _write(self._folder / place / f"{file.name}.answer", answer)
            os.rename(file, self._folder / place / file.name)
            flush(self._folder / place)
            tally.sent += place == "sent"
            tally.parked += place == "parked"
        tally.why = ""
        return tally


def _verdict(data: bytes, answer: bytes) -> tuple[str, str, bytes]:
    """(AA, AE or AR, in words, the answer); Unanswered where it answers something else."""
    try:
        msa = read_message(answer).one("MSA")
        code, control, why = msa.text(1), msa.text(2), msa.text(3)
    except MessageRefused:
        raise Unanswered("the answer cannot be read") from None
    if control != header_of(data)[10]:
        raise Unanswered("the answer is to another message")
    code = {"CA": "AA", "CE": "AE", "CR": "AR"}.get(code, code)
    if code not in ("AA", "AE", "AR"):
        raise Unanswered("the answer says neither yes nor no")
    return code, why or code, answer


def _write(path: Path, data: bytes) -> None:
    """The whole file or none, readable by its owner only."""
    half = path.with_name(f".{path.name}.half")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def flush(folder: Path) -> None:
    """The names in a folder are durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        with suppress(OSError):
            os.close(handle)
