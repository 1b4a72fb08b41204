"""The plain way: what was loaded, asked for and pressed for falls once, and is told."""

from hal.wire import codes
from tests.firmware.bench import DIGEST, HEAD, Bench


def test_an_order_releases_its_fill_once_and_tells_the_proof() -> None:
    """PREPARE, press, START: both pieces fall, and Actual says released with its evidence."""
    bench = Bench()
    lease = bench.load({0: [300, 250]})

    bench.dispense(1)

    actual = bench.actual
    assert codes.RELEASED == actual.verdict
    assert (0, 2, DIGEST, HEAD) == (actual.code, actual.drops, actual.digest, actual.head)
    assert 2 == bench.fell(lease.rows[0].fill)
    assert [] == bench.world.hazards
