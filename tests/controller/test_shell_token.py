"""The token tells the time, brings bytes and wishes, and goes back with a deadline."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from controller.token import Go, HouseFault, Token


@pytest.fixture
def ends() -> Iterator[tuple[Token, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    yield Token(ours), theirs
    ours.close()
    theirs.close()


def _grant(house: socket.socket, **go: object) -> None:
    house.sendall(json.dumps({"go": {"mono_ms": 5, "utc_ms": 7, **go}}).encode() + b"\n")


def test_a_turn_knows_the_time_and_gives_back_bytes_and_deadline(
    ends: tuple[Token, socket.socket],
) -> None:
    """GO is read whole; WAIT carries what was sent and when to be woken."""
    token, house = ends
    _grant(house, rx="00ff", net=False, wishes=[{"wish": "ask"}])
    assert Go(5, 7, b"\x00\xff", False, ({"wish": "ask"},)) == token.go()
    assert (5, 7) == (token.mono_ms(), token.utc_ms())
    token.at(99)
    token.wait(b"\x01\x02")
    assert {"wait": {"wake_ms": 99, "tx": "0102"}} == json.loads(house.recv(4096))


def test_the_deadline_stands_until_it_is_set_anew(ends: tuple[Token, socket.socket]) -> None:
    """None means that only news wakes us."""
    token, house = ends
    answers = []
    for deadline in (10, None):
        _grant(house)
        token.go()
        token.at(deadline)
        token.wait()
        answers.append(json.loads(house.recv(4096))["wait"]["wake_ms"])
    assert [10, None] == answers


def test_a_long_turn_in_pieces_is_read_whole(ends: tuple[Token, socket.socket]) -> None:
    """Lines end with the newline, not with a packet."""
    token, house = ends
    line = json.dumps({"go": {"mono_ms": 1, "utc_ms": 2, "rx": "aa" * 300_000}}).encode() + b"\n"
    sender = Thread(target=house.sendall, args=(line,))
    sender.start()
    go = token.go()
    sender.join()
    assert go is not None
    assert b"\xaa" * 300_000 == go.received


def test_a_closed_house_ends_the_process_quietly(ends: tuple[Token, socket.socket]) -> None:
    """No token will come any more: None, not an error."""
    token, house = ends
    house.close()
    assert None is token.go()


@pytest.mark.parametrize(
    "line",
    [b"{}", b'{"go":{}}', b'{"go":{"mono_ms":"1","utc_ms":2}}', b"[]", b"{",
     b'{"go":{"mono_ms":1,"utc_ms":2,"rx":"xyz"}}'],
)  # fmt: skip
def test_nonsense_is_a_fault(ends: tuple[Token, socket.socket], line: bytes) -> None:
    """A token that cannot be read is not guessed."""
    token, house = ends
    house.sendall(line + b"\n")
    with pytest.raises(HouseFault):
        token.go()


def test_no_house_is_a_fault(tmp_path: Path) -> None:
    """Nobody at the socket is said at once."""
    with pytest.raises(HouseFault):
        Token.join(tmp_path / os.urandom(4).hex())
