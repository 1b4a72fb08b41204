"""The loader: the same order of acts at every loading, told to house and controller."""

import json
import socket
import threading
from pathlib import Path

from hal.sim.control import HouseClient
from hal.sim.loader import (
    COUNT,
    HOUSE,
    WISH,
    Loader,
    Wisher,
    closing,
    filling,
    may_open,
    opening,
)
from hal.wire import codes
from tests.sim.processes import Home

ROW: dict[str, object] = {
    "compartment": 5,
    "empty_first": True,
    "kind": "day",
    "doses": ["d1", "d2"],
    "regimens": ["a", "b"],
    "quarters": [4, 2],
    "piece_mgs": [500, 120],
}


class Door:
    """A controller's socket for one test: says what it is told, grants every wish."""

    def __init__(self, path: Path, loading: dict[str, object]) -> None:
        self.wishes: list[dict[str, object]] = []
        self.loading = loading
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen(8)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                asked = json.loads(connection.recv(65536).split(b"\n")[0])
                if asked.get("watch"):
                    done = any(wish["wish"] == "loading-done" for wish in self.wishes)
                    now = {**self.loading, "done": False, "rows": [] if done else [ROW]}
                    answer: dict[str, object] = {"mode": "service", "loading": now}
                else:
                    self.wishes.append(asked)
                    answer = {"ok": True}
                connection.sendall(json.dumps(answer).encode() + b"\n")

    def close(self) -> None:
        """Nobody answers any more."""
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


def test_access_is_said_before_and_the_content_after() -> None:
    """Count out, say, put, say: a crash in between leaves a compartment that is `loading`."""
    said = [(s.kind, s.body.get("verb") or s.body.get("wish")) for s in filling(ROW)]

    assert [
        (COUNT, None), (WISH, "loading"), (HOUSE, "empty"), (HOUSE, "put"), (WISH, "loaded"),
    ] == said  # fmt: skip


def test_the_door_is_open_only_while_the_switch_is_held() -> None:
    """Switch, door; door, switch."""
    order = [str(step.body["verb"]) for step in opening() + closing()]

    assert ["service", "door", "door", "service"] == order


def test_nobody_opens_a_machine_that_is_in_use() -> None:
    """Not while medicine is coming or in the cup, nor while somebody else is there."""
    calm: dict[str, object] = {"mode": "ready", "round": None, "board": {"flags": codes.F_MAINS}}

    assert may_open(calm)
    assert may_open({**calm, "round": {"stage": "prepared"}})
    for stage in ("committed", "released", "taken"):
        assert not may_open({**calm, "round": {"stage": stage}})
    assert not may_open({**calm, "mode": "service"})
    assert not may_open({**calm, "board": {"flags": codes.F_DOOR_OPEN}})
    assert not may_open({**calm, "board": {"flags": codes.F_SERVICE}})
    assert not may_open({**calm, "board": {}})


def test_a_visit_fills_what_was_proposed_and_closes_the_machine(tmp_path: Path) -> None:
    """Old pieces are counted out and said, new ones lie where they belong, the door is shut."""
    door = Door(tmp_path / "door.sock", {"asked": True, "verify": [7]})
    with Home(tmp_path) as home:
        home.client.ask("door", open=True)
        home.client.ask("put", compartment=5, pieces=[90])
        home.client.ask("door", open=False)
        house = HouseClient(tmp_path / "house.sock")
        filled = Loader(house, Wisher(tmp_path / "door.sock")).visit()
        view = home.view()
        truth = home.client.ask("truth")["truth"]
        house.close()
    door.close()

    assert isinstance(truth, dict)
    assert 1 == filled
    assert ["verify", "emptied", "loading", "loaded", "loading-done"] == [
        wish["wish"] for wish in door.wishes
    ]
    assert (1, 2) == (door.wishes[1]["pieces"], door.wishes[3]["pieces"])
    assert (2, False, False) == (view["compartments"][5], view["door_open"], view["service"])  # type: ignore[index]
    assert ["loader", "compartment", "compartment"] == [
        piece["place"] for fill in truth["fills"] for piece in fill["pieces"]
    ]
