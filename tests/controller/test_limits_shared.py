"""Pairs kept apart, strengths that share a cap, seven days, what is left out, never here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller import events as ev
from controller.agenda import counters_of
from controller.rules.lease import build_lease
from controller.state import Release
from schedules.canonical import plan_hash
from schedules.rows import compile_rows, write_rows
from tests.controller.home import DAY, HOUR, MINUTE, Home, at
from tests.controller.monday import START, at_door, bring, dose, fallen, how, skip_to, version
from tests.controller.plan_text import asked, head, row

MG = "groups:\n  - {ingredient: paracetamol, min_gap: 4h, max_per_24h: %dmg}\n"
APART = "spacing:\n  - {between: [levothyroxine, calcium], gap: 4h}\n"
THYROID = row("levothyroxine", 120, "1", "07:00")


def as_needed(name: str, of: str, more: str = "", least: str = "2h") -> str:
    """One tablet when needed."""
    return f"""
  - id: {name}
    name: {name}
    form: tablet
    strength: 5 mg
    ingredients: {of}
    piece_mg: 560
    start: 2026-11-20
    last_taken: never
    {more}
    as_needed: {{for: pain, dose: 1, min_gap: {least}, max: 12, per: 24h}}
"""


def loaded(folder: Path, text: str) -> Home:
    """A loaded machine on a Monday at six."""
    home = Home(folder, START, plan=text)
    home.install()
    return home


def ask(home: Home, regimen: str) -> tuple[str, int]:
    """Code and next instant of a request, taken where it is granted."""
    answer = home.wish("ask", regimen=regimen)
    if not answer.code:
        home.run(5)
        home.take()
    return answer.code, answer.next_at


def left_at(home: Home, regimen: str) -> int:
    """When the last of a regimen left with the cup."""
    assert home.controller is not None
    return max(r.lifted_at for r in home.controller.state.releases if r.regimen == regimen)


# --- two ingredients kept apart ----------------------------------------------------------------


def test_r3_a_pair_is_kept_apart_after_what_fell(tmp_path: Path) -> None:
    """Levothyroxine at seven: calcium is granted four hours after it left, to the second."""
    home = loaded(tmp_path, head("apart", groups=APART) + THYROID + as_needed("chalk", "[calcium]"))
    home.run_to("2026-11-23T06:05:00+00:00")
    home.take()
    until = left_at(home, "levothyroxine") + 4 * HOUR
    assert ("gap", until) == ask(home, "chalk")
    home.run(until - home.now_s - 2)
    assert "gap" == ask(home, "chalk")[0]
    home.run(3)

    assert ("", 0) == ask(home, "chalk")


@pytest.mark.hazard("H23")
def test_r3_nothing_is_granted_that_would_put_the_planned_partner_off(tmp_path: Path) -> None:
    """Calcium at half past three in the night would cost the levothyroxine at seven its time."""
    text = head("apart", groups=APART) + THYROID + as_needed("chalk", "[calcium]")
    home = loaded(tmp_path, text)
    seven = at("2026-11-23T06:00:00+00:00")

    assert ("spacing", seven + 4 * HOUR) == ask(home, "chalk")


def test_r3_what_was_asked_for_holds_the_planned_partner_back(tmp_path: Path) -> None:
    """Calcium four hours before it is due: its window is open by then, and it waits to the end."""
    text = head("apart", groups=APART) + THYROID + as_needed("chalk", "[calcium]")
    home = loaded(tmp_path, text.replace("07:00]", "11:00]"))
    home.run_to("2026-11-23T05:59:00+00:00")
    assert ("", 0) == ask(home, "chalk")
    until = left_at(home, "chalk") + 4 * HOUR
    home.run_to("2026-11-23T09:50:00+00:00")
    home.world.press()
    home.run(30)
    assert 1 == fallen(home)
    home.run(until - home.now_s + 10)
    home.take()

    assert until <= left_at(home, "levothyroxine")
    assert 2 == fallen(home)


def test_r3_a_pair_that_one_counter_can_say_is_in_the_lease(tmp_path: Path) -> None:
    """Where both own gaps are as long the board keeps the pair too; else the controller alone."""
    long = as_needed("chalk", "[calcium]", least="5h")
    for number, (text, kept) in enumerate(((long, True), (as_needed("chalk", "[calcium]"), False))):
        folder = tmp_path / str(number)
        folder.mkdir()
        home = loaded(folder, head("apart", groups=APART) + THYROID + text)
        assert home.controller is not None
        names = [c.name for c in counters_of(home.controller.state.plan_envelope)]
        assert kept == ("spacing calcium levothyroxine" in names), names


def test_r3_what_lies_elsewhere_is_kept_apart_too(tmp_path: Path) -> None:
    """Calcium syrup that somebody has confirmed keeps the levothyroxine tablet away."""
    syrup = as_needed("chalk", "[calcium]", "kept: elsewhere")
    syrup = syrup.replace("form: tablet", "form: liquid").replace("    piece_mg: 560\n", "")
    text = head("apart", groups=APART) + THYROID.replace("07:00]", "11:00]") + syrup
    home = loaded(tmp_path, text)
    said: dict[str, Any] = {"regimen": "chalk", "how": "took-it", "by": "person/pat"}
    home.run_to("2026-11-23T06:30:00+00:00")
    assert "spacing" == home.wish("confirm", **said).code
    taken_at = home.now_s
    assert "" == home.wish("confirm", **said, at=taken_at).code
    home.run_to("2026-11-23T10:20:00+00:00")
    home.world.press()
    home.run(30)
    assert 0 == fallen(home)
    home.run(taken_at + 4 * HOUR - home.now_s + 10)
    home.take()

    assert taken_at + 4 * HOUR <= left_at(home, "levothyroxine")


# --- one ingredient at several strengths -------------------------------------------------------


def two_strengths(most: int) -> str:
    """500 mg, and 325 mg in a combination; together not more than `most` mg in 24 hours."""
    plain = as_needed("plain", "{paracetamol: 500mg}", least="30min")
    other = "{paracetamol: 325mg, codeine: 15mg}"
    combined = as_needed("combined", other, "in_addition_to: plain", least="30min")
    groups = (MG % most).replace("min_gap: 4h", "min_gap: 30min")
    return head("strengths", groups=groups) + plain + combined


@pytest.mark.hazard("H23")
def test_r3_strengths_share_one_cap_in_milligrams_on_both_sides(tmp_path: Path) -> None:
    """1200 mg: 500 + 325 + 325 is 1150, and no further tablet of either kind goes in."""
    home = loaded(tmp_path, two_strengths(1200))
    for regimen in ("plain", "combined", "combined"):
        assert ("", 0) == ask(home, regimen)
        home.run(31 * MINUTE)
    first = min(r.lifted_at for r in home.controller.state.releases if r.dose_id)  # type: ignore
    refused = home.wish("ask", regimen="combined")
    assert ("cap", first + DAY) == (refused.code, refused.next_at)
    assert "1150 of 1200 mg paracetamol in 24 hours" in refused.why
    told = {a["regimen_id"]: a["told"] for a in home.shown["asked"]}

    assert "1150 of 1200 mg paracetamol in 24 hours" == told["plain"]


def test_r3_the_board_counts_the_same_milligrams(tmp_path: Path) -> None:
    """A lease row feeds the shared counter by what it weighs: 500 and 325 in one measure."""
    home = loaded(tmp_path, two_strengths(4000))
    controller = home.controller
    assert controller is not None
    packed = build_lease(controller.state, controller._gathering.facts(
        controller.state, mono_ms=home.world.now_ms, utc_ms=home.now_s * 1000, reporter=None
    ))  # fmt: skip
    assert packed is not None
    fed = {}
    for compartment, fill in controller.state.fills.items():
        key = {g.key: i for i, g in enumerate(packed.groups)}
        counters = counters_of(controller.state.plan_envelope)
        shared = next(c for c in counters if c.name == "ingredient paracetamol")
        units = dict(packed.rows[compartment].groups)[key[shared.key]]
        fed[fill.regimens[0]] = units * 4000 / shared.cap

    assert {"plain": 500.0, "combined": 325.0} == fed


def test_r3_a_former_strength_counts_what_it_held(tmp_path: Path) -> None:
    """What fell as 1000 mg under another name leaves as much less room, in the new measure."""
    home = loaded(tmp_path, two_strengths(1200))
    controller = home.controller
    assert controller is not None
    ago, of = home.now_s - HOUR, (("paracetamol",), (1_000_000,))
    old = Release(ago, "old", 4, "", ago, *of)
    controller.state = replace(controller.state, releases=(*controller.state.releases, old))

    assert ("cap", old.lifted_at + DAY) == ask(home, "plain")


# --- seven days of what is given as needed -----------------------------------------------------


@pytest.mark.hazard("H23")
def test_r3_seven_days_of_as_needed_medicine_are_counted(tmp_path: Path) -> None:
    """Three in seven days: the fourth is refused until the first is a week old."""
    week = as_needed("sleep", "[zopiclone]", "limits: {max_per_7d: 3}", least="6h")
    home = loaded(tmp_path, head("week") + week)
    for day in (23, 24, 25):
        skip_to(home, f"2026-11-{day}T20:00:00+00:00")
        assert ("", 0) == ask(home, "sleep")
        home.run(60)
    first = min(r.lifted_at for r in home.controller.state.releases if r.dose_id)  # type: ignore
    skip_to(home, "2026-11-27T20:00:00+00:00")
    home.kill_controller()
    home.start_controller()
    home.run(60)
    refused = home.wish("ask", regimen="sleep")
    assert ("cap-week", first + 7 * DAY) == (refused.code, refused.next_at)
    skip_to(home, "2026-11-30T20:02:00+00:00")

    assert ("", 0) == ask(home, "sleep")


# --- what the plan wants of a dose whose time is over -------------------------------------------


@pytest.mark.parametrize(("then", "code"), [("skip", "then-skip"), ("ask", "")])
def test_r17_what_is_left_out_is_not_given_late(tmp_path: Path, then: str, code: str) -> None:
    """`then: skip` forbids the late act, whatever the reason; `ask` leaves it to a person."""
    window = f"window: {{early: 30min, late: 60min, then: {then}}}"
    home = loaded(tmp_path, head("late") + row("diuretic", 200, "1", "08:00", window))
    home.run_to("2026-11-23T08:20:00+00:00")
    late = {"dose_id": dose(home, "diuretic").dose_id, "by": "nurse/x", "reason": "came-late"}

    assert code == at_door(home, "give-late", **late)


# --- never in a machine -------------------------------------------------------------------------


@pytest.mark.hazard("H11")
def test_what_is_never_stored_is_not_offered_at_loading(tmp_path: Path) -> None:
    """A plan that was signed and taken under older rules: no row, no grant, an alert says why.

    It stays in force, also after a restart: a rule that came since locks nobody out.
    """
    text = head("older") + row("amlodipine", 200, "1", "08:00") + asked()
    home = Home(tmp_path, START, plan=text)
    cold = tuple(replace(r, storage=("fridge",)) if r.id == "pain" else r
                 for r in home.plan.regimens)  # fmt: skip
    home.plan = older = replace(home.plan, regimens=cold, never_store=("amlodipine",))
    assert "never-store-here" == home.wish("plan", envelope=home.sign()).code
    rows = write_rows(older, compile_rows(older))
    approved = ev.PlanApproved(1, plan_hash(older), home.sign(), rows)
    home.run(10)
    assert home.controller is not None
    home.controller._record([approved], home.now_s * 1000)  # as an older program left it
    home.kill_controller()
    home.start_controller()
    home.run(10)
    home.load()
    home.run(60)

    assert [] == home.events(ev.Loading, ev.Loaded)
    assert ["never-store", "never-store"] == home.alerts()
    assert "never-store" == home.wish("ask", regimen="pain").code
    home.run_to("2026-11-23T08:20:00+00:00")
    assert [("held", "not-loaded")] == how(home, "amlodipine")
    home.kill_controller()
    home.start_controller()
    home.run(10)
    assert home.controller is not None
    assert "" == home.controller.state.locked


def test_a_version_that_keeps_it_elsewhere_holds_what_was_loaded(tmp_path: Path) -> None:
    """From the next version on it is kept elsewhere: what lies in the tray comes out."""
    text = head("moves") + row("amlodipine", 200, "1", "08:00") + row("other", 300, "1", "08:00")
    home = loaded(tmp_path, text)
    moved = version(home, 2, ("    piece_mg: 200\n", "    kept: elsewhere\n"))
    assert "" == bring(home, moved)
    home.load()
    home.run_to("2026-11-23T07:05:00+00:00")
    home.take()
    assert home.controller is not None

    assert {"other"} == {r for f in home.controller.state.fills.values() for r in f.regimens
                         if f.state != "empty"}  # fmt: skip
    assert [("taken", "retrieved")] == how(home, "other")
    assert ["open"] == [d.stage for d in home.doses.values() if d.regimen == "amlodipine"]
