"""What the page refuses at the door, and what every answer carries."""

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

import pytest

from controller.web.home import Home
from tests.web.conftest import serving

JSON = {"accept": "application/json"}


class Client:
    """A page whose controller and house are not there, asked over plain HTTP."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.token = token
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""

    def get(self, path: str, headers: dict[str, str] | None = None) -> None:
        """GET; the answer is in status, headers and text."""
        self._ask("GET", path, None, headers or {})

    def post(self, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> None:
        """POST a form; the answer is in status, headers and text."""
        kind = {"content-type": "application/x-www-form-urlencoded"}
        self._ask("POST", path, urlencode(form), {**kind, **(headers or {})})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> None:
        connection = HTTPConnection(self.address, timeout=20)
        connection.request(method, path, body, headers)
        answer: HTTPResponse = connection.getresponse()
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.text = answer.read().decode()
        connection.close()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """See Client."""
    with serving(Home("/nonexistent/c", "/nonexistent/j", "/nonexistent/h")) as (address, token):
        yield Client(address, token)


def test_every_answer_forbids_foreign_content(client: Client) -> None:
    """No inline script or style, no frames, nothing from elsewhere, nothing kept."""
    for path in ("/", "/panel", "/today", "/machine", "/nowhere", "/static/live.js"):
        client.get(path)
        policy = client.headers["content-security-policy"]

        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "nosniff" == client.headers["x-content-type-options"]


def test_no_page_uses_inline_script_or_style(client: Client) -> None:
    """The policy would block them, so they must not be there; nor any foreign address."""
    banned = r"<script(?![^>]*src=)|<style| style=| on\w+=|https?://"
    for path in ("/", "/panel", "/today", "/machine"):
        client.get(path)

        assert (200, []) == (client.status, re.findall(banned, client.text))


def test_another_host_name_is_refused(client: Client) -> None:
    """A name that a stranger points at this machine gets nothing."""
    client.get("/", {"host": "evil.example"})

    assert 403 == client.status


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
)
def test_a_form_from_elsewhere_is_refused(client: Client, headers: dict[str, str]) -> None:
    """Other origins cannot wish anything, even with our token."""
    client.post("/wish/ask", {"regimen": "x", "token": client.token}, headers)

    assert (403, "This form was not written here.") == (client.status, client.text)


@pytest.mark.parametrize("token", ["", "guess", "ü"])
def test_a_form_without_our_token_is_refused(client: Client, token: str) -> None:
    """Same origin is not enough."""
    client.post("/wish/ask", {"regimen": "x", "token": token}, JSON)

    assert (409, "old-page") == (client.status, json.loads(client.text)["code"])


def test_a_huge_form_is_refused(client: Client) -> None:
    """Nothing a person types is that long."""
    client.post("/wish/ask", {"regimen": "x" * 20_000})

    assert 403 == client.status


def test_an_absent_controller_is_said_not_hidden(client: Client) -> None:
    """A wish that cannot be carried comes back with a sentence, with or without scripts."""
    form = {"alert_id": "a", "by": "Ada", "token": client.token}
    client.post("/wish/acknowledge", form, JSON)

    assert (409, "away") == (client.status, json.loads(client.text)["code"])

    client.post("/wish/acknowledge", form)

    assert "The controller is not running. Nothing was changed." in client.text


def test_the_pages_stand_without_controller_journal_and_house(client: Client) -> None:
    """Everything away at once: each page says so instead of failing."""
    client.get("/today")

    assert "No word from the controller yet" in client.text

    client.get("/machine")

    assert "The simulated house does not answer" in client.text


def test_real_hardware_has_no_hands() -> None:
    """Without a simulated house the route that presses buttons does not exist."""
    with serving(Home("/nonexistent/c", "/nonexistent/j", "")) as (address, token):
        client = Client(address, token)
        client.post("/hand/press", {"token": token})

        assert 404 == client.status

        client.get("/machine")

        assert "Real hardware" in client.text
