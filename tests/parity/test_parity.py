"""The firmware is one program: the same script leaves the same trace on every runtime."""

import sys
from pathlib import Path

import pytest

from hal.sim.runtime import micropython
from hal.wire import codes
from tests.firmware.bench import Bench
from tests.parity.remote import Remote


def story(bench: Bench) -> str:
    """Loading, a release, a power cut while pills fall, a bouncing press; the world's trace."""
    bench.world.bounces = 3
    bench.two_rounds_and_a_cut()
    bench.talking = False
    bench.run(65000)
    assert bench.world.lamp_shows == codes.ALARM
    return bench.world.trace.hex()


@pytest.mark.parametrize("runtime", ["micropython", "cpython"])
def test_the_same_script_leaves_the_same_trace_in_another_process(
    runtime: str, tmp_path: Path
) -> None:
    """In this process, in another CPython and on real MicroPython the world sees the same acts."""
    here = story(Bench(seed=3))

    command = micropython() if runtime == "micropython" else [sys.executable]
    with Remote(command, tmp_path) as remote:
        there = story(Bench(seed=3, seat=remote.seat))

    assert here == there
