"""The evidence table, over every combination of what the witnesses can say."""

import itertools

import pytest

from firmware import evidence
from firmware.evidence import AT_START, AT_TARGET, BETWEEN, NO_ANSWER, Witness, judge
from hal.wire import codes

PIECES = 2
WEIGHT_MG = 560
TOLERANCE_MG = 120


def every_witness() -> list[Witness]:
    """All that can be said, one by one."""
    flags = (False, True)
    found = []
    for exposed, proven, live, closed, known in itertools.product(flags, repeat=5):
        if proven and not exposed:
            continue
        for encoder in (AT_START, AT_TARGET, BETWEEN, NO_ANSWER):
            for drops, delta_mg in itertools.product(
                (0, 1, 2, 7), (-300, -20, 0, 20, 300, 430, 560, 690, 900)
            ):
                w = Witness()
                w.exposed, w.proven, w.live = exposed, proven, live
                w.gate_closed, w.weight_known = closed, known
                w.encoder, w.drops, w.delta_mg = encoder, drops, delta_mg if known else 0
                w.weight_mg, w.tolerance_mg, w.pieces = WEIGHT_MG, TOLERANCE_MG, PIECES
                found.append(w)
    return found


def test_released_needs_the_gate_and_two_witnesses_who_agree() -> None:
    """Weight always, and a drop or the encoder; never where the gate was not open."""
    for w in every_witness():
        if judge(w).verdict == codes.RELEASED:
            assert w.exposed and w.weight_known
            assert w.proven, "a gate that opened by itself let go of something else"
            assert abs(w.delta_mg - WEIGHT_MG) <= TOLERANCE_MG
            assert w.drops > 0 or w.encoder == AT_TARGET
            assert w.encoder != AT_START
            assert w.live or w.drops >= PIECES, "a reset darkens the beam: weight is one witness"


@pytest.mark.hazard("H03")
def test_not_released_needs_silence_from_every_witness() -> None:
    """No exposure, no drop, closed gate, and an untouched cup (or a gate that was watched)."""
    for w in every_witness():
        if judge(w).verdict == codes.NOT_RELEASED:
            assert not w.exposed and w.drops == 0 and w.gate_closed
            assert abs(w.delta_mg) <= evidence.SAME_MG if w.weight_known else w.live


@pytest.mark.hazard("H03")
def test_everything_else_is_uncertain_and_holds_its_compartment() -> None:
    """There is no fourth verdict, and no uncertainty without a code and a hold."""
    for w in every_witness():
        finding = judge(w)
        settled = (codes.RELEASED, codes.NOT_RELEASED)
        assert (finding.verdict == codes.UNCERTAIN) == finding.hold
        assert finding.verdict in settled or finding.code in codes.FAULTS


@pytest.mark.hazard("H29")
def test_pieces_that_are_not_accounted_for_hold_the_chute() -> None:
    """Exposed, weighed, and not the expected weight: something may hang in the chute."""
    for w in every_witness():
        wrong = w.exposed and w.weight_known and abs(w.delta_mg - WEIGHT_MG) > TOLERANCE_MG
        if wrong:
            assert judge(w).chute


@pytest.mark.hazard("H29")
def test_what_beam_and_scale_saw_fall_past_a_closed_gate_holds_the_chute() -> None:
    """Never told to open, and yet something fell: some other compartment lacks it."""
    for w in every_witness():
        seen = w.drops or not w.live  # a reset darkens the beam
        if not w.exposed and seen and w.weight_known and w.delta_mg > evidence.SAME_MG:
            finding = judge(w)
            assert (codes.GATE_STUCK_OPEN, True) == (finding.code, finding.chute)


@pytest.mark.hazard("H03")
def test_what_falls_before_the_tray_has_arrived_is_never_of_the_fill_that_was_asked_for() -> None:
    """The gate left its sensor on the way: whatever beam and scale say, it lay somewhere else."""
    for w in every_witness():
        unwatched = w.drops and not w.live and not w.weight_known
        if (w.exposed and not w.proven) or (not w.exposed and unwatched):
            finding = judge(w)
            told = (finding.verdict, finding.code, finding.chute)
            assert (codes.UNCERTAIN, codes.GATE_STUCK_OPEN, True) == told


def test_a_missed_fall_with_exact_weight_is_released_with_a_fault() -> None:
    """Encoder at the target and exact weight outvote a silent beam, and the beam is told of."""
    w = Witness()
    w.exposed = w.proven = w.weight_known = w.gate_closed = w.live = True
    w.encoder, w.delta_mg, w.weight_mg, w.tolerance_mg = AT_TARGET, 555, WEIGHT_MG, TOLERANCE_MG

    finding = judge(w)

    assert (codes.RELEASED, codes.BEAM_BLIND) == (finding.verdict, finding.fault)
