"""Processes of a home under virtual time: killed when the script says so, back when needed.

Responsible for: starting, killing and ending one process, and for the two seats of the
house that start theirs again when its turn comes. Not responsible for what they are
(stage.py) or for processes in real time (children.py).
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from controller.home.places import ROOT
from hal.sim.house import SeatEmpty
from hal.sim.runtime import run_environment
from hal.sim.seats import JOIN_S, BoardSocket, ControllerSocket, Listener, Seat
from hal.sim.world import World

LOOK_S: Final = 0.2  # host seconds between two looks at a process that is to join
END_S: Final = 10


class Process:
    """One process that is started again whenever it is needed and gone."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.starts = 0
        self.runtime = "micropython" if "micropython" in command[0] else "cpython"
        self._command = list(command)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the living process, 0: there is none."""
        gone = self._process is None or self._process.poll() is not None
        return 0 if gone or self._process is None else self._process.pid

    def ensure(self) -> None:
        """Start it unless it lives."""
        if self.pid:
            return
        self.starts += 1
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=run_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def strike(self) -> bool:
        """kill -9 from another thread, at any instant; whether there was one to kill."""
        process = self._process
        if process is None or process.poll() is not None:
            return False
        process.kill()
        process.wait()
        return True

    def end(self) -> None:
        """Ask it to end; kill it when it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None


class BoardPlace(BoardSocket):
    """A board that is switched on again whenever the house wants to boot it."""

    def __init__(self, listener: Listener, world: World, firmware: Process) -> None:
        super().__init__(listener, world)
        self.expected = True
        self._firmware = firmware

    def ready(self) -> bool:
        """The process of this boot is there."""
        if self.connection is None:
            self._firmware.kill()  # a board that was reset starts from nothing
        return await_joining(self, self._firmware)


class ControllerPlace(ControllerSocket):
    """A controller that is started again whenever its turn comes and it is gone."""

    def __init__(self, listener: Listener, world: World, controller: Process) -> None:
        super().__init__(listener)
        self.expected = True
        self.away = False  # it shall stay dead for a while
        self.away_until_ms = 0  # the same, up to an instant of house time
        self.world = world
        self._controller = controller

    @property
    def gone(self) -> bool:
        """It is to stay away at this instant."""
        return self.away or self.world.now_ms < self.away_until_ms

    def ready(self) -> bool:
        """The process is there, unless it is to stay away."""
        if self.gone:
            return False
        if not self._controller.pid:
            self.leave()
        return await_joining(self, self._controller)


def await_joining(seat: Seat, process: Process) -> bool:
    """Somebody sits there; a process that dies before it has joined is started again."""
    until = time.monotonic() + JOIN_S
    while seat.connection is None:
        if time.monotonic() > until:
            raise SeatEmpty(f"the {process.name} does not join: see its log")
        process.ensure()
        seat.look(LOOK_S)
    return True
