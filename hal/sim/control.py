"""The house's control socket from the outside: for scripts, pages' tests and people.

Responsible for: one blocking connection that asks verbs and gets objects; a small command line
(`python -m hal.sim.control SOCKET VERB [NAME=JSON ...]`). Not for what verbs do (verbs.py).
"""

import json
import socket
import sys
import time
from pathlib import Path

CHUNK = 65536
LINE_MAX = 256 << 20  # the truth of a simulated year is long
ANSWER_S = 600.0  # a virtual run may take its time
CONNECT_S = 10.0
RETRY_S = 0.02


class HouseRefused(Exception):
    """The house said no: stable code and sentence."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code
        self.why = why


class HouseAway(Exception):
    """Nobody answers at that socket."""


class HouseClient:
    """A connection to a house. `ask("press")`, `ask("run", until_ms=60000)`."""

    def __init__(self, path: Path, connect_s: float = CONNECT_S) -> None:
        self._socket = _connect(path, connect_s)
        self._socket.settimeout(ANSWER_S)
        self._in = b""

    def ask(self, verb: str, **arguments: object) -> dict[str, object]:
        """One verb; its answer. Raises HouseRefused, HouseAway."""
        line = json.dumps({"verb": verb, **arguments}).encode() + b"\n"
        try:
            self._socket.sendall(line)
            answer = json.loads(self._line())
        except OSError as why:
            raise HouseAway(str(why)) from why
        if not isinstance(answer, dict):
            raise HouseAway("an answer that is no object")
        if answer.get("ok") is not True:
            raise HouseRefused(str(answer.get("code")), str(answer.get("why")))
        return answer

    def _line(self) -> bytes:
        while b"\n" not in self._in:
            more = self._socket.recv(CHUNK)
            if not more or len(self._in) > LINE_MAX:
                raise HouseAway("the house has closed the connection")
            self._in += more
        line, _, self._in = self._in.partition(b"\n")
        return line

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _connect(path: Path, connect_s: float) -> socket.socket:
    """Connect, waiting for a house that is just starting."""
    until = time.monotonic() + connect_s
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
            return connection
        except OSError as why:
            connection.close()
            if time.monotonic() > until:
                raise HouseAway(f"no house at {path}: {why.strerror}") from why
            time.sleep(RETRY_S)


def main(argv: list[str]) -> int:
    """Ask one verb and print its answer; 1 where it was refused."""
    if len(argv) < 2:
        print(__doc__)
        return 2
    arguments: dict[str, object] = {}
    for word in argv[2:]:
        name, _, value = word.partition("=")
        try:
            arguments[name] = json.loads(value)
        except ValueError:
            arguments[name] = value
    try:
        print(json.dumps(HouseClient(Path(argv[0])).ask(argv[1], **arguments), indent=1))
    except (HouseRefused, HouseAway) as why:
        print(f"house: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
