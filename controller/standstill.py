"""A machine whose journal is damaged: nothing moves; alarm, state reports and page go on.

Responsible for: what is said to the board, to whoever asks and to the hub while nothing may be
decided, in real time and with the simulated house's token. Not responsible for finding the
damage (journal.py, chain.py) or for mending it.
"""

from __future__ import annotations

import secrets
import selectors
import signal
from dataclasses import dataclass
from typing import Final

from controller import words
from controller.clocks import Clock
from controller.events import Json
from controller.link import Link
from controller.report.reporter import Reporter
from controller.run import Stop, leave
from controller.sockets import Door
from controller.token import Token
from hal.pi.port import Port
from hal.wire import codes
from hal.wire.messages import Desired

RETRY_MS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Broken:
    """Why the journal cannot be used, and the key to the board."""

    code: str
    sentence: str
    pairing_key: bytes


class Standstill:
    """One turn after the other in which nothing is decided."""

    def __init__(self, broken: Broken, door: Door, reporter: Reporter | None, utc_ms: int) -> None:
        self._broken = broken
        self._door = door
        self._reporter = reporter
        self._link = Link(broken.pairing_key)
        self._want = Desired()
        self._want.signal = codes.ALARM
        self._shown: dict[str, Json] = {
            "at_ms": utc_ms,
            "mode": "journal-fault",
            "lock_reason": broken.code,
            "signal": "alarm",
            "say": f"The record of this machine is damaged ({broken.sentence}). Nothing is given. "
            "Call your pharmacist; take no dose without asking.",
            "link": "never",
            "events": {"written": 0, "acked": 0},
            "alerts": [
                {
                    "alert_id": "journal-fault",
                    "code": "journal-fault",
                    "severity": 3,
                    "sentence": words.alert("journal-fault"),
                    "since_ms": utc_ms,
                    "dose_id": "",
                    "compartment": None,
                    "acknowledged_by": "",
                }
            ],
        }

    def turn(self, received: bytes, mono_ms: int, utc_ms: int) -> bytes:
        """Hear the board, refuse every wish, tell the page and the hub; bytes for the cable."""
        self._link.receive(received, mono_ms, secrets.token_bytes(16))
        sent = self._link.send(
            mono_ms, self._want, None, open_order=False, entropy=secrets.token_bytes(16)
        )
        for request in self._door.poll():
            self._door.answer(request, "journal-fault", self._broken.sentence)
        self._shown |= {"at_ms": utc_ms, "link": self._link.freshness(mono_ms)}
        self._door.publish(self._shown)
        if self._reporter is not None:
            self._reporter.pump(utc_ms, self._shown)
        return sent

    def wake_ms(self, mono_ms: int) -> int:
        """When the board wants to hear from us again."""
        return min(self._link.wake_at(mono_ms), mono_ms + RETRY_MS)


def real_time(
    broken: Broken, clock: Clock, port: Port | None, door: Door, reporter: Reporter | None
) -> None:
    """Until stopped."""
    stop = Stop()
    still = Standstill(broken, door, reporter, clock.utc_ms())
    while not stop.asked:
        received = port.read() if port is not None else b""
        sent = still.turn(received, clock.mono_ms(), clock.utc_ms())
        if port is not None:
            port.write(sent)
        with selectors.DefaultSelector() as waiting:
            waiting.register(door, selectors.EVENT_READ)
            if port is not None and port.fileno() >= 0:
                waiting.register(port.fileno(), selectors.EVENT_READ)
            waiting.select(min(1.0, clock.delay_s(clock.mono_ms() + RETRY_MS)))


def virtual_time(broken: Broken, token: Token, door: Door, reporter: Reporter | None) -> None:
    """Whenever the house grants the token, until it has gone: time must not wait for us."""
    signal.signal(signal.SIGTERM, leave)
    still: Standstill | None = None
    while True:
        go = token.go()
        if go is None:
            return
        if still is None:
            still = Standstill(broken, door, reporter, go.utc_ms)
        if reporter is not None:
            reporter.set_net(go.net)
        sent = still.turn(go.received, go.mono_ms, go.utc_ms)
        token.at(still.wake_ms(go.mono_ms))
        token.wait(sent)
