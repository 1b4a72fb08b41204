"""A firmware process on a runtime of choice, in the board's seat of a world in this process.

Responsible for: starting `RUNTIME -m firmware` in a directory, seating it, ending it. The
process is stopped with the test; nothing else is.
"""

import subprocess
from pathlib import Path
from types import TracebackType

from hal.sim.runtime import ROOT
from hal.sim.seats import BoardSocket, Listener
from hal.sim.world import World
from tests.firmware.bench import KEY

END_S = 5


class Remote:
    """Context manager; `seat(world)` is what Bench takes as its board."""

    def __init__(self, command: list[str], folder: Path, code: Path = ROOT) -> None:
        self.command = command
        self.address = folder / "board.sock"
        self.code = code
        self.listener = Listener(self.address)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Remote":
        line = [*self.command, "-m", "firmware", "--board", "sim", "--house", str(self.address)]
        line += ["--key", KEY.hex(), "--tries", "5"]
        self.process = subprocess.Popen(
            line, cwd=self.code, env={"MICROPYPATH": f"{self.code}:.frozen"}
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(END_S)
        self.listener.close()

    def seat(self, world: World) -> BoardSocket:
        """The board's seat of `world`, waiting for this process."""
        seat = BoardSocket(self.listener, world)
        seat.expected = True
        return seat
