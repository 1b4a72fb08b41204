"""The patient's panel: what is said first, and what the one button does."""

import pytest

from controller.web.panel import Panel, panel
from controller.web.pick import Json
from controller.web.signs import chips, dots
from controller.web.snapshot import read_snapshot
from hal.wire import codes
from tests.web import scenes
from tests.web.scenes import DUE_S


def _panel(at_s: int = DUE_S + 60, hands: bool = True, **changes: Json) -> Panel:
    now = read_snapshot(scenes.snapshot(at_s, **changes))
    return panel(now, now_s=at_s, up=True, since="since 08:00", hands=hands)


def test_nothing_is_promised_while_the_controller_is_away() -> None:
    """With the controller down the panel says so and since when, whatever was due before."""
    now = read_snapshot(scenes.snapshot(round=scenes.round_("prepared"), signal="call"))
    shown = panel(now, now_s=DUE_S, up=False, since="since 08:00", hands=True)

    assert ("away", None) == (shown.phase, shown.act)
    assert "since 08:00" in shown.detail


@pytest.mark.parametrize(
    ("stage", "phase", "verb"),
    [
        ("offered", "due", "press"),
        ("prepared", "due", "press"),
        ("committed", "coming", None),
        ("released", "take", "take_cup"),
        ("taken", "return", "return_cup"),
    ],
)
def test_each_stage_of_a_round_has_one_thing_to_do(
    stage: str, phase: str, verb: str | None
) -> None:
    """The button follows the stage; while pieces may fall there is none to press."""
    shown = _panel(round=scenes.round_(stage), signal="call")

    assert (phase, verb) == (shown.phase, shown.act.verb if shown.act else None)


def test_on_real_hardware_the_screen_has_no_button() -> None:
    """Without a simulated house the page points to the button on the machine instead."""
    shown = _panel(round=scenes.round_("prepared"), signal="call", hands=False)

    assert (None, "Press the button on the machine.") == (shown.act, shown.hint)


def test_a_lock_goes_before_a_dose_that_is_due() -> None:
    """What is wrong is said first, with what to do."""
    shown = _panel(round=scenes.round_("prepared"), signal="alarm", mode="locked")

    assert ("problem", None) == (shown.phase, shown.act)
    assert "Call" in shown.hint


def test_an_unsure_clock_offers_nothing() -> None:
    """While the clock is not trusted no button is shown."""
    assert ("problem", None) == (lambda p: (p.phase, p.act))(_panel(trusted=False))


def test_a_missing_cup_is_asked_for() -> None:
    """The board's refusal is turned into the sentence that helps."""
    board: Json = {"flags": 8, "cup_mg": -1, "refusal": "cup-missing"}
    shown = _panel(round=scenes.round_("prepared"), signal="call", board=board)

    assert ("Please put the empty cup back", "return_cup") == (
        shown.headline,
        shown.act.verb if shown.act else "",
    )


def test_an_unclear_dose_stops_the_patient() -> None:
    """With a dose in doubt the patient is told to take no more, not to try again."""
    doses = scenes.doses()
    doses[5] = scenes.dose(0, 0, "Metformin 500 mg", "metformin", "uncertain")
    shown = _panel(round=None, doses=doses)

    assert "doubt" == shown.phase


def test_the_seconds_are_counted_just_before_the_call() -> None:
    """Forty seconds before the due time the panel counts down and may be pressed early."""
    shown = _panel(DUE_S - 40, round=scenes.round_("prepared"), signal="ready")

    assert ("soon", True, "press") == (
        shown.phase,
        shown.countdown,
        shown.act.verb if shown.act else "",
    )


def test_a_simulated_machine_says_so() -> None:
    """The mark stands beside every other sign, and the pace is named."""
    now = read_snapshot(scenes.snapshot(net={"connected": False, "unacked": 3}))
    shown = [chip.word for chip in chips(now, up=True, simulated=True, pace="×60")]

    assert ["Simulated ×60", "Offline, still works"] == shown


def test_one_dot_speaks_for_a_round_and_the_worst_dose_for_the_dot() -> None:
    """Four rounds today; a missed dose among taken ones is what the dot shows."""
    doses = scenes.doses()
    doses[5] = scenes.dose(0, 0, "Metformin 500 mg", "metformin", "taken")
    doses[6] = scenes.dose(0, 0, "Amlodipine 5 mg", "amlodipine", "missed")
    shown = dots(read_snapshot(scenes.snapshot(doses=doses)), DUE_S)

    assert ["08:00", "12:30", "18:30", "22:00"] == [dot.time for dot in shown]
    assert ("missed", "planned") == (shown[0].word, shown[1].word)


def test_a_strange_snapshot_breaks_nothing() -> None:
    """Wrong types and missing fields become their zero: the page still says something."""
    strange = read_snapshot({"at_ms": "soon", "doses": 7, "round": [], "board": None, "net": 1})

    assert "starting" == panel(strange, now_s=0, up=True, since="", hands=False).phase


@pytest.mark.hazard("H10")
def test_a_press_that_can_do_nothing_is_not_asked_for() -> None:
    """Refused because of the machine: what is wrong and who helps, and no button."""
    board: Json = {"flags": 8, "cup_mg": 0, "refusal": "jam", "fault": "jam"}
    shown = _panel(round=scenes.round_("prepared"), signal="call", board=board)

    assert ("blocked", None) == (shown.phase, shown.act)
    assert "tray is stuck" in shown.detail
    assert "Call" in shown.hint


def test_nobody_is_called_for_what_is_over() -> None:
    """The switch is off again: until the board is asked anew it is a moment's patience."""
    over: Json = {"flags": codes.F_MAINS, "cup_mg": 0, "refusal": "service-on"}
    on: Json = {"flags": codes.F_MAINS | codes.F_SERVICE, "cup_mg": 0, "refusal": "service-on"}

    assert "starting" == _panel(round=scenes.round_("prepared"), signal="call", board=over).phase
    assert "blocked" == _panel(round=scenes.round_("prepared"), signal="call", board=on).phase


def test_a_silent_machine_is_not_a_starting_one() -> None:
    """Once it has answered, silence is said as silence, not as a moment's patience."""
    silent = _panel(mode="starting", link="stale", trusted=False, round=None)
    new = _panel(mode="starting", link="never", trusted=False, round=None)

    assert "The machine does not answer" == silent.headline
    assert "starting" == new.phase


def test_a_missing_cable_is_named_with_its_place_and_time() -> None:
    """A controller that never got its port says what is missing and since when."""
    alerts: list[Json] = [{"alert_id": "board-silent", "code": "board-silent", "severity": 3}]
    cable: Json = {"path": "/dev/ttyACM0", "missing_since_ms": scenes.DUE_S * 1000}
    shown = _panel(mode="starting", link="never", round=None, alerts=alerts, cable=cable)
    cable = {"path": "/dev/ttyACM0", "missing_since_ms": None}
    there = _panel(mode="starting", link="never", round=None, alerts=alerts, cable=cable)

    assert ("problem", "The cable to the machine is missing") == (shown.phase, shown.headline)
    assert "Nothing is at /dev/ttyACM0 since 08:00." in shown.detail
    assert "The machine does not answer" == there.headline


def test_the_first_look_does_not_cry_wolf() -> None:
    """Before the very first word the screen looks for the machine; it has lost nothing yet."""
    shown = panel(None, now_s=0, up=False, since="yet", hands=True)

    assert ("starting", "calm") == (shown.phase, shown.tone)
