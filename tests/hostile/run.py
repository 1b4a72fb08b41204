"""The hostile controller at length: `make hostile STREAMS=1000000`, or one seed again, told.

Responsible for: seeds to streams, both cores, progress, the closing figures. Not for the streams
(words.py) or their judge (oracle.py). A failing seed is printed; SEED=n plays it alone.
"""

import argparse
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.hostile.oracle import Violated
from tests.hostile.pictures import pictures
from tests.hostile.stage import Picture
from tests.hostile.words import FULL_EVERY, Stream

BATCH = 250
PROGRESS_S = 20
SHOWN = 20  # failing seeds that are printed
RULE_OF_THREE = 3.0  # no failure in n: with 95 % confidence fewer than 3/n

Tally = Counter[str]
_PICTURES: list[Picture] = []


def play(seed: int, found: list[Picture], story: list[str] | None = None) -> tuple[Tally, str]:
    """One stream: what happened in it, and what was violated ("" for nothing)."""
    stream = Stream(seed, found)
    stream.story = story
    failure = ""
    try:
        stream.play()
    except (Violated, AssertionError) as error:
        failure = f"seed {seed} ({stream.picture.name}): {error!r}"
    tally = Counter(
        streams=1,
        words=len(stream.said),
        exposures=stream.oracle.exposures,
        full_cable=int(stream.stage.full_cable),
        turns=stream.stage.house.turns,
        resets=len(stream.stage.world.resets),
    )
    tally["streams with a release"] += stream.oracle.exposures > 0
    return tally, failure


def batch(seeds: range) -> tuple[Tally, list[str]]:
    """Many streams in this process."""
    if not _PICTURES:
        _PICTURES.extend(pictures())
    total: Tally = Counter()
    failures = []
    for seed in seeds:
        tally, failure = play(seed, _PICTURES)
        total.update(tally)
        if failure:
            failures.append(failure)
    return total, failures


def batches(first: int, count: int) -> Iterator[range]:
    """Seeds `first`.. in portions."""
    for start in range(first, first + count, BATCH):
        yield range(start, min(start + BATCH, first + count))


def run(first: int, count: int, jobs: int) -> tuple[Tally, list[str]]:
    """All seeds on `jobs` processes, with progress on standard error."""
    total: Tally = Counter()
    failures: list[str] = []
    began = told = time.monotonic()
    quiet = (signal.SIGINT, signal.SIG_IGN)
    with multiprocessing.Pool(jobs, signal.signal, quiet) as pool:
        done: Iterable[tuple[Tally, list[str]]] = pool.imap_unordered(batch, batches(first, count))
        for tally, failed in until_interrupted(done):
            total.update(tally)
            failures += failed
            for failure in failed:
                print(failure, flush=True)
            if time.monotonic() - told >= PROGRESS_S:
                told = time.monotonic()
                rate = total["streams"] / (told - began)
                print(
                    f"  {total['streams']} of {count} streams, {rate:.0f}/s, "
                    f"{total['exposures']} releases, {len(failures)} violations",
                    file=sys.stderr, flush=True,
                )  # fmt: skip
    return total, failures


def until_interrupted(
    done: Iterable[tuple[Tally, list[str]]],
) -> Iterator[tuple[Tally, list[str]]]:
    """What is done until somebody presses Ctrl-C."""
    try:
        yield from done
    except KeyboardInterrupt:
        print("  stopped", file=sys.stderr)


def report(total: Tally, failures: list[str], first: int) -> None:
    """The closing figures."""
    count = total["streams"]
    print(f"streams            {count} (seeds from {first})")
    print(f"  over full cable  {total['full_cable']} (one in {FULL_EVERY})")
    print(f"words said         {total['words']}")
    print(f"turns of the board {total['turns']}")
    print(f"releases           {total['exposures']}, in {total['streams with a release']} streams")
    print(f"resets             {total['resets']}")
    print(f"violations         {len(failures)}")
    if not failures and count:
        print(f"  with 95 % confidence fewer than {RULE_OF_THREE / count:.1e} per stream")
    for failure in failures[:SHOWN]:
        print(f"  again with: make hostile SEED={failure.split()[1]}")


def tell(seed: int) -> int:
    """One stream with everything that was said and what the world saw."""
    story: list[str] = []
    _, failure = play(seed, pictures(), story)
    print("\n".join(story))
    print(failure or f"seed {seed}: nothing was violated")
    return int(bool(failure))


def main() -> int:
    """Arguments to figures; 1 where anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__)  # Ctrl-C: the figures so far
    parser.add_argument("--streams", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    if chosen.seed is not None:
        return tell(chosen.seed)
    total, failures = run(chosen.first, chosen.streams, chosen.jobs)
    report(total, failures, chosen.first)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
