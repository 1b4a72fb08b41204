"""Amounts in the words of people: `500 mg`, `30/500 mg`, `0.1 micrograms`.

Responsible for: every amount a name or a strength holds, as whole numbers of the smallest unit.
Not responsible for whether an amount is right (checks/strength.py, checks/plausible.py).
"""

import re
from dataclasses import dataclass
from decimal import Decimal

# nanograms, or thousandths of a unit: whole numbers for everything people write
_UNITS = {
    "g": ("mass", 10**9),
    "gram": ("mass", 10**9),
    "mg": ("mass", 10**6),
    "milligram": ("mass", 10**6),
    "mcg": ("mass", 10**3),
    "ug": ("mass", 10**3),
    "\N{MICRO SIGN}g": ("mass", 10**3),
    "\N{GREEK SMALL LETTER MU}g": ("mass", 10**3),
    "microgram": ("mass", 10**3),
    "ng": ("mass", 1),
    "nanogram": ("mass", 1),
    "iu": ("units", 1000),
    "ie": ("units", 1000),
    "u": ("units", 1000),
    "unit": ("units", 1000),
    "mmol": ("substance", 1000),
    "meq": ("charge", 1000),
    "%": ("share", 1000),
}
_NUMBER = r"(?:[0-9]{1,9}(?:[.,][0-9]{1,6})?|[.][0-9]{1,6})"
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
# 8/500 mg, 30 mg/500 mg, 5 mg/5 ml: what follows a slash without a unit of mass is a measure
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?P<more>(?:{_NUMBER}\s*/\s*)*)(?P<number>{_NUMBER})\s*"
    rf"(?P<unit>{_UNIT})s?(?![\w])",
    re.IGNORECASE,
)
_PER = re.compile(
    rf"/\s*(?:{_NUMBER}\s*)?(?:ml|l|h|hour|hr|24\s*h|dose|puff|actuation|spray|drop)\b", re.I
)
MG = 10**6
UG = 10**3


@dataclass(frozen=True, order=True)
class Amount:
    """`size` in nanograms (mass) or thousandths of a unit; `text` as it was written."""

    kind: str
    size: int
    text: str = ""

    def is_like(self, other: "Amount") -> bool:
        """Whether both say the same, however it is written."""
        return (self.kind, self.size) == (other.kind, other.size)


def amounts(text: str) -> tuple[Amount, ...]:
    """Every amount in a text, in order; a number without a unit is none."""
    found = []
    for match in _AMOUNT.finditer(_PER.sub(" ", text)):
        unit = match["unit"].lower()
        kind, scale = _UNITS[unit]
        for number in [*re.findall(_NUMBER, match["more"]), match["number"]]:
            size = _decimal(number) * scale
            if size == int(size) and size > 0:
                found.append(Amount(kind, int(size), f"{number} {match['unit']}"))
    return tuple(found)


def _decimal(number: str) -> Decimal:
    """1,000 is a thousand; 2,5 is two and a half."""
    whole, comma, part = number.partition(",")
    if comma and len(part) == 3 and whole.strip("0"):
        return Decimal(whole + part)
    return Decimal(number.replace(",", ".") if not number.startswith(".") else f"0{number}")


def masses(text: str) -> tuple[int, ...]:
    """Nanograms of every amount of mass in a text."""
    return tuple(one.size for one in amounts(text) if one.kind == "mass")


def mass_text(nanograms: int) -> str:
    """250 mg, 75 micrograms, as a label writes it."""
    for scale, word in ((MG, "mg"), (UG, "micrograms")):
        if nanograms >= scale:
            return f"{Decimal(nanograms) / scale:f} {word}"
    return f"{nanograms} nanograms"
