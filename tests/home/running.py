"""A real `make run` under test: what it says, its processes, its page."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from controller.canonical import Json
from controller.home.places import Places
from controller.sockets import NobodyThere, watch
from tests.tools.hygiene import ROOT

UP_LIMIT_S = 90
BACK_LIMIT_S = 60
LOOK_S = 0.1


def until(holds: Callable[[], bool], limit_s: float) -> bool:
    """Whether it comes to hold within the limit."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if holds():
            return True
        select.select([], [], [], LOOK_S)
    return False


class Run:
    """One `python -m controller.home run` in a home of its own."""

    def __init__(self, folder: Path, **switches: str) -> None:
        environ = {**os.environ, "POSOLOGY_HOME": str(folder), **switches}
        self.folder = folder
        self.places = Places(folder)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "controller.home", "run"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
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

    def part(self, words: str) -> int:
        """The one living process that was started with these words, 0: there is none now."""
        found = [pid for pid, started in self.children().items() if words in started]
        assert len(found) <= 1, self.children()
        return found[0] if found else 0

    def kill(self, words: str) -> None:
        """kill -9 of this part."""
        victim = self.part(words)
        assert victim, self.children()
        os.kill(victim, signal.SIGKILL)

    def shown_when(
        self, holds: Callable[[dict[str, Json]], bool], limit_s: float
    ) -> dict[str, Json]:
        """Watch the controller, however often it goes, until its snapshot shows this."""
        until = time.monotonic() + limit_s
        shown: dict[str, Json] = {}
        while time.monotonic() < until:
            try:
                for shown in watch(self.places.door, 10.0):
                    if holds(shown):
                        return shown
                    if time.monotonic() > until:
                        break
            except NobodyThere:
                select.select([], [], [], LOOK_S)
        raise AssertionError(f"never shown; at last {shown}\n{self.said}\n{self.logs()}")

    def page(self) -> str:
        """The patient's page, as soon as it is served."""
        url = self.hear("open http://", 1).split("open ")[1].split()[0]
        pages: list[str] = []

        def served() -> bool:
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=20) as answer:
                pages.append(answer.read().decode())
            return bool(pages)

        assert until(served, BACK_LIMIT_S), self.logs()
        return pages[0]
