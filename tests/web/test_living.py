"""From the browser down to the pieces: the true page, controller, firmware and world."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from controller import events as ev
from controller.web.home import Home as Pages
from tests.controller.home import Home
from tests.controller.monday import CALL, OVER, bring, fallen, how, skip_to, version
from tests.web.conftest import serving
from tests.web.living import LivingHome

IDLE = "button[data-busy]"


class Life:
    """A living home and the address of its page."""

    def __init__(self, home: LivingHome, url: str) -> None:
        self.home = home
        self.url = url

    def until(self, instant: str) -> None:
        """Let simulated time pass."""
        self.home.tell(lambda home: home.run_to(instant))

    def gone(self) -> int:
        """Pieces that a person took by hand, by the world's ground truth."""
        fills: Any = self.home.tell(lambda home: home.world.truth()["fills"])
        return sum(
            p["gone_ms"] is not None and p["fell_ms"] is None for f in fills for p in f["pieces"]
        )


@pytest.fixture
def life() -> Iterator[Life]:
    """The example's plan, loaded; sockets in a short folder (AF_UNIX allows 107 bytes)."""
    with tempfile.TemporaryDirectory() as name:
        home = LivingHome(Path(name))
        home.begin()
        pages = Pages(str(home.door), str(home.folder / "journal.db"), str(home.house.path))
        with serving(pages) as (address, _):
            yield Life(home, f"http://{address}")
        home.end()


def open_up(page: Page, life: Life) -> None:
    """A person at the machine: switch on, door open, name said."""
    page.goto(life.url + "/care")
    page.get_by_role("button", name="Simulate: switch on").click()
    page.get_by_role("button", name="Simulate: open the door").click()
    page.get_by_label("Your name").fill("Ada")


def close_up(page: Page, life: Life) -> None:
    """Looked again, finished, door closed, switch let go: the machine is loaded anew."""
    page.goto(life.url + "/load")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="they are right").click()
    expect(page.get_by_text("Nothing needs a second look.")).to_be_visible()
    life.home.tell(lambda home: home.load())


def test_r17_a_missed_breakfast_is_given_late_from_the_page(page: Page, life: Life) -> None:
    """Alert, link, switch, door, reason: the pieces are gone, the record says who and why."""
    life.until(OVER)
    page.goto(life.url + "/today")
    page.get_by_role("link", name="Give it by hand or late").first.click()
    open_up(page, life)
    late = page.locator("section", has_text="Give late what was missed").last
    expect(late).to_contain_text("1 Amlodipine 5 mg + 1 Metformin 500 mg")
    late.get_by_label("Why is it late?").select_option("the person came late")
    late.get_by_role("button", name="I give it now, late").click()
    expect(page.get_by_text("Nothing that was missed or held back")).to_be_visible()

    said: Any = life.home.tell(lambda home: home.events(ev.GivenLate))
    assert [("person/ada", "came-late")] * 2 == [(e.by, e.why) for e in said]
    assert [("missed", "not-asked-for")] == life.home.tell(how)
    assert (2, 0) == (life.gone(), life.home.tell(fallen))
    page.goto(life.url + "/today")
    expect(page.locator(".happened")).to_contain_text(
        "Ada gave 08:00 Metformin 500 mg late, by hand: the person came late."
    )
    expect(page.get_by_role("link", name="Give it by hand or late")).to_have_count(0)


def test_r9_breakfast_is_given_by_hand_and_never_falls(page: Page, life: Life) -> None:
    """A wrong count is refused in words; counted right it is taken; the machine goes on."""
    life.until(CALL)
    open_up(page, life)
    now = page.locator("section", has_text="Give now, by hand").first
    now.get_by_label("Pieces counted").first.fill("1")
    now.get_by_role("button", name="I give it now", exact=True).click()
    expect(page.get_by_text("2 pieces belong in it; count again.")).to_be_visible()
    now.get_by_label("Pieces counted").first.fill("2")
    expect(page.locator(IDLE)).to_have_count(0, timeout=10_000)
    now.get_by_role("button", name="I give it now", exact=True).click()
    expect(page.get_by_text("Nothing is due that could be given by hand now.")).to_be_visible()
    assert [("taken", "by-hand")] == life.home.tell(how)
    close_up(page, life)
    life.until(OVER)
    life.home.tell(lambda home: home.world.press())
    life.until("2026-11-23T08:25:00+00:00")

    assert (2, 0) == (life.gone(), life.home.tell(fallen))


def test_r17_lunch_goes_along_on_a_journey(page: Page, life: Life) -> None:
    """Handed out ahead by name and purpose: nobody is called for it, and nothing is missed."""
    life.until(CALL)
    open_up(page, life)
    page.get_by_label("Who takes it along").fill("Ben, a day at the lake")
    lunch = page.locator("section", has_text="Hand out for a journey").last.locator(
        "article", has_text="Gabapentin"
    ).first  # fmt: skip
    lunch.get_by_label("Pieces counted").fill("1")
    lunch.get_by_role("button", name="It is handed out").click()
    expect(page.get_by_text("Noted.")).to_be_visible()
    close_up(page, life)
    life.until("2026-11-23T13:00:00+00:00")
    outcome = life.home.tell(lambda home: how(home, "gabapentin-300"))

    assert [("handed-out", "Ben, a day at the lake")] == outcome
    assert (1, 0) == (life.gone(), life.home.tell(fallen))


def test_r7_what_a_late_loading_changes_is_accepted_by_name_on_the_page(
    page: Page, life: Life
) -> None:
    """Approved in time, loaded too late: refused in words; ticked and named, it is written down."""

    def approved(home: Home) -> str:
        skip_to(home, "2026-11-24T05:00:00+00:00")
        earlier = version(home, 2, ("at: [08:00]", "at: [07:30]"))
        code = bring(home, earlier)
        home.run_to("2026-11-24T06:45:00+00:00")
        return code

    assert "" == life.home.tell(approved)
    page.goto(life.url + "/load")
    page.get_by_role("button", name="Simulate: switch on").click()
    page.get_by_role("button", name="Simulate: open the door").click()
    page.get_by_label("Your name").fill("Ada")
    tick = page.get_by_role("checkbox", name="Amlodipine 5 mg")
    expect(page.get_by_text("It comes into force only if somebody takes")).to_be_visible()
    done = page.get_by_role("button", name="Loading is done")
    done.click()
    expect(page.get_by_text("amlodipine-5: ")).to_be_visible()
    assert [] == life.home.tell(lambda home: home.events(ev.RowsPaired))
    tick.check()
    expect(page.locator(IDLE)).to_have_count(0, timeout=10_000)
    done.click()
    expect(tick).to_have_count(0)

    paired: Any = life.home.tell(lambda home: home.events(ev.RowsPaired))
    assert [("gap-too-long", "amlodipine-5", "person/ada")] == [
        (e.code, e.regimen, e.by) for e in paired
    ]
    assert 1 == len(life.home.tell(lambda home: home.events(ev.LoadingDone))) - 1
