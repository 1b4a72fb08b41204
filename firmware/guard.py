"""What no controller may make the board do: every reason to refuse PREPARE or START.

Responsible for: one ordered list of checks against the board's own clock, lease,
ledger, sensors and latched faults; the first that fails is the answer. Not responsible
for consent (consent.py), order numbers and epochs (orders.py). Never moves anything.
"""

from firmware.clock import Clock
from firmware.device import Inputs
from firmware.evidence import SAME_MG
from firmware.homing import Homing
from firmware.lease import Holding
from firmware.mind import Mind
from firmware.selftest import BeamTest
from hal.wire import codes
from hal.wire.layouts import Desired, Row
from hal.wire.packed import PackedLease

ROUND_GRACE_S = 120  # a round whose first START was in the window may finish (R14)
INTAKE_S = 900  # fills of one round within this time are one intake for the gap
LOW_MV = 3345  # without mains: too little left to finish a cycle and report it


class Guard:
    """Asked before PREPARE, and again, with everything, before START."""

    def __init__(
        self, clock: Clock, mind: Mind, holding: Holding, homing: Homing, beam: BeamTest
    ) -> None:
        self._clock = clock
        self._mind = mind
        self._holding = holding
        self._homing = homing
        self._beam = beam

    def refusal(self, d: Desired, sense: Inputs, hold_mask: int, still: bool) -> int:
        """A code of codes.FAULTS, 0: nothing stands against releasing `d` now.

        While the cup is not `still` its weight says nothing: whoever asks must wait for it.
        """
        return (
            self._machine(sense)
            or self._contents(d, sense, hold_mask)
            or self._time(d)
            or self._cup(d, sense, still)
            or self._beam_fault()
        )

    def _machine(self, sense: Inputs) -> int:
        mind = self._mind
        if mind.locked:
            return codes.STORE_MISSING
        if mind.ledger.latched:
            return mind.ledger.latched[0]
        if not self._clock.ok:
            return codes.CLOCK_NOT_SET
        if sense.service:
            return codes.SERVICE_ON
        if sense.door_open:
            return codes.DOOR_OPEN
        if not sense.gate_closed:
            return codes.GATE_STUCK_OPEN
        if mind.ledger.chute_held:
            return codes.CHUTE_HELD
        if not sense.mains and sense.battery_mv < LOW_MV:
            return codes.BATTERY_LOW
        return 0

    def _contents(self, d: Desired, sense: Inputs, hold_mask: int) -> int:
        misfit = self._holding.misfit(sense)
        if misfit:
            return misfit
        lease = self._holding.lease
        assert lease is not None
        if d.compartment >= codes.COMPARTMENTS:
            return codes.FILL_UNKNOWN
        row = lease.row(d.compartment)
        if row.kind in (codes.ROW_EMPTY, codes.ROW_CARRIED) or row.fill == 0 or row.fill != d.fill:
            return codes.FILL_UNKNOWN
        ledger = self._mind.ledger
        bit = 1 << d.compartment
        if (ledger.spent | ledger.settled) & bit:
            return codes.FILL_SPENT  # settled: its doses are closed, or it was handed out (R9)
        if (ledger.held | hold_mask) & bit:
            return codes.COMPARTMENT_HELD
        return self._limits(d, row, lease)

    def _limits(self, d: Desired, row: Row, lease: PackedLease) -> int:
        utc_s = self._clock.utc_s
        order = self._mind.order
        close_s = row.close_s
        if order.round == d.round and order.round_starts and order.round_first_s < close_s:
            close_s += ROUND_GRACE_S
        if not row.open_s <= utc_s < close_s:
            return codes.OUTSIDE_WINDOW
        if row.kind == codes.ROW_ASKED and d.round_orders != 1:
            return codes.ROUND_MISMATCH  # what is taken as needed is an intake of its own
        ledger = self._mind.ledger
        for index, units in row.groups:
            group = lease.group(index)
            # as-needed fills wait for days with open windows: no round may hand out two at once
            intake = d.round if row.kind == codes.ROW_DAY else 0
            if not ledger.gap_open(group.key, group.gap_s, utc_s, intake, INTAKE_S):
                return codes.GAP
            if group.cap and ledger.units(group.key, utc_s) + units > group.cap:
                return codes.CAP
        return self._carried(row, lease) if row.kind == codes.ROW_ASKED else 0

    def _carried(self, row: Row, lease: PackedLease) -> int:
        """What went along may be taken at any moment of its window: nothing meets it (R17)."""
        utc_s = self._clock.utc_s
        for k in range(codes.COMPARTMENTS):
            if lease.fill(k)[1] != codes.ROW_CARRIED:
                continue
            away = lease.row(k)
            for index, _ in away.groups:
                gap_s = lease.group(index).gap_s
                near = away.open_s - gap_s < utc_s < away.close_s + gap_s
                for mine, _ in row.groups:
                    if near and mine == index:
                        return codes.GAP
        return 0

    def _time(self, d: Desired) -> int:
        return 0 if self._clock.utc_s < d.not_after_s else codes.TOO_LATE

    def _cup(self, d: Desired, sense: Inputs, still: bool) -> int:
        order = self._mind.order
        if not sense.cup_present:
            return codes.CUP_MISSING
        expected_mg = 0
        if order.round == d.round and order.round_starts:
            expected_mg = order.round_end_mg
            if sense.lift_count != order.round_lifts:
                return codes.CUP_MOVED
        if not still:
            return 0
        tolerance_mg = self.cup_tolerance_mg(d.compartment)
        if sense.cup_mg < expected_mg - tolerance_mg:
            return codes.SCALE_FAULT
        if sense.cup_mg > expected_mg + tolerance_mg:
            return codes.CUP_NOT_EMPTY
        return 0

    def _beam_fault(self) -> int:
        """Blind by its last test; what only an order has shown waits for the next one (R15)."""
        return codes.BEAM_BLIND if self._beam.is_blind() else 0

    def cup_tolerance_mg(self, compartment: int) -> int:
        """How far two weighings of an untouched cup may differ for this fill."""
        lease = self._holding.lease
        if lease is None or compartment >= codes.COMPARTMENTS:
            return SAME_MG
        return min(SAME_MG, lease.row(compartment).tolerance_mg)
