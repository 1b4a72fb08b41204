"""`make run`: one simulated home, from keys to page, until Ctrl-C.

Responsible for the order in which the processes come up, for saying what is going on in
plain words, and for ending all of them. Not responsible for keeping one process alive
(children.py), for files (places.py) or for keys, plan and settings (furnish.py).
"""

import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from controller.home.children import Child, Children, shown
from controller.home.furnish import Furniture, furnish
from controller.home.places import ROOT, HomeRefused, Places, free_port
from controller.home.switches import Switches
from controller.sockets import NobodyThere, ask
from fleet.brokers import BrokerMissing, nats
from hal.sim.runtime import NoRuntime, firmware_command, run_environment

UP_LIMIT_MS = 30_000  # from start to ready, for one process
TRIES = 2  # new starts of a process that is not ready yet
LOOK_S = 0.02  # between two looks whether a process is ready
LINE_MAX = 4096  # bytes of a relayed line


def now_ms() -> int:
    """Monotonic milliseconds of this machine."""
    return time.monotonic_ns() // 1_000_000


def say(text: str) -> None:
    """One line to the person who typed `make run`."""
    print(f"posology: {text}", flush=True)


class Home:
    """All processes of the home, started in order, served until a signal."""

    def __init__(self, places: Places, switches: Switches) -> None:
        self._places = places
        self._switches = switches
        self._children = Children(say)
        self._selector = selectors.DefaultSelector()
        self._relayed: dict[int, bytes] = {}
        self._ending = False
        self._wake_read, self._wake_write = socket.socketpair()

    def open(self) -> str:
        """Start everything; the page's URL. HomeRefused says what did not come up."""
        self._catch_signals()
        places, switches = self._places, self._switches
        runtime = firmware_command(dict(os.environ))
        broker_port = self._start_broker()
        proxy_port = free_port() if broker_port else 0
        furniture = furnish(places, switches, broker_port=proxy_port)
        house = self._start_house(furniture, broker_port, proxy_port)
        board = ["-m", "firmware", "--board", "sim", "--house", str(places.sockets / "board.sock")]
        self._start("firmware", [*runtime, *board, "--key", str(furniture.pairing_key)])
        # The controller reads its clocks in the house: a house that comes back lost some seconds.
        self._start("controller", _python("controller", "--config", places.config), follows=house)
        self._until("the controller answers", lambda: _answers(places.door))
        self._hand_over(furniture.envelope)
        self._start(
            "loader",
            _python("hal.sim.loader", "--house", places.house, "--controller", places.door),
        )
        if broker_port:
            self._start(
                "watch",
                _python(
                    "fleet.watch",
                    "--broker",
                    f"127.0.0.1:{broker_port}",
                    "--hub-key",
                    furniture.hub_key,
                    "--store",
                    places.store,
                    "--zone",
                    furniture.zone,
                ),
                relayed=True,
            )
        return self._start_page()

    def _start_broker(self) -> int:
        if self._switches.broker == "none":
            say("no broker: doses go on, reports wait")
            return 0
        port = free_port()
        broker = nats(self._places.broker, port)
        self._start("broker", broker.command(), prepare=broker.command)
        self._until("the broker answers", lambda: _listens(port))
        return port

    def _start_house(self, furniture: Furniture, broker_port: int, proxy_port: int) -> Child:
        places = self._places
        words: list[str | Path] = [
            "--socket",
            places.house,
            "--seed",
            str(self._switches.seed),
            "--start",
            furniture.start,
            "--pace",
            "real",
            "--speed",
            str(self._switches.speed),
            "--state",
            places.world,
            "--pty",
            places.cable,
        ]
        if broker_port:
            words += ["--broker", f"127.0.0.1:{broker_port}", "--broker-listen", str(proxy_port)]
        house = self._start("house", _python("hal.sim", *words))
        self._until("the house answers", lambda: _answers(places.house))
        return house

    def _hand_over(self, envelope: bytes) -> None:
        """Bring the signed plan to the controller; it refuses what it already has."""
        try:
            answer = ask(self._places.door, {"wish": "plan", "envelope": json.loads(envelope)})
        except NobodyThere as why:
            raise HomeRefused(f"the plan could not be handed over: {why}") from why
        if not answer.get("ok") and answer.get("code") != "already-known":
            say(f"the plan was not taken: {answer.get('why')} ({answer.get('code')})")

    def _start_page(self) -> str:
        port = free_port(self._switches.port)
        if port != self._switches.port:
            say(f"port {self._switches.port} is taken, the page is at {port}")
        places = self._places
        self._start(
            "page",
            _python(
                "controller.web",
                "--controller",
                places.door,
                "--journal",
                places.journal,
                "--house",
                places.house,
                "--listen",
                f"127.0.0.1:{port}",
            ),
        )
        self._until("the page answers", lambda: _listens(port))
        return f"http://127.0.0.1:{port}/"

    def serve(self) -> None:
        """Look after the processes until Ctrl-C or SIGTERM."""
        while not self._ending:
            self._turn(self._children.step(now_ms()))

    def close(self) -> None:
        """End every process of the home."""
        self._children.end()
        signal.set_wakeup_fd(-1)
        self._selector.close()

    def _start(
        self,
        name: str,
        command: list[str],
        *,
        relayed: bool = False,
        follows: Child | None = None,
        prepare: Callable[[], object] = lambda: None,
    ) -> Child:
        log = self._places.log / f"{name}.log"
        child = Child(
            name,
            command,
            cwd=ROOT,
            log=log,
            environ=run_environment(),
            relayed=relayed,
            follows=follows,
            prepare=prepare,
        )
        self._children.start(child, now_ms())
        return child

    def _until(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait until it holds, looking after the processes; HomeRefused after UP_LIMIT_MS."""
        limit = now_ms() + UP_LIMIT_MS
        while not holds():
            if self._ending:
                raise HomeRefused("ended before it was ready")
            last = list(self._children)[-1]
            if now_ms() >= limit or last.restarts >= TRIES:
                raise HomeRefused(
                    f"waited in vain until {what}. The last words of {last.name}:\n"
                    f"{last.last_words()}\n    If this home is of another version: FRESH=1"
                )
            self._children.step(now_ms())
            self._turn(now_ms() + int(LOOK_S * 1000))

    def _turn(self, wake_ms: int | None) -> None:
        """Wait for a signal, a dead child, a line to relay, or `wake_ms`."""
        for child in self._children:
            if child.relay is not None and child.relay.fileno() not in self._relayed:
                self._relayed[child.relay.fileno()] = b""
                self._selector.register(child.relay, selectors.EVENT_READ, child.name)
        timeout = None if wake_ms is None else max(0, wake_ms - now_ms()) / 1000
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                self._wake_read.recv(LINE_MAX)
            else:
                self._relay(key)

    def _relay(self, key: selectors.SelectorKey) -> None:
        """Whole lines of a child to the person; at its end forget the pipe."""
        data = os.read(key.fd, LINE_MAX)
        if not data:
            self._selector.unregister(key.fileobj)
            del self._relayed[key.fd]
            return
        *lines, rest = (self._relayed[key.fd] + data).split(b"\n")
        self._relayed[key.fd] = rest[-LINE_MAX:]
        for line in lines:
            print(f"{key.data:>9} | {line.decode(errors='replace')}", flush=True)

    def _catch_signals(self) -> None:
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._end_soon)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def _end_soon(self, _number: int, _frame: object) -> None:
        self._ending = True


def _python(module: str, *words: str | Path) -> list[str]:
    return [sys.executable, "-m", module, *map(str, words)]


def _answers(path: Path) -> bool:
    """Whether somebody accepts at a local socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _listens(port: int) -> bool:
    """Whether somebody accepts at a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main(_argv: list[str]) -> int:
    """0 after Ctrl-C, 1 when the home could not be started."""
    try:
        switches = Switches.read(os.environ)
        places = Places(Path(os.environ.get("POSOLOGY_HOME") or ROOT / ".home").absolute())
        places.settle(fresh=switches.fresh)
    except HomeRefused as why:
        say(str(why))
        return 1
    home = Home(places, switches)
    try:
        url = home.open()
        say(f"a simulated home, {switches.in_words()}")
        kept = shown(places.base)
        say(f"open {url}   (Ctrl-C ends it; its memory stays in {kept}, FRESH=1 begins anew)")
        home.serve()
        say("ending")
    except (BrokerMissing, HomeRefused, NoRuntime) as why:
        say(str(why))
        return 1
    finally:
        home.close()
        places.leave()
    return 0
