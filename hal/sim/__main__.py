"""`python -m hal.sim`: one simulated home's house, until it is told to end.

Responsible for: arguments, the saved world, signals. Prints one line when it is ready.
"""

import argparse
import datetime
import json
import signal
import sys
from pathlib import Path

from hal.sim.net import Proxy
from hal.sim.save import SaveRefused, load
from hal.sim.serve import Server
from hal.sim.world import DEFAULT_UTC_MS, World


def arguments(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hal.sim", description=__doc__)
    parser.add_argument("--socket", required=True, type=Path, help="control socket to serve")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", default="", help="ISO 8601 instant with offset or Z")
    parser.add_argument("--pace", choices=("real", "virtual"), default="virtual")
    parser.add_argument("--speed", type=int, default=1, help="simulated per real second")
    parser.add_argument("--state", type=Path, help="file that keeps the world")
    parser.add_argument("--pty", type=Path, help="symlink to make for the controller's tty")
    parser.add_argument("--broker", default="", help="HOST:PORT behind the home's network")
    parser.add_argument("--broker-listen", type=int, default=0)
    parser.add_argument("--expect", default="", help="board,controller: time waits for them")
    parser.add_argument("--clock-unset", action="store_true", help="the board's clock is not set")
    return parser.parse_args(argv)


def open_world(options: argparse.Namespace) -> tuple[World, bool]:
    """The saved world, or a fresh one; and whether its network is up."""
    if options.state is not None and options.state.exists():
        doc = json.loads(options.state.read_text(encoding="utf-8"))
        return load(doc), bool(doc.get("net", True))
    utc_ms = DEFAULT_UTC_MS
    if options.start:
        start = datetime.datetime.fromisoformat(options.start)
        if start.tzinfo is None:
            raise ValueError("--start needs an offset or Z")
        utc_ms = int(start.timestamp() * 1000)
    return World(options.seed, utc_ms, clock_set=not options.clock_unset), True


def main(argv: list[str]) -> int:
    """0 at the end, 2 where it cannot begin."""
    options = arguments(argv)
    try:
        world, net = open_world(options)
    except (SaveRefused, ValueError, OSError) as why:
        print(f"house: {why}", file=sys.stderr)
        return 2
    proxy = None
    if options.broker:
        host, _, port = options.broker.rpartition(":")
        proxy = Proxy((host, int(port)), options.broker_listen)
    server = Server(
        world,
        options.socket.parent,
        options.socket,
        speed=max(1, options.speed) if options.pace == "real" else 0,
        pty=options.pty,
        state=options.state,
        proxy=proxy,
    )
    server.house.set_net(net)
    for who in filter(None, options.expect.split(",")):
        server.expect(who, True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: _end(server))
    print(f"house: ready at {options.socket}", flush=True)
    try:
        server.serve()
    finally:
        server.close()
    return 0


def _end(server: Server) -> None:
    """In real pace after the present step; a virtual run may be long, so at once."""
    server.end()
    if not server.pace.speed:
        sys.exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
