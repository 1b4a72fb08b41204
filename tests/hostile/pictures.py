"""The moments from which hostile streams begin: one loaded tray, six places in its life.

Responsible for: the tray (groups, gaps, caps, windows open, closed, closing and far away) and
the stories that lead to each picture. Not for the streams themselves (words.py).
"""

from hal.wire import codes
from hal.wire.messages import Group, Lease
from tests.firmware.bench import HOUR_S, Bench
from tests.hostile.stage import Picture

A, B = 0xA11CE, 0xB0B
GAP_S = 600
CAP_A, CAP_B = 2, 2
MINUTE_S = 60
LAST_ORDERS = 0xFFFFFFFF - 12

# compartment: (pieces, kind, opens in, closes in (seconds from loading), groups with units)
Loads = tuple[list[int], int, int, int, list[tuple[int, int]]]
TRAY: dict[int, Loads] = {
    0: ([300, 260], codes.ROW_DAY, -HOUR_S, HOUR_S, [(0, 1)]),
    1: ([310], codes.ROW_DAY, -HOUR_S, HOUR_S, [(0, 1)]),
    2: ([320], codes.ROW_ASKED, -HOUR_S, 24 * HOUR_S, [(0, 1)]),
    3: ([330], codes.ROW_ASKED, -HOUR_S, 24 * HOUR_S, [(0, 2)]),
    4: ([200, 210], codes.ROW_DAY, -HOUR_S, 2 * HOUR_S, [(1, 1)]),
    5: ([220], codes.ROW_DAY, 30 * MINUTE_S, 3 * HOUR_S, [(1, 1)]),
    6: ([230], codes.ROW_DAY, -3 * HOUR_S, -10 * MINUTE_S, [(1, 1)]),
    7: ([240], codes.ROW_ASKED, -HOUR_S, 24 * HOUR_S, [(0, 1), (1, 1)]),
    9: ([250], codes.ROW_DAY, -HOUR_S, 90, [(1, 1)]),
    27: ([260], codes.ROW_ASKED, -HOUR_S, 24 * HOUR_S, [(1, 2)]),
}


def loaded() -> tuple[Bench, Lease]:
    """A machine with TRAY in force, its door closed."""
    bench = Bench(seed=11)
    bench.until(lambda: bench.end.joined)
    world, now_s = bench.world, bench.utc_s()
    world.service(True)
    world.open_door()
    lease = bench.lease({}, {})
    lease.groups = [Group(A, GAP_S, CAP_A), Group(B, 0, CAP_B)]
    for k, (pieces, kind, opens_s, closes_s, groups) in TRAY.items():
        row = lease.rows[k]
        row.fill = world.put(k, pieces)
        row.kind = kind
        row.open_s, row.close_s = now_s + opens_s, now_s + closes_s
        row.pieces, row.weight_mg = len(pieces), sum(pieces)
        row.tolerance_mg = min(pieces) // 2 - 10
        row.groups = groups
    bench.offered = lease
    bench.until(lambda: bench.actual.lease_no == lease.lease_no)
    world.close_door()
    world.service(False)
    bench.run(1500)
    return bench, lease


def pictures() -> list[Picture]:
    """All places to begin from; building them takes a few tenths of a second."""
    found = []

    def keep(name: str, bench: Bench, lease: Lease) -> None:
        bench.talking = False
        bench.run(300)
        found.append(Picture(name, bench, lease))

    keep("loaded", *loaded())

    bench, lease = loaded()
    bench.dispense(1, 1)
    keep("released, in the cup", bench, lease)

    bench, lease = loaded()
    bench.dispense(1, 1)
    bench.world.take_cup()
    bench.run(900)
    bench.world.return_cup()
    bench.run(1500)
    keep("released and taken", bench, lease)

    bench, lease = loaded()
    bench.prepare(5, 0, round=5, round_orders=3)
    bench.press()
    keep("prepared and pressed, a round of three", bench, lease)

    bench, lease = loaded()
    bench.ask(codes.RESOLVE, LAST_ORDERS)
    bench.until(lambda: bench.actual.order == LAST_ORDERS)
    keep("order numbers near their end", bench, lease)

    bench, lease = loaded()
    bench.prepare(7, 0)
    bench.press()
    bench.ask(codes.START, 7, 0)
    bench.until(lambda: bench.world.sense(0).gate_open == 1)
    bench.world.reset(3)
    bench.run(600)
    keep("cut while the gate was open", bench, lease)
    return found
