"""R4: stop and hold act from afar, at once, on one signature; to go on takes two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from controller import events as ev
from schedules.halt import Act, seal_act
from schedules.model import LastTaken
from tests.controller.home import Home, at
from tests.controller.monday import CALL, OVER, at_home, bring, fallen, how, version

LATER = at("2026-12-01T00:00:00+00:00")
NEVER = LastTaken("never")


def act(home: Home, what: str, number: int, people: int = 1, **more: Any) -> str:
    """The code of the answer to a signed act on amlodipine."""
    usual: dict[str, Any] = {"regimen": "amlodipine-5", "not_after": LATER, "last_taken": NEVER}
    given = usual | more
    meant = Act(what, home.plan.device, home.plan.patient, number=number, **given)
    return home.wish("act", document=seal_act(meant, home.private[:people])).code


def test_r4_a_stopped_medicine_is_offered_no_more_and_skipped(home: Home) -> None:
    """While the round is offered: withdrawn before COMMIT, skipped(plan), its compartment held."""
    home.run_to("2026-11-23T07:05:00+00:00")
    assert home.controller is not None and home.controller.state.order is not None
    assert "" == act(home, "stop", 1)
    home.run(5)

    assert [("skipped", "plan")] == how(home, "amlodipine-5")
    codes = [f.code for f in home.controller.state.fills.values() if "amlodipine-5" in f.regimens]
    assert {"plan-change"} == set(codes)
    home.world.press()
    home.run_to(OVER)
    assert 0 == fallen(home)  # breakfast's other piece lies in the same compartment
    assert [("held", "plan-change")] == how(home)
    assert "compartment-held" in home.alerts()


def test_r4_what_a_stop_leaves_alone_goes_on(home: Home) -> None:
    """Lunch has nothing to do with it; not all fills are locked by one remote act."""
    assert "" == act(home, "stop", 1)
    home.run_to("2026-11-23T11:35:00+00:00")
    home.take()

    assert [("taken", "retrieved")] == how(home, "gabapentin-300")


def test_r4_a_stop_after_the_press_comes_too_late_and_is_no_lie(home: Home) -> None:
    """Committed is committed: the dose falls and is taken; the next one is skipped."""
    home.run_to(CALL)
    home.world.press()
    while not home.events(ev.OrderCommitted):
        home.house.run(home.world.now_ms + 10)
    assert "" == act(home, "stop", 1)
    home.run(10)
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(5)

    assert [("taken", "retrieved")] == how(home, "amlodipine-5")


def test_r4_hold_and_resume_with_two_signatures(tmp_path: Path) -> None:
    """Held doses are held(on-hold); one signature frees nothing; two do, without a loading."""
    alone = ("    piece_mg: 200\n", "    piece_mg: 200\n    may_be_held: yes\n")
    home = at_home(tmp_path, alone)
    assert "" == act(home, "hold", 1)
    assert "one-signature" == act(home, "resume", 2, people=1)
    assert home.controller is not None
    assert {"amlodipine-5": "hold"} == {k: h.act for k, h in home.controller.state.halts.items()}
    assert ["amlodipine-5"] == [h["regimen_id"] for h in home.shown["halts"]]
    assert "" == act(home, "resume", 3, people=2)
    home.run_to(CALL)
    home.take(15)

    assert [("taken", "retrieved")] == how(home, "amlodipine-5")
    said = [e for e in home.events(ev.LastTaken) if e.regimen == "amlodipine-5"]  # type: ignore[attr-defined]
    assert ["never", "never"] == [e.word for e in said]  # type: ignore[attr-defined]


def test_r4_what_was_on_hold_through_a_loading_is_loaded_anew(home: Home) -> None:
    """The lease was taken without it, so the board gave its number up; the machine goes on."""
    pain = "paracetamol-500"
    assert "" == act(home, "hold", 1, regimen=pain)
    home.load()
    home.run_to(CALL)
    home.take(20)
    assert "" == act(home, "resume", 2, people=2, regimen=pain)
    home.load()
    home.run_to("2026-11-23T11:31:00+00:00")
    home.take(20)
    home.run_to("2026-11-23T13:00:00+00:00")

    assert {"taken"} == {outcome for _, outcome, _ in home.outcomes()}
    assert not {"load-unfinished", "board-fault"} & set(home.alerts())


def test_r4_a_hold_of_everything_leaves_stopped_what_was_stopped(home: Home) -> None:
    """Who goes to hospital with one medicine stopped does not come back with it on hold."""
    assert "" == act(home, "stop", 1)
    assert "stopped" == act(home, "hold", 2)
    assert "" == act(home, "hold", 3, regimen="*")
    assert home.controller is not None
    halts = {name: one.act for name, one in home.controller.state.halts.items()}
    assert "stop" == halts.pop("amlodipine-5")
    assert {"hold"} == set(halts.values())


def test_r4_resuming_says_when_it_was_last_taken(tmp_path: Path) -> None:
    """`unknown` means now: the dose of eight is too soon (R5)."""
    alone = ("    piece_mg: 200\n", "    piece_mg: 200\n    may_be_held: yes\n")
    home = at_home(tmp_path, alone)
    assert "" == act(home, "hold", 1)
    assert "" == act(home, "resume", 2, people=2, last_taken=LastTaken("unknown"))
    home.run_to(CALL)
    home.take(15)
    home.run_to(OVER)

    assert [("held", "gap")] == how(home, "amlodipine-5")
    assert [("taken", "retrieved")] == how(home)


def test_r4_an_act_that_is_old_repeated_or_not_ours_changes_nothing(home: Home) -> None:
    """Number, device, patient, time and hand are looked at; each refusal is in the record."""
    assert "" == act(home, "hold", 5)
    assert "act-repeated" == act(home, "hold", 5)
    assert "act-repeated" == act(home, "resume", 4, people=2)
    assert "act-too-late" == act(home, "stop", 6, not_after=home.now_s - 1)
    assert "unknown-regimen" == act(home, "stop", 6, regimen="aspirin")
    home.private[0] = (*home.private[0][:2], bytes(32))
    assert "bad-signature" == act(home, "stop", 6)

    assert home.controller is not None
    assert {"amlodipine-5": "hold"} == {k: h.act for k, h in home.controller.state.halts.items()}
    assert 5 == len(home.events(ev.PlanRefused))


def test_r4_a_version_signed_after_the_stop_lets_it_go_on_and_one_before_does_not(
    tmp_path: Path,
) -> None:
    """The stop outlives the loading of a version that was approved before it."""
    home = at_home(tmp_path)
    assert "" == bring(home, version(home, 2, ("name: Amlodipine 5 mg", "name: Amlodipin")))
    assert "" == act(home, "stop", 1)
    home.load()
    assert home.controller is not None
    assert ["amlodipine-5"] == list(home.controller.state.halts)
    assert "" == bring(home, version(home, 3, ("name: Amlodipin", "name: Amlodipin 5")))
    home.load()

    assert [] == list(home.controller.state.halts)
    home.run_to(CALL)
    home.take()
    assert [("taken", "retrieved")] == how(home, "amlodipine-5")


def test_r4_who_is_to_sign_sees_the_rounds_that_will_be_held(home: Home) -> None:
    """Every loaded round with this medicine, until when, and what shares its compartment."""
    assert home.controller is not None
    before = len(home.events())
    rows: Any = home.wish("preview", regimens=["amlodipine-5"]).more["rounds"]
    mornings = [f for f in home.controller.state.fills.values() if "amlodipine-5" in f.regimens]

    assert len(mornings) == len(rows) > 0
    assert at("2026-11-23T07:00:00+00:00") == rows[0]["due_at"]
    assert at("2026-11-23T08:00:00+00:00") == rows[0]["until"]
    assert {"metformin-500", "amlodipine-5"} == set(rows[0]["regimens"])
    assert before == len(home.events())
    changed = version_text(home)
    rows = home.wish("preview", envelope=changed).more["rounds"]
    assert len(mornings) == len(rows)


def version_text(home: Home) -> str:
    """An envelope in which the morning's time has moved, signed by nobody yet."""
    from dataclasses import replace

    from schedules import seal
    from schedules.planfile import parse_plan
    from tests.controller.home import EXAMPLE

    text = EXAMPLE.read_text().replace("at: [08:00]", "at: [08:15]")
    return seal.seal(replace(parse_plan(text), version=2, previous_hash="0" * 64), []).decode()


def test_r4_a_version_that_is_loaded_takes_back_what_was_offered(tmp_path: Path) -> None:
    """Cancelled is skipped(plan), changed is held(plan-change); approval alone does nothing."""
    home = at_home(tmp_path)
    home.run_to("2026-11-23T06:40:00+00:00")
    start = home.text.index("  - id: metformin-500")
    end = home.text.index("  - id: amlodipine-5")
    cancelled = (home.text[start:end], "")
    keeps = ("    piece_mg: 200\n", '    piece_mg: 200\n    occasions: {"08:15": "0800"}\n')
    changed = version(home, 2, cancelled, ("at: [08:00]", "at: [08:15]"), keeps)
    assert "" == bring(home, changed)
    home.run(60)
    assert [] == home.outcomes()
    home.load()
    home.run(5)

    assert [("skipped", "plan")] == how(home)
    assert [("held", "plan-change")] == how(home, "amlodipine-5")
    assert 0 == fallen(home)
