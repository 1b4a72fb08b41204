"""`make run` itself: everything comes up, comes back, and ends."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from controller.canonical import Json
from tests.home.running import BACK_LIMIT_S, UP_LIMIT_S, Run, until
from tests.tools.hygiene import ROOT

pytestmark = [pytest.mark.story, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One home for this file."""
    one = Run(tmp_path_factory.mktemp("home"), PORT="18480")
    try:
        one.hear("Ctrl-C ends it", UP_LIMIT_S)
        yield one
    finally:
        if one.process.poll() is None:
            one.end()


def _well(shown: Mapping[str, Json]) -> bool:
    """The board answers, the clock is trusted, and the hub has all that may be told."""
    return ("ready", "fresh", True, {"connected": True, "unacked": 0}) == (
        shown["mode"], shown["link"], shown["trusted"], shown["net"],
    )  # fmt: skip


def test_it_prints_a_url_that_answers(run: Run) -> None:
    """The page is there as soon as its address is said."""
    run.hear("open http://", UP_LIMIT_S)

    assert "<html" in run.page()


def test_a_fresh_home_loads_itself_and_is_ready(run: Run) -> None:
    """The loader fills it, the plan comes into force, every report arrives."""
    run.shown_when(_well, UP_LIMIT_S)


def _boots(shown: Mapping[str, Json]) -> int:
    """The board's boot epoch, as the controller knows it."""
    board = shown["board"]
    return int(board["boot_epoch"]) if isinstance(board, dict) else 0


PARTS = {"firmware": 1, "controller --config": 0, "controller.web": 0, "nats": 0, "hal.sim -": 1}


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_process_comes_back(run: Run, part: str) -> None:
    """kill -9 of any part is said, a new one lives soon after, and all is well again."""
    boots = _boots(run.shown_when(_well, BACK_LIMIT_S))
    victim = run.part(part)
    run.kill(part)

    assert until(lambda: run.part(part) not in (0, victim), BACK_LIMIT_S), run.logs()
    run.hear("ended (signal 9)", 5)
    run.shown_when(lambda now: _well(now) and _boots(now) >= boots + PARTS[part], BACK_LIMIT_S)
    assert "<html" in run.page()


def test_r4_a_medicine_is_stopped_from_a_terminal(run: Run) -> None:
    """Signed with this home's key, looked at, handed over: the running machine has it."""
    home, act = run.folder, run.folder / "stop.json"
    plan = ("--plan", str(home / "plan.json"), "--key", str(home / "keys" / "pharmacist.key"))
    command = ("schedules", "act", "stop", "gabapentin-300", *plan, "-o", str(act))
    bring = ("controller.bring", str(act), "--config", str(home / "controller.toml"))
    assert "hand it over with" in _said(*command)
    looked = _said(*bring, code=1)
    assert "Gabapentin 300 mg" in looked and "NOT handed over yet" in looked
    assert "The machine has it." in _said(*bring, "--yes")

    shown = run.shown_when(lambda now: bool(now["halts"]), BACK_LIMIT_S)
    halts = shown["halts"]
    assert isinstance(halts, list) and isinstance(halts[0], dict)
    assert ("gabapentin-300", "pharmacist/ada") == (halts[0]["regimen_id"], halts[0]["by"])


def _said(*words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert code == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_ctrl_c_ends_everything(run: Run) -> None:
    """After SIGINT the launcher returns 0 and none of its processes is left."""
    pids = list(run.children())
    run.end()

    assert 0 == run.process.returncode
    assert [] == [pid for pid in pids if Path(f"/proc/{pid}").exists()]
