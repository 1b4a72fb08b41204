"""`python -m controller.web`: the page of one home, as a process of its own.

Responsible for: the command line and the server. Not responsible for anything a dose
depends on: button, lamp and buzzer work without this process.
"""

import argparse
import socket
import sys

from controller.web.home import Home
from controller.web.server import Pages

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 where the address makes no sense, 1 where it is taken."""
    parser = argparse.ArgumentParser(prog="python -m controller.web", description=__doc__)
    parser.add_argument("--controller", required=True, help="path of the controller's socket")
    parser.add_argument("--journal", required=True, help="path of the journal, read only")
    parser.add_argument("--house", default="", help="path of the simulated house's socket")
    parser.add_argument("--listen", default="127.0.0.1:8080", help="address:port")
    parser.add_argument("--host", action="append", default=[], help="one more name to answer to")
    given = parser.parse_args(arguments)
    address, colon, port = given.listen.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        print(f"--listen must be address:port, not {given.listen}", file=sys.stderr)
        return 2
    hosts = (*LOOPBACK, address, *given.host)
    try:
        listener = socket.create_server((address.strip("[]"), int(port)), family=_family(address))
    except OSError as fault:
        print(f"cannot listen on {given.listen}: {fault.strerror}", file=sys.stderr)
        return 1
    with listener:
        Pages(Home(given.controller, given.journal, given.house), hosts).run([listener])
    return 0


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


if __name__ == "__main__":
    sys.exit(main())
