"""The lives that logs lead before the power goes: short, long, and one written by the real core.

Responsible for the workloads of the sweep. Not responsible for damage or judgement.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.canonical import Json
from tests.crash.disk import Disk, Image
from tests.crash.journals import Bench, Life, Story
from tests.crash.vfs import Trouble

LifeOf = Callable[[Bench, Disk, Story, Trouble | None], None]


def short(bench: Bench, disk: Disk, story: Story, trouble: Trouble | None = None) -> None:
    """Created, written, closed with its checkpoint, opened, written, closed; reports between."""
    for visit in range(2):
        journal = bench.open(disk, trouble if visit == 0 else bench.files.trouble)
        try:
            life = Life(journal, story, hub=story.marks[-1].hub)
            for step in range(6):
                body: dict[str, Json] = {"text": "x" * (900 * step), "step": step}
                entry = (1000 * step + visit, "DoseClosed", body)
                life.append([entry] * (1 + step % 2), barrier=step % 2 == 0)
                if step == 3:
                    journal.sync()
                    life.known()
                if step in (2, 4):
                    life.report()
                    life.acknowledge()
        finally:
            bench.leave(journal)


def long(bench: Bench, disk: Disk, story: Story, trouble: Trouble | None = None) -> None:
    """Over the thousand pages at which SQLite folds the write-ahead file in, and on from there."""
    journal = bench.open(disk, trouble)
    try:
        life = Life(journal, story)
        for step in range(7):
            body: dict[str, Json] = {"text": "y" * 3000, "step": step}
            life.append([(step, "DoseClosed", body)], barrier=step % 3 != 2)
            life.report()
    finally:
        bench.kill(journal)


def nearly_full(bench: Bench) -> tuple[Image, Story]:
    """A log just before that fold: what `long` starts from."""
    story = Story()
    disk = bench.disk({}, story)
    journal = bench.open(disk)
    life = Life(journal, story)
    pages = 0
    while pages < 985:
        body: dict[str, Json] = {"text": "z" * 100_000}
        life.append([(pages, "DoseClosed", body)], barrier=True)
        pages = len(disk.found()["j-wal"]) // 4120
    image = disk.found()
    bench.kill(journal)
    return image, story.branch(len(story.rows), story.marks[-1])
