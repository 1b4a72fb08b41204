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
from dataclasses import dataclass
from typing import Final

from controller import acts
from controller import events as ev
from controller.agenda import plan_in_force, plan_to_load
from controller.chain import JournalFault
from controller.decide import MOST_STEPS, decide
from controller.events import Json
from controller.facts import Facts, Settings
from controller.fold import fold
from controller.journal import Journal
from controller.link import Link
from controller.plans import Gate
from controller.report.reporter import Reporter
from controller.snapshot import snapshot
from controller.state import State
from controller.table import IllegalStep
from controller.trusted_time import STEPPED, ClockWatch, Judgement
from controller.wishes import Refused, grant
from hal.wire import codes
from hal.wire.messages import NO_DIGEST, Actual, Desired
from schedules.model import PlanRefused

ASLEEP_MS: Final = 60_000  # a longer silence of this loop counts as not having been there
LAZY_SYNC_MS: Final = 3_600_000  # events that need no barrier are made durable this late
HOUR_MS: Final = 3_600_000
BUSY_MS: Final = 20_000  # a controller that was restarted hears BUSY for its own old session
SCALE_STEP_MG: Final = 8  # a smaller change of the cup's weight is no news


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
        self.fault = ""  # why the journal cannot be written any more
        self.snapshot: dict[str, Json] = {}
        self._gate = gate
        self._version = version
        self._real_only = real_only
        self._reporting = reporting
        self._settings = settings
        self._known_head = NO_DIGEST
        self._last_ms: int | None = None
        self._unsynced_ms: int | None = None
        self._seen: tuple[object, ...] = ()
        self._wanted: tuple[Desired, bytes | None] = (Desired(), None)
        self._decide_at_ms = 0
        self._unacked_of = (-1, 0)
        self._bad_base = (0, 0)
        self._replay()
        self._watch = ClockWatch(stepped=self.state.clock_reason == STEPPED)

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
        opened: list[ev.Event] = [ev.LogOpened("new")] if first else []
        self._record([*opened, ev.Started(self._version)], utc_ms)
        bad = self._gate.recheck(self.state, utc_ms // 1000)
        if bad and not self.state.locked:
            self._record([ev.Locked(bad)], utc_ms)

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
        facts = self._facts(mono_ms, utc_ms, reporter)
        changed = self._news(facts, mono_ms) or bool(asked)
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
        self._last_ms = mono_ms
        wake = min(self._decide_at_ms, self.link.wake_at(mono_ms))
        return Turn(sent, replies, max(wake, mono_ms + 1), changed)

    # --- facts -----------------------------------------------------------------------------

    def _facts(self, mono_ms: int, utc_ms: int, reporter: Reporter | None) -> Facts:
        freshness = self.link.freshness(mono_ms)
        board = self.link.actual if freshness in ("fresh", "aging") else None
        age_s = (mono_ms - self.link.actual_at_ms) // 1000 if board is not None else 0
        judged = self._judge(board, age_s, mono_ms, utc_ms)
        slept = mono_ms - self._last_ms if self._last_ms is not None else 0
        unacked = reporter.unacked if reporter is not None else 0
        return Facts(
            utc_s=utc_ms // 1000,
            clock_trusted=judged.trusted,
            clock_reason=judged.reason,
            spread_s=judged.spread_s,
            board=board,
            board_age_s=age_s,
            link=freshness,
            second_controller=self._second_controller(mono_ms),
            report_fault=reporter.fault if reporter is not None else "",
            bad_frames_hour=self._bad_frames(board, mono_ms),
            connected=reporter.connected if reporter is not None else False,
            reporting=self._reporting,
            unacked=unacked,
            unacked_since_s=self._unacked_since_s() if unacked else 0,
            head_known=self._head_known(board),
            log_epoch=self.journal.log_epoch,
            asleep_s=slept // 1000 if slept > ASLEEP_MS else 0,
            real_only=self._real_only,
            settings=self._settings,
        )

    def _judge(self, board: Actual | None, age_s: int, mono_ms: int, utc_ms: int) -> Judgement:
        return self._watch.judge(
            utc_ms,
            mono_ms,
            board.utc_s + age_s if board is not None else None,
            board is not None and bool(board.flags & codes.F_CLOCK_SET),
            self.state.floor_s * 1000,
            self.state.clock_confirmed_at > 0,
            board_set_ms=self.state.clock_set_s * 1000 if self.state.clock_set_s else None,
        )

    def _head_known(self, board: Actual | None) -> bool:
        """Whether the board's journal head is in our chain (R1, I19)."""
        if board is None or board.head in (NO_DIGEST, self._known_head):
            return True
        if self.journal.number_of(board.head) is None:
            return False
        self._known_head = board.head
        return True

    def _second_controller(self, mono_ms: int) -> bool:
        """The board keeps saying that it has another controller; our own dead session may, too."""
        since = self.link.busy_since_ms
        return since is not None and mono_ms - since >= BUSY_MS

    def _unacked_since_s(self) -> int:
        acked = self.journal.acked
        if self._unacked_of[0] != acked:
            first = self.journal.read(acked, 1)
            self._unacked_of = (acked, first[0].at_ms // 1000 if first else 0)
        return self._unacked_of[1]

    def _bad_frames(self, board: Actual | None, mono_ms: int) -> int:
        total = self.link.bad_frames + (board.bad_frames if board is not None else 0)
        hour = mono_ms // HOUR_MS
        if self._bad_base[0] != hour or total < self._bad_base[1]:
            self._bad_base = (hour, total)
        return total - self._bad_base[1]

    def _news(self, facts: Facts, mono_ms: int) -> bool:
        """Whether deciding could come to something new: a change, or a deadline reached."""
        said = _without_noise(facts.board) if facts.board is not None else b""
        seen = (
            said,
            facts.link,
            facts.clock_trusted,
            facts.clock_reason,
            facts.connected,
            bool(facts.unacked),
            facts.second_controller,
            facts.asleep_s,
        )
        if seen == self._seen and mono_ms < self._decide_at_ms:
            return False
        self._seen = seen
        return True

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
            return Reply(one.client, "journal-fault", "The record is damaged; nothing can be done.")
        try:
            if one.wish.get("wish") == "plan":
                happened = self._gate.approve(self.state, one.wish, facts.utc_s)
            else:
                happened = grant(self.state, facts, one.wish)
            self._record(happened, utc_ms)
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
            return Reply(one.client, refusal[0].code, "Not now.", refusal[0].next_at)
        return Reply(one.client)

    # --- act -------------------------------------------------------------------------------

    def _want(self, facts: Facts) -> tuple[Desired, bytes | None]:
        if not self.fault:
            return acts.desired(self.state, facts), acts.lease(self.state, facts)
        still = Desired()  # nothing may follow from what cannot be written down
        still.signal = codes.ALARM
        return still, None

    def _snapshot(self, facts: Facts) -> dict[str, Json]:
        shown = snapshot(self.state, facts, self.journal.head[0], self.journal.acked)
        if self.fault:
            shown |= {"mode": "journal-fault", "lock_reason": self.fault, "signal": "alarm"}
        return shown


def _without_noise(board: Actual) -> bytes:
    """What the board says, but for the clock and the trembling of the scale."""
    utc_s, cup_mg = board.utc_s, board.cup_mg
    board.utc_s, board.cup_mg = 0, (cup_mg + SCALE_STEP_MG // 2) // SCALE_STEP_MG
    said = board.pack()
    board.utc_s, board.cup_mg = utc_s, cup_mg
    return said
