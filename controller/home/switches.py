"""What a person may set for the tasks of a simulated home, as NAME=value.

Responsible for reading and refusing; not responsible for what the values do.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from controller.home.places import HomeRefused

SPEED_MAX: Final = 3600
PLAYED: Final = ("SEED", "DAYS", "BROKER", "PLAN", "START", "KEEP", "FIRMWARE")
SWITCHES: Final = {
    "run": ("FRESH", "SPEED", "BROKER", "FIRMWARE", "PORT", "SEED"),
    "demo": PLAYED,
    "kills": (*PLAYED, "KILLS"),
}
OTHERS: Final = ("PYTHON", "TESTS", "BIN", "CODE")  # what the Makefile itself may be told
NEAR: Final = 0.8  # so alike, a word of the environment is a slip and not somebody else's
_SAID: Final = re.compile(r"(?:^|(?<!\\) )([A-Za-z_]\w*)=")


@dataclass(frozen=True)
class Switches:
    """All switches of one run."""

    fresh: bool
    speed: int  # simulated seconds per second
    broker: str  # nats, none
    firmware: str  # micropython, cpython
    port: int
    seed: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Switches:
        """From the environment; HomeRefused names the switch and what it takes."""
        return cls(
            fresh=environ.get("FRESH", "") not in ("", "0"),
            speed=whole(environ, "SPEED", 1, 1, SPEED_MAX),
            broker=one_of(environ, "BROKER", ("nats", "none")),
            firmware=one_of(environ, "FIRMWARE", ("micropython", "cpython")),
            port=whole(environ, "PORT", 8080, 1, 65535),
            seed=whole(environ, "SEED", 1, 0, 2**32 - 1),
        )

    def in_words(self) -> str:
        """One phrase for the person who started it."""
        pace = "in real time" if self.speed == 1 else f"demonstration, {self.speed} times as fast"
        mind = "MicroPython" if self.firmware == "micropython" else "CPython (not MicroPython)"
        return f"{pace}, firmware on {mind}, demonstration keys"


def refuse_unknown(environ: Mapping[str, str], task: str) -> None:
    """HomeRefused for what `make` was told and this task does not know, and for near misses."""
    known = SWITCHES[task]
    for name in _SAID.findall(environ.get("MAKEFLAGS", "").partition("-- ")[2]):
        if name not in known + OTHERS and not name.startswith("POSOLOGY_"):
            raise HomeRefused(f"{name}: {task} has no such switch; it takes {', '.join(known)}")
    meant_elsewhere = {name for names in SWITCHES.values() for name in names}
    for name in environ.keys() - meant_elsewhere:
        alike = difflib.get_close_matches(name, known, 1, NEAR)
        if alike:
            raise HomeRefused(f"{name} is set, and {task} has no such switch: {alike[0]}, perhaps?")


def whole(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`; HomeRefused names the switch."""
    text = environ.get(name, "") or str(default)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise HomeRefused(f"{name}={text}: a whole number from {low} to {high} is expected")
    return int(text)


def one_of(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of these words, the first where nothing is said; HomeRefused names the switch."""
    text = environ.get(name, "") or choices[0]
    if text not in choices:
        raise HomeRefused(f"{name}={text}: one of {', '.join(choices)} is expected")
    return text
