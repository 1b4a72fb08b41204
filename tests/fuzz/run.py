"""`make fuzz-schedules`: damaged inputs at every door, by the million; progress, seeds, replay.

Responsible for: sharing the inputs out, keeping those that were answered with a new word as new
ground to damage, bounds on time and memory, and telling what was found. Not responsible
for the doors (doors.py) or the damage (damage.py).

    python -m tests.fuzz.run --inputs 10000000 --jobs 2 --seed 1
    python -m tests.fuzz.run --only plan --replay build/fuzz/plan-0123abcd
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.damage import damaged
from tests.fuzz.doors import DOORS, Door
from tests.schedules.plans import ROOT

SLOW_S = 3.0  # processor seconds that one input may cost
ROOM = 2 << 30  # bytes of address space of a worker
KEPT = 400  # inputs of one door that are damaged further
BATCH = 200
TOLD = 5
FOUND = ROOT / "build" / "fuzz"


@dataclass
class Tally:
    """What one door was asked and what it said."""

    inputs: int = 0
    words: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    spent_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    def add(self, more: Tally) -> None:
        """The sums of both."""
        self.inputs += more.inputs
        self.words += more.words
        self.slowest_s = max(self.slowest_s, more.slowest_s)
        self.spent_s += more.spent_s
        self.faults += more.faults


def fault_of(door: Door, data: bytes, tally: Tally) -> str:
    """What is wrong with the answer to these bytes, "" where it is one."""
    began = time.process_time()
    try:
        word = door.ask(data)
    except Exception as wrong:
        steps = traceback.extract_tb(wrong.__traceback__)[-1]
        return f"{type(wrong).__name__}: {wrong} at {Path(steps.filename).name}:{steps.lineno}"
    spent = time.process_time() - began
    tally.slowest_s = max(tally.slowest_s, spent)
    tally.words[word] += 1
    return f"{spent:.1f} s for one input" if spent > SLOW_S else ""


def fuzz(name: str, seed: int, inputs: int) -> Tally:
    """So many inputs at one door, the same ones for the same seed."""
    door, tally = DOORS[name], Tally()
    luck = Random(f"{name} {seed}")
    good = list(door.good)
    for one in door.good:
        keep(door, one, fault_of(door, one, tally), tally)
    began = time.process_time()
    for _ in range(inputs):
        known = len(tally.words)
        data = damaged(luck, good)
        tally.inputs += 1
        wrong = fault_of(door, data, tally)
        if wrong:
            keep(door, data, wrong, tally)
            if len(tally.faults) >= TOLD:
                break
        elif len(tally.words) > known and len(good) < KEPT:
            good.append(data)
    tally.spent_s = time.process_time() - began
    return tally


def keep(door: Door, data: bytes, wrong: str, tally: Tally) -> None:
    """A fault with its input as a file, to be replayed."""
    if wrong:
        path = FOUND / f"{door.name}-{hashlib.sha256(data).hexdigest()[:8]}"
        FOUND.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        tally.faults.append(f"{door.name}: {wrong}; --only {door.name} --replay {path}")


def _work(asked: tuple[str, int, int]) -> tuple[str, Tally]:
    name, seed, inputs = asked
    return name, fuzz(name, seed, inputs)


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))


def shares(inputs: int, only: str) -> dict[str, int]:
    """How many inputs come to each door."""
    doors = [door for door in DOORS.values() if not only or door.name == only]
    whole = sum(door.share for door in doors)
    return {door.name: max(1, inputs * door.share // whole) for door in doors}


def run(inputs: int, seed: int, jobs: int, only: str, seconds: float) -> dict[str, Tally]:
    """All doors in turns, in batches; stops early after so many seconds."""
    left = shares(inputs, only)
    whole = sum(left.values())
    found = {name: Tally() for name in left}
    batches: list[tuple[str, int, int]] = []
    number = 0
    while left:
        for name in list(left):
            count = min(left[name], BATCH * DOORS[name].share)
            batches.append((name, seed * 1_000_003 + number, count))
            number += 1
            left[name] -= count
            if not left[name]:
                del left[name]
    began = told = time.monotonic()
    with multiprocessing.Pool(jobs, _bounded) as pool:
        for name, tally in pool.imap_unordered(_work, batches):
            found[name].add(tally)
            now = time.monotonic()
            done = sum(one.inputs for one in found.values())
            if now - told > 10:
                told = now
                faults = sum(len(one.faults) for one in found.values())
                print(f"{done} of {whole} inputs, {faults} faults, {now - began:.0f} s", flush=True)
            if seconds and now - began > seconds:
                pool.terminate()
                break
    return found


def show(found: dict[str, Tally]) -> int:
    """The table; 1 where a fault was found."""
    print(f"{'door':12} {'inputs':>9} {'taken':>8} {'words':>6} {'slowest ms':>11} {'per s':>7}")
    for name, one in found.items():
        taken = sum(one.words[word] for word in ("accepted", "expanded", "proposed", "as-needed"))
        rate = one.inputs / one.spent_s if one.spent_s else 0
        told = f"{one.slowest_s * 1000:11.0f} {rate:7.0f}"
        print(f"{name:12} {one.inputs:9} {taken:8} {len(one.words):6} {told}")
    faults = [fault for one in found.values() for fault in one.faults]
    print(f"{sum(one.inputs for one in found.values())} inputs, {len(faults)} faults")
    print("\n".join(faults))
    return int(bool(faults))


def main() -> int:
    """1 where anything but an answer came of an input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", choices=("", *DOORS))
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long")
    parser.add_argument("--replay", type=Path, help="one input of the door named by --only")
    asked = parser.parse_args()
    if asked.replay:
        print(DOORS[asked.only].ask(asked.replay.read_bytes()))
        return 0
    print(f"seed {asked.seed}", flush=True)
    return show(run(asked.inputs, asked.seed, asked.jobs, asked.only, asked.seconds))


if __name__ == "__main__":
    sys.exit(main())
