"""A controller that was restarted on a board whose session still stands."""

import pytest

from hal.wire.controller_end import ControllerEnd
from tests.firmware.bench import KEY, Bench

REJOINED_MS = 8000


@pytest.mark.parametrize("silent_ms", [0, 700, 3000, 9800, 45_000])
def test_a_restarted_controller_is_joined_within_eight_seconds(silent_ms: int) -> None:
    """The board asks the dead one, waits 5 s, and takes the new one, asleep as it mostly is."""
    bench = Bench()
    bench.until(lambda: bench.end.joined)
    bench.run(1000)
    bench.talking = False
    bench.run(silent_ms)
    bench.end = ControllerEnd(KEY)
    bench.heard.clear()
    bench.talking = True
    bench.until(lambda: bench.end.joined, limit_ms=REJOINED_MS)
    bench.run(100)
    assert len(bench.heard) >= 1  # what the board knows follows without waiting for a keepalive
