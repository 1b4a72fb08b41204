"""Control connections: JSON lines in, JSON lines out, and nobody who can hold up the house.

Responsible for: accepting, cutting lines, answering, streams to who follows clock or view. Not
for what a line means (serve.py, verbs.py). A client that does not read is dropped.
"""

import json
import selectors
import socket
from collections.abc import Callable

from hal.sim.seats import CHUNK, LINE_MAX, Listener
from hal.sim.verbs import VerbRefused

CLIENTS_MAX = 64
STREAM_MAX = 1 << 20  # bytes waiting for a stream's reader
ANSWER_S = 5.0  # host seconds that a long answer may take to be read

Answer = dict[str, object]


class Client:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.received = b""
        self.out = b""
        self.clock = False
        self.watching = False
        self.shown: Answer = {}
        self.shown_at = 0.0


class Clients:
    """All control connections; `do` answers one object, None for nothing to say."""

    def __init__(
        self,
        listener: Listener,
        selector: selectors.BaseSelector,
        do: Callable[[Client, Answer], Answer | None],
    ) -> None:
        self.listener = listener
        self._selector = selector
        self._do = do
        self._all: dict[int, Client] = {}

    def all(self) -> list[Client]:
        """Everybody who is connected now."""
        return list(self._all.values())

    def accept(self) -> None:
        """Take in one newcomer."""
        connection = self.listener.accept(0.0)
        if connection is None:
            return
        if len(self._all) >= CLIENTS_MAX:
            connection.close()
            return
        connection.setblocking(False)
        client = Client(connection)
        self._all[connection.fileno()] = client
        self._selector.register(connection, selectors.EVENT_READ, client)

    def read(self, client: Client) -> None:
        """Read what there is and answer every whole line."""
        try:
            data = client.connection.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        client.received += data
        if not data or len(client.received) > LINE_MAX:
            self.drop(client)
            return
        while b"\n" in client.received:
            line, _, client.received = client.received.partition(b"\n")
            self._answer(client, line)

    def _answer(self, client: Client, line: bytes) -> None:
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict):
                raise VerbRefused("unclear", "one JSON object per line")
            answer = self._do(client, asked)
        except ValueError:
            answer = {"ok": False, "code": "unclear", "why": "not JSON"}
        except VerbRefused as why:
            answer = {"ok": False, "code": why.code, "why": why.why}
        if answer is not None:
            self.send(client, answer)

    def send(self, client: Client, answer: Answer) -> None:
        """Write a line; what does not fit now goes with the next or within ANSWER_S."""
        client.out += json.dumps(answer).encode() + b"\n"
        try:
            while client.out:
                client.out = client.out[client.connection.send(client.out) :]
        except BlockingIOError:
            self._wait_for_reader(client)
        except OSError:
            self.drop(client)

    def _wait_for_reader(self, client: Client) -> None:
        if client.clock or client.watching:
            if len(client.out) > STREAM_MAX:
                self.drop(client)
            return
        client.connection.settimeout(ANSWER_S)
        try:
            client.connection.sendall(client.out)
            client.out = b""
            client.connection.setblocking(False)
        except OSError:
            self.drop(client)

    def drop(self, client: Client) -> None:
        """Hang up."""
        if self._all.pop(client.connection.fileno(), None) is not None:
            self._selector.unregister(client.connection)
        client.connection.close()

    def close(self) -> None:
        """Hang up on everybody; nobody may come any more."""
        for client in self.all():
            self.drop(client)
        self.listener.close()
