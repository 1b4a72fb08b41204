"""`python -m controller.home kills`: a demonstration in which processes die at random instants.

Responsible for: kill -9 of controller, firmware and broker from a thread of its own, at real
instants that nobody can foresee, and what must hold after each. Not responsible for bringing
them back (stage.py does) or for the week and its judgement (demo.py, judge.py).

The seed fixes what is aimed at and when (simulated); where exactly in a turn the signal
strikes is left to the machine, so no two runs are alike, and all must hold.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from controller.chain import JournalFault
from controller.events import Json
from controller.home.demo import Wanted, home_folder, play, wanted_of
from controller.home.places import HomeRefused
from controller.home.stage import Stage
from controller.home.switches import whole
from controller.home.week import broker_back, no_broker
from controller.journal import Journal
from fleet.brokers import BrokerMissing
from hal.sim.runtime import NoRuntime
from hal.wire import codes
from schedules.model import PlanRefused

KILLS: Final = 20  # of each kind
KILLS_MOST: Final = 200
VICTIMS: Final = ("controller", "firmware", "broker")
AIMS: Final = (
    "any time", "the lamp calls", "the tray turns", "an event is written", "pills in the cup",
)  # fmt: skip
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
FIRST_MS: Final = 1_000  # simulated: the loading is in reach, too
QUIET_MS: Final = 8 * HOUR_MS  # before the end, so that the last one is survived as well
AIM_MS: Final = 6 * HOUR_MS  # simulated; longer nobody waits for the right moment
LATE_MS: Final = 600_000  # the same for a kill that has come too late already
AWAY_MS: Final = 90_000  # simulated; the longest that a controller stays dead
JITTER_S: Final = 0.03  # host time from the right moment to the signal
REST_MS: Final = 20_000  # simulated; the longest from one kill to the next in its round
DOWN_S: Final = 0.5  # host time, the longest that a broker stays dead
LOOK_S: Final = 0.0005
PAUSE_S: Final = 0.01

Moment: TypeAlias = Callable[[], bool]


@dataclass(frozen=True)
class Kill:
    """One shot: what, when (house time) and at which moment."""

    victim: str
    at_ms: int
    aim: str


@dataclass
class Toll:
    """What was struck and what was wrong right after it."""

    struck: list[tuple[Kill, int]] = field(default_factory=list)  # and the instant, Unix ms
    broken: list[str] = field(default_factory=list)


def main(argv: Sequence[str]) -> int:
    """0: all held after every kill. 1: something broke. 2: it could not be played."""
    try:
        kills = whole(os.environ, "KILLS", KILLS, 1, KILLS_MOST)
        wanted = wanted_of(os.environ)
        if wanted.casting.broker == "none":
            raise HomeRefused("BROKER=none: there must be one to kill")
        with_broker = [b for b in wanted.script if b.act not in (no_broker, broker_back)]
        wanted = replace(wanted, script=tuple(with_broker))
        with home_folder(os.environ) as folder:
            line = _played(kills, wanted, folder)
    except (BrokerMissing, HomeRefused, NoRuntime, PlanRefused) as why:
        print(f"kills: {why}", file=sys.stderr)
        return 2
    print(json.dumps(line, sort_keys=True), flush=True)
    return 0 if line["ok"] else 1


def _played(kills: int, wanted: Wanted, folder: Path) -> dict[str, Any]:
    killer: list[Killer] = []

    def trouble(stage: Stage) -> Killer:
        killer.append(Killer(stage, plan(wanted.casting.seed, kills, wanted.days)))
        return killer[0]

    line = play(wanted, folder, trouble)
    toll = killer[0].toll
    slowest = after(toll, folder / "journal.sqlite")
    for sentence in toll.broken:
        print(f"kills: BROKEN: {sentence}")
    counts = {v: sum(kill.victim == v for kill, _ in toll.struck) for v in VICTIMS}
    line["kills"] = counts
    line["slowest_verdict_s"] = slowest
    line["ok"] = line["ok"] and not toll.broken and set(counts.values()) == {kills}
    return line


def plan(seed: int, kills: int, days: int) -> list[Kill]:
    """Who is struck when, and at which moment of a round; the same for the same seed.

    Several strike within one round, in the order in which its moments come.
    """
    luck = random.Random(seed)
    victims = [victim for victim in VICTIMS for _ in range(kills)]
    luck.shuffle(victims)
    end_ms = days * DAY_MS - 6 * HOUR_MS - QUIET_MS  # the first day begins at six
    volleys = -(-len(victims) // len(AIMS))
    starts = sorted(luck.randrange(FIRST_MS, end_ms) for _ in range(volleys))
    return [
        Kill(victim, starts[number // len(AIMS)], AIMS[number % len(AIMS)])
        for number, victim in enumerate(victims)
    ]


class Killer:
    """Around the week: a thread that strikes while time runs."""

    def __init__(self, stage: Stage, kills: Sequence[Kill]) -> None:
        self.toll = Toll()
        self._stage = stage
        self._kills = kills
        self._luck = random.Random()  # where in a turn it strikes is nobody's choice
        self._over = False
        self._thread = threading.Thread(target=self._strike_all, name="killer")

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *why: object) -> None:
        self._over = True
        self._thread.join()

    def _strike_all(self) -> None:
        for kill in self._kills:
            if not self._await(self._reached(kill.at_ms), PAUSE_S):
                return
            in_vain = self._reached(max(kill.at_ms + AIM_MS, self._now_ms() + LATE_MS))
            self._await(_moment(self._stage, kill.aim), LOOK_S, in_vain)
            time.sleep(self._luck.random() ** 3 * JITTER_S)  # more often soon than late
            try:
                self._one(kill)
                self._await(self._reached(self._now_ms() + self._luck.randrange(REST_MS)), LOOK_S)
            except (JournalFault, OSError, RuntimeError) as why:
                self.toll.broken.append(f"{kill.victim}, {kill.aim}: {why}")

    def _now_ms(self) -> int:
        return self._stage.world.now_ms

    def _reached(self, at_ms: int) -> Moment:
        return lambda: self._now_ms() >= at_ms

    def _await(self, come: Moment, pause_s: float, in_vain: Moment = lambda: False) -> bool:
        while not self._over:
            if come() or in_vain():
                return True
            time.sleep(pause_s)
        return False

    def _one(self, kill: Kill) -> None:
        stage = self._stage
        reader = Journal.reader(stage.places.journal)
        before = reader.head
        while not self._struck(kill) and not self._over:
            time.sleep(LOOK_S)  # it is being started
        at_ms = stage.start_s * 1000 + stage.world.now_ms
        self.toll.struck.append((kill, at_ms))
        print(f"    kill -9 {kill.victim} ({kill.aim}) at {at_ms}", flush=True)
        reader.verify()
        if before[0] and reader.number_of(before[1]) != before[0]:
            self.toll.broken.append(f"event {before[0]} was lost with {kill.victim}")
        reader.close()

    def _struck(self, kill: Kill) -> bool:
        stage = self._stage
        if kill.victim == "firmware":
            return stage.firmware.strike()
        if kill.victim == "controller":
            away_ms = self._luck.randrange(AWAY_MS) if self._luck.random() < 0.5 else 0
            stage.controller_seat.away_until_ms = stage.world.now_ms + away_ms
            return stage.controller.strike()
        broker = stage.broker
        if broker is None or not broker.pid:
            return False
        broker.kill()
        time.sleep(self._luck.random() * DOWN_S)
        if self._luck.random() < 0.5:  # reports under way die with the one who sends them
            stage.controller.strike()
            time.sleep(self._luck.random() * DOWN_S)
        broker.start()
        return True


def _moment(stage: Stage, aim: str) -> Moment:
    """What can be seen from outside when a process is struck."""
    world = stage.world
    if aim == "an event is written":
        reader = Journal.reader(stage.places.journal)
        before = reader.head
        return lambda: reader.head != before
    return {
        "any time": lambda: True,
        "the lamp calls": lambda: world.lamp_shows in (codes.CALL, codes.WARN, codes.READY),
        "the tray turns": lambda: bool(world.drives) and world.drives[-1][1] == -1,
        "pills in the cup": lambda: world.lamp_shows == codes.TAKE,
    }[aim]


def after(toll: Toll, journal: Path) -> int:
    """Every order that was open at a kill has its end; the longest wait for a verdict, in s.

    A committed order ends with the board's verdict, and that wait is counted, from the kill. One
    that was only prepared waits for a person: it may be withdrawn, and the next number fences it.
    """
    reader = Journal.reader(journal)
    prepared: set[Json] = set()
    committed: dict[Json, int] = {}
    ended: dict[Json, int] = {}
    for r in reader.all():
        order = r.body.get("order")
        if r.kind == "OrderPrepared":
            prepared.add(order)
        elif r.kind == "OrderCommitted":
            committed[order] = r.at_ms
        elif r.kind == "OrderResolved" or (r.kind == "OrderWithdrawn" and order not in committed):
            ended.setdefault(order, r.at_ms)
    reader.close()
    toll.broken += [f"order {order} was never resolved" for order in prepared - set(ended)]
    waits = [
        ended[order] - at_ms
        for _, at_ms in toll.struck
        for order, since in committed.items()
        if order in ended and since <= at_ms <= ended[order]
    ]
    return max(waits, default=0) // 1000
