"""`make clocks`: every clock trouble in every phase of a dose, healed soon and late.

Responsible for: the list of cases, a slice of it that still meets every trouble and every
phase, progress and figures. Not responsible for a case (life.py, judge.py).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path

from tests.clocks.judge import broken
from tests.clocks.life import HEALS, PHASES, Case, Life
from tests.clocks.troubles import troubles
from tests.years.lean import once

KEPT = 40  # violations that are told word by word
RAM = Path("/dev/shm")


def cases() -> list[Case]:
    """All of them."""
    return [Case(*one) for one in product(troubles(), PHASES, HEALS)]


def slice_of(each: int) -> Iterator[Case]:
    """So many cases of each trouble; the next trouble goes on where this one ended."""
    ways = list(product(PHASES, HEALS))
    for number, trouble in enumerate(troubles()):
        for one in range(each):
            yield Case(trouble, *ways[(7 * number + 5 * one) % len(ways)])


def live(case: Case) -> tuple[list[str], Life | None]:
    """One case; a crash of anything is a broken rule, too."""
    with tempfile.TemporaryDirectory(dir=RAM if RAM.is_dir() else None) as folder:
        try:
            life = Life(Path(folder), case)
            life.run()
            return broken(life), life
        except Exception:
            return [traceback.format_exc(limit=-3)], None


def sweep(
    chosen: Iterable[Case], tell: Callable[[str], None] = lambda _: None
) -> tuple[Counter[str], list[str]]:
    """Live through the cases; counts, and a line for each broken rule."""
    count: Counter[str] = Counter()
    wrong: list[str] = []
    for case in chosen:
        found, life = live(case)
        count["cases"] += 1
        count[f"phase {case.phase}"] += 1
        count[f"kind {case.trouble.kind}"] += 1
        count["violations"] += len(found)
        wrong += [f"{case.name}: {sentence}" for sentence in found]
        if life is not None:
            for regimen, outcome, how in life.home.outcomes():
                count[f"{regimen} {outcome}" + ("" if outcome == "taken" else f" ({how})")] += 1
            count["visits to set a clock"] += life.visits
            assert life.home.controller is not None
            life.home.kill_controller()
        tell(f"{count['cases']} cases, {count['violations']} violations: {case.name}")
    return count, wrong


def main() -> int:
    """Run them; 1 where a rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=0, help="only so many cases of each trouble")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    given = parser.parse_args()
    chosen = list(slice_of(given.each)) if given.each else cases()
    chosen = [case for case in chosen if given.only in case.name]
    once()
    began = time.process_time()

    def tell(line: str) -> None:
        print(f"\r{line[:100]:100}", end="", file=sys.stderr, flush=True)

    count, wrong = sweep(chosen, tell)
    print(file=sys.stderr)
    for line in wrong[:KEPT]:
        print(line)
    for word in sorted(count):
        print(f"{count[word]:7} {word}")
    print(f"{time.process_time() - began:7.0f} CPU seconds")
    return int(bool(wrong) or not chosen)


if __name__ == "__main__":
    sys.exit(main())
