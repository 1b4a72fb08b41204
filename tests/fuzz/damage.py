"""Damage to good bytes: as a bad line, a bad pen, or a bad will would do it.

Responsible for: one damaged input from a seed, the same for the same seed. Not responsible for
what becomes of it.
"""

from __future__ import annotations

import re
from random import Random

from tests.fuzz.sayings import SAYINGS

MARKS = b"{}[],:\"'|^~&\\\r\n -#\x0b\x1c\x1d"
WORD = re.compile(rb"[\w.+-]+")
WORDS = tuple(word.encode("utf-8", "replace") for word in SAYINGS)
MOST = 1 << 15  # bytes of an input
ODD = (0, 1, -1, 2, 10**6, 10**12, 2**31, 2**63, -(2**63), 10**30)


def damaged(luck: Random, good: list[bytes]) -> bytes:
    """One of the good inputs after a few changes."""
    data = bytearray(luck.choice(good))
    for _ in range(luck.choice((1, 1, 1, 2, 3, 6))):
        luck.choice(WAYS)(luck, data, good)
    return bytes(data[:MOST])


def _place(luck: Random, data: bytearray) -> int:
    return luck.randint(0, len(data))


def flip(luck: Random, data: bytearray, good: list[bytes]) -> None:
    """One bit."""
    if data:
        data[luck.randrange(len(data))] ^= 1 << luck.randrange(8)


def mark(luck: Random, data: bytearray, good: list[bytes]) -> None:
    """A mark that means something to somebody, put in or put instead."""
    at = _place(luck, data)
    data[at : at + luck.randint(0, 1)] = bytes([luck.choice(MARKS)])


def cut(luck: Random, data: bytearray, good: list[bytes]) -> None:
    """Some bytes go; sometimes all to the end."""
    at = _place(luck, data)
    del data[at : at + luck.choice((1, 2, 8, 40, 1 << 20))]


def twice(luck: Random, data: bytearray, good: list[bytes]) -> None:
    """A stretch stands there once more, or many times."""
    at = _place(luck, data)
    some = bytes(data[at : at + luck.choice((1, 4, 20, 90))])
    data[at:at] = some * luck.choice((1, 1, 2, 40))


def other(luck: Random, data: bytearray, good: list[bytes]) -> None:
    """A stretch of another good input."""
    there = luck.choice(good)
    start = luck.randint(0, len(there))
    at = _place(luck, data)
    data[at : at + luck.choice((0, 8, 40))] = there[start : start + luck.choice((4, 30, 200))]


def word(luck: Random, data: bytearray, good: list[bytes]) -> None:
    """One word becomes another that stands there, or one that readers stumble over."""
    found = list(WORD.finditer(data))
    if not found:
        data += luck.choice(WORDS)
        return
    one, two = luck.choice(found), luck.choice(found)
    data[one.start() : one.end()] = luck.choice((luck.choice(WORDS), two[0]))


def number(luck: Random, data: bytearray, good: list[bytes]) -> None:
    """One number becomes its neighbour, or one that is out of all proportion."""
    found = list(re.finditer(rb"\d+", data))
    if found:
        one = luck.choice(found)
        near = (int(one[0][:30]) + luck.choice((-1, 1)), *ODD)
        width = len(one[0]) if luck.random() < 0.5 else 0
        data[one.start() : one.end()] = str(luck.choice(near)).zfill(width).encode()


def line(luck: Random, data: bytearray, good: list[bytes]) -> None:
    """A line or part goes, stands twice, or changes places."""
    by = luck.choice((b"\n", b"\r", b",", b"|"))
    parts = bytes(data).split(by)
    one, two = luck.randrange(len(parts)), luck.randrange(len(parts))
    way = luck.randrange(3)
    if way == 0:
        del parts[one]
    elif way == 1:
        parts.insert(two, parts[one])
    else:
        parts[one], parts[two] = parts[two], parts[one]
    data[:] = by.join(parts)


WAYS = (flip, mark, mark, cut, twice, other, word, word, word, number, number, line, line)
