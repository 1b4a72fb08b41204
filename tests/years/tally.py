"""Counts of many lives, added up and printed.

Responsible for: what one life reports, the sum of them, the matrix of fault by protocol
state, the upper bounds. Not responsible for playing (play.py) or judging (rules.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from tests.years.fault import NO_PART, NOT_HERE, Fault
from tests.years.life import STATES
from tests.years.plan import ROUNDS_A_DAY

YEAR_S: Final = 365 * 86400
NO_FAILURE: Final = 3  # 95 % upper bound of a rate after n times nothing: 3 / n


@dataclass
class Tally:
    """One life, or the sum of many."""

    lives: int = 0
    seconds: int = 0  # of a patient's life
    doses: int = 0
    releases: int = 0
    events: int = 0
    ended: int = 0  # lives that ended with a card that was put back
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)  # (fault, state)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)  # (fault, what it did)
    outcomes: Counter[str] = field(default_factory=Counter)
    looked: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, str, str]] = field(default_factory=list)  # (seed, rule, sentence)
    cpu_s: float = 0.0
    leapt: int = 0  # seconds of idle keepalives left out

    def add(self, other: Tally) -> None:
        """One more life."""
        self.lives += other.lives
        self.seconds += other.seconds
        self.doses += other.doses
        self.releases += other.releases
        self.events += other.events
        self.ended += other.ended
        self.hits += other.hits
        self.kinds += other.kinds
        self.outcomes += other.outcomes
        self.looked += other.looked
        self.broken += other.broken
        self.cpu_s += other.cpu_s
        self.leapt += other.leapt

    @property
    def years(self) -> float:
        """Patient-years of four rounds a day."""
        return self.seconds / YEAR_S

    @property
    def faults(self) -> int:
        """All that struck."""
        return sum(self.hits.values())


def report(total: Tally, known: tuple[Fault, ...], wall_s: float) -> str:
    """Everything the target prints at its end."""
    lines = [*_head(total, wall_s), "", *_matrix(total, known), "", *_bounds(total)]
    lines += ["", *_seeds(total)]
    return "\n".join(lines)


def _head(total: Tally, wall_s: float) -> list[str]:
    per_cpu = total.years / total.cpu_s if total.cpu_s else 0.0
    outcomes = ", ".join(f"{name} {count}" for name, count in total.outcomes.most_common())
    return [
        f"patient-years {total.years:.2f} ({ROUNDS_A_DAY} rounds a day) in {total.lives} lives",
        f"doses {total.doses}, fills released {total.releases}, events {total.events}",
        f"outcomes: {outcomes}",
        f"faults {total.faults} of {len({f for f, _ in total.hits})} kinds",
        f"CPU {total.cpu_s:.1f} s, wall {wall_s:.1f} s, {per_cpu:.4f} patient-years per CPU-second",
        f"idle time leapt over: {100 * total.leapt / max(1, total.seconds):.1f} %",
        f"lives that end with an old card: {total.ended}",
    ]


def _matrix(total: Tally, known: tuple[Fault, ...]) -> list[str]:
    lines = [f"{'fault x protocol state':44}" + "".join(f"{s:>10}" for s in STATES)]
    empty = 0
    for fault in known:
        name = f"{fault.ident} {fault.title}"[:43]
        if fault.setting:
            lives = sum(total.hits[fault.ident, s] for s in STATES)
            lines.append(f"{name:44}{lives:10d}  (lives that begin with it)")
            continue
        counts = [total.hits[fault.ident, s] for s in STATES]
        empty += counts.count(0)
        lines.append(f"{name:44}" + "".join(f"{n:10d}" if n else f"{'-':>10}" for n in counts))
    lines.append(f"empty cells: {empty}")
    lines += [f"{ident} not played: {why}" for ident, why in sorted((NO_PART | NOT_HERE).items())]
    return lines


def _bounds(total: Tally) -> list[str]:
    lines = [f"{'rule':44}{'looked at':>12}{'broken':>10}{'95 % upper bound':>20}"]
    broken = Counter(rule for _, rule, _ in total.broken)
    for rule, looked in sorted(total.looked.items()):
        bound = f"{NO_FAILURE / looked:.1e}" if looked and not broken[rule] else "-"
        lines.append(f"{rule:44}{looked:12d}{broken[rule]:10d}{bound:>20}")
    crashed = broken["the play itself"]
    if crashed:
        lines.append(f"{'the play itself':44}{'':12}{crashed:10d}")
    return lines


def _seeds(total: Tally) -> list[str]:
    if not total.broken:
        return ["violations 0"]
    lines = [f"violations {len(total.broken)}"]
    for seed, rule, sentence in total.broken[:40]:
        lines.append(f"  make years SEED={seed} TRACE=1   {rule}: {sentence}"[:240])
    return lines
