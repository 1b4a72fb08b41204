"""The rows that two people signed, kept as they were compiled then (R18).

Responsible for: writing a plan's rows and limits of the signed stretch as text, and reading them
back without computing any local time, so that no new time-zone data can shift them. Not
responsible for signatures (seal.py): `rows_hash` is what they cover.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date

from schedules.doses import dose_id, doses
from schedules.limits import counters
from schedules.model import DAY_S, Dose, Plan, PlanRefused

COMPILED_S = 90 * DAY_S  # how far ahead the signed rows reach

Limit = tuple[str, int, int]  # name of the counter, gap in seconds, cap in quarters


@dataclass(frozen=True)
class Rows:
    """Doses due in [valid_from, until), and what the lease enforces."""

    until: int
    doses: tuple[Dose, ...]
    limits: tuple[Limit, ...]


def compile_rows(plan: Plan) -> Rows:
    """What the plan compiles to now, with the time-zone data at hand."""
    until = min(plan.valid_until, plan.valid_from + COMPILED_S)
    limits = tuple((one.name, one.gap_s, one.cap) for one in counters(plan))
    return Rows(until, tuple(doses(plan, plan.valid_from, until)), limits)


def rows_hash(rows: Rows) -> str:
    """The hash that the signed envelope holds."""
    told = [[d.dose_id, d.open_at, d.warn_at, d.due_at, d.close_at, d.quarters] for d in rows.doses]
    data = json.dumps([told, [list(one) for one in rows.limits]], separators=(",", ":")).encode()
    return hashlib.sha256(data).hexdigest()


def write_rows(plan: Plan, rows: Rows) -> str:
    """Compact text; ids follow from plan and key."""
    index = {regimen.id: i for i, regimen in enumerate(plan.regimens)}
    told = [
        [
            index[d.regimen_id],
            d.kind,
            *d.key,
            d.open_at,
            d.due_at,
            d.warn_at,
            d.close_at,
            d.quarters,
            d.on_date.toordinal(),
        ]
        for d in rows.doses
    ]
    return json.dumps([rows.until, told, rows.limits], separators=(",", ":"))


def read_rows(plan: Plan, text: str) -> Rows:
    """The rows in a text of `write_rows`; PlanRefused where it is none."""
    try:
        until, told, limits = json.loads(text)
        found = tuple(_dose(plan, row) for row in told)
        return Rows(until, found, tuple((name, gap, cap) for name, gap, cap in limits))
    except (ValueError, TypeError, IndexError) as error:
        raise PlanRefused("rows-unreadable", "rows", "the signed rows cannot be read") from error


def _dose(plan: Plan, row: list[int | str]) -> Dose:
    which, kind, first, second, open_at, due_at, warn_at, close_at, quarters, day = row
    regimen = plan.regimens[int(which)]
    key = (first, second)
    name = dose_id(plan.patient, regimen.id, str(kind), key)
    window = (int(open_at), int(due_at), int(warn_at), int(close_at))
    on_date = date.fromordinal(int(day))
    return Dose(name, regimen.id, str(kind), key, int(quarters), *window, on_date)
