"""The pages in a real browser: what a person sees, presses and reads."""

import pytest
from playwright.sync_api import Browser, Page, expect

from controller.web.pick import Json, Object
from hal.wire import codes
from tests.web import scenes
from tests.web.conftest import Served
from tests.web.scenes import DUE_S

SMALL_TEXT = """() => [...document.querySelectorAll('#live *')]
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.nodeValue.trim()))
  .filter(e => e.getClientRects().length && !e.closest('.unseen, .journey'))
  .filter(e => parseFloat(getComputedStyle(e).fontSize) < 28)
  .map(e => e.className + ': ' + e.textContent.trim().slice(0, 30))"""
SIDEWAYS = "() => document.documentElement.scrollWidth - window.innerWidth"
CONTRASTS = """() => {
  const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(Number)
      .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$/.test(c) && c !== 'transparent') return c; } return 'rgb(255, 255, 255)'; };
  return [...document.querySelectorAll('body *')]
    .filter(e => !e.closest('svg, .skip, .said, .unseen') && e.getClientRects().length)
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.nodeValue.trim()))
    .map(e => { const a = light(getComputedStyle(e).color), b = light(behind(e));
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return [ratio, e.textContent.trim().slice(0, 30)]; })
    .filter(([ratio]) => ratio < 7);
}"""


def test_a_round_from_the_call_to_the_cup(page: Page, served: Served) -> None:
    """Called, pressed once, waited, cup taken, cup back, done: one button leads through."""
    served.stage.controller.show(
        scenes.snapshot(DUE_S, round=scenes.round_("prepared"), signal="call")
    )
    page.goto(served.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Time for your morning medicine")
    page.get_by_role("button", name="Give me my medicine").click()
    _asked(page, served, {"verb": "press"})

    served.stage.controller.show(scenes.snapshot(DUE_S + 2, round=scenes.round_("committed")))
    expect(page.get_by_role("heading", level=1)).to_have_text("Please wait")
    assert 0 == page.locator("#live button.big").count()

    served.stage.controller.show(scenes.snapshot(DUE_S + 9, round=scenes.round_("released")))
    page.get_by_role("button", name="Take the cup").click()
    _asked(page, served, {"verb": "press"}, {"verb": "take_cup"})

    served.stage.controller.show(scenes.snapshot(DUE_S + 20, round=scenes.round_("taken")))
    page.get_by_role("button", name="Put the cup back").click()
    doses = [scenes.dose(0, 0, "Metformin 500 mg", "metformin", "taken")]
    served.stage.controller.show(scenes.snapshot(DUE_S + 40, round=None, doses=list(doses)))
    expect(page.get_by_role("heading", level=1)).to_have_text("Well done")
    expect(page.locator(".journey [aria-current=step]")).to_contain_text("Outcome")


def _asked(page: Page, served: Served, *lines: Object) -> None:
    """Wait until the house was asked exactly these lines."""
    expect(page.locator("button[data-busy]")).to_have_count(0, timeout=10_000)

    assert list(lines) == served.stage.house.asked


def test_two_quick_presses_are_one(page: Page, served: Served) -> None:
    """The screen sends one press for a trembling finger; the board counts presses anyway."""
    served.stage.controller.show(
        scenes.snapshot(DUE_S, round=scenes.round_("prepared"), signal="call")
    )
    page.goto(served.url)
    page.get_by_role("button", name="Give me my medicine").dblclick()
    _asked(page, served, {"verb": "press"})


def test_a_dead_controller_is_said_and_forgotten_when_it_returns(
    page: Page, served: Served
) -> None:
    """Killed: the page says so and since when; back: it goes on without a reload."""
    page.goto(served.url)
    expect(page.get_by_role("heading", level=1)).to_contain_text("comes in")
    served.stage.controller.stop()
    expect(page.get_by_role("heading", level=1)).to_have_text("The screen has lost the machine")
    expect(page.locator(".detail")).to_contain_text("since 07:59")
    served.stage.controller.start()
    served.stage.controller.show(
        scenes.snapshot(DUE_S, round=scenes.round_("prepared"), signal="call")
    )
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Time for your morning medicine", timeout=10_000
    )


def test_an_unclear_dose_is_settled_by_name(page: Page, served: Served) -> None:
    """Outcome, what was seen and the name reach the controller; without a name nothing does."""
    doses = scenes.doses()
    doses[5] = scenes.dose(0, 0, "Metformin 500 mg", "metformin", "uncertain")
    served.stage.controller.show(scenes.snapshot(DUE_S + 4000, round=None, doses=doses))
    page.goto(served.url + "/today")
    page.get_by_label("What I know").select_option("seen taking it")
    page.get_by_role("button", name="It was taken").click()

    assert [] == served.stage.controller.asked

    page.get_by_label("Your name").fill("Ada")
    served.stage.controller.show(scenes.snapshot(DUE_S + 4060, round=None, doses=doses))
    expect(page.locator(".lead")).to_contain_text("09:07")
    page.get_by_role("button", name="It was taken").click()
    expect(page.get_by_text("Noted.")).to_be_visible()

    assert [
        {"wish": "settle", "dose_id": "metformin-0-0", "outcome": "taken",
         "how": "seen taking it", "by": "person/ada"}
    ] == served.stage.controller.asked  # fmt: skip


def test_r16_a_high_alert_dose_in_doubt_is_settled_by_two_and_shows_its_number(
    page: Page, served: Served
) -> None:
    """No name can be typed for it: the page says whom to tell what, with the number to tell."""
    doses = scenes.doses()
    doubt = scenes.dose(0, 0, "Morphine 10 mg", "morphine", "uncertain")
    doses[5] = {**doubt, "dose_id": "0123456789abcdef" * 2, "second": True}
    served.stage.controller.show(scenes.snapshot(DUE_S + 4000, round=None, doses=doses))
    page.goto(served.url + "/today")

    expect(page.locator(".settle")).to_contain_text("0123456789abcdef0123456789abcdef")
    assert 0 == page.get_by_role("button", name="It was taken").count()


def test_a_refused_wish_is_shown_with_its_reason(page: Page, served: Served) -> None:
    """The controller's sentence reaches the person who asked."""
    served.stage.controller.answer = lambda _: {"ok": False, "code": "gap", "why": "Too soon."}
    page.goto(served.url)
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("Too soon.")).to_be_visible()


def test_the_journal_is_told_in_sentences(page: Page, served: Served) -> None:
    """What the journal holds appears on the timeline, read-only, as soon as it is said."""
    served.journal.append(
        [(DUE_S * 1000, "DoseSettled", {"dose_id": "metformin-0-0", "outcome": "missed",
                                        "how": "counted", "by": "person/ada"})],
        barrier=True,
    )  # fmt: skip
    page.goto(served.url + "/today")
    expect(page.locator(".happened")).to_contain_text(
        "Ada settled 08:00 Metformin 500 mg: missed (counted)."
    )


def test_the_drawn_machine_follows_the_house(page: Page, served: Served) -> None:
    """Tray, gate, pills, cup, lamp, door, plug and network are where the house says."""
    page.goto(served.url + "/machine")
    state = page.locator("#m-state")
    expect(state).to_contain_text("Compartment home over the hole, gate closed")
    served.stage.house.show(
        scenes.view(tray_ticks=24, gate_percent=100, drop_count=42, lamp="take", mains=False,
                    net=False, door_open=True, beam_lit=False,
                    cup={"present": True, "pieces": 2, "mg": 1012})
    )  # fmt: skip
    expect(state).to_contain_text("Compartment 3 over the hole, gate open")
    expect(page.locator("#m-weight")).to_have_text("1012 mg")
    expect(page.locator(".inside .piece.here")).to_have_count(2)
    expect(page.locator("#m-tray")).to_have_attribute(
        "style", f"transform: rotate({-24 * 360 / 232:.4f}deg);"
    )
    for part, mark in (("door", "open"), ("plug", "out"), ("break-net", "seen"), ("lamp", "take")):
        assert mark in (page.locator(f"#m-{part}").get_attribute("class") or "").split()


def test_the_controls_reach_the_house(page: Page, served: Served) -> None:
    """Mains, network, door, mishaps and clocks: each button is one line to the house."""
    page.goto(served.url + "/machine")
    for name in ("Cut the mains", "Cut the network", "Jam the tray", "Controller +1 h"):
        page.get_by_role("button", name=name).click()
    expect(page.locator("button[data-busy]")).to_have_count(0, timeout=10_000)

    assert [
        {"verb": "mains", "on": False},
        {"verb": "net", "up": False},
        {"verb": "mishap", "name": "jam"},
        {"verb": "clock_jump", "who": "controller", "seconds": 3600},
    ] == served.stage.house.asked


def test_after_an_opening_all_compartments_are_vouched_for_by_name(
    page: Page, served: Served
) -> None:
    """One name, one look, one wish for each compartment."""
    held: list[Json] = [
        {"index": index, "state": "held", "code": "door-opened"} for index in (2, 3)
    ]
    board: Json = {"flags": codes.F_SERVICE | codes.F_DOOR_OPEN}
    served.stage.controller.show(scenes.snapshot(compartments=held, board=board))
    page.goto(served.url + "/load")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="I have looked into all 2").click()
    expect(page.get_by_text("Noted.")).to_be_visible()

    assert [
        {"wish": "verify", "compartment": index, "by": "person/ada"} for index in (2, 3)
    ] == served.stage.controller.asked


def test_a_page_without_scripts_still_works(browser: Browser, served: Served) -> None:
    """Plain HTML: the press is a form, and the answer is the page again."""
    served.stage.controller.show(
        scenes.snapshot(DUE_S, round=scenes.round_("prepared"), signal="call")
    )
    tab = browser.new_page(java_script_enabled=False)
    tab.goto(served.url)
    tab.get_by_role("button", name="Give me my medicine").click()

    assert ([{"verb": "press"}], served.url + "/") == (served.stage.house.asked, tab.url)

    tab.close()


@pytest.mark.parametrize("stage", ["prepared", "committed", "released", "taken", None])
def test_the_patients_panel_is_large_and_fits(
    page: Page, served: Served, stage: str | None
) -> None:
    """At 800 x 480: text of 28 px at least, a button of 96 px, all of it without scrolling."""
    served.stage.controller.show(
        scenes.snapshot(
            DUE_S + 60, round=scenes.round_(stage) if stage else None, signal="call", asked=[]
        )
    )
    page.set_viewport_size({"width": 800, "height": 480})
    page.goto(served.url + "/panel")
    button = page.locator("button.big")

    assert [] == page.evaluate(SMALL_TEXT)
    assert 0 >= page.evaluate(SIDEWAYS)
    assert 480 >= page.evaluate("() => document.documentElement.scrollHeight")
    if button.count():
        box = button.bounding_box()
        assert box is not None and box["height"] >= 96


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/panel", "/today", "/load", "/care", "/machine"])
def test_every_word_has_contrast_and_no_page_scrolls_sideways(
    browser: Browser, served: Served, path: str, scheme: str
) -> None:
    """7:1 on every page, by day and by night, on a phone and on a desk."""
    served.stage.controller.show(_troubled())
    served.stage.controller.answer = scenes.foresees
    for width in (390, 1280):
        tab = browser.new_page(
            viewport={"width": width, "height": 844},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        tab.goto(served.url + path)

        assert (0, []) == (max(tab.evaluate(SIDEWAYS), 0), tab.evaluate(CONTRASTS))

        tab.close()


def _troubled() -> Object:
    doses = scenes.doses()
    doses[5] = scenes.dose(0, 0, "Metformin 500 mg", "metformin", "uncertain")
    doses[6] = scenes.dose(0, 0, "Amlodipine 5 mg", "amlodipine", "missed")
    alert: Object = {
        "alert_id": "a1", "code": "dose-missed", "severity": 3, "sentence": "A dose was missed.",
        "since_ms": DUE_S * 1000, "dose_id": "x", "compartment": None, "acknowledged_by": "",
    }  # fmt: skip
    board: Json = {"flags": codes.F_SERVICE | codes.F_DOOR_OPEN}
    return scenes.snapshot(
        DUE_S + 4000, round=None, doses=doses, alerts=[alert], board=board, pending_version=4
    )
