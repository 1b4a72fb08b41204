"""Runs on MicroPython and on CPython: every durable write of the board, cut at every byte.

Responsible for: FRAM and flash that lose power inside an operation, the board's own recovery
on what is left, again with a cut inside, and the judgement. Not responsible for what is written
(board_tape.py) or for counting over processes (boards.py). Common tongue.

    RUNTIME tests/crash/board_core.py MEMORY TAPE SEED PART PARTS BREAK
"""

# mypy: disable-error-code="attr-defined, method-assign, assignment"
import sys

from firmware import pairing, store
from firmware.device import Device, Inputs
from firmware.flashstore import BLOCK, BLOCKS, PAGE, Chip, FlashMemory
from firmware.lease import Holding
from firmware.mind import Mind
from firmware.store import FRAM_SIZE, Store
from firmware.verdict import refuse_after_reset
from hal.sim.chance import Chance

KEY = bytes(range(32))
LINE = 64  # bytes that a bad cut may spoil around the place of the cut
RECORDS = 4
ERASE = 0
WRITE = 1
FEW = 3  # cuts within one operation of a recovery


class Fram(Device):
    """Byte by byte; keeps a list of its writes."""

    damages: "tuple[str, ...]" = ("torn", "garbled", "rest", "line")

    def __init__(self, image: bytearray) -> None:
        Device.__init__(self, Inputs())
        self.image = image
        self.ops: list[tuple[int, int, bytes]] = []

    def fram_read(self, addr: int, count: int) -> bytes:
        return bytes(self.image[addr : addr + count])

    def fram_write(self, addr: int, data: "bytes | bytearray") -> None:
        self.ops.append((WRITE, addr, bytes(data)))
        self.image[addr : addr + len(data)] = data

    def redo(self, op: "tuple[int, int, bytes]") -> None:
        """One operation of a list, wholly."""
        self.image[op[1] : op[1] + len(op[2])] = op[2]

    def places(self, op: "tuple[int, int, bytes]") -> int:
        """In how many places the operation can be cut."""
        return len(op[2]) + 1

    def cut(self, op: "tuple[int, int, bytes]", done: int, damage: str, luck: Chance) -> bool:
        """The operation is cut after `done` bytes; True where more than it may be spoilt."""
        _, at, data = op
        self.image[at : at + done] = data[:done]
        if damage == "torn":
            return False
        first, last = at + done, at + len(data)
        if damage == "garbled":
            last = min(first + 4, last)
        if damage == "line":
            first -= first % LINE
            last = first + LINE
        for i in range(first, min(last, len(self.image))):
            self.image[i] = luck.below(256)
        return damage == "line"


def clear(image: bytearray, at: int, page: "bytes | bytearray") -> None:
    """Program a page: bits only go to 0."""
    old = int.from_bytes(image[at : at + PAGE], "little")
    new = old & int.from_bytes(page, "little")
    image[at : at + PAGE] = new.to_bytes(PAGE, "little")


class Nor(Chip):
    """Pages and blocks; keeps a list of its operations."""

    def __init__(self, image: bytearray) -> None:
        self.image = image
        self.ops: list[tuple[int, int, bytes]] = []

    def read(self, at: int, count: int) -> bytes:
        return bytes(self.image[at : at + count])

    def erase(self, at: int) -> None:
        assert at % BLOCK == 0
        self.ops.append((ERASE, at, b""))
        self.image[at : at + BLOCK] = b"\xff" * BLOCK

    def program(self, at: int, page: "bytes | bytearray") -> None:
        assert at % PAGE == 0 and len(page) == PAGE
        self.ops.append((WRITE, at, bytes(page)))
        clear(self.image, at, page)


class Flash(Fram):
    """The same memory over flashstore.py."""

    damages = ("torn", "bits", "garbled")

    def __init__(self, image: bytearray) -> None:
        Fram.__init__(self, image)
        self.chip = Nor(image)
        self.ops = self.chip.ops
        self.layer = FlashMemory(self.chip)

    def fram_read(self, addr: int, count: int) -> bytes:
        return self.layer.read(addr, count)

    def fram_write(self, addr: int, data: "bytes | bytearray") -> None:
        self.layer.write(addr, data)

    def redo(self, op: "tuple[int, int, bytes]") -> None:
        """One operation of a list, wholly."""
        if op[0] == ERASE:
            self.image[op[1] : op[1] + BLOCK] = b"\xff" * BLOCK
            return
        clear(self.image, op[1], op[2])

    def places(self, op: "tuple[int, int, bytes]") -> int:
        """Every byte of a page; of an erasure, sixteen places."""
        return 17 if op[0] == ERASE else PAGE + 1

    def cut(self, op: "tuple[int, int, bytes]", done: int, damage: str, luck: Chance) -> bool:
        """The operation is cut; only the page or the block it speaks of is touched."""
        kind, at, data = op
        size = PAGE
        if kind == ERASE:
            size, done = BLOCK, done * (BLOCK // 16)
        for i in range(size):
            old = self.image[at + i]
            new = 0xFF if kind == ERASE else old & data[i]
            if i >= done:
                if damage == "torn":
                    break
                if old == new and kind == WRITE and damage == "bits":
                    continue
                rubbish = luck.below(256)
                if kind == ERASE:
                    new = old | rubbish if damage == "bits" else rubbish
                else:
                    new = old & (data[i] | rubbish) if damage == "bits" else old & rubbish
            self.image[at + i] = new
        return False


class Tally:
    """Runs by damage, and the first things that went wrong."""

    def __init__(self) -> None:
        self.runs: dict[str, int] = {}
        self.facts = 0
        self.locked = 0
        self.wrong: list[str] = []

    def count(self, damage: str) -> None:
        self.runs[damage] = self.runs.get(damage, 0) + 1


class Bad(Exception):
    """A fact was lost or a lie was told."""


def boot(memory: Fram, drops: int) -> "tuple[Store, Mind, int]":
    """What the firmware does with its memory before its first turn."""
    sense = Inputs()
    sense.drop_count = drops
    sense.luck = 0x1234567
    records = Store(memory)
    mind = Mind(records)
    epoch, _ = pairing.boot(records, mind, KEY, sense)
    if not mind.locked:
        Holding(records, mind).load()
    if not mind.locked:
        refuse_after_reset(mind)
    return records, mind, epoch


def judge(
    memory: Fram, truth: "list[bytes | None]", record: int, new: bytes, spoilt: bool, tally: Tally
) -> "list[bytes | None]":
    """What the records say after a cut in the write of `record`; then the boot. Raises Bad."""
    look = Fram(bytearray(memory.image)) if type(memory) is Fram else Flash(bytearray(memory.image))
    reading = Store(look)
    found = [reading.read(r) for r in range(RECORDS)]
    paired = truth[store.PAIRING] is not None
    for r in range(RECORDS):
        tally.facts += truth[r] is not None
        if found[r] == truth[r] or (r == record and found[r] == new):
            continue
        if spoilt and found[r] is None:
            continue
        raise Bad(
            "record " + str(r) + (" is lost" if found[r] is None else " is neither old nor new")
        )
    _, mind, epoch = boot(memory, 1 if paired else 0)
    lost = paired and None in found
    if lost != mind.locked and not (spoilt and mind.locked):
        raise Bad("lost, and not locked" if lost else "locked without a reason")
    tally.locked += mind.locked
    if not mind.locked and paired:
        known = truth[store.EPOCH]
        if known is not None and epoch <= known[0] + 256 * known[1]:
            raise Bad("a boot epoch comes again")
    return found


def again(
    kind: "type[Fram]",
    before: bytearray,
    ops: "list[tuple[int, int, bytes]]",
    found: "list[bytes | None]",
    luck: Chance,
    tally: Tally,
) -> None:
    """Power goes once more at every operation of the recovery that has just been seen."""
    image = bytearray(before)
    for op in ops:
        for _ in range(FEW):
            memory = kind(bytearray(image))
            places = memory.places(op)
            damage = memory.damages[luck.below(3)]  # whatever spoils only what it writes
            memory.cut(op, luck.below(places), damage, luck)
            tally.count("again " + damage)
            records, mind, _ = boot(memory, 1)
            if mind.locked:
                raise Bad("locked by a cut in its recovery")
            for r in (store.PAIRING, store.LEASE):
                if records.read(r) != found[r]:
                    raise Bad("record " + str(r) + " changed by a cut in its recovery")
            told, known = records.read(store.MIND), found[store.MIND]
            assert told is not None and known is not None
            if told != known and told[:4] != known[:4]:
                raise Bad("another order after a cut in its recovery")
        step = kind(image)
        step.redo(op)


def sweep(
    kind: "type[Fram]", tape: "list[tuple[int, bytes]]", seed: int, part: int, parts: int
) -> Tally:
    """All cuts of all writes whose number is `part` modulo `parts`."""
    tally = Tally()
    size = FRAM_SIZE if kind is Fram else BLOCK * BLOCKS
    memory = kind(bytearray(size) if kind is Fram else bytearray(b"\xff" * size))
    records = Store(memory)
    truth: list[bytes | None] = [None] * RECORDS
    number = 0
    for record, payload in tape:
        before = bytearray(memory.image)
        del memory.ops[:]
        if not records.write(record, payload):
            raise Bad("the memory does not keep what it is given")
        ops = list(memory.ops)
        image = bytearray(before)
        for place in range(len(ops)):
            op = ops[place]
            for done in range(memory.places(op)):
                number += 1
                if number % parts != part:
                    continue
                for damage in kind.damages:
                    case = str(number) + "/" + damage
                    luck = Chance(seed * 1000003 + 5 * number + len(damage))
                    one(kind, image, op, done, damage, luck, truth, record, payload, tally, case)
            step = kind(image)
            step.redo(op)
        truth[record] = payload
    return tally


def one(
    kind: "type[Fram]", image: bytearray, op: "tuple[int, int, bytes]", done: int, damage: str,
    luck: Chance, truth: "list[bytes | None]", record: int, payload: bytes, tally: Tally, case: str,
) -> None:  # fmt: skip
    """One run, and those of its recovery."""
    memory = kind(bytearray(image))
    spoilt = memory.cut(op, done, damage, luck)
    del memory.ops[:]
    left = bytearray(memory.image)
    tally.count(damage)
    try:
        found = judge(memory, truth, record, payload, spoilt, tally)
        if truth[store.PAIRING] is not None and not spoilt and luck.below(16) == 0:
            again(kind, left, list(memory.ops), found, luck, tally)
    except Exception as bad:
        if len(tally.wrong) < 20:
            tally.wrong.append(case + ": " + repr(bad))


def both_torn(kind: "type[Fram]", tape: "list[tuple[int, bytes]]", seed: int, tally: Tally) -> None:
    """One copy is rubbish: the newest truth stands. Both are: the board is locked."""
    luck = Chance(seed)
    size = FRAM_SIZE if kind is Fram else BLOCK * BLOCKS
    memory = kind(bytearray(size) if kind is Fram else bytearray(b"\xff" * size))
    records = Store(memory)
    truth: dict[int, bytes] = {}
    for record, payload in tape:
        records.write(record, payload)
        truth[record] = payload
    for record in range(RECORDS):
        for turn in range(96):
            hurt = kind(bytearray(memory.image))
            copies = ((0,), (1,), (0, 1))[turn % 3]
            for copy in copies:
                at = store.address(record, copy)
                if isinstance(hurt, Flash):
                    at = hurt.layer._place(at)
                for i in range(at, at + 11):
                    hurt.image[i] ^= 1 + luck.below(255)
            tally.count("both copies" if len(copies) == 2 else "one copy")
            if len(copies) == 1 and Store(hurt).read(record) != truth[record]:
                tally.wrong.append("one copy of record " + str(record) + ": an older truth is back")
            _, mind, _ = boot(hurt, 1)
            tally.locked += mind.locked
            if mind.locked != (len(copies) == 2):
                tally.wrong.append("copies of record " + str(record) + ": locked or not, wrongly")


def sabotage(what: str) -> None:
    """Break the store, to show that this would be seen."""
    broken: object = store
    honest = Store.write

    def one_copy(self: Store, record: int, payload: bytes, tail: bytes = b"") -> bool:
        stride = store._stride
        broken._stride = lambda record: 0  # both copies in one place
        try:
            return honest(self, record, payload, tail)
        finally:
            broken._stride = stride

    def in_turn(self: Store, record: int, payload: bytes, tail: bytes = b"") -> bool:
        address = store.address
        copy = self._numbers[record] & 1
        broken.address = lambda record, _: address(record, copy)
        try:
            return honest(self, record, payload, tail)
        finally:
            broken.address = address

    if what == "one-copy":
        Store.write = one_copy
    elif what == "in-turn":
        Store.write = in_turn
    elif what == "no-checksum":
        broken.binascii = NoSum()


class NoSum:
    """A checksum that is always right."""

    def crc32(self, data: bytes, before: int = 0) -> int:
        return 0


def read_tape(name: str) -> "list[tuple[int, bytes]]":
    """(record, payload) of every write, in order."""
    tape = []
    with open(name) as file:
        for line in file:
            record, _, text = line.strip().partition(" ")
            tape.append((int(record), bytes.fromhex(text)))
    return tape


def main(memory: str, tape_name: str, seed: int, part: int, parts: int, broken: str) -> None:
    """Sweep and print: one line for each damage, then facts, locked and what went wrong."""
    sabotage(broken)
    kind = Flash if memory == "flash" else Fram
    tape = read_tape(tape_name)
    tally = sweep(kind, tape, seed, part, parts)
    if part == 0:
        both_torn(kind, tape, seed, tally)
    for damage in sorted(tally.runs):
        print("runs", tally.runs[damage], damage)
    print("facts", tally.facts)
    print("locked", tally.locked)
    for line in tally.wrong:
        print("wrong", line)


if __name__ == "__main__":
    main(
        sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]),
        sys.argv[6] if len(sys.argv) > 6 else "",
    )  # fmt: skip
