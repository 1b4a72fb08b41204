"""Write the golden frames: `python -m tests.wire.make_golden`.

Run it only when the cable is meant to change; then frame.VERSION changes too, and the
difference in golden/*.txt is what a reviewer reads.
"""

import textwrap
from pathlib import Path

from hal.wire import frame, messages
from tests.wire import samples
from tests.wire.read import one

GOLDEN = Path(__file__).parent / "golden"
KINDS = ("", "HELLO", "JOIN", "BUSY", "DESIRED", "ACTUAL", "LEASE")


def fields(kind: int, body: bytes) -> list[str]:
    """The fields of a body, one `name = value` each."""
    said = {
        frame.DESIRED: messages.unpack_desired,
        frame.ACTUAL: messages.unpack_actual,
        frame.LEASE: messages.unpack_lease,
    }[kind](body)
    lines = []
    for name, value in vars(said).items():
        if name == "rows":
            lines += [f"row {k} = {row_text(row)}" for k, row in enumerate(value)]
        elif name == "groups":
            lines += [f"group {i} = {g.key} {g.gap_s} {g.cap}" for i, g in enumerate(value)]
        else:
            lines.append(f"{name} = {value.hex() if isinstance(value, bytes) else value}")
    return lines


def row_text(row: messages.Row) -> str:
    """A lease row on one line: its numbers in the order of ROW_FIELDS, then its groups."""
    numbers = (row.fill, row.kind, row.open_s, row.warn_s, row.close_s, row.pieces)
    weights = (row.weight_mg, row.tolerance_mg)
    groups = [f"{index}x{units}" for index, units in row.groups]
    return " ".join([str(n) for n in numbers + weights] + groups)


def text(name: str, sentence: str, wire: bytes) -> str:
    """What a person, or somebody writing this protocol anew, needs to read of one frame."""
    kind, payload = one(wire)
    lines = [f"{name}: {sentence}", f"kind = {kind} {KINDS[kind]}"]
    if kind in (frame.DESIRED, frame.ACTUAL, frame.LEASE):
        lines.append(f"counter = {int.from_bytes(payload[:4], 'little')}")
        lines.append(f"mac = {payload[-16:].hex()}")
        if payload[4:-16]:
            lines += fields(kind, payload[4:-16])
    else:
        lines.append(f"payload = {payload.hex()}")
    lines.append(f"on the cable, {len(wire)} bytes:")
    return "\n".join(lines + textwrap.wrap(wire.hex(), 96)) + "\n"


def main() -> None:
    """Write golden/NAME.bin and golden/NAME.txt for every sample."""
    GOLDEN.mkdir(exist_ok=True)
    for name, sentence, wire in samples.frames():
        (GOLDEN / f"{name}.bin").write_bytes(wire)
        (GOLDEN / f"{name}.txt").write_text(text(name, sentence, wire))


if __name__ == "__main__":
    main()
