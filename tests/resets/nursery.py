"""Where boards are born: processes that run MicroPython, started quickly and killed for certain.

Responsible for: a new process for each boot. Where MicroPython is the wheel (a program inside a
Python extension), one process loads that program once and forks before MicroPython's `main` has
begun: every boot starts from nothing, only the loading is shared. Elsewhere each boot is an
ordinary start. Not for when a board dies (rig.py).
"""

import importlib.util
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from hal.sim.runtime import ROOT, micropython

WHEEL = "micropython_run"
DEATH_MS = 5_000  # a killed process must have ended by then


class Nursery:
    """Starts boards, `argv` each, with `code` as their files."""

    def __init__(self, argv: list[str], code: Path) -> None:
        self._argv, self._code = argv, code
        self._environment = {**os.environ, "MICROPYPATH": f"{code}:.frozen"}
        self._mother: subprocess.Popen[str] | None = None
        if not os.environ.get("MICROPYTHON") and importlib.util.find_spec(WHEEL):
            self._mother = subprocess.Popen(
                [sys.executable, "-m", "tests.resets.nursery", str(code), *argv],
                cwd=ROOT, env=self._environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip

    def born(self) -> "Board":
        """A process that has just begun."""
        if self._mother is None:
            started = subprocess.Popen(
                [*micropython(), *self._argv], cwd=self._code, env=self._environment
            )
            return Board(started.pid, started)
        assert self._mother.stdin is not None and self._mother.stdout is not None
        self._mother.stdin.write("\n")
        self._mother.stdin.flush()
        return Board(int(self._mother.stdout.readline()), None)

    def close(self) -> None:
        """No more boards."""
        if self._mother is not None:
            self._mother.communicate(timeout=DEATH_MS // 1000)
            self._mother = None


class Board:
    """One process; a handle that no later process can be mistaken for."""

    def __init__(self, process: int, started: "subprocess.Popen[bytes] | None") -> None:
        self._started = started
        self._handle = os.pidfd_open(process)

    def kill(self) -> None:
        """SIGKILL, and it has ended when this returns."""
        signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        waiting = select.poll()
        waiting.register(self._handle, select.POLLIN)
        assert waiting.poll(DEATH_MS), "a killed process lives on"
        os.close(self._handle)
        if self._started is not None:
            self._started.wait()


def main(code: str, argv: list[str]) -> None:
    """Fork a board for each line, until there are no more."""
    run = importlib.import_module(WHEEL).run_main
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to bury them
    os.chdir(code)
    for _ in sys.stdin:
        process = os.fork()
        if process == 0:
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(2, 1)  # what a board prints is no answer
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(run(["micropython", *argv]))
        print(process, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
