"""R8 and R12: false times close nothing for good, and nobody is blamed for the machine."""

from __future__ import annotations

import re
from typing import Any

from controller import events as ev
from controller.facts import Facts, Settings
from controller.rules.doses import closing_time
from controller.rules.limits import free_at
from controller.trusted_time import Judgement
from hal.sim import mishaps
from hal.wire import codes
from hal.wire.messages import Actual
from schedules.told_time import seal_time
from tests.controller.home import DAY, ROOT, Home
from tests.controller.monday import CALL, at_door, dose, how, skip_to

# --- R8 --------------------------------------------------------------------------------------


def test_r8_a_dose_closes_only_when_both_clocks_are_past_its_end() -> None:
    """Whichever of the two is behind decides; where none is believed, nothing closes."""
    board = Actual()
    for ours, theirs in ((1000, 910), (910, 1000)):
        board.utc_s = theirs - codes.EPOCH_2020_S + 2_000_000_000
        facts = Facts(ours + 2_000_000_000, board=board)
        assert 910 + 2_000_000_000 == closing_time(facts)
    assert closing_time(Facts(1000, clock_trusted=False, clock_reason="stepped")) is None


def test_r8_false_network_time_closes_no_day(home: Home) -> None:
    """The controller's clock jumps two days ahead: nothing is missed, and all comes right."""
    home.run_to("2026-11-23T06:20:00+00:00")
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": 2 * DAY})
    home.run(600)
    assert [] == home.outcomes()
    assert "clock-untrusted" in home.alerts()
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": -2 * DAY})
    home.run(60)
    home.wish("confirm-clock", by="person/ada")
    home.run_to(CALL)
    home.take()

    assert [("taken", "retrieved")] == how(home)


def told(home: Home, off_s: int = 0, device: str = "", key: bytes = b"", number: str = "") -> str:
    """What time it is, signed by the pharmacist, whose clock is `off_s` off."""
    name, role, private = home.private[0]
    asked = number or home.shown["time_number"]
    person = (name, role, key or private)
    return seal_time(device or home.plan.device, asked, home.now_s + off_s, person)


def _jump(home: Home, seconds: int) -> None:
    """Both clocks are set while all is off, and the machine starts again."""
    home.kill_controller()
    for clock in (home.world.controller_clock, home.world.board_clock):
        clock.jump(seconds * 1000, home.world.now_ms)
    home.start_controller()
    home.run(60)


def test_r8_a_repaired_clock_voids_what_was_written_at_a_false_time(home: Home) -> None:
    """Both clocks were set two days ahead and closed them; put right, every dose is due again."""
    home.run_to("2026-11-23T06:20:00+00:00")
    skip_to(home, "2026-11-25T06:20:00+00:00")  # nobody noticed: both clocks agree
    home.run(120)
    closed = len(home.outcomes())
    assert closed >= 10
    home.kill_controller()
    for clock in (home.world.controller_clock, home.world.board_clock):
        clock.jump(-2 * DAY * 1000, home.world.now_ms)
    home.start_controller()
    home.run(60)
    assert not home.shown["trusted"]
    word = told(home)
    assert "not-at-machine" == home.wish("repair-clock", by="person/ada", document=word).code
    assert "needs-signature" == at_door(home, "repair-clock", by="person/ada")
    for code, wrong in (
        ("time-differs", told(home, 1000)),
        ("time-differs", told(home, -1000)),
        ("other-device", told(home, device="another")),
        ("bad-signature", told(home, key=bytes(32))),
        ("other-number", told(home, number="12345678")),
        ("not-a-time", "{}"),
    ):
        assert code == at_door(home, "repair-clock", by="person/ada", document=wrong)
    assert closed == len(home.outcomes())
    assert "" == at_door(home, "repair-clock", by="person/ada", document=word)
    assert "time-repeated" == at_door(home, "repair-clock", by="person/ada", document=word)
    home.load()
    repaired: Any = home.events(ev.ClockRepaired)
    assert [(closed, "person/ada", "pharmacist/anna")] == [
        (len(e.voided), e.by, e.signer) for e in repaired
    ]
    assert [] == home.outcomes()
    home.run_to(CALL)
    home.take()

    assert [("taken", "retrieved")] == how(home)
    assert home.controller is not None
    home.controller.journal.verify()


def test_r8_a_word_on_the_time_that_nobody_used_is_worth_nothing_later(home: Home) -> None:
    """Signed for one doubt, kept, and brought when somebody makes it that time again: refused."""
    home.run_to("2026-11-23T06:20:00+00:00")
    skip_to(home, "2026-11-25T06:20:00+00:00")
    home.run(120)
    _jump(home, -2 * DAY)
    kept = told(home)
    number = home.shown["time_number"]
    _jump(home, 2 * DAY)  # no: it was the 25th
    home.load()  # sets the clock of the board, which went back for a while
    assert ("", "") == (home.shown["clock_reason"], home.shown["time_number"])
    closed = home.outcomes()
    _jump(home, -2 * DAY)
    assert number != home.shown["time_number"]
    assert "other-number" == at_door(home, "repair-clock", by="person/eve", document=kept)
    assert closed == home.outcomes()
    home.world.reset(3)
    home.run(20)
    before = told(home, number=number)
    assert "other-number" == at_door(home, "repair-clock", by="person/eve", document=before)

    assert "" == at_door(home, "repair-clock", by="person/ada", document=told(home))


def test_r8_what_was_committed_is_never_voided(home: Home) -> None:
    """Taken at the false time is taken: only what nobody asked the machine for is undone."""
    skip_to(home, "2026-11-25T07:05:00+00:00")
    home.take()
    assert ("taken", "retrieved") in how(home)
    home.kill_controller()
    for clock in (home.world.controller_clock, home.world.board_clock):
        clock.jump(-2 * DAY * 1000, home.world.now_ms)
    home.start_controller()
    home.run(60)
    assert "" == at_door(home, "repair-clock", by="person/ada", document=told(home))

    assert [("taken", "retrieved")] == how(home)
    assert home.controller is not None
    state = home.controller.state
    gap = free_at(state, state.plan_envelope, "metformin-500", home.now_s)
    assert home.now_s < gap < home.now_s + DAY  # dated now at the latest, never in the future


def test_r8_what_was_given_late_is_never_given_again(home: Home) -> None:
    """Out of the compartment by hand at a false time: put right, it is not due a second time."""
    skip_to(home, "2026-11-25T08:30:00+00:00")
    home.run(120)
    late = dose(home, "amlodipine-5", 2)
    said = {"dose_id": late.dose_id, "by": "nurse/x", "reason": "came-late"}
    assert ("held", "") == (late.stage, at_door(home, "give-late", **said))
    home.kill_controller()
    for clock in (home.world.controller_clock, home.world.board_clock):
        clock.jump(-2 * DAY * 1000, home.world.now_ms)
    home.start_controller()
    home.run(60)
    assert "" == at_door(home, "repair-clock", by="person/ada", document=told(home))
    home.load()
    skip_to(home, "2026-11-25T07:05:00+00:00")
    home.take()

    assert late.dose_id not in [d for e in home.events(ev.OrderPrepared) for d in e.doses]  # type: ignore[attr-defined]
    assert "held" == home.doses[late.dose_id].stage and home.doses[late.dose_id].taken_late_at


# --- R12 -------------------------------------------------------------------------------------


def test_r12_every_code_has_its_cause_in_one_table() -> None:
    """Each number of the cable stands there once, as the machine's or the patient's doing."""
    named = {k: v for k, v in vars(codes).items() if isinstance(v, int) and k.isupper()}
    numbers = {v for v in named.values() if 100 < v < 1000 and v in codes.FAULTS}
    words_of = [row[0] for row in codes.FAULTS.values()]

    assert numbers == set(codes.FAULTS)
    assert len(set(words_of)) == len(words_of)
    assert {row[3] for row in codes.FAULTS.values()} == {codes.MACHINE, codes.PATIENT}
    assert codes.cause(999) == codes.MACHINE  # a code of a newer board blames nobody


def test_r12_no_refusal_of_the_firmware_is_missing_from_the_table() -> None:
    """Whatever name of a code the firmware uses, the table knows its cause."""
    found: set[str] = set()
    for path in (ROOT / "firmware").glob("*.py"):
        found |= set(re.findall(r"\bcodes\.([A-Z][A-Z_]+)\b", path.read_text()))
    numbers = {n: getattr(codes, n) for n in found if not n.startswith(("F_", "D_"))}
    known = {n: code for n, code in numbers.items() if isinstance(code, int) and 100 < code < 1000}
    causes = {n: codes.FAULTS.get(code) for n, code in known.items()}

    assert len(causes) > 30
    assert [] == [n for n, row in causes.items() if row is None]


# --- what is said and told meanwhile ---------------------------------------------------------


def test_nobody_is_called_while_the_board_refuses_for_a_reason_of_its_own(home: Home) -> None:
    """A blind light barrier at breakfast: no lamp says "press"; the page says what is wrong."""
    home.run_to("2026-11-23T06:20:00+00:00")
    mishaps.cause(home.world, "blind_beam", {"reads": "dark"})
    seen = set()
    for _ in range(50):
        home.run(60)
        seen.add(home.shown["signal"])
        if home.controller is not None and home.controller.state.order is not None:
            refusal = home.controller.state.order.refusal
            if refusal and codes.cause(refusal) == codes.MACHINE:
                assert home.shown["signal"] not in ("ready", "call", "warn")
                assert "Press" not in home.shown["say"]

    assert "alarm" in seen


def test_a_silent_board_is_said_and_nobody_is_called(home: Home) -> None:
    """The cable is cut while the round is offered: the page does not say "press the button"."""
    home.run_to(CALL)
    assert "call" == home.shown["signal"]
    mishaps.cause(home.world, "cable_cut")
    home.run(60)

    assert "alarm" == home.shown["signal"]
    assert "The machine does not answer. Call service." == home.shown["say"]


def test_a_jump_of_the_clock_is_no_wait_for_reports(home: Home) -> None:
    """Reports of a minute ago do not become two days old because the clock jumped."""
    assert home.controller is not None
    gathering = home.controller._gathering
    now = home.now_s * 1000
    told = Judgement(True, "", 0, False, now, now)
    before = gathering._unacked_since_s(3, told, now, 1_000_000)
    jumped = Judgement(False, "stepped", 0, False, now, now)
    after = gathering._unacked_since_s(3, jumped, now + 2 * DAY * 1000, 1_001_000)
    later = gathering._unacked_since_s(3, told, now + 2 * DAY * 1000 + 60_000, 1_061_000)

    assert before <= now // 1000
    assert now // 1000 + 2 * DAY == after
    assert now // 1000 + 2 * DAY == later


def test_an_alarm_that_stands_does_not_come_again_with_each_restart(home: Home) -> None:
    """A refill is due, and the controller restarts four times: it is told once."""
    home.settings = Settings(load_ahead_s=14 * DAY)
    for _ in range(4):
        home.kill_controller()
        home.run(3)
        home.start_controller()
        home.run(40)
    raised: Any = home.events(ev.AlertRaised)

    assert "load-due" in home.alerts()
    assert 1 == len([e for e in raised if e.code == "load-due"]) - 1  # once before the loading


def test_r8_a_restart_at_a_false_time_closes_nothing_before_it_was_silent_long(home: Home) -> None:
    """The board cannot be heard, the clock woke a day ahead: a quarter of an hour of patience."""
    home.run_to(CALL)
    home.kill_controller()
    mishaps.cause(home.world, "cable_cut")
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": DAY})
    home.start_controller()
    home.run(600)
    assert [] == home.outcomes()
    home.run(400)

    assert {("held", "board-silent")} == {(outcome, why) for _, outcome, why in home.outcomes()}
