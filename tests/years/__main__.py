"""`make years`: many homes for many patient-years, on every core.

Responsible for: which seeds are played, progress, the report. SEED=n plays one life;
with TRACE=1 its story is printed. Not responsible for any life (play.py).

    make years YEARS=100        make years SEED=7 TRACE=1
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Final

from tests.years.fault import faults
from tests.years.play import WILD_DAYS, play
from tests.years.tally import Tally, report

DEFAULT_YEARS: Final = 100.0
LIFE_YEARS: Final = (WILD_DAYS + 1) / 365
SAY_S: Final = 15.0


def lives(first: int, years: float, workers: int) -> Iterator[Tally]:
    """The tallies of as many seeds as it takes."""
    count = max(1, round(years / LIFE_YEARS))
    seeds = range(first, first + count)
    if workers == 1:
        yield from map(play, seeds)
        return
    with multiprocessing.get_context("fork").Pool(
        workers, signal.signal, (signal.SIGINT, signal.SIG_IGN), maxtasksperchild=50
    ) as pool:
        yield from pool.imap_unordered(play, seeds)


def main() -> int:
    """Play, say how far it is, print the report; 1 where a rule was broken."""
    seed = os.environ.get("SEED", "")
    trace = os.environ.get("TRACE", "") == "1"
    if seed:
        total = play(int(seed), trace=trace)
        print(report(total, faults(), total.cpu_s))
        return 1 if total.broken else 0
    years = float(os.environ.get("YEARS", "") or DEFAULT_YEARS)
    first = int(os.environ.get("FIRST", "") or 1)
    workers = int(os.environ.get("CORES", "") or os.cpu_count() or 1)
    total, began, said = Tally(), time.monotonic(), 0.0
    print(f"seeds from {first}, {years:g} patient-years on {workers} cores", flush=True)
    for one in until_interrupted(lives(first, years, workers)):
        total.add(one)
        for at, rule, sentence in one.broken[:3]:
            print(f"  BROKEN seed {at}: {rule}: {sentence}"[:200], flush=True)
        if time.monotonic() >= said + SAY_S:
            said = time.monotonic()
            print(_progress(total, years, said - began), file=sys.stderr, flush=True)
    print(report(total, faults(), time.monotonic() - began))
    return 1 if total.broken else 0


def until_interrupted(done: Iterator[Tally]) -> Iterator[Tally]:
    """What is done until somebody presses Ctrl-C: the report is of that."""
    try:
        yield from done
    except KeyboardInterrupt:
        print("  stopped", file=sys.stderr)


def _progress(total: Tally, years: float, wall_s: float) -> str:
    left_s = wall_s * (years / max(total.years, 0.01) - 1)
    return (
        f"{total.years:9.2f} of {years:g} years, {total.doses} doses, {total.faults} faults,"
        f" {len(total.broken)} broken, {wall_s:.0f} s, about {max(0, left_s):.0f} s left"
    )


if __name__ == "__main__":
    raise SystemExit(main())
