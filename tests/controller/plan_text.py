"""The text of a plan, from head to as-needed row, for tests that draw or write their own.

Responsible for: the lines that every such plan has. Not responsible for which medicines it
holds, or when: swarm_plans.py, tests/years/plan.py, tests/model/scene.py and others.
"""

from __future__ import annotations

from typing import Final

FIRST: Final = "2026-11-20"
LAST: Final = "2027-11-19"
# with what is said between the window and the regimens
SHARED: Final = "groups:\n  - {ingredient: paracetamol, min_gap: 4h, max_per_24h: 8}\n"


def head(
    plan_id: str,
    *,
    version: int = 1,
    previous: str = "",
    zone: str = "Europe/Berlin",
    first: str = FIRST,
    last: str = LAST,
    window: str = "early: 30min, late: 60min",
    groups: str = "",
) -> str:
    """Everything above the first regimen; `previous` is the hash of the version before."""
    replaced = f"previous_hash: {previous}\n" if previous else ""
    return f"""
schema: posology-plan/1
plan_id: {plan_id}
version: {version}
{replaced}device: posology-demo-1
patient: pt-7Q2K
zone: {zone}
valid_from: {first}
valid_until: {last}
clock: {{wake: 07:00, breakfast: 08:00, lunch: 12:30, dinner: 18:30, bed: 22:00}}
window: {{{window}}}
{groups}regimens:
"""


def row(
    name: str, mg: int, dose: str, at: str, more: str = "", *, of: str = "", start: str = FIRST
) -> str:
    """One regimen at fixed times of day; `of`: its ingredients where they are not its name."""
    return f"""
  - id: {name}
    name: {name}
    form: tablet
    strength: 5 mg
    ingredients: [{of or name}]
    piece_mg: {mg}
    start: {start}
    last_taken: never
    {more}
    steps:
      - take:
          - {{dose: {dose}, at: [{at}]}}
"""


def asked(start: str = FIRST) -> str:
    """An as-needed regimen, the last of a plan."""
    return f"""
  - id: pain
    name: pain
    form: tablet
    strength: 5 mg
    ingredients: [paracetamol]
    piece_mg: 560
    start: {start}
    last_taken: never
    as_needed: {{for: pain, dose: 2, min_gap: 4h, max: 8, per: 24h}}
"""
