"""The home's network: a small TCP relay between controller and broker that can be cut.

Responsible for: relaying bytes both ways on loopback while up; while down, refusing newcomers
and cutting who is connected. Not for MQTT. Runs in its own thread, because the house may wait
for a controller that waits for the broker behind this relay.
"""

import contextlib
import selectors
import socket
import threading

CHUNK = 65536
CONNECT_S = 2.0
BACKLOG = 16


class Proxy:
    """Listens on loopback and relays to `broker` while up."""

    def __init__(self, broker: tuple[str, int], listen_port: int) -> None:
        self.broker = broker
        self._server = socket.create_server(("127.0.0.1", listen_port), backlog=BACKLOG)
        self.port: int = self._server.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._wake_out, self._wake_in = socket.socketpair()
        self._up = True
        self._ended = False
        self._done = threading.Event()
        self._selector.register(self._server, selectors.EVENT_READ)
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="net", daemon=True)
        self._thread.start()

    def set_up(self, up: bool) -> None:
        """Cut or restore; returns when it has happened."""
        self._done.clear()
        self._up = up
        self._wake_out.send(b"u")
        self._done.wait(CONNECT_S * 2)

    def close(self) -> None:
        """End the thread and every connection."""
        self._ended = True
        self._wake_out.send(b"e")
        self._thread.join(CONNECT_S * 2)
        for part in (self._server, self._wake_in, self._wake_out):
            part.close()

    def _run(self) -> None:
        while not self._ended:
            for key, _ in self._selector.select():
                if key.fileobj is self._wake_in:
                    self._wake_in.recv(CHUNK)
                    if not self._up:
                        self._cut_all()
                    self._done.set()
                elif key.fileobj is self._server:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._pairs:
                    self._relay(key.fileobj)
        self._cut_all()
        self._selector.close()

    def _accept(self) -> None:
        near, _ = self._server.accept()
        if not self._up:
            near.close()
            return
        try:
            far = socket.create_connection(self.broker, CONNECT_S)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.settimeout(CONNECT_S)
            self._pairs[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _relay(self, one: socket.socket) -> None:
        try:
            data = one.recv(CHUNK)
            if data:
                self._pairs[one].sendall(data)
                return
        except OSError:
            pass
        self._cut(one)

    def _cut(self, one: socket.socket) -> None:
        other = self._pairs[one]
        for part in (one, other):
            del self._pairs[part]
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(part)
            part.close()

    def _cut_all(self) -> None:
        for one in list(self._pairs):
            if one in self._pairs:
                self._cut(one)
