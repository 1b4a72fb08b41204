"""What fell, and since when it counts: the instants behind every gap and cap.

Responsible for: how releases are stamped, dated anew when a clock is believed again, and
forgotten. Not responsible for what follows from them (rules/limits.py) or for which event
changes them (fold/). In doubt an instant is never earlier than the truth may be.
"""

from __future__ import annotations

from controller.copies import replace
from controller.state import KEEP_S, Release, State


def trusted(s: State, at: int) -> tuple[Release, ...]:
    """The releases once the clock is believed again at `at` (Unix s)."""
    lying = set(s.cup.doses) if s.cup and not s.cup.lifted_at else set()
    doubt = s.doubt_lifts >= 0
    return tuple(
        _dated(r, at, not r.lifted_at and (doubt or r.dose_id in lying)) for r in s.releases
    )


def _dated(r: Release, at: int, lying: bool) -> Release:
    """What was stamped in doubt: nothing fell after now; what left then, left now at the latest."""
    lifted_at = 0 if lying else min(r.lifted_at or at, at)
    return replace(r, at_s=min(r.at_s, at), lifted_at=lifted_at)


def kept(releases: tuple[Release, ...], at: int) -> tuple[Release, ...]:
    """Caps need the last days; a gap may be weeks, so the newest of each regimen stays."""
    newest = {r.regimen: r for r in sorted(releases, key=lambda r: r.at_s)}
    return tuple(
        r
        for r in releases
        if not r.lifted_at or r.lifted_at > at - KEEP_S or newest[r.regimen] is r
    )


def left(s: State, at: int, *, everything: bool = False) -> State:
    """What lay in the cup lies there no more; on a clock in doubt its gap cannot begin yet."""
    inside = set(s.cup.doses) if s.cup else set()
    stamp = at if s.clock_trusted else 0

    def leaves(r: Release) -> bool:
        # in a cup that came back with something in it the gap begins anew with each lift
        again = everything and r.dose_id in inside
        return again or (not r.lifted_at and (everything or r.dose_id in inside))

    return replace(
        s, releases=tuple(replace(r, lifted_at=stamp) if leaves(r) else r for r in s.releases)
    )
