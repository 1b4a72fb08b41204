"""Times and counts, as a person says them."""

import zoneinfo
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from controller.web import words
from tests.web.scenes import DUE_S, ZONE


def test_clock_times_are_those_of_the_plans_zone() -> None:
    """07:00 UTC in November is 08:00 in Berlin, and an unknown zone falls back to UTC."""
    assert ("08:00", "07:00") == (words.clock(DUE_S, ZONE), words.clock(DUE_S, "Nowhere/None"))


def test_the_machines_own_zone_data_move_no_time_on_the_page(tmp_path: Path) -> None:
    """Old data on the machine say another hour: the page shows what was signed."""
    berlin = tmp_path / "Europe" / "Berlin"
    berlin.parent.mkdir()
    berlin.write_bytes(files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes())
    zoneinfo.reset_tzpath([str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        here = zoneinfo.ZoneInfo("Europe/Berlin")
        assert 17 == datetime.fromtimestamp(1795420800, here).hour
        assert "09:00" == words.clock(1795420800, "Europe/Berlin")
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()


def test_a_later_day_is_named() -> None:
    """Today needs no day, tomorrow says so, a day of this week has its name."""
    said = [words.when(DUE_S + days * 86400, DUE_S, ZONE) for days in (0, 1, -1, 3, 20)]

    assert [
        "at 08:00",
        "tomorrow at 08:00",
        "yesterday at 08:00",
        "on Tuesday at 08:00",
        "on 11 December at 08:00",
    ] == said


def test_a_length_of_time_has_the_unit_a_person_would_use() -> None:
    """Seconds below two minutes, then minutes, hours and days; never negative."""
    said = [words.span(seconds) for seconds in (-5, 1, 38, 125, 3600, 12_000, 200_000)]

    assert [
        "0 seconds", "1 second", "38 seconds", "2 minutes", "1 hour", "3 h 20 min", "2 days",
    ] == said  # fmt: skip


def test_quarters_are_shown_as_pieces() -> None:
    """A half is a half, and one and a half is not 1.5."""
    assert ["1", "½", "1½", "0", "2¼"] == [words.pieces(quarters) for quarters in (4, 2, 6, 0, 9)]


def test_a_pseudonym_is_shown_as_a_name() -> None:
    """`person/ada` reads as Ada; nobody stays nobody."""
    assert ("Ada", "") == (words.person("person/ada"), words.person(""))
