"""MLLP: HL7 messages in frames over TCP, a listener that always answers and a sender that waits.

Responsible for: frames, limits, connections; the only file of this package that opens one. Not
responsible for what a message says (receive.py). A frame begins with VT (0x0B) and ends with FS
(0x1C), by the standard with a CR after it; neither byte can stand inside a message.

One framed message, one answer, in order. What was begun and not ended gets none, and was not taken.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

BEGIN, END, CR = b"\x0b", b"\x1c", b"\r"
CHUNK = 1 << 16


@dataclass(frozen=True)
class Limits:
    """What one listener bears."""

    message: int = 1 << 18  # bytes of one message; longer ones are answered, not kept
    stray: int = 4096  # bytes outside of frames, then the connection is closed
    endless: int = 1 << 24  # bytes of one frame, then the connection is closed
    connections: int = 32
    unfinished_s: float = 30.0  # a frame that is begun must go on
    idle_s: float = 600.0  # between frames


@dataclass(frozen=True)
class Framed:
    """What stood in one frame; where it was too long, only its beginning, and not `whole`."""

    data: bytes
    whole: bool = True


Answer = Callable[[Framed], bytes]


class Frames:
    """Bytes in, whole messages out; `broken` says that the rest cannot be believed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._inside = False
        self._kept = bytearray()
        self._length = 0
        self._stray = 0
        self.broken = False

    @property
    def begun(self) -> bool:
        """Whether a frame is open."""
        return self._inside

    def feed(self, data: bytes) -> list[Framed]:
        """The frames that these bytes complete.

        A second begin inside a frame begins anew: the first was not ended, and is not taken.
        """
        found: list[Framed] = []
        while data and not self.broken:
            if not self._inside:
                before, mark, data = data.partition(BEGIN)
                self._stray += len(before.translate(None, b"\r\n"))
                self.broken = self._stray > self._limits.stray
                self._inside = bool(mark)
                self._kept, self._length = bytearray(), 0
                continue
            at = min((n for n in (data.find(BEGIN), data.find(END)) if n >= 0), default=len(data))
            self._keep(data[:at])
            mark, data = data[at : at + 1], data[at + 1 :]
            if mark == BEGIN:
                self._kept, self._length = bytearray(), 0
            elif mark == END:
                found.append(Framed(bytes(self._kept), self._length == len(self._kept)))
                self._inside, self._stray = False, 0
        return found

    def _keep(self, data: bytes) -> None:
        self._length += len(data)
        room = self._limits.message - len(self._kept)
        self._kept += data[: max(0, room)]
        self.broken = self._length > self._limits.endless


def framed(message: bytes) -> bytes:
    """A message as it is sent."""
    return BEGIN + message + END + CR


async def serve(
    answer: Answer,
    host: str,
    port: int,
    limits: Limits,
    started: Callable[[str, int], None],
    until: asyncio.Event,
) -> None:
    """Answer every framed message until `until` is set; OSError where it cannot listen."""
    open_now: set[asyncio.StreamWriter] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(open_now) >= limits.connections:
            writer.close()
            return
        open_now.add(writer)
        try:
            await _converse(reader, writer, answer, limits)
        except OSError:
            pass  # cut off, or silent for too long: no answer, and it is sent again
        finally:
            open_now.discard(writer)
            writer.close()

    server = await asyncio.start_server(meet, host, port, limit=CHUNK)
    try:
        name = server.sockets[0].getsockname()
        started(str(name[0]), int(name[1]))
        await until.wait()
    finally:
        server.close()
        for writer in list(open_now):  # before waiting: some Pythons wait for all of them
            writer.close()
        await server.wait_closed()


async def _converse(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    answer: Answer,
    limits: Limits,
) -> None:
    frames = Frames(limits)
    while not frames.broken:
        patience = limits.unfinished_s if frames.begun else limits.idle_s
        data = await asyncio.wait_for(reader.read(CHUNK), patience)
        if not data:
            return
        for one in frames.feed(data):
            writer.write(framed(answer(one)))
            await asyncio.wait_for(writer.drain(), limits.unfinished_s)


class Unanswered(Exception):
    """Whether the message was taken is not known: it is to be sent again, the same."""


class Sender:
    """One connection to a receiver: a message, then its answer."""

    def __init__(self, host: str, port: int, patience_s: float) -> None:
        try:
            self._socket = socket.create_connection((host, port), patience_s)
        except OSError as fault:
            raise Unanswered(f"no connection: {fault.strerror or fault}") from None

    def send(self, message: bytes, limits: Limits | None = None) -> bytes:
        """The whole answer to a message; Unanswered where none came."""
        frames = Frames(limits or Limits())
        try:
            self._socket.sendall(framed(message))
            while not frames.broken:
                data = self._socket.recv(CHUNK)
                if not data:
                    raise Unanswered("the connection was cut before the answer")
                if (found := frames.feed(data)) and found[0].whole:
                    return found[0].data
        except OSError as fault:
            raise Unanswered(f"no answer: {fault.strerror or 'in time'}") from None
        raise Unanswered("what came is no answer")

    def close(self) -> None:
        """No more is sent."""
        self._socket.close()
