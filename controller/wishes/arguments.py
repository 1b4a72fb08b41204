"""What every wish shares: its arguments, and how it is refused.

Responsible for: checking one argument, and whether somebody stands at the machine. Not
responsible for what a wish means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from controller.events import Json
from controller.facts import Facts
from hal.wire import codes

NAME_MAX: Final = 80


class Refused(Exception):
    """A wish that is not granted: stable code, sentence with what to do."""

    def __init__(self, code: str, why: str, next_at: int = 0) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code
        self.why = why
        self.next_at = next_at


def text(wish: Mapping[str, Json], name: str) -> str:
    """A text argument; raises Refused."""
    value = wish.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > NAME_MAX:
        raise Refused("bad-argument", f"{name!r} must be a text of 1 to {NAME_MAX} characters.")
    return value.strip()


def number(wish: Mapping[str, Json], name: str, low: int, high: int) -> int:
    """A whole number within bounds; raises Refused."""
    value = wish.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Refused("bad-argument", f"{name!r} must be a whole number from {low} to {high}.")
    return value


def at_machine(facts: Facts) -> None:
    """Raises Refused unless somebody stands at the open machine with the service switch."""
    if not (facts.flag(codes.F_SERVICE) and facts.flag(codes.F_DOOR_OPEN)):
        raise Refused("not-at-machine", "Hold the service switch and open the door first.")
