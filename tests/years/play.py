"""One life from its seed: dangerous weeks, then everything is mended, then a calm day.

Responsible for: the order of the phases, and a tally of what came of it. Not responsible
for many lives (__main__.py). The same seed plays the same life.
"""

from __future__ import annotations

import random
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Final

from controller import events as ev
from controller.journal import Journal
from tests.controller.home import DAY
from tests.years.fault import Fault, faults
from tests.years.life import Life
from tests.years.rules import HUB_S, Verdicts
from tests.years.tally import Tally

WILD_DAYS: Final = 12
CALM_S: Final = DAY
LAST_SHARE: Final = 0.02  # of the lives end with an old card
MEMORY: Final = Path("/dev/shm")


def swarm_of(seed: int) -> list[Fault]:
    """Each kind on or off by a coin; what ends a life is rare."""
    luck = random.Random(seed)
    return [f for f in faults() if luck.random() < (LAST_SHARE if f.last else 0.5)]


def play(seed: int, days: int = WILD_DAYS, trace: bool = False) -> Tally:
    """The whole life; a failure of the play itself counts as broken, too."""
    tally = Tally(lives=1)
    began = time.process_time()
    home: Life | None = None
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        try:
            home = Life(Path(folder), seed, swarm_of(seed))
            home.world.trace_lines = [] if trace else None
            _phases(home, days, tally, seed)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} {error} ({place.name}:{place.lineno})"
            tally.broken.append((seed, "the play itself", what.replace("\n", " ")[:300]))
            if trace:
                traceback.print_exc()
        finally:
            if home is not None and home.controller is not None:
                home.kill_controller()
    tally.cpu_s = time.process_time() - began
    if trace and home is not None:
        print("\n".join(home.said))
    return tally


def _phases(home: Life, days: int, tally: Tally, seed: int) -> None:
    home.install()
    home.unleash()
    home.live(days * DAY)
    if home.over:
        home.live(DAY)
        home.start_again()
    else:
        home.mend()
    mended_s = home.true_s
    if not home.over:
        home.calm(CALM_S)
    queued = _durable(home)
    home.live(HUB_S)
    _judge(home, mended_s, queued, tally, seed)


def _durable(home: Life) -> int:
    return home.controller.journal.durable if home.controller is not None else 0


def _judge(home: Life, mended_s: int, queued: int, tally: Tally, seed: int) -> None:
    """The log as another process would export it, the world's truth and the hub's store."""
    exported = list(Journal.reader(home.folder / "journal.db").all())
    verdicts = Verdicts(home, mended_s, queued)
    assert len(exported) == len(verdicts.records)
    verdicts.weigh()
    tally.broken += [(seed, rule, sentence) for rule, sentence in verdicts.found]
    tally.looked += Counter(verdicts.looked)
    tally.seconds = home.true_s - home.start_s
    tally.doses = len(verdicts.planned)
    tally.releases = sum(any(p["fell_ms"] is not None for p in f["pieces"]) for f in verdicts.fills)
    tally.events = len(exported)
    tally.ended = int(bool(home.over))
    for _, e in verdicts.events:
        if isinstance(e, ev.DoseClosed):
            tally.outcomes[f"{e.outcome}({e.how})"] += 1
    for ident, what, state in home.hits:
        tally.hits[ident, state] += 1
        tally.kinds[ident, what] += 1
    tally.leapt = home.house.leap_ms // 1000
