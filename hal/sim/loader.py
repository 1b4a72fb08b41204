"""A person who loads the simulated machine when the controller asks for it.

Responsible for: the order of a loading (service switch, door, for each compartment: say, empty,
say, put, say; wait until it is in force; close) as pure steps, and a process that walks them
against house and controller. Not for what belongs where: that is the controller's proposal.
"""

import argparse
import json
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hal.sim.control import HouseAway, HouseClient, HouseRefused
from hal.wire import codes

WHO = "person/loader"
CHUNK = 65536
LINE_MAX = 8 << 20
PAUSE_S = 0.25  # between two looks at the controller
RETRY_S = 1.0
NOTHING_TO_DO_S = 60.0  # after a visit that filled nothing: every opening holds all fills
IN_FORCE_S = 60.0  # real seconds to wait for a lease before closing anyway
FRESH_TRIES = 40
CALL_S = 20.0  # simulated: a person who is called to a machine in use is not there at once
FILLINGS_MAX = 100  # steps of one visit: emptied and filled, all compartments and some to spare
BUSY_STAGES = ("committed", "released", "taken")

HOUSE, WISH, COUNT = "house", "wish", "count"


@dataclass(frozen=True)
class Step:
    """One thing the person does: a verb of the house, a wish, or counting out a compartment."""

    kind: str
    body: dict[str, object] = field(default_factory=dict)


def opening() -> list[Step]:
    """Hold the switch, open the door."""
    return [
        Step(HOUSE, {"verb": "service", "on": True}),
        Step(HOUSE, {"verb": "door", "open": True}),
    ]


def closing() -> list[Step]:
    """Close the door, let go of the switch."""
    return [
        Step(HOUSE, {"verb": "door", "open": False}),
        Step(HOUSE, {"verb": "service", "on": False}),
    ]


def filling(row: Mapping[str, object], by: str = WHO) -> list[Step]:
    """One compartment of the proposal, from saying so to having said it."""
    compartment = row["compartment"]
    pieces = row["piece_mgs"]
    assert isinstance(pieces, list)
    doses = row.get("doses") or row.get("regimens") or []
    label = json.dumps({"doses": row.get("doses", []), "regimens": row.get("regimens", [])})
    assert doses, "a row says what belongs in it"
    steps = [Step(COUNT, {"compartment": compartment})] if row.get("empty_first") else []
    return [
        *steps,
        Step(WISH, {"wish": "loading", "compartment": compartment, "by": by}),
        Step(HOUSE, {"verb": "empty", "compartment": compartment}),
        Step(
            HOUSE,
            {"verb": "put", "compartment": compartment, "pieces": pieces, "label": label},
        ),
        Step(
            WISH,
            {"wish": "loaded", "compartment": compartment, "pieces": len(pieces), "by": by},
        ),
    ]


def counted(compartment: object, pieces: object, by: str = WHO) -> Step:
    """What the person says after taking everything out of a compartment."""
    return Step(WISH, {"wish": "emptied", "compartment": compartment, "pieces": pieces, "by": by})


def looking(verify: Sequence[object], by: str = WHO) -> list[Step]:
    """Fills held because of the opening: the person looks and says that they are right."""
    return [Step(WISH, {"wish": "verify", "compartment": c, "by": by}) for c in verify]


def finishing(by: str = WHO) -> Step:
    """Everything is in; the controller may now lease it."""
    return Step(WISH, {"wish": "loading-done", "by": by})


def may_open(snapshot: Mapping[str, object]) -> bool:
    """Nobody else is at the machine, and no medicine is on its way or in the cup."""
    work, board = snapshot.get("round"), snapshot.get("board")
    flags = board.get("flags") if isinstance(board, dict) else None
    occupied = codes.F_SERVICE | codes.F_DOOR_OPEN
    busy = isinstance(work, dict) and work.get("stage") in BUSY_STAGES
    away = not isinstance(flags, int) or bool(flags & occupied)
    return not (busy or away or snapshot.get("mode") == "service")


class Refused(Exception):
    """House or controller said no to the loader."""


class Wisher:
    """The controller's socket: snapshots in, wishes out."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def snapshots(self) -> Iterator[dict[str, object]]:
        """The controller's snapshots as they come; ends when it hangs up."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.path))
            connection.sendall(b'{"watch":true}\n')
            for line in _lines(connection):
                found = json.loads(line)
                if isinstance(found, dict):
                    yield found

    def wish(self, body: Mapping[str, object]) -> None:
        """Say one wish; raises Refused."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(IN_FORCE_S)
            connection.connect(str(self.path))
            connection.sendall(json.dumps(body).encode() + b"\n")
            answer = json.loads(next(_lines(connection), b"{}"))
        if not answer.get("ok"):
            raise Refused(f"{body.get('wish')}: {answer.get('code')} {answer.get('why')}")


def _lines(connection: socket.socket) -> Iterator[bytes]:
    data = b""
    while len(data) < LINE_MAX:
        more = connection.recv(CHUNK)
        if not more:
            return
        data += more
        *lines, data = data.split(b"\n")
        yield from lines


class Loader:
    """Walks a loading in real time."""

    def __init__(self, house: HouseClient, wisher: Wisher) -> None:
        self.house = house
        self.wisher = wisher

    def do(self, step: Step) -> None:
        """One step; raises Refused, HouseRefused."""
        if step.kind == HOUSE:
            body = dict(step.body)
            self.house.ask(str(body.pop("verb")), **body)
        elif step.kind == WISH:
            self.wisher.wish(step.body)
        else:
            compartment = step.body["compartment"]
            pieces = self.house.ask("empty", compartment=compartment)["pieces"]
            self.wisher.wish(counted(compartment, pieces).body)

    def speed(self) -> int:
        """Simulated seconds per second."""
        view = self.house.ask("view").get("view")
        speed = view.get("speed") if isinstance(view, dict) else None
        return max(1, speed) if isinstance(speed, int) else 1

    def latest(self) -> dict[str, object]:
        """The controller's present `loading` row, {} where nothing is asked."""
        for snapshot in self.wisher.snapshots():
            loading = snapshot.get("loading")
            return loading if isinstance(loading, dict) else {}
        return {}

    def visit(self) -> int:
        """One loading from switch to switch; the number of compartments filled."""
        for step in opening():
            self.do(step)
        try:
            self._await_access()
            verify = self.latest().get("verify")
            for step in looking(verify if isinstance(verify, list) else []):
                self.do(step)
            filled = self._fill()
            self.do(finishing())
            self._await_in_force()
        finally:
            for step in closing():
                self.do(step)
        return filled

    def _fill(self) -> int:
        """Row by row, always by the newest proposal: what was said before changes it."""
        filled: set[object] = set()
        emptied: set[object] = set()
        for _ in range(FILLINGS_MAX):
            rows = self.latest().get("rows")
            todo = [r for r in rows if r["compartment"] not in filled] if rows else []  # type: ignore[attr-defined]
            if not todo:
                break
            row = todo[0]
            compartment = row["compartment"]
            if row.get("empty_first") and compartment not in emptied:
                self.do(Step(COUNT, {"compartment": compartment}))
                emptied.add(compartment)
                continue
            for step in filling({**row, "empty_first": False}):
                self.do(step)
            filled.add(compartment)
        return len(filled)

    def _await_access(self) -> None:
        """Until the controller knows that door and switch are open."""
        for _ in range(FRESH_TRIES):
            if "verify" in self.latest() and self._open_seen():
                return
            time.sleep(PAUSE_S)

    def _open_seen(self) -> bool:
        for snapshot in self.wisher.snapshots():
            return snapshot.get("mode") == "service"
        return False

    def _await_in_force(self) -> None:
        """Until the lease is accepted: nothing more is done or asked."""
        until = time.monotonic() + IN_FORCE_S
        while time.monotonic() < until:
            if not self.latest().get("done"):
                return
            time.sleep(PAUSE_S)


def called(snapshots: Iterator[dict[str, object]], speed: int) -> bool:
    """Follow the controller until it is time to go there; False: it hung up before."""
    since: float | None = None
    for snapshot in snapshots:
        loading = snapshot.get("loading")
        asked = isinstance(loading, dict) and bool(loading.get("asked"))
        if not (asked and may_open(snapshot)):
            since = None
            continue
        since = time.monotonic() if since is None else since
        if snapshot.get("plan") is None or time.monotonic() - since >= CALL_S / speed:
            return True  # a machine that was never loaded has nobody who waits for it
    return False


def main(argv: list[str]) -> int:
    """For ever: watch the controller, load when it asks."""
    parser = argparse.ArgumentParser(prog="python -m hal.sim.loader", description=__doc__)
    parser.add_argument("--house", required=True, type=Path)
    parser.add_argument("--controller", required=True, type=Path)
    options = parser.parse_args(argv)
    while True:
        pause_s = RETRY_S
        try:
            loader = Loader(HouseClient(options.house), Wisher(options.controller))
            if called(loader.wisher.snapshots(), loader.speed()):
                filled = loader.visit()
                pause_s = RETRY_S if filled else NOTHING_TO_DO_S
                print(f"loader: filled {filled} compartments", flush=True)
        except (OSError, ValueError, Refused, HouseAway, HouseRefused) as why:
            print(f"loader: {why}", flush=True)
            pause_s = NOTHING_TO_DO_S if isinstance(why, Refused) else RETRY_S
        time.sleep(pause_s)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
