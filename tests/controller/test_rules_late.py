"""R16, R17 and R18: doubts, late doses, journeys, and rows that nobody may shift."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller import events as ev
from controller import words
from controller.rules.demand import groups_of
from controller.rules.limits import free_at, room_at
from controller.state import Halt
from hal.sim import mishaps
from hal.wire.codes import ROW_GROUPS
from schedules import localtime
from schedules.doses import doses
from schedules.halt import KIND as ACT
from schedules.planfile import parse_plan
from schedules.signed import open_document, seal_document
from schedules.vouch import KIND as VOUCH
from schedules.vouch import Vouch, seal_vouch
from tests.controller.home import DAY, EXAMPLE, HOUR, Home, at
from tests.controller.monday import (
    CALL,
    OVER,
    at_door,
    at_home,
    bring,
    dose,
    fallen,
    how,
    skip_to,
    version,
)

LATE = {"by": "nurse/x", "reason": "came-late"}
HIGH = (
    "    piece_mg: 200\n",
    "    piece_mg: 200\n    high_alert: yes\n    limits: {max_per_24h: 1}\n",
)


# --- R16 -------------------------------------------------------------------------------------


def _in_doubt(home: Home) -> Any:
    home.run_to(CALL)
    mishaps.cause(home.world, "scale_stuck")
    home.world.press()
    home.run(60)
    mishaps.heal(home.world, "scale_stuck")
    return dose(home, "amlodipine-5")


def test_r16_a_doubt_about_a_high_alert_medicine_needs_two_people(tmp_path: Path) -> None:
    """Who has seen it, and another who signs: a name, two names or an own signature are not it."""
    home = at_home(tmp_path, HIGH)
    doubt = _in_doubt(home)
    said = {"outcome": "missed", "how": "counted", "by": "person/ada"}
    assert ("uncertain", True) == (doubt.stage, _shown(home, doubt)["second"])
    named = {"dose_id": doubt.dose_id, **said}
    assert "second-person" == home.wish("settle", **named).code
    assert "second-person" == home.wish("settle", **named, second="person/ben").code
    right = Vouch(home.plan.device, doubt.dose_id, **said)
    anna, ben = home.private
    for code, vouch, person in (
        ("same-signer", replace(right, by=anna[0]), anna),
        ("other-device", replace(right, device="another"), anna),
        ("unknown-signer", right, ("person/ada", "checker", ben[2])),
        ("bad-signature", right, (anna[0], anna[1], ben[2])),
        ("not-uncertain", replace(right, dose_id="0" * 32), anna),
    ):
        assert code == home.wish("settle", document=seal_vouch(vouch, person)).code
    assert "uncertain" == home.doses[doubt.dose_id].stage
    assert "" == home.wish("settle", document=seal_vouch(right, anna)).code
    assert "not-uncertain" == home.wish("settle", document=seal_vouch(right, anna)).code

    settled: Any = home.events(ev.DoseSettled)
    assert [("person/ada", "pharmacist/anna")] == [(e.by, e.second) for e in settled]
    assert False is _shown(home, doubt)["second"]


def _shown(home: Home, life: Any) -> Any:
    """The row of one dose, as the page gets it."""
    return next(row for row in home.shown["doses"] if row["dose_id"] == life.dose_id)


def test_r16_a_signature_on_an_act_is_none_on_a_word(tmp_path: Path) -> None:
    """Each kind of document has its own beginning of what is signed: none stands for another."""
    home = at_home(tmp_path, HIGH)
    doubt = _in_doubt(home)
    right = Vouch(home.plan.device, doubt.dose_id, "missed", "counted", "person/ada")
    payload = open_document(VOUCH, seal_vouch(right, home.private[0]))[0]
    other = seal_document(replace(VOUCH, domain=ACT.domain), payload, [home.private[0]])

    assert "bad-signature" == home.wish("settle", document=other).code
    assert "not-a-vouch" == home.wish("settle", document="{}").code
    assert "no-envelope" == home.wish("settle", document=7).code


def test_r16_nobody_settles_a_high_alert_doubt_alone_by_giving_it(tmp_path: Path) -> None:
    """By hand: refused; said to be done: written down, counted, and the doubt waits for two."""
    home = at_home(tmp_path, HIGH)
    doubt = _in_doubt(home)
    said = _count(home, doubt)
    assert "second-person" == at_door(home, "by-hand", **said)
    assert "" == at_door(home, "by-hand", done=True, **said)
    assert ("uncertain", []) == (home.doses[doubt.dose_id].stage, home.events(ev.DoseSettled))
    assert "dose-uncertain" in home.alerts()
    assert "not-loaded" == at_door(home, "by-hand", done=True, **said)
    lie = Vouch(home.plan.device, doubt.dose_id, "missed", "counted", "person/ada")
    assert "given-by-hand" == home.wish("settle", document=seal_vouch(lie, home.private[0])).code
    word = Vouch(home.plan.device, doubt.dose_id, "taken", "given", "person/ada")
    assert "" == home.wish("settle", document=seal_vouch(word, home.private[0])).code

    assert "taken" == home.doses[doubt.dose_id].stage


def _count(home: Home, life: Any) -> dict[str, Any]:
    """What somebody says who has counted the pieces of a dose in its compartment."""
    assert home.controller is not None
    fills = home.controller.state.fills.values()
    fill = next(f for f in fills if life.dose_id in f.doses)
    return {"compartment": fill.compartment, "pieces": fill.pieces, "by": "person/ada"}


def test_r16_a_dose_in_doubt_is_given_by_hand_only_as_any_other(home: Home) -> None:
    """Counted in its compartment, and yet: not stopped, not too soon after another; else taken."""
    doubt = _in_doubt(home)
    assert home.controller is not None
    said = _count(home, doubt)
    state = home.controller.state
    own = next(r for r in state.releases if r.dose_id == doubt.dose_id)
    other = replace(own, dose_id="0" * 32, lifted_at=home.now_s)
    for code, changed in (
        ("stopped", replace(state, halts={doubt.regimen: Halt("stop", home.now_s, "p/a")})),
        ("gap", replace(state, releases=(*state.releases, other))),
    ):
        home.controller.state = changed
        assert code == at_door(home, "by-hand", **said)
    home.controller.state = replace(home.controller.state, releases=state.releases)
    assert "" == at_door(home, "by-hand", **said)

    assert "taken" == home.doses[doubt.dose_id].stage


def test_r16_a_settlement_frees_no_gap(home: Home) -> None:
    """Settled as missed: what may have fallen counts as before, here and on the board."""
    doubt = _in_doubt(home)
    assert home.controller is not None
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(5)
    envelope = home.controller.state.plan_envelope
    before = free_at(home.controller.state, envelope, "amlodipine-5", home.now_s)
    assert before > home.now_s
    said = {"outcome": "missed", "how": "counted", "by": "person/ada"}
    assert "" == home.wish("settle", dose_id=doubt.dose_id, **said).code

    assert before == free_at(home.controller.state, envelope, "amlodipine-5", home.now_s)


def test_r16_a_grant_that_nobody_uses_is_withdrawn(home: Home) -> None:
    """Asked for and never pressed: skipped(withdrawn), and nothing counts."""
    assert "" == home.wish("ask", regimen="paracetamol-500").code
    home.run(1000)

    assert [("skipped", "withdrawn")] == how(home, "paracetamol-500")
    assert "" == home.wish("ask", regimen="paracetamol-500").code


def test_r16_a_compartment_feeds_no_more_counters_than_a_lease_row_holds() -> None:
    """Six medicines at eight: shared so that each row of the lease can count all it holds."""
    text = EXAMPLE.read_text()
    start = text.index("  - id: amlodipine-5")
    block = text[start : text.index("  - id: gabapentin-300")]
    more = "".join(block.replace("amlodipine", f"other{i}") for i in range(5))
    plan = parse_plan(text[:start] + more + text[start:])
    monday = at("2026-11-23T00:00:00+00:00")
    groups = groups_of(plan, doses(plan, monday, monday + DAY))

    assert max(len(g) for g in groups) == ROW_GROUPS
    assert 7 == sum(len(g) for g in groups if g[0].due_at == monday + 7 * HOUR)


# --- R17 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("critical", "late_min", "expected"), [(0, 60, 30), (1, 60, 10), (1, 15, 7)]
)
def test_r17_somebody_is_told_while_the_dose_can_still_be_taken(
    critical: int, late_min: int, expected: int
) -> None:
    """No later than half the late window; time-critical ten minutes after due."""
    more = f"    piece_mg: 200\n    window: {{early: 10min, late: {late_min}min}}\n"
    more += "    time_critical: yes\n" if critical else ""
    plan = parse_plan(EXAMPLE.read_text().replace("    piece_mg: 200\n", more))
    row = next(d for d in doses(plan, plan.valid_from, plan.valid_from + DAY)
               if d.regimen_id == "amlodipine-5")  # fmt: skip

    assert expected == (row.warn_at - row.due_at) // 60
    assert row.warn_at < row.close_at


def test_r17_a_missed_dose_may_be_given_late_once_at_the_machine(home: Home) -> None:
    """After the window, by a named person with the door open: it counts, and only once."""
    home.run_to(OVER)
    assert [("missed", "not-asked-for")] == how(home)
    missed = dose(home, "metformin-500")
    assert "not-at-machine" == home.wish("give-late", dose_id=missed.dose_id, **LATE).code
    assert "" == at_door(home, "give-late", dose_id=missed.dose_id, **LATE)
    assert "not-missed" == at_door(home, "give-late", dose_id=missed.dose_id, **LATE)

    assert home.controller is not None
    state = home.controller.state
    free = free_at(state, state.plan_envelope, "metformin-500", home.now_s)
    assert free > home.now_s + 5 * HOUR
    assert [("missed", "not-asked-for")] == how(home)  # written once; GivenLate points at it
    assert "dose-missed" not in home.alerts()
    late: Any = home.events(ev.GivenLate)
    assert {"metformin-500", "amlodipine-5"} == {home.doses[e.dose_id].regimen for e in late}


def test_r17_a_late_dose_may_not_cost_the_next_one(home: Home) -> None:
    """At five in the afternoon breakfast's metformin would push away that of dinner."""
    home.run_to(OVER)
    missed = dose(home, "metformin-500")
    skip_to(home, "2026-11-23T16:00:00+00:00")

    assert "next-dose" == at_door(home, "give-late", dose_id=missed.dose_id, **LATE)


def test_r17_doses_for_a_journey_are_handed_out_and_never_fall_due_again(home: Home) -> None:
    """Tuesday's lunch goes along: handed-out(by, for), no call, no alert, and the gap counts."""
    assert home.controller is not None
    fills = [f for f in home.controller.state.fills.values() if "gabapentin-300" in f.regimens]
    tuesday = sorted(fills, key=lambda f: f.due_at)[1]
    said = {"compartment": tuesday.compartment, "by": "nurse/x", "for": "a-day-trip"}
    assert "wrong-pieces" == at_door(home, "hand-out", pieces=9, **said)
    assert "" == at_door(home, "hand-out", pieces=1, **said)
    home.load()
    home.run_to("2026-11-23T11:35:00+00:00")
    home.take()
    skip_to(home, "2026-11-24T12:00:00+00:00")

    assert [("taken", "retrieved"), ("handed-out", "a-day-trip")] == how(home, "gabapentin-300")
    assert 1 == fallen(home)
    state = home.controller.state
    assert tuesday.due_at + DAY // 2 < free_at(
        state, state.plan_envelope, "gabapentin-300", home.now_s
    )


def test_r17_what_went_along_fills_the_cap_from_its_own_time(tmp_path: Path) -> None:
    """One a day, and lunch is on the journey: from lunch on there is no room for a day."""
    start = "    piece_mg: 390\n"
    home = at_home(tmp_path, (start, f"{start}    limits: {{max_per_24h: 1}}\n"))
    assert home.controller is not None
    fills = [f for f in home.controller.state.fills.values() if "gabapentin-300" in f.regimens]
    lunch = min(fills, key=lambda f: f.due_at)
    said = {"compartment": lunch.compartment, "pieces": 1, "by": "nurse/x", "for": "a-day-trip"}
    assert "" == at_door(home, "hand-out", **said)
    state = home.controller.state

    def room(hours: int) -> int:
        at_s = lunch.due_at + hours * HOUR
        return room_at(state, state.plan_envelope, "gabapentin-300", 4, at_s)

    full = lunch.due_at + DAY
    assert [0, full, full, full, 0] == [room(hours) for hours in (-1, 0, 10, 23, 24)]


# --- R18 -------------------------------------------------------------------------------------


def test_r18_new_zone_data_shift_no_row_that_was_signed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Berlin is given London's clock after a restart: same instants, an alert, and no lock."""
    rows = {d.dose_id: d.due_at for d in _planned(home)}
    try:
        _berlin_is(("Europe", "London"), home, tmp_path, monkeypatch)
        assert rows == {d.dose_id: d.due_at for d in _planned(home)}
        assert "plan-shifted" in home.alerts()
        assert "ready" == home.shown["mode"]
        home.run_to(CALL)
        home.take()
        assert [("taken", "retrieved")] == how(home)
    finally:
        monkeypatch.undo()
        _forget()


def test_r18_a_version_under_new_zone_data_leaves_out_no_row_that_was_signed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Berlin is given Dubai's clock: eight o'clock is over by it, and not yet come as signed."""
    try:
        _berlin_is(("Asia", "Dubai"), home, tmp_path, monkeypatch)
        home.run_to("2026-11-23T06:00:00+00:00")
        follower = version(home, 2)

        assert "plan-shifted" in home.alerts()
        assert "gap-too-long" == bring(home, follower)
        assert "" == bring(
            home,
            follower,
            pairs=[f"gap-too-long:{r.id}" for r in follower.regimens],
            by="pharmacist/anna",
        )
        assert {"gap-too-long"} == {e.code for e in home.events(ev.RowsPaired)}  # type: ignore[attr-defined]
    finally:
        monkeypatch.undo()
        _forget()


def _berlin_is(
    other: tuple[str, str], home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New time-zone data, and a process that has read no others."""
    from importlib.resources import files

    (folder / "tz" / "zoneinfo" / "Europe").mkdir(parents=True)
    data = files("tzdata").joinpath("zoneinfo", *other).read_bytes()
    (folder / "tz" / "zoneinfo" / "Europe" / "Berlin").write_bytes(data)
    monkeypatch.setattr(localtime, "files", lambda package: folder / "tz")
    _forget()
    home.kill_controller()
    home.start_controller()
    home.run(30)


def _planned(home: Home) -> list[Any]:
    from controller.agenda import between

    assert home.controller is not None
    start = at("2026-11-23T00:00:00+00:00")
    return between(home.controller.state.plan_envelope, start, start + 20 * DAY)


def _forget() -> None:
    from controller import agenda
    from schedules import doses as doses_of

    for cached in (
        localtime.zone_of,
        localtime.has_day,
        doses_of.cycle,
        agenda.plan_of_envelope,
        agenda.rows_of,
        agenda._kept,
        agenda._of_day,
        agenda.counters_of,
    ):
        cached.cache_clear()


def test_r18_kept_rows_that_were_not_signed_lock_the_machine(home: Home) -> None:
    """The rows beside the envelope are those of its hash, or nothing moves."""
    from dataclasses import replace

    assert home.controller is not None
    state = home.controller.state
    forged = state.plan_envelope.replace(",4,73", ",8,73")
    assert forged != state.plan_envelope
    gate = home.controller._gate

    assert "" == gate.recheck(state, home.now_s)
    assert "plan-signature" == gate.recheck(replace(state, plan_envelope=forged), home.now_s)


def test_every_new_alert_has_its_sentence() -> None:
    """Whoever hears of it is told what it means."""
    assert words.alert("plan-shifted") != words.alert("nothing") != words.alert("journal-lost")
