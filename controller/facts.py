"""What the core is told at one instant: the world's answers, never its own memory.

Responsible for: the shape of a turn's input and the two readings of "now" that
every rule uses. Not responsible for gathering it (loop.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.events import Json
from hal.wire import codes
from hal.wire.messages import Actual


@dataclass(frozen=True, slots=True)
class Settings:
    """The few numbers a home may set; the defaults are the recommended ones."""

    asked_reserve: int = 4  # compartments kept for each as-needed regimen
    load_ahead_s: int = 36 * 3600  # ask for a refill this long before the first gap
    load_days: int = 14  # never load further ahead than this
    reports_wait_s: int = 900  # reports unacknowledged for this long raise an alert


@dataclass(frozen=True, slots=True)
class Facts:
    """One turn's input. `board` is None unless a fresh Actual is at hand."""

    utc_s: int  # the controller's clock, Unix seconds
    clock_trusted: bool = True
    clock_reason: str = ""
    spread_s: int = 0
    drifting: bool = False  # the clocks drift apart, though both are still trusted
    doubted_s: int = 0  # untrusted for this long, by monotonic time: the clock itself may stand
    silent_s: int = 0  # the board unheard of for this long, by monotonic time
    heard_s: int = 86_400  # and heard of for this long without such a silence
    board: Actual | None = None
    board_age_s: int = 0  # how long ago it said so
    troubles: tuple[tuple[int, int], ...] = ()  # what bars the next round, and for how long (s)
    link: str = "never"  # never, fresh, aging, stale
    second_controller: bool = False
    bad_frames_hour: int = 0
    connected: bool = False
    reporting: bool = True  # False: no broker is configured
    unacked: int = 0
    unacked_since_s: int = 0
    head: str = ""  # hash of our newest event, hex
    head_known: bool = True  # the board's is in our chain, or a new log was opened for it (R1)
    hub_head: str = ""  # what the hub knows and our chain lacks, hex
    report_fault: str = ""  # what is wrong with the log, as seen by who sends it
    log_epoch: str = ""
    rows_shifted: bool = False  # today's zone data would move rows that two people signed (R18)
    asleep_s: int = 0  # the loop did not run for this long before this turn, 0: it did
    real_only: bool = False  # a controller set up for real hardware
    settings: Settings = Settings()

    @property
    def board_utc_s(self) -> int:
        """The board's clock in Unix seconds; ours where it cannot be read."""
        if self.board is None:
            return self.utc_s
        return self.board.utc_s + codes.EPOCH_2020_S + self.board_age_s

    @property
    def early_s(self) -> int:
        """The clock that is behind: what opens or closes waits for it."""
        return min(self.utc_s, self.board_utc_s)

    @property
    def late_s(self) -> int:
        """The clock that is ahead: what must still be open is judged by it."""
        return max(self.utc_s, self.board_utc_s)

    def flag(self, bit: int) -> bool:
        """Whether the board reports this flag; False without a fresh Actual."""
        return self.board is not None and bool(self.board.flags & bit)


@dataclass(frozen=True, slots=True)
class Wish:
    """Something a person asks for; `args` come from the local socket, unchecked."""

    verb: str
    args: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a wish led to: events, or a refusal with a code and a sentence."""

    ok: bool
    code: str = ""
    why: str = ""
    more: dict[str, Json] | None = None
