"""What a person may set for `make run` is read or refused in words."""

import pytest

from controller.home.places import HomeRefused
from controller.home.switches import SWITCHES, Switches, refuse_unknown


def test_nothing_set_is_real_time_with_broker_on_micropython() -> None:
    """The defaults are those of a real home."""
    assert Switches(False, 1, "nats", "micropython", 8080, 1) == Switches.read({})


def test_a_faster_home_says_that_it_is_a_demonstration() -> None:
    """SPEED other than 1 is marked."""
    assert "demonstration, 60 times" in Switches.read({"SPEED": "60"}).in_words()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPEED", "0"),
        ("SPEED", "fast"),
        ("SPEED", "1.5"),
        ("PORT", "99999"),
        ("BROKER", "kafka"),
        ("FIRMWARE", "rust"),
        ("SEED", "-1"),
    ],
)
def test_a_wrong_switch_is_refused_by_name(name: str, value: str) -> None:
    """The refusal names the switch, its value and what it takes."""
    with pytest.raises(HomeRefused, match=f"{name}={value}"):
        Switches.read({name: value})


@pytest.mark.parametrize(
    ("task", "environ", "said"),
    [
        ("run", {"MAKEFLAGS": " -- FRSH=1"}, "FRSH: run has no such switch; it takes FRESH, SPEED"),
        ("run", {"MAKEFLAGS": "w -- SPEED=60 DAYS=3"}, "DAYS: run has no such switch"),
        ("demo", {"MAKEFLAGS": " -- KEEP=a\\ b=c fresh=1"}, "fresh: demo has no such switch"),
        ("run", {"FRSH": "1"}, "FRSH is set, and run has no such switch: FRESH, perhaps?"),
        ("kills", {"KILL": "3"}, "KILLS, perhaps"),
    ],
)
def test_a_misspelt_switch_is_refused(task: str, environ: dict[str, str], said: str) -> None:
    """Whatever `make` was told must be known; a word beside it that is nearly a switch, too."""
    with pytest.raises(HomeRefused) as refused:
        refuse_unknown(environ, task)

    assert said in str(refused.value)


@pytest.mark.parametrize("task", SWITCHES)
def test_an_ordinary_environment_is_no_slip(task: str) -> None:
    """What a shell, an editor and the Makefile set is theirs; so are switches of other tasks."""
    refuse_unknown(
        {
            "PATH": "/bin", "HOME": "/", "LANG": "C", "SHELL": "/bin/sh", "TERM": "dumb",
            "EDITOR": "vi", "PORT": "1", "KEEP": "x", "POSOLOGY_HOME": "x", "DISPLAY": ":0",
            "MAKEFLAGS": "w --jobserver-auth=3,4 -- TESTS=tests/home PYTHON=python3 SEED=3",
        },
        task,
    )  # fmt: skip
