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
