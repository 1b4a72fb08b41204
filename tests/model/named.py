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
    "head-of-start-only": Mutant(
        "the board keeps no head of the journal but that of its last START",
        (
            Edit(
                "firmware.loop",
                "        if anchor and d.head != order.head and order.state != codes.STARTED:",
                "        if False:",
            ),
        ),
        test="tests/controller/test_rules_record.py::"
        "test_r1_an_old_copy_that_holds_the_last_order_is_found_by_the_board_alone",
    ),
    "head-told-unseen": Mutant(
        "an old copy tells its own head before the board's was looked for",
        (
            Edit(
                "controller.loop",
                "        known = facts.board is not None and facts.head_known\n",
                "        known = True\n",
            ),
        ),
        test="tests/controller/test_rules_record.py::"
        "test_r1_an_old_copy_never_tells_its_own_head_before_it_has_heard_the_boards",
    ),
    "stray-is-of-the-order": Mutant(
        "what falls on the way is of the fill that was asked for, and of no other",
        (
            Edit(
                "controller.rules.fills",
                "    return strays(state) if moved and not state.service else []",
                "    return []",
            ),
            Edit(
                _VERDICTS,
                "    if code == codes.GATE_STUCK_OPEN:",
                "    if False:",
            ),
        ),
        test="tests/controller/test_strays.py::"
        "test_what_fell_on_the_way_is_not_given_again_as_something_else",
    ),
    "carried-is-gone": Mutant(
        "what went along is forgotten until its time has come",
        (
            Edit(
                "controller.rules.limits",
                "            if from_s - counter.gap_s < now_s:",
                "            if from_s < now_s:",
            ),
        ),
        test="tests/controller/test_rules_journey.py::"
        "test_r17_what_is_carried_along_keeps_its_gap_before_its_time",
    ),
    "old-word-on-the-time": Mutant(
        "a signed word on the time answers no question of now",
        (
            Edit(
                "schedules.told_time",
                "    if asked != number:",
                "    if False:",
            ),
        ),
        test="tests/controller/test_rules_time.py::"
        "test_r8_a_word_on_the_time_that_nobody_used_is_worth_nothing_later",
    ),
}

MUTANTS: Final[Mapping[str, Mutant]] = {**EXPLORED, **_NAMED}
