"""`make model`: explore every configuration and print what was found.

Responsible for: choosing configurations, processes that keep their tables from one to the next,
and the lines that are read. Not responsible for what is explored (configs.py).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.model.configs import LONG, SLICE
from tests.model.explore import explored


def main() -> int:
    """Explore, print a line per configuration and a total; 1 where anything broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--slice", action="store_true", help="only what every test run explores")
    parser.add_argument("--only", default="", help="configurations with this in their name")
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    chosen = [c for c in (SLICE if args.slice else LONG) if args.only in c.name]
    began, states, transitions, bad, cpu_s = time.monotonic(), 0, 0, 0, 0.0
    os.nice(5)
    with ProcessPoolExecutor(args.jobs) as pool:
        for result in pool.map(explored, chosen):
            print(f"\r{result.line()}", flush=True)
            states += result.states
            transitions += result.transitions
            bad += len(result.broken)
            for what, trace in result.broken.items():
                print(f"  {what}\n    " + "\n    ".join(trace), flush=True)
            cpu_s += result.seconds
    minutes = (time.monotonic() - began) / 60
    print(
        f"{len(chosen)} configurations: {states} distinct states, {transitions} transitions, "
        f"{bad} violations, {cpu_s:.0f} CPU-s, {states / max(cpu_s, 1):.0f} states a CPU-s, "
        f"{minutes:.1f} min"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
