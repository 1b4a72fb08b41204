"""R4: a step of a titration begins when two people say so, after its time: never silently."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller import acts
from controller import events as ev
from schedules.halt import Act, seal_act
from schedules.model import LastTaken
from tests.controller.home import DAY, Home, at
from tests.controller.monday import at_door, dose, fallen, how
from tests.controller.plan_text import head, row

STEPS = """
  - id: lamotrigine
    name: Lamotrigine 25 mg
    form: tablet
    strength: 25 mg
    ingredients: [lamotrigine]
    piece_mg: 150
    start: 2026-11-22
    last_taken: never
    steps:
      - {take: [{dose: 1, at: [08:00]}], for: 2d}
      - {take: [{dose: 2, at: [08:00]}], for: 2d, hold_point: no rash seen}
      - {take: [{dose: 3, at: [08:00]}]}
"""
BEGINS = at("2026-11-23T23:00:00+00:00")  # the second step, at midnight in Berlin
TUESDAY, WEDNESDAY = "2026-11-24T07:05:00+00:00", "2026-11-25T07:05:00+00:00"
LATER = at("2026-12-20T00:00:00+00:00")


def loaded(folder: Path, start: str) -> Home:
    """A loaded machine with a titration beside a medicine without steps."""
    text = head("titration") + row("amlodipine", 200, "1", "08:00") + STEPS
    home = Home(folder, start, plan=text)
    home.install()
    return home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Loaded half an hour before the second step begins, at midnight in Berlin."""
    return loaded(tmp_path, "2026-11-23T22:30:00+00:00")


@pytest.fixture
def tuesday(tmp_path: Path) -> Home:
    """Loaded on the morning of the second step, when nobody has let it begin."""
    return loaded(tmp_path, "2026-11-24T06:00:00+00:00")


def resume(home: Home, number: int, made_at: int, people: int = 2, **more: Any) -> str:
    """The code of the answer to a signed resume."""
    named = (home.plan.device, home.plan.patient, "lamotrigine")
    act = Act("resume", *named, number, LATER, LastTaken("never"), made_at)
    act = replace(act, **more)
    return home.wish("act", document=seal_act(act, home.private[:people])).code


def test_r4_a_step_behind_a_hold_point_gives_nothing_and_one_alert_says_who(home: Home) -> None:
    """Its doses are held(hold-point), round after round; what lies beside it is given."""
    assert [] == home.alerts()
    home.run_to("2026-11-23T23:00:30+00:00")
    assert ["hold-point"] == home.alerts()
    home.run_to(TUESDAY)
    home.take()
    before = fallen(home)
    home.world.press()
    home.run_to("2026-11-24T08:20:00+00:00")
    points: Any = home.shown["hold_points"]

    assert [("held", "hold-point")] == how(home, "lamotrigine")
    assert [("taken", "retrieved")] == how(home, "amlodipine")
    assert before == fallen(home)
    orders: Any = home.events(ev.OrderPrepared)
    waits = dose(home, "lamotrigine", -1).dose_id
    assert waits not in [name for e in orders for name in e.doses]  # nor called for, nor offered
    assert ["dose-held", "hold-point"] == home.alerts()
    assert ["no rash seen"] == [p["look_for"] for p in points]


def test_r4_two_people_let_it_begin_within_the_window(tuesday: Home) -> None:
    """Signed at ten past eight: the dose of that morning is called for and given."""
    home = tuesday
    home.run_to("2026-11-24T07:10:00+00:00")
    assert "" == resume(home, 1, home.now_s)
    home.run(10)
    assert [] == home.alerts()
    home.take()  # the one without steps, in a compartment of its own
    home.run(60)
    home.take()

    assert [("taken", "retrieved")] == how(home, "lamotrigine")
    assert 1 + 2 == fallen(home)


def test_r4_no_lesser_word_lets_it_begin(tuesday: Home) -> None:
    """One person, or two who signed before there was anything to see, or in a year to come."""
    lesser = [
        (1, BEGINS + 60, "one-signature"),
        (2, BEGINS - 60, "resume-too-early"),
        (2, 0, "resume-too-early"),
        (2, BEGINS + 30 * DAY, "resume-too-early"),
    ]
    for number, (people, made_at, code) in enumerate(lesser, 1):
        assert code == resume(tuesday, number, made_at, people)
    tuesday.run(10)

    assert ["hold-point"] == tuesday.alerts()


def test_r4_a_resume_ahead_of_its_step_is_refused_and_lets_nothing_on(home: Home) -> None:
    """The evening before nothing waits: there is nothing that two people could have seen."""
    assert "not-halted" == resume(home, 1, home.now_s)
    home.run_to("2026-11-24T08:20:00+00:00")

    assert ("held", "hold-point") == how(home, "lamotrigine")[-1]


def test_r4_going_on_after_a_hold_does_not_pass_the_point(home: Home) -> None:
    """Put on hold and let go on before the step: when the step begins, it waits all the same."""
    act = Act("hold", home.plan.device, home.plan.patient, "lamotrigine", 1, LATER)
    assert "" == home.wish("act", document=seal_act(act, home.private[:1])).code
    home.run(60)
    assert "" == resume(home, 2, home.now_s)
    home.run_to("2026-11-24T08:20:00+00:00")

    assert ("held", "hold-point") == how(home, "lamotrigine")[-1]


def test_r4_a_hold_that_lasts_over_the_beginning_needs_a_word_made_after_it(home: Home) -> None:
    """A resume signed before the step and brought after it frees neither."""
    act = Act("hold", home.plan.device, home.plan.patient, "lamotrigine", 1, LATER)
    assert "" == home.wish("act", document=seal_act(act, home.private[:1])).code
    signed_at = home.now_s + 60
    home.run_to("2026-11-24T06:00:00+00:00")
    assert "resume-too-early" == resume(home, 2, signed_at)
    assert "" == resume(home, 3, home.now_s)
    home.run_to(TUESDAY)
    home.take()
    home.run(60)
    home.take()

    assert [("taken", "retrieved")] == how(home, "lamotrigine")[-1:]


def test_r4_who_lets_all_go_on_has_looked_at_no_step(tuesday: Home) -> None:
    """A resume of everything ends a hold, and passes no hold point: that one is named."""
    home = tuesday
    act = Act("hold", home.plan.device, home.plan.patient, "lamotrigine", 1, LATER)
    assert "" == home.wish("act", document=seal_act(act, home.private[:1])).code
    home.run(60)
    assert "" == resume(home, 2, home.now_s, regimen="*")
    home.run(60)
    assert home.controller is not None
    assert ({}, ["hold-point"]) == (home.controller.state.halts, home.alerts())
    assert "not-halted" == resume(home, 3, home.now_s, regimen="*")
    assert "" == resume(home, 4, home.now_s)
    home.run(10)

    assert [] == home.alerts()


def test_r4_nothing_goes_on_past_a_point_that_nobody_passed(tmp_path: Path) -> None:
    """Two days later the third step begins by the calendar: it waits for the same two people."""
    home = loaded(tmp_path, "2026-11-26T06:00:00+00:00")
    home.run_to("2026-11-26T08:20:00+00:00")
    assert ("held", "hold-point") == how(home, "lamotrigine")[-1]
    assert "" == resume(home, 1, home.now_s)
    home.run(10)

    assert "hold-point" not in home.alerts()


def test_r4_no_hand_gives_it_either(tuesday: Home) -> None:
    """By hand, late and for a journey: each asks for the two people first."""
    home = tuesday
    home.run_to("2026-11-24T07:10:00+00:00")
    assert home.controller is not None
    waits = dose(home, "lamotrigine", -1)
    fills = home.controller.state.fills.values()
    fill = next(f for f in fills if waits.dose_id in f.doses)
    said = {"compartment": fill.compartment, "pieces": fill.pieces, "by": "nurse/x"}

    assert "hold-point" == at_door(home, "by-hand", **said)
    assert "hold-point" == at_door(home, "hand-out", **said, **{"for": "a-journey"})
    home.load()
    home.run_to("2026-11-24T08:20:00+00:00")
    late = {"dose_id": waits.dose_id, "by": "nurse/x", "reason": "came-late"}
    assert "hold-point" == at_door(home, "give-late", **late)
    assert "" == resume(home, 1, home.now_s)
    assert "" == at_door(home, "give-late", **late)


def test_r4_a_step_of_midnight_is_not_offered_the_evening_before(tmp_path: Path) -> None:
    """Its window opens before its step begins, when nobody can have let it begin yet."""
    text = head("night") + STEPS.replace("[08:00]", "['00:10']")
    home = Home(tmp_path, "2026-11-23T22:00:00+00:00", plan=text)
    home.install()
    home.run_to("2026-11-23T22:55:00+00:00")
    home.world.press()
    home.run(30)

    assert 0 == fallen(home)
    assert ["open"] == [d.stage for d in home.doses.values() if d.quarters == 8]


def test_a_quiet_home_is_not_decided_about_every_second(tuesday: Home) -> None:
    """Between two rounds the next look is an hour ahead, also where the two clocks differ."""
    home = tuesday
    home.run_to("2026-11-24T09:30:00+00:00")
    controller = home.controller
    assert controller is not None
    facts = controller._gathering.facts(
        controller.state, mono_ms=home.world.now_ms, utc_ms=home.now_s * 1000, reporter=None
    )

    behind = dataclasses.replace(facts, utc_s=facts.utc_s + 3)
    assert [acts.LOOK_S, acts.LOOK_S] == [
        acts.deadline(controller.state, one) - one.utc_s for one in (facts, behind)
    ]


def test_r4_the_word_of_two_people_outlives_a_restart(tuesday: Home) -> None:
    """What was passed stays passed: the state is the fold of the journal."""
    home = tuesday
    assert "" == resume(home, 1, home.now_s)
    home.kill_controller()
    home.start_controller()
    home.run_to(TUESDAY)
    home.take()
    home.run(60)
    home.take()

    assert ("taken", "retrieved") == how(home, "lamotrigine")[-1]
    resumed: Any = home.events(ev.RegimenResumed)
    assert ["pharmacist/anna,pharmacist/ben"] == [e.by for e in resumed]
