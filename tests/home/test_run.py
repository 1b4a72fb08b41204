"""`make run` itself: everything comes up, comes back, and ends."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from controller.canonical import Json
from tests.home.running import BACK_LIMIT_S, UP_LIMIT_S, Run, until

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


def test_ctrl_c_ends_everything(run: Run) -> None:
    """After SIGINT the launcher returns 0 and none of its processes is left."""
    pids = list(run.children())
    run.end()

    assert 0 == run.process.returncode
    assert [] == [pid for pid in pids if Path(f"/proc/{pid}").exists()]
