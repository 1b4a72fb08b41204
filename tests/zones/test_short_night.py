"""The cap of the short night: raised for what is planned, and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.agenda import between, counters_of
from controller.rules.limits import room_at
from controller.rules.shortnight import lease_cap
from controller.state import Fill, State
from schedules.limits import gone_s
from tests.controller.home import DAY, Home, at
from tests.controller.test_limits_shared import as_needed
from tests.zones.test_nights import _at_its_maximum, _fell_s, _live

SATURDAY = "2026-03-28T05:00:00+00:00"
SPRING = at("2026-03-29T06:00:00+00:00")  # 08:00 in Berlin, 23 h after the last
MORE = as_needed("more", "[one]", "in_addition_to: first").replace("2026-11-20", "2026-03-20")
GROUP = "groups: [{ingredient: one, min_gap: 4h, max_per_24h: 1}]\nregimens:"
SHARED = _at_its_maximum(MORE.lstrip("\n")).replace("regimens:", GROUP)
DOSE = 4  # quarters


def _home(folder: Path, plan: str = "") -> Home:
    home = Home(folder, SATURDAY, plan=plan or _at_its_maximum())
    home.install()
    return home


def _state(home: Home) -> State:
    assert home.controller is not None
    return home.controller.state


def _caps(home: Home) -> list[int]:
    """The caps that the board holds."""
    lease = home.executives[-1].holding.lease
    assert lease is not None
    return [lease.group(i).cap for i in range(len(counters_of(_state(home).plan_envelope)))]


def _week(envelope: str, from_s: int) -> list[Fill]:
    """Seven days of doses, each in a compartment of its own."""
    return [
        Fill(i, i + 1, "day", (d.dose_id,), (d.regimen_id,), (d.quarters,), 1, 500, 30,
             d.open_at, d.due_at, d.warn_at, d.close_at, 0, 0)
        for i, d in enumerate(between(envelope, from_s, from_s + 7 * DAY))
    ]  # fmt: skip


def _fell(home: Home, at_s: int, dose_id: str | None = None) -> None:
    """What fell on Saturday was lifted then; a release of another dose, or of none, beside it."""
    assert home.controller is not None
    known = home.controller.state.releases
    more = [replace(known[0], at_s=at_s, lifted_at=at_s)]
    if dose_id is not None:
        more = [known[0], replace(more[0], dose_id=dose_id)]
    home.controller.state = replace(home.controller.state, releases=tuple(more))


def test_only_the_leases_that_hold_the_short_night_differ(tmp_path: Path) -> None:
    """Every week of a year: one dose more in those with both sides of that night, else as said."""
    state = _state(_home(tmp_path))
    envelope = state.plan_envelope
    (counter,) = counters_of(envelope)
    raised = set()
    for day in range(330):
        from_s = at("2026-03-22T00:00:00+00:00") + day * DAY
        cap = lease_cap(state, envelope, counter, _week(envelope, from_s))
        assert cap in (DOSE, 2 * DOSE)
        if cap > DOSE:
            raised.add(from_s)

    first = at("2026-03-23T00:00:00+00:00")  # Sunday the 29th is in it; on Sunday, nothing before
    assert {first + day * DAY for day in range(6)} == raised


def test_no_dose_of_this_lease_is_left_when_the_raised_cap_is_used_up(tmp_path: Path) -> None:
    """Raised by what is planned and no more: the board's own count refuses one beyond it."""
    home = _home(tmp_path)
    assert [2 * DOSE] == _caps(home)
    _live(home, "2026-03-29T06:30:00+00:00")
    assert 2 == len(_fell_s(home))
    (counter,) = counters_of(_state(home).plan_envelope)
    board = home.executives[-1]
    counted = board.mind.ledger.units(counter.key, board.clock.utc_s)

    assert 2 * DOSE == counted == _caps(home)[0]
    assert room_at(_state(home), _state(home).plan_envelope, "first", DOSE, home.now_s) > home.now_s


def test_what_was_taken_late_is_waited_for_by_the_wall_clock(tmp_path: Path) -> None:
    """Taken at 08:40 on Saturday: Sunday's is not offered before 08:40, whatever the lease says."""
    home = _home(tmp_path)
    home.run_to("2026-03-28T07:40:00+00:00")
    _live(home, "2026-03-29T06:39:00+00:00")
    assert 1 == len(_fell_s(home))
    _live(home, "2026-03-29T07:00:00+00:00")

    late_s = _fell_s(home)[1] - (_fell_s(home)[0] + DAY - 3600)
    assert 0 <= late_s < 180


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("dose_id", [None, ""], ids=["the dose itself", "something unknown"])
def test_an_extra_dose_inside_the_short_night_is_refused(
    tmp_path: Path, dose_id: str | None
) -> None:
    """One fell at 20:30 on Saturday: the controller lets nothing fall on Sunday morning."""
    home = _home(tmp_path, _at_its_maximum().replace("_24h: 1", "_24h: 1, min_gap: 1h"))
    _live(home, "2026-03-28T19:30:00+00:00")
    _fell(home, home.now_s, dose_id)
    fell_s = home.now_s
    envelope = _state(home).plan_envelope
    end_s = fell_s + DAY - (3600 if dose_id is None else 0)
    assert end_s == room_at(_state(home), envelope, "first", DOSE, SPRING)
    _live(home, "2026-03-29T09:00:00+00:00")

    assert 1 == len(_fell_s(home))


def test_r3_a_cap_that_as_needed_medicine_shares_is_never_raised(tmp_path: Path) -> None:
    """The board cannot tell an as-needed piece from the planned one: the stated cap stays."""
    home = _home(tmp_path, SHARED)
    shared, *_ = counters_of(_state(home).plan_envelope)
    assert (DOSE, "ingredient one") == (shared.cap, shared.name)
    assert DOSE == _caps(home)[0]
    _live(home, "2026-03-28T08:00:00+00:00")
    room = room_at(_state(home), _state(home).plan_envelope, "more", DOSE, SPRING + 60)

    assert room == _state(home).releases[0].lifted_at + DAY


@pytest.mark.parametrize(
    ("zone", "instant", "hours"),
    [
        ("Europe/Berlin", "2026-03-28T07:00", 23),
        ("Europe/Berlin", "2026-03-28T00:45", 24),  # 01:45: its 24 hours end as the clock moves on
        ("Europe/Berlin", "2026-03-28T01:30", 23.5),  # 02:30, which the next night has not
        ("Europe/Berlin", "2026-10-24T06:00", 24),  # 25 hours by the wall: no less than elapsed
        ("Europe/Berlin", "2026-06-01T06:00", 24),
        ("Australia/Lord_Howe", "2026-10-02T22:00", 23.5),
        ("Antarctica/Troll", "2026-03-28T07:00", 24),  # two hours at once ease nothing
        ("Pacific/Apia", "2011-12-29T20:00", 24),  # nor does a day that is left out
    ],
)
def test_when_24_hours_are_over(zone: str, instant: str, hours: float) -> None:
    """Worked out by hand; never later than elapsed, never more than an hour sooner."""
    at_s = at(f"{instant}:00+00:00")

    assert hours == (gone_s(zone, at_s) - at_s) / 3600
