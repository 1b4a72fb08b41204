"""A page on a free port, fed by a stage, and one browser for all of its tests."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from controller.journal import Journal
from controller.web.home import Home
from controller.web.server import Pages
from tests.web import scenes
from tests.web.stage import Stage

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


class Served:
    """A running page and what it is fed by."""

    def __init__(self, stage: Stage, journal: Journal, url: str) -> None:
        self.stage = stage
        self.journal = journal
        self.url = url


@contextmanager
def serving(home: Home) -> Iterator[tuple[str, str]]:
    """The pages of `home` on a free port: address:port, and the token of its forms."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Pages(home, ("127.0.0.1",))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()  # the kernel keeps early callers waiting until it serves
    yield f"127.0.0.1:{listener.getsockname()[1]}", str(server.app.state.token.value)
    server.end()
    thread.join(10)
    listener.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")  # its event loop must not outlive the module
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    if not CHROMIUM.exists():
        pytest.skip("no chromium: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of 1280 x 900; any script error or blocked content fails the test."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    trouble: list[str] = []
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
    yield tab
    tab.close()
    assert [] == [line for line in trouble if "net::ERR" not in line and "409" not in line]


@pytest.fixture
def served() -> Iterator[Served]:
    """The page of a simulated home, its sockets in a short folder (AF_UNIX allows 107 bytes)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stage = Stage(folder)
        stage.start()
        stage.controller.show(scenes.snapshot())
        stage.house.show(scenes.view())
        journal = Journal.open(folder / "journal.db")
        home = Home(str(stage.controller.path), str(folder / "journal.db"), str(stage.house.path))
        with serving(home) as (address, _):
            yield Served(stage, journal, f"http://{address}")
        stage.stop()
        journal.close()
