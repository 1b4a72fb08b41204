"""When the firmware is wrong about itself: outputs safe, reason latched, nothing repeated."""

import pytest

from firmware.device import Device
from hal.wire import codes
from tests.firmware.bench import Bench


def test_a_broken_invariant_closes_the_gate_and_is_remembered() -> None:
    """Struck while pills fall, the board stops; after the reset it judges and then refuses."""
    bench = Bench()
    fill = bench.load({0: [300, 260], 1: [310]}).rows[0].fill
    bench.prepare(1)
    bench.press()
    bench.ask(codes.START, 1)
    bench.until(lambda: bench.world.sense(0).gate_open == 1)

    def broken(board: Device, now_ms: int) -> None:
        raise AssertionError("struck")

    bench.executive.cycle.step = broken  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="struck"):
        bench.run(2000)
    assert not bench.world.flap.held_open
    bench.world.reset(1)
    bench.until(lambda: bench.actual.order_state == codes.DONE)

    assert bench.actual.verdict in (codes.RELEASED, codes.UNCERTAIN)
    assert codes.ASSERTION == bench.actual.fault
    assert codes.ASSERTION == bench.refused(codes.PREPARE, 2, 1)
    assert bench.fell(fill) <= 2
