"""F10: summer time comes or goes, and the home moves to another zone."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life

_ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")


def strike(home: Life) -> str:
    """The weeks lie around a change of the clocks; people move in the midst of them."""
    for day in (6, 16):
        home.enter(day * 86400 + home.drawn.randint(0, 86400), lambda: _move(home))
    return "weeks with a change of summer time"


def _move(home: Life) -> None:
    home.new_plan(zone=home.drawn.choice(_ZONES))


FAULT = Fault("F10", "summer time and change of zone", strike, setting=True)
