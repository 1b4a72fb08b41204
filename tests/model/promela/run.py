"""Check dose.pml with Spin: safety, an outcome at the end of every run, and its mutants.

Responsible for: compiling each variant, running it, one line of figures for each, and saying so
where Spin is not installed. Not for the model (dose.pml). `make spin`, also part of `make model`;
LARGE=1 adds the larger bounds. A mutant is searched breadth first: its depth is the shortest.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MODEL = Path(__file__).with_name("dose.pml")
LIMIT_S = 3600
DEPTH = 100_000
HASH_BITS = 24
SAFETY = ("-DSAFETY", "-DNOCLAIM")
LIVENESS = ("-DNOREDUCE",)
BREADTH_FIRST = (*SAFETY, "-DBFS")
OUTCOMES = {"taken": 1, "missed": 2, "held": 3, "uncertain": 4}

# name: what the protocol lacks then
MUTANTS = {
    "NO_FENCE": "RESOLVE only asks; a late START still counts",
    "NO_EPOCH": "START counts in any boot, PREPARED outlives a reset",
    "PREPARED_SURVIVES": "a reset keeps PREPARED and the press",
    "START_NOT_DURABLE": "the board turns before START is in its memory",
    "COMMIT_NOT_JOURNALED": "START is said before COMMIT is in the journal",
    "ASSUME_NOT": "what is in doubt counts as not released",
    "ODOMETER_ONLY": "one witness instead of three",
    "NUMBER_NOT_KEPT": "a DONE order's number may be used again",
    "CLOSED_BY_TIME": "the end of the window closes a committed order, too",
    "NO_DEADLINE": "the board does not look at its clock",
}


@dataclass(frozen=True)
class Check:
    """One run of Spin; `fails` says whether an error is what must be found."""

    name: str
    flags: tuple[str, ...]
    compiled: tuple[str, ...] = SAFETY
    options: tuple[str, ...] = ()
    fails: bool = False


@dataclass(frozen=True)
class Found:
    """What Spin says."""

    states: int
    depth: int
    errors: int
    seconds: float
    violated: str


def checks(large: bool) -> list[Check]:
    """The protocol, what it can reach, its mutants."""
    found = [
        Check("safety, 1 crash, 1 reset", ()),
        Check("safety, no reduction", (), (*SAFETY, "-DNOREDUCE")),
        Check("every run ends in an outcome", (), LIVENESS, ("-a", "-N", "ends")),
        Check("safety, 2 crashes", ("-DCRASHES=2",)),
        Check("safety, 2 resets", ("-DRESETS=2", "-DPRESSES=3")),
    ]
    if large:
        both = ("-DCRASHES=2", "-DRESETS=2", "-DPRESSES=3")
        found.append(Check("safety, 2 crashes, 2 resets", both, (*SAFETY, "-DCOLLAPSE")))
    for word, number in OUTCOMES.items():
        found.append(Check(f"can end as {word}", (f"-DREACH={number}",), fails=True))
    for name in MUTANTS:
        found.append(Check(f"mutant {name}", (f"-D{name}",), BREADTH_FIRST, fails=True))
    return found


def search(check: Check) -> Found:
    """Translate, compile and run one variant; raises CalledProcessError where a tool fails."""
    with tempfile.TemporaryDirectory(prefix="spin-") as folder:
        shutil.copy(MODEL, folder)
        _do(folder, ["spin", *check.flags, "-a", MODEL.name])
        _do(folder, ["gcc", "-O2", "-w", *check.compiled, "-o", "pan", "pan.c"])
        began = time.monotonic()
        told = _do(folder, ["./pan", f"-m{DEPTH}", f"-w{HASH_BITS}", *check.options])
        return read(told, time.monotonic() - began)


def _do(folder: str, command: list[str]) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    run = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT_S
    )
    if run.returncode and command[0] != "./pan":
        raise subprocess.CalledProcessError(run.returncode, command, run.stdout, run.stderr)
    return run.stdout


def read(told: str, seconds: float) -> Found:
    """The figures in the words of `pan`; a search that was cut short counts as an error."""
    shape = re.search(r"depth reached (\d+), errors: (\d+)", told)
    stored = re.search(r"([\d.e+]+) states, stored", told)
    if shape is None or stored is None:
        return Found(0, 0, 1, seconds, "no result: " + told.strip()[-200:])
    why = re.search(r"pan:1: (.*)", told)
    violated = why.group(1) if why else ""
    errors = int(shape.group(2))
    if "max search depth too small" in told or "out of memory" in told:
        errors, violated = errors + 1, "the search was not completed"
    return Found(int(float(stored.group(1))), int(shape.group(1)), errors, seconds, violated)


def line(check: Check, found: Found) -> str:
    """One row of the report."""
    good = bool(found.errors) == check.fails and not found.violated.startswith("no result")
    mark = "ok " if good else "BAD"
    figures = f"{found.states:>10} states  depth {found.depth:>4}  {found.seconds:6.1f} s"
    return f"{mark} {check.name:32} {figures}  {found.violated}".rstrip()


def main() -> int:
    """All checks, one line each; 1 where one did not come out as it must."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="two crashes and two resets at once")
    chosen = parser.parse_args()
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing:
        print(f"spin: skipped, {' and '.join(missing)} not installed (apt install spin gcc)")
        return 0
    bad = 0
    for check in checks(chosen.large):
        told = line(check, search(check))
        bad += told.startswith("BAD")
        print(told, flush=True)
    killed = "all killed" if not bad else f"{bad} rows are not as they must be"
    print(f"spin: {len(MUTANTS)} mutants, {killed}")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
