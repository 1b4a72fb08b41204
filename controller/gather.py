"""Gathering: from cable, clocks, journal and hub to the facts of one turn.

Responsible for: how old the board's word is, whether the clocks agree, what the hub still
lacks, and whether there is any news at all. Not responsible for what follows from it
(decide.py). The only memory here is of readings, never of doses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from controller.facts import Facts, Settings
from controller.journal import Journal
from controller.link import Link
from controller.report.reporter import Reporter
from controller.rules.ahead import troubles
from controller.state import State
from controller.trusted_time import BOARD_SILENT, STEPPED, ClockWatch, Judgement
from hal.wire import codes
from hal.wire.messages import NO_DIGEST, Actual

ASLEEP_MS: Final = 60_000  # a longer silence of this loop counts as not having been there
HOUR_MS: Final = 3_600_000
BUSY_MS: Final = 20_000  # a controller that was restarted hears BUSY for its own old session
SCALE_STEP_MG: Final = 8  # a smaller change of the cup's weight is no news
BATTERY_STEP_MV: Final = 50  # nor a smaller change of the battery; every limit is a multiple


@dataclass(frozen=True, slots=True)
class HomeKind:
    """What kind of home this controller was set up for."""

    real_only: bool
    reporting: bool
    settings: Settings


class Gathering:
    """Readings of one process; a new process begins without any."""

    def __init__(self, journal: Journal, link: Link, home: HomeKind, state: State) -> None:
        self._journal = journal
        self._link = link
        self._home = home
        self._watch = ClockWatch(stepped=state.clock_reason == STEPPED)
        self.rows_shifted = False  # told by the loop, once a day
        self._known_head = NO_DIGEST
        self._last_ms: int | None = None
        self._sound_ms = self._heard_ms = -1  # monotonic: last trusted, last heard of the board
        self._silent_ms = -1  # monotonic: last without a word of the board
        self._seen: tuple[object, ...] = ()
        self._unacked_of = (-1, 0)
        self._complete_ms: int | None = None  # monotonic: when the hub last had everything
        self._doubted = False
        self._bad_base = (-1, 0)
        self._trouble_ms: dict[int, int] = {}  # code -> since when it stands

    def facts(self, state: State, *, mono_ms: int, utc_ms: int, reporter: Reporter | None) -> Facts:
        """What there is to know at this instant."""
        freshness = self._link.freshness(mono_ms)
        board = self._link.actual if freshness in ("fresh", "aging") else None
        age_s = (mono_ms - self._link.actual_at_ms) // 1000 if board is not None else 0
        judged = self._judge(state, board, age_s, mono_ms, utc_ms)
        slept = mono_ms - self._last_ms if self._last_ms is not None else 0
        self._last_ms = mono_ms
        if judged.trusted or self._sound_ms < 0:
            self._sound_ms = mono_ms
        if board is not None or self._heard_ms < 0:
            self._heard_ms = mono_ms
        if board is None or self._silent_ms < 0:
            self._silent_ms = mono_ms
        unacked = reporter.unacked if reporter is not None else 0
        return Facts(
            utc_s=utc_ms // 1000,
            clock_trusted=judged.trusted,
            clock_reason=judged.reason,
            spread_s=judged.spread_s,
            drifting=judged.drifting,
            doubted_s=(mono_ms - self._sound_ms) // 1000,
            silent_s=(mono_ms - self._heard_ms) // 1000,
            heard_s=(mono_ms - self._silent_ms) // 1000,
            board=board,
            board_age_s=age_s,
            troubles=self._troubles(board, mono_ms),
            link=freshness,
            second_controller=self._second_controller(mono_ms),
            report_fault=reporter.fault if reporter is not None else "",
            bad_frames_hour=self._bad_frames(board, mono_ms),
            connected=reporter.connected if reporter is not None else False,
            reporting=self._home.reporting,
            unacked=unacked,
            unacked_since_s=self._unacked_since_s(unacked, judged, utc_ms, mono_ms),
            head=self._journal.head[1].hex(),
            head_known=self._head_known(board, state),
            hub_head=reporter.foreign_head if reporter is not None else "",
            log_epoch=self._journal.log_epoch,
            rows_shifted=self.rows_shifted,
            asleep_s=slept // 1000 if slept > ASLEEP_MS else 0,
            real_only=self._home.real_only,
            settings=self._home.settings,
        )

    def _judge(
        self, state: State, board: Actual | None, age_s: int, mono_ms: int, utc_ms: int
    ) -> Judgement:
        return self._watch.judge(
            utc_ms,
            mono_ms,
            board.utc_s + age_s if board is not None else None,
            board is not None and bool(board.flags & codes.F_CLOCK_SET),
            state.floor_s * 1000,
            state.clock_confirmed_at > 0,
            board_set_ms=state.clock_set_s * 1000 if state.clock_set_s else None,
        )

    def _head_known(self, board: Actual | None, state: State) -> bool:
        """Whether the board's head is in our chain, or a new log was opened for it (R1, I19)."""
        if board is None or board.head in (NO_DIGEST, self._known_head):
            return True
        known = board.head.hex() in state.answered
        if not known and self._journal.number_of(board.head) is None:
            return False
        self._known_head = board.head
        return True

    def _troubles(self, board: Actual | None, mono_ms: int) -> tuple[tuple[int, int], ...]:
        """What bars the next round; a cable that flaps makes nothing of it older or younger."""
        if board is not None:
            now = troubles(board)
            self._trouble_ms = {c: self._trouble_ms.get(c, mono_ms) for c in sorted(now)}
        return tuple((c, (mono_ms - at) // 1000) for c, at in self._trouble_ms.items())

    def _second_controller(self, mono_ms: int) -> bool:
        """The board keeps saying that it has another controller; our own dead session may, too."""
        since = self._link.busy_since_ms
        return since is not None and mono_ms - since >= BUSY_MS

    def _unacked_since_s(self, unacked: int, judged: Judgement, utc_ms: int, mono_ms: int) -> int:
        """Since when the hub lacks something, by the time that passes: a jump is no wait.

        What waited for its barrier did not wait for the hub.
        """
        if not unacked:
            self._complete_ms = mono_ms
            return 0
        acked = self._journal.acked
        if self._unacked_of[0] != acked:
            first = self._journal.read(acked, 1)
            age_ms = max(0, utc_ms - first[0].at_ms) if first else 0
            if self._complete_ms is not None:
                age_ms = min(age_ms, mono_ms - self._complete_ms)
            self._unacked_of = (acked, mono_ms - age_ms)
        doubt = judged.reason not in ("", BOARD_SILENT)
        if doubt and not self._doubted:  # the age was told by a clock that nobody believes
            self._unacked_of = (acked, mono_ms)
        self._doubted = doubt
        return (utc_ms - (mono_ms - self._unacked_of[1])) // 1000

    def _bad_frames(self, board: Actual | None, mono_ms: int) -> int:
        total = self._link.bad_frames + (board.bad_frames if board is not None else 0)
        hour = mono_ms // HOUR_MS
        if self._bad_base[0] != hour or total < self._bad_base[1]:
            self._bad_base = (hour, total)
        return total - self._bad_base[1]

    def news(self, facts: Facts) -> bool:
        """Whether anything that decisions hang on has changed since this was asked last."""
        said = _without_noise(facts.board) if facts.board is not None else b""
        seen = (
            said,
            facts.link,
            facts.clock_trusted,
            facts.clock_reason,
            facts.connected,
            bool(facts.unacked),
            facts.second_controller,
            facts.report_fault,
            facts.hub_head,
            facts.rows_shifted,
            facts.asleep_s,
            facts.drifting,
        )
        changed = seen != self._seen
        self._seen = seen
        return changed


def _without_noise(board: Actual) -> bytes:
    """What the board says, but for the clock and the trembling of scale and battery."""
    utc_s, cup_mg, battery_mv = board.utc_s, board.cup_mg, board.battery_mv
    board.utc_s, board.cup_mg = 0, (cup_mg + SCALE_STEP_MG // 2) // SCALE_STEP_MG
    board.battery_mv = battery_mv // BATTERY_STEP_MV
    said = board.pack()
    board.utc_s, board.cup_mg, board.battery_mv = utc_s, cup_mg, battery_mv
    return said
