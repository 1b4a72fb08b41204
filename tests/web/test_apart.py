"""Medicine outside the machine on the page: what, where, who says so; from the browser down."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from controller import events as ev
from controller.web import words
from controller.web.home import Home as Pages
from controller.web.panel import panel
from controller.web.pick import Json
from controller.web.snapshot import read_snapshot
from controller.web.wishes import NoWish, wish
from tests.controller.home import Home, at
from tests.controller.monday import how
from tests.web import scenes
from tests.web.conftest import serving
from tests.web.living import LivingHome
from tests.web.scenes import DUE_S
from tests.web.test_living import Life

SYRUP = """regimens:
  - id: syrup
    name: Ibuprofen syrup
    form: liquid
    strength: 40 mg/ml
    kept: elsewhere
    storage: [fridge]
    ingredients: [ibuprofen]
    start: 2026-11-20
    last_taken: never
    steps:
      - take:
          - {dose: 10, at: ['07:00']}
"""
CALLED = "2026-11-23T06:10:00+00:00"  # ten past seven in Berlin


@pytest.fixture
def life() -> Iterator[Life]:
    """The example's plan and a syrup in the fridge, on a Monday at six."""
    with tempfile.TemporaryDirectory() as name:
        home = LivingHome(Path(name), ("regimens:\n", SYRUP))
        home.begin()
        pages = Pages(str(home.door), str(home.folder / "journal.db"), str(home.house.path))
        with serving(pages) as (address, _):
            yield Life(home, f"http://{address}")
        home.end()


def said(life: Life) -> list[Any]:
    """Everything that anybody has said of what is kept elsewhere."""
    found: list[Any] = life.home.tell(lambda home: home.events(ev.TakingSaid))
    return found


def became(life: Life) -> list[tuple[str, str]]:
    """Outcomes of the syrup."""
    found: list[tuple[str, str]] = life.home.tell(lambda home: how(home, "syrup"))
    return found


def test_the_patient_reads_what_and_where_and_says_so_in_two_steps(page: Page, life: Life) -> None:
    """At seven: ten millilitres from the fridge; one tap opens, the second says it."""
    life.until(CALLED)
    page.goto(life.url + "/")
    expect(page.get_by_text("10 ml Ibuprofen syrup")).to_be_visible()
    expect(page.get_by_text("from the fridge")).to_be_visible()
    page.get_by_text("I have taken it", exact=True).click()
    assert [] == said(life)
    page.get_by_role("button", name="Yes, I have taken it").click()
    expect(page.get_by_text("10 ml Ibuprofen syrup")).to_have_count(0)

    assert [("taken", "confirmed")] == became(life)
    assert [("took-it", "person/patient")] == [(e.how, e.by) for e in said(life)]


def test_a_helper_says_afterwards_at_what_time_it_was_taken(page: Page, life: Life) -> None:
    """Missed at eight; at half past nine Ada writes 07:05 under Today, and the alert ends."""
    life.until("2026-11-23T08:30:00+00:00")
    page.goto(life.url + "/today")
    page.get_by_label("How I know").select_option("gave-it")
    page.get_by_label("At what time, if not now").fill("07:05")
    row = page.locator("li.dose", has_text="Ibuprofen syrup").first
    row.get_by_label("Your name").first.fill("Ada")
    row.get_by_role("button", name="It was taken", exact=True).click()
    expect(row.get_by_role("button", name="It was taken", exact=True)).to_have_count(0)

    assert [("missed", "not-confirmed")] == became(life)
    assert [("taken", at("2026-11-23T06:05:00+00:00"), "person/ada")] == [
        (e.word, e.taken_at, e.by) for e in said(life)
    ]


def test_care_has_it_without_switch_and_door(page: Page, life: Life) -> None:
    """Nothing is taken out of the machine for it: the page asks for no opening."""
    life.until(CALLED)
    page.goto(life.url + "/care")
    section = page.locator("section", has_text="Kept outside the machine").first
    expect(section).to_contain_text("10 ml Ibuprofen syrup")
    section.get_by_text("It is left out this time").click()
    section.get_by_label("Because").select_option("unwell")
    section.get_by_label("Your name").last.fill("Ada")
    section.get_by_role("button", name="Leave it out").click()
    expect(page.get_by_text("Kept outside the machine")).to_have_count(0)

    assert [("skipped", "unwell")] == became(life)


def _dose(**changes: Json) -> Json:
    row = scenes.dose(0, 0, "Syrup", "syrup")
    return {**row, "state": "open", "elsewhere": True, "unit": "ml", "kept": "fridge", **changes}


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({}, "apart"),
        ({"not_before": DUE_S + 3600}, "idle"),
        ({"state": "taken", "outcome": "taken", "how": "a person says so"}, "done"),
        ({"elsewhere": False}, "idle"),
    ],
)
def test_the_panel_asks_only_for_what_may_be_taken_now(
    changes: dict[str, Json], phase: str
) -> None:
    """Too soon, said already, or in the machine: nobody is asked to take it."""
    now = read_snapshot(
        scenes.snapshot(DUE_S + 60, round=None, signal="call", doses=[_dose(**changes)])
    )

    assert phase == panel(now, now_s=DUE_S + 60, up=True, since="", hands=True).phase


def test_the_machines_round_goes_before_it() -> None:
    """One thing at a time: first the press, then what is not in the machine."""
    now = read_snapshot(scenes.snapshot(DUE_S + 60, signal="call", doses=[_dose()]))

    assert "due" == panel(now, now_s=DUE_S + 60, up=True, since="", hands=True).phase


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("07:05", "2026-11-23T06:05:00+00:00"),
        ("23:50", "2026-11-22T22:50:00+00:00"),
        ("7 o'clock", None),
        ("25:00", None),
        ("", None),
    ],
)
def test_a_time_of_day_is_the_last_one_that_was(text: str, expected: str | None) -> None:
    """Ten to midnight, said at half past nine, was yesterday; nonsense is no time."""
    now = at("2026-11-23T08:30:00+00:00")

    assert (at(expected) if expected else None) == words.before(text, now, "Europe/Berlin")


def test_of_an_hour_that_came_twice_the_later_one_is_meant() -> None:
    """02:30 in the night the clocks go back: nothing is allowed again an hour too soon."""
    now = at("2026-10-25T08:00:00+00:00")

    assert at("2026-10-25T01:30:00+00:00") == words.before("02:30", now, "Europe/Berlin")


def test_a_word_without_name_or_knowledge_is_refused_here() -> None:
    """A form that leaves out who, or how they know, never reaches the controller."""
    whole = {"dose_id": "ab", "how": "gave-it", "by": "Ada", "at": "1795417200"}
    built = {"wish": "confirm", "dose_id": "ab", "how": "gave-it", "by": "person/ada"}

    assert {**built, "at": 1795417200} == wish("confirm", whole)
    for key, wrong in (("by", ""), ("how", ""), ("how", "guessed"), ("at", "None")):
        with pytest.raises(NoWish):
            wish("confirm", {**whole, key: wrong})


def test_home_is_the_world_behind(life: Life) -> None:
    """The story's home has nothing of it in any compartment."""

    def held(home: Home) -> set[str]:
        assert home.controller is not None
        return {r for f in home.controller.state.fills.values() for r in f.regimens}

    assert "syrup" not in life.home.tell(held)
