"""Where bytes, wishes and wake-ups come from: real time, or the simulated house's token.

Responsible for: the two drivers of the loop. Not responsible for anything that is decided,
or for a machine whose journal is damaged (standstill.py).
"""

from __future__ import annotations

import selectors
import signal
from dataclasses import dataclass
from typing import Final

from controller.clocks import Clock, HouseClock
from controller.clockwork import Alarm, Bell
from controller.events import Json
from controller.loop import Asked, Controller, Reply
from controller.report.reporter import Reporter
from controller.sockets import Door, Request
from controller.token import Token
from hal.pi.port import Port

PUMP_MS: Final = 200  # while reports are under way
SHOW_MS: Final = 5_000  # a snapshot is never older for those who watch
DRAIN_S: Final = 20.0  # host seconds that simulated time waits for the hub, then goes on


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
            now_ms = outside.clock.utc_ms()
            cable = _cable(outside.port, mono_ms, now_ms)
            controller.snapshot = {**controller.snapshot, "at_ms": now_ms, "cable": cable}
            shown_ms = mono_ms
            outside.door.publish(controller.snapshot)
        wake = turn.wake_ms
        if outside.reporter is not None:
            outside.reporter.pump(outside.clock.utc_ms(), controller.snapshot)
            if outside.reporter.connected and not outside.reporter.drained:
                wake = min(wake, mono_ms + PUMP_MS)
        _sleep(outside, wake)


def _cable(port: Port, mono_ms: int, utc_ms: int) -> dict[str, Json]:
    """Where the board's cable should be, and since when it is not there (Unix ms)."""
    missing_ms = port.closed_since_ms
    since_ms = None if missing_ms is None else utc_ms - (mono_ms - missing_ms)
    return {"path": port.path, "missing_since_ms": since_ms}


def _answer(door: Door, replies: tuple[Reply, ...]) -> None:
    for reply in replies:
        assert isinstance(reply.client, Request)
        more: dict[str, Json] = dict(reply.more)
        if reply.next_at:
            more["next_at"] = reply.next_at
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
    signal.signal(signal.SIGTERM, leave)  # the token may be waited for as long as others like
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


def leave(number: int, frame: object) -> None:
    """A signal's handler that ends the process wherever it waits."""
    raise SystemExit(0)
