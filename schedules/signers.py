"""Who a device trusts: names that cannot be mistaken, keys that only their owner can use.

Responsible for: what makes two signers one person, and which keys are no keys. Not responsible
for signatures (seal.py) or for how the list of signers is kept (files.py).
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

ROLES = ("pharmacist", "checker")
_P = 2**255 - 19  # the field of Ed25519
_D = -121665 * pow(121666, _P - 2, _P) % _P


@dataclass(frozen=True)
class Signer:
    """Somebody the device trusts, in one role; `public_key` is 32 raw bytes."""

    name: str
    role: str
    public_key: bytes


def person(name: str) -> str:
    """What is left of a name when case, accents and signs are taken away: one person, one text."""
    folded = unicodedata.normalize("NFKD", name).casefold().removeprefix("person/")
    return "".join(letter for letter in folded if letter.isalnum()) or name


def known_as(trusted: Iterable[Signer], name: str, role: str) -> list[Signer]:
    """Every entry of a person in a role: while a key is changed there are two."""
    return [one for one in trusted if one.name == name and one.role == role and role in ROLES]


@lru_cache(maxsize=256)
def weak(public_key: bytes) -> bool:
    """Whether anybody could sign for this key: not 32 bytes, no point, or of small order.

    A point P has small order when 8 P is the neutral point (RFC 8032, section 5.1; the cofactor
    is 8). A y written beyond the field is refused too: a key has one spelling.
    """
    if len(public_key) != 32:
        return True
    number = int.from_bytes(public_key, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= _P:
        return True
    x = _x_of(y, sign)
    if x is None:
        return True
    for _ in range(3):
        x, y = _double(x, y)
    return (x, y) == (0, 1)


def _x_of(y: int, sign: int) -> int | None:
    """The x of a point of the curve -x^2 + y^2 = 1 + d x^2 y^2, None where there is none."""
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    return _P - x if x % 2 != sign else x


def _double(x: int, y: int) -> tuple[int, int]:
    cross = _D * x * x * y * y % _P
    return (
        2 * x * y * pow(1 + cross, _P - 2, _P) % _P,
        (y * y + x * x) * pow(1 - cross, _P - 2, _P) % _P,
    )
