"""What the board does by itself: it calls for help and moves nothing."""

import pytest

from hal.sim import mishaps
from hal.wire import codes
from tests.firmware.bench import Bench


def shown(bench: Bench) -> tuple[int, int]:
    """Lamp and buzzer."""
    return bench.world.lamp_shows, bench.world.buzzer_sounds


@pytest.mark.hazard("H08")
def test_alone_for_a_minute_with_an_open_window_it_sounds_the_alarm() -> None:
    """59 s of silence are quiet at most, 61 s are an alarm; a returning controller ends it."""
    bench = Bench()
    bench.load({0: [300]})
    bench.talking = False
    bench.run(55000)
    assert (codes.QUIET, codes.QUIET) == shown(bench)
    bench.run(8000)
    assert (codes.ALARM, codes.ALARM) == shown(bench)
    bench.talking = True
    bench.run(15000)

    assert (codes.QUIET, codes.QUIET) == shown(bench)
    assert [] == bench.world.drives


def test_alone_without_an_open_window_it_stays_quiet_until_one_opens() -> None:
    """The alarm begins at open_s, by the board's own clock, with nobody there to wake it."""
    bench = Bench()
    now_s = bench.utc_s()
    bench.load({0: [300]}, open_s=now_s + 7200, close_s=now_s + 9000)
    bench.talking = False
    bench.run(7100 * 1000)
    assert codes.QUIET == bench.world.lamp_shows
    bench.run(101 * 1000)

    assert codes.ALARM == bench.world.lamp_shows


@pytest.mark.hazard("H08")
def test_a_window_nobody_answers_is_overdue_though_keepalives_go_on() -> None:
    """At warn_s with neither PREPARE nor settled the alarm sounds, and hush cannot stop it."""
    bench = Bench()
    now_s = bench.utc_s()
    bench.load({0: [300]}, warn_s=now_s + 600)
    bench.desired.flags = codes.D_HUSH
    bench.run(590 * 1000)
    assert 0 == bench.actual.flags & codes.F_OVERDUE
    bench.run(20 * 1000)
    assert codes.F_OVERDUE == bench.actual.flags & codes.F_OVERDUE
    assert (codes.ALARM, codes.ALARM) == shown(bench)
    bench.desired.settled_lease = 1
    bench.desired.settled_mask = 1
    bench.run(1000)

    assert (codes.QUIET, codes.QUIET) == shown(bench)


def test_settled_is_believed_for_its_own_lease_only_and_outlives_a_reset() -> None:
    """Bits that speak of another lease silence nothing; true ones are durable."""
    bench = Bench()
    bench.load({0: [300]}, warn_s=bench.utc_s() + 60)
    bench.desired.settled_lease = 9
    bench.desired.settled_mask = 1
    bench.run(70 * 1000)
    assert codes.ALARM == bench.world.lamp_shows
    bench.desired.settled_lease = 1
    bench.run(1000)
    bench.desired.settled_mask = 0
    bench.world.reset(1)
    bench.run(10000)

    assert codes.QUIET == bench.world.lamp_shows


def test_a_prepared_fill_is_not_overdue() -> None:
    """PREPARE shows that somebody decides: warn_s passes without the board's own alarm."""
    bench = Bench()
    bench.load({0: [300]}, warn_s=bench.utc_s() + 60)
    bench.prepare(1)
    bench.run(70 * 1000)

    assert codes.CALL == bench.world.lamp_shows


def called(bench: Bench, behind: int, **more: int) -> None:
    """Compartments 0 to `behind` are open, watched in a minute, and called for with the first."""
    warn_s = bench.utc_s() + 60
    bench.load({k: [300] for k in range(behind + 1)}, warn_s=warn_s)
    bench.prepare(1, round_orders=more.get("round_orders", 2), signal=codes.CALL)


def test_r19_what_waits_behind_a_called_fill_is_answered_with_it() -> None:
    """Two of a round, the first prepared and called for: past both warnings it calls on."""
    bench = Bench()
    called(bench, 1)
    bench.run(70 * 1000)
    assert (codes.CALL, codes.CALL) == shown(bench)
    bench.desired.signal = codes.WARN
    bench.run(50 * 60 * 1000)

    assert (codes.WARN, codes.WARN) == shown(bench)
    assert 0 == bench.actual.flags & codes.F_OVERDUE


@pytest.mark.parametrize("wrong", ["quiet", "lamp only", "hush", "idle", "order", "alone", "dead"])
def test_r19_what_waits_is_heard_where_nobody_is_called_to_it(wrong: str) -> None:
    """No tone, hushed, another order, none, a round of one, a dead controller: alarm."""
    bench = Bench()
    called(bench, 1, round_orders=1 if wrong == "alone" else 2)
    d = bench.desired
    d.signal = {"quiet": codes.QUIET, "lamp only": codes.READY}.get(wrong, codes.CALL)
    d.flags = codes.D_HUSH if wrong == "hush" else 0
    d.stage = codes.IDLE if wrong == "idle" else codes.PREPARE
    d.order = 2 if wrong == "order" else 1
    d.compartment = 9 if wrong == "order" else 0  # never prepared
    bench.talking = wrong != "dead"
    bench.run(70 * 1000)

    assert (codes.ALARM, codes.ALARM) == shown(bench)


def test_r19_no_more_wait_than_the_round_has() -> None:
    """Two of the round and a third fill past its warning: somebody forgot that one."""
    bench = Bench()
    called(bench, 2)
    bench.run(70 * 1000)

    assert (codes.ALARM, codes.ALARM) == shown(bench)


@pytest.mark.parametrize("first_ends", [True, False])
def test_r19_one_fill_prepared_for_ever_silences_no_other_beyond_a_window(first_ends: bool) -> None:
    """A round said to be of 28 and called for without end: alarm when either window is over."""
    bench = Bench()
    now_s = bench.utc_s()
    ends = (now_s + 600, now_s + 1800) if first_ends else (now_s + 1800, now_s + 600)
    bench.load({0: [300]}, warn_s=now_s + 60, close_s=ends[0])
    bench.load({1: [300]}, warn_s=now_s + 60, close_s=ends[1])
    bench.prepare(1, round_orders=28, not_after_s=ends[0])
    bench.run((now_s + 600 - bench.utc_s()) * 1000)
    assert (codes.CALL, codes.CALL) == shown(bench)
    bench.run(125 * 1000)

    assert (codes.ALARM, codes.ALARM) == shown(bench)


def test_r19_between_two_releases_of_one_press_nothing_alarms_for_a_minute() -> None:
    """The first is out and the next is not asked for: quiet while consent lasts, then alarm."""
    bench = Bench()
    called(bench, 1)
    bench.run(70 * 1000)
    bench.press()
    bench.start(1, round_orders=2, signal=codes.TAKE)
    bench.ask(codes.IDLE, 0, signal=codes.TAKE)
    bench.run(50 * 1000)
    assert codes.TAKE == bench.world.lamp_shows
    bench.run(20 * 1000)

    assert (codes.ALARM, codes.ALARM) == shown(bench)


def test_hush_silences_the_buzzer_and_not_the_lamp() -> None:
    """A named person is dealing with it."""
    bench = Bench()
    bench.load({0: [300]})
    bench.desired.signal = codes.ALARM
    bench.desired.flags = codes.D_HUSH
    bench.run(1000)

    assert (codes.ALARM, codes.QUIET) == shown(bench)


def test_a_drop_that_nothing_explains_is_a_fault_and_locks_nothing() -> None:
    """It stands until a beam test has passed; the next PREPARE brings one."""
    bench = Bench()
    bench.load({0: [300, 260]})
    bench.world.chute.drop_count += 1
    bench.world.attention = True
    bench.run(500)
    assert codes.BEAM_SPURIOUS == bench.actual.fault

    bench.dispense(1)

    assert (codes.RELEASED, 0) == (bench.actual.verdict, bench.actual.fault)


@pytest.mark.hazard("H10")
def test_a_jam_is_cleared_by_a_service_move_and_by_nothing_less() -> None:
    """The way home is jammed: latched over a reset; a person takes the carousel home."""
    bench = Bench()
    fill = bench.load({9: [300, 260], 10: [280]}).rows[10].fill
    bench.prepare(1, 9)
    bench.press()
    mishaps.cause(bench.world, "jam", {"after_ticks": 30})
    bench.start(1, 9)
    assert (codes.NOT_RELEASED, codes.JAM) == (bench.actual.verdict, bench.actual.code)
    mishaps.cause(bench.world, "jam", {})
    bench.until(lambda: bool(bench.executive.mind.ledger.latched))
    mishaps.heal_all(bench.world)
    bench.world.reset(0)
    bench.run(9000)
    assert codes.JAM == bench.refused(codes.PREPARE, 2, 9)
    bench.desired.flags = codes.D_SERVICE_MOVE
    bench.run(1000)
    assert codes.F_DRIVE_OFF == bench.actual.flags & codes.F_DRIVE_OFF
    bench.desired.flags = 0
    bench.run(500)
    bench.world.service(True)
    bench.desired.flags = codes.D_SERVICE_MOVE
    bench.run(3000)
    bench.world.service(False)
    bench.desired.flags = 0
    bench.run(500)
    assert codes.COMPARTMENT_HELD == bench.refused(codes.PREPARE, 3, 9)  # somebody looks first
    bench.dispense(4, 10)

    assert (codes.RELEASED, 1) == (bench.actual.verdict, bench.fell(fill))
