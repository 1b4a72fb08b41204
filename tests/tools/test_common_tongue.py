"""The lint of the common tongue sees what the board would not understand."""

import pytest

from tests.tools.common_tongue import broken_rules


@pytest.mark.parametrize(
    "source",
    [
        "x = 1.5",
        "x = a / b",
        "x /= 2",
        "x = float(a)",
        "import json",
        "from typing import Any",
        "from __future__ import annotations",
        "from . import frame",
        "match x:\n    case 1: pass",
        "x = [*a, 1]",
        "x = {**a}",
        "def f(a, /): pass",
        "async def f(): pass",
        "class A:\n    def __init__(self): self.a = 1\n    def f(self): self.b = 2",
    ],
)
def test_each_word_outside_the_common_tongue_is_found(source: str) -> None:
    """Every construct that MicroPython or the board lacks is named once, with its line."""
    found = broken_rules(source, "firmware/part.py")

    assert 1 == len(found)


def test_plain_integer_code_is_in_the_common_tongue() -> None:
    """Classes, struct, star targets and quoted unions pass."""
    source = (
        "import struct\nfrom hal.wire import codes\n"
        "class A:\n    def __init__(self) -> None:\n        self.at: 'int | None' = None\n"
        "    def step(self, now_ms: int) -> int:\n        self.at = now_ms // 2\n"
        "        first, *rest = struct.unpack('<BH', bytes(3))\n        return first + codes.IDLE\n"
    )

    assert [] == broken_rules(source, "firmware/part.py")


def test_only_a_named_door_may_touch_the_world() -> None:
    """The same import is fine in the file that is named for it and refused anywhere else."""
    assert [] == broken_rules("import socket", "hal/sim/board.py")
    assert 1 == len(broken_rules("import socket", "firmware/guard.py"))
