"""The record memory on flash, for a board that has no FRAM: one copy of a record in one block.

Responsible for: letting store.py write to flash as it writes to FRAM. Every copy has an erase
block to itself; the write that begins a copy erases its block, the others only program, a page
at a time. So a cut never touches another copy, nor another record. Not responsible for
checksums, numbers or mending (store.py), nor for the wires (the chip is passed in).

Wear: a block is erased once for each write of its record, some thirty times a day for the mind;
flash that bears 100,000 erasures lasts nine years.
"""

from firmware import store

BLOCK = 4096  # bytes that are erased together
PAGE = 256  # bytes that are programmed together, on whole multiples
RECORDS = 4
BLOCKS = 2 * RECORDS
_BLANK = b"\xff" * PAGE


class Chip:
    """The interface of NOR flash: erased is 0xFF, programming clears bits; both wait until done."""

    def read(self, at: int, count: int) -> bytes:
        """`count` bytes."""
        raise NotImplementedError

    def erase(self, at: int) -> None:
        """The block that begins at `at`."""
        raise NotImplementedError

    def program(self, at: int, page: "bytes | bytearray") -> None:
        """PAGE bytes at a multiple of PAGE; 0xFF leaves a byte as it is."""
        raise NotImplementedError


class FlashMemory:
    """What a board's `fram_read` and `fram_write` call where the memory is flash."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._page = bytearray(PAGE)
        self._begins = []
        for record in range(RECORDS):
            for copy in (0, 1):
                self._begins.append(store.address(record, copy))

    def read(self, addr: int, count: int) -> bytes:
        """Bytes of one copy."""
        return self._chip.read(self._place(addr), count)

    def write(self, addr: int, data: "bytes | bytearray") -> None:
        """Durable on return; `addr` where a copy begins: the whole copy is to be written anew."""
        at = self._place(addr)
        if at % BLOCK == 0:
            self._chip.erase(at)
        done = 0
        while done < len(data):
            begin = (at + done) % PAGE
            count = min(PAGE - begin, len(data) - done)
            self._page[:] = _BLANK
            self._page[begin : begin + count] = data[done : done + count]
            self._chip.program(at + done - begin, self._page)
            done += count

    def _place(self, addr: int) -> int:
        """Where on the chip a byte of the memory lies."""
        block = BLOCKS - 1
        while self._begins[block] > addr:
            block -= 1
        return block * BLOCK + addr - self._begins[block]
