"""`make mutants`: every mutant must be found, each in its own process.

Responsible for: running explorer or test over a mutant, the shortest trace, and failing where
one survives. Not responsible for what is broken (mutants.py, named.py).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from tests.model.named import MUTANTS

LIMIT_S: Final = 900  # host seconds for one mutant
_BARE: Final = ("-p", "no:cacheprovider", "-q", "--no-header", "-x")


@dataclass(frozen=True)
class Verdict:
    """How one mutant fared."""

    name: str
    killed: bool
    text: str


def explore(name: str) -> int:
    """In the mutant's own process: 0 where the explorer finds it."""
    from tests.model import mutate

    mutate.install(name)
    from tests.model.explore import Explorer
    from tests.model.inputs import Config

    bounds = dict(MUTANTS[name].bounds or {})
    result = Explorer(Config(name, **bounds)).run(stop=True)  # type: ignore[arg-type]
    for what, trace in list(result.broken.items())[:1]:
        print(f"{len(trace)} steps, {result.states} states, {result.seconds:.1f} s: {what}")
        for step in trace:
            print(f"    {step}")
    if not result.broken:
        print(f"survives {result.states} states, complete {result.complete}")
    return 0 if result.broken else 1


def kill(name: str) -> Verdict:
    """Run one mutant in a fresh process."""
    mutant = MUTANTS[name]
    env = {**os.environ}
    if mutant.bounds is not None:
        command = [sys.executable, "-m", "tests.model.kill", "--explore", name]
    else:
        env["MUTANT"] = name
        command = [sys.executable, "-m", "pytest", "-p", "tests.model.mutate", *_BARE, mutant.test]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=LIMIT_S)
    if mutant.bounds is not None:
        # 1 is "survives"; anything else is a patch that did not fit
        text = done.stdout.strip() or done.stderr.strip()[-400:]
        return Verdict(name, done.returncode == 0, text)
    killed = done.returncode == 1 and "FAILED" in done.stdout
    return Verdict(name, killed, mutant.test if killed else done.stdout[-400:] + done.stderr[-400:])


def main() -> int:
    """All mutants, or those with a word in their name; 1 where one survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.kill", description=__doc__)
    parser.add_argument("--explore", default="", help="be this mutant")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    if args.explore:
        return explore(args.explore)
    os.nice(5)
    chosen = [name for name in MUTANTS if args.only in name]
    alive = by_model = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for verdict in pool.map(kill, chosen):
            by_model += verdict.killed and MUTANTS[verdict.name].bounds is not None
            alive += not verdict.killed
            word = "killed" if verdict.killed else "SURVIVES"
            print(
                f"{word} {verdict.name}: {MUTANTS[verdict.name].says}\n  {verdict.text}", flush=True
            )
    print(f"{len(chosen)} mutants: {by_model} killed by the explorer, "
          f"{len(chosen) - by_model - alive} by a named test, {alive} survive")  # fmt: skip
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
