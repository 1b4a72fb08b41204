"""The house as a process: sockets, pace, streams of clock and views, the saved world.

Responsible for: who knocks where, virtual time on request (`run`) or real time as it passes,
answering control lines. Not for verbs (verbs.py), turns (house.py) or physics.
"""

import contextlib
import json
import selectors
import time
from dataclasses import dataclass
from pathlib import Path

from hal.sim.cable_tty import ControllerPty
from hal.sim.clients import Client, Clients
from hal.sim.house import House, SeatEmpty
from hal.sim.net import Proxy
from hal.sim.save import save
from hal.sim.seats import HANG_S, BoardSocket, ControllerSocket, Listener
from hal.sim.verbs import VerbRefused, act, flag, number, text
from hal.sim.view import view
from hal.sim.world import World

VIEW_EVERY_S = 0.1  # shortest time between two views of one stream
CLOCK_EVERY_S = 60.0  # fresh anchors, so that drift never grows in a client
SAVE_EVERY_S = 2.0
LONGEST_SLEEP_S = 1.0
HANG_REAL_S = 3  # in real pace the world would stand still longer than a watchdog allows


@dataclass
class Pace:
    """How simulated time follows the host's; speed 0: virtual, only `run` moves it."""

    speed: int
    mono0_ns: int = 0
    sim0_ms: int = 0

    def sim_ms(self) -> int:
        """Simulated time that has come by now."""
        passed = time.monotonic_ns() - self.mono0_ns
        return self.sim0_ms + passed * self.speed // 1_000_000

    def host_s(self, sim_ms: int) -> float:
        """Host seconds from now until `sim_ms`."""
        ahead_ns = (sim_ms - self.sim0_ms) * 1_000_000 // self.speed + self.mono0_ns
        return max(0.0, (ahead_ns - time.monotonic_ns()) / 1e9)


class Server:
    """One simulated home's house until `close`."""

    def __init__(
        self,
        world: World,
        folder: Path,
        control: Path,
        *,
        speed: int = 0,
        pty: Path | None = None,
        state: Path | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self.world = world
        self.state = state
        self.proxy = proxy
        self.pace = Pace(speed, time.monotonic_ns(), world.now_ms)
        self.board = BoardSocket(
            Listener(folder / "board.sock", HANG_REAL_S if speed else HANG_S), world
        )
        self.controller: ControllerSocket | ControllerPty
        if pty is None:
            self.controller = ControllerSocket(Listener(folder / "controller.sock"))
        else:
            self.controller = ControllerPty(pty)
        self.house = House(world, self.board, self.controller)
        self.house.on_jump = self._tell_clocks
        if proxy is not None:
            self.house.on_net = proxy.set_up
        self.selector = selectors.DefaultSelector()
        self.clients = Clients(Listener(control), self.selector, self._do)

        self.ended = False
        self._clock_at = self._saved_at = 0.0
        for listener in (self.clients.listener, self.board.listener):
            self.selector.register(listener.socket, selectors.EVENT_READ, listener)
        if isinstance(self.controller, ControllerSocket):
            listener = self.controller.listener
            self.selector.register(listener.socket, selectors.EVENT_READ, listener)
        else:
            self.selector.register(self.controller.master, selectors.EVENT_READ, self.controller)

    def serve(self) -> None:
        """Until `ended`."""
        while not self.ended:
            self.step(self._sleep_s())

    def end(self) -> None:
        """Stop serving after the present step."""
        self.ended = True

    def step(self, wait_s: float) -> None:
        """Wait for something at most so long, and deal with it."""
        for key, _ in self.selector.select(wait_s):
            if isinstance(key.data, Client):
                self.clients.read(key.data)
            elif key.data is self.controller:
                self.house.controller_wake_ms = 0
            elif key.data is self.clients.listener:
                self._watch_board()
                self.clients.accept()
            elif key.data is self.board:
                self._board_spoke()
            else:
                self._look()
        if self.pace.speed:
            self._real_time()
        self._show(time.monotonic())

    def _real_time(self) -> None:
        self.house.run(max(self.pace.sim_ms(), self.world.now_ms))
        self._watch_board()
        now = time.monotonic()
        if now - self._clock_at > CLOCK_EVERY_S:
            self._tell_clocks()
        if self.state is not None and now - self._saved_at > SAVE_EVERY_S:
            self.keep()

    def _sleep_s(self) -> float:
        if not self.pace.speed:
            return LONGEST_SLEEP_S
        sleep_s = min(LONGEST_SLEEP_S, self.pace.host_s(self.house.next_ms()))
        watching = any(client.watching for client in self.clients.all())
        return min(sleep_s, VIEW_EVERY_S) if watching else sleep_s

    def _look(self) -> None:
        """Take in who joins the circle."""
        if self.board.look():
            self.board.expected = not self.pace.speed
        self._watch_board()
        if isinstance(self.controller, ControllerSocket) and self.controller.look():
            self.house.controller_wake_ms = 0
            self.controller.expected = not self.pace.speed

    def _watch_board(self) -> None:
        """In real time a firmware that ends is noticed at once."""
        registered = [k for k in self.selector.get_map().values() if k.data is self.board]
        for key in registered:
            if key.fileobj is not self.board.connection:
                self.selector.unregister(key.fileobj)
        connection = self.board.connection
        if not self.pace.speed or connection is None:
            return
        if all(key.fileobj is not connection for key in registered):
            self.selector.register(connection, selectors.EVENT_READ, self.board)

    def _board_spoke(self) -> None:
        """Between turns a firmware says nothing; readable means that it has ended."""
        self.board.look()
        if self.board.connection is not None and self.world.up:
            self.board.leave()
        self._watch_board()

    def _do(self, client: Client, asked: dict[str, object]) -> dict[str, object] | None:
        """Streams and pace here, everything else in verbs.py; None: nothing to answer."""
        if asked.get("clock") is True:
            client.clock = True
            self.clients.send(client, self._anchor())
            return None
        if asked.get("watch") is True or asked.get("verb") == "watch":
            client.watching = True
            self._show(time.monotonic())
            return None
        verb = asked.get("verb")
        self._look()
        if verb == "run":
            return self._run(number(asked, "until_ms", self.world.now_ms, 1 << 60))
        if verb == "expect":
            return self.expect(text(asked, "who"), flag(asked, "on"))
        if verb == "view":
            return {"ok": True, "view": self.view()}
        if verb == "save":
            self.keep()
            return {"ok": True}
        if verb == "end":
            self.ended = True
            return {"ok": True}
        if self.pace.speed:
            self.house.run(max(self.pace.sim_ms(), self.world.now_ms))
        return {"ok": True, "sim_ms": self.world.now_ms, **act(self.house, asked)}

    def _run(self, until_ms: int) -> dict[str, object]:
        if self.pace.speed:
            raise VerbRefused("real-pace", "time passes by itself here")
        try:
            self.house.run(until_ms)
        except SeatEmpty as why:
            raise VerbRefused("seat-empty", str(why)) from why
        return {"ok": True, "sim_ms": self.world.now_ms, "turns": self.house.turns}

    def expect(self, who: str, on: bool) -> dict[str, object]:
        """Whether time waits for somebody who is not there."""
        if self.pace.speed and on:
            raise VerbRefused("real-pace", "time waits for nobody here")
        if who == "board":
            self.board.expected = on
        elif who == "controller" and isinstance(self.controller, ControllerSocket):
            self.controller.expected = on
            self.house.controller_wake_ms = min(self.house.controller_wake_ms, self.world.now_ms)
        else:
            raise VerbRefused("bad-argument", f"nobody called {who!r} sits in this circle")
        return {"ok": True}

    def view(self) -> dict[str, object]:
        """The machine, and how this house runs."""
        return {
            **view(self.world),
            "net": self.house.net,
            "speed": self.pace.speed or 1,
            "virtual": not self.pace.speed,
            "demonstration": self.pace.speed != 1,
            "runtime": self.board.runtime,
        }

    def _anchor(self) -> dict[str, object]:
        self._clock_at = time.monotonic()
        host_ns = time.monotonic_ns()
        sim_ms = max(self.pace.sim_ms() if self.pace.speed else 0, self.world.now_ms)
        return {
            "mono0_ns": host_ns,
            "sim_ms0": sim_ms,
            "utc_ms0": self.world.controller_clock.utc_ms(sim_ms),
            "speed": self.pace.speed or 1,
        }

    def _tell_clocks(self) -> None:
        for client in self.clients.all():
            if client.clock:
                self.clients.send(client, self._anchor())

    def _show(self, now: float) -> None:
        """New views to who watches: on change, else once a second for the clock."""
        watching = [c for c in self.clients.all() if c.watching]
        due = [c for c in watching if now - c.shown_at >= VIEW_EVERY_S or not c.shown]
        if not due:
            return
        fresh = self.view()
        still = {k: v for k, v in fresh.items() if not k.endswith("_ms")}
        for client in due:
            if still != client.shown or now - client.shown_at >= LONGEST_SLEEP_S:
                client.shown, client.shown_at = still, now
                self.clients.send(client, {"view": fresh})

    def keep(self) -> None:
        """Write the world to its file, whole or not at all."""
        self._saved_at = time.monotonic()
        if self.state is None:
            return
        fresh = self.state.with_name(self.state.name + ".new")
        doc = {**save(self.world), "net": self.house.net}
        fresh.write_text(json.dumps(doc), encoding="utf-8")
        fresh.replace(self.state)

    def close(self) -> None:
        """Let everybody go and keep the world."""
        self.keep()
        self.board.leave()
        self.board.listener.close()
        if isinstance(self.controller, ControllerSocket):
            self.controller.leave()
            self.controller.listener.close()
        else:
            self.controller.close()
        self.clients.close()
        if self.proxy is not None:
            self.proxy.close()
        with contextlib.suppress(OSError):
            self.selector.close()
