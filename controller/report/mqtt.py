"""One broker connection in its own thread: it reconnects for ever and carries letters.

Responsible for: connecting, subscribing, will, keepalive, back-off, cutting the
connection when told to, and handing letters over in both directions without ever
blocking the caller. The only file that uses paho. Not responsible for what a letter
says, or for its arrival: a letter may be lost, and whoever cares sends it again.

Every call to paho is made by the courier's own thread, its callbacks included, so no
lock of ours can ever meet one of paho's; other threads only touch two deques.
"""

import contextlib
import random
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

KEEPALIVE_S = 30
CONNECT_TIMEOUT_S = 5.0
TICK_S = 1.0  # longest sleep of the thread while connected
SETTLE_S = 10.0  # connected, but no SUBACK for so long: try again
RETRY_MIN_S = 0.1
RETRY_MAX_S = 15.0
OUTGOING_MAX = 1000  # letters waiting for the thread; more are refused
INCOMING_MAX = 5000  # letters waiting for the caller; more are lost, and will be sent again
FAREWELL_S = 1.0  # how long a stop may take to say goodbye


@dataclass(frozen=True)
class Letter:
    """One MQTT message, in either direction."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True)
class Route:
    """Where to connect and what to say there."""

    host: str
    port: int
    client_id: str
    subscriptions: tuple[str, ...] = ()
    subscribe_qos: int = 0
    will: Letter | None = None  # sent by the broker when we vanish
    greeting: Letter | None = None  # sent by us after every connection
    farewell: Letter | None = None  # sent by us before we stop
    retry_max_s: float = RETRY_MAX_S


class Courier:
    """Carries letters while it can; `connections` counts how often it has connected."""

    def __init__(self, route: Route, wake: Callable[[], None] = lambda: None) -> None:
        self._route = route
        self._wake_caller = wake
        # what the threads share: single appends and pops, which need no lock
        self._outgoing: deque[Letter] = deque()
        self._incoming: deque[Letter] = deque()
        self._news = threading.Event()  # something for the caller: letters, or a connection
        self._nudge, self._nudged = socket.socketpair()
        self._nudge.setblocking(False)
        self._nudged.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._stopping = False
        self._net_up = True
        self._ready = False
        self._alarm_at: float | None = None
        self.connections = 0
        self.last_error = ""

    # --- for the caller's thread ---------------------------------------------------------

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye and end the thread, in at most a few seconds."""
        self._stopping = True
        self._poke()
        if self._thread.is_alive():
            self._thread.join(CONNECT_TIMEOUT_S + FAREWELL_S + TICK_S)

    @property
    def connected(self) -> bool:
        """True while letters can go out and our subscriptions stand."""
        return self._ready and self._net_up

    def set_net(self, up: bool) -> None:
        """Cut the network or mend it; a cut drops the connection without goodbye."""
        if up != self._net_up:
            self._net_up = up
            self._poke()

    def send(self, letter: Letter) -> bool:
        """Hand a letter over; False when there is no connection or too much is waiting."""
        if not self.connected or len(self._outgoing) >= OUTGOING_MAX:
            return False
        self._outgoing.append(letter)
        self._poke()
        return True

    def collect(self) -> list[Letter]:
        """All letters that have come in; never waits."""
        self._news.clear()
        letters = []
        with contextlib.suppress(IndexError):
            while True:
                letters.append(self._incoming.popleft())
        return letters

    def wait(self, timeout_s: float) -> bool:
        """Wait for news; True when there is some."""
        return self._news.wait(timeout_s)

    def alarm_in(self, seconds: float | None) -> None:
        """Wake the caller once after so many seconds, unless this is called again before."""
        self._alarm_at = None if seconds is None else time.monotonic() + seconds
        self._poke()

    # --- the courier's own thread --------------------------------------------------------

    def _run(self) -> None:
        retry_s = RETRY_MIN_S
        while not self._stopping:
            if not self._net_up:
                self._sleep(TICK_S)
                continue
            if self._session():
                retry_s = RETRY_MIN_S
            # full jitter: thousands of homes must not come back in the same second
            self._sleep(retry_s * random.random())
            retry_s = min(retry_s * 2, self._route.retry_max_s)

    def _session(self) -> bool:
        """One connection from its beginning to its end; True if it ever stood."""
        client = self._client()
        before = self.connections
        try:
            client.connect(self._route.host, self._route.port, KEEPALIVE_S)
            self._carry(client)
        except Exception as error:  # a courier that died would be silence for ever
            self.last_error = type(error).__name__
        finally:
            self._end(client)
        return self.connections > before

    def _carry(self, client: paho.Client) -> None:
        """Move letters until the connection ends, the network is cut or we are stopped."""
        give_up = time.monotonic() + SETTLE_S
        while (sock := client.socket()) is not None and self._net_up:
            if self._stopping:
                self._say_goodbye(client, sock)
                return
            if not self._ready and time.monotonic() > give_up:
                self.last_error = "NoAnswer"
                return
            writing = [sock] if client.want_write() else []
            readable, writable, _ = select.select([sock, self._nudged], writing, [], self._nap())
            if sock in readable:
                client.loop_read()
            if self._nudged in readable:
                self._empty_nudges()
            if self._ready:
                self._hand_out(client)
            if writable:
                client.loop_write()
            client.loop_misc()
            self._ring()

    def _hand_out(self, client: paho.Client) -> None:
        with contextlib.suppress(IndexError):
            while client.socket() is not None:
                letter = self._outgoing.popleft()
                client.publish(letter.topic, letter.payload, letter.qos, letter.retain)

    def _say_goodbye(self, client: paho.Client, sock: Any) -> None:
        """The last letter and DISCONNECT, so that the broker does not send our will."""
        if self._ready:
            self._hand_out(client)
            if (farewell := self._route.farewell) is not None:
                client.publish(farewell.topic, farewell.payload, farewell.qos, farewell.retain)
        client.disconnect()
        until = time.monotonic() + FAREWELL_S
        while client.want_write() and time.monotonic() < until:
            select.select([], [sock], [], TICK_S)
            client.loop_write()

    def _end(self, client: paho.Client) -> None:
        """Forget the connection and what was not sent; a socket that is open just closes."""
        self._ready = False
        self._outgoing.clear()
        if (sock := client.socket()) is not None:
            with contextlib.suppress(OSError):
                sock.close()
        self._tell()

    def _client(self) -> paho.Client:
        """A fresh client per connection: paho's own memory of unsent messages is not wanted."""
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._route.client_id,
            clean_session=True,
            protocol=paho.MQTTv311,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(OUTGOING_MAX)
        if (will := self._route.will) is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: paho.Client, _: Any, flags: Any, code: Any, more: Any) -> None:
        if code.is_failure:
            self.last_error = str(code)
            client.disconnect()
        elif self._route.subscriptions:
            qos = self._route.subscribe_qos
            client.subscribe([(topic, qos) for topic in self._route.subscriptions])
        else:
            self._stand(client)

    def _on_subscribe(
        self, client: paho.Client, _: Any, mid: int, codes: Sequence[Any], more: Any
    ) -> None:
        if any(code.is_failure for code in codes):
            self.last_error = "SubscriptionRefused"
            client.disconnect()
        else:
            self._stand(client)

    def _stand(self, client: paho.Client) -> None:
        if (greeting := self._route.greeting) is not None:
            client.publish(greeting.topic, greeting.payload, greeting.qos, greeting.retain)
        self.last_error = ""
        self.connections += 1
        self._ready = True
        self._tell()

    def _on_message(self, client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        if len(self._incoming) < INCOMING_MAX:
            letter = Letter(message.topic, bytes(message.payload), message.qos, message.retain)
            self._incoming.append(letter)
            self._tell()

    def _nap(self) -> float:
        alarm_at = self._alarm_at
        if alarm_at is None:
            return TICK_S
        return min(TICK_S, max(0.0, alarm_at - time.monotonic()))

    def _ring(self) -> None:
        alarm_at = self._alarm_at
        if alarm_at is not None and time.monotonic() >= alarm_at:
            self._alarm_at = None
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._wake_caller()

    def _poke(self) -> None:
        """Wake our own thread; a full pipe means that it is awake anyway."""
        with contextlib.suppress(BlockingIOError, OSError):
            self._nudge.send(b"!")

    def _sleep(self, seconds: float) -> None:
        select.select([self._nudged], [], [], seconds)
        self._empty_nudges()

    def _empty_nudges(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._nudged.recv(4096):
                pass


def _without_delay(client: paho.Client, _: Any, sock: Any) -> None:
    """Small messages leave at once: an acknowledgement must not wait for the next event."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
