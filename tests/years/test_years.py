"""The slice of `make years` that fits a test run; the rest is `make years YEARS=100`."""

import time
from pathlib import Path

import pytest

from controller import events as ev
from tests.controller.home import DAY
from tests.years import lean
from tests.years.fault import FOLDER, NO_PART, NOT_HERE, faults
from tests.years.life import Life
from tests.years.play import play
from tests.years.tally import Tally, report

SEEDS = range(1, 17)
SHORT_DAYS = 4


@pytest.mark.hazard("H01")
@pytest.mark.timeout(600)
def test_no_rule_is_broken_in_a_slice_of_the_years(capsys: pytest.CaptureFixture[str]) -> None:
    """Some short lives under every fault that was drawn: each rule of the oracles holds."""
    total, began = Tally(), time.monotonic()
    for seed in SEEDS:
        total.add(play(seed, SHORT_DAYS))
    with capsys.disabled():
        print(f"\n{total.years:.3f} patient-years, {total.faults} faults, {total.cpu_s:.0f} CPU-s")

    assert [] == total.broken, report(total, faults(), time.monotonic() - began)


@pytest.mark.timeout(600)
def test_the_same_seed_plays_the_same_life() -> None:
    """What happened in a life, how it ended and what was found come from its seed alone."""
    one, other = play(3, 2), play(3, 2)

    assert one.kinds == other.kinds and one.hits == other.hits
    assert one.outcomes == other.outcomes
    assert (one.doses, one.releases, one.events) == (other.doses, other.releases, other.events)


def test_every_file_in_the_folder_is_a_fault() -> None:
    """Adding one takes one file; the numbers of the safety case are each played or listed."""
    known = {fault.ident for fault in faults()}

    assert len(list(FOLDER.glob("f*.py"))) == len(known)
    assert {f"F{n:02}" for n in range(1, 35)} == known | NO_PART.keys() | NOT_HERE.keys()


@pytest.mark.timeout(600)
def test_a_burst_after_an_idle_hour_is_no_backlog(tmp_path: Path) -> None:
    """Events that waited for their barrier did not wait for the hub: nobody is alarmed."""
    home = Life(tmp_path, 5, [])
    home.install()
    home.live(2 * DAY)
    raised = [e.code for e in home.events(ev.AlertRaised) if isinstance(e, ev.AlertRaised)]

    assert "reports-waiting" not in raised
    home.kill_controller()


def test_the_faster_stuffing_makes_the_same_frames() -> None:
    """What replaces frame.stuff here for speed gives its bytes, for every length of run."""
    for length in (0, 1, 2, 90, 253, 254, 255, 300, 600):
        for zeros in (0, 1, 2, 7):
            data = (b"\0" * zeros + b"\x07" * length) * 2 + b"\0" * (zeros // 2)

            assert lean._STUFF(data) == lean.stuff(data)
