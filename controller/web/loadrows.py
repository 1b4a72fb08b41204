"""What the controller proposes to load, as typed facts.

Responsible for: the rows of a loading in a snapshot. Not responsible for the rest of it
(snapshot.py) or for words (load.py).
"""

from dataclasses import dataclass

from controller.web.pick import Object, flag, number, numbers, objects, text, texts


@dataclass(frozen=True)
class LoadRow:
    """What belongs into one compartment, as the controller proposes it."""

    compartment: int
    empty_first: bool
    kind: str
    regimens: tuple[str, ...]
    quarters: tuple[int, ...]
    piece_mgs: tuple[int, ...]
    due_at: int


@dataclass(frozen=True)
class Load:
    """The work at the machine: what to fill, what to look at again."""

    asked: bool
    done: bool
    rows: tuple[LoadRow, ...]
    verify: tuple[int, ...]
    days: int = 0  # that a full machine lasts
    days_lost: int = 0  # because some medicines lie alone


def read_load(source: Object) -> Load:
    """The work at the machine; missing fields become their zero."""
    return Load(
        asked=flag(source, "asked"),
        done=flag(source, "done"),
        rows=tuple(map(_read_load_row, objects(source, "rows"))),
        verify=numbers(source, "verify"),
        days=number(source, "days"),
        days_lost=number(source, "days_lost"),
    )


def _read_load_row(source: Object) -> LoadRow:
    return LoadRow(
        compartment=number(source, "compartment"),
        empty_first=flag(source, "empty_first"),
        kind=text(source, "kind"),
        regimens=tuple(texts(source, "regimens")),
        quarters=numbers(source, "quarters"),
        piece_mgs=numbers(source, "piece_mgs"),
        due_at=number(source, "due_at"),
    )
