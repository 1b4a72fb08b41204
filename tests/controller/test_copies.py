"""Quick copies of frozen values."""

from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from controller import copies
from controller.state import Release, State


def test_a_copy_is_what_dataclasses_would_make() -> None:
    """Same value as dataclasses.replace gives, the old one untouched, still frozen."""
    before = State(now_s=5, releases=(Release(1, "a", 4, "d", 0),))
    after = copies.replace(before, now_s=6, locked="why")

    assert replace(before, now_s=6, locked="why") == after
    assert State(now_s=5, releases=before.releases) == before
    with pytest.raises(FrozenInstanceError):
        after.now_s = 7  # type: ignore[misc]


def test_a_field_that_is_not_there_is_refused() -> None:
    """A misspelt name never makes a state with one thing more."""
    with pytest.raises(TypeError, match="no such field"):
        copies.replace(State(), nows=6)  # type: ignore[call-arg]


def test_what_checks_itself_is_not_copied() -> None:
    """A __post_init__ would be passed by, so such a value is refused."""

    @dataclass(frozen=True)
    class Checked:
        number: int

        def __post_init__(self) -> None:
            assert self.number > 0

    with pytest.raises(AssertionError):
        copies.replace(Checked(1), number=-1)


def test_maps_are_shared_until_they_are_replaced() -> None:
    """A copy shares what did not change; a changed map is a new one."""
    before = State()
    after = copies.replace(before, now_s=1)

    assert after.doses is before.doses
    assert {} == before.fills
