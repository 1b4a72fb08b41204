"""Seats behind sockets: who sits there, who is sent away, what a broken turn means."""

import socket
import struct
from pathlib import Path

import pytest

from hal.sim import sense as words
from hal.sim.house import SeatGone
from hal.sim.seats import BoardSocket, Listener, closed
from hal.sim.sense import EXTERNAL, OP, POWER
from hal.sim.world import World


def seat(folder: Path) -> BoardSocket:
    """An empty board's seat of a world that is about to boot."""
    world = World(1)
    world.advance(200)
    return BoardSocket(Listener(folder / "board.sock"), world)


def join(place: BoardSocket) -> socket.socket:
    """Somebody knocks."""
    newcomer = socket.socket(socket.AF_UNIX)
    newcomer.settimeout(5)
    newcomer.connect(str(place.listener.path))
    return newcomer


def test_a_second_board_is_sent_away_while_the_first_lives(tmp_path: Path) -> None:
    """The one who sits there keeps the seat."""
    place = seat(tmp_path)
    first = join(place)
    assert place.look(1.0)
    second = join(place)

    assert not place.look(1.0)
    assert b"" == second.recv(1)
    assert place.connection is not None and not closed(place.connection)
    first.close()


def test_a_new_firmware_in_a_running_board_means_that_power_was_lost(tmp_path: Path) -> None:
    """The old process is gone and the new one already there: the world must boot anew."""
    place = seat(tmp_path)
    first = join(place)
    place.look(1.0)
    place.world.boot()
    place.start()
    first.close()
    second = join(place)
    joined = place.look(1.0)
    place.stop()

    assert (True, False, POWER) == (joined, place.world.up, place.world.reset_cause)
    assert place.connection is not None, "the newcomer belongs to the next boot"
    second.close()


@pytest.mark.parametrize(
    "said",
    [
        struct.pack(OP, 99, 0, 0),
        struct.pack(OP, words.FRAM_READ, words.FRAM_SIZE, 1),
        struct.pack(OP, words.FRAM_WRITE, 0, 8) + b"half",
        b"",
    ],
)
def test_a_broken_turn_costs_the_board_its_power_and_nothing_else(
    tmp_path: Path, said: bytes
) -> None:
    """Unknown operations, memory out of bounds, a socket that closes in the middle."""
    place = seat(tmp_path)
    board = join(place)
    place.look(1.0)
    place.world.boot()
    place.start()
    board.sendall(said)
    if len(said) in (0, words.OP_SIZE + 4):
        board.shutdown(socket.SHUT_WR)
    with pytest.raises(SeatGone) as gone:
        place.turn()

    assert gone.value.cause in (POWER, EXTERNAL)
    assert (0, None) == (place.world.fram.writes, place.connection)
    board.close()


def test_operations_of_one_turn_are_done_in_order(tmp_path: Path) -> None:
    """Cut anywhere into chunks, answered where an answer is due, ended by WAIT."""
    place = seat(tmp_path)
    board = join(place)
    place.look(1.0)
    place.world.boot()
    place.start()
    board.sendall(struct.pack(OP, words.FRAM_WRITE, 8, 3) + b"abc")
    board.sendall(struct.pack(OP, words.FRAM_READ, 8, 3) + struct.pack(OP, words.LAMP, 2, 0)[:4])
    board.sendall(struct.pack(OP, words.LAMP, 2, 0)[4:] + struct.pack(OP, words.TX, 2, 0) + b"hi")
    board.sendall(struct.pack(OP, words.WAIT, 777, 0))
    until = place.turn()
    told = board.recv(4096)
    place.world.advance(place.world.now_ms + 2)

    assert (777, 2, b"hi") == (until, place.world.lamp_shows, place.world.from_board())
    assert b"\1abc" == told[-4:]
    board.close()
