"""`python -m tests.web.take_pictures http://127.0.0.1:8080`: the pictures of the README.

Responsible for: living through one round of a running simulated home and keeping what a
visitor sees. Not a test. Start it within the minute before a round is due (FRESH=1 make run).
"""

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.conftest import CHROMIUM, FLAGS

PICTURES = Path(__file__).resolve().parents[2] / "controller" / "web" / "pictures"
ROUND_MS = 150_000  # longest wait for the next round
FALLEN_MS = 500  # until the drawing has put the piece into the cup
DESK, PANEL, PHONE = (1280, 900), (800, 480), (390, 844)


def main(url: str) -> None:
    """Take all pictures from the home at `url`."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        home = _open(browser, url, DESK)
        title = home.get_by_role("heading", level=1)
        button = home.get_by_role("button", name="Give me my medicine")
        button.wait_for(timeout=ROUND_MS)
        _keep(_open(browser, url + "/panel", PANEL), "panel")
        _keep(_open(browser, url, PHONE), "phone")
        button.click()
        expect(home.locator("#m-state")).to_contain_text("cup in place with 1", timeout=20_000)
        home.wait_for_timeout(FALLEN_MS)
        _keep(home, "home")
        home.get_by_role("button", name="Take the cup").click(timeout=20_000)
        home.get_by_role("button", name="Put the cup back").click(timeout=20_000)
        expect(title).to_have_text("Well done", timeout=20_000)
        for name in ("today", "machine"):
            page = _open(browser, f"{url}/{name}", DESK)
            expect(page.locator("#live")).to_contain_text("Simulated")
            _keep(page, name)
        browser.close()


def _open(browser: Browser, url: str, size: tuple[int, int]) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    page.goto(url)
    return page


def _keep(page: Page, name: str) -> None:
    path = PICTURES / f"{name}.png"
    page.screenshot(path=str(path))
    if shutil.which("pngquant"):  # a third of the size, if it is there
        quant = ["pngquant", "--quality", "70-92", "--force", "--ext", ".png", str(path)]
        subprocess.run(quant, check=False)
    print(f"{path.name}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
