"""R3, R5 and R7: what a new version, a new medicine or an old box may not do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller import events as ev
from controller.facts import Facts
from controller.rules.lease import lease_for
from controller.rules.limits import free_at
from hal.wire.messages import unpack_lease
from schedules.limits import gap_s
from schedules.model import PlanRefused
from schedules.planfile import parse_plan
from tests.controller.home import DAY, EXAMPLE, HOUR, Home, at
from tests.controller.monday import CALL, OVER, at_home, bring, fallen, how, skip_to, version

WEEKLY = (
    "          - {dose: 1, at: [08:00]}\n",
    "          - {dose: 1, at: [09:15], days: [mon]}\n",
)
AMLODIPINE = "    last_taken: never\n    steps:\n      - take:\n          - {dose: 1, at: [08:00]}"


# --- R3 --------------------------------------------------------------------------------------


def test_r3_every_counter_of_the_board_has_a_gap(tmp_path: Path) -> None:
    """Given or not: each regimen and ingredient has a gap, in the plan and in the lease."""
    home = at_home(tmp_path)
    gaps = {r.id: gap_s(r) for r in home.plan.regimens}
    assert home.controller is not None and home.controller.link.actual is not None
    state = home.controller.state
    packed = lease_for(state, Facts(home.now_s, board=home.controller.link.actual), 1)
    leased = [g.gap_s for g in unpack_lease(packed or b"").groups]  # type: ignore[union-attr]

    assert all(gap > 0 for gap in gaps.values()), gaps
    assert sorted(gaps.values()) == sorted(leased)


@pytest.mark.parametrize(
    ("line", "more", "expected"),
    [
        ("at: [08:00]", "", 18 * HOUR),
        ("at: [08:00]", "    high_alert: yes\n    limits: {max_per_24h: 1}\n", 23.5 * HOUR),
        ("at: [08:00], days: [mon]", "", 7 * DAY - 1800),
        ("at: [08:00, 20:00]", "", 9 * HOUR),
    ],
)
def test_r3_the_gap_that_nobody_gave(line: str, more: str, expected: int) -> None:
    """Three quarters of the interval; high-alert or rarer than daily all but the early part."""
    text = EXAMPLE.read_text().replace("    piece_mg: 200\n", f"    piece_mg: 200\n{more}")
    text = text.replace("valid_until: 2027-11-19", "valid_until: 2027-03-01")
    plan = parse_plan(text.replace("at: [08:00]", line))

    assert expected == gap_s(plan.regimen("amlodipine-5"))


def test_r3_a_weekly_dose_moved_from_monday_to_friday_is_not_given_twice_a_week(
    tmp_path: Path,
) -> None:
    """Taken on Monday, the new version says Friday: refused until a person sees; then held(gap)."""
    home = at_home(tmp_path, WEEKLY)
    home.run_to("2026-11-23T08:20:00+00:00")
    home.take()
    assert [("taken", "retrieved")] == how(home, "amlodipine-5")
    moved = version(home, 2, ("days: [mon]", "days: [fri]"))
    assert "gap-too-long" == bring(home, moved)
    pairs = ["gap-too-long:amlodipine-5"]
    assert "" == bring(home, moved, pairs=pairs, by="pharmacist/anna")
    home.load()
    skip_to(home, "2026-11-27T07:00:00+00:00")
    home.run_to("2026-11-27T08:20:00+00:00")
    home.world.press()
    home.run_to("2026-11-27T10:20:00+00:00")

    assert [("taken", "retrieved"), ("held", "gap")] == how(home, "amlodipine-5")
    assert "dose-held" in home.alerts()


# --- R5 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "given"),
    [("never", True), ("unknown", False), ("2026-11-23T05:45", False), ("2026-11-22T08:00", True)],
)
def test_r5_what_was_taken_from_the_old_box_counts_as_a_release(
    tmp_path: Path, said: str, given: bool
) -> None:
    """Unknown means now; an hour ago holds the dose of eight; a day ago does not."""
    home = at_home(tmp_path, (AMLODIPINE, AMLODIPINE.replace("never", said)))
    home.run_to(CALL)
    home.take()
    home.run_to(OVER)

    expected = ("taken", "retrieved") if given else ("held", "gap")
    assert [expected] == how(home, "amlodipine-5")
    said_of = {e.regimen: (e.word, e.by) for e in home.events(ev.LastTaken)}  # type: ignore[attr-defined]
    by = "pharmacist/anna,pharmacist/ben"
    assert (said if said in ("never", "unknown") else "at", by) == said_of["amlodipine-5"]


def test_r5_a_second_version_does_not_ask_again_of_what_is_in_force(tmp_path: Path) -> None:
    """`unknown`, said again of a regimen that is in force here already, holds nothing."""
    home = at_home(tmp_path, (AMLODIPINE, AMLODIPINE.replace("never", "2026-11-20T08:00")))
    skip_to(home, "2026-11-24T06:00:00+00:00")
    again = version(home, 2, ("2026-11-20T08:00", "unknown"))
    assert "" == bring(home, again)
    home.load()
    home.run_to("2026-11-24T07:05:00+00:00")
    home.take()

    assert ("taken", "retrieved") == how(home, "amlodipine-5")[-1]


def test_r5_no_dose_is_due_before_its_version_is_in_force(tmp_path: Path) -> None:
    """Signed on Friday, loaded on Monday at nine: breakfast is nobody's dose."""
    home = Home(tmp_path, "2026-11-23T08:10:00+00:00")
    home.install()
    home.run_to("2026-11-23T18:00:00+00:00")

    in_force = next(e for e in home.events() if isinstance(e, ev.PlanInForce))
    assert 1 == in_force.version
    assert all(d.due_at >= at("2026-11-23T08:10:00+00:00") for d in home.doses.values())


def test_r5_a_regimen_without_an_ingredient_is_refused() -> None:
    """Nothing to count by: refused with its place."""
    text = EXAMPLE.read_text().replace("ingredients: [amlodipine]", "ingredients: []")
    with pytest.raises(PlanRefused) as refused:
        parse_plan(text)

    assert "regimens[1].ingredients" in refused.value.place


RENEWED = ("  - id: amlodipine-5\n", "  - id: amlodipine-new\n")


def test_r5_a_renewed_prescription_under_a_new_id_says_what_it_is(tmp_path: Path) -> None:
    """One ingredient in force under another id: refused until the plan says `replaces`."""
    home = at_home(tmp_path)
    first = home.plan
    renewed = version(home, 2, RENEWED)
    assert "same-ingredient" == bring(home, renewed)
    home.plan = first
    says = version(home, 2, (RENEWED[1], RENEWED[1] + "    replaces: amlodipine-5\n"))

    assert "" == bring(home, says)


def test_r5_what_fell_under_the_old_id_counts_for_the_new_one(tmp_path: Path) -> None:
    """Given at eight as one regimen; at half past nine the renewed one is still too soon."""
    home = at_home(tmp_path)
    home.run_to(CALL)
    home.take()
    late = ("at: [08:00]", "at: [10:00]")
    renewed = version(home, 2, (RENEWED[0], RENEWED[1] + "    replaces: amlodipine-5\n"), late)
    assert "" == bring(home, renewed)
    home.load()
    assert home.controller is not None
    state = home.controller.state
    taken = max(r.lifted_at for r in state.releases if r.regimen == "amlodipine-5")
    free = free_at(state, state.plan_envelope, "amlodipine-new", home.now_s)
    assert taken + gap_s(renewed.regimen("amlodipine-new")) == free
    home.run_to("2026-11-23T09:10:00+00:00")
    home.take()
    home.run_to("2026-11-23T10:20:00+00:00")

    assert [("held", "gap")] == how(home, "amlodipine-new")
    assert 2 == fallen(home)


# --- R7 --------------------------------------------------------------------------------------


def test_r7_an_id_that_has_an_outcome_is_not_due_again(tmp_path: Path) -> None:
    """Taken at eight, then moved to 20:00 under its old name: refused until a person pairs it."""
    home = at_home(tmp_path)
    home.run_to(CALL)
    home.take()
    evening = ("at: [08:00]", "at: [20:00]")
    keeps = ("    piece_mg: 200\n", '    piece_mg: 200\n    occasions: {"20:00": "0800"}\n')
    moved = version(home, 2, evening, keeps)
    assert "id-reuse" == bring(home, moved)
    pairs = ["id-reuse:amlodipine-5"]
    assert "" == bring(home, moved, pairs=pairs, by="pharmacist/anna")
    said = [(e.code, e.regimen, e.by) for e in home.events(ev.RowsPaired)]  # type: ignore[attr-defined]
    assert [("id-reuse", "amlodipine-5", "pharmacist/anna")] == said
    home.load()
    home.run_to("2026-11-23T19:05:00+00:00")
    home.world.press()
    home.run_to("2026-11-23T20:30:00+00:00")

    assert [("taken", "retrieved")] == how(home, "amlodipine-5")


def test_r7_a_change_that_leaves_a_hole_needs_a_persons_name(tmp_path: Path) -> None:
    """Moved to the hour before now: a day and three quarters without it, and nobody had said so."""
    home = at_home(tmp_path)
    skip_to(home, "2026-11-24T06:40:00+00:00")
    earlier = version(home, 2, ("at: [08:00]", "at: [07:30]"))
    assert "gap-too-long" == bring(home, earlier)
    nobody = bring(home, earlier, pairs=["gap-too-long:amlodipine-5"])
    assert "bad-argument" == nobody
    other = bring(home, earlier, pairs=["gap-too-long:metformin-500"], by="pharmacist/anna")
    assert "gap-too-long" == other

    assert "" == bring(home, earlier, pairs=["gap-too-long:amlodipine-5"], by="pharmacist/anna")


def test_r7_is_asked_again_when_the_version_is_loaded(tmp_path: Path) -> None:
    """Approved in time, loaded too late: what was no hole has become one."""
    home = at_home(tmp_path)
    skip_to(home, "2026-11-24T05:00:00+00:00")
    earlier = version(home, 2, ("at: [08:00]", "at: [07:30]"))
    assert "" == bring(home, earlier)
    home.run_to("2026-11-24T06:45:00+00:00")
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    reply = home.wish("loading-done", by="person/loader")

    assert "gap-too-long" == reply.code


def test_r7_an_unchanged_time_needs_no_pairing(tmp_path: Path) -> None:
    """A version that changes something else goes through, after three days in force."""
    home = at_home(tmp_path)
    skip_to(home, "2026-11-26T05:00:00+00:00")

    assert "" == bring(home, version(home, 2, ("name: Amlodipine 5 mg", "name: Amlodipin 5")))


def test_i20_every_planned_row_gets_exactly_one_life(tmp_path: Path) -> None:
    """Over a change of version in the middle of a day: one life each, none left out."""
    home = at_home(tmp_path)
    skip_to(home, "2026-11-24T09:30:00+00:00")
    later = version(home, 2, ("when: [lunch]", "at: [13:00]"))
    assert "" == bring(home, later)
    home.load()
    skip_to(home, "2026-11-25T22:30:00+00:00")
    opened: list[Any] = home.events(ev.DoseOpened)
    rows = {(e.regimen, e.due_at // DAY) for e in opened if e.regimen == "gabapentin-300"}

    assert len({e.dose_id for e in opened}) == len(opened)
    assert {at(f"2026-11-{d}T00:00:00+00:00") // DAY for d in (23, 24, 25)} == {d for _, d in rows}
