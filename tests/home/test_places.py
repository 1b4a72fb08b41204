"""A home has one owner, short socket paths, and forgets only when asked."""

from pathlib import Path

import pytest

from controller.home.places import SOCKET_PATH_MAX, HomeRefused, Places


def test_a_second_run_in_the_same_home_is_refused(tmp_path: Path) -> None:
    """Two launchers never share one journal."""
    first, second = Places(tmp_path / "home"), Places(tmp_path / "home")
    first.settle(fresh=False)

    with pytest.raises(HomeRefused, match="already runs"):
        second.settle(fresh=False)
    first.leave()
    second.settle(fresh=False)
    second.leave()


def test_fresh_forgets_and_otherwise_all_is_kept(tmp_path: Path) -> None:
    """The journal survives a restart and is gone after FRESH=1."""
    places = Places(tmp_path / "home")
    places.settle(fresh=False)
    places.journal.write_text("kept")
    places.leave()
    places.settle(fresh=False)
    kept = places.journal.exists()
    places.leave()
    places.settle(fresh=True)
    places.leave()

    assert (True, False) == (kept, places.journal.exists())


def test_sockets_fit_the_system_however_deep_the_clone_lies(tmp_path: Path) -> None:
    """A long path moves the sockets to the system's temporary folder."""
    places = Places(tmp_path / ("deep" * 40))

    assert len(str(places.door)) <= SOCKET_PATH_MAX
