"""The home's network: a relay that can be cut."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from hal.sim.net import Proxy


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """A server that sends everything back; its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while data := connection.recv(4096):
                connection.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def connect(proxy: Proxy) -> socket.socket:
    """A client of the relay."""
    return socket.create_connection(("127.0.0.1", proxy.port), 5)


def test_bytes_pass_both_ways_until_the_network_is_cut() -> None:
    """Cutting ends who is connected and lets nobody else in; restoring works again."""
    with echo() as port:
        proxy = Proxy(("127.0.0.1", port), 0)
        with connect(proxy) as before:
            before.sendall(b"hello")
            echoed = before.recv(5)
            proxy.set_up(False)
            cut = before.recv(5)
        with connect(proxy) as during:
            refused = during.recv(5)
        proxy.set_up(True)
        with connect(proxy) as after:
            after.sendall(b"again")
            again = after.recv(5)
        proxy.close()

    assert (b"hello", b"", b"", b"again") == (echoed, cut, refused, again)


def test_a_broker_that_is_not_there_looks_like_a_closed_connection() -> None:
    """And the relay lives on."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    proxy = Proxy(("127.0.0.1", port), 0)
    with connect(proxy) as one:
        gone = one.recv(5)
    with connect(proxy) as two:
        gone += two.recv(5)
    proxy.close()

    assert b"" == gone
    with pytest.raises(OSError):
        connect(proxy)
