"""What every request must satisfy and every answer must carry.

Responsible for: host names that are ours (against DNS rebinding), same-origin posts with
this process's token (against forged forms), small bodies, and strict answer headers.
Not responsible for signing people in: the page runs on the machine's own screen.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_MOST = 16_384  # bytes
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a plain form says `Origin: null`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Token:
    """A secret of this process; a form that carries it was written by this process."""

    def __init__(self) -> None:
        self.value = secrets.token_urlsafe(24)

    def fits(self, given: str) -> bool:
        """Whether the form is ours; compares in constant time."""
        return hmac.compare_digest(self.value.encode(), given.encode())


class Guard:
    """ASGI wrapper around the pages."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on and put the headers on the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope["method"], Headers(scope=scope))
        dressed = _dressed(scope["path"], send)
        if refusal:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, dressed)
            return
        await self._app(scope, receive, dressed)

    def _refusal(self, method: str, headers: Headers) -> str:
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            return "This page does not answer under that name."
        if method in ("GET", "HEAD"):
            return ""
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != host:
            return "This form was not written here."
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "This form was not written here."
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > BODY_MOST:
            return "That is too much, or of no stated length."
        return ""


def _name(host: str) -> str:
    """The host without its port; IPv6 keeps its brackets."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _dressed(path: str, send: Send) -> Send:
    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers["Cache-Control"] = "no-cache" if path.startswith("/static/") else "no-store"
        await send(message)

    return dressed
