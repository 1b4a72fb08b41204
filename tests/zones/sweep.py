"""`make zones`: every night on which a clock changes, in every zone, at every quarter-hour.

Responsible for: asking the production schedules for the doses around each change and holding
them against what the wall clock did; progress, counts, and the command. Not responsible for
the wall clocks (skies.py) or the regimens (courses.py).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

from schedules.doses import doses
from schedules.limits import planned_gap_s
from schedules.localtime import instant, tzdata_version, zone_of
from schedules.model import Dose, Plan
from tests.zones.courses import PATIENT, Course, courses, once_a_day, plan
from tests.zones.skies import DAY_S, Change, Sky, days_around, skies, wall, zone_names

FROM_YEAR, TO_YEAR = 2024, 2037
DAYS = 2  # looked at on either side of the date of a change
REACH = 1  # and asked for beyond that: an offset may carry a dose off its date
NEAR_S = 6 * 3600  # on either side of a change: asked for once more, in two questions
KEPT = 20  # violations that are told word by word

Expand = Callable[[Plan, int, int], list[Dose]]
Kinds = Callable[[date], list[Course]]


@dataclass
class Tally:
    """What was looked at, and what was wrong."""

    zones: int = 0
    rules: int = 0  # different sets of changes among them
    transitions: int = 0  # zone by zone
    computed: int = 0  # transitions whose doses were computed; the others do the same
    doses: int = 0
    kinds: Counter[str] = field(default_factory=Counter)  # wall times: once, twice, never
    shortest_s: dict[int, int] = field(default_factory=dict)  # per doses a day
    wrong: int = 0
    words: list[str] = field(default_factory=list)

    def blame(self, sky: Sky, what: str) -> None:
        """One violation."""
        self.wrong += 1
        if len(self.words) < KEPT:
            self.words.append(f"{sky.names[0]}: {what}")


def identity(regimen: str, key: list[str | int], kind: str) -> str:
    """A dose_id as DESIGN says it, computed here once more."""
    text = json.dumps([PATIENT, regimen, kind, key], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def around(
    tally: Tally,
    sky: Sky,
    days: list[date],
    asked: list[Course],
    cut_s: int,
    expand: Expand = doses,
    zone: str = "",
) -> None:
    """Hold all doses of these plan days against the wall clock; `cut_s`: where a query may end."""
    first, last = days[0], days[-1]
    from_s = wall(first - timedelta(days=REACH), 0)
    to_s = wall(last + timedelta(days=REACH + 1), 0)
    whole = plan(zone or sky.names[0], asked, from_s, to_s)
    found = expand(whole, from_s, to_s)
    if expand is doses:  # one that falls between two questions, or into both
        later = replace(whole, version=2, previous_hash="00" * 32)
        pair = doses(whole, cut_s - NEAR_S, cut_s) + doses(later, cut_s, cut_s + NEAR_S)
        if pair != [d for d in found if -NEAR_S <= d.due_at - cut_s < NEAR_S]:
            tally.blame(sky, f"a new version at {cut_s} repeats, loses or moves a dose")
    if len({d.dose_id for d in found}) != len(found):
        tally.blame(sky, f"one id stands for two doses near {first}")
    if any(a.due_at > b.due_at for a, b in pairwise(found)):
        tally.blame(sky, f"not in order near {first}")
    of: dict[str, list[Dose]] = {}
    for dose in found:
        of.setdefault(dose.regimen_id, []).append(dose)
    for course in asked:
        rows = of.get(course.regimen.id, [])
        tally.doses += len(rows)
        if course.minutes:
            _civil(tally, sky, course, [d for d in rows if first <= d.on_date <= last], days)
        else:
            _elapsed(tally, sky, course, rows)


def _civil(tally: Tally, sky: Sky, course: Course, rows: list[Dose], days: list[date]) -> None:
    """One dose per date and time of day, at the first instant the clock shows it, or the gap on."""
    name = course.regimen.id
    want: list[tuple[str, int]] = []
    for day in days:
        for minute in course.minutes:
            tally.kinds[sky.kind(day, minute)] += 1
            slot = f"{minute // 60:02d}{minute % 60:02d}"
            want.append((identity(name, [day.isoformat(), slot], "day"), sky.instant(day, minute)))
    if sorted(want) != sorted((d.dose_id, d.due_at) for d in rows):
        missing = set(want) - {(d.dose_id, d.due_at) for d in rows}
        tally.blame(sky, f"{name}: {len(missing)} of {len(want)} doses not as the clock says")
        return
    apart = [b.due_at - a.due_at for a, b in pairwise(rows)]
    shortest = min(apart)
    per_day = len(course.minutes)
    tally.shortest_s[per_day] = min(shortest, tally.shortest_s.get(per_day, shortest))
    if shortest <= 0:
        tally.blame(sky, f"{name}: due_at does not rise")
    step_s = max((abs(c.gap_s) for c in sky.changes), default=0)
    if shortest < DAY_S // per_day - step_s:
        tally.blame(sky, f"{name}: only {shortest} s apart")
    if planned_gap_s(course.regimen, rows) > shortest:
        tally.blame(sky, f"{name}: nearer than the minimum gap")


def _elapsed(tally: Tally, sky: Sky, course: Course, rows: list[Dose]) -> None:
    """An interval is elapsed time: no clock changes it, and its ids count from the anchor."""
    name, every_s = course.regimen.id, course.every_s
    start = course.regimen.start
    assert start.minute is not None
    anchor = sky.instant(start.on_date, start.minute)
    want = [(identity(name, [anchor, k], "step"), anchor + k * every_s) for k in range(len(rows))]
    if not rows or want != [(d.dose_id, d.due_at) for d in rows]:
        tally.blame(sky, f"{name}: not every {every_s} s")


def sweep(
    from_year: int = FROM_YEAR,
    to_year: int = TO_YEAR,
    *,
    names: Iterable[str] = (),
    kinds: Kinds = courses,
    each_name: bool = False,
    expand: Expand = doses,
    tell: Callable[[str], None] = lambda _: None,
) -> Tally:
    """All changes of these years; `each_name`: also those that only repeat another zone's."""
    tally = Tally()
    asked = list(names) or zone_names()
    tell(f"looking for changes in {len(asked)} zones")
    found = skies(asked, from_year, to_year)
    tally.zones, tally.rules = len(asked), len(found)
    done = 0
    for sky in found:
        for change in sky.changes:
            done += 1
            tally.transitions += len(sky.names)
            tally.computed += 1
            days = days_around(sky, change.on_date, DAYS)
            around(tally, sky, days, kinds(change.on_date), change.at_s, expand)
            if done % 50 == 0:
                tell(f"{done} changes, {tally.doses} doses, {tally.wrong} violations")
        if not sky.changes:  # nothing happens here: one plain stretch
            still = Change(_noon(from_year), sky.first_s, sky.first_s)
            around(
                tally,
                sky,
                days_around(sky, still.on_date, DAYS),
                kinds(still.on_date),
                still.at_s,
                expand,
            )
    if each_name:
        _each_name(tally, found, expand, tell)
    return tally


def _each_name(tally: Tally, found: list[Sky], expand: Expand, tell: Callable[[str], None]) -> None:
    """Zones that do the same as another, by their own name: one dose a day, every quarter."""
    asked = once_a_day(date(FROM_YEAR, 1, 1))
    for number, sky in enumerate(found):
        for name in sky.names[1:]:
            for change in sky.changes:
                tally.computed += 1
                days = days_around(sky, change.on_date, DAYS)
                around(tally, sky, days, asked, change.at_s, expand, zone=name)
        tell(f"by name: {number + 1} of {len(found)}, {tally.doses} doses")


def _noon(year: int) -> int:
    return wall(date(year, 6, 15), 720)


def naive(whole: Plan, from_s: int, to_s: int) -> list[Dose]:
    """What must fail: wall time plus the offset at the start of the query, for ever."""
    zone = zone_of(whole.zone)
    assert zone is not None
    base = date(1970, 1, 1) + timedelta(days=from_s // DAY_S)
    shift_s = wall(base, 0) - instant(zone, base, 0)
    wrong = []
    for dose in doses(whole, from_s, to_s):
        if dose.kind == "day":
            slot = str(dose.key[1])
            due = wall(dose.on_date, int(slot[:2]) * 60 + int(slot[2:])) - shift_s
            dose = replace(dose, due_at=due)
        wrong.append(dose)
    return sorted(wrong, key=lambda d: (d.due_at, d.regimen_id))


def report(tally: Tally, seconds: float) -> str:
    """The figures, for people."""
    closest = ", ".join(f"{n} a day {s // 60} min" for n, s in sorted(tally.shortest_s.items()))
    kinds = ", ".join(f"{word} {tally.kinds[word]}" for word in ("once", "twice", "never"))
    return "\n".join(
        [
            *tally.words,
            f"time-zone data   {tzdata_version()}",
            f"zones            {tally.zones}, doing {tally.rules} different things",
            f"transitions      {tally.transitions}, computed {tally.computed}, the others by alias",
            f"wall times       {kinds}",
            f"nearest          {closest}",
            f"doses checked    {tally.doses}",
            f"violations       {tally.wrong}",
            f"CPU seconds      {seconds:.1f}",
        ]
    )


def main() -> int:
    """Run it all; 1 where anything was wrong, or where the naive expansion was not caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from-year", type=int, default=FROM_YEAR)
    parser.add_argument("--to-year", type=int, default=TO_YEAR)
    parser.add_argument("--aliases", action="store_true", help="every zone by its own name, too")
    given = parser.parse_args()
    began = time.process_time()

    def tell(line: str) -> None:
        print(f"\r{line:70}", end="", file=sys.stderr, flush=True)

    tally = sweep(given.from_year, given.to_year, each_name=given.aliases, tell=tell)
    print(file=sys.stderr)
    print(report(tally, time.process_time() - began))
    seen = sweep(given.from_year, given.from_year, kinds=once_a_day, expand=naive)
    print(f"naive expansion  {seen.wrong} violations in {given.from_year} alone (must not be 0)")
    return int(tally.wrong > 0 or seen.wrong == 0)


if __name__ == "__main__":
    sys.exit(main())
