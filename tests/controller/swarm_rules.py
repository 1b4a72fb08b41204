"""What must hold in a home, whatever happened: judged by the world's ground truth.

Responsible for: the invariants of a swarm run, as sentences about what was broken. Not
responsible for making anything happen (swarm.py).
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from controller import events as ev
from controller.agenda import plan_of_envelope
from controller.fold import fold
from controller.state import State
from hal.wire import codes
from schedules.doses import doses
from schedules.limits import counters
from schedules.model import Counter as Counted
from schedules.model import Dose
from tests.controller.swarm import Swarm

FINISH_S: Final = 130  # a round that was started in time may finish (R14)
CLOCKS_S: Final = 130  # two clocks that are still believed
ONE_FALL_S: Final = 10
FLAPS: Final = 25  # raised more often in a day or two: nobody listens any more


def _within_a_day(fell: int, at: int, zone: tzinfo) -> bool:
    """Less than 24 h apart, elapsed and by the wall clock, which may be an hour ahead of it."""
    moved = datetime.fromtimestamp(at, zone).utcoffset() or timedelta()
    moved -= datetime.fromtimestamp(fell, zone).utcoffset() or timedelta()
    eased_s = int(moved.total_seconds()) if timedelta() < moved <= timedelta(hours=1) else 0
    return at - fell + eased_s < 86400 - CLOCKS_S


class Judge:
    """`broken` holds a sentence for each broken rule."""

    def __init__(self, home: Swarm) -> None:
        assert home.controller is not None
        self.home = home
        self.broken: list[str] = []
        self.flaps = FLAPS
        self.records = list(home.controller.journal.all())
        self.state = State()  # as the record tells it, whatever the process believes
        for record in self.records:
            event = ev.decode(record.kind, record.body)
            self.state = fold(self.state, event, record.at_ms, record.hash.hex())
        self.events = [(r.at_ms // 1000, ev.decode(r.kind, r.body)) for r in self.records]
        self.closed: dict[str, ev.DoseClosed] = {}
        self.settled = {e.dose_id for _, e in self.events if isinstance(e, ev.DoseSettled)}
        self.late = {e.dose_id for _, e in self.events if isinstance(e, ev.TakenLate)}
        fills: Any = home.world.truth()["fills"]
        self.fills: list[Any] = [fill for fill in fills if fill["number"] not in home.strays]
        self.start_s = home.start_s
        self.planned = self._planned()
        self.names = self._names()

    def rule(self, holds: bool, sentence: str) -> None:
        """Note a broken rule."""
        if not holds:
            self.broken.append(sentence)

    def judge(self) -> list[str]:
        """All rules."""
        self._one_outcome()
        self._once_and_in_window()
        self._strays()
        self._no_lie()
        self._no_blame()
        self._gaps()
        self._record()
        self._standing()
        hazards: Any = self.home.world.truth()["hazards"]
        ours = [h for h in hazards if "door opened" not in h["what"]]
        self.rule(not ours, f"hazards {ours}")
        return self.broken

    # --- what was planned and what fell ------------------------------------------------------

    def _planned(self) -> dict[str, Dose]:
        approved = [e for _, e in self.events if isinstance(e, ev.PlanApproved)]
        envelopes = {e.version: e.envelope for e in approved}
        starts = [(at, e.version) for at, e in self.events if isinstance(e, ev.PlanInForce)]
        ends = [at for at, _ in starts[1:]] + [self.home.true_s]
        found: dict[str, Dose] = {}
        for (start, version), end in zip(starts, ends, strict=True):
            plan = plan_of_envelope(envelopes[version])
            found |= {d.dose_id: d for d in doses(plan, start, end)}
        return found

    def _names(self) -> dict[int, tuple[str, ...]]:
        """The doses of each fill in the world: as loaded, or as granted."""
        by_fill = {e.fill: e for _, e in self.events if isinstance(e, ev.Loaded)}
        of_order: dict[int, tuple[str, ...]] = {}
        prepared: dict[int, ev.OrderPrepared] = {}
        for _, e in self.events:
            if isinstance(e, ev.OrderPrepared):
                prepared[e.order] = e
            elif isinstance(e, ev.OrderCommitted):
                of_order[prepared[e.order].fill] = prepared[e.order].doses
        return {n: by_fill[f].doses or of_order.get(f, ()) for n, f in self.home.fill_of.items()}

    def _at(self, ms: int) -> int:
        return self.start_s + ms // 1000

    # --- rules -------------------------------------------------------------------------------

    def _one_outcome(self) -> None:
        """I3, I3b: one outcome for each due dose, its alert in the same transaction."""
        opened = {e.dose_id: e for _, e in self.events if isinstance(e, ev.DoseOpened)}
        granted = {e.dose_id: e for _, e in self.events if isinstance(e, ev.AskedGranted)}
        count: Counter[str] = Counter()
        for i, (at, e) in enumerate(self.events):
            if isinstance(e, ev.DoseClosed):
                count[e.dose_id] += 1
                self.closed[e.dose_id] = e
                if e.outcome in ("missed", "held", "uncertain"):
                    near = [x for t, x in self.events[i + 1 : i + 4] if t == at]
                    alerts = [x.dose_id for x in near if isinstance(x, ev.AlertRaised)]
                    told = e.dose_id in alerts
                    self.rule(told, f"{e.dose_id[:8]} {e.outcome} without its alert")
        over = self.home.true_s - FINISH_S - 20
        due = {n: d.close_at for n, d in self.planned.items()}
        due |= {name: d.close_at for name, d in opened.items()}
        due |= {name: g.close_at for name, g in granted.items()}
        for name, close_at in due.items():
            if close_at < over:
                self.rule(count[name] == 1, f"{name[:8]} has {count[name]} outcomes")
        for name in count:
            self.rule(name in opened or name in granted, f"{name[:8]} closed, never opened")

    def _once_and_in_window(self) -> None:
        """I1, I2: one release of a dose, inside its window by true time."""
        windows = {e.dose_id: (e.open_at, e.close_at) for _, e in self.events
                   if isinstance(e, ev.DoseOpened | ev.AskedGranted)}  # fmt: skip
        released: Counter[str] = Counter()
        for fill in self.fills:
            fell = sorted(p["fell_ms"] for p in fill["pieces"] if p["fell_ms"] is not None)
            if not fell:
                continue
            names = self.names.get(fill["number"], ())
            self.rule(bool(names), f"fill {fill['number']} fell for no dose")
            self.rule(fell[-1] - fell[0] < ONE_FALL_S * 1000, f"fill {fill['number']} fell twice")
            for name in names:
                released[name] += 1
                if name not in windows:
                    self.broken.append(f"{name[:8]} fell and was never opened")
                    continue
                open_at, close_at = windows[name]
                first, last = self._at(fell[0]), self._at(fell[-1])
                inside = open_at - CLOCKS_S <= first and last <= close_at + FINISH_S + CLOCKS_S
                self.rule(inside, f"{name[:8]} fell outside its window by {first - open_at}")
        for name, times in released.items():
            self.rule(times == 1, f"{name[:8]} was released {times} times")

    def _strays(self) -> None:
        """What a gate that sprang open let go on the way is never taken for what was asked for."""
        for fill, order in self.home.strays.items():
            for _, e in self.events:
                if isinstance(e, ev.OrderResolved) and e.order == order:
                    told = e.verdict != codes.RELEASED
                    self.rule(told, f"order {order} is released by a stray fill {fill}")

    def _no_lie(self) -> None:
        """I3a: the outcome says what the pieces did, whichever of its fills they were in."""
        fell: Counter[str] = Counter()
        gone: Counter[str] = Counter()
        whole: Counter[str] = Counter()
        for fill in self.fills:
            left = sum(p["gone_ms"] is not None for p in fill["pieces"])
            for name in self.names.get(fill["number"], ()):
                fell[name] += sum(p["fell_ms"] is not None for p in fill["pieces"])
                gone[name] += left
                whole[name] += left == len(fill["pieces"])
        for name, closed in self.closed.items():
            if name in self.settled:
                continue
            what = f"{name[:8]} {closed.outcome}({closed.how})"
            if closed.outcome == "taken":
                self.rule(whole[name] == 1, f"{what}: only {gone[name]} are gone")
            elif closed.outcome in ("held", "skipped") or closed.how == "not-asked-for":
                self.rule(not fell[name], f"{what}: {fell[name]} fell")
            elif closed.outcome == "missed" and name not in self.late:
                self.rule(not gone[name], f"{what}: {gone[name]} are gone")

    def _no_blame(self) -> None:
        """R12: who is said not to have asked was called for about half the late window."""
        opened = {e.dose_id: e for _, e in self.events if isinstance(e, ev.DoseOpened)}
        step_s = 32
        for name, closed in self.closed.items():
            if closed.how != "not-asked-for":
                continue
            d = opened[name]
            lit = sum(
                step_s
                for at, lamp in self.home.lit
                if d.due_at - 60 <= at <= d.close_at + 60 and lamp in (codes.CALL, codes.WARN)
            )
            needed = (d.close_at - d.due_at) // 2 - 240
            self.rule(lit >= needed, f"{name[:8]} is blamed after {lit} s of calling")

    def _left(self, counter: Counted) -> list[tuple[int, int, int]]:
        """(fell, left with the cup, quarters) of each fill that a counter counts, in order."""
        loaded = {e.fill: e for _, e in self.events if isinstance(e, ev.Loaded)}
        found: list[tuple[int, int, int]] = []
        for fill in self.fills:
            e = loaded.get(self.home.fill_of.get(fill["number"], 0))
            fell = [p["fell_ms"] for p in fill["pieces"] if p["fell_ms"] is not None]
            if e is None or not fell or not set(e.regimens) & set(counter.regimens):
                continue
            left = [p["gone_ms"] for p in fill["pieces"] if p["gone_ms"] is not None]
            units = sum(counter.units_of(r, q) for r, q in zip(e.regimens, e.quarters, strict=True)
                        if r in counter.regimens)  # fmt: skip
            found.append((self._at(min(fell)), self._at(max(left, default=min(fell))), units))
        return sorted(found)

    def _gaps(self) -> None:
        """I17: what left with the cup keeps gaps and caps of the plan in force."""
        if not self.state.plan_envelope:
            return
        plan = plan_of_envelope(self.state.plan_envelope)
        for counter in counters(plan):
            gone = self._left(counter)
            for (_, earlier, _), (later, _, _) in pairwise(gone):
                near = later - earlier
                same_round = abs(near) < 300
                self.rule(
                    same_round or near >= counter.gap_s - CLOCKS_S,
                    f"{counter.name}: {near} s after the last, gap {counter.gap_s}",
                )
            if counter.cap:
                planned = all(not plan.regimen(r).as_needed for r in counter.regimens)
                zone = ZoneInfo(plan.zone) if planned else UTC
                for at, _, _ in gone:
                    used = sum(u for f, _, u in gone if f <= at and _within_a_day(f, at, zone))
                    self.rule(used <= counter.cap, f"{counter.name}: {used} in 24 h")

    def _record(self) -> None:
        """The chain holds, a replay comes to the same state, nobody had to lock."""
        assert self.home.controller is not None
        self.home.controller.journal.verify()
        self.rule(self.state == self.home.controller.state, "a replay comes to another state")
        locks = [e.reason for _, e in self.events if isinstance(e, ev.Locked)]
        self.rule(not locks, f"locked: {locks}")
        raised = Counter(e.alert_id for _, e in self.events if isinstance(e, ev.AlertRaised))
        for name, times in raised.items():
            self.rule(times <= self.flaps, f"alert {name} was raised {times} times")
        self.rule(not self.home.controller.fault, f"journal fault {self.home.controller.fault}")

    def _standing(self) -> None:
        """After healing: no order hangs, no alert stands without cause, nothing stays open."""
        state = self.state
        now = self.home.true_s
        # store-torn stands until the next boot (firmware): a repair that nobody need hear twice
        left = {a.alert_id for a in state.alerts.values() if not a.dose_id}
        left -= {"battery-low", f"board-fault-{codes.STORE_TORN}"}
        self.rule(not left, f"still standing: {sorted(left)}")
        order = state.order
        if order is not None:
            self.rule(
                order.stage != "committed" or now - order.committed_at < 120, "an order hangs"
            )
        for d in state.doses.values():
            over = d.close_at + FINISH_S + 60 < now
            self.rule(not (d.is_open and over), f"{d.dose_id[:8]} is {d.stage} after its window")

    def calm(self, since_s: int) -> None:
        """I11: once all is mended, every dose that falls due is given."""
        for name, d in self.planned.items():
            closed = self.closed.get(name)
            if closed is None or d.due_at < since_s + 60 or closed.outcome == "taken":
                continue
            fair = closed.how in ("gap", "cap")
            self.rule(fair, f"{d.regimen_id} in calm times: {closed.outcome}({closed.how})")
