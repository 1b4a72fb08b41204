"""F19: the disk is full or read-only; what was never synced is gone after a cut."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """SQLite itself is told so; the process starts anew when somebody has made room."""
    kind = home.drawn.choice(("full", "read-only", "cut"))
    if kind == "cut":
        return "unsynced events lost" if home.pull_plug(5) else ""
    if not home.refuse_writes(kind, home.drawn.choice((20, 300, 3600))):
        return ""
    return f"disk {kind}"


FAULT = Fault("F19", "disk full, read-only, unsynced writes lost", strike)
