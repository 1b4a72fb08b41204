"""F24: the hub is down, dies between commit and acknowledgement, or goes back in time."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """A failover to a copy of some hours ago is what a lost last commit looks like."""
    hub = home.mail.hub
    kind = home.drawn.choice(("down", "mute", "failover"))
    if kind == "down":
        hub.up = False
        home.later(round(1000 * (50_000 ** home.drawn.random())), home.mail.hub_up)
    elif kind == "mute":
        hub.mute += home.drawn.randint(1, 3)
    else:
        kept = hub.copy()
        home.later(home.drawn.choice((2_000, 600_000, 7_200_000)), lambda: hub.restore(kept))
    return f"hub {kind}"


FAULT = Fault("F24", "hub down, dead after commit, failover", strike)
