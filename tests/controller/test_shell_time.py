"""Clocks, trust in them, and the alarm that wakes the loop."""

import json
import select
import socket
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.clocks import HouseClock, SystemClock
from controller.clockwork import Alarm, Bell, Unsettable
from controller.token import HouseFault
from controller.trusted_time import ANCHOR_MS, SPREAD_MAX_S, SPREAD_S, ClockWatch, Judgement
from hal.wire.codes import EPOCH_2020_S

NOON_MS = 1_792_000_000_000  # some day in 2026
NOON_BOARD_S = NOON_MS // 1000 - EPOCH_2020_S
DAY_MS = 86_400_000
PATIENCE_S = 20.0


def _judge(
    watch: ClockWatch,
    utc_ms: int = NOON_MS,
    mono_ms: int = 0,
    board_utc_s: int | None = NOON_BOARD_S,
    board_clock_ok: bool = True,
    floor_ms: int = 0,
    confirmed: bool = False,
    board_set_ms: int | None = None,
) -> Judgement:
    return watch.judge(
        utc_ms,
        mono_ms,
        board_utc_s,
        board_clock_ok,
        floor_ms,
        confirmed,
        board_set_ms=board_set_ms,
    )


def test_two_clocks_that_agree_are_trusted() -> None:
    """Within the spread, trust; the instants in between bound what time it is."""
    judged = _judge(ClockWatch(), board_utc_s=NOON_BOARD_S - 30)
    assert Judgement(True, "", 30, False, NOON_MS - 30_000, NOON_MS) == judged


@pytest.mark.parametrize("side", [-1, 1])
def test_the_spread_is_a_hard_edge(side: int) -> None:
    """120 s are trusted, 121 s are not, on either side."""
    edge = _judge(ClockWatch(), board_utc_s=NOON_BOARD_S + side * SPREAD_S)
    beyond = _judge(ClockWatch(), board_utc_s=NOON_BOARD_S + side * (SPREAD_S + 1))
    assert (True, "") == (edge.trusted, edge.reason)
    assert (False, "apart", 121) == (beyond.trusted, beyond.reason, beyond.spread_s)


def test_drift_since_the_board_was_set_widens_the_spread_up_to_its_end() -> None:
    """40 ppm of 70 days are four minutes more; a person is asked before; 15 minutes are the end."""
    watch = ClockWatch()
    set_ms = NOON_MS - 70 * DAY_MS
    judged = _judge(watch, board_utc_s=NOON_BOARD_S - 200, board_set_ms=set_ms)
    assert (True, True) == (judged.trusted, judged.drifting)
    assert "apart" == _judge(watch, board_utc_s=NOON_BOARD_S - 200).reason
    assert SPREAD_MAX_S == watch.bound_s(NOON_MS, 0)
    assert SPREAD_S == watch.bound_s(NOON_MS, NOON_MS + DAY_MS)


@pytest.mark.hazard("H06")
def test_one_witness_is_none() -> None:
    """Without the board, or with a board whose clock stood still, nothing is trusted."""
    assert "board-silent" == _judge(ClockWatch(), board_utc_s=None).reason
    assert "board-clock-not-set" == _judge(ClockWatch(), board_clock_ok=False).reason


def test_time_before_the_journal_is_not_believed() -> None:
    """Both clocks wrong together: the journal knows a later instant."""
    assert "before-journal" == _judge(ClockWatch(), floor_ms=NOON_MS + DAY_MS).reason
    assert _judge(ClockWatch(), floor_ms=NOON_MS + 1000).trusted


@pytest.mark.hazard("H06")
def test_a_step_stays_in_doubt_until_a_person_confirms() -> None:
    """Over 120 s against monotonic time: going back by itself does not cure it."""
    watch = ClockWatch()
    assert _judge(watch).trusted
    assert "stepped" == _judge(watch, utc_ms=NOON_MS + 130_000, mono_ms=5000).reason
    assert "stepped" == _judge(watch, utc_ms=NOON_MS + 10_000, mono_ms=10_000).reason
    assert _judge(watch, utc_ms=NOON_MS + 11_000, mono_ms=11_000, confirmed=True).trusted


def test_an_old_confirmation_does_not_cover_a_new_step() -> None:
    """Only a confirmation that comes after the step counts."""
    watch = ClockWatch(stepped=True)
    assert _judge(watch, confirmed=True).trusted
    assert "stepped" == _judge(watch, utc_ms=NOON_MS + 121_001, confirmed=True).reason
    assert "stepped" == _judge(watch, utc_ms=NOON_MS, confirmed=True).reason
    assert "stepped" == _judge(watch, utc_ms=NOON_MS, confirmed=False).reason
    assert _judge(watch, utc_ms=NOON_MS, confirmed=True).trusted


def test_a_restart_does_not_cure_a_step() -> None:
    """A watch that begins in doubt waits for the person, too."""
    assert "stepped" == _judge(ClockWatch(stepped=True)).reason


def test_a_confirmation_does_not_make_one_clock_right() -> None:
    """A person explains a step; clocks that disagree are set at the machine."""
    judged = _judge(ClockWatch(stepped=True), board_utc_s=NOON_BOARD_S - 500, confirmed=True)
    assert "apart" == judged.reason


def test_slow_correction_is_no_step() -> None:
    """A clock that is slewed by a minute an hour is watched by the board, not by the step rule."""
    watch = ClockWatch()
    for hour in range(24):
        mono_ms = hour * ANCHOR_MS
        judged = _judge(watch, NOON_MS + mono_ms + hour * 60_000, mono_ms)
        assert judged.reason in ("", "apart")


@given(
    jumps=st.lists(st.integers(-DAY_MS, DAY_MS), max_size=6),
    board_s=st.integers(-2000, 2000),
)
def test_trust_always_means_two_clocks_within_the_bound(jumps: list[int], board_s: int) -> None:
    """Whatever the clock does: trusted implies agreement and no unexplained jump."""
    watch = ClockWatch()
    utc_ms = NOON_MS
    stepped = False
    for turn, jump in enumerate([0, *jumps]):
        utc_ms += jump
        stepped = stepped or abs(utc_ms - NOON_MS) > 120_000
        judged = _judge(watch, utc_ms, mono_ms=0, board_utc_s=NOON_BOARD_S + board_s)
        if judged.trusted:
            assert not stepped, turn
            assert judged.spread_s <= SPREAD_S
            assert judged.latest_ms - judged.earliest_ms < (SPREAD_S + 1) * 1000


@pytest.fixture
def told() -> Iterator[tuple[HouseClock, socket.socket, list[int]]]:
    """A clock that is told anchors over a socket, on host nanoseconds that a test sets."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    host_ns = [1_000_000_000]
    clock = HouseClock(ours, lambda: host_ns[0])
    yield clock, theirs, host_ns
    clock.close()
    theirs.close()


def _anchor(host_ns: int, sim_ms: int, utc_ms: int, speed: float) -> bytes:
    told = {"mono0_ns": host_ns, "sim_ms0": sim_ms, "utc_ms0": utc_ms, "speed": speed}
    return json.dumps(told).encode() + b"\n"


def test_the_house_clock_runs_at_the_houses_speed(
    told: tuple[HouseClock, socket.socket, list[int]],
) -> None:
    """House time is computed from the anchor; waiting takes host time."""
    clock, house, host_ns = told
    house.sendall(_anchor(1_000_000_000, 5000, NOON_MS, 60))
    assert clock.pump()
    assert (5000, NOON_MS) == (clock.mono_ms(), clock.utc_ms())
    host_ns[0] += 500_000_000
    assert (35_000, NOON_MS + 30_000) == (clock.mono_ms(), clock.utc_ms())
    assert 0.5 == clock.delay_s(65_000)
    assert 0 == clock.delay_s(1)


def test_a_jump_moves_utc_and_never_turns_monotonic_time_back(
    told: tuple[HouseClock, socket.socket, list[int]],
) -> None:
    """A new anchor may set UTC anywhere; monotonic time waits rather than going back."""
    clock, house, _ = told
    house.sendall(_anchor(1_000_000_000, 5000, NOON_MS, 1))
    clock.pump()
    assert 5000 == clock.mono_ms()
    house.sendall(_anchor(1_000_000_000, 4990, NOON_MS - 3_600_000, 1))
    assert clock.pump()
    assert (5000, NOON_MS - 3_600_000) == (clock.mono_ms(), clock.utc_ms())
    assert not clock.pump()


def test_the_clock_runs_on_when_the_house_has_gone(
    told: tuple[HouseClock, socket.socket, list[int]],
) -> None:
    """A closed house is told apart from a silent one."""
    clock, house, host_ns = told
    house.sendall(_anchor(1_000_000_000, 5000, NOON_MS, 1))
    clock.pump()
    assert not clock.lost
    house.close()
    clock.pump()
    host_ns[0] += 1_000_000
    assert (True, 5001) == (clock.lost, clock.mono_ms())


def test_nonsense_from_the_house_is_a_fault(
    told: tuple[HouseClock, socket.socket, list[int]],
) -> None:
    """A clock that cannot be read is not guessed."""
    clock, house, _ = told
    house.sendall(_anchor(1, 1, 1, 0))
    with pytest.raises(HouseFault):
        clock.pump()


def test_the_alarm_zone_ignores_whoever_sets_the_clock() -> None:
    """`datetime.now(zone)` hands the wall clock's time to the zone, which answers with its own."""
    zone = Unsettable()
    before = datetime.now(zone)
    set_back = zone.fromutc(datetime(2001, 1, 1, tzinfo=zone))
    set_forward = zone.fromutc(datetime(2101, 1, 1, tzinfo=zone))
    assert before <= set_back <= set_forward <= datetime.now(zone)


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell()
    yield bell
    bell.close()


@pytest.fixture
def alarm(bell: Bell) -> Iterator[Alarm]:
    alarm = Alarm(SystemClock(), bell)
    yield alarm
    alarm.close()


def _rung(bell: Bell, patience_s: float) -> bool:
    return bool(select.select([bell], [], [], patience_s)[0])


def test_a_bell_rings_until_it_is_quieted(bell: Bell) -> None:
    """Many rings are one; quiet takes them all."""
    assert not _rung(bell, 0)
    for _ in range(100_000):
        bell.ring()
    assert _rung(bell, 0)
    bell.quiet()
    assert not _rung(bell, 0)


def test_the_alarm_rings_when_its_instant_comes_and_not_before(bell: Bell, alarm: Alarm) -> None:
    """A future instant rings once it is there; the loop finds it due."""
    due_ms = SystemClock().mono_ms() + 60
    alarm.at(due_ms)
    assert _rung(bell, PATIENCE_S)
    assert due_ms <= SystemClock().mono_ms()


def test_an_instant_that_has_passed_rings_at_once_and_again(bell: Bell, alarm: Alarm) -> None:
    """Asking again for what is overdue rings again: a wake is never lost."""
    for _ in range(3):
        alarm.at(SystemClock().mono_ms() - 1)
        assert _rung(bell, 0)
        bell.quiet()


def test_the_same_instant_can_be_asked_for_after_it_rang(bell: Bell, alarm: Alarm) -> None:
    """Each of several alarms in a row rings."""
    for _ in range(5):
        alarm.at(SystemClock().mono_ms() + 5)
        assert _rung(bell, PATIENCE_S)
        bell.quiet()


def test_an_alarm_that_came_early_can_be_set_again(
    bell: Bell, told: tuple[HouseClock, socket.socket, list[int]]
) -> None:
    """Where the clock says after the ring that it is not yet time, the rest is waited for."""
    clock, house, _ = told
    house.sendall(_anchor(1_000_000_000, 5000, NOON_MS, 1))
    clock.pump()  # and it stands still: host time is in the test's hand
    alarm = Alarm(clock, bell)
    for _ in range(3):
        alarm.at(5010)
        assert _rung(bell, PATIENCE_S)
        bell.quiet()
    alarm.close()


def test_a_later_alarm_replaces_the_earlier_one(bell: Bell, alarm: Alarm) -> None:
    """There is one alarm: moved far away or taken back, it does not ring."""
    now_ms = SystemClock().mono_ms()
    alarm.at(now_ms + 400)
    alarm.at(now_ms + DAY_MS)
    alarm.at(now_ms + 300)
    alarm.at(None)
    alarm.at(now_ms + 600)
    assert _rung(bell, PATIENCE_S)
    assert now_ms + 600 <= SystemClock().mono_ms()
