"""The connection itself, against brokers that behave badly."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.report.mqtt import OUTGOING_MAX, Courier, Letter, Route
from fleet import brokers
from tests.report.homes import until

CONNACK = b"\x20\x02\x00\x00"
NONSENSE = (
    b"",  # accepts and closes
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x20\x02\x00\x05",  # connection refused: not authorised
    b"\x20\x01\x00",  # a CONNACK that is too short
    b"\xff\xff\xff\xff\xff\xff",
    CONNACK + b"\x90\x03\x00\x01\x80",  # the subscription is refused
    CONNACK + b"\x90\x00",  # a SUBACK with nothing in it
    CONNACK + b"\x30\x02\xff\xff",  # a message whose topic is longer than itself
    CONNACK + b"\x30\x05\x00\x01\xff\x00\x01",  # a topic that is no text
    CONNACK + b"\x40\x00" + b"\x62\x01\x00",  # acknowledgements of nothing
)


class Liar:
    """Listens like a broker, and answers each connection with the next nonsense."""

    def __init__(self, port: int) -> None:
        self.told = 0
        self._server = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for answer in NONSENSE:
            client, _ = self._server.accept()
            client.recv(4096)
            client.sendall(answer)
            client.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while client.recv(4096):  # read all, so that nothing we said is thrown away
                    pass
            client.close()
            self.told += 1
        self._server.close()

    def join(self) -> None:
        """Wait until everything was said."""
        self._thread.join(60)


@pytest.fixture
def route() -> Route:
    port = brokers.free_port()
    return Route("127.0.0.1", port, "posology-x", subscriptions=("t/x",), retry_max_s=0.1)


@pytest.fixture
def courier(route: Route) -> Iterator[Courier]:
    one = Courier(route)
    yield one
    one.stop()


def test_no_nonsense_from_a_broker_ends_the_courier(
    courier: Courier, route: Route, tmp_path: Path
) -> None:
    """After any answer that is not MQTT it tries again, and finds the true broker."""
    liar = Liar(route.port)
    courier.start()
    liar.join()
    assert len(NONSENSE) == liar.told
    assert not courier.connected
    broker = brokers.nats(tmp_path, route.port)
    broker.start()

    assert until(lambda: courier.connected)
    broker.stop()


def test_letters_go_round(courier: Courier, route: Route, tmp_path: Path) -> None:
    """What is sent to a subscribed topic comes back as it was."""
    broker = brokers.nats(tmp_path, route.port)
    broker.start()
    courier.start()
    until(lambda: courier.connected)
    letter = Letter("t/x", bytes(range(256)))

    assert courier.send(letter)

    assert [letter] == until(courier.collect)
    broker.stop()


def test_without_a_connection_nothing_is_taken_on(courier: Courier) -> None:
    """A letter is refused while nobody listens, so that its sender knows."""
    courier.start()

    assert not courier.send(Letter("t/x", b""))
    assert [] == courier.collect()


def test_too_many_letters_are_refused(courier: Courier) -> None:
    """A caller that is faster than the network is told so; memory stays bounded."""
    courier._ready = True  # its thread does not run: nothing is carried away
    taken = sum(courier.send(Letter("t/x", b"")) for _ in range(OUTGOING_MAX + 10))

    assert OUTGOING_MAX == taken


def test_stopping_needs_no_broker(courier: Courier) -> None:
    """Neither a courier that never started nor one that never connected holds up the end."""
    courier.stop()
    courier.stop()


def test_the_loop_is_woken_when_the_alarm_is_due(route: Route, tmp_path: Path) -> None:
    """A resend does not wait for anything else to happen."""
    rung: list[int] = []
    courier = Courier(route, lambda: rung.append(1))
    broker = brokers.nats(tmp_path, route.port)
    broker.start()
    courier.start()
    until(lambda: courier.connected)
    rung.clear()

    courier.alarm_in(0.05)

    assert until(lambda: rung)
    courier.stop()
    broker.stop()
