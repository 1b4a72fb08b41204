"""Is each pack the product that was ordered, and will it be used up before it expires?

Responsible for: product number, strength and expiry of what is loaded. Not responsible for
whether it is enough (stock.py). Pieces are used in order of expiry, as a person would load them.
"""

from collections.abc import Iterator
from datetime import date

from schedules.amounts import masses
from schedules.canonical import quarters_text
from schedules.checks.finding import ASK, NOTE, REFUSE, Case, Finding
from schedules.checks.stockfile import Pack, Stock
from schedules.model import Regimen

NEVER = date.max


def check(case: Case) -> Iterator[Finding]:
    """Nothing without a stock file."""
    if case.stock is None:
        return
    known = {one.id: one for one in case.plan.regimens}
    for name in sorted({pack.regimen for pack in case.stock.packs}):
        own = [pack for pack in case.stock.packs if pack.regimen == name]
        regimen = known.get(name)
        if regimen is None:
            sentence = "packs of it are here, and no regimen of this plan has this id"
            yield Finding("pack-of-nothing", REFUSE, name, sentence, "correct the id, or remove it")
            continue
        yield from _product(case.stock, regimen, own)
        yield from _strength(regimen, own)
        yield from _expiry(case, case.stock, regimen, own)


def _product(stock: Stock, regimen: Regimen, own: list[Pack]) -> Iterator[Finding]:
    ordered = stock.products.get(regimen.id, ())
    for pack in own:
        if not pack.gtin or pack.gtin in ordered:
            continue
        others = [name for name, some in stock.products.items() if pack.gtin in some]
        if others:
            sentence = f"the pack scanned for it is the product of {others[0]}"
        elif ordered:
            sentence = "the pack scanned for it is not the product that was ordered"
        else:
            continue
        todo = "put this pack away, and scan the right one"
        yield Finding("other-product", REFUSE, regimen.id, sentence, todo)
        return
    if not ordered and any(pack.gtin for pack in own):
        sentence = "no product number was ordered for it: the scanned one was compared with nothing"
        todo = "list the ordered numbers under products"
        yield Finding("product-unknown", NOTE, regimen.id, sentence, todo)


def _strength(regimen: Regimen, own: list[Pack]) -> Iterator[Finding]:
    ordered = sorted(masses(regimen.strength))
    for pack in own:
        found = sorted(masses(pack.strength))
        if found and ordered and found != ordered:
            sentence = f"the pack says {pack.strength}, ordered is {regimen.strength}"
            todo = "put this pack away, or order anew for this strength"
            yield Finding("pack-strength", REFUSE, regimen.id, sentence, todo)
            return


def _expiry(case: Case, stock: Stock, regimen: Regimen, own: list[Pack]) -> Iterator[Finding]:
    packs = sorted(own, key=lambda pack: pack.expiry or NEVER)
    for pack in packs:
        if pack.expiry is not None and pack.expiry < stock.on and pack.quarters:
            sentence = f"lot {pack.lot or 'unknown'} expired on {pack.expiry.isoformat()}"
            yield Finding("expired-pack", REFUSE, regimen.id, sentence, "put this pack away")
            return
    until = stock.next_loading or NEVER
    planned = [d for d in case.rows.get(regimen.id, []) if stock.on <= d.on_date <= until]
    left = [pack.quarters for pack in packs]
    at = 0
    for dose in planned:
        need = dose.quarters
        while need and at < len(packs):
            expiry = packs[at].expiry
            if left[at] and expiry is not None and expiry < dose.on_date:
                sentence = (
                    f"lot {packs[at].lot or 'unknown'} expires on {expiry.isoformat()}, and "
                    f"{quarters_text(left[at])} of its pieces would be left for "
                    f"{dose.on_date.isoformat()} and later"
                )
                todo = "load pieces that last until then, or fewer of these"
                yield Finding("expires-before-end", ASK, regimen.id, sentence, todo)
                return
            used = min(need, left[at])
            left[at] -= used
            need -= used
            if not left[at]:
                at += 1
