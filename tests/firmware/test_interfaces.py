"""What the firmware calls is there: nothing of an interface is left to its base class."""

import pytest

from firmware.device import Device
from firmware.flashstore import Chip
from hal.sim.board import Link, SimBoard, Socket
from hal.sim.direct import Direct
from tests.crash.board_core import Nor


@pytest.mark.parametrize(
    ("interface", "board"), [(Device, SimBoard), (Link, Socket), (Link, Direct), (Chip, Nor)]
)
def test_a_board_overrides_all_of_its_interface(interface: type, board: type) -> None:
    """The base class raises, since the common tongue has no abstract classes: nobody gets there."""
    named = {name for name in vars(interface) if not name.startswith("_")}

    assert named
    assert named <= set(vars(board))
