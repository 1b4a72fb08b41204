"""Every fault there is: one file in faults/ each, found by listing the folder.

Responsible for: what a fault is, and loading them all. Not responsible for when one
strikes (life.py) or for what it does (its own file).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.years.life import Life

FOLDER: Final = Path(__file__).parent / "faults"

# Marked L1 in the safety case, and no part of the machine yet that could have it.
NO_PART: Final = {
    "F29": "no tag reader",
    "F30": "no update over the cable",
    "F33": "no certificates and no way to revoke a key",
}
NOT_HERE: Final = {
    "F21": "allocation fails: needs the real interpreter (L2)",
    "F25": "reconnect storm of many homes: needs real brokers (L3)",
}


@dataclass(frozen=True)
class Fault:
    """One fault of the safety case; `strike` says what it did, "" where it could not."""

    ident: str
    title: str
    strike: Callable[[Life], str]
    lie: bool = False  # a sensor or actuator is untrue: one of these at a time
    last: bool = False  # nothing may move afterwards: it ends the life
    setting: bool = False  # it is in how the life begins, not in a moment of it


@cache
def faults() -> tuple[Fault, ...]:
    """All of them, by number."""
    names = sorted(path.stem for path in FOLDER.glob("f*.py"))
    modules = [importlib.import_module(f"tests.years.faults.{name}") for name in names]
    return tuple(module.FAULT for module in modules)
