"""One text for one value: the JSON that is hashed, stored and sent.

Responsible for: canonical JSON (sorted keys, no spaces, no floats) and the strict
reading of JSON that somebody else wrote. Not responsible for: what a value means.
The same value always gives the same bytes, so a hash over them is a name for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_PLAIN = frozenset((str, int, bool, type(None)))  # most of what is asked: no call for them
DEPTH_MAX = 16  # nested lists and objects; what we write never goes beyond 6


class Unclear(ValueError):
    """JSON that can be read in more than one way, or not at all."""


def canonical_json(value: Json) -> str:
    """The one text of `value`; Unclear for floats and for anything that JSON does not know."""
    _refuse_floats(value, DEPTH_MAX)
    return _ENCODER.encode(value)


def _refuse_floats(value: object, depth: int) -> None:
    if depth == 0:
        raise Unclear("nested too deeply")
    if value is None or isinstance(value, bool | int | str):
        return
    if isinstance(value, list | tuple):
        for item in value:
            if type(item) not in _PLAIN:
                _refuse_floats(item, depth - 1)
            elif depth == 1:
                raise Unclear("nested too deeply")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise Unclear("a key that is not text")
            if type(item) not in _PLAIN:
                _refuse_floats(item, depth - 1)
            elif depth == 1:
                raise Unclear("nested too deeply")
    else:
        raise Unclear(f"{type(value).__name__} has no canonical text")


def strict_json(text: str | bytes) -> Json:
    """The value of `text`; Unclear for repeated keys, fractions, NaN, depth or broken syntax."""
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_once,
            parse_float=_fraction,
            parse_constant=_fraction,
        )
    except (ValueError, RecursionError) as error:
        raise Unclear(str(error)) from None
    _refuse_floats(value, DEPTH_MAX)
    return value


def strict_object(text: str | bytes) -> dict[str, Json]:
    """Like strict_json, for a text that must be one object."""
    value = strict_json(text)
    if not isinstance(value, dict):
        raise Unclear("not an object")
    return value


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unclear("a key twice")
    return found


def _fraction(text: str) -> Json:
    raise Unclear(f"{text} is not a whole number")
