"""What a dose costs the disk: barriers per order, counted by strace, beside a naive stack.

Responsible for: running both stacks of _stacks.py on the same disk in the same run, once under
strace for the counts and once without for the time, and for the limit: what this disk takes
for the same number of bare syncs. Not responsible for the stacks. Without strace it says so
and measures time alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench._stacks import MARK  # noqa: E402  (run as a file, so the root comes first)

ROUNDS = 32  # each is one order
PROMISED = 2
BARE = 100
CALL = re.compile(r"(fsync|fdatasync)\(\d+<([^>]*)>|" + re.escape(MARK) + r"([a-z]+)")


def counted(trace: str) -> tuple[list[int], Counter[str]]:
    """Barriers of each round, and all other syncs by what they were for.

    SQLite's checkpoint is three syncs: the write-ahead file, the database, and the head of
    the write-ahead file when it is begun anew.
    """
    calls: list[tuple[str, str]] = []  # what it was about, which file
    rounds, about = 0, "start"
    for found in CALL.finditer(trace):
        if found[3] is None:
            calls.append((f"round {rounds}" if about == "round" else about, Path(found[2]).name))
        else:
            about = found[3]
            rounds += about == "round"
    apart: Counter[str] = Counter()
    checkpoint = {
        near
        for index, (_, name) in enumerate(calls)
        if name == "journal.db"
        for near in (index - 1, index, index + 1)
        if 0 <= near < len(calls) and calls[near][1].startswith("journal.db")
    }
    of_round: Counter[str] = Counter()
    for index, (what, _) in enumerate(calls):
        if index in checkpoint and what != "start":
            apart["checkpoints"] += 1
        elif what.startswith("round "):
            of_round[what] += 1
        else:
            apart[what] += 1
    return [of_round[f"round {n + 1}"] for n in range(rounds)], apart


def run(which: str, folder: Path, body: str, trace: Path | None) -> dict[str, Any]:
    """One stack in a process of its own; its own JSON."""
    folder.mkdir()
    command = [sys.executable, "-m", "bench._stacks", which, str(folder), str(ROUNDS)]
    if trace is not None:
        watch = ["strace", "-f", "-y", "-qq", "-e", "signal=none"]
        command = [*watch, "-e", "trace=fsync,fdatasync,access", "-o", str(trace), *command]
    done = subprocess.run(
        command, cwd=ROOT, check=True, input=body, stdout=subprocess.PIPE, text=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def bare_sync_ms(folder: Path) -> float:
    """Median host milliseconds of one page written and synced by nobody in particular."""
    spent = []
    with open(folder / "bare", "wb", buffering=0) as file:
        for _ in range(BARE):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


def measure(folder: Path, traced: bool) -> dict[str, Any]:
    """Both stacks; counts are 0 where nothing was traced."""
    result: dict[str, Any] = {}
    body = ""
    for which in ("ours", "naive"):
        trace = folder / f"{which}.trace" if traced else None
        told = run(which, folder / which, body, trace)
        if which == "ours":
            body = json.dumps(told["body"])
        timed = run(which, folder / f"{which}-timed", body, None) if traced else told
        each, apart = counted(trace.read_text()) if trace is not None else ([], Counter[str]())
        result[which] = {
            "orders": told["orders"],
            "taken": told["taken"],
            "events": statistics.mean(told["events"]),
            "fewest": min(each, default=0),
            "most": max(each, default=0),
            "mean": statistics.mean(each) if each else 0,
            "ms": statistics.median(timed["seconds"]) * 1000,
            "apart": dict(apart),
        }
    result["bare_ms"] = bare_sync_ms(folder)
    return result


def show(result: dict[str, Any], traced: bool) -> None:
    """The table, then the same as one JSON line."""
    ours, naive, bare = result["ours"], result["naive"], result["bare_ms"]
    if traced:
        print(f"{'':8} {'orders':>7} {'events':>7} {'syncs per order':>24} {'ms per order':>13}")
        for name, row in (("ours", ours), ("naive", naive)):
            spread = f"{row['mean']:.2f} ({row['fewest']} to {row['most']})"
            line = f"{name:8} {row['orders']:7} {row['events']:7.1f} {spread:>24}"
            print(f"{line} {row['ms']:13.1f}")
        print(f"naive / ours: {naive['mean'] / ours['mean']:.1f} times the syncs")
        for name, row in (("ours", ours), ("naive", naive)):
            rest = ", ".join(f"{word} {count}" for word, count in sorted(row["apart"].items()))
            print(f"apart, {name}, in the whole run: {rest or 'none'}")
        cursors = ours["apart"].get("cursor", 0)
        print(f"apart, ours: cursors of acknowledgement {cursors} in {ours['orders']}")
    else:
        print("strace is not installed: no syncs are counted here, only time (apt install strace)")
        print(f"ours {ours['ms']:.1f} ms per order, naive {naive['ms']:.1f} ms")
    print("ms: ours in the journal alone; naive with its job store, which is also its clock")
    print(f"limit: one bare sync of a page takes {bare:.2f} ms here, two {2 * bare:.2f} ms")
    print(json.dumps(result))


def main() -> int:
    """1 where an order took more or fewer barriers than promised, or a dose was not taken."""
    traced = shutil.which("strace") is not None
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:  # not where memory is a disk
        result = measure(Path(folder), traced)
    show(result, traced)
    ours = result["ours"]
    kept = not traced or PROMISED == ours["fewest"] == ours["most"]
    return int(not kept or ours["taken"] != ours["orders"])


if __name__ == "__main__":
    sys.exit(main())
