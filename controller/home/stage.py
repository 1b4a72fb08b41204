"""One simulated home under virtual time, with its real processes.

Responsible for: the house's token in this process; firmware on real MicroPython, the
controller, the broker and the hub's subscriber around it. Not responsible for keeping a
process alive (process.py), for people (cast.py), for what happens when (week.py) or for
the judgement (judge.py). While nobody holds the token everything stands still, so a kill
between two turns strikes at the same simulated instant every time.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from controller.events import Json
from controller.home.furnish import Furniture, furnish_virtual
from controller.home.places import Places
from controller.home.process import BoardPlace, ControllerPlace, Process
from controller.journal import Journal
from fleet.brokers import Broker, mosquitto, nats
from hal.sim import verbs
from hal.sim.house import House
from hal.sim.runtime import firmware_command
from hal.sim.seats import Listener
from hal.sim.world import World
from schedules.model import Plan

SETTLE_MS: Final = 50  # simulated; what one wish and its answer take
STEP_MS: Final = 15_000  # how often somebody looks at the machine
CHUNK: Final = 1 << 16
LOOKS: Final = 12
TRIES: Final = 5  # of a wish whose controller died on it
PATIENCE_MS: Final = 1_000
LOOKS_MOST: Final = 240


@dataclass(frozen=True)
class Casting:
    """What runs in this home."""

    broker: str = "nats"  # nats, mosquitto, none
    seed: int = 1


class Stage:
    """The home. `run_to` lets simulated time pass; people act in between."""

    def __init__(self, places: Places, plan: Plan, start_s: int, casting: Casting) -> None:
        self.places = places
        self.plan = plan
        self.start_s = start_s
        self.world = World(casting.seed, start_s * 1000)
        self.broker = _broker(casting.broker, places)
        port = self.broker.port if self.broker else 0
        self.furniture: Furniture = furnish_virtual(places, plan, broker_port=port)
        log_epoch = hashlib.sha256(b"demo %d" % casting.seed).hexdigest()[:16]
        Journal.open(places.journal, log_epoch=log_epoch).close()  # in identities, so no luck here
        self.firmware = Process("firmware", self._firmware_command(), places.log / "firmware.log")
        self.controller = Process(
            "controller",
            [sys.executable, "-m", "controller", "--config", str(places.config)],
            places.log / "controller.log",
        )
        self.watch = Process("watch", self._watch_command(port), places.log / "watch.log")
        self._listeners = [
            Listener(places.sockets / "board.sock"),
            Listener(places.sockets / "controller.sock"),
        ]
        self.board_seat = BoardPlace(self._listeners[0], self.world, self.firmware)
        self.controller_seat = ControllerPlace(self._listeners[1], self.world, self.controller)
        self.house = House(self.world, self.board_seat, self.controller_seat)
        self._window: socket.socket | None = None
        self._line = b""
        self.snapshot: dict[str, Any] = {}

    def _firmware_command(self) -> list[str]:
        runtime = firmware_command(dict(os.environ))
        key = str(self.furniture.pairing_key)
        seat = str(self.places.sockets / "board.sock")
        return [*runtime, "-m", "firmware", "--board", "sim", "--house", seat, "--key", key]

    def _watch_command(self, port: int) -> list[str]:
        return [
            sys.executable, "-m", "fleet.watch", "--broker", f"127.0.0.1:{port}",
            "--hub-key", str(self.furniture.hub_key), "--store", str(self.places.store),
            "--zone", self.plan.zone, "--silent-after", "86400", "--retry-max", "0.2",
        ]  # fmt: skip

    def open(self) -> None:
        """Start broker and subscriber; board and controller come when the token calls them."""
        if self.broker is not None:
            self.broker.start()
            self.watch.ensure()
        self.house.controller_wake_ms = 0

    def close(self) -> None:
        """End every process that was started here."""
        self.controller.end()
        self.firmware.end()
        self.watch.end()
        if self.broker is not None and self.broker.pid:
            self.broker.stop()
        for listener in self._listeners:
            listener.close()
        if self._window is not None:
            self._window.close()

    # --- time ------------------------------------------------------------------------------

    @property
    def now_s(self) -> int:
        """True simulated time, Unix seconds."""
        return self.start_s + self.world.now_ms // 1000

    def run_ms(self, ms: int) -> None:
        """Let this much simulated time pass, with nobody at the machine."""
        self.house.run(self.world.now_ms + ms)

    # --- machines --------------------------------------------------------------------------

    def kill_controller(self, away_ms: int = 0) -> None:
        """kill -9 between two turns; it comes back after `away_ms` of simulated time."""
        self.controller.kill()
        self.controller_seat.leave()
        if away_ms:
            self.controller_seat.away = True
            self.house.do_at(self.world.now_ms + away_ms, self._back)
        self.house.controller_wake_ms = 0

    def _back(self) -> None:
        self.controller_seat.away = False
        self.house.controller_wake_ms = 0

    def kill_board(self) -> None:
        """kill -9 of the firmware process: to the world a power cut."""
        self.firmware.kill()
        self.board_seat.look()

    def cut_net(self) -> None:
        """A day without broker: it is killed, the controller is told by its silence."""
        if self.broker is not None:
            self.house.set_net(False)
            self.broker.kill()

    def mend_net(self) -> None:
        """The broker is back."""
        if self.broker is not None:
            self.broker.start()
            self.house.set_net(True)

    # --- people ----------------------------------------------------------------------------

    def do(self, verb: str, **args: object) -> dict[str, object]:
        """One verb of the house, as from its control socket."""
        return verbs.act(self.house, {"verb": verb, **args})

    def wish(self, verb: str, **args: Json) -> None:
        """One wish of a person; said again when the controller died before it could answer."""
        for _ in range(TRIES):
            before = self.controller.starts
            self.house.wish({"wish": verb, **args})
            self.run_ms(SETTLE_MS)
            while self.house.wishes:  # nobody is there to hear it
                self.run_ms(PATIENCE_MS)
            if self.controller.pid and self.controller.starts == before:
                return

    def look(self) -> dict[str, Any]:
        """The newest snapshot: what the page would show now."""
        for _ in range(LOOKS):
            if self.controller_seat.gone:
                self.snapshot = {}  # the page says so, and shows nothing
                return {}
            if self._window is None:
                self._open_window()
            elif not self._read_window() and self.snapshot:
                break  # everything that was said has been read
            self.house.controller_wake_ms = 0  # it answers who knocks in its next turn
            self.run_ms(1)
        return self.snapshot

    def look_until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Look again and again until the page shows this; gives up after some minutes."""
        for _ in range(LOOKS_MOST):
            if holds(self.look()):
                break
            self.run_ms(PATIENCE_MS)
        return self.snapshot

    def _open_window(self) -> None:
        window = socket.socket(socket.AF_UNIX)
        try:
            window.connect(str(self.places.door))
            window.sendall(b'{"watch":true}\n')
        except OSError:
            window.close()
            return
        window.setblocking(False)
        self._window, self._line, self.snapshot = window, b"", {}

    def _read_window(self) -> bool:
        """Whether this connection had anything new to say."""
        assert self._window is not None
        try:
            while chunk := self._window.recv(CHUNK):
                self._line += chunk
            self._window.close()
            self._window = None  # that controller has gone; the next one is asked
        except BlockingIOError:
            pass
        except OSError:  # killed with words of ours unread
            self._window = None
        *lines, self._line = self._line.split(b"\n")
        if lines:
            self.snapshot = json.loads(lines[-1])
        return bool(lines) or self._window is None


def _broker(kind: str, places: Places) -> Broker | None:
    if kind == "none":
        return None
    return (nats if kind == "nats" else mosquitto)(places.broker)


def as_row(value: Mapping[str, Any], name: str) -> list[Any]:
    """A list inside a snapshot, [] where it is absent."""
    found = value.get(name)
    return found if isinstance(found, list) else []
