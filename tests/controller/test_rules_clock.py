"""The rules R10, R13, R15 and R19 in a whole home: clocks, windows, weights, a wedged controller.

Each goes red when its rule is taken out. See test_rules_machine.py for R2, R6 and R9.
"""

from __future__ import annotations

import secrets
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller import events as ev
from controller.rules.demand import groups_of
from controller.trusted_time import BOARD_PPM, CONTROLLER_PPM, SPREAD_MAX_S, ClockWatch
from hal.sim import mishaps
from hal.sim.house import Go, InsideController
from hal.wire import codes
from hal.wire.codes import EPOCH_2020_S
from hal.wire.messages import Desired
from schedules.doses import doses
from tests.controller.home import DAY, HOUR, ROOT, Home, at
from tests.controller.monday import (
    ALONE,
    CALL,
    OVER,
    START,
    asked_for,
    at_home,
    breakfast,
    fallen,
    how,
    raised,
)

PARTS = tomllib.loads((ROOT / "hardware" / "clocks.toml").read_text())
MONTH_S = 30 * DAY
START_S = at(START)
EARLY_LATE = (
    "    piece_mg: 620\n",
    "    piece_mg: 620\n    window: {early: 10min, late: 120min}\n",
)


# --- R10 -------------------------------------------------------------------------------------


def test_r10_the_offline_months_follow_from_the_parts() -> None:
    """Both clocks at their worst, in opposite directions, never corrected: trusted all along."""
    ppm = PARTS["board"]["ppm"] + PARTS["controller"]["ppm"]
    assert (PARTS["board"]["ppm"], PARTS["controller"]["ppm"]) == (BOARD_PPM, CONTROLLER_PPM)
    promised_s = PARTS["claim"]["offline_months"] * MONTH_S
    set_s = at(START)

    watch = ClockWatch()
    for hours in range(0, promised_s // HOUR, 12):
        age_s = hours * HOUR
        apart_ms = age_s * ppm // 1000
        judged = watch.judge(
            (set_s + age_s) * 1000,
            age_s * 1000,
            set_s + age_s - apart_ms // 1000 - EPOCH_2020_S,
            True,
            0,
            False,
            board_set_ms=set_s * 1000,
        )
        assert judged.trusted, f"apart after {hours} h"
        assert not judged.drifting or judged.spread_s > 60
    assert promised_s <= SPREAD_MAX_S * 1_000_000 // ppm < promised_s + MONTH_S


def test_r10_drift_is_told_while_trust_holds_and_a_loading_ends_it(home: Home) -> None:
    """A clock that loses a minute in a night: told, doses go on; a visit sets the board's clock."""
    mishaps.cause(home.world, "clock_rate", {"who": "board", "ppm": -1200})
    home.run_to("2026-11-23T20:00:00+00:00")
    assert [1, 0] == [len(raised(home, code)) for code in ("clock-drifting", "clock-untrusted")]
    mishaps.heal_all(home.world)
    home.load()
    home.run(30)

    assert "clock-drifting" not in home.alerts()
    board_s = home.world.board_clock.utc_ms(home.world.now_ms) // 1000
    assert abs(board_s - home.now_s) <= 1


@pytest.mark.parametrize("seconds", [-90, 90])
def test_r10_a_window_is_cut_at_both_ends_by_the_disagreement(home: Home, seconds: int) -> None:
    """It opens by the clock that is behind and closes by the one ahead."""
    mishaps.cause(home.world, "clock_jump", {"who": "board", "seconds": seconds})
    home.run_to("2026-11-23T07:40:00+00:00")
    opens = at("2026-11-23T06:30:00+00:00") - min(0, seconds)
    asked = asked_for(home, "metformin-500")
    assert opens <= min(asked.values()) <= opens + 2
    home.run_to("2026-11-23T07:58:45+00:00")
    home.world.press()
    home.run(20)

    assert (0 if seconds > 0 else 2) == fallen(home)


# --- R13 -------------------------------------------------------------------------------------


def loads(home: Home) -> dict[tuple[str, ...], Any]:
    """The first day's Loaded events by their regimens, of breakfast."""
    found: dict[tuple[str, ...], Any] = {}
    events: list[Any] = home.events(ev.Loaded)
    for e in events:
        if e.kind == "day" and e.due_at == at("2026-11-23T07:00:00+00:00"):
            found[tuple(e.regimens)] = e
    return found


def test_r13_doses_that_share_a_compartment_share_one_window(tmp_path: Path) -> None:
    """06:30 to 08:00 and 06:50 to 09:00 become 06:50 to 08:00, fixed in Loaded; then both end."""
    home = at_home(tmp_path, EARLY_LATE)
    (fill,) = loads(home).values()
    window = (at("2026-11-23T06:50:00+00:00"), at("2026-11-23T08:00:00+00:00"))
    assert window == (fill.open_at, fill.close_at)
    row = home.executives[-1].holding.lease.row(fill.compartment)  # type: ignore[union-attr]
    assert window == (row.open_s + EPOCH_2020_S, row.close_s + EPOCH_2020_S)
    home.run_to(OVER)

    assert [("missed", "not-asked-for")] == how(home, "amlodipine-5")
    assert [("missed", "not-asked-for")] == how(home)


WHY = [
    "time_critical: yes",
    "high_alert: yes\n    limits: {max_per_dose: 1, max_per_24h: 1}",
    "may_be_held: yes",
]


@pytest.mark.parametrize("why", WHY, ids=["time-critical", "high-alert", "may-be-held"])
def test_r13_what_may_not_wait_for_others_lies_alone(tmp_path: Path, why: str) -> None:
    """Levodopa is shut at 08:00; metformin of the same round is given at 08:50."""
    alone = (ALONE[0], ALONE[1].replace("time_critical: yes", why))
    home = at_home(tmp_path, EARLY_LATE, alone)
    assert {("amlodipine-5",), ("metformin-500",)} == set(loads(home))
    home.run_to("2026-11-23T08:50:00+00:00")
    home.take()

    assert [("taken", "retrieved")] == how(home)
    assert ["missed"] == [outcome for outcome, _ in how(home, "amlodipine-5")]


def test_r13_a_quarter_of_an_hour_in_common_or_none(home: Home) -> None:
    """Windows that overlap for 14 minutes do not share; no plan has such, and no other rule."""
    due_s = at("2026-11-23T07:00:00+00:00")
    one, other = [d for d in doses(home.plan, START_S, due_s + 60) if d.due_at == due_s]
    assert 1 == len(groups_of(home.plan, [one, replace(other, open_at=one.close_at - 15 * 60)]))

    assert 2 == len(groups_of(home.plan, [one, replace(other, open_at=one.close_at - 14 * 60)]))


def test_r13_the_loader_is_told_what_it_costs(tmp_path: Path) -> None:
    """24 compartments are six days of four rounds; five compartments a day are four days."""
    home = at_home(tmp_path, ALONE)
    home.world.service(True)
    home.world.open_door()
    home.run(2)

    assert (4, 2) == (home.shown["loading"]["days"], home.shown["loading"]["days_lost"])


# --- R15 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("noise_mg", "code"), [(60, ""), (70, "too-light")])
def test_r15_a_piece_too_light_for_the_scale_is_refused_at_loading(
    home: Home, noise_mg: int, code: str
) -> None:
    """The lightest of breakfast weighs 200 mg: noise of 70 mg could hide it, 60 mg could not."""
    home.world.service(True)
    home.world.open_door()
    for i in range(50):
        home.world.cup.drift_mg = noise_mg * (i % 2)
        home.world.settle()
        home.house.run(home.world.now_ms + 100)
    where = breakfast(home)
    pieces = home.world.empty(where)
    assert "" == home.wish("emptied", compartment=where, pieces=pieces, by="p/a").code

    assert code == home.wish("loading", compartment=where, by="p/a").code


def test_r15_a_piece_that_hangs_does_not_come_with_the_next_round(home: Home) -> None:
    """One of two falls at eight: both doses are in doubt, and lunch waits for a look."""
    home.run_to(CALL)
    mishaps.cause(home.world, "stuck_pill", {"compartment": breakfast(home), "count": 1})
    home.take(12)
    assert [("uncertain", "short-or-over")] == how(home)
    assert [("uncertain", "short-or-over")] == how(home, "amlodipine-5")
    assert "board-fault" in home.alerts()
    home.run_to("2026-11-23T11:35:00+00:00")
    home.take()

    assert [] == how(home, "gabapentin-300")
    assert 1 == fallen(home)


# --- R19 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("settled", [True, False])
def test_r19_a_wedged_controller_is_heard_at_the_machine_when_the_warning_is_due(
    home: Home, settled: bool
) -> None:
    """It says the same for ever, in time and authentic; a window that it has settled is quiet."""
    controller = home.controller
    assert controller is not None
    same = Desired()
    same.settled_lease = controller.state.lease_no
    same.settled_mask = 1 << breakfast(home) if settled else 0

    def wedged(go: Go) -> tuple[int | None, bytes]:
        controller.link.receive(go.rx, go.mono_ms, secrets.token_bytes(16))
        sent = controller.link.send(
            go.mono_ms, same, None, open_order=False, entropy=secrets.token_bytes(16)
        )
        return controller.link.wake_at(go.mono_ms), sent

    home.house.controller = InsideController(wedged)
    home.house.controller_wake_ms = 0
    warn_s = controller.state.fills[breakfast(home)].warn_at
    home.house.run((warn_s - home.start_s - 5) * 1000)
    assert codes.QUIET == home.world.buzzer_sounds
    home.house.run((warn_s - home.start_s + 5) * 1000)

    assert (codes.QUIET if settled else codes.ALARM) == home.world.buzzer_sounds
