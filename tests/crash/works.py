"""The durable writers of the sweep, each with its recorded life, by name.

Responsible for: putting lives, benches and the sweep together. Not responsible for any of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from controller.chain import JournalFault
from tests.crash import lives
from tests.crash.boards import BoardWork, boards
from tests.crash.disk import DAMAGES, SYNC, Disk, Image
from tests.crash.hubs import HubWork
from tests.crash.journals import Bench, Found, Known, Story
from tests.crash.sweep import cut_in_trouble
from tests.crash.vfs import Trouble

HOMOGENEOUS: Final = 120  # of the pages that a checkpoint copies, every so many is cut


class JournalWork:
    """A journal with one of the lives of lives.py."""

    def __init__(self, name: str, bench: Bench) -> None:
        self.name = name
        self.bench = bench
        image, self.story = lives.nearly_full(bench) if name == "checkpoint" else ({}, Story())
        disk = bench.disk(image, self.story)
        self._live(disk, self.story)
        self.tape = disk.tape
        self._calls = bench.files.calls if name == "short" else 0

    def _live(self, disk: Disk, story: Story) -> None:
        {"short": lives.short, "checkpoint": lives.long, "dose": lives.dose}[self.name](
            self.bench, disk, story
        )

    def cuts(self) -> Iterable[int]:
        """Every operation; of the thousand equal writes of a checkpoint only some."""
        ops = self.tape.ops
        for cut in range(len(ops) + 1):
            near = ops[max(0, cut - 8) : cut + 8]
            if len(ops) < 900 or cut % HOMOGENEOUS == 0 or any(op.what >= SYNC for op in near):
                yield cut

    def reopen(self, image: Image, past: Story, known: Known) -> Found:
        """A power cut has left `image`."""
        return self.bench.reopen(image, past, known)

    def doubt(self, image: Image, past: Story, known: Known) -> str:
        """A power cut on a disk that lied has left `image`."""
        return self.bench.doubt(image, past, known)

    def facts(self, known: Known) -> int:
        """Events confirmed."""
        return known.durable

    def calls(self) -> int:
        """Operations of its life, reads included."""
        return self._calls

    def troubled(self, kind: str, at: int, for_ever: bool, luck: random.Random) -> Iterator[Found]:
        """Its life on a failing disk; then power cuts, a restart, and power cuts after that."""
        story = Story()
        disk = self.bench.disk({}, story)
        trouble = Trouble(kind, at, for_ever)
        self.bench.insert(disk, trouble)
        try:
            self._live(disk, story)
        except JournalFault:
            trouble.met = True
        for damage in luck.sample(DAMAGES, 2):
            yield cut_in_trouble(self.reopen, disk, story, len(disk.tape.ops), damage, kind, luck)
        self.bench.insert(disk, Trouble(kind, 0, True) if for_ever else None)
        since = len(disk.tape.ops)
        later = story.branch(len(story.rows), story.marks[-1])
        later.marks = list(story.marks)
        disk.mark = lambda: len(later.marks) - 1
        yield self.bench.again(disk, later, later.marks[-1], story.rows)
        for damage in luck.sample(DAMAGES, 2):
            upto = luck.randint(since, len(disk.tape.ops))
            yield cut_in_trouble(self.reopen, disk, later, upto, damage, kind, luck)


AnyWork = JournalWork | HubWork | BoardWork

# how many jobs one turn of each writer is cut into: a job takes a second or so
JOURNALS: Final = ("short", "dose", "checkpoint")
HUB: Final = "hub"
PARTS: Final = {
    "hub": 100,
    "short": 88,
    "dose": 313,
    "checkpoint": 40,
    "fram@micropython": 40,
    "flash@micropython": 60,
    "fram@cpython": 20,
    "flash@cpython": 20,
}


def works(
    folder: Path, names: Sequence[str] = tuple(PARTS)
) -> list[JournalWork | HubWork | BoardWork]:
    """The durable writers of these names; a board without its runtime is left out."""
    bench = Bench(folder)
    found: list[JournalWork | HubWork | BoardWork] = [
        JournalWork(name, bench) for name in JOURNALS if name in names
    ]
    if HUB in names:
        found.append(HubWork(bench))
    return found + [board for board in boards(folder) if board.name in names]
