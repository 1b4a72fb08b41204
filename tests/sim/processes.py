"""Real processes around a house: the house itself, firmware, and a controller's place.

Responsible for: starting and ending them in a test's own folder. Ends only what it started.
"""

import json
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from hal.sim.control import HouseClient
from hal.sim.runtime import ROOT, micropython, run_environment

KEY = bytes(range(32))
END_S = 10


class Home:
    """A house process and whoever a test adds; ends them all."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.words = words
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Home":
        command = [sys.executable, "-m", "hal.sim", "--socket", str(self.folder / "house.sock")]
        self.house = self.start([*command, *self.words])
        self.client = HouseClient(self.folder / "house.sock")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()
        for process in reversed(self.processes):
            process.terminate()
            process.wait(END_S)

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a process of this home."""
        process = subprocess.Popen(
            command, cwd=ROOT, env=run_environment(), stdout=subprocess.DEVNULL
        )
        self.processes.append(process)
        return process

    def firmware(self, *, real: bool = True) -> subprocess.Popen[bytes]:
        """The firmware on MicroPython (or CPython); time waits for it."""
        runtime = micropython() if real else [sys.executable]
        words = ["-m", "firmware", "--board", "sim", "--house", str(self.folder / "board.sock")]
        process = self.start([*runtime, *words, "--key", KEY.hex()])
        if self.view()["virtual"]:
            self.client.ask("expect", who="board", on=True)
        return process

    def run(self, ms: int) -> dict[str, object]:
        """Let virtual time pass."""
        now = self.client.ask("now")["sim_ms"]
        assert isinstance(now, int)
        return self.client.ask("run", until_ms=now + ms)

    def view(self) -> dict[str, object]:
        """The machine as an onlooker sees it."""
        view = self.client.ask("view")["view"]
        assert isinstance(view, dict)
        return view


class Place:
    """A controller's place in the circle, answered by hand."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(END_S)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")

    def go(self) -> dict[str, object]:
        """Wait for the token."""
        found = json.loads(self.file.readline())["go"]
        assert isinstance(found, dict)
        return found

    def wait(self, wake_ms: int | None, sent: bytes = b"") -> None:
        """Give it back."""
        line = json.dumps({"wait": {"wake_ms": wake_ms, "tx": sent.hex()}})
        self.socket.sendall(line.encode() + b"\n")

    def close(self) -> None:
        """Leave the circle."""
        self.file.close()
        self.socket.close()
