"""The board's record store in the sweep: FRAM and flash, on real MicroPython and on CPython.

Responsible for: starting board_core.py on a runtime and reading what it counted. Not
responsible for any cut (board_core.py) or for the bytes written (board_tape.py).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from hal.sim.runtime import ROOT, NoRuntime, micropython, run_environment
from tests.crash import board_tape
from tests.crash.sweep import Tally

CORE: Final = "tests/crash/board_core.py"
MEMORIES: Final = ("fram", "flash")
LIMIT_S: Final = 1800
HEAP: Final = "heapsize=64M"  # of the script; the firmware's own need is measured in tests/parity


class BoardWork:
    """One kind of memory on one runtime."""

    def __init__(self, memory: str, runtime: str, folder: Path) -> None:
        self.name = f"{memory}@{runtime}"
        self._memory = memory
        self._command = [sys.executable]
        if runtime == "micropython":
            self._command = [*micropython(), "-X", HEAP]
        self._tape = folder / "board.tape"
        if not self._tape.exists():
            self._tape.write_text(board_tape.save(board_tape.two_rounds()))

    def part(self, seed: int, turn: int, place: int, parts: int, broken: str = "") -> Tally:
        """Every `parts`-th place of every write, with every damage."""
        told = self.say(seed * 1000 + turn, place, parts, broken)
        tally = Tally()
        for line in told:
            word, _, rest = line.partition(" ")
            count, _, damage = rest.partition(" ")
            if word == "runs":
                mode = "recovery" if damage.startswith("again ") else "power"
                tally.runs[self.name, mode, damage.removeprefix("again ")] += int(count)
            elif word == "facts":
                tally.facts += int(count)
            elif word == "locked" and int(count):
                tally.faults[f"{self._memory} locked"] += int(count)
            elif word == "wrong":
                kind = "lost" if "is lost" in rest else "lie"
                case = f"CASE={self.name}/{turn}/{place}/{parts} SEED={seed}"
                tally.wrong.append(f"{case}: '{kind}: {rest}'")
        return tally

    def say(self, seed: int, place: int, parts: int, broken: str = "") -> list[str]:
        """What the script prints."""
        words = [self._memory, str(self._tape), str(seed), str(place), str(parts), broken]
        done = subprocess.run(
            [*self._command, CORE, *words],
            cwd=ROOT,
            env={**run_environment(), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()


def boards(folder: Path) -> list[BoardWork]:
    """Both memories on MicroPython, where there is one, and on CPython."""
    found = []
    for runtime in ("micropython", "cpython"):
        for memory in MEMORIES:
            try:
                found.append(BoardWork(memory, runtime, folder))
            except NoRuntime as why:
                print(why, file=sys.stderr)
    return found
