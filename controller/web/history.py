"""The journal as the page may see it: a short read-only look, never a lock held.

Responsible for: the entries since an instant, or a sentence why there are none.
Not responsible for their words (day.py). Read again only when the log has grown.
"""

from dataclasses import dataclass

from controller.chain import JournalFault
from controller.journal import Journal
from controller.web.pick import Object, plain

ENTRIES_MOST = 400


@dataclass(frozen=True)
class Entry:
    """One journal record: its number, its instant in Unix ms, its kind and fields."""

    number: int
    at_ms: int
    kind: str
    body: Object


@dataclass(frozen=True)
class Look:
    """What one look at the journal gave; `fault` is empty where it could be read."""

    entries: tuple[Entry, ...]
    fault: str = ""


class History:
    """The newest entries of one journal file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: tuple[int, int] = (-1, -1)
        self._look = Look(())

    def since(self, at_ms: int, written: int) -> Look:
        """Entries stamped at or after `at_ms`, oldest first, at most ENTRIES_MOST of them.

        `written`: how many entries the controller says there are; the same number and the
        same minute give the same look again, without touching the file.
        """
        key = (at_ms // 60_000, written)
        if key != self._seen or self._look.fault:
            self._look = self._read(at_ms)
            self._seen = key
        return self._look

    def _read(self, at_ms: int) -> Look:
        try:
            reader = Journal.reader(self._path)
        except JournalFault as fault:
            return Look((), fault.sentence)
        try:
            found = reader.since(at_ms, ENTRIES_MOST)
        except JournalFault as fault:
            return Look((), fault.sentence)
        finally:
            reader.close()
        return Look(tuple(Entry(r.number, r.at_ms, r.kind, plain(r.body)) for r in found))
