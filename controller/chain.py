"""The hash chain of the journal: how one event names the one before it.

Responsible for: the hash of an event, what follows what, and the fault that says that
it does not. Not responsible for: where events lie (journal.py). Pure, so that the panel
and the hub's tools can check a chain without a database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from controller.canonical import Json, canonical_json

GENESIS = bytes(32)  # the `prev` of event 1

# number, at_ms, kind, canonical body, hash; a damaged page may hold anything as text
Row: TypeAlias = tuple[int, int, object, object, bytes]


class JournalFault(Exception):
    """The log cannot be trusted or written: nothing may move. `code` is one word."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Record:
    """One event as it lies in the log; `prev` and `hash` are 32 bytes."""

    number: int
    at_ms: int
    kind: str
    body: dict[str, Json]
    prev: bytes
    hash: bytes


def chain_hash(
    prev: bytes, log_epoch: str, number: int, at_ms: int, kind: str, body: Mapping[str, Json]
) -> bytes:
    """SHA-256 over the previous hash and the canonical JSON of this event."""
    return text_hash(prev, log_epoch, number, at_ms, kind, canonical_json(body))


def text_hash(prev: bytes, epoch: str, number: int, at_ms: int, kind: str, body: str) -> bytes:
    """chain_hash for a body that is already canonical text."""
    text = f"[{_quoted(epoch)},{number},{at_ms},{_quoted(kind)},{body}]"
    return hashlib.sha256(prev + text.encode()).digest()


@lru_cache(maxsize=256)  # one epoch and some fifty kinds, over and over
def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def next_link(epoch: str, number: int, prev: bytes, row: Row) -> tuple[int, bytes]:
    """The next head, or JournalFault where `row` does not follow from it."""
    found, at_ms, kind, body, hashed = row
    if found != number + 1:
        raise JournalFault("chain-broken", f"event {number + 1} is not there")
    if (
        isinstance(kind, str)
        and isinstance(body, str)
        and text_hash(prev, epoch, found, at_ms, kind, body) == hashed
    ):
        return found, hashed
    raise JournalFault("chain-broken", f"event {found} is not what was written")


def epoch_after(epoch: str, kind: object, body: Mapping[str, Json] | object) -> str:
    """The epoch that an event is hashed with: a LogOpened names its own, others go on (R1)."""
    if kind != "LogOpened":
        return epoch
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return epoch
    named = body.get("log_epoch") if isinstance(body, Mapping) else None
    return named if isinstance(named, str) and named else epoch


def record_of(row: Row, prev: bytes) -> Record:
    """The record in `row`, or JournalFault where its body is no JSON object."""
    number, at_ms, kind, body, hashed = row
    if isinstance(kind, str) and isinstance(body, str):
        with suppress(ValueError):  # the writer was strict, and the chain is checked: be quick
            value = json.loads(body)
            if isinstance(value, dict):
                return Record(number, at_ms, kind, value, prev, hashed)
    raise JournalFault("chain-broken", f"event {number} cannot be read")
