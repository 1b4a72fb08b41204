"""What every event is: frozen, past tense, with or without a barrier.

Responsible for: the class that all kinds share. Not responsible for the kinds
(machine.py, loading.py, doses.py, orders.py, alerts.py) or their JSON (__init__.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """A fact; `barrier` says that it must be on the disk before anything follows from it."""

    barrier: ClassVar[bool] = False
