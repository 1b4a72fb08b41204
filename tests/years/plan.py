"""Plans of four rounds a day, which is what a patient-year is counted in.

Responsible for: the text of a random plan with exactly four rounds each day. Not
responsible for overlapping rounds and shared windows: tests/controller/swarm_plans.py.
"""

from __future__ import annotations

import random
from typing import Final

ROUNDS_A_DAY: Final = 4

_HEAD: Final = """
schema: posology-plan/1
plan_id: years
version: {version}
{previous}device: posology-demo-1
patient: pt-7Q2K
zone: {zone}
valid_from: {first}
valid_until: {last}
clock: {{wake: 07:00, breakfast: 08:00, lunch: 12:30, dinner: 18:30, bed: 22:00}}
window: {{early: 30min, late: 60min}}
groups:
  - {{ingredient: paracetamol, min_gap: 4h, max_per_24h: 8}}
regimens:
"""
_ROW: Final = """
  - id: {id}
    name: {id}
    form: tablet
    strength: 5 mg
    ingredients: [{id}]
    piece_mg: {mg}
    start: {first}
    last_taken: never
    {more}
    steps:
      - take:
          - {{dose: {dose}, at: [{at}]}}
"""
_ASKED: Final = """
  - id: pain
    name: pain
    form: tablet
    strength: 5 mg
    ingredients: [paracetamol]
    piece_mg: 560
    start: {first}
    last_taken: never
    as_needed: {{for: pain, dose: 2, min_gap: 4h, max: 8, per: 24h}}
"""
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
    text = _HEAD.format(
        version=version,
        previous=f"previous_hash: {previous}\n" if previous else "",
        zone=zone,
        first=first,
        last=last,
    )
    for at, choices in _SLOTS:
        one = luck.randrange(2)
        taken = choices if luck.random() < 0.15 else choices[one : one + 1]
        for name, mg, dose, more in taken:
            text += _ROW.format(id=name, mg=mg, dose=dose, at=at, more=more, first=first)
    return text + _ASKED.format(first=first).rstrip() + "\n"
