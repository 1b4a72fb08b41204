"""`make run` itself: everything comes up, comes back, and ends."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.hygiene import ROOT

pytestmark = [pytest.mark.story, pytest.mark.timeout(180)]

UP_LIMIT_S = 90
BACK_LIMIT_S = 60


class Run:
    """One `python -m controller.home run` in a home of its own."""

    def __init__(self, folder: Path, **switches: str) -> None:
        environ = {**os.environ, "POSOLOGY_HOME": str(folder), "PORT": "18480", **switches}
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "controller.home", "run"], cwd=ROOT, env=environ,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )
        self.said = ""

    def hear(self, words: str, limit_s: float) -> str:
        """Read what it says until these words come; the line with them."""
        assert self.process.stdout is not None
        until = time.monotonic() + limit_s
        while True:
            for line in self.said.splitlines():
                if words in line:
                    return line
            left = until - time.monotonic()
            ready = select.select([self.process.stdout], [], [], max(0, left))[0]
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                raise AssertionError(f"never said {words!r}:\n{self.said}\n{self.logs()}")
            self.said += chunk.decode()

    def logs(self) -> str:
        """The end of every log, for a failure that explains itself."""
        ends = [f"{log.name}: {log.read_text()[-800:]}" for log in self.folder.glob("log/*.log")]
        return "\n".join(ends)

    def children(self) -> dict[int, str]:
        """Living processes of the home and how they were started."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.process.pid:
                    words = (folder / "cmdline").read_text().replace("\0", " ")
                    found[int(folder.name)] = words
        return found

    def end(self) -> None:
        """Ctrl-C, then wait."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One home for this file."""
    one = Run(tmp_path_factory.mktemp("home"))
    try:
        one.hear("Ctrl-C ends it", UP_LIMIT_S)
        yield one
    finally:
        if one.process.poll() is None:
            one.end()


def test_it_prints_a_url_that_answers(run: Run) -> None:
    """The page is there as soon as its address is said."""
    line = run.hear("open http://", UP_LIMIT_S)
    url = line.split("open ")[1].split()[0]

    with urllib.request.urlopen(url, timeout=20) as answer:
        assert 200 == answer.status


PARTS = ["firmware", "controller --config", "controller.web", "nats", "hal.sim --socket"]


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_process_comes_back(run: Run, part: str) -> None:
    """kill -9 of any part is said, and a new one lives soon after."""
    victims = [pid for pid, words in run.children().items() if part in words]
    assert 1 == len(victims), run.children()
    os.kill(victims[0], signal.SIGKILL)
    until = time.monotonic() + BACK_LIMIT_S
    while time.monotonic() < until:
        now = [pid for pid, words in run.children().items() if part in words]
        if now and now != victims:
            break
        select.select([], [], [], 0.1)

    assert 1 == len(now) and now != victims, run.logs()
    run.hear("ended (signal 9)", 5)


def test_ctrl_c_ends_everything(run: Run) -> None:
    """After SIGINT the launcher returns 0 and none of its processes is left."""
    pids = list(run.children())
    run.end()

    assert 0 == run.process.returncode
    assert [] == [pid for pid in pids if Path(f"/proc/{pid}").exists()]
