"""Random plans for a swarm: overlapping rounds, shared compartments, one ingredient twice.

Responsible for: which medicines a random source gives it, and when. Not responsible for its
lines (plan_text.py) or for what becomes of it (swarm.py).
"""

from __future__ import annotations

import random
from typing import Final

from tests.controller.plan_text import SHARED, asked, head, row

_BESIDE: Final = "    in_addition_to: cocodamol\n"
# (id, ingredients, mg, dose, times of day, more)
_MEDICINES: Final = (
    ("metformin", "metformin", 620, "1", ("08:00, 18:30", "07:00, 19:00"), ""),
    ("amlodipine", "amlodipine", 200, "1", ("08:00", "08:30"),
     "window: {early: 30min, late: 30min}"),
    ("naproxen", "naproxen", 400, "1.5", ("08:30", "12:30"),
     "window: {early: 45min, late: 180min}"),
    ("levodopa", "levodopa", 300, "1", ("07:30, 11:30, 15:30", "08:00, 12:30, 17:00"),
     "window: {early: 10min, late: 25min}\n    time_critical: yes"),
    ("warfarin", "warfarin", 180, "2", ("18:30", "20:00"),
     "high_alert: yes\n    limits: {max_per_24h: 4}"),
    ("cocodamol", "paracetamol", 540, "1", ("13:30", "21:30"), "in_addition_to: pain"),
    ("gabapentin", "gabapentin", 390, "1", ("12:30, 22:00", "13:00, 23:00"), ""),
)  # fmt: skip


def plan_text(luck: random.Random, version: int = 1, previous: str = "") -> str:
    """A plan of some of the medicines, at some of their times."""
    text = head("swarm", version=version, previous=previous, groups=SHARED)
    for name, ingredients, mg, dose, times, more in _MEDICINES:
        if luck.random() < 0.75 or name == "metformin":
            text += row(name, mg, dose, luck.choice(times), more, of=ingredients)
    return text + asked().rstrip() + "\n" + (_BESIDE if "cocodamol" in text else "")
