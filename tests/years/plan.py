"""Plans of four rounds a day, which is what a patient-year is counted in.

Responsible for: the text of a random plan with exactly four rounds each day. Not
responsible for overlapping rounds and shared windows: tests/controller/swarm_plans.py.
"""

from __future__ import annotations

import random
from typing import Final

from tests.controller.plan_text import SHARED, asked, head, row

ROUNDS_A_DAY: Final = 4

_ALERT: Final = "high_alert: yes\n    limits: {max_per_24h: 4}"
# For each round of the day: (id, mg, dose, more), and who may come with it in one cup.
_SLOTS: Final = (
    ("08:00", (("metformin", 620, "1", ""), ("amlodipine", 200, "1", ""))),
    ("12:30", (("gabapentin", 390, "1", ""), ("naproxen", 400, "2", ""))),
    ("18:30", (("ramipril", 300, "1", ""), ("warfarin", 180, "2", _ALERT))),
    ("22:00", (("simvastatin", 210, "1", ""), ("quetiapine", 330, "1", ""))),
)  # fmt: skip


def plan_text(
    luck: random.Random,
    first: str,
    last: str,
    *,
    version: int = 1,
    previous: str = "",
    zone: str = "Europe/Berlin",
) -> str:
    """One medicine in each of the four rounds, now and then a second one beside it."""
    text = head(
        "years", version=version, previous=previous, zone=zone, first=first, last=last,
        groups=SHARED,
    )  # fmt: skip
    for at, choices in _SLOTS:
        one = luck.randrange(2)
        taken = choices if luck.random() < 0.15 else choices[one : one + 1]
        for name, mg, dose, more in taken:
            text += row(name, mg, dose, at, more, start=first)
    return text + asked(first).rstrip() + "\n"
