"""Clock, port and token against the real house, as a process of its own."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest

from controller.canonical import Json
from controller.clocks import HouseClock
from controller.home.furnish import furnish_virtual
from controller.home.places import Places
from controller.sockets import watch
from controller.token import Token
from hal.pi.port import Port
from schedules.planfile import parse_plan
from tests.controller.home import EXAMPLE

ROOT = Path(__file__).parents[2]
START_MS = 1_793_520_000_000  # 2026-11-01T08:00:00Z
HOUR_MS = 3_600_000
PATIENCE_S = 20.0

House = Callable[..., Path]


@pytest.fixture
def house() -> Iterator[House]:
    """Starts a house in a folder of its own; the folder."""
    started: list[subprocess.Popen[str]] = []
    with TemporaryDirectory(prefix="house-") as folder:

        def start(*options: str) -> Path:
            command = [sys.executable, "-m", "hal.sim", "--socket", f"{folder}/house.sock"]
            command += ["--start", "2026-11-01T08:00:00Z", *options]
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            started.append(process)
            assert process.stdout is not None
            assert "ready" in process.stdout.readline()
            return Path(folder)

        yield start
        for process in started:
            process.terminate()
            process.wait(PATIENCE_S)
            assert process.stdout is not None
            process.stdout.close()


def _ask(folder: Path, verb: str, **more: Json) -> dict[str, Json]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.settimeout(PATIENCE_S)
        control.connect(str(folder / "house.sock"))
        control.sendall(json.dumps({"verb": verb, **more}).encode() + b"\n")
        reply: dict[str, Json] = json.loads(control.makefile("rb").readline())
        return reply


def _wait_for_anchor(clock: HouseClock) -> None:
    clock._socket.settimeout(PATIENCE_S)
    assert clock.pump()


@pytest.mark.story
def test_the_house_tells_a_clock_that_jumps_when_the_house_says_so(house: House) -> None:
    """Simulated UTC starts where the house began, and a jump of an hour is an hour."""
    folder = house("--pace", "real", "--speed", "60")
    clock = HouseClock.connect(folder / "house.sock", PATIENCE_S)
    before = clock.utc_ms(), clock.mono_ms()
    assert START_MS <= before[0] < START_MS + HOUR_MS
    assert _ask(folder, "clock_jump", who="controller", seconds=3600)["ok"]
    _wait_for_anchor(clock)
    assert before[0] + HOUR_MS <= clock.utc_ms() < before[0] + 2 * HOUR_MS
    assert before[1] <= clock.mono_ms() < before[1] + HOUR_MS
    clock.close()


@pytest.mark.story
def test_the_port_opens_the_houses_cable_and_survives_the_house(house: House) -> None:
    """The pty behind the house's symlink is a port like any other, and its end is no error."""
    with TemporaryDirectory() as other:
        tty = Path(other) / "board.tty"
        now_ms = 0
        port = Port(str(tty), lambda: now_ms)
        assert -1 == port.fileno()
        folder = house("--pace", "real", "--pty", str(tty))
        now_ms = 250
        port.write(b"\x01\x02\x00")
        assert port.fileno() >= 0
        assert b"" == port.read()
        assert _ask(folder, "end")["ok"]
        while port.fileno() >= 0:
            port.read()
        assert 500 <= (port.wake_at() or 0)
        port.close()


@pytest.mark.story
def test_virtual_time_moves_from_deadline_to_deadline(house: House) -> None:
    """The token comes back exactly when it was asked for, and with the wish of a script."""
    folder = house("--pace", "virtual", "--expect", "controller")
    token = Token.join(folder / "controller.sock", PATIENCE_S)
    done: list[dict[str, Json]] = []
    wished = _ask(folder, "wish", wish={"wish": "ask", "regimen": "r"})
    assert wished["ok"]
    runner = Thread(target=lambda: done.append(_ask(folder, "run", until_ms=HOUR_MS)))
    runner.start()
    seen = []
    wishes: list[object] = []
    for deadline in (1000, 61_000, 1_801_000, None):
        go = token.go()
        assert go is not None
        seen.append((go.mono_ms, go.utc_ms // 1000))
        wishes += go.wishes
        token.at(deadline)
        token.wait()
    runner.join()
    start_s = START_MS // 1000
    expected = [(0, start_s), (1000, start_s + 1), (61_000, start_s + 61)]
    assert expected == seen[:3]
    assert 1_801_000 == seen[3][0]
    assert [{"wish": "ask", "regimen": "r"}] == wishes
    assert [True] == [reply["ok"] for reply in done]
    token.close()


@pytest.mark.story
def test_with_a_damaged_journal_virtual_time_goes_on_without_a_dose(
    house: House, tmp_path: Path
) -> None:
    """The process takes its token like any other, says what is wrong, and nobody waits for it."""
    folder = house("--pace", "virtual", "--expect", "controller")
    places = Places(tmp_path)
    places.settle(fresh=True)
    furnish_virtual(places, parse_plan(EXAMPLE.read_text()), broker_port=0)
    config = places.config.read_text()
    seat = str(places.sockets / "controller.sock")
    places.config.write_text(config.replace(seat, str(folder / "controller.sock")))
    places.journal.write_bytes(b"no journal " * 1000)
    command = [sys.executable, "-m", "controller", "--config", str(places.config)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        ran = [_ask(folder, "run", until_ms=HOUR_MS)["ok"]]
        shown: list[dict[str, Json]] = []
        watcher = Thread(target=lambda: shown.append(next(iter(watch(places.door, PATIENCE_S)))))
        watcher.start()
        while watcher.is_alive():  # it is let in while simulated time passes
            ran.append(_ask(folder, "run", until_ms=(len(ran) + 1) * HOUR_MS)["ok"])

        assert all(ran)
        assert ["journal-fault"] == [one["mode"] for one in shown]
    finally:
        process.kill()
        process.wait()
        places.leave()
