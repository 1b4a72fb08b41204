"""The port over a real pty: it reads, writes, is unplugged, comes back, and never blocks."""

import os
import select
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from hal.pi.port import FIRST_RETRY_MS, LAST_RETRY_MS, OUT_MAX, READ_MAX, Port

PATIENCE_S = 5.0


class Plug:
    """The board's end of the cable: a pty master, with a symlink to its slave as a house makes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master = -1
        self._slave = -1
        self.now_ms = 0

    def plug(self) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.path.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            os.close(self._slave)
            self.path.unlink()
            self.master = -1

    def read(self) -> bytes:
        """All that has arrived here; waits for the first byte."""
        assert select.select([self.master], [], [], PATIENCE_S)[0]
        return os.read(self.master, 1 << 16)


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    plug = Plug(tmp_path / "board.tty")
    yield plug
    plug.unplug()


@pytest.fixture
def port(plug: Plug) -> Iterator[Port]:
    plug.plug()
    port = Port(str(plug.path), lambda: plug.now_ms)
    yield port
    port.close()


def _arrived(port: Port) -> bytes:
    assert select.select([port], [], [], PATIENCE_S)[0]
    return port.read()


def test_every_byte_passes_unchanged_both_ways(plug: Plug, port: Port) -> None:
    """No byte value is special to the line: raw means raw."""
    everything = bytes(range(256))
    port.write(everything)
    assert everything == plug.read()
    os.write(plug.master, everything)
    assert everything == _arrived(port)
    assert b"" == port.read()


def test_an_unplugged_port_reads_nothing_and_comes_back(plug: Plug, port: Port) -> None:
    """Losing the cable raises nothing; once there is a cable again, it is used."""
    plug.unplug()
    assert b"" == port.read()
    assert (-1, FIRST_RETRY_MS) == (port.fileno(), port.wake_at())
    port.write(b"lost")
    plug.plug()
    assert -1 == port.fileno()
    plug.now_ms = FIRST_RETRY_MS
    assert b"" == port.read()
    assert (2, None) == (port.opened, port.wake_at())
    port.write(b"found")
    assert b"found" == plug.read()
    os.write(plug.master, b"again")
    assert b"again" == _arrived(port)


def test_since_when_a_port_is_closed_is_known(plug: Plug, port: Port) -> None:
    """From the loss, or from the beginning where it never was there; nothing while it is open."""
    assert port.closed_since_ms is None
    plug.now_ms = 700
    plug.unplug()
    port.read()
    assert 700 == port.closed_since_ms
    never = Port("nowhere", lambda: 40)
    never.read()
    assert 40 == never.closed_since_ms


def test_a_missing_port_is_tried_for_ever_ever_more_rarely(plug: Plug) -> None:
    """The retries back off to a bound, and the first one after it appears succeeds."""
    port = Port(str(plug.path), lambda: plug.now_ms)
    waits = []
    for _ in range(9):
        due_ms = port.wake_at()
        assert due_ms is not None
        waits.append(due_ms - plug.now_ms)
        plug.now_ms = due_ms
        port.read()
    assert [250, 500, 1000, 2000, 4000, 8000, *[LAST_RETRY_MS] * 3] == waits
    plug.plug()
    plug.now_ms += LAST_RETRY_MS
    port.write(b"here")
    assert b"here" == plug.read()
    port.close()


def test_a_port_that_takes_nothing_does_not_block_and_loses_whole_writes(
    plug: Plug, port: Port
) -> None:
    """A stalled reader costs the newest writes; what was begun is finished when it reads again."""
    sent = 0
    block = bytes(range(250)) * 2
    while port.dropped_bytes == 0:
        port.write(block)
        sent += 1
        assert sent < 10_000
    assert port.pending()
    kept = (sent - 1) * len(block)
    data = b""
    while len(data) < kept:
        data += plug.read()
        port.write(b"")
    assert block * (sent - 1) == data
    assert not port.pending()
    assert len(block) == port.dropped_bytes
    assert OUT_MAX <= kept


def test_a_babbling_board_does_not_hold_the_loop(plug: Plug, port: Port) -> None:
    """One read takes a bounded amount."""
    for _ in range(100):
        try:
            os.write(plug.master, b"x" * 4096)
        except BlockingIOError:
            break
    assert len(_arrived(port)) <= READ_MAX


def test_a_closed_port_stays_closed(plug: Plug, port: Port) -> None:
    """After close nothing is reopened."""
    port.close()
    plug.now_ms = 10 * LAST_RETRY_MS
    port.write(b"x")
    assert (b"", -1) == (port.read(), port.fileno())
