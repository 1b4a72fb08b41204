"""Whether the clocks can be believed: two witnesses, and a step that only a person explains.

Responsible for: comparing our UTC clock with the board's own clock, with monotonic time
and with the journal. Not responsible for: reading any of them (clocks.py) or what happens
while in doubt (rules). Network time and an RTC written from it are one witness: the board,
whose clock is set only at the machine, is the other. Pure; all times are passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.wire.codes import EPOCH_2020_S

SPREAD_S = 120  # the two clocks may disagree by this, and by their drift since last set
SPREAD_MAX_S = 15 * 60
BACK_S = 5  # so much nearer than the bound before they count as together again: no flapping
STEP_S = 120  # against monotonic time
BOARD_PPM = 20  # of the board's clock, as hardware/clocks.toml states it
CONTROLLER_PPM = 20  # of ours while no network corrects it
DRIFT_PPM = BOARD_PPM + CONTROLLER_PPM  # they may run apart in opposite directions
DRIFTING_S = SPREAD_S // 2  # told from here on: while trust still holds, however fast it goes
ANCHOR_MS = 3_600_000  # a step is measured over at least this long, then anew

BOARD_SILENT = "board-silent"
BOARD_CLOCK = "board-clock-not-set"
STEPPED = "stepped"
APART = "apart"
BEFORE_JOURNAL = "before-journal"


@dataclass(frozen=True, slots=True)
class Judgement:
    """May time be used to decide a dose, and between which two instants is it now."""

    trusted: bool
    reason: str  # "" while trusted
    spread_s: int  # between the two clocks; 0 where there is only one
    drifting: bool  # over DRIFTING_S, still trusted: a person should set the board's clock
    earliest_ms: int  # Unix ms: a dose closes only when this is past its close_at
    latest_ms: int  # Unix ms: nothing may open, and no gap ends, before this is past


class ClockWatch:
    """Remembers one pair of clock readings, and a step until a person has confirmed it."""

    def __init__(self, *, stepped: bool = False, drift_ppm: int = DRIFT_PPM) -> None:
        """`stepped`: the journal ends in a doubt for that reason, which a restart must not cure."""
        self._stepped = stepped
        self._drift_ppm = drift_ppm
        self._confirmed = False
        self._apart = False
        self._anchor: tuple[int, int] | None = None  # utc_ms, mono_ms

    def judge(
        self,
        utc_ms: int,
        mono_ms: int,
        board_utc_s: int | None,
        board_clock_ok: bool,
        floor_ms: int,
        confirmed: bool,
        *,
        board_set_ms: int | None = None,
    ) -> Judgement:
        """Compare everything that tells the time.

        `board_utc_s` is the board's clock now (seconds since 2020), None without a fresh Actual;
        `floor_ms` the newest instant journaled while trusted; `confirmed` whether a named person
        has confirmed since the last doubt; `board_set_ms` when the board's clock was last set.
        """
        self._watch_steps(utc_ms, mono_ms, confirmed)
        if board_utc_s is None:
            # a step stays in doubt: with the board away nobody else could say that it was false
            return _doubt(STEPPED if self._stepped else BOARD_SILENT, utc_ms, utc_ms)
        board_ms = (EPOCH_2020_S + board_utc_s) * 1000
        spread_s = abs(utc_ms - board_ms) // 1000
        if not board_clock_ok:
            return _doubt(BOARD_CLOCK, utc_ms, utc_ms, spread_s)
        if self._stepped:
            return _doubt(STEPPED, utc_ms, board_ms, spread_s)
        bound_s = self.bound_s(utc_ms, board_set_ms)
        self._apart = spread_s > bound_s - (BACK_S if self._apart else 0)
        if self._apart:
            return _doubt(APART, utc_ms, board_ms, spread_s)
        if utc_ms + SPREAD_S * 1000 < floor_ms:
            return _doubt(BEFORE_JOURNAL, utc_ms, board_ms, spread_s)
        earliest_ms, latest_ms = sorted((utc_ms, board_ms))
        return Judgement(True, "", spread_s, spread_s > DRIFTING_S, earliest_ms, latest_ms)

    def bound_s(self, utc_ms: int, board_set_ms: int | None) -> int:
        """The largest spread that drift explains, in seconds; never set: no drift is granted."""
        if board_set_ms is None:
            return SPREAD_S
        age_s = max(0, utc_ms - board_set_ms) // 1000
        return min(SPREAD_S + age_s * self._drift_ppm // 1_000_000, SPREAD_MAX_S)

    def _watch_steps(self, utc_ms: int, mono_ms: int, confirmed: bool) -> None:
        """Latch a step; only a confirmation that comes after it takes it away."""
        if confirmed and not self._confirmed and self._stepped:
            self._stepped = False
            self._anchor = None
        self._confirmed = confirmed
        if self._anchor is None:
            self._anchor = (utc_ms, mono_ms)
            return
        passed_ms = mono_ms - self._anchor[1]
        if abs(utc_ms - self._anchor[0] - passed_ms) > STEP_S * 1000:
            self._stepped = True
            self._anchor = (utc_ms, mono_ms)
        elif passed_ms >= ANCHOR_MS:
            self._anchor = (utc_ms, mono_ms)


def _doubt(reason: str, one_ms: int, other_ms: int, spread_s: int = 0) -> Judgement:
    return Judgement(False, reason, spread_s, False, min(one_ms, other_ms), max(one_ms, other_ms))
