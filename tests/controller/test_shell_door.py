"""The controller's socket: wishes in, answers and snapshots out, and nobody can stop the loop."""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread

import pytest

from controller.canonical import Json
from controller.sockets import (
    CLIENTS_MAX,
    LINE_MAX,
    WISHES_MAX,
    Door,
    NobodyThere,
    Request,
    SocketTaken,
    ask,
    watch,
)

TIMEOUT_S = 5.0


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    opened = Door(tmp_path / "door.sock")
    yield opened
    opened.close()


def _client(door: Door) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(TIMEOUT_S)
    client.connect(str(door.path))
    return client


def _say(client: socket.socket, *values: Mapping[str, Json]) -> None:
    client.sendall(b"".join(json.dumps(value).encode() + b"\n" for value in values))


def _replies(client: socket.socket, count: int) -> list[dict[str, Json]]:
    data = b""
    while data.count(b"\n") < count:
        chunk = client.recv(65536)
        assert chunk
        data += chunk
    return [json.loads(line) for line in data.splitlines()]


def _poll(door: Door) -> list[Request]:
    """Accept, then read: two rounds."""
    return door.poll() + door.poll()


def test_a_wish_is_heard_once_and_answered(door: Door) -> None:
    """The answer goes to whoever wished, in the order of the wishes."""
    one, two = _client(door), _client(door)
    _say(one, {"wish": "ask", "regimen": "r1"}, {"wish": "skip", "dose_id": "d"})
    _say(two, {"wish": "confirm-clock", "by": "person/ada"})
    requests = _poll(door) + _poll(door)
    assert ["ask", "skip", "confirm-clock"] == [r.wish["wish"] for r in requests]
    assert [] == door.poll()
    door.answer(requests[0])
    door.answer(requests[1], "too-late", "The window has closed.")
    door.answer(requests[2], more=1)
    refused = {"ok": False, "code": "too-late", "why": "The window has closed."}
    assert [{"ok": True}, refused] == _replies(one, 2)
    assert [{"ok": True, "more": 1}] == _replies(two, 1)


def test_a_wish_may_come_in_pieces(door: Door) -> None:
    """Half a line is kept until the other half is there."""
    client = _client(door)
    client.sendall(b'{"wish":"a')
    assert [] == _poll(door)
    client.sendall(b'sk"}\n')
    assert ["ask"] == [r.wish["wish"] for r in door.poll()]


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"wish":1}', b'{"wish":"a","wish":"b"}', b'{"x":0.5}', b"\xff\xfe", b""]
)
def test_nonsense_is_refused_and_the_client_may_go_on(door: Door, line: bytes) -> None:
    """A line that is not one clear wish gets a code, and the next line counts."""
    client = _client(door)
    client.sendall(line + b"\n" + b'{"wish":"ask"}\n')
    requests = _poll(door)
    door.answer(requests[0])
    refused, granted = _replies(client, 2)
    assert (False, "unclear") == (refused["ok"], refused["code"])
    assert {"ok": True} == granted


def test_a_watcher_gets_the_newest_snapshot_and_each_change_once(door: Door) -> None:
    """What has not changed is not sent again; who comes late begins with the newest."""
    door.publish({"mode": "ready"})
    client = _client(door)
    _say(client, {"watch": True})
    _poll(door)
    door.publish({"mode": "ready"})
    door.publish({"mode": "service"})
    assert [{"mode": "ready"}, {"mode": "service"}] == _replies(client, 2)
    assert 1 == door.watchers


def test_a_watcher_that_sleeps_skips_to_the_newest(door: Door) -> None:
    """Snapshots for a client that does not read are dropped, all but the newest."""
    client = _client(door)
    _say(client, {"watch": True})
    _poll(door)
    filler = "x" * 100_000
    for number in range(50):
        door.publish({"number": number, "filler": filler})
    numbers: list[Json] = []
    data = b""
    while 49 not in numbers:
        data += client.recv(1 << 20)
        *lines, data = data.split(b"\n")
        numbers += [json.loads(line)["number"] for line in lines]
        door.poll()
    assert sorted(set(map(str, numbers)), key=int) == list(map(str, numbers))
    assert len(numbers) < 20


def test_who_says_too_much_is_dropped(door: Door) -> None:
    """An endless line costs the connection, nothing else."""
    client, other = _client(door), _client(door)
    client.setblocking(False)
    sent = 0
    while sent <= LINE_MAX:
        try:
            sent += client.send(b"x" * 65536)
        except BlockingIOError:
            pass
        except BrokenPipeError:
            break
        door.poll()
    for _ in range(40):
        door.poll()
    client.setblocking(True)
    try:
        ended = client.recv(1)
    except ConnectionResetError:
        ended = b""
    assert b"" == ended
    _say(other, {"wish": "ask"})
    assert 1 == len(_poll(door))


def test_unanswered_wishes_are_bounded(door: Door) -> None:
    """Beyond WISHES_MAX without an answer, further ones are refused."""
    client = _client(door)
    _say(client, *[{"wish": "ask"}] * (WISHES_MAX + 1))
    assert WISHES_MAX == len(_poll(door))
    assert "too-many" == _replies(client, 1)[0]["code"]


def test_clients_are_bounded(door: Door) -> None:
    """One client too many is hung up on; the others stay."""
    clients = [_client(door)]
    _poll(door)
    for _ in range(CLIENTS_MAX):
        clients.append(_client(door))
        _poll(door)
    assert b"" == clients[-1].recv(1)
    _say(clients[0], {"wish": "ask"})
    assert 1 == len(_poll(door))


def test_a_client_that_has_left_is_forgotten(door: Door) -> None:
    """An answer for somebody who hung up goes nowhere."""
    client = _client(door)
    _say(client, {"wish": "ask"}, {"watch": True})
    requests = _poll(door)
    client.close()
    door.poll()
    door.answer(requests[0])
    door.publish({"mode": "ready"})
    assert 0 == door.watchers


def test_only_the_owner_may_enter(door: Door) -> None:
    """The path is the owner's alone."""
    assert 0o600 == os.stat(door.path).st_mode & 0o777


def test_a_dead_controllers_path_is_taken_over_a_living_ones_is_not(tmp_path: Path) -> None:
    """A path left by a crash is no obstacle; an answering one is another controller."""
    path = tmp_path / "door.sock"
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(path))
    left.close()
    first = Door(path)
    with pytest.raises(SocketTaken):
        Door(path)
    assert path.exists()
    first.close()
    assert not path.exists()


def test_the_simple_client_asks_and_watches(door: Door) -> None:
    """`ask` and `watch` speak with a door served by another thread, and notice its end."""

    def serve() -> None:
        door.publish({"mode": "ready"})
        while door.watchers == 0:
            for request in door.poll():
                door.answer(request, "no", "Not now.")
        door.close()

    server = Thread(target=serve)
    server.start()
    refused = {"ok": False, "code": "no", "why": "Not now."}
    assert refused == ask(door.path, {"wish": "ask"}, TIMEOUT_S)
    seen = watch(door.path, TIMEOUT_S)
    assert {"mode": "ready"} == next(seen)
    with pytest.raises(NobodyThere):
        next(seen)
    server.join()
    with pytest.raises(NobodyThere):
        ask(door.path, {"wish": "ask"}, TIMEOUT_S)
