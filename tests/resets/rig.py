"""A machine whose firmware is a real MicroPython process that dies by SIGKILL at every reset.

Responsible for: compiling the firmware once, the seat that kills and starts processes, and a table
with the loaded machine, its world brought back from a picture. Not for when to cut (cuts.py) or
what must hold (judge.py). World, house and the controller's end of the cable stay in this process.
"""

import pickle
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from firmware.store import MIND, address
from hal.sim import sense as words
from hal.sim.house import House, InsideController
from hal.sim.runtime import ROOT, micropython
from hal.sim.seats import BoardSocket, Listener
from hal.sim.world import World
from hal.wire import codes
from hal.wire.messages import Lease
from tests.firmware.bench import HOUR_S, KEY, Bench
from tests.resets.nursery import Board, Nursery
from tests.tools.common_tongue import files

COMPARTMENT = 4  # 250 ms from home; its neighbours are loaded too
FILLS = {COMPARTMENT: [300, 260], 3: [290], 5: [280]}
COMPILE_S = 60
_PAYLOAD = struct.calcsize("<BHI")  # of a record: id, length, number of the write
_ORDER = "<IB"  # number and state, the first of what it holds


def compiled(folder: Path) -> Path:
    """Every file of the common tongue as .mpy, below `folder`."""
    cross = Path(micropython()[0]).with_name("mpy-cross")
    for path in files():
        target = folder / path.relative_to(ROOT).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        command = [str(cross), "-o", str(target), str(path)]
        subprocess.run(command, check=True, timeout=COMPILE_S)
    return folder


def past_prepared(world: World) -> bool:
    """Neither copy of the board's record still says PREPARED; DONE: the way home, with a jam."""
    places = [address(MIND, copy) + _PAYLOAD for copy in (0, 1)]
    states = [struct.unpack_from(_ORDER, world.fram.data, at)[1] for at in places]
    return codes.PREPARED not in states


class Mortal(BoardSocket):
    """The board's seat; each boot has a process of its own, and a reset kills it on the spot."""

    def __init__(self, listener: Listener, world: World, nursery: Nursery) -> None:
        super().__init__(listener, world)
        self.expected = True
        self.nursery = nursery
        self.process: Board | None = None
        self.kills = 0
        self.unfounded = 0  # drives towards a compartment with no START in both copies (I6)

    def _one(self, connection: socket.socket, op: int, a: int, b: int, data: bytes) -> None:
        if op == words.DRIVE and a == words.compartment_tick(COMPARTMENT):
            self.unfounded += not past_prepared(self.world)
        super()._one(connection, op, a, b, data)

    def ready(self) -> bool:
        """A process is there to be started: a new one after each death."""
        if self.process is None:
            self.process = self.nursery.born()
        return super().ready()

    def stop(self) -> None:
        """The board was reset: SIGKILL, whatever the process was doing."""
        self.end()
        self.kills += 1

    def end(self) -> None:
        """No process is left behind."""
        if self.process is not None:
            self.process.kill()
            self.process = None
        self.leave()


class Table(Bench):
    """A bench that goes on from a picture of the loaded machine, with a mortal board."""

    def __init__(self, workshop: "Workshop", seed: int) -> None:
        super().__init__(seed)
        self.world = pickle.loads(workshop.picture)
        self.world.chance.state = self.world.chance.state ^ (seed * 2654435761) or 1
        self.world.trace_lines = []
        self.offered = workshop.lease
        self.seat = Mortal(workshop.listener, self.world, workshop.nursery)
        self.house = House(self.world, self.seat, InsideController(self._controller))

    def __enter__(self) -> "Table":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.seat.end()


class Workshop:
    """What all runs share: compiled firmware, a socket, the picture of a loaded machine."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="resets-"))
        self.code = compiled(self.folder / "board")
        address = self.folder / "board.sock"
        self.listener = Listener(address)
        argv = ["-m", "firmware", "--board", "sim", "--house", str(address)]
        self.nursery = Nursery([*argv, "--key", KEY.hex(), "--tries", "5"], self.code)
        self.lease, self.picture = self._loaded()

    def _loaded(self) -> tuple[Lease, bytes]:
        """The lease and the world, as a person left it: door closed, board about to be cut."""
        bench = Bench(seed=7)
        lease = bench.load(FILLS, close_s=bench.utc_s() + HOUR_S)
        bench.world.reset(3)
        bench.world.cable.unplug()
        bench.world.resets.clear()
        return lease, pickle.dumps(bench.world, pickle.HIGHEST_PROTOCOL)

    def close(self) -> None:
        """Nothing stays behind."""
        self.nursery.close()
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Workshop":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
