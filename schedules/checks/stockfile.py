"""What lies in the machine or is about to be loaded: packs and counts, as a file says them.

Responsible for: reading it strictly (YAML or JSON as text values), product marks included. Not
responsible for what it means for a plan (packs.py, stock.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from schedules import gs1
from schedules.model import PlanRefused
from schedules.schema import Document

SCHEMA = "posology-stock/1"
MAX_PACKS = 200
_TOP = {"schema", "on", "next_loading", "products", "packs"}
_PACK = {"regimen", "pieces", "code", "gtin", "lot", "expiry", "strength"}


@dataclass(frozen=True)
class Pack:
    """Pieces of one regimen that share a lot; `expiry` is the last day they may be taken."""

    regimen: str
    quarters: int
    lot: str = ""
    expiry: date | None = None
    gtin: str = ""  # 14 digits
    strength: str = ""


@dataclass(frozen=True)
class Stock:
    """Packs, counted at the beginning of `on`; `products` are the numbers that were ordered."""

    on: date
    packs: tuple[Pack, ...]
    next_loading: date | None = None
    products: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_stock(document: Document) -> Stock:
    """The stock of a file; PlanRefused with the place of what does not fit."""
    top = _mapping(document, "", _TOP, {"schema", "on", "packs"})
    if top["schema"] != SCHEMA:
        raise PlanRefused("wrong-value", "schema", f"must be '{SCHEMA}'")
    on = _date(top["on"], "on")
    found = _list(top["packs"], "packs", MAX_PACKS)
    later = top.get("next_loading")
    products = {}
    named = top.get("products", {})
    if not isinstance(named, dict):
        raise PlanRefused("wrong-type", "products", "a mapping of regimens is needed")
    for name, numbers in named.items():
        place = f"products.{_id(name, 'products')}"
        products[name] = tuple(_gtin(one, place) for one in _list(numbers, place, 20))
    packs = tuple(_pack(one, f"packs[{i}]", on.year) for i, one in enumerate(found))
    loading = None if later is None else _date(later, "next_loading")
    return Stock(on, packs, loading, products)


def _pack(document: Document, place: str, year: int) -> Pack:
    one = _mapping(document, place, _PACK, {"regimen", "pieces"})
    mark = gs1.Mark()
    if "code" in one:
        try:
            mark = gs1.parse(_text(one["code"], f"{place}.code"), year)
        except PlanRefused as refused:
            raise PlanRefused(refused.code, f"{place}.code", refused.sentence) from None
    gtin = _gtin(one["gtin"], f"{place}.gtin") if "gtin" in one else ""
    expiry = _date(one["expiry"], f"{place}.expiry") if "expiry" in one else None
    lot = _text(one.get("lot", ""), f"{place}.lot").replace(gs1.GROUP, "")
    for word, said, scanned in (
        ("gtin", gtin, mark.gtin),
        ("expiry", expiry, mark.expiry),
        ("lot", lot, mark.lot),
    ):
        if said and scanned and said != scanned:
            sentence = f"the scanned mark says another {word}"
            raise PlanRefused("pack-contradicts-code", f"{place}.{word}", sentence)
    return Pack(
        regimen=_id(one["regimen"], f"{place}.regimen"),
        quarters=_quarters(one["pieces"], f"{place}.pieces"),
        lot=lot or mark.lot,
        expiry=expiry or mark.expiry,
        gtin=gtin or mark.gtin,
        strength=_text(one.get("strength", ""), f"{place}.strength").replace(gs1.GROUP, ""),
    )


def _quarters(value: Document, place: str) -> int:
    text = _text(value, place)
    match = re.fullmatch(r"([0-9]{1,4})(?:[.](25|5|50|75))?", text, re.ASCII)
    if match is None:
        raise PlanRefused("wrong-value", place, "pieces are 0 to 9999.75, in quarters")
    return int(match[1]) * 4 + {None: 0, "25": 1, "5": 2, "50": 2, "75": 3}[match[2]]


def _gtin(value: Document, place: str) -> str:
    try:
        return gs1.gtin14(_text(value, place))
    except PlanRefused as refused:
        raise PlanRefused(refused.code, place, refused.sentence) from None


def _date(value: Document, place: str) -> date:
    """A day; a month alone means its last day, as on a pack."""
    text = _text(value, place)
    try:
        if re.fullmatch(r"20[0-9]{2}-[0-9]{2}", text, re.ASCII):
            following = date(int(text[:4]), int(text[5:]), 28).toordinal() + 4
            first = date.fromordinal(following).replace(day=1)
            return date.fromordinal(first.toordinal() - 1)
        return date.fromisoformat(text)
    except ValueError:
        raise PlanRefused("wrong-value", place, "a date as 2027-03-31, or 2027-03") from None


def _mapping(value: Document, place: str, known: set[str], needed: set[str]) -> dict[str, Document]:
    if not isinstance(value, dict):
        raise PlanRefused("wrong-type", place, "a mapping is needed")
    for key in value:
        if key not in known:
            raise PlanRefused("unknown-key", place, "it holds a key that is not known here")
    for key in sorted(needed - set(value)):
        raise PlanRefused("missing-key", place, f"'{key}' is missing")
    return value


def _list(value: Document, place: str, most: int) -> list[Document]:
    if not isinstance(value, list):
        raise PlanRefused("wrong-type", place, "a list is needed")
    if len(value) > most:
        raise PlanRefused("too-many", place, f"at most {most} entries")
    return value


def _id(value: Document, place: str) -> str:
    """The id of a regimen; whether the plan has it is asked later (packs.py)."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", value, re.ASCII):
        raise PlanRefused(
            "wrong-value", place, "the id of a regimen: small letters, digits and '-'"
        )
    return value


def _text(value: Document, place: str) -> str:
    if not isinstance(value, str) or len(value) > gs1.MAX_CHARS:
        raise PlanRefused("wrong-type", place, "one short text is needed")
    if not value.replace(gs1.GROUP, "").isprintable():
        raise PlanRefused("wrong-value", place, "it holds characters that cannot be shown")
    return value
