"""The firmware as the board carries it: compiled, in a small heap, for a long time."""

import subprocess
from pathlib import Path

import pytest

from hal.sim.runtime import ROOT, micropython
from tests.firmware.bench import Bench
from tests.parity.remote import Remote
from tests.parity.test_parity import story
from tests.tools.common_tongue import files

# Words of 64 bits are twice those of the board: 76wK is 152 KB here and 76 KB there.
# A Pico has 245 KB.
HEAP = "heapsize=76wK"
COMPILE_S = 60
HANGS_S = 600  # sixteen seconds of computing, on a machine that may have much else to do


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with every file of the common tongue as .mpy."""
    folder = tmp_path_factory.mktemp("mpy")
    cross = Path(micropython()[0]).with_name("mpy-cross")
    for path in files():
        target = folder / path.relative_to(ROOT).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([str(cross), "-o", str(target), str(path)], check=True, timeout=COMPILE_S)
    return folder


def test_compiled_in_a_small_heap_it_leaves_the_same_trace(compiled: Path, tmp_path: Path) -> None:
    """As .mpy files and with little memory the firmware does exactly the same."""
    here = story(Bench(seed=3))

    with Remote([*micropython(), "-X", HEAP], tmp_path, compiled) as remote:
        there = story(Bench(seed=3, seat=remote.seat))

    assert here == there


def test_a_hundred_thousand_wakeups_leave_no_more_memory_used_than_a_thousand(
    compiled: Path,
) -> None:
    """Nothing grows: the bytes in use after a collection are the same."""
    script = ROOT / "tests" / "parity" / "wakeups.py"
    run = subprocess.run(
        [*micropython(), str(script)],
        env={"MICROPYPATH": f"{compiled}:.frozen"},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=True,
    )
    early, late, turns, orders = [int(word) for word in run.stdout.split()]

    assert 100000 <= turns
    assert 100 <= orders
    assert early == late
