"""Giving without the machine, in a real browser: by hand, late, and for a journey (R9, R17)."""

import pytest
from playwright.sync_api import Browser, Page, expect

from controller.web.pick import Json, Object
from hal.wire import codes
from tests.web import scenes
from tests.web.conftest import Served
from tests.web.scenes import DUE_S

OPEN: Json = {"flags": codes.F_SERVICE | codes.F_DOOR_OPEN}


@pytest.fixture
def opened(page: Page, served: Served) -> Page:
    """The page at the open machine, an hour after breakfast was missed."""
    served.stage.controller.answer = scenes.foresees
    served.stage.controller.show(scenes.snapshot(DUE_S + 4000, round=None, board=OPEN))
    page.goto(served.url + "/care")
    page.get_by_label("Your name").fill("Ada")
    return page


def wished(served: Served) -> list[Object]:
    """What the controller was asked for, looks left out."""
    return [one for one in served.stage.controller.asked if one.get("wish") != "foresee"]


def test_r9_nothing_can_be_said_before_switch_and_door(page: Page, served: Served) -> None:
    """Door closed: what to do first, no name and no button that gives; open: what may be given."""
    served.stage.controller.answer = scenes.foresees
    page.goto(served.url + "/care")
    expect(page.get_by_text("Then this page says what may be given")).to_be_visible()

    assert (0, 0) == (page.get_by_label("Your name").count(), page.locator(".atwork").count())

    page.get_by_role("button", name="Simulate: switch on").click()
    expect(page.locator("button[data-busy]")).to_have_count(0, timeout=10_000)
    served.stage.controller.show(scenes.snapshot(board=OPEN))
    expect(page.get_by_role("button", name="I give it now", exact=True)).to_be_visible()

    assert [{"verb": "service", "on": True}] == served.stage.house.asked


def test_r9_a_dose_is_given_by_hand_with_name_and_count(opened: Page, served: Served) -> None:
    """What follows is said first; without the count nothing is asked; then pieces are taken out."""
    section = opened.locator("section", has_text="Give now, by hand").first
    expect(section).to_contain_text("1 Gabapentin 300 mg")
    expect(section).to_contain_text("the machine never gives this one")
    opened.get_by_role("button", name="I give it now", exact=True).click()
    expect(opened.get_by_text("Please count the pieces you took out")).to_be_visible()

    assert [] == wished(served)

    section.get_by_label("Pieces counted").first.fill("1")
    expect(opened.locator("button[data-busy]")).to_have_count(0, timeout=10_000)
    opened.get_by_role("button", name="I give it now", exact=True).click()
    expect(opened.get_by_text("Noted.")).to_be_visible()

    by_hand = {"wish": "by-hand", "compartment": 4, "by": "person/ada", "pieces": 1}
    assert [by_hand] == wished(served)
    assert [{"verb": "hand_out", "compartment": 4}] == served.stage.house.asked


def test_r9_what_was_given_without_power_is_written_down(opened: Page, served: Served) -> None:
    """Behind one more step, because it is a fact and not a question any more."""
    opened.get_by_text("It was given by hand already").click()
    done = opened.locator("details")
    done.get_by_label("Pieces counted").fill("1")
    done.get_by_role("button", name="It was given already").click()
    expect(opened.get_by_text("Noted.")).to_be_visible()

    assert [True] == [one["done"] for one in wished(served)]


def test_r17_a_missed_dose_is_given_late_with_its_reason(opened: Page, served: Served) -> None:
    """One may be given, the other says when again; without a reason nothing is asked."""
    late = opened.locator("section", has_text="Give late what was missed").last
    expect(late).to_contain_text("Too soon after the last one. Again at 14:00.")
    button = late.get_by_role("button", name="I give it now, late")
    expect(button).to_have_count(1)
    button.click()
    expect(opened.get_by_text("Please say why it is late.")).to_be_visible()

    assert [] == wished(served)

    late.get_by_label("Why is it late?").select_option("the person came late")
    expect(opened.locator("button[data-busy]")).to_have_count(0, timeout=10_000)
    button.click()
    expect(opened.get_by_text("Noted.")).to_be_visible()

    assert [{"wish": "give-late", "dose_id": "metformin-0-0", "by": "person/ada",
             "reason": "came-late"}] == wished(served)  # fmt: skip
    assert [{"verb": "hand_out", "compartment": 2}] == served.stage.house.asked


def test_r17_doses_are_handed_out_for_a_journey(opened: Page, served: Served) -> None:
    """Who takes it along is asked; what is due now is given by hand, not handed out."""
    journey = opened.locator("section", has_text="Hand out for a journey").last
    expect(journey.get_by_role("button")).to_have_count(1)
    journey.get_by_label("Pieces counted").fill("1")
    journey.get_by_role("button", name="It is handed out").click()
    expect(opened.get_by_text("Please write who takes it along")).to_be_visible()
    journey.get_by_label("Who takes it along").fill("Ben, a day at the lake")
    expect(opened.locator("button[data-busy]")).to_have_count(0, timeout=10_000)
    journey.get_by_role("button", name="It is handed out").click()
    expect(opened.get_by_text("Noted.")).to_be_visible()

    assert [{"wish": "hand-out", "compartment": 5, "by": "person/ada", "pieces": 1,
             "for": "Ben, a day at the lake"}] == wished(served)  # fmt: skip


def test_r9_a_refused_giving_leaves_the_pieces_where_they_are(opened: Page, served: Served) -> None:
    """The controller judges when it is said: its sentence is shown, and no finger reaches in."""
    served.stage.controller.answer = lambda asked: (
        {"ok": False, "code": "gap", "why": "Too soon after the last."}
        if asked.get("wish") == "by-hand"
        else scenes.foresees(asked)
    )
    opened.get_by_label("Pieces counted").first.fill("1")
    opened.get_by_role("button", name="I give it now", exact=True).click()
    expect(opened.get_by_text("Too soon after the last.", exact=True)).to_be_visible()

    assert [] == served.stage.house.asked


def test_r9_a_silent_machine_still_takes_what_was_done_by_hand(page: Page, served: Served) -> None:
    """No board: the page says that it opens without power, and offers by hand."""
    served.stage.controller.answer = scenes.foresees
    board: Json = {"boot_epoch": 7, "simulated": True}
    served.stage.controller.show(scenes.snapshot(DUE_S, link="stale", round=None, board=board))
    page.goto(served.url + "/care")

    expect(page.get_by_text("The machine does not answer. It opens without power")).to_be_visible()
    expect(page.get_by_role("button", name="I give it now", exact=True)).to_be_visible()


def test_r9_the_whole_page_works_with_keys_and_large_buttons(opened: Page, served: Served) -> None:
    """Tab leads from name to count to button; Enter presses it; buttons are 48 px at least."""
    opened.get_by_label("Your name").focus()
    opened.keyboard.press("Tab")
    opened.keyboard.type("1")
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    expect(opened.get_by_text("Noted.")).to_be_visible()
    heights = opened.locator(".atwork button:visible").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().height)"
    )

    assert ["by-hand"] == [one["wish"] for one in wished(served)]
    assert heights and min(heights) >= 48


def test_r9_a_missed_dose_on_today_leads_to_giving_it(page: Page, served: Served) -> None:
    """From the alert to the page in one step; the patient's own page has nothing of it."""
    alert: Object = {
        "alert_id": "a1", "code": "dose-missed", "severity": 3, "sentence": "A dose was missed.",
        "since_ms": DUE_S * 1000, "dose_id": "x", "compartment": None, "acknowledged_by": "",
    }  # fmt: skip
    served.stage.controller.show(scenes.snapshot(DUE_S + 4000, round=None, alerts=[alert]))
    page.goto(served.url)
    expect(page.locator('a[href="/care"]')).to_have_count(0)
    page.goto(served.url + "/today")
    page.get_by_role("link", name="Give it by hand or late").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Without the machine")


def test_r17_it_works_without_scripts(browser: Browser, served: Served) -> None:
    """Plain HTML: a refusal is a page with the sentence, a grant leads back."""
    served.stage.controller.answer = scenes.foresees
    served.stage.controller.show(scenes.snapshot(DUE_S + 4000, round=None, board=OPEN))
    tab = browser.new_page(java_script_enabled=False)
    tab.goto(served.url + "/care")
    tab.get_by_label("Your name").fill("Ada")
    tab.get_by_role("button", name="It is handed out").click()
    expect(tab.get_by_text("Please write who takes it along")).to_be_visible()
    tab.get_by_role("link", name="Back").click()
    tab.get_by_label("Your name").fill("Ada")
    tab.get_by_label("Why is it late?").select_option("the person was away")
    tab.get_by_role("button", name="I give it now, late").click()

    assert served.url + "/care" == tab.url
    assert ["give-late"] == [one["wish"] for one in wished(served)]
    tab.close()
