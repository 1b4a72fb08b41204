"""The controller's door: a local socket where the panel and tools wish and watch.

Responsible for: one JSON object per line, wishes in, answers and snapshots out, without
ever blocking the loop. Not responsible for: whether a wish is granted (rules), or what a
snapshot says (acts.py). Only processes of the same user (or root) are let in; every
queue has a bound, and who does not read is dropped or skips snapshots.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from controller.canonical import Json, Unclear, canonical_json, strict_object

CLIENTS_MAX = 16
LINE_MAX = 1 << 20  # bytes; a signed plan is the longest wish
WISHES_MAX = 32  # unanswered, per client
OUT_MAX = 4 << 20  # bytes waiting for one client
CHUNK = 65536


class SocketTaken(Exception):
    """Another controller answers at this path."""


class NobodyThere(Exception):
    """No controller answers at this path, or it went away in the middle."""


@dataclass(frozen=True, slots=True)
class Request:
    """One wish; `client` names who waits for the answer."""

    client: int
    wish: Mapping[str, Json]


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.received = b""
        self.to_send = b""
        self.unanswered = 0
        self.watching = False
        self.snapshot = b""  # the newest one not yet begun to send: older ones are skipped


class Door:
    """Non-blocking server. Put `fileno()` into a selector and call `poll` when it is readable."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._clients: dict[int, _Client] = {}
        self._next = 1
        self._snapshot = b""
        self._selector = selectors.EpollSelector()
        self._server = _listen(self.path)
        self._selector.register(self._server, selectors.EVENT_READ, 0)

    def fileno(self) -> int:
        """Readable whenever `poll` has something to do."""
        return self._selector.fileno()

    @property
    def watchers(self) -> int:
        """How many clients follow the snapshots."""
        return sum(client.watching for client in self._clients.values())

    def poll(self) -> list[Request]:
        """Accept, read and write whatever is possible now; the wishes that came in."""
        requests: list[Request] = []
        for key, events in self._selector.select(0):
            if key.data == 0:
                self._accept()
                continue
            client = self._clients.get(key.data)
            if client is not None and events & selectors.EVENT_READ:
                requests += self._read(key.data, client)
            if events & selectors.EVENT_WRITE and key.data in self._clients:
                self._flush(key.data)
        return requests

    def answer(self, request: Request, code: str = "", why: str = "", **more: Json) -> None:
        """Granted without a code, refused with one; a client that has left is forgotten."""
        client = self._clients.get(request.client)
        if client is None:
            return
        client.unanswered -= 1
        reply: dict[str, Json] = {"ok": not code, **more}
        if code:
            reply |= {"code": code, "why": why}
        self._queue(request.client, _line(reply))

    def publish(self, snapshot: Mapping[str, Json]) -> None:
        """Send to every watcher, unless nothing has changed; who is slow gets the newest only."""
        line = _line(snapshot)
        if line == self._snapshot:
            return
        self._snapshot = line
        for number in [n for n, client in self._clients.items() if client.watching]:
            self._clients[number].snapshot = line
            self._flush(number)

    def close(self) -> None:
        """Hang up on everybody and remove the path."""
        for number in list(self._clients):
            self._drop(number)
        self._selector.close()
        self._server.close()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            connection, _ = self._server.accept()
        except OSError:
            return
        if len(self._clients) >= CLIENTS_MAX or not _same_user(connection):
            connection.close()
            return
        connection.setblocking(False)
        number = self._next
        self._next += 1
        self._clients[number] = _Client(connection)
        self._selector.register(connection, selectors.EVENT_READ, number)

    def _read(self, number: int, client: _Client) -> list[Request]:
        try:
            chunk = client.connection.recv(CHUNK)
        except BlockingIOError:
            return []
        except OSError:
            chunk = b""
        if not chunk:
            self._drop(number)
            return []
        client.received += chunk
        *lines, client.received = client.received.split(b"\n")
        if len(client.received) > LINE_MAX:
            self._drop(number)
            return []
        return [request for line in lines for request in self._understand(number, line)]

    def _understand(self, number: int, line: bytes) -> Iterator[Request]:
        client = self._clients.get(number)
        if client is None:
            return
        try:
            asked = strict_object(line)
        except Unclear as error:
            self._refuse(number, "unclear", f"not one JSON object per line: {error}")
            return
        if asked.get("watch") is True:
            client.watching = True
            client.snapshot = self._snapshot
            self._flush(number)
        elif not isinstance(asked.get("wish"), str):
            self._refuse(number, "unclear", "say a wish, or watch")
        elif client.unanswered >= WISHES_MAX:
            self._refuse(number, "too-many", "too many wishes without an answer")
        else:
            client.unanswered += 1
            yield Request(number, asked)

    def _refuse(self, number: int, code: str, why: str) -> None:
        self._queue(number, _line({"ok": False, "code": code, "why": why}))

    def _queue(self, number: int, line: bytes) -> None:
        client = self._clients[number]
        client.to_send += line
        if len(client.to_send) > OUT_MAX:
            self._drop(number)
            return
        self._flush(number)

    def _flush(self, number: int) -> None:
        """Write what the client takes; ask to be told when it takes more."""
        client = self._clients[number]
        try:
            while client.to_send or client.snapshot:
                if not client.to_send:
                    client.to_send, client.snapshot = client.snapshot, b""
                sent = client.connection.send(client.to_send)
                client.to_send = client.to_send[sent:]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(number)
            return
        wanted = selectors.EVENT_READ
        if client.to_send or client.snapshot:
            wanted |= selectors.EVENT_WRITE
        self._selector.modify(client.connection, wanted, number)

    def _drop(self, number: int) -> None:
        client = self._clients.pop(number)
        self._selector.unregister(client.connection)
        client.connection.close()


def ask(path: Path | str, wish: Mapping[str, Json], timeout_s: float = 10.0) -> dict[str, Json]:
    """Say one wish and wait for its answer; NobodyThere where none comes."""
    with _connect(path, timeout_s) as connection:
        try:
            connection.sendall(_line(wish))
            return strict_object(next(_lines(connection)))
        except (OSError, StopIteration, Unclear) as error:
            raise NobodyThere("the controller did not answer") from error


def watch(path: Path | str, timeout_s: float | None = None) -> Iterator[dict[str, Json]]:
    """Snapshots as they come, for ever; NobodyThere when the controller goes away."""
    with _connect(path, timeout_s) as connection:
        try:
            connection.sendall(_line({"watch": True}))
            for line in _lines(connection):
                yield strict_object(line)
        except (OSError, Unclear) as error:
            raise NobodyThere("the controller has gone") from error
    raise NobodyThere("the controller has gone")


def _lines(connection: socket.socket) -> Iterator[bytes]:
    received = b""
    while chunk := connection.recv(CHUNK):
        received += chunk
        *lines, received = received.split(b"\n")
        yield from lines


def _connect(path: Path | str, timeout_s: float | None) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout_s)
    try:
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise NobodyThere("no controller at this socket") from error
    return connection


def _line(value: Mapping[str, Json]) -> bytes:
    return canonical_json(value).encode() + b"\n"


def _listen(path: Path) -> socket.socket:
    """Bind; a path left behind by a dead controller is taken over, a living one is not."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        with _connect(path, 1.0):
            pass
    except NobodyThere:
        path.unlink(missing_ok=True)
    else:
        server.close()
        raise SocketTaken("another controller answers here")
    before = os.umask(0o177)
    try:
        server.bind(str(path))
    finally:
        os.umask(before)
    server.listen(CLIENTS_MAX)
    return server


def _same_user(connection: socket.socket) -> bool:
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", packed)
    return uid in (0, os.geteuid())
