"""Where bytes, wishes and wake-ups come from: real time, or the simulated house's token.

Responsible for: the two drivers of the loop and the standstill of a machine
whose journal is damaged. Not responsible for anything that is decided.
"""

from __future__ import annotations

import secrets
import selectors
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from controller.clocks import Clock, HouseClock
from controller.clockwork import Alarm, Bell
from controller.events import Json
from controller.link import Link
from controller.loop import Asked, Controller, Reply
from controller.report.reporter import Reporter
from controller.sockets import Door, Request
from controller.token import Token
from hal.pi.port import Port
from hal.wire import codes
from hal.wire.messages import Desired

PUMP_MS: Final = 200  # while reports are under way
SHOW_MS: Final = 5_000  # a snapshot is never older for those who watch
DRAIN_S: Final = 20.0  # host seconds that simulated time waits for the hub, then goes on
RETRY_MS: Final = 5_000


@dataclass(slots=True)
class Outside:
    """What surrounds the loop in real time."""

    clock: Clock
    port: Port
    door: Door
    bell: Bell
    alarm: Alarm
    reporter: Reporter | None


class Stop:
    """Set by SIGTERM and SIGINT; the loop ends after its turn."""

    def __init__(self, bell: Bell | None = None) -> None:
        self.asked = False
        self._bell = bell
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True
        if self._bell is not None:
            self._bell.ring()


def real_time(controller: Controller, outside: Outside) -> None:
    """Turn whenever the cable, a person, the hub or the alarm clock has news; until stopped."""
    stop = Stop(outside.bell)
    controller.start(outside.clock.utc_ms())
    shown_ms = 0
    while not stop.asked:
        requests = outside.door.poll()
        mono_ms = outside.clock.mono_ms()
        turn = controller.turn(
            outside.port.read(),
            [Asked(request, request.wish) for request in requests],
            mono_ms=mono_ms,
            utc_ms=outside.clock.utc_ms(),
            reporter=outside.reporter,
        )
        if turn.sent or outside.port.pending():
            outside.port.write(turn.sent)
        _answer(outside.door, turn.replies)
        if turn.changed or mono_ms - shown_ms >= SHOW_MS:  # watchers tell the time by it
            controller.snapshot = {**controller.snapshot, "at_ms": outside.clock.utc_ms()}
            shown_ms = mono_ms
            outside.door.publish(controller.snapshot)
        wake = turn.wake_ms
        if outside.reporter is not None:
            outside.reporter.pump(outside.clock.utc_ms(), controller.snapshot)
            if outside.reporter.connected and not outside.reporter.drained:
                wake = min(wake, mono_ms + PUMP_MS)
        _sleep(outside, wake)


def _answer(door: Door, replies: tuple[Reply, ...]) -> None:
    for reply in replies:
        assert isinstance(reply.client, Request)
        more: dict[str, Json] = {"next_at": reply.next_at} if reply.next_at else {}
        if reply.place:
            more["place"] = reply.place
        door.answer(reply.client, reply.code, reply.why, **more)


def _sleep(outside: Outside, wake_ms: int) -> None:
    """Until the alarm rings or somebody has news. One wake source for each kind."""
    port_wake = outside.port.wake_at()
    outside.alarm.at(wake_ms if port_wake is None else min(wake_ms, port_wake))
    with selectors.DefaultSelector() as waiting:
        waiting.register(outside.bell, selectors.EVENT_READ)
        waiting.register(outside.door, selectors.EVENT_READ)
        if outside.port.fileno() >= 0:
            events = selectors.EVENT_READ
            events |= selectors.EVENT_WRITE if outside.port.pending() else 0
            waiting.register(outside.port.fileno(), events)
        clock = outside.clock
        if isinstance(clock, HouseClock) and not clock.lost:
            waiting.register(clock, selectors.EVENT_READ)
        waiting.select()
    outside.bell.quiet()
    if isinstance(clock, HouseClock) and not clock.lost and clock.pump():
        outside.alarm.again()


def virtual_time(
    controller: Controller, token: Token, door: Door, reporter: Reporter | None
) -> None:
    """Turn whenever the house grants the token; give it back only when the hub has everything."""
    signal.signal(signal.SIGTERM, _leave)  # the token may be waited for as long as others like
    started = False
    while True:
        go = token.go()
        if go is None:
            return
        if not started:
            controller.start(go.utc_ms)
            started = True
        if reporter is not None:
            reporter.set_net(go.net)
        turn = controller.turn(
            go.received,
            [Asked(None, wish) for wish in go.wishes],
            mono_ms=go.mono_ms,
            utc_ms=go.utc_ms,
            reporter=reporter,
        )
        if turn.changed:
            door.publish(controller.snapshot)
        door.poll()
        if reporter is not None and (turn.changed or not reporter.drained):
            reporter.pump(go.utc_ms, controller.snapshot)
            if go.net and not reporter.drained:
                reporter.wait_drained(DRAIN_S)
        token.at(turn.wake_ms)
        token.wait(turn.sent)


@dataclass(frozen=True, slots=True)
class Broken:
    """Why the journal cannot be used, and the key to the board."""

    code: str
    sentence: str
    pairing_key: bytes


def _leave(number: int, frame: object) -> None:
    raise SystemExit(0)


def standstill(
    broken: Broken, clock: Clock, port: Port | None, door: Door, reporter: Reporter | None
) -> None:
    """The journal is damaged: nothing moves; alarm, state reports and page go on."""
    stop = Stop()
    link = Link(broken.pairing_key)
    want = Desired()
    want.signal = codes.ALARM
    shown: dict[str, Json] = {
        "at_ms": clock.utc_ms(),
        "mode": "journal-fault",
        "lock_reason": broken.code,
        "signal": "alarm",
        "say": f"The record of this machine is damaged ({broken.sentence}). Nothing is given. "
        "Call your pharmacist; take no dose without asking.",
        "link": "never",
        "events": {"written": 0, "acked": 0},
        "alerts": [_journal_alert(clock.utc_ms())],
    }
    while not stop.asked:
        if port is not None:
            data = port.read()
            link.receive(data, clock.mono_ms(), secrets.token_bytes(16))
            port.write(
                link.send(
                    clock.mono_ms(), want, None, open_order=False, entropy=secrets.token_bytes(16)
                )
            )
            shown["link"] = link.freshness(clock.mono_ms())
        for request in door.poll():
            door.answer(request, "journal-fault", broken.sentence)
        shown["at_ms"] = clock.utc_ms()
        door.publish(shown)
        if reporter is not None:
            reporter.pump(clock.utc_ms(), shown)
        with selectors.DefaultSelector() as waiting:
            waiting.register(door, selectors.EVENT_READ)
            if port is not None and port.fileno() >= 0:
                waiting.register(port.fileno(), selectors.EVENT_READ)
            waiting.select(min(1.0, clock.delay_s(clock.mono_ms() + RETRY_MS)))


def _journal_alert(at_ms: int) -> Mapping[str, Json]:
    from controller import words

    return {
        "alert_id": "journal-fault",
        "code": "journal-fault",
        "severity": 3,
        "sentence": words.alert("journal-fault"),
        "since_ms": at_ms,
        "dose_id": "",
        "compartment": None,
        "acknowledged_by": "",
    }
