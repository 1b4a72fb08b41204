"""Random plans for a swarm: overlapping rounds, shared compartments, one ingredient twice.

Responsible for: the text of a plan drawn from a random source. Not responsible for what
becomes of it (swarm.py).
"""

from __future__ import annotations

import random
from typing import Final

_HEAD: Final = """
schema: posology-plan/1
plan_id: swarm
version: {version}
{previous}device: posology-demo-1
patient: pt-7Q2K
zone: Europe/Berlin
valid_from: 2026-11-20
valid_until: 2027-11-19
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
    ingredients: [{ingredients}]
    piece_mg: {mg}
    start: 2026-11-20
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
    start: 2026-11-20
    last_taken: never
    as_needed: {for: pain, dose: 2, min_gap: 4h, max: 8, per: 24h}
"""
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
    text = _HEAD.format(
        version=version, previous=f"previous_hash: {previous}\n" if previous else ""
    )
    for name, ingredients, mg, dose, times, more in _MEDICINES:
        if luck.random() < 0.75 or name == "metformin":
            text += _ROW.format(
                id=name, ingredients=ingredients, mg=mg, dose=dose, at=luck.choice(times), more=more
            )
    return text + _ASKED.rstrip() + "\n" + (_BESIDE if "cocodamol" in text else "")
