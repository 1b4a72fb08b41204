"""`python -m controller.web`: the page of one home, as a process of its own.

Responsible for: the command line and the server. Not responsible for anything a dose
depends on: button, lamp and buzzer work without this process.
"""

import argparse
import sys

import uvicorn

from controller.web.app import create_app
from controller.web.home import Home

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 where the address makes no sense."""
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
    app = create_app(Home(given.controller, given.journal, given.house), hosts)
    uvicorn.run(
        app,
        host=address.strip("[]"),
        port=int(port),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
