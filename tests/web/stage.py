"""A stand-in for controller and house: two local sockets that speak their protocol.

Responsible for: sending the snapshots and views that a test sets, and keeping what the
page asked for. Not responsible for being a home: nothing here decides or falls.
"""

import json
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue

from controller.web.pick import Object

Answer = Callable[[Object], Object]


class Peer:
    """One side: streams its newest object to watchers, answers every other line."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path = path
        self.asked: list[Object] = []
        self.answer = answer
        self._latest: Object = {}
        self._watchers: list[Queue[Object | None]] = []
        self._lock = threading.Lock()
        self._server: socketserver.ThreadingUnixStreamServer | None = None

    def start(self) -> None:
        """Listen; a path left behind is taken over."""
        self.path.unlink(missing_ok=True)
        peer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                peer._serve(self)

        self._server = socketserver.ThreadingUnixStreamServer(str(self.path), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Hang up on everybody, as a killed process does."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
        with self._lock:
            for watcher in self._watchers:
                watcher.put(None)
            self._watchers.clear()
        self.path.unlink(missing_ok=True)

    def show(self, latest: Object) -> None:
        """Make `latest` the newest object and send it to all watchers."""
        with self._lock:
            self._latest = latest
            for watcher in self._watchers:
                watcher.put(latest)

    def _serve(self, handler: socketserver.StreamRequestHandler) -> None:
        for line in handler.rfile:
            message: Object = json.loads(line)
            if message.get("watch") is True:
                self._stream(handler)
                return
            self.asked.append(message)
            handler.wfile.write(json.dumps(self.answer(message)).encode() + b"\n")

    def _stream(self, handler: socketserver.StreamRequestHandler) -> None:
        queue: Queue[Object | None] = Queue()
        with self._lock:
            self._watchers.append(queue)
            queue.put(self._latest)
        while (latest := queue.get()) is not None:
            try:
                handler.wfile.write(json.dumps(latest).encode() + b"\n")
            except OSError:
                return


def yes(_: Object) -> Object:
    """Grant everything."""
    return {"ok": True}


class Stage:
    """Both peers in one folder."""

    def __init__(self, folder: Path) -> None:
        self.controller = Peer(folder / "controller.sock", yes)
        self.house = Peer(folder / "house.sock", yes)

    def start(self) -> None:
        """Open both sockets."""
        self.controller.start()
        self.house.start()

    def stop(self) -> None:
        """Close both sockets."""
        self.controller.stop()
        self.house.stop()
