"""What the page is told about a home at moments that are easy to tell wrongly."""

from __future__ import annotations

from pathlib import Path

from tests.controller.home import Home, at


def test_a_dose_taken_early_is_not_the_next_one(tmp_path: Path) -> None:
    """Before its due time, but already given: what comes next is lunch."""
    home = Home(tmp_path, "2026-11-23T05:00:00+00:00")
    home.install()
    home.run_to("2026-11-23T06:45:00+00:00")
    breakfast = home.shown["next"]
    home.take()

    assert {"due_at": at("2026-11-23T07:00:00+00:00"), "doses": 2} == breakfast
    assert {"due_at": at("2026-11-23T11:30:00+00:00"), "doses": 1} == home.shown["next"]
