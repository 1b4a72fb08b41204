"""Entry point: choose the board, then run the executive for ever.

`python -m firmware --board sim --house SOCKET --key HEX|FILE`, and the same line with
micropython. Responsible for: arguments, choosing hal.sim (hal.mcu comes with the real
board), starting anew after a reset of the simulated board. Not responsible for anything
the board does.
"""

import gc
import sys
import time

from firmware.loop import Executive
from firmware.pairing import KEY_SIZE
from hal.sim.board import HouseGone, SimBoard, Socket

USAGE = "usage: python -m firmware --board sim --house SOCKET --key HEX|FILE [--tries N]"
RETRY_S = 1
TRIES = 30  # for the house to open its socket
COLLECT_BYTES = 4096  # garbage is collected so early that it cannot break the heap into pieces
COLLECT_SHARE = 16  # or after this part of a roomy heap, where every sweep is longer


def _options(argv: "list[str]") -> "dict[str, str]":
    found = {"--board": "", "--house": "", "--key": "", "--tries": str(TRIES)}
    for i in range(0, len(argv) - 1, 2):
        if argv[i] in found:
            found[argv[i]] = argv[i + 1]
    if len(argv) % 2 or found["--board"] != "sim" or not found["--house"]:
        print(USAGE)
        sys.exit(2)
    return found


def _key(text: str) -> bytes:
    """The pairing key from hex digits or from a file of them."""
    if len(text) != 2 * KEY_SIZE:
        with open(text) as file:
            text = file.read().strip()
    key = bytes.fromhex(text)
    if len(key) != KEY_SIZE:
        print("the pairing key has not " + str(KEY_SIZE) + " bytes")
        sys.exit(2)
    return key


def _connect(path: str, tries: int) -> "Socket | None":
    for _ in range(tries):
        try:
            return Socket(path)
        except OSError:
            time.sleep(RETRY_S)
    return None


def run(path: str, key: bytes, tries: int) -> int:
    """Boot after boot; 1 once the house no longer answers."""
    if sys.implementation.name == "micropython":
        room = gc.mem_free() // COLLECT_SHARE  # type: ignore[attr-defined]
        gc.threshold(max(COLLECT_BYTES, room))  # type: ignore[attr-defined]
    while True:
        gc.collect()
        house = _connect(path, tries)
        if house is None:
            print("nobody answers at the house's socket")
            return 1
        _live(house, key)
        house.close()  # the power is gone: nothing but the memory survives


def _live(house: Socket, key: bytes) -> None:
    """One boot, until the power goes; a function of its own, so that all it made is free then."""
    board = SimBoard(house)
    executive = Executive(board, key)
    try:
        while True:
            board.wait(executive.turn())
    except HouseGone:
        return


if __name__ == "__main__":
    chosen = _options(sys.argv[1:])
    sys.exit(run(chosen["--house"], _key(chosen["--key"]), int(chosen["--tries"])))
