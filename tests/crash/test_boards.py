"""The board's record store, cut at every byte on FRAM and on flash, on the board's own runtime."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware.flashstore import BLOCK, BLOCKS, FlashMemory
from firmware.loop import Executive
from firmware.store import Store
from hal.sim.board import SimBoard
from hal.sim.direct import Direct
from hal.sim.house import BoardSeat, Inside
from hal.sim.runtime import NoRuntime
from hal.sim.world import World
from hal.wire import codes
from tests.crash.board_core import Nor
from tests.crash.board_tape import written_mind
from tests.crash.boards import MEMORIES, BoardWork
from tests.firmware.bench import KEY, Bench

SEED = 20
PARTS = {"fram": 200, "flash": 500}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tape lies."""
    return tmp_path_factory.mktemp("tape")


def board(memory: str, runtime: str, folder: Path) -> BoardWork:
    """The script on a runtime; skipped where there is none."""
    try:
        return BoardWork(memory, runtime, folder)
    except NoRuntime as why:
        pytest.skip(reason=f"needs a runtime for the firmware: {why}")


@pytest.mark.parametrize("memory", MEMORIES)
def test_after_a_cut_a_record_is_the_old_or_the_new_one(memory: str, folder: Path) -> None:
    """On real MicroPython, and in a recovery too; one bad copy changes nothing, two lock."""
    tally = board(memory, "micropython", folder).part(SEED, 0, 0, PARTS[memory])

    assert [] == tally.wrong
    assert 300 < tally.count


@pytest.mark.parametrize("memory", MEMORIES)
def test_both_runtimes_find_the_same(memory: str, folder: Path) -> None:
    """Every cut ends on CPython as it does on MicroPython."""
    parts = PARTS[memory] * 2
    expected = board(memory, "cpython", folder).say(SEED, 1, parts)

    assert expected == board(memory, "micropython", folder).say(SEED, 1, parts)


@pytest.mark.parametrize("broken", ["one-copy", "in-turn", "no-checksum"])
def test_a_broken_store_is_seen(broken: str, folder: Path) -> None:
    """One copy only, the copies in turn, no checksum: each is found out."""
    tally = board("fram", "micropython", folder).part(SEED, 0, 0, PARTS["fram"], broken)

    assert [] != tally.wrong


class Watched(SimBoard):
    """A board that looks, before current goes to drive or gate, at what a cut would leave."""

    def __init__(self, world: World) -> None:
        super().__init__(Direct(world))
        self.world = world
        self.seen: list[tuple[str, int, int, int]] = []

    def drive(self, to_tick: int) -> None:
        """Note the order that is in memory."""
        self._look("drive")
        super().drive(to_tick)

    def gate(self, is_open: int) -> None:
        """Note the order that is in memory."""
        if is_open:
            self._look("gate")
        super().gate(is_open)

    def _look(self, what: str) -> None:
        order = written_mind(self.world).order
        self.seen.append((what, order.number, order.state, order.exposed))


def watched(boards: list[Watched]) -> Callable[[World], BoardSeat]:
    """A seat whose boards are kept."""

    def boot(world: World) -> Callable[[], int]:
        boards.append(Watched(world))
        return Executive(boards[-1], KEY).turn

    return lambda world: Inside(world, boot)


def test_start_and_exposure_are_in_memory_before_anything_moves() -> None:
    """A cut at the very moment of the current finds STARTED, and `exposed` at the gate."""
    boards: list[Watched] = []
    bench = Bench(seat=watched(boards))
    bench.load({0: [300, 260]})
    bench.dispense(1)
    bench.run(4000)  # and home

    assert [
        ("drive", 1, codes.STARTED, 0),
        ("gate", 1, codes.STARTED, 1),
        ("drive", 1, codes.DONE, 1),
    ] == boards[0].seen


class OnFlash(SimBoard):
    """A board whose memory is flash."""

    def __init__(self, world: World, image: bytearray) -> None:
        super().__init__(Direct(world))
        self.memory = FlashMemory(Nor(image))

    def fram_read(self, addr: int, count: int) -> bytes:
        """From flash."""
        return self.memory.read(addr, count)

    def fram_write(self, addr: int, data: "bytes | bytearray") -> None:
        """To flash."""
        self.memory.write(addr, data)


def test_the_firmware_lives_on_flash_through_a_power_cut() -> None:
    """Paired, loaded, released and cut off: the same firmware, the memory behind flashstore."""
    image = bytearray(b"\xff" * (BLOCK * BLOCKS))

    def boot(world: World) -> Callable[[], int]:
        return Executive(OnFlash(world, image), KEY).turn

    bench = Bench(seat=lambda world: Inside(world, boot))
    bench.load({0: [300, 260], 5: [120]})
    bench.dispense(1)
    epoch = bench.actual.boot_epoch
    bench.world.mains(False)
    bench.world.supply.charge_ms = 0
    bench.run(500)
    bench.world.mains(True)
    bench.until(lambda: bench.actual.boot_epoch == epoch + 1)

    assert (1, codes.DONE, codes.RELEASED) == (
        bench.actual.order, bench.actual.order_state, bench.actual.verdict
    )  # fmt: skip


def test_on_flash_no_two_copies_share_a_block() -> None:
    """Writing one copy erases nothing of another."""
    image = bytearray(b"\xff" * (BLOCK * BLOCKS))
    chip = Nor(image)
    records = Store(OnFlash(World(1), image))
    records._board.memory = FlashMemory(chip)  # type: ignore[attr-defined]
    for record in range(4):
        del chip.ops[:]
        assert records.write(record, b"12345678")
        assert {2 * record, 2 * record + 1} == {op[1] // BLOCK for op in chip.ops}
