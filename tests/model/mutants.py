"""What must not be possible to break unseen: the protocol, broken in one place at a time.

Responsible for: one row per mutant that the explorer must find: the text that is replaced, and
the bounds. Not responsible for those that a named test finds (named.py), for replacing
(mutate.py) or running (kill.py). This file imports nothing of ours: it is read before the code
that it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Edit:
    """One replacement; `old` must be there exactly once."""

    module: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """What is broken, and where it is seen."""

    says: str
    edits: tuple[Edit, ...]
    bounds: Mapping[str, object] | None = None  # of explore.Config; None: `test` must fail
    test: str = ""


_ORDERS = "controller.rules.orders"
_VERDICTS = "controller.rules.verdicts"
_FOLD = "controller.fold.orders"
_BOARD = "firmware.orders"
_QUIET: Final = {"quiet": 0, "times": 3, "orders": 3, "lifts": 0, "resets": 0, "crashes": 0}
_PLAIN: Final = {**_QUIET, "presses": 1, "asked": 0, "told": 0}
_RESET: Final = {**_PLAIN, "resets": 1}

EXPLORED: Final[Mapping[str, Mutant]] = {
    "no-fence": Mutant(
        "a committed order that the board refuses is given up without a fence",
        (
            Edit(
                _VERDICTS,
                '    if order.stage == "withdrawn":\n        return []\n    if board is not None'
                " and board.order > order.order:",
                '    if order.stage == "withdrawn":\n        return []\n    if board is not None'
                " and order.refusal:\n"
                "        return _end(state, order, codes.REFUSED, 0, 0, 0, 0)\n"
                "    if board is not None and board.order > order.order:",
            ),
        ),
        {**_PLAIN, "presses": 2, "asked": 2, "times": 4, "quiet": 1},
    ),
    "start-after-motion": Mutant(
        "the drive gets current before START is durable",
        (
            Edit(
                _BOARD,
                "        if not self._mind.save():\n            self._refuse(board, d.order,"
                " codes.STORE_TORN)",
                "        self._cycle.start(board, now_ms)\n        self._cycle.phase = 0\n"
                "        if not self._mind.save():\n            self._refuse(board, d.order,"
                " codes.STORE_TORN)",
            ),
        ),
        _PLAIN,
    ),
    "commit-not-durable": Mutant(
        "START is sent before COMMIT is on the disk",
        (
            Edit(
                "controller.events.orders",
                "    barrier: ClassVar[bool] = True\n    order: int\n    digest: str",
                "    order: int\n    digest: str",
            ),
        ),
        {**_PLAIN, "crashes": 1},
    ),
    "prepared-survives-reset": Mutant(
        "PREPARED and consent of an earlier boot still count",
        (
            Edit(
                "firmware.loop",
                "        verdict.refuse_after_reset(self.mind)",
                "        self.mind.order.boot_epoch = self.boot_epoch\n        self.mind.save()",
            ),
            Edit(
                _BOARD,
                "        if d.boot_epoch != self.boot_epoch or order.boot_epoch !="
                " self.boot_epoch:\n            return codes.EPOCH_OLD\n",
                "",
            ),
        ),
        {**_RESET, "presses": 2, "asked": 1},
    ),
    "consent-survives-reset": Mutant(
        "a press of before the reset is remembered",
        (
            Edit(
                "firmware.loop",
                "        verdict.refuse_after_reset(self.mind)",
                "        self.mind.order.boot_epoch = self.boot_epoch\n        self.mind.save()\n"
                "        self.consent.press(self.mind.order.round, board.sense, 0)",
            ),
        ),
        {**_RESET, "presses": 2, "asked": 1},
    ),
    "assume-taken": Mutant(
        "what is in doubt counts as released",
        (
            Edit(
                "firmware.verdict",
                "    order.verdict = finding.verdict\n",
                "    order.verdict = finding.verdict\n"
                "    if finding.verdict == codes.UNCERTAIN:\n"
                "        order.verdict = codes.RELEASED\n",
            ),
        ),
        {**_RESET, "lifts": 1},
    ),
    "assume-not": Mutant(
        "what is in doubt counts as not released",
        (
            Edit(
                "firmware.evidence",
                "    same = w.weight_known and abs(w.delta_mg) <= min(SAME_MG, w.tolerance_mg)\n"
                "    if not w.exposed:",
                "    same = w.weight_known and abs(w.delta_mg) <= min(SAME_MG, w.tolerance_mg)\n"
                "    if not w.live:\n"
                "        return Finding(codes.NOT_RELEASED, w.cause, 0, False)\n"
                "    if not w.exposed:",
            ),
        ),
        _RESET,
    ),
    "number-not-durable": Mutant(
        "PREPARED is told and not in the memory",
        (
            Edit(
                _BOARD,
                "        if self._mind.save():\n            board.note(notes.PREPARED, d.order)",
                "        board.note(notes.PREPARED, d.order)",
            ),
        ),
        _RESET,
    ),
    "no-deadline": Mutant(
        "START is followed after its not-after and after the window of the lease",
        (
            Edit(
                "firmware.guard",
                "return 0 if self._clock.utc_s < d.not_after_s else codes.TOO_LATE",
                "return 0",
            ),
            Edit("firmware.guard", "if not row.open_s <= utc_s < close_s:", "if False:"),
        ),
        {**_PLAIN, "asked": 1, "times": 5},
    ),
    "outcome-without-alert": Mutant(
        "outcome and alert are two transactions",
        (
            Edit(
                "controller.decide",
                "        if happened:\n            return happened",
                "        if happened:\n"
                '            closes = type(happened[0]).__name__ == "DoseClosed"\n'
                "            return happened[:1] if closes else happened",
            ),
        ),
        _PLAIN,
    ),
    "retry-while-unknown": Mutant(
        "a board that was reset has released nothing, so the next order may go out",
        (
            Edit(
                _VERDICTS,
                '    if order.stage == "withdrawn":\n        return []\n    if board is not None'
                " and board.order > order.order:",
                '    if order.stage == "withdrawn":\n        return []\n    if board is not None'
                " and board.boot_epoch != order.boot_epoch:\n"
                "        return _end(state, order, codes.NOT_RELEASED, 0, 0, 0, 0)\n"
                "    if board is not None and board.order > order.order:",
            ),
            Edit(
                _VERDICTS,
                "and board.order_state == codes.DONE:\n        if order.stage",
                "and board.order_state == codes.DONE and board.boot_epoch =="
                " order.boot_epoch:\n        if order.stage",
            ),
        ),
        _RESET,
    ),
    "consent-without-press": Mutant(
        "nobody needs to press",
        (
            Edit(_ORDERS, "        and board.consent_round == order.round\n    )", "    )"),
            Edit(
                "firmware.consent",
                "        if round_no == 0 or self.round != round_no:\n"
                "            return codes.NO_CONSENT\n",
                "        return 0\n",
            ),
        ),
        _PLAIN,
    ),
    "gap-ignored-by-controller": Mutant(
        "only the board keeps the gap",
        (
            Edit(
                "controller.rules.limits",
                "                earliest = max(earliest, until_s + counter.gap_s)",
                "                earliest = max(earliest, 0)",
            ),
        ),
        {**_PLAIN, "plan": "gap", "presses": 2, "lifts": 2, "orders": 4},
    ),
    "gap-ignored-by-both": Mutant(
        "nobody keeps the gap",
        (
            Edit(
                "controller.rules.limits",
                "                earliest = max(earliest, until_s + counter.gap_s)",
                "                earliest = max(earliest, 0)",
            ),
            Edit(
                "firmware.ledger",
                "            if since_s < gap_s and not same_round:",
                "            if False:",
            ),
        ),
        {**_PLAIN, "plan": "gap", "presses": 2, "lifts": 2, "orders": 4},
    ),
    "exposed-not-durable": Mutant(
        "the gate opens before the memory says so",
        (
            Edit(
                "firmware.cycle",
                "        if not self._mind.save():\n"
                "            self._give_up(board, now_ms, codes.STORE_TORN)\n"
                "            return\n",
                "",
            ),
        ),
        _PLAIN,
    ),
    "done-not-durable": Mutant(
        "DONE is told and not in the memory",
        (Edit("firmware.verdict", "    if not mind.save():\n        return None\n", ""),),
        {**_RESET, "lifts": 1},
    ),
    "cup-not-checked": Mutant(
        "nobody looks for the cup before a release",
        (
            Edit(
                "firmware.guard",
                "        if not sense.cup_present:\n            return codes.CUP_MISSING\n",
                "        return 0\n",
            ),
        ),
        {**_PLAIN, "lifts": 1},
    ),
    "roll-forward": Mutant(
        "after a reset the motion is done again",
        (
            Edit(
                "firmware.loop",
                "                self._conclude(now_ms, None)\n",
                "                self.mind.order.exposed = 0\n"
                "                self.cycle.start(board, now_ms)\n",
            ),
        ),
        _RESET,
    ),
    "door-count-not-checked": Mutant(
        "neither side minds that somebody opened the door",
        (
            Edit(
                "firmware.lease",
                "return codes.FILL_UNKNOWN if sense.door_count != lease.door_count else 0",
                "return 0",
            ),
            Edit(
                "controller.rules.fills",
                "        elif fill.door_count != board.door_count:",
                "        elif False:",
            ),
        ),
        {**_PLAIN, "doors": 1},
    ),
    "taken-without-lift": Mutant(
        "an empty cup means taken, whether anybody lifted it or not",
        (
            Edit(
                "controller.rules.cup",
                "    waiting = _waiting(state, cup)\n    if cup.lifted_at:",
                "    waiting = _waiting(state, cup)\n    if cup is not None:",
            ),
        ),
        {**_PLAIN, "told": 2},
    ),
    "one-witness": Mutant(
        "a drop that was counted is proof enough, whatever the scale says",
        (
            Edit(
                "firmware.evidence",
                "    if abs(w.delta_mg - w.weight_mg) <= w.tolerance_mg:\n",
                "    if w.drops > 0 or abs(w.delta_mg - w.weight_mg) <= w.tolerance_mg:\n",
            ),
        ),
        {**_PLAIN, "fault": "pill-lost", "lifts": 1},
    ),
    "silent-alone": Mutant(
        "a board that hears nobody stays quiet",
        (
            Edit(
                "firmware.solo",
                "        alone = codes.F_ALONE if link_lost and self._open else 0",
                "        alone = 0",
            ),
        ),
        {**_PLAIN, "quiet": 1},
    ),
    "withdraw-committed": Mutant(
        "an order is taken back although START may have been sent",
        (
            Edit(
                _ORDERS,
                '    order = state.order\n    if order is None or order.stage != "prepared":\n'
                "        return []\n    fill = state.fills.get(order.compartment)\n"
                "    sound = fill is not None and fill.fill == order.fill and fill.state =="
                ' "loaded"\n    if not sound:',
                "    order = state.order\n    if not live(order):\n"
                "        return []\n    assert order is not None\n"
                "    fill = state.fills.get(order.compartment)\n"
                "    sound = fill is not None and fill.fill == order.fill and fill.state =="
                ' "loaded"\n    if not sound:',
            ),
        ),
        {**_RESET, "told": 1, "crashes": 1},
    ),
    "settled-by-itself": Mutant(
        "a second outcome overwrites the first",
        (
            Edit(
                "controller.table",
                '    ("settled_taken", ("uncertain",), "taken"),',
                '    ("settled_taken", ("uncertain",), "taken"),\n'
                '    ("taken", ("uncertain",), "taken"),',
            ),
            Edit(
                "controller.rules.cup",
                'if d.stage == "released"]',
                'if d.stage in ("released", "uncertain")]',
            ),
        ),
        {**_PLAIN, "lifts": 1},
    ),
    "old-order-followed": Mutant(
        "PREPARE of an order that is over is followed again",
        (
            Edit(
                _BOARD,
                "        elif d.stage == codes.PREPARE and d.order > order.number:",
                "        elif d.stage == codes.PREPARE and d.order >= order.number"
                " and order.state != codes.PREPARED:",
            ),
        ),
        {**_RESET, "asked": 1},
    ),
    "settle-frees-cap": Mutant(
        "what a person says was missed counts for gap and cap no more",
        (
            Edit(
                "controller.fold.doses",
                '    return step(s, e.dose_id, f"settled_{e.outcome}", how=e.how, by=e.by)',
                '    if e.outcome == "missed":\n'
                "        left = tuple(r for r in s.releases if r.dose_id != e.dose_id)\n"
                "        s = replace(s, releases=left)\n"
                '    return step(s, e.dose_id, f"settled_{e.outcome}", how=e.how, by=e.by)',
            ),
        ),
        {**_RESET, "settle": True},
    ),
    "lift-begins-no-gap": Mutant(
        "on both sides the gap runs from the fall, not from the lift",
        (
            Edit(
                "firmware.ledger",
                "                self._put(i, order, key, max(at_s, utc_s), units, 0)",
                "                self._put(i, order, key, at_s, units, 0)",
            ),
            Edit(
                "controller.rules.limits",
                "        r.lifted_at or now_s\n        for r in state.releases\n"
                "        if counts(counter, r.regimen, r.groups) and r.dose_id not in but",
                "        r.at_s\n        for r in state.releases\n"
                "        if counts(counter, r.regimen, r.groups) and r.dose_id not in but",
            ),
        ),
        {**_PLAIN, "plan": "gap", "presses": 2, "lifts": 2, "orders": 4},
    ),
    "head-not-checked": Mutant(
        "a head that the board knows and the journal lacks is nothing to mind",
        (
            Edit(
                "controller.rules.record",
                "    heads = [board.head.hex()] if board is not None and not facts.head_known"
                " else []\n",
                "    heads: list[str] = []\n",
            ),
        ),
        {**_PLAIN, "crashes": 1, "older": True},
    ),
}
