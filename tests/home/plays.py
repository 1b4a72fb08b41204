"""Demonstrations as processes of their own, several at a time."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.tools.hygiene import ROOT

LIMIT_S = 500


class Played:
    """One finished `python -m controller.home TASK`."""

    def __init__(self, code: int, said: str, home: Path) -> None:
        self.code = code
        self.said = said
        self.home = home

    @property
    def line(self) -> dict[str, Any]:
        """The JSON object that it ended with; what it said instead, where there is none."""
        try:
            found = json.loads(self.said.strip().rpartition("\n")[2])
        except ValueError:
            raise AssertionError(self.said[-3000:] + self.logs()) from None
        assert isinstance(found, dict)
        return found

    def logs(self) -> str:
        """The end of every log, for a failure that explains itself."""
        return "\n".join(f"{log.name}: {log.read_text()[-800:]}" for log in self.home.glob("log/*"))


def play(folder: Path, *runs: tuple[str, dict[str, str]]) -> list[Played]:
    """Run (task, switches) all at once, each in a home of its own under `folder`."""
    running = []
    for number, (task, switches) in enumerate(runs):
        home = folder / str(number)
        process = subprocess.Popen(
            [sys.executable, "-m", "controller.home", task], cwd=ROOT,
            env={**os.environ, "KEEP": str(home), **switches},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        running.append((process, home))
    played = []
    for process, home in running:
        try:
            said, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            for one, _ in running:
                one.send_signal(signal.SIGINT)  # it ends all that it started
            raise
        played.append(Played(process.returncode, said, home))
    return played
