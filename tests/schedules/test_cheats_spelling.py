"""How a signed document is written: one spelling, to the bit, and strict reading inside it.

The documents are those of test_cheats.py; here nobody lies about who or what, only about bytes.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from schedules.canonical import canonical
from schedules.signed import compact, seal_document
from tests.schedules.cheating import (
    ADA,
    BEN,
    PLAN,
    SORTS,
    TRUSTED,
    edited,
    forged,
    payload,
    plan_code,
    put,
)

TEXT = canonical(PLAN)


def respelled(text: str) -> dict[str, str]:
    """The same document, or nearly, in another spelling."""
    top = json.loads(text)
    told = top["payload"]
    first = top["signatures"][0]["signature"]
    return {
        "spaces": json.dumps(top, sort_keys=True),
        "lines": json.dumps(top, sort_keys=True, indent=1),
        "another order": json.dumps(dict(reversed(list(top.items()))), separators=(",", ":")),
        "escaped letters": text.replace("pharmacist", "\\u0070harmacist"),
        "escaped slashes": text.replace("person/", "person\\/"),
        "a space before": " " + text,
        "a line end": text + "\n",
        "a nought byte": text + "\0",
        "a letter after": text + "x",
        "twice": text + text,
        "a byte order mark": "\ufeff" + text,
        "a key twice": text.replace('{"', '{"schema":"x","', 1),
        "a signature's key twice": text.replace('"role"', '"role":"checker","role"', 1),
        "a key more": compact(top | {"note": "x"}).decode(),
        "a number more": compact(top | {"note": 5}).decode(),
        "a key more in a signature": edited(
            text, lambda one: one["signatures"][0].update(note=5)
        ).decode(),
        "a text for a signature": edited(text, put("signatures", 0, "x")).decode(),
        "signatures by name": edited(text, put("signatures", {"a": 1})).decode(),
        "a number for the payload": edited(text, put("payload", 5)).decode(),
        "nothing for the payload": text.replace(f'"{told}"', "null"),
        "half a character": text.replace(told, told[:-4] + "\\ud800"),
        "a list of it": f"[{text}]",
        "nothing": "",
        "null": "null",
        "a number": "7",
        "depth": "[" * 100_000,
        "a number without end": '{"schema":' + "9" * 5000 + "}",
        "a fraction": '{"schema":1.5}',
        "an exponent": '{"schema":1e3}',
        "no number": '{"schema":NaN}',
        "payload with a line end": text.replace(told, told[:40] + "\\n" + told[40:]),
        "payload with a space": text.replace(told, told[:40] + " " + told[40:]),
        "payload without padding": text.replace(told, told[:-1]),
        "payload with more padding": text.replace(told, told + "===="),
        "payload for addresses": text.replace(told, told[:8] + "-_-_" + told[12:]),
        "a signature with a space": text.replace(first, first[:9] + " " + first[9:]),
        "a signature without padding": text.replace(first, first.rstrip("=")),
        "a signature with loose bits": text.replace(first, loose(first)),
        "a signature for addresses": text.replace(first, "-_" + first[2:]),
        "a signature of 63 bytes": text.replace(first, cut(first, 63)),
        "a signature of 65 bytes": text.replace(first, cut(first, 65)),
        "huge": text + " " * 3_000_000,
    }


def loose(text: str) -> str:
    """The same bytes of base64 in a second spelling: bits that nobody reads are set."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = len(text.rstrip("=")) - 1
    return text[:at] + letters[letters.index(text[at]) + 1] + text[at + 1 :]


def cut(text: str, size: int) -> str:
    return base64.b64encode((base64.b64decode(text) + b"x")[:size]).decode()


CODES = {
    "trailing-bytes", "duplicate-key", "not-json", "not-canonical", "bad-signature", "too-large",
}  # fmt: skip


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("sort", SORTS)
def test_a_document_has_one_spelling(sort: str) -> None:
    """Whatever reads as the same and is written otherwise is refused, and nothing crashes."""
    one = SORTS[sort]
    codes = {name: one.code(text, TRUSTED) for name, text in respelled(one.good).items()}

    strange = {name: code for name, code in codes.items() if code not in {*CODES, one.kind.code}}
    assert {} == strange
    for name in ("spaces", "lines", "another order", "escaped letters", "escaped slashes"):
        assert "not-canonical" == codes[name], name
    assert "not-canonical" == codes["a line end"] == codes["a space before"]
    assert "duplicate-key" == codes["a key twice"] == codes["a signature's key twice"]
    assert "trailing-bytes" == codes["twice"] == codes["a letter after"]
    assert one.kind.code == codes["a number more"] == codes["payload with a space"]


INSIDE: dict[str, tuple[bytes, str]] = {
    "spaces": (TEXT.replace(b":", b": ", 1), "not-canonical"),
    "a fraction": (TEXT.replace(b'"version":1', b'"version":1.0'), "not-json"),
    "an exponent": (TEXT.replace(b'"version":1', b'"version":1e0'), "not-json"),
    "a nought before": (TEXT.replace(b'"version":1', b'"version":01'), "not-json"),
    "a minus nought": (TEXT.replace(b'"piece_mg":900', b'"piece_mg":-0'), "wrong-value"),
    "a number as a text": (TEXT.replace(b'"version":1', b'"version":"1"'), "not-canonical"),
    "a truth as a number": (TEXT.replace(b'"version":1', b'"version":true'), "wrong-value"),
    "a key twice": (TEXT.replace(b'"version":1', b'"version":2,"version":1'), "duplicate-key"),
    "a key more": (TEXT.replace(b'"version":1', b'"version":1,"zzz":"x"'), "unknown-key"),
    "a null": (TEXT.replace(b'"version":1', b'"version":1,"zzz":null'), "not-json"),
    "other digits": (
        TEXT.replace(b'"version":1', b'"version":"\\u0661"'), "wrong-value",
    ),
    "a sign that turns the line": (
        TEXT.replace(b"Metformin", b"\\u202eMetformin"), "wrong-value",
    ),
    "half a character": (TEXT.replace(b"Metformin", b"\\ud800"), "not-json"),
    "a space after": (TEXT + b" ", "not-canonical"),
    "another document after": (TEXT + TEXT, "trailing-bytes"),
    "an act": (compact(payload(SORTS["stop"].good)), "missing-key"),
    "nothing": (b"", "not-json"),
    "an empty plan": (b"{}", "missing-key"),
    "a dose of minus one": (
        TEXT.replace(b'"dose_quarters":4', b'"dose_quarters":-4'), "missing-key",
    ),
    "a dose of a fraction": (
        TEXT.replace(b'"dose_quarters":4', b'"dose_quarters":4.5'), "not-json",
    ),
    "5523 pieces": (
        TEXT.replace(b'"dose_quarters":4', b'"dose_quarters":22092'), "wrong-value",
    ),
}  # fmt: skip


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("name", INSIDE)
def test_two_true_signatures_under_a_wrong_plan(name: str) -> None:
    """What two people signed is still read strictly: one spelling, whole numbers, closed keys."""
    data, code = INSIDE[name]
    assert data != TEXT
    assert code == plan_code(forged(data))


@pytest.mark.parametrize("sort", SORTS)
def test_a_document_cut_anywhere_is_none(sort: str) -> None:
    """Truncated at every byte, from either end: refused with a code."""
    one = SORTS[sort]
    for at in range(len(one.good)):
        assert one.code(one.good[:at], TRUSTED), at
        assert at == 0 or one.code(one.good[at:], TRUSTED), at


@pytest.mark.hazard("H07", "H13")
@pytest.mark.parametrize("sort", SORTS)
def test_no_single_bit_of_a_document_can_be_turned(sort: str) -> None:
    """Every bit of every byte: refused with a code, never taken, never a crash."""
    one = SORTS[sort]
    data = one.good.encode()
    for at in range(len(data)):
        for bit in range(8):
            bad = bytearray(data)
            bad[at] ^= 1 << bit
            assert one.code(bytes(bad).decode("utf-8", "surrogateescape"), TRUSTED), (at, bit)


ODD: tuple[Any, ...] = (
    True, -1, 0, 2**63, 10**40, "", "x", "\N{ARABIC-INDIC DIGIT ONE}", "\u202e", "9" * 400, [], {},
    [[]], {"x": "x"},
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value inside a document with the way to it."""
    inner: Any = value.items() if isinstance(value, dict) else ()
    for step, one in enumerate(value) if isinstance(value, list) else inner:
        yield (*path, step), one
        yield from places(one, (*path, step))


@pytest.mark.parametrize("sort", SORTS)
def test_no_odd_value_in_any_place_is_taken_or_crashes(sort: str) -> None:
    """Every value of a document exchanged for each odd one: a code, whatever its type."""
    one = SORTS[sort]
    for place, _ in places(json.loads(one.good)):
        for odd in ODD:
            bad = edited(one.good, put(*place, odd)).decode()
            assert one.code(bad, TRUSTED), (place, odd)


@pytest.mark.parametrize("sort", SORTS)
def test_no_odd_value_that_two_people_signed_crashes(sort: str) -> None:
    """The same inside what is truly signed: another type is refused, and nothing crashes."""
    one = SORTS[sort]
    told = payload(one.good)
    people = [ADA, BEN][: len(json.loads(one.good)["signatures"])]
    for place, was in places(told):
        for odd in ODD:
            data = edited(json.dumps(told), put(*place, odd))
            bad = forged(data).decode() if sort == "plan" else seal_document(one.kind, data, people)
            code = one.code(bad, TRUSTED)
            assert code or type(odd) is type(was), (place, odd)
