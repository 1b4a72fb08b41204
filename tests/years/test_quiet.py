"""A leap over quiet time changes nothing that anybody could tell."""

from pathlib import Path

import pytest

from tests.controller.home import Home
from tests.years.quiet import Leaping

KEEPALIVE_S = 10


class BusyHome(Leaping):
    """The same home, minute by minute."""

    leaps = False


def _live(home: Home) -> list[tuple[int, str, str]]:
    """Two days: one answered, one where nobody comes, a door, a dark moment, a dead process."""
    home.install()
    for hour in ("07:00:20", "11:31:07", "17:40:00", "21:10:40"):
        home.run_to(f"2026-11-23T{hour}+00:00")
        home.take(20)
    home.run_to("2026-11-24T07:10:00+00:00")
    home.kill_controller()
    home.run(400)
    home.start_controller()
    home.run_to("2026-11-24T13:10:00+00:00")
    home.world.reset(2)
    home.run_to("2026-11-24T21:10:00+00:00")
    home.world.press()
    home.run_to("2026-11-25T04:00:00+00:00")
    return [
        (event.at_ms // 1000, event.kind, str(event.body.get("dose_id", "")))
        for event in home.controller.journal.all()  # type: ignore[union-attr]
    ]


@pytest.mark.timeout(600)
def test_leaps_change_no_event(tmp_path: Path) -> None:
    """With and without leaps: the same events of the same doses, each within a keepalive."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    leaping = Leaping(tmp_path / "a", "2026-11-23T04:00:00+00:00")
    slow = BusyHome(tmp_path / "b", "2026-11-23T04:00:00+00:00")
    quick_days, slow_days = _live(leaping), _live(slow)

    assert leaping.house.leap_ms > 0.9 * 2 * 86_400_000
    assert leaping.house.turns < slow.house.turns / 10
    assert [(k, d) for _, k, d in slow_days] == [(k, d) for _, k, d in quick_days]
    for (then, kind, _), (now, _, _) in zip(slow_days, quick_days, strict=True):
        assert now == pytest.approx(then, abs=KEEPALIVE_S), kind
