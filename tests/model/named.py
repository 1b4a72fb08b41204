"""What is broken on purpose where no state of the model can show it: a named test must fail.

Responsible for: one row per such mutant, with its test, and the list of all mutants. Not
responsible for what the explorer finds (mutants.py), for replacing (mutate.py) or running
(kill.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.model.mutants import EXPLORED, Edit, Mutant

_VERDICTS = "controller.rules.verdicts"
_BOARD = "firmware.orders"

_NAMED: Final[Mapping[str, Mutant]] = {
    "cap-from-the-fall": Mutant(
        "the controller's cap of 24 hours runs from the fall, not from the lift",
        (
            Edit(
                "controller.rules.limits",
                "        (r.lifted_at or now_s, fed(envelope, counter, r))",
                "        (r.at_s, fed(envelope, counter, r))",
            ),
        ),
        test="tests/controller/test_hostile_record.py::test_a_cap_counts_from_the_lift",
    ),
    "gap-ignored-by-board": Mutant(
        "only the controller keeps the gap",
        (
            Edit(
                "firmware.ledger",
                "            if since_s < gap_s and not same_round:",
                "            if False:",
            ),
        ),
        test="tests/firmware/test_guard.py::test_the_gap_runs_from_the_lift_of_the_cup",
    ),
    "cap-ignored": Mutant(
        "the board counts no units",
        (
            Edit(
                "firmware.guard",
                "            if group.cap and ledger.units(group.key, utc_s) + units > group.cap:",
                "            if False:",
            ),
        ),
        test="tests/firmware/test_guard.py::test_the_cap_of_24_hours_counts_units_not_orders",
    ),
    "spent-not-kept": Mutant(
        "the board forgets which fill was started",
        (
            Edit(
                "firmware.ledger",
                "        self.spent |= 1 << compartment\n",
                "",
            ),
        ),
        test="tests/firmware/test_guard.py::test_a_spent_fill_is_never_exposed_again",
    ),
    "lift-begins-no-gap-on-the-board": Mutant(
        "the board's gap runs from the fall, not from the lift",
        (
            Edit(
                "firmware.ledger",
                "                self._put(i, order, key, max(at_s, utc_s), units, 0)",
                "                self._put(i, order, key, at_s, units, 0)",
            ),
        ),
        test="tests/firmware/test_guard.py::test_the_gap_runs_from_the_lift_of_the_cup",
    ),
    "other-contents": Mutant(
        "START may name another compartment than PREPARE",
        (
            Edit(
                _BOARD,
                "        if order.differs(d) or order.round_starts >= order.round_orders:",
                "        if order.round_starts >= order.round_orders:",
            ),
        ),
        test="tests/firmware/test_orders.py::test_start_must_repeat_what_was_prepared",
    ),
    "late-verdict-wins": Mutant(
        "a board that answers after a day overrules what a person has said",
        (
            Edit(
                _VERDICTS,
                '        if d.stage != "uncertain" or board.verdict != codes.NOT_RELEASED:',
                "        if False:",
            ),
        ),
        test="tests/controller/test_stories.py::"
        "test_a_verdict_after_a_day_settles_only_that_nothing_fell",
    ),
}

MUTANTS: Final[Mapping[str, Mutant]] = {**EXPLORED, **_NAMED}
