"""Nights on which the clock changes, lived through: three doses, a patient, a whole home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller import events as ev
from hal.wire import codes
from tests.clocks.life import PLAN
from tests.controller.home import Home, at

TIMES = ("01:30", "02:30", "03:00")
# zone, an instant of the evening before, and when each dose falls due: worked out by hand
NIGHTS = [
    pytest.param(
        "Europe/Berlin", "2026-03-28T22:00", ("29T00:30", "29T01:30", "29T01:00"), id="spring"
    ),
    pytest.param(
        "Europe/Berlin", "2026-10-24T21:00", ("24T23:30", "25T00:30", "25T02:00"), id="autumn"
    ),
    pytest.param(
        "Australia/Lord_Howe",
        "2026-10-03T13:00",
        ("03T15:00", "03T15:30", "03T16:00"),
        id="half an hour forward",
    ),
    pytest.param(
        "Australia/Lord_Howe",
        "2026-04-04T12:30",
        ("04T14:30", "04T16:00", "04T16:30"),
        id="half an hour back",
    ),
]


def _plan(zone: str) -> str:
    """Three regimens, one dose a night each, windows that do not meet."""
    text = PLAN.replace("Europe/Berlin", zone).replace("2026-11-20", "2026-03-20")
    head, _, rest = text.partition("  - id: first")
    one = "  - id: first" + rest.partition("  - id: second")[0]
    regimens = [
        one.replace("first", f"at-{t[:2]}{t[3:]}").replace("[one]", f"[i{t[:2]}{t[3:]}]")
        .replace("08:00", t)
        for t in TIMES
    ]  # fmt: skip
    head = head.replace("2027-11-19", "2027-03-01").replace("late: 20min", "late: 15min")
    return head + "".join(regimens)


def _at_its_maximum(more: str = "") -> str:
    """One tablet at 08:00, one at most in 24 hours."""
    head, _, rest = PLAN.partition("  - id: first")
    one = "  - id: first" + rest.partition("  - id: second")[0]
    head = head.replace("2026-11-20", "2026-03-20").replace("2027-11-19", "2027-03-01")
    one = one.replace("2026-11-20", "2026-03-20")
    plan = head.replace("late: 20min", "late: 60min") + one.rstrip()
    return f"{plan}\n    limits: {{max_per_24h: 1}}\n{more}"


def _live(home: Home, until: str) -> None:
    """The patient looks at the lamp each minute."""
    while home.world.utc_ms() // 1000 < at(until):
        if home.world.lamp_shows in (codes.CALL, codes.WARN):
            home.take()
        home.run(60)


def _fell_s(home: Home) -> list[int]:
    fills: Any = home.world.truth()["fills"]
    return sorted(
        home.start_s + p["fell_ms"] // 1000
        for f in fills
        for p in f["pieces"]
        if p["fell_ms"] is not None
    )


@pytest.mark.hazard("H05")
@pytest.mark.parametrize(("zone", "evening", "due"), NIGHTS)
def test_each_dose_of_the_night_falls_once_at_its_instant(
    tmp_path: Path, zone: str, evening: str, due: tuple[str, ...]
) -> None:
    """What falls, falls within two minutes of the instant worked out by hand, and only once."""
    home = Home(tmp_path, f"{evening}:00+00:00", plan=_plan(zone))
    home.install()
    _live(home, f"{evening[:8]}{max(due)[:3]}{int(max(due)[3:5]) + 1:02d}:00:00+00:00")
    expected = sorted(at(f"{evening[:8]}{text}:00+00:00") for text in due)

    late_s = [s - e for s, e in zip(_fell_s(home), expected, strict=True)]
    assert [0 <= s < 120 for s in late_s] == [True] * 3
    assert {("taken", "retrieved")} == {(o, w) for _, o, w in home.outcomes()}
    assert 3 == len(home.outcomes()) == len(home.events(ev.DoseOpened))


@pytest.mark.hazard("H05")
def test_a_maximum_that_equals_the_plan_does_not_cost_the_dose_of_the_short_night(
    tmp_path: Path,
) -> None:
    """Once a day, one at most in 24 h: also on the day that is an hour nearer to the last."""
    home = Home(tmp_path, "2026-03-28T05:00:00+00:00", plan=_at_its_maximum())
    home.install()
    _live(home, "2026-03-29T09:00:00+00:00")

    assert [("taken", "retrieved")] * 2 == [(o, w) for _, o, w in home.outcomes()]
    assert [at("2026-03-28T07:00:00+00:00"), at("2026-03-29T06:00:00+00:00")] == [
        s - s % 300 for s in _fell_s(home)
    ]
