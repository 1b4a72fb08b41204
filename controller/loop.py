"""One writer: facts in, decide, journal, then act.

Responsible for: the order of things in one turn. Whatever the core decides is
in the journal before the board hears of it, and a barrier event is on the disk
before this turn goes on. Not responsible for what is decided (decide.py) or
for where bytes and wake-ups come from (run.py). After a failed write nothing
moves any more: alarm and page go on.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from controller import acts
from controller import events as ev
from controller.agenda import plan_in_force, plan_to_load
from controller.chain import GENESIS, JournalFault
from controller.decide import MOST_STEPS, decide
from controller.events import Json
from controller.facts import Facts, Settings
from controller.fold import fold
from controller.gather import Gathering, HomeKind
from controller.journal import Journal
from controller.link import Link
from controller.plans import Gate, PlanNotTaken
from controller.report.reporter import Reporter
from controller.snapshot import snapshot
from controller.state import State
from controller.table import IllegalStep
from controller.wishes import Refused, grant
from controller.wishes.asking import caps_told
from controller.wishes.foresee import changes_now, hands
from controller.wishes.people import time_number
from hal.wire import codes
from hal.wire.messages import Desired
from schedules.model import PlanRefused

DAY_MS: Final = 86_400_000
LAZY_SYNC_MS: Final = 3_600_000  # events that need no barrier are made durable this late


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish and who waits for its answer."""

    client: object
    wish: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a wish: `code` is empty where it was granted."""

    client: object
    code: str = ""
    why: str = ""
    next_at: int = 0
    place: str = ""  # what is wrong in a plan
    more: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn leads to: bytes for the cable, answers, and when to come back."""

    sent: bytes
    replies: tuple[Reply, ...]
    wake_ms: int  # monotonic
    changed: bool  # the snapshot is new


class Controller:
    """The dose-critical process without its sockets, ports and clocks."""

    def __init__(
        self,
        journal: Journal,
        link: Link,
        gate: Gate,
        *,
        version: str,
        real_only: bool,
        reporting: bool,
        settings: Settings = Settings(),  # noqa: B008  (frozen)
    ) -> None:
        self.journal = journal
        self.link = link
        self.state = State()
        self.fault = ""  # why nothing is written any more
        self.snapshot: dict[str, Json] = {}
        self._gate = gate
        self._version = version
        self._unsynced_ms: int | None = None
        self._wanted: tuple[Desired, bytes | None] = (Desired(), None)
        self._decide_at_ms = 0
        self._recheck_ms, self._rechecked = 0, ""  # when and of which plan the rows are compiled
        self._replay()
        home = HomeKind(real_only, reporting, settings)
        self._gathering = Gathering(journal, link, home, self.state)

    def _replay(self) -> None:
        """The state is the fold of the journal; raises JournalFault where it cannot be."""
        try:
            for record in self.journal.all():
                event = ev.decode(record.kind, record.body)
                self.state = fold(self.state, event, record.at_ms, record.hash.hex())
            plan_in_force(self.state)
            plan_to_load(self.state)
        except (ev.Unreadable, IllegalStep, AssertionError, KeyError, PlanRefused) as error:
            what = type(error).__name__
            raise JournalFault(
                "unreadable-event", f"this version cannot follow it: {what}"
            ) from error

    def start(self, utc_ms: int) -> None:
        """Say that this process has begun; check once more what is in force."""
        first = self.journal.head[0] == 0
        opened = ev.LogOpened("new", log_epoch=self.journal.log_epoch)
        started = ev.Started(self._version)
        self._record([opened, started] if first else [started], utc_ms)
        bad = self._gate.recheck(self.state, utc_ms // 1000)
        if bad:
            self._lock(bad, utc_ms)

    def _look_again(self, utc_ms: int) -> None:
        """Once a day: do the rows still stand, and the two signatures?"""
        self._gathering.rows_shifted = self._gate.shifted(self.state)
        bad = self._gate.still_signed(self.state)
        if bad and not self.fault:
            try:
                self._lock(bad, utc_ms)
            except JournalFault as error:
                self.fault = error.code

    def turn(
        self,
        received: bytes,
        asked: Sequence[Asked],
        *,
        mono_ms: int,
        utc_ms: int,
        reporter: Reporter | None,
    ) -> Turn:
        """One turn; never raises for what the world does."""
        if received:
            self.link.receive(received, mono_ms, secrets.token_bytes(16))
        if mono_ms >= self._recheck_ms or self.state.plan_hash != self._rechecked:
            self._recheck_ms, self._rechecked = mono_ms + DAY_MS, self.state.plan_hash
            self._look_again(utc_ms)
        facts = self._gathering.facts(self.state, mono_ms=mono_ms, utc_ms=utc_ms, reporter=reporter)
        due = mono_ms >= self._decide_at_ms
        changed = self._gathering.news(facts) or due or bool(asked)
        if changed and not self.fault:
            self._decide(facts, utc_ms)
        replies = tuple(self._answer(one, facts, utc_ms) for one in asked)
        if asked and not self.fault:
            self._decide(facts, utc_ms)
        self._lazy_sync(mono_ms)
        if changed or self.state.service:  # at loading the clock to be set moves on
            self._wanted = self._want(facts)
        sent = self.link.send(
            mono_ms,
            *self._wanted,
            open_order=acts.busy(self.state),
            entropy=secrets.token_bytes(16),
        )
        if changed:
            self.snapshot = self._snapshot(facts)
            until_s = acts.deadline(self.state, facts) - utc_ms / 1000
            self._decide_at_ms = mono_ms + max(1, round(until_s * 1000))
        wake = min(self._decide_at_ms, self.link.wake_at(mono_ms))
        return Turn(sent, replies, max(wake, mono_ms + 1), changed)

    # --- decide and journal ----------------------------------------------------------------

    def _decide(self, facts: Facts, utc_ms: int) -> None:
        for _ in range(MOST_STEPS):
            try:
                happened = decide(self.state, facts)
                if not happened:
                    return
                self._record(happened, utc_ms)
            except (IllegalStep, AssertionError) as error:
                self._lock(f"we are wrong: {type(error).__name__}", utc_ms)
                return
            except JournalFault as error:
                self.fault = error.code
                return
        self._lock("no end of deciding", utc_ms)
        self.fault = "no-end-of-deciding"  # nothing more is written: each turn would fill the card

    def _lock(self, reason: str, utc_ms: int) -> None:
        if not self.state.locked:
            self._record([ev.Locked(reason)], utc_ms)

    def _record(self, happened: Sequence[ev.Event], utc_ms: int) -> None:
        """All of it in one transaction, then into the state; raises JournalFault."""
        barrier = any(event.barrier for event in happened)
        trial = self.state
        for event in happened:  # an impossible event must never reach the journal
            trial = fold(trial, event, utc_ms, "0" * 64)
        entries = [(utc_ms, ev.kind(event), ev.encode(event)) for event in happened]
        records = self.journal.append(entries, barrier=barrier)
        for event, record in zip(happened, records, strict=True):
            self.state = fold(self.state, event, record.at_ms, record.hash.hex())

    def _lazy_sync(self, mono_ms: int) -> None:
        """What needs no barrier becomes durable within the hour, never between COMMIT and DONE."""
        if self.journal.durable == self.journal.head[0]:
            self._unsynced_ms = None
            return
        if self._unsynced_ms is None:
            self._unsynced_ms = mono_ms
        elif mono_ms - self._unsynced_ms >= LAZY_SYNC_MS and not acts.busy(self.state):
            try:
                self.journal.sync()
            except JournalFault as error:
                self.fault = error.code
            self._unsynced_ms = None

    def _answer(self, one: Asked, facts: Facts, utc_ms: int) -> Reply:
        if self.fault:
            why = "Nothing can be written down any more: call service."
            return Reply(one.client, "journal-fault", why)
        try:
            if one.wish.get("wish") == "plan":
                happened = self._gate.approve(self.state, one.wish, facts.utc_s)
            elif one.wish.get("wish") == "act":
                trusted = facts.clock_trusted
                happened = self._gate.act(self.state, one.wish, facts.utc_s, clock_trusted=trusted)
            elif one.wish.get("wish") == "settle" and "document" in one.wish:
                happened = self._gate.settle(self.state, facts, one.wish)
            elif one.wish.get("wish") == "repair-clock" and "document" in one.wish:
                happened = self._gate.repair_clock(self.state, facts, one.wish)
            elif one.wish.get("wish") == "preview":
                return Reply(one.client, more=self._gate.preview(self.state, facts, one.wish))
            elif one.wish.get("wish") == "foresee":
                rows, pairs = hands(self.state, facts), changes_now(self.state, facts)
                number = time_number(self.state, facts)
                return Reply(one.client, more={"rows": rows, "pairs": pairs, "number": number})
            else:
                happened = grant(self.state, facts, one.wish)
            self._record(happened, utc_ms)
        except PlanNotTaken as refused:  # the auditor sees that somebody tried
            with suppress(JournalFault):
                self._record([ev.PlanRefused(refused.code, refused.place)], utc_ms)
            return Reply(one.client, refused.code, refused.why, place=refused.place)
        except Refused as refused:
            return Reply(one.client, refused.code, refused.why, refused.next_at)
        except JournalFault as error:
            self.fault = error.code
            return Reply(one.client, "journal-fault", error.sentence)
        except (IllegalStep, AssertionError) as error:
            self._lock(f"we are wrong: {type(error).__name__}", utc_ms)
            return Reply(one.client, "locked", "The machine locked itself.")
        refusal = [event for event in happened if isinstance(event, ev.AskedRefused)]
        if refusal:
            told = caps_told(self.state, refusal[0].regimen, facts.early_s)
            why = f"Not now: {told}." if told else "Not now."
            return Reply(one.client, refusal[0].code, why, refusal[0].next_at)
        return Reply(one.client)

    # --- act -------------------------------------------------------------------------------

    def _want(self, facts: Facts) -> tuple[Desired, bytes | None]:
        if not self.fault:
            wanted = acts.desired(self.state, facts)
            self._anchor(wanted, facts)
            return wanted, acts.lease(self.state, facts)
        still = Desired()  # nothing may follow from what cannot be written down
        still.signal = codes.ALARM
        return still, None

    def _anchor(self, wanted: Desired, facts: Facts) -> None:
        """The board keeps the newest head that no power cut takes away (R1).

        Not before its own was found in this chain: an older copy must not hide behind a new head.
        """
        durable = self.journal.durable_head
        known = facts.board is not None and facts.head_known
        if known and wanted.stage != codes.START and durable != GENESIS:
            wanted.head = durable[: len(wanted.head)]

    def _snapshot(self, facts: Facts) -> dict[str, Json]:
        shown = snapshot(self.state, facts, self.journal.head[0], self.journal.acked)
        if self.fault:
            shown |= {"mode": "journal-fault", "lock_reason": self.fault, "signal": "alarm"}
        return shown
