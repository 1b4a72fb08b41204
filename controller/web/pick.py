"""Reading fields out of JSON that another process wrote, without trusting its shape.

Responsible for: typed picks with a default. Not responsible for what a field means.
A newer controller may send more, an older one less: neither may break a page.
"""

from collections.abc import Mapping
from typing import TypeGuard

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Object = dict[str, Json]


def text(source: Object, key: str, default: str = "") -> str:
    """The string at `key`, else the default."""
    value = source.get(key)
    return value if isinstance(value, str) else default


def number(source: Object, key: str, default: int = 0) -> int:
    """The whole number at `key`, else the default; True is no number."""
    value = source.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return int(value)


def maybe_number(source: Object, key: str) -> int | None:
    """The whole number at `key`, or None where there is none."""
    value = source.get(key)
    return number(source, key) if isinstance(value, int | float) else None


def flag(source: Object, key: str, default: bool = False) -> bool:
    """The truth value at `key`; a number counts as true when it is not 0."""
    value = source.get(key)
    return bool(value) if isinstance(value, bool | int) else default


def part(source: Object, key: str) -> Object | None:
    """The object at `key`, or None."""
    value = source.get(key)
    return value if isinstance(value, dict) else None


def objects(source: Object, key: str) -> list[Object]:
    """The objects of the list at `key`; anything else in it is left out."""
    value = source.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(source: Object, key: str) -> list[str]:
    """The strings of the list at `key`."""
    value = source.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def numbers(source: Object, key: str) -> tuple[int, ...]:
    """The whole numbers of the list at `key`."""
    value = source.get(key)
    found = value if isinstance(value, list) else []
    return tuple(n for n in found if isinstance(n, int) and not isinstance(n, bool))


def plain(source: Mapping[str, object]) -> Object:
    """A copy holding only what JSON knows; anything else is left out."""
    return {key: value for key, value in source.items() if _is_json(value)}


def _is_json(value: object) -> TypeGuard[Json]:
    if isinstance(value, list):
        return all(_is_json(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    return value is None or isinstance(value, bool | int | float | str)
