"""What a scanner reads from a medicine pack: GS1 element strings (DataMatrix, GS1-128).

Responsible for: product, expiry, lot and serial of one text, check digit and calendar verified.
Not responsible for scanning, or for which product was ordered (checks/packs.py). Source: GS1
General Specifications, sections 3 (application identifiers) and 7.9 (check digit), 7.12 (century).
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from schedules.model import PlanRefused

GROUP = "\x1d"  # FNC1 between elements, as scanners send it
SYMBOLOGIES = ("]d2", "]C1", "]Q3", "]e0")
MAX_CHARS = 200
_FIXED = {"00": 18, "01": 14, "02": 14, "11": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2}
_OPEN = {"10": 20, "21": 20, "22": 20, "30": 8, "37": 8, "240": 30, "241": 30, "250": 30}
_OPEN |= {f"71{digit}": 20 for digit in range(7)}  # national numbers of medicines
_NUMERIC = frozenset((*_FIXED, "30", "37"))
# GS1's character set 82: what an open field may hold
_SET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
_SHOWN = re.compile(r"\(([0-9]{2,4})\)([^()]*)")


@dataclass(frozen=True)
class Mark:
    """What a pack says of itself; empty where it says nothing."""

    gtin: str = ""  # 14 digits
    expiry: date | None = None  # last day it may be used
    lot: str = ""
    serial: str = ""


def parse(text: str, year: int) -> Mark:
    """The mark of a scanned text; PlanRefused where it is not a sound one.

    `year` is this year: two digits of a date mean the year nearest to it.
    """
    if len(text) > MAX_CHARS:
        raise _refused("gs1-form", "longer than any mark of a pack")
    found = _elements(text)
    if "01" in found and not gtin_holds(found["01"]):
        raise _refused("gs1-check-digit", "the check digit of the product number is wrong")
    expiry = _date(found["17"], year) if "17" in found else None
    return Mark(found.get("01", ""), expiry, found.get("10", ""), found.get("21", ""))


def gtin_holds(gtin: str) -> bool:
    """Whether a product number has its length and its check digit (weights 3 and 1)."""
    if len(gtin) not in (8, 12, 13, 14) or not (gtin.isascii() and gtin.isdigit()):
        return False
    digits = [int(one) for one in reversed(gtin)]
    return not sum(one * (3 if place % 2 else 1) for place, one in enumerate(digits)) % 10


def gtin14(gtin: str) -> str:
    """The number with leading noughts; PlanRefused where its check digit is wrong."""
    if not gtin_holds(gtin):
        raise _refused("gs1-check-digit", "the check digit of the product number is wrong")
    return gtin.zfill(14)


def _elements(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _shown(text) if text.startswith("(") else _scanned(text):
        most = _FIXED.get(name) or _OPEN[name]
        if not value or len(value) > most or (name in _FIXED and len(value) != most):
            raise _refused("gs1-form", f"element {name} has not its length")
        ok = value.isascii() and value.isdigit() if name in _NUMERIC else _SET_82.fullmatch(value)
        if not ok:
            raise _refused("gs1-form", f"element {name} holds what it may not")
        if found.setdefault(name, value) != value:
            raise _refused("gs1-form", f"element {name} stands twice and differs")
    if not found:
        raise _refused("gs1-form", "there is no mark in this text")
    return found


def _shown(text: str) -> list[tuple[str, str]]:
    """(01)0950...(17)270331: as printed beside the code."""
    if "".join(f"({n}){v}" for n, v in _SHOWN.findall(text)) != text:
        raise _refused("gs1-form", "brackets are not closed, or stand in a value")
    return [(_known(name, name), value) for name, value in _SHOWN.findall(text)]


def _scanned(text: str) -> list[tuple[str, str]]:
    """]d20109...: as a scanner sends it, open fields ended by a group separator."""
    for prefix in (*SYMBOLOGIES, GROUP):
        text = text.removeprefix(prefix)
    found = []
    while text:
        name = _known(text[:2], text[:3])
        rest = text[len(name) :]
        if name in _FIXED:
            value, text = rest[: _FIXED[name]], rest[_FIXED[name] :].removeprefix(GROUP)
        else:
            value, _, text = rest.partition(GROUP)
        found.append((name, value))
    return found


def _known(two: str, three: str) -> str:
    for name in (two, three):
        if name in _FIXED or name in _OPEN:
            return name
    raise _refused("gs1-unknown", "an element of this mark is not known here")


def _date(text: str, year: int) -> date:
    """YYMMDD; day 00 is the last of the month; the century nearest to this year."""
    two, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    full = year - year % 100 + two
    full += 100 if full - year <= -50 else -100 if full - year > 50 else 0
    try:
        return date(full, month, day or monthrange(full, month)[1])
    except ValueError:
        raise _refused("gs1-date", "the expiry is no day of the calendar") from None


def _refused(code: str, sentence: str) -> PlanRefused:
    return PlanRefused(code, "code", sentence)
