"""Are there pieces enough until the course ends, or until somebody comes to load?

Responsible for: planned pieces against counted ones, and the day they run out. Not responsible
for what the packs are (packs.py). A dose of half a piece needs half a piece.
"""

from collections.abc import Iterator
from datetime import date

from schedules.canonical import quarters_text
from schedules.checks.finding import ASK, NOTE, Case, Finding
from schedules.checks.stockfile import Stock
from schedules.limits import caps
from schedules.localtime import local, zone_of
from schedules.model import Dose, Regimen


def check(case: Case) -> Iterator[Finding]:
    """Nothing without a stock file."""
    if case.stock is None:
        return
    for regimen in case.plan.regimens:
        if regimen.elsewhere:
            continue
        have = sum(p.quarters for p in case.stock.packs if p.regimen == regimen.id)
        if regimen.as_needed is not None:
            yield from _asked(case.stock, regimen, have)
        else:
            planned = [d for d in case.rows.get(regimen.id, []) if d.on_date >= case.stock.on]
            yield from _planned(case, case.stock, regimen, planned, have)


def _planned(
    case: Case, stock: Stock, regimen: Regimen, planned: list[Dose], have: int
) -> Iterator[Finding]:
    horizon = stock.next_loading
    needed = [d for d in planned if horizon is None or d.on_date < horizon]
    need = sum(d.quarters for d in needed)
    left = have
    for dose in planned:
        left -= dose.quarters
        if left >= 0:
            continue
        told = f"runs out on {dose.on_date.isoformat()}: {quarters_text(have)} pieces are here"
        ends = _ends(case, regimen, planned)
        if horizon is not None and dose.on_date < horizon:
            sentence = f"{told}, {quarters_text(need)} are needed until {horizon.isoformat()}"
            yield Finding("stock-short", ASK, regimen.id, sentence, "load more, or come earlier")
        elif horizon is None and ends is not None:
            total = quarters_text(sum(d.quarters for d in planned))
            sentence = f"{told}, the course needs {total} until {ends.isoformat()}"
            todo = "load the whole course, or say when the rest comes"
            yield Finding("stock-short", ASK, regimen.id, sentence, todo)
        else:
            yield Finding("runs-out", NOTE, regimen.id, told, "load again before that day")
        return
    spare = have - sum(d.quarters for d in planned)
    if planned and spare > 0 and _ends(case, regimen, planned) is not None:
        sentence = f"{quarters_text(spare)} pieces will be left when the course ends"
        yield Finding("stock-over", NOTE, regimen.id, sentence, "take them out then")


def _ends(case: Case, regimen: Regimen, planned: list[Dose]) -> date | None:
    """Last day of a course that ends by itself, None where only the plan's validity ends it."""
    last = regimen.steps[-1] if regimen.steps else None
    ended = last is not None and (
        last.length is not None or last.until is not None or last.doses or last.elapsed_s
    )
    if not planned or not ended or regimen.repeat_every is not None:
        return None
    zone = zone_of(case.plan.zone)
    assert zone is not None
    end = planned[-1].on_date
    return end if end < local(zone, case.plan.valid_until - 1).date() else None


def _asked(stock: Stock, regimen: Regimen, have: int) -> Iterator[Finding]:
    most = caps(regimen).per_24h
    if not most:
        return
    days = have // most
    day = date.fromordinal(min(stock.on.toordinal() + days, date.max.toordinal()))
    sentence = (
        f"as needed: {quarters_text(have)} pieces last until {day.isoformat()} at the soonest"
    )
    if stock.next_loading is not None and day < stock.next_loading:
        todo = "load more, or say why fewer will do"
        yield Finding("stock-may-be-short", NOTE, regimen.id, sentence, todo)
