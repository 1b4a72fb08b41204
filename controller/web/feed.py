"""A stream of JSON objects from another process, for as long as this one lives.

Responsible for: connecting, asking to watch, reconnecting for ever, noticing silence,
and waking whoever waits for the next object. Not responsible for what the objects say.
A peer that holds its socket open but answers nothing counts as away: after QUIET_S a
fresh connection must bring an object within FIRST_S.
"""

import asyncio
import contextlib
import json
import time

from controller.web.pick import Object, part, text

QUIET_S = 12.0  # longest silence before the peer is asked again
FIRST_S = 3.0  # longest wait for the first object of a connection
RETRY_FIRST_S = 0.1
RETRY_MOST_S = 2.0
LINE_MOST = 4_000_000  # bytes


class Feed:
    """The newest object of one peer, and whether that peer is there."""

    def __init__(self, path: str, inside: str, *, first_s: float = FIRST_S) -> None:
        self.path = path
        self.latest: Object | None = None
        self.latest_mono_s = 0.0  # when it came, on this process's monotonic clock
        self.up = False
        self.why = "not asked yet"
        self.turn = 0  # rises with every change
        self._inside = inside  # the key a peer may wrap its objects in
        self._first_s = first_s
        self._news = asyncio.Condition()

    async def run(self) -> None:
        """Follow the peer until cancelled."""
        retry_s = RETRY_FIRST_S
        while True:
            turn = self.turn
            try:
                if await self._follow():
                    continue
                why = "it closed the connection"
            except TimeoutError:
                why = "it does not answer"
            except (OSError, ValueError, asyncio.LimitOverrunError) as fault:
                why = text({"why": getattr(fault, "strerror", None)}, "why", "unreadable answer")
            retry_s = RETRY_FIRST_S if self.turn != turn else min(retry_s * 2, RETRY_MOST_S)
            await self._mark_away(why)
            await asyncio.sleep(retry_s)

    async def changed(self, turn: int, timeout_s: float) -> int:
        """Wait until something newer than `turn` is known, at most `timeout_s`; the new turn."""
        async with self._news:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    self._news.wait_for(lambda: self.turn != turn), max(timeout_s, 0.02)
                )
        return self.turn

    def nudge(self) -> None:
        """Wake everybody who waits, though nothing is new; only within the loop."""
        self.turn += 1
        self._nudging = asyncio.ensure_future(self._wake())

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()

    def age_s(self) -> float:
        """Seconds since the newest object came."""
        return time.monotonic() - self.latest_mono_s

    async def _follow(self) -> bool:
        """One connection; True where it only fell quiet and is worth a fresh look at once."""
        reader, writer = await asyncio.open_unix_connection(self.path, limit=LINE_MOST)
        heard = False
        try:
            writer.write(b'{"watch":true}\n')
            await writer.drain()
            while True:
                line = await asyncio.wait_for(
                    reader.readline(), QUIET_S if heard else self._first_s
                )
                if not line:
                    return False
                heard = await self._take(line) or heard
        except TimeoutError:
            if not heard:
                raise
            return True
        finally:
            writer.close()

    async def _take(self, line: bytes) -> bool:
        found: object = json.loads(line)
        if not isinstance(found, dict):
            raise ValueError("a line that is no object")
        inner = part(found, self._inside) or found
        if "ok" in inner and len(inner) <= 3:
            return False  # only the answer to "watch"
        async with self._news:
            if inner != self.latest:  # the same one again is no younger than it was
                self.latest = inner
                self.latest_mono_s = time.monotonic()
            self.up = True
            self.turn += 1
            self._news.notify_all()
        return True

    async def _mark_away(self, why: str) -> None:
        async with self._news:
            if self.up or self.why != why:
                self.turn += 1
            self.up = False
            self.why = why
            self._news.notify_all()
