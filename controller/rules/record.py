"""A record that is older than what board or hub know: R1, I19.

Responsible for: opening a new log beside a lost one, holding every fill, and the doubt about
every dose of the time that nobody here knows of. Not responsible for noticing it (gather.py),
for the chain itself (journal.py) or for who may go on afterwards (controller/wishes.py).
"""

from __future__ import annotations

import hashlib
from typing import Final

from controller import events as ev
from controller.facts import Facts
from controller.rules.alerts import close
from controller.state import LOST, State

EPOCH_DIGITS: Final = 16


def lost(state: State, facts: Facts) -> list[ev.Event]:
    """A head that we lack: a new log names both, and no fill is what we think it is."""
    board = facts.board
    heads = [board.head.hex()] if board is not None and not facts.head_known else []
    heads += [facts.hub_head] if facts.hub_head else []
    unknown = tuple(head for head in heads if head not in state.answered)
    if not unknown:
        return []
    fill = board.fill if board is not None else 0
    epoch = next_epoch(facts, unknown)
    opened = ev.LogOpened(LOST, facts.head, epoch, facts.log_epoch, unknown, fill)
    return [opened, *_holds(state)]


def next_epoch(facts: Facts, unknown: tuple[str, ...]) -> str:
    """The name of the new log: it follows from what is lost, so no luck is needed."""
    text = "|".join((facts.log_epoch, facts.head, *unknown))
    return hashlib.sha256(text.encode()).hexdigest()[:EPOCH_DIGITS]


def _holds(state: State) -> list[ev.Event]:
    return [
        ev.FillHeld(f.compartment, f.fill, LOST)
        for f in state.fills.values()
        if f.state in ("loaded", "held") and f.code != LOST
    ]


def doubt(state: State, facts: Facts) -> list[ev.Event]:
    """What may have been given in the time that is lost: only a named person can say."""
    happened: list[ev.Event] = []
    for d in state.doses.values():
        # a committed order has a proof of its own: the board's answer, or that it went on
        if d.open_at <= state.lost_s and d.stage in ("open", "released"):
            happened += close(state, d, "uncertain", LOST, d.order)
    return happened
