"""`python -m tests.crash`: the long sweep on all processors, with progress, until RUNS are done.

Responsible for: sharing the work out, adding it up, printing it, and replaying one case.
Not responsible for what a case is (sweep.py).
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.pool
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.crash.boards import BoardWork
from tests.crash.sweep import ERRORS, LIES, POWER, Sweep, Tally
from tests.crash.works import PARTS, AnyWork, works

EVERY_S: Final = 10.0
SHOWN: Final = 20

Job = tuple[str, int, str, int, int]  # writer, turn, mode, place, parts

_here: dict[str, AnyWork] = {}
_seed = 0


def main(argv: list[str]) -> int:
    """Exit code 1 where anything was lost or a lie was told."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=0, help="end then, done or not")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="names of writers, by comma")
    parser.add_argument("--case", default="", help="one case again, as a failure names it")
    options = parser.parse_args(argv)
    if options.case:
        return _replay(options.seed, options.case)
    names = tuple(name for name in PARTS if not options.only or name in options.only.split(","))
    begun = time.monotonic()
    tally = Tally()
    shown = begun
    with (
        tempfile.TemporaryDirectory(prefix="crash-", dir=_memory()) as folder,
        multiprocessing.Pool(options.workers, _begin, (options.seed, names, folder)) as pool,
    ):
        for part in _done(pool, _jobs(names), options.workers):
            tally.add(part)
            for line in part.wrong:
                print(line, file=sys.stderr, flush=True)
            if time.monotonic() - shown >= EVERY_S or tally.count >= options.runs:
                shown = time.monotonic()
                _progress(tally, options.runs, shown - begun)
            late = options.seconds and time.monotonic() - begun >= options.seconds
            if tally.count >= options.runs or len(tally.wrong) >= SHOWN or late:
                break
        pool.terminate()
    _print(tally, time.monotonic() - begun, options.seed, options.workers)
    return 1 if tally.wrong else 0


def _done(pool: multiprocessing.pool.Pool, jobs: Iterator[Job], workers: int) -> Iterator[Tally]:
    """What comes of the jobs, in order, with a few under way: there is no end of jobs."""
    waiting = [pool.apply_async(_work, (next(jobs),)) for _ in range(4 * workers)]
    while True:
        waiting.append(pool.apply_async(_work, (next(jobs),)))
        yield waiting.pop(0).get()


def _jobs(names: tuple[str, ...]) -> Iterator[Job]:
    """Every case of every writer, over and over with other luck."""
    turn = 0
    while True:
        most = max(PARTS[name] for name in names)
        for step in range(most):
            for name in names:
                parts = PARTS[name]
                place = step * parts // most
                if place != (step - 1) * parts // most:  # all writers at an even pace
                    for mode in (POWER,) if "@" in name else (POWER, LIES, ERRORS):
                        yield name, turn, mode, place, parts
        turn += 1


def _begin(seed: int, names: tuple[str, ...], within: str) -> None:
    global _seed
    _seed = seed
    folder = Path(tempfile.mkdtemp(dir=within))
    _here.update({work.name: work for work in works(folder, names)})


def _memory() -> str | None:
    """A folder in memory where there is one: nothing but locks lies in it."""
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


def _work(job: Job) -> Tally:
    name, turn, mode, place, parts = job
    work = _here.get(name)
    if work is None:  # a runtime that is not here
        return Tally()
    if isinstance(work, BoardWork):
        return work.part(_seed, turn, place, parts)
    sweep = Sweep(_seed)
    sweep.part(work, turn, mode, place, parts)
    return sweep.tally


def _replay(seed: int, case: str) -> int:
    name, *numbers = case.split("/")
    sweep = Sweep(seed)
    with tempfile.TemporaryDirectory(prefix="crash-", dir=_memory()) as folder:
        _begin(seed, (name,), folder)
        work = _here[name]
        if isinstance(work, BoardWork):
            turn, place, parts = (int(number) for number in numbers)
            sweep.tally = work.part(seed, turn, place, parts)
        else:
            sweep.replay(work, case)
    print("\n".join(sweep.tally.wrong) or f"CASE={case} SEED={seed}: as it should be")
    return 1 if sweep.tally.wrong else 0


def _progress(tally: Tally, wanted: int, seconds: float) -> None:
    print(
        f"{tally.count:>9,} of {wanted:,} runs, {tally.count / seconds:,.0f}/s,"
        f" {len(tally.wrong)} wrong",
        file=sys.stderr,
        flush=True,
    )


def _print(tally: Tally, seconds: float, seed: int, workers: int) -> None:
    """One line for each writer, mode and damage, and what it adds up to."""
    for (name, mode, damage), count in sorted(tally.runs.items()):
        print(f"{name:<12} {mode:<8} {damage:<22} {count:>9,}")
    by_kind = Counter(
        "lost" if "'lost:" in line else "lie" if "'lie:" in line else "other"
        for line in tally.wrong
    )
    for word, count in sorted(tally.faults.items()):
        print(f"refused or noticed: {word:<38} {count:>9,}")
    print(
        f"{tally.count:,} runs, {tally.facts:,} acknowledged facts looked for,"
        f" {by_kind['lost']} lost, {by_kind['lie']} lies, {by_kind['other']} other failures,"
        f" {tally.count / seconds:,.0f} runs/s on {workers} processes, {seconds:,.0f} s,"
        f" SEED={seed}"
    )
    for line in tally.wrong[:SHOWN]:
        print(line)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
