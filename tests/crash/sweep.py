"""The sweep: which cuts, which damage, how deep, and the count of what came of it.

Responsible for: going over every operation of a writer's tape, cutting again in the recovery,
numbering every case so that it can be replayed, and keeping the tally. Not responsible for
any writer (journals.py, hubs.py) or for who runs it (__main__.py).
"""

from __future__ import annotations

import random
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from tests.crash.disk import DAMAGES, LOST, PAGES, SOME, TORN, Disk, Image, Platter, Tape
from tests.crash.vfs import FORGETS, TROUBLES

POWER, LIES, ERRORS = "power", "lies", "errors"
MODES: Final = (POWER, LIES, ERRORS)
LIED_AT_MOST: Final = 60  # operations whose syncs were no syncs
WHOLE: Final = 300  # a recovery of more operations is cut at a FEW of them
FEW: Final = 4
DEEPER: Final = 4  # every so many cuts in a recovery, its own recovery is cut too


class Past(Protocol):
    """A writer's story, as far as the sweep must see it."""

    @property
    def marks(self) -> list[Any]: ...


class Found(Protocol):
    """What came of opening what a cut has left."""

    @property
    def fault(self) -> str: ...
    @property
    def disk(self) -> Disk: ...
    @property
    def story(self) -> Any: ...


FoundT = TypeVar("FoundT", bound=Found)


class Work(Protocol):
    """One durable writer with a recorded life."""

    name: str
    tape: Tape
    story: Any

    def cuts(self) -> Iterable[int]:
        """Where its tape is cut."""
        ...

    def reopen(self, image: Image, past: Any, known: Any) -> Found:
        """Production's recovery, judged; raises Wrong."""
        ...

    def doubt(self, image: Image, past: Any, known: Any) -> str:
        """The same after syncs that were lies: "" or the word for what was noticed."""
        ...

    def facts(self, known: Any) -> int:
        """How many acknowledged facts this is."""
        ...

    def calls(self) -> int:
        """How many operations, reads included, its life takes; 0: no errors are tried."""
        ...

    def troubled(self, kind: str, at: int, for_ever: bool, luck: random.Random) -> Iterator[Found]:
        """Its life with a failing operation, then what is found in each of several ways."""
        ...


@dataclass
class Tally:
    """What was run and what came of it; tallies of several processes add up."""

    runs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    facts: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.runs += other.runs
        self.facts += other.facts
        self.faults += other.faults
        self.wrong += other.wrong

    @property
    def count(self) -> int:
        return sum(self.runs.values())


class Sweep:
    """Goes over cases; every one has a name that `replay` understands."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.tally = Tally()

    def part(
        self, work: Work, turn: int, mode: str, place: int, parts: int, depth: int = 3
    ) -> None:
        """All cases of one mode whose number is `place` modulo `parts`."""
        head = f"{work.name}/{turn}/{mode}"
        if mode == POWER:
            chosen = [cut for i, cut in enumerate(work.cuts()) if i % parts == place]
            self._cut_all(work, work.tape, work.story, head, chosen, depth, turn)
        elif mode == LIES:
            for i, cut in enumerate(work.cuts()):
                if i % parts == place:
                    for damage in (LOST, TORN, SOME, PAGES):
                        self.lie(work, f"{head}/{cut}/{damage}", cut, damage)
        else:
            for at in range(place, work.calls(), parts):
                for kind in TROUBLES:
                    for for_ever in (False, True):
                        self.trouble(work, f"{head}/{at}/{kind}/{int(for_ever)}")

    def _cut_all(
        self, work: Work, tape: Tape, story: Any, head: str, cuts: list[int], depth: int, turn: int
    ) -> None:
        platter = Platter(tape)
        for cut in cuts:
            platter.to(cut)
            for damage in DAMAGES:
                name = f"{head}/{cut}/{damage}"
                found = self.cut(work, platter, tape, story, name, cut, damage)
                if found is not None and depth > 1:
                    self._recovery(work, found, name, depth, turn + cut)

    def _recovery(self, work: Work, found: Found, head: str, depth: int, turn: int) -> None:
        """Every operation of a recovery is cut, with one damage each; the next turn has others."""
        platter = Platter(found.disk.tape)
        cuts: Sequence[int] = range(len(found.disk.tape.ops) + 1)
        if len(cuts) > WHOLE:  # a thousand equal pages are folded in
            cuts = sorted(self.luck(head).sample(cuts, FEW))
        for cut in cuts:
            damage = DAMAGES[(cut + turn) % len(DAMAGES)]
            platter.to(cut)
            name = f"{head}/{cut}/{damage}"
            again = self.cut(work, platter, found.disk.tape, found.story, name, cut, damage)
            if again is not None and depth > 2 and (cut + turn) % DEEPER == 0:
                luck = self.luck(name)
                deeper = luck.randrange(len(again.disk.tape.ops) + 1)
                damage = luck.choice(DAMAGES)
                name = f"{name}/{deeper}/{damage}"
                below = Platter(again.disk.tape).to(deeper)
                self.cut(work, below, again.disk.tape, again.story, name, deeper, damage)

    def cut(
        self,
        work: Work,
        platter: Platter,
        tape: Tape,
        story: Any,
        name: str,
        cut: int,
        damage: str,
    ) -> Found | None:
        """One run: cut, damage, open, judge. None where it went wrong or ended in a fault."""
        known = known_at(tape, story, cut)
        image = platter.after(damage, self.luck(name))
        self._count(work, POWER, damage, known)
        try:
            found = work.reopen(image, story, known)
        except Exception as error:
            self._wrong(name, error)
            return None
        if found.fault:
            self._wrong(name, AssertionError(f"fault {found.fault}"))
            return None
        return found

    def lie(self, work: Work, name: str, cut: int, damage: str) -> None:
        """One run: the last syncs before the cut never happened."""
        luck = self.luck(name)
        blind = min(cut, luck.randrange(1, LIED_AT_MOST))
        image = Platter(work.tape).to(cut - blind).after(damage, luck, lies=blind)
        known = known_at(work.tape, work.story, cut)
        self._count(work, LIES, damage, known)
        try:
            noticed = work.doubt(image, work.story, known)
        except Exception as error:
            self._wrong(name, error)
            return
        if noticed:
            self.tally.faults[f"{LIES} {noticed}"] += 1

    def trouble(self, work: Work, name: str) -> None:
        """Several runs: one operation fails, once or for ever; then restart or power cut."""
        _, _, _, at, kind, for_ever = name.split("/")
        try:
            for found in work.troubled(kind, int(at), for_ever == "1", self.luck(name)):
                word = f"{kind}, {'for ever' if for_ever == '1' else 'once'}"
                self._count(work, ERRORS, word, found.story.marks[-1])
                if found.fault:
                    self.tally.faults[f"{ERRORS} {found.fault}"] += 1
        except Exception as error:
            self._wrong(name, error)

    def replay(self, work: Work, name: str) -> None:
        """One case again, by its name."""
        parts = name.split("/")
        if parts[2] == ERRORS:
            self.trouble(work, name)
        elif parts[2] == LIES:
            self.lie(work, name, int(parts[3]), parts[4])
        else:
            tape, story = work.tape, work.story
            for end in range(5, len(parts) + 1, 2):
                cut, damage = int(parts[end - 2]), parts[end - 1]
                platter = Platter(tape).to(cut)
                found = self.cut(work, platter, tape, story, "/".join(parts[:end]), cut, damage)
                if found is None:
                    return
                tape, story = found.disk.tape, found.story

    def luck(self, name: str) -> random.Random:
        """The chance of this case, and of no other."""
        return random.Random(f"{self.seed} {name}")

    def _count(self, work: Work, mode: str, damage: str, known: Any) -> None:
        self.tally.runs[work.name, mode, damage] += 1
        self.tally.facts += work.facts(known)

    def _wrong(self, name: str, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
        place = f" ({last.filename.rsplit('/', 1)[-1]}:{last.lineno})" if last else ""
        self.tally.wrong.append(f"CASE={name} SEED={self.seed}: {error!r}{place}")


def known_at(tape: Tape, story: Any, cut: int) -> Any:
    """What was safe when operation `cut` began."""
    return story.marks[tape.ops[cut].mark if cut < len(tape.ops) else -1]


def cut_in_trouble(
    reopen: Callable[[Image, Any, Any], FoundT],
    disk: Disk,
    story: Any,
    upto: int,
    damage: str,
    kind: str,
    luck: random.Random,
) -> FoundT:
    """A power cut after a trouble: opened and judged; only a disk that forgets leaves a fault."""
    image = Platter(disk.tape).to(upto).after(damage, luck)
    found = reopen(image, story, known_at(disk.tape, story, upto))
    assert "" == found.fault or kind == FORGETS, found.fault
    return found


def complaints(work: Work, seed: int, places: int = 20) -> list[str]:
    """What the sweep says of a broken writer, as soon as it says something."""
    sweep = Sweep(seed)
    for place in range(places):
        sweep.part(work, 0, POWER, place, places, depth=1)
        if sweep.tally.wrong:
            break
    return sweep.tally.wrong
