"""What a person may set for `make run` is read or refused in words."""

import pytest

from controller.home.places import HomeRefused
from controller.home.switches import Switches


def test_nothing_set_is_real_time_with_broker_on_micropython() -> None:
    """The defaults are those of a real home."""
    assert Switches(False, 1, "nats", "micropython", 8080, 1) == Switches.read({})


def test_a_faster_home_says_that_it_is_a_demonstration() -> None:
    """SPEED other than 1 is marked."""
    assert "demonstration, 60 times" in Switches.read({"SPEED": "60"}).in_words()


@pytest.mark.parametrize(
    ("name", "value"),
    [("SPEED", "0"), ("SPEED", "fast"), ("SPEED", "1.5"), ("PORT", "99999"), ("BROKER", "kafka"),
     ("FIRMWARE", "rust"), ("SEED", "-1")],
)
def test_a_wrong_switch_is_refused_by_name(name: str, value: str) -> None:
    """The refusal names the switch, its value and what it takes."""
    with pytest.raises(HomeRefused, match=f"{name}={value}"):
        Switches.read({name: value})
