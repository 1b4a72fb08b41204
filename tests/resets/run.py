"""Real MicroPython under reset at length: `make resets RUNS=20000`, or one run again.

Responsible for: the reference dose that tells how many operations there are, going through the
cuts, progress and figures. Not for the cuts (cuts.py) or the judge (judge.py).
"""

import argparse
import contextlib
import sys
import time
from itertools import chain, islice

from tests.resets.cuts import NONE, OPERATION, Cut, Trouble, alone, mixed, places
from tests.resets.dose import NEVER, Dose, Ending
from tests.resets.judge import Figures, violations
from tests.resets.rig import Workshop

PROGRESS_S = 20


def play(workshop: Workshop, cut: Cut, trouble: Trouble, seed: int) -> tuple[Ending, list[str]]:
    """One run and what was violated in it."""
    dose = Dose(workshop, cut, trouble, seed)
    ending = dose.play()
    return ending, violations(ending, trouble, workshop.lease, dose.table.world.utc0_ms)


def all_places(workshop: Workshop) -> list[Cut]:
    """Every place of a dose that nobody cuts."""
    ending, found = play(workshop, Cut(OPERATION, NEVER), NONE, 1)
    assert not found and ending.motion_ms > 0, found
    return places(ending.operations, ending.writes, ending.motion_ms)


def main() -> int:
    """Arguments to figures; 1 where anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=0, help="0: every place once, without trouble")
    parser.add_argument("--seed", type=int, default=1, help="of the mixture")
    parser.add_argument("--only", type=int, default=0, help="this run of the mixture alone")
    chosen = parser.parse_args()
    figures = Figures()
    failures = []
    began = told = time.monotonic()
    with Workshop() as workshop:
        cuts = all_places(workshop)
        count = chosen.runs or len(cuts)
        print(f"{len(cuts)} places to cut a dose, {count} runs, seed {chosen.seed}")
        runs = enumerate(chain(alone(cuts), mixed(cuts, chosen.seed)), 1)
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C: the figures so far
            for number, (cut, trouble) in islice(runs, count):
                if chosen.only and number != chosen.only:
                    continue
                ending, found = play(workshop, cut, trouble, number)
                figures.add(cut, trouble, ending, found)
                if found or chosen.only:
                    line = (
                        f"run {number}: {cut}, {trouble}: {ending}: {found or 'nothing violated'}"
                    )
                    print(line, flush=True)
                    failures += [number] if found else []
                if time.monotonic() - told >= PROGRESS_S:
                    told = time.monotonic()
                    rate = figures.runs / (told - began)
                    print(f"  {number} of {count}, {rate:.1f}/s, {len(failures)} failed",
                          file=sys.stderr, flush=True)  # fmt: skip
    print("\n".join(figures.lines()))
    print(f"violations {len(failures)}")
    for number in failures[:20]:
        print(f"  again with: make resets RUNS={number} SEED={chosen.seed} ONLY={number}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
