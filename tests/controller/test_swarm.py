"""A swarm of random homes: whatever happens, no dose twice, none lost, no lie, no standstill.

`SWARM=200 pytest tests/controller/test_swarm.py` plays more seeds; a failure names its seed, and
`SWARM_FROM=17 SWARM=1` plays that one again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.controller.home import HOUR
from tests.controller.swarm import Swarm
from tests.controller.swarm_rules import Judge

FIRST = int(os.environ.get("SWARM_FROM", "1"))
SEEDS = int(os.environ.get("SWARM", "4"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_whatever_happens_the_doses_come_out_right(tmp_path: Path, seed: int) -> None:
    """A day of mishaps, then everything is mended: every rule holds by the world's own truth."""
    home = Swarm(tmp_path, seed)
    home.install()
    home.chaos(22 * HOUR)
    home.mend()
    calm = home.true_s
    home.calm(12 * HOUR)

    judge = Judge(home)
    broken = judge.judge()
    judge.calm(calm)
    assert [] == broken, "\n".join([f"seed {seed}", *broken, *home.said])
