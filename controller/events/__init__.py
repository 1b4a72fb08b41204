"""Everything that can have happened: frozen facts in the past tense, and their JSON.

Responsible for: the one list of kinds, encoding and decoding. Not responsible for what an
event does to the state (controller/fold) or whether it may happen (table.py, rules/).
Instants ending in `_at` are Unix seconds UTC, `quarters` are quarters of a piece, `by` is
a person's pseudonym.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from controller.canonical import Json as Json
from controller.events.alerts import *  # noqa: F403
from controller.events.base import Event as Event
from controller.events.doses import *  # noqa: F403
from controller.events.loading import *  # noqa: F403
from controller.events.machine import *  # noqa: F403
from controller.events.orders import *  # noqa: F403

# Came later than their kind, and are left out where they say nothing: a record of an ordinary dose
# is byte for byte what it always was.
SPARSE = frozenset(("amounts", "elsewhere", "point"))


class Unreadable(Exception):
    """A journal record of a kind or shape this version does not know."""


KINDS: dict[str, type[Event]] = {cls.__name__: cls for cls in Event.__subclasses__()}
_FIELDS: dict[str, tuple[str, ...]] = {
    name: tuple(f.name for f in fields(cls)) for name, cls in KINDS.items()
}


def kind(event: Event) -> str:
    """The word an event is journaled under."""
    return type(event).__name__


def encode(event: Event) -> dict[str, Json]:
    """The body of an event as plain JSON values."""
    body: dict[str, Json] = {}
    for name in _FIELDS[kind(event)]:
        value = object.__getattribute__(event, name)
        if not value and name in SPARSE:
            continue
        body[name] = list(value) if isinstance(value, tuple) else value
    return body


def decode(name: str, body: Mapping[str, Json]) -> Event:
    """The event of a journal record; raises Unreadable where kind or fields are unknown."""
    cls = KINDS.get(name)
    if cls is None or set(body) - set(_FIELDS[name]):
        raise Unreadable(f"{name} with {sorted(body)}")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in body.items()}
    try:
        return cls(**values)
    except TypeError as exc:
        raise Unreadable(f"{name} with {sorted(body)}") from exc
