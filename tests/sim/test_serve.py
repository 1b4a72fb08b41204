"""The house as a process: seats behind sockets, control lines, both paces, kills and returns."""

import json
import os
import socket
import time
from pathlib import Path

import pytest

from hal.sim.control import HouseClient, HouseRefused
from tests.sim.processes import Home, Place


def lines(client_path: Path, said: bytes, count: int) -> list[dict[str, object]]:
    """The first lines of a stream."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(client_path))
        connection.sendall(said)
        file = connection.makefile("rb")
        return [json.loads(file.readline()) for _ in range(count)]


def test_the_real_firmware_lives_in_a_virtual_house(tmp_path: Path) -> None:
    """MicroPython boots, is told apart from CPython, and time passes only when asked to."""
    with Home(tmp_path) as home:
        home.firmware()
        home.run(5_000)
        first = home.view()
        again = home.view()

    assert ("micropython", True, 5_000) == (first["runtime"], first["board"], first["sim_ms"])
    assert first == again


def test_a_killed_firmware_is_a_power_cut_and_comes_back(tmp_path: Path) -> None:
    """kill -9, a new process, a second boot; FRAM and pieces are still there."""
    with Home(tmp_path) as home:
        process = home.firmware(real=False)
        home.run(5_000)
        home.client.ask("door", open=True)
        home.client.ask("put", compartment=3, pieces=[500, 120], label="noon")
        home.client.ask("door", open=False)
        process.kill()
        process.wait(10)
        home.firmware(real=False)
        home.run(5_000)
        truth = home.client.ask("truth")["truth"]
        view = home.view()

    assert isinstance(truth, dict)
    assert (2, 2) == (view["boots"], truth["boots"])
    assert 2 == view["compartments"][3]  # type: ignore[index]


def test_the_board_can_be_killed_by_a_verb(tmp_path: Path) -> None:
    """Its socket closes, its process starts anew by itself, at an exact simulated instant."""
    boots = []
    for run in ("one", "two"):
        folder = tmp_path / run
        folder.mkdir()
        with Home(folder, "--seed", "5") as home:
            home.firmware(real=False)
            home.client.ask("do_at", at_ms=3_000, do={"verb": "kill_board"})
            home.run(6_000)
            boots.append((home.view()["boots"], home.client.ask("trace")["trace"]))

    assert boots[0] == boots[1]
    assert 2 == boots[0][0]


def test_a_controller_takes_the_token_and_gives_it_back(tmp_path: Path) -> None:
    """It learns both clocks, the network, its wishes; a closed socket leaves the circle."""
    with Home(tmp_path) as home:
        place = Place(tmp_path / "controller.sock")
        home.client.ask("wish", wish={"wish": "ask", "regimen": "p"})
        runner = HouseClient(tmp_path / "house.sock")
        runner._socket.sendall(b'{"verb":"run","until_ms":1000}\n')
        first = place.go()
        place.wait(700)
        second = place.go()
        place.wait(None)
        done = json.loads(runner._line())
        place.close()
        home.client.ask("expect", who="controller", on=False)
        home.run(1_000)
        back = Place(tmp_path / "controller.sock")
        home.client.ask("expect", who="controller", on=True)
        runner._socket.sendall(b'{"verb":"run","until_ms":2500}\n')
        third = back.go()
        back.wait(None)
        json.loads(runner._line())
        runner.close()
        back.close()

    assert (0, 700, 2_000) == (first["mono_ms"], second["mono_ms"], third["mono_ms"])
    assert ([{"wish": "ask", "regimen": "p"}], []) == (first["wishes"], second["wishes"])
    assert (True, 1_000) == (done["ok"], done["sim_ms"])


@pytest.mark.parametrize(
    ("verb", "arguments", "code"),
    [
        ("dispense", {}, "unknown-verb"),
        ("press", {"hold_ms": "long"}, "bad-argument"),
        ("put", {"compartment": 28, "pieces": [100]}, "bad-argument"),
        ("put", {"compartment": 0, "pieces": []}, "bad-argument"),
        ("put", {"compartment": 0, "pieces": [100]}, "door-closed"),
        ("mishap", {"name": "earthquake"}, "bad-mishap"),
        ("door", {"open": 1}, "bad-argument"),
        ("run", {"until_ms": -1}, "bad-argument"),
        ("do_at", {"at_ms": 0, "do": {"verb": "do_at"}}, "bad-argument"),
        ("expect", {"who": "hub", "on": True}, "bad-argument"),
    ],
)
def test_nonsense_is_refused_with_a_code(
    tmp_path: Path, verb: str, arguments: dict[str, object], code: str
) -> None:
    """And the house goes on."""
    with Home(tmp_path) as home:
        with pytest.raises(HouseRefused) as refused:
            home.client.ask(verb, **arguments)

        assert code == refused.value.code
        assert True is home.client.ask("now")["ok"]


def test_a_line_that_is_not_json_is_refused(tmp_path: Path) -> None:
    """The connection stays open."""
    with Home(tmp_path):
        answers = lines(tmp_path / "house.sock", b'press\n{"verb":"now"}\n', 2)

    assert ["unclear", None] == [answer.get("code") for answer in answers]


def test_real_time_passes_by_itself_and_its_clock_can_be_followed(tmp_path: Path) -> None:
    """At speed 20 an anchor lets a client compute house time; a jump sends a new anchor."""
    with Home(tmp_path, "--pace", "real", "--speed", "20") as home:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(tmp_path / "house.sock"))
            connection.sendall(b'{"clock":true}\n')
            file = connection.makefile("rb")
            anchor = json.loads(file.readline())
            told = home.client.ask("now")["sim_ms"]
            computed = anchor["sim_ms0"] + (time.monotonic_ns() - anchor["mono0_ns"]) * 20 // 10**6
            home.client.ask("clock_jump", who="controller", seconds=3600)
            jumped = json.loads(file.readline())
        with pytest.raises(HouseRefused, match="real-pace"):
            home.client.ask("run", until_ms=10**9)
        view = home.view()

    assert isinstance(told, int)
    assert computed - 2_000 < told <= computed
    ahead = jumped["utc_ms0"] - anchor["utc_ms0"] - (jumped["sim_ms0"] - anchor["sim_ms0"])
    assert 3_600_000 == pytest.approx(ahead, abs=50)
    assert (20, True, False) == (view["speed"], view["demonstration"], view["virtual"])


def test_in_real_pace_the_cable_is_a_tty(tmp_path: Path) -> None:
    """The symlink leads to a raw tty that carries the board's bytes unchanged, and goes away."""
    link = tmp_path / "board.tty"
    with Home(tmp_path, "--pace", "real", "--speed", "10", "--pty", str(link)) as home:
        home.firmware(real=False)
        tty = os.open(link, os.O_RDWR | os.O_NOCTTY)
        data = b""
        while data.count(b"\0") < 2:
            data += os.read(tty, 4096)
        os.close(tty)
        home.view()

    assert not link.exists()
    assert len(data) > 20


def test_a_firmware_that_ends_in_real_pace_is_noticed_at_once(tmp_path: Path) -> None:
    """Without anybody asking, the machine is without power; a new process boots it."""
    with Home(tmp_path, "--pace", "real") as home:
        process = home.firmware(real=False)
        while not home.view()["board"]:
            pass
        process.kill()
        process.wait(10)
        while home.view()["board"]:
            pass
        home.firmware(real=False)
        while not home.view()["board"]:
            pass
        boots = home.view()["boots"]

    assert 2 == boots


def test_views_are_streamed_to_who_watches(tmp_path: Path) -> None:
    """The first at once, the next when something changes."""
    with Home(tmp_path, "--pace", "real") as home, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(tmp_path / "house.sock"))
        connection.sendall(b'{"watch":true}\n')
        file = connection.makefile("rb")
        first = json.loads(file.readline())["view"]
        home.client.ask("take_cup")
        second = json.loads(file.readline())["view"]
        while second["cup"]["present"]:
            second = json.loads(file.readline())["view"]

    assert (True, False) == (first["cup"]["present"], second["cup"]["present"])


def test_a_house_that_is_told_to_end_keeps_its_world(tmp_path: Path) -> None:
    """The next one goes on at the same instant with the same pieces."""
    state = tmp_path / "world.json"
    with Home(tmp_path, "--state", str(state)) as home:
        home.client.ask("door", open=True)
        home.client.ask("put", compartment=0, pieces=[300])
        home.run(12_345)
    with Home(tmp_path, "--state", str(state)) as home:
        view = home.view()

    assert (12_345, 1, True) == (view["sim_ms"], view["compartments"][0], view["door_open"])  # type: ignore[index]
