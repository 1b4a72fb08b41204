"""The lives that logs lead before the power goes: short, long, and one written by the real core.

Responsible for the workloads of the sweep. Not responsible for damage or judgement.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.canonical import Json
from controller.journal import Journal
from controller.report.outbox import Outbox
from hal.sim.house import Go
from tests.controller.home import Home
from tests.crash.disk import Disk, Image
from tests.crash.journals import DATABASE, Bench, Known, Life, Story, rows_of

LifeOf = Callable[[Bench, Disk, Story], None]


def short(bench: Bench, disk: Disk, story: Story) -> None:
    """Created, written, closed with its checkpoint, opened, written, closed; reports between."""
    for visit in range(2):
        journal = bench.open(disk)
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


def long(bench: Bench, disk: Disk, story: Story) -> None:
    """Over the thousand pages at which SQLite folds the write-ahead file in, and on from there."""
    journal = bench.open(disk)
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
        pages = len(disk.found()[f"{DATABASE}-wal"]) // 4120
    image = disk.found()
    bench.kill(journal)
    return image, story.branch(len(story.rows), story.marks[-1])


class ToldHome(Home):
    """A home whose hub hears at once what may be told, and says so; everything is marked."""

    def __init__(self, bench: Bench, disk: Disk, story: Story, start: str) -> None:
        self.bench, self.story, self.told = bench, story, 0
        self.disk = disk
        disk.mark = self.mark
        self.controller = None
        super().__init__(bench.path.parent, start)

    def open_journal(self) -> Journal:
        """On the modelled disk."""
        return self.bench.open(self.disk)

    def start_controller(self) -> None:
        """The outbox lives and dies with its process."""
        super().start_controller()
        assert self.controller is not None
        self.outbox = Outbox(self.controller.journal)

    def _controller(self, go: Go) -> tuple[int | None, bytes]:
        wake = super()._controller(go)
        assert self.controller is not None
        for entry in self.outbox.next_batch():
            self.told = max(self.told, entry.number)
        if self.told > self.controller.journal.acked and self.told % 3 == 0:
            self.mark()
            found = self.controller.journal.read(self.told - 1, 1)
            last = self.story.marks[-1]
            self.story.mark(last._replace(acked=self.told))
            self.outbox.on_ack(self.controller.journal.log_epoch, self.told, found[0].hash.hex())
        return wake

    def mark(self) -> int:
        """What is known at this moment, and where a batch has ended."""
        last = self.story.marks[-1]
        if self.controller is not None:
            journal = self.controller.journal
            self.story.ends.add(journal.head[0])
            durable = max(last.durable, journal.durable)
            self.story.mark(Known(durable, max(last.hub, self.told), last.acked))
        return len(self.story.marks) - 1


def dose(bench: Bench, disk: Disk, story: Story) -> None:
    """The real core: plan, loading, a dose from call to empty cup, a restart, a dose missed."""
    home = ToldHome(bench, disk, story, "2026-11-23T05:00:00+00:00")
    home.install()
    home.run_to("2026-11-23T07:05:00+00:00")
    home.take()
    home.run(60)
    home.kill_controller()
    home.start_controller()
    home.run_to("2026-11-23T20:30:00+00:00")
    assert home.controller is not None
    home.mark()
    story.rows[:] = rows_of(home.controller.journal)
    bench.kill(home.controller.journal)
