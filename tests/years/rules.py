"""What must hold after the weeks of a life: by ground truth, hub's store and exported log.

Responsible for: the oracles of `make years`, by name, each with the number of things it
looked at. Not responsible for the rules of one home (tests/controller/swarm_rules.py),
which are asked here as they stand. The process's own state is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from controller import events as ev
from controller.agenda import plan_of_envelope
from hal.wire import codes
from schedules.limits import counters
from schedules.model import Dose
from tests.controller.home import DAY
from tests.controller.swarm_rules import FLAPS, Judge
from tests.years.life import Life

STORM: Final = 1000  # so many events
STORM_S: Final = 600  # within so many seconds are a storm
OFFER_S: Final = 60  # I11: a due dose whose guards hold is offered within this
HUB_S: Final = 300  # I11: a queued event is at the hub within this
STOP_S: Final = 60  # after an old card was put in, what was under way may end


class Verdicts(Judge):
    """`found` holds (rule, sentence) for everything that was broken."""

    home: Life

    def __init__(self, home: Life, mended_s: int, queued: int) -> None:
        super().__init__(home)
        self.mended_s = mended_s
        self.flaps = FLAPS * max(1, (home.true_s - home.start_s) // (2 * DAY))
        self.queued = queued  # newest durable event HUB_S before the end
        self.found: list[tuple[str, str]] = []
        self.looked: dict[str, int] = {}

    def weigh(self) -> None:
        """Every rule by itself."""
        doses, events = len(self.planned), len(self.events)
        self._ask("I1 I2 one release, in its window", len(self.fills), self._once_and_in_window)
        self._ask("hazards", len(self.fills), self._no_hazard)
        self._ask("I5 hub has the log, once and in order", self.queued, self._at_hub)
        self._ask("no storm of events", events, self._no_storm)
        if self.home.over:
            self._ask("I19 old card: nothing moves", 1, self._still)
            return
        self._ask("I3 one outcome, with its alert", doses, self._one_outcome)
        self._ask("I3a no lie", doses, self._no_lie)
        self._ask("R12 no blame", doses, self._no_blame)
        self._ask("I8 I17 gaps and caps", len(self.fills), self._gaps)
        self._ask("I4 chain; no lock without cause", events, self._record)
        self._ask("I11 nothing stands", 1, self._standing)
        calm = [d for d in self.planned.values() if d.open_at > self.mended_s]
        self._ask("I11 offered within 60 s", len(calm), lambda: self._offered(calm))
        self._ask("I11 every calm dose is given", len(calm), lambda: self.calm(self.mended_s))

    def _gap_ends(self, d: Dose) -> list[int]:
        """When the gaps of what was taken before end; what lay in the cup counts from its lift."""
        plan = plan_of_envelope(self.state.plan_envelope)
        lifts = [at for at, e in self.events if isinstance(e, ev.CupLifted)]
        return [
            end + counter.gap_s
            for counter in counters(plan)
            if d.regimen_id in counter.regimens
            for fell, left, _ in self._left(counter)
            for end in (left, min((at for at in lifts if at >= fell), default=fell))
        ]

    def _ask(self, name: str, looked: int, rule: Callable[[], None]) -> None:
        self.broken = []
        rule()
        self.looked[name] = looked
        self.found += [(name, sentence) for sentence in self.broken]

    def _no_hazard(self) -> None:
        hazards: Any = self.home.world.truth()["hazards"]
        ours = [h for h in hazards if "door opened" not in h["what"]]
        self.rule(not ours, f"hazards {ours[:3]}")

    def _at_hub(self) -> None:
        """The hub's store against the exported log: the same events, without a gap."""
        store = self.home.mail.hub.store
        device = self.home.plan.device
        logs = [row for row in store.logs() if row[1] == self.home.epoch]
        acked = logs[0][2] if logs else 0
        if not self.home.over:
            self.rule(acked >= self.queued, f"the hub has {acked} of {self.queued}")
            self.rule(store.counts()[0] == 0, "the hub saw a fork")
        ours = {r.number: r.hash.hex() for r in self.records}
        prev = 0
        for doc in store.read(device, self.home.epoch, 0, acked):
            number = doc["n"]
            assert isinstance(number, int)
            self.rule(number == prev + 1, f"event {number} after {prev} at the hub")
            known = self.home.over or doc["hash"] == ours.get(number)
            self.rule(bool(known), f"event {number} differs at the hub")
            prev = number

    def _no_storm(self) -> None:
        """Nothing is written down again and again: a card wears out, a hub drowns."""
        times = [at for at, _ in self.events]
        for first, last in zip(times, times[STORM:], strict=False):
            self.rule(last - first > STORM_S, f"{STORM} events within {last - first} s")

    def _still(self) -> None:
        """I19: the board knows a head that the log does not: nothing falls any more."""
        for fill in self.fills:
            for piece in fill["pieces"]:
                fell = piece["fell_ms"]
                late = fell is not None and self._at(fell) > self.home.over_s + STOP_S
                self.rule(not late, f"fill {fill['number']} fell after the card was changed")

    def _no_blame(self) -> None:
        """R12: who is said not to have asked was called for about half the late window."""
        opened = {e.dose_id: e for _, e in self.events if isinstance(e, ev.DoseOpened)}
        for name, closed in self.closed.items():
            if closed.how != "not-asked-for" or name not in opened:
                continue
            d = opened[name]
            lit = self._called(d.due_at - 60, d.close_at + 60)
            needed = (d.close_at - d.due_at) // 2 - 240
            self.rule(lit >= needed, f"{name[:8]} is blamed after {lit} s of calling")

    def _called(self, since: int, until: int) -> int:
        """Seconds for which the lamp called, from what people saw of it."""
        seconds, began = 0, 0
        for at, lamp in [*self.home.lit, (until, codes.QUIET)]:
            calls = lamp in (codes.CALL, codes.WARN)
            if began:
                seconds += max(0, min(at, until) - max(began, since))
            began = at if calls else 0
        return seconds

    def _offered(self, calm: list[Dose]) -> None:
        """Everything is mended: who is due is offered it, unless the cup is still in use."""
        prepared: dict[str, int] = {}
        rounds: dict[int, int] = {}  # one round may be several fills, one after another
        free_s: list[int] = [self.mended_s]
        for at, e in self.events:
            if isinstance(e, ev.RoundOffered):
                rounds[e.round] = at
            elif isinstance(e, ev.OrderPrepared):
                for name in e.doses:
                    prepared.setdefault(name, rounds.get(e.round, at))
            elif isinstance(
                e, ev.CupCleared | ev.RoundEnded | ev.ServiceClosed | ev.OrderWithdrawn
            ):
                free_s.append(at)
        end = self.home.true_s
        for d in calm:
            closed = self.closed.get(d.dose_id)
            if closed is not None and closed.how in ("gap", "cap", "withdrawn"):
                continue
            if d.open_at + OFFER_S > end:
                continue
            at = prepared.get(d.dose_id, 0)
            since = max([d.open_at, *(s for s in (*free_s, *self._gap_ends(d)) if s <= at)])
            self.rule(bool(at), f"{d.regimen_id} was never offered")
            self.rule(at <= since + OFFER_S, f"{d.regimen_id} was offered {at - since} s late")
