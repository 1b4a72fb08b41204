"""Medicine kept outside the machine: called and warned of like any other, told by a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller import events as ev
from controller.rules.elsewhere import supposing
from hal.sim import mishaps
from tests.controller.home import HOUR, MINUTE, Home, at
from tests.controller.monday import START, how, raised, skip_to
from tests.controller.plan_text import asked, head, row

GROUP = "groups:\n  - {ingredient: paracetamol, min_gap: 4h, max_per_24h: 4000mg}\n"
SYRUP = """
  - id: syrup
    name: Paracetamol syrup 24 mg/ml
    form: liquid
    strength: 24 mg/ml
    kept: elsewhere
    storage: [fridge]
    ingredients: {paracetamol: 24mg}
    start: 2026-11-20
    last_taken: never
    in_addition_to: pain
    steps:
      - take:
          - {dose: 20, at: [08:00]}
"""
INHALER = """
  - id: inhaler
    name: Salbutamol 100 micrograms
    form: inhaler
    strength: 100 ug
    kept: elsewhere
    ingredients: [salbutamol]
    start: 2026-11-20
    last_taken: never
    as_needed: {for: wheeze, dose: 2, min_gap: 4h, max: 8, per: 24h}
"""
PILL = row("amlodipine", 200, "1", "08:00")
DUE = "2026-11-23T07:00:00+00:00"  # 08:00 in Berlin
CALLED = "2026-11-23T07:05:00+00:00"
OVER = "2026-11-23T08:20:00+00:00"
ADA: dict[str, Any] = {"how": "gave-it", "by": "person/ada"}


def pain() -> str:
    """Two tablets of 500 mg as needed, weighed with the syrup."""
    return asked().replace("[paracetamol]", "{paracetamol: 500mg}")


def home_of(folder: Path, *rows: str, groups: str = GROUP) -> Home:
    """A loaded home on a Monday at six with these medicines."""
    shared = groups if any("paracetamol" in one for one in rows) else ""
    home = Home(folder, START, plan=head("apart", groups=shared) + "".join(rows))
    home.install()
    return home


def dose_of(home: Home, regimen: str = "syrup") -> Any:
    """The first dose of a regimen that the core knows."""
    known = [d for d in home.doses.values() if d.regimen == regimen]
    return min(known, key=lambda d: d.due_at)


def confirm(home: Home, regimen: str = "syrup", **more: Any) -> str:
    """The code of the answer to a person's word on today's dose."""
    return home.wish("confirm", dose_id=dose_of(home, regimen).dose_id, **(ADA | more)).code


def fills(home: Home) -> set[str]:
    """Every regimen that was ever proposed, loaded or packed into a lease row."""
    assert home.controller is not None
    loaded: list[Any] = home.events(ev.Loading, ev.Loaded)
    return {regimen for e in loaded for regimen in e.regimens}


def test_what_is_kept_elsewhere_is_never_loaded_leased_or_offered(tmp_path: Path) -> None:
    """No proposal, no fill, no lease row, no round and no order ever names it."""
    home = home_of(tmp_path, PILL, pain(), SYRUP, INHALER)
    home.run_to(CALLED)
    home.take()
    assert home.controller is not None
    orders: list[Any] = home.events(ev.OrderPrepared)
    asked_for = {home.doses[d].regimen for e in orders for d in e.doses}

    assert {"amlodipine", "pain"} == fills(home)
    assert {"amlodipine"} == asked_for
    assert "load-due" not in home.alerts()
    assert not home.controller.state.locked


def test_it_calls_by_itself_and_a_person_says_that_it_was_taken(tmp_path: Path) -> None:
    """Lamp and tone call, the page says what and where, and the record says who said so."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to(CALLED)
    shown = next(d for d in home.shown["doses"] if d["regimen_id"] == "syrup")
    assert ("call", "open") == (home.shown["signal"], shown["state"])
    assert "screen" in home.shown["say"]
    assert (True, "ml", "fridge", 80) == tuple(
        shown[k] for k in ("elsewhere", "unit", "kept", "quarters")
    )
    assert "" == confirm(home)
    home.run(5)
    said: Any = home.events(ev.TakingSaid)[0]

    assert [("taken", "confirmed")] == how(home, "syrup")
    assert ("taken", "gave-it", "person/ada") == (said.word, said.how, said.by)
    assert "quiet" == home.shown["signal"]
    assert [] == home.alerts()


def test_the_machines_own_round_goes_first_and_both_are_called(tmp_path: Path) -> None:
    """At eight a tablet falls; the syrup waits in the fridge: the call goes on until it is said."""
    home = home_of(tmp_path, PILL, pain(), SYRUP)
    home.run_to(CALLED)
    home.take()
    assert [("taken", "retrieved")] == how(home, "amlodipine")
    assert "call" == home.shown["signal"]
    assert "" == confirm(home)

    assert [("taken", "confirmed")] == how(home, "syrup")


@pytest.mark.hazard("H08")
def test_r12_nobody_says_so_and_it_is_missed_with_its_alert(tmp_path: Path) -> None:
    """Called for its whole window: warned in time, missed, told in the same transaction."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to("2026-11-23T07:31:00+00:00")
    assert ["dose-warned"] == home.alerts()
    home.run_to(OVER)

    assert [("missed", "not-confirmed")] == how(home, "syrup")
    assert ["dose-missed"] == home.alerts()


def test_r12_what_was_not_called_for_is_held_and_blames_nobody(tmp_path: Path) -> None:
    """The cable is cut before its time: no lamp, no tone; held, with the reason."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to("2026-11-23T06:45:00+00:00")
    mishaps.cause(home.world, "cable_cut")
    home.run_to("2026-11-23T08:40:00+00:00")

    assert [("held", "board-silent")] == how(home, "syrup")
    assert "dose-held" in home.alerts()


@pytest.mark.hazard("H01")
def test_it_is_said_once(tmp_path: Path) -> None:
    """Two people tap: the second is told that it was said, and nothing counts twice."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to(CALLED)
    assert "" == confirm(home)
    assert "already-said" == confirm(home, by="person/ben")
    assert home.controller is not None

    assert 1 == len(home.events(ev.TakingSaid))
    assert 1 == len([r for r in home.controller.state.releases if r.regimen == "syrup"])


def test_a_word_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """No name, no way of knowing, a time that has not come or belongs to another dose."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to(CALLED)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"how": "guessed"}, "say-how"),
        ({"by": ""}, "bad-argument"),
        ({"at": at(CALLED) + 3600}, "in-future"),
        ({"at": at(DUE) - 13 * HOUR}, "too-long-ago"),
        ({"at": "08:00"}, "bad-argument"),
        ({"at": True}, "bad-argument"),
    ]
    for said, code in wrong:
        assert code == confirm(home, **said)

    assert [] == home.events(ev.TakingSaid)


def test_nobody_confirms_what_the_machine_gives(tmp_path: Path) -> None:
    """A tap on the page is no proof of what sensors see."""
    home = home_of(tmp_path, PILL, pain(), SYRUP)
    home.run_to(CALLED)

    assert "in-machine" == confirm(home, "amlodipine")
    assert "not-open" == home.wish("confirm", dose_id="ab" * 16, **ADA).code


def test_said_afterwards_corrects_the_alert_and_not_the_outcome(tmp_path: Path) -> None:
    """Missed at nine; at noon somebody knows that it was taken at ten past eight."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to("2026-11-23T11:00:00+00:00")
    taken_at = at(DUE) + 10 * MINUTE
    assert "" == confirm(home, at=taken_at)
    home.run(5)

    assert [("missed", "not-confirmed")] == how(home, "syrup")
    assert taken_at == dose_of(home).taken_late_at
    assert [] == home.alerts()
    assert "already-said" == confirm(home)


@pytest.mark.hazard("H23")
def test_r5_confirmed_syrup_keeps_the_tablet_away_for_its_gap(tmp_path: Path) -> None:
    """Syrup at half past seven; tablets are granted four hours later, and not a second before."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to(CALLED)
    taken_at = at(DUE) - 20 * MINUTE
    assert "" == confirm(home, at=taken_at)
    refused = home.wish("ask", regimen="pain")
    assert ("gap", taken_at + 4 * HOUR) == (refused.code, refused.next_at)
    home.run(taken_at + 4 * HOUR - home.now_s - 3)
    assert "gap" == home.wish("ask", regimen="pain").code
    home.run(4)

    assert "" == home.wish("ask", regimen="pain").code


@pytest.mark.hazard("H23")
def test_r5_nothing_is_granted_beside_what_may_have_been_taken(tmp_path: Path) -> None:
    """The syrup's time has come and nobody has said anything: first a word, then the tablets."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to(CALLED)
    life = dose_of(home)
    refused = home.wish("ask", regimen="pain")
    assert ("say-first", life.close_at + 4 * HOUR) == (refused.code, refused.next_at)
    home.run_to(OVER)
    assert "say-first" == home.wish("ask", regimen="pain").code
    assert "" == home.wish("not-taken", dose_id=life.dose_id, by="person/ada").code
    home.run(5)

    assert "" == home.wish("ask", regimen="pain").code
    assert [("missed", "not-confirmed")] == how(home, "syrup")
    assert "already-said" == home.wish("not-taken", dose_id=life.dose_id, by="person/ada").code


def test_r5_denied_and_then_remembered_counts_after_all(tmp_path: Path) -> None:
    """Somebody said no; somebody else knows better: what was taken counts, and both words stay."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to(OVER)
    assert "" == home.wish("not-taken", dose_id=dose_of(home).dose_id, by="person/ada").code
    assert "" == confirm(home, by="person/ben", at=at(DUE) + 55 * MINUTE)
    said: list[Any] = home.events(ev.TakingSaid)

    assert [("not-taken", "person/ada"), ("taken", "person/ben")] == [(e.word, e.by) for e in said]
    assert "gap" == home.wish("ask", regimen="pain").code


def test_r5_taken_too_soon_is_written_down_and_told(tmp_path: Path) -> None:
    """Tablets at half past six, syrup at eight: a fact is a fact, and somebody hears it at once."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to("2026-11-23T05:30:00+00:00")
    assert "" == home.wish("ask", regimen="pain").code
    home.run(8)
    home.take()
    home.run_to(CALLED)
    shown = next(d for d in home.shown["doses"] if d["regimen_id"] == "syrup")
    assert at("2026-11-23T09:30:00+00:00") <= shown["not_before"]
    assert "quiet" == home.shown["signal"]  # nobody is called to take it too soon
    assert "" == confirm(home)

    assert [("taken", "confirmed")] == how(home, "syrup")
    assert ["taken-against-limit"] == [e.code for e in raised(home, "taken-against-limit")]


def test_a_gap_holds_it_and_is_named(tmp_path: Path) -> None:
    """Its whole window lies inside the gap: held(gap), not missed."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to("2026-11-23T05:30:00+00:00")
    assert "" == home.wish("ask", regimen="pain").code
    home.run(8)
    home.take()
    home.run_to(OVER)

    assert [("held", "gap")] == how(home, "syrup")


def test_it_is_skipped_with_a_reason(tmp_path: Path) -> None:
    """Somebody says why; without a reason it stays open."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to(CALLED)
    name = dose_of(home).dose_id
    assert "say-reason" == home.wish("skip", dose_id=name, by="person/ada").code
    assert "" == home.wish("skip", dose_id=name, by="person/ada", reason="unwell").code

    assert [("skipped", "unwell")] == how(home, "syrup")
    assert [] == home.alerts()


def test_an_inhaler_as_needed_is_said_when_it_is_taken(tmp_path: Path) -> None:
    """Taking and saying are one: granted, confirmed and counted in one transaction."""
    home = home_of(tmp_path, PILL, INHALER)
    assert "say-taken" == home.wish("ask", regimen="inhaler").code
    assert "" == home.wish("confirm", regimen="inhaler", how="took-it", by="person/pat").code
    refused = home.wish("confirm", regimen="inhaler", how="took-it", by="person/pat")

    assert [("taken", "confirmed")] == how(home, "inhaler")
    assert ("gap", home.now_s + 4 * HOUR) == (refused.code, refused.next_at)


def test_an_inhaler_used_earlier_is_written_down_whatever_stood_against_it(tmp_path: Path) -> None:
    """Twice within the hour, said afterwards: both count, and the second is told."""
    home = home_of(tmp_path, PILL, INHALER)
    used: dict[str, Any] = {"regimen": "inhaler", "how": "took-it", "by": "person/pat"}
    home.run_to("2026-11-23T10:00:00+00:00")
    assert "" == home.wish("confirm", **used, at=home.now_s - 2 * HOUR).code
    assert "" == home.wish("confirm", **used, at=home.now_s - HOUR).code

    assert 2 * [("taken", "confirmed")] == how(home, "inhaler")
    assert ["taken-against-limit"] == [e.code for e in raised(home, "taken-against-limit")]
    assert "gap" == home.wish("confirm", **used).code


def test_a_restart_forgets_no_word(tmp_path: Path) -> None:
    """The state is the fold of the journal: killed after the word, it still counts."""
    home = home_of(tmp_path, pain(), SYRUP)
    home.run_to(CALLED)
    assert "" == confirm(home)
    home.kill_controller()
    home.start_controller()
    home.run(60)

    assert [("taken", "confirmed")] == how(home, "syrup")
    assert "gap" == home.wish("ask", regimen="pain").code


def test_hours_without_the_controller_blame_nobody(tmp_path: Path) -> None:
    """All was off over its window: held, and it counts as perhaps taken until somebody says."""
    home = home_of(tmp_path, pain(), SYRUP)
    skip_to(home, "2026-11-23T09:30:00+00:00")

    assert [("held", "not-presented")] == how(home, "syrup")
    assert "say-first" == home.wish("ask", regimen="pain").code
    assert home.controller is not None
    state = home.controller.state
    assert 1 == len(supposing(state, home.now_s).releases) - len(state.releases)
