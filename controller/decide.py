"""What happens next: pure, from what is known and what is seen, with a bound.

Responsible for: asking each rule in a fixed order. The first that has
something to say is journaled and folded before the next is asked, so no rule
ever sees a half-made state. Not responsible for what the rules say (rules/,
alarms.py) or for acting on it (acts.py, loop.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from controller import alarms
from controller.events import Event
from controller.facts import Facts
from controller.rules import (
    cup,
    doses,
    fills,
    halts,
    lease,
    machine,
    orders,
    record,
    rounds,
    verdicts,
)
from controller.state import State

Rule = Callable[[State, Facts], list[Event]]

MOST_STEPS: Final = 500  # rules that speak in one turn; more means that we are wrong

RULES: Final[tuple[Rule, ...]] = (
    record.lost,  # before everything: nothing may follow from a record that is not all (I19)
    # what is there; the clock first, so that nothing is stamped by a time in doubt
    machine.clock,
    machine.locks,
    machine.board,
    machine.faults,
    # an order in flight comes before everything that could start another
    verdicts.resolve,
    verdicts.late_verdict,
    orders.heed_refusal,
    cup.watch,
    # who has been at the machine
    lease.in_force,  # first: a lease that was taken counts even if the door was closed since
    machine.service,
    machine.end_move,
    fills.hold_opened,
    fills.hold_in_doubt,
    fills.hold_strays,
    fills.hold_unplanned,
    # doses against the clock
    doses.open_doses,
    record.doubt,
    doses.fall_due,
    doses.drop_unplanned,
    halts.close_halted,
    halts.hold_fills,
    orders.withdraw,
    doses.present,
    doses.close_doses,
    doses.give_up,
    doses.warn,
    # the next release
    orders.consent,
    rounds.end_round,
    rounds.offer,
    orders.prepare,
    # who must be told
    alarms.standing,
)


def decide(state: State, facts: Facts) -> list[Event]:
    """The next events, one transaction; empty: nothing more happens in this turn."""
    for rule in RULES:
        happened = rule(state, facts)
        if happened:
            return happened
    return []
