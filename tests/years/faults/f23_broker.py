"""F23: the broker is down, flaps, forgets, doubles, disorders or is slow."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life

_KINDS = ("down", "flapping", "forgets", "doubles", "disorders", "slow", "loses")


def strike(home: Life) -> str:
    """For seconds to days."""
    kind = home.drawn.choice(_KINDS)
    post = home.mail
    ms = round(1000 * (200_000 ** home.drawn.random()))
    if kind in ("down", "forgets"):
        post.fall(forget=kind == "forgets")
        home.later(ms, post.rise)
        return f"broker {kind}"
    if kind == "flapping":
        for i in range(20):
            home.later(i * 1000, post.rise if i % 2 else post.fall)
        return "broker flapping"
    rate = home.drawn.random()
    post.twice = rate if kind == "doubles" else 0.0
    post.shuffle = rate if kind == "disorders" else 0.0
    post.lose = rate / 2 if kind == "loses" else 0.0
    post.slow_ms = 60_000 if kind == "slow" else 0
    home.later(min(ms, 3_600_000), post.soothe)
    return f"broker {kind}"


FAULT = Fault("F23", "broker down, flapping, losing", strike)
