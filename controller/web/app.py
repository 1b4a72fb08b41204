"""The routes: four pages, one stream for each, wishes and hands.

Responsible for: HTTP. Not responsible for what is said (panel.py, day.py), for what a
wish means (the controller decides) or for what a hand does (hal/sim). Every page works
without JavaScript; with it the changing part is replaced as it changes.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.responses import JSONResponse, RedirectResponse, Response

from controller.web import drawing
from controller.web.ask import Answer, ask
from controller.web.guard import Guard, Token
from controller.web.hands import filling, hand, reaching_in
from controller.web.home import PAGES, Home
from controller.web.pick import number
from controller.web.wishes import HOW, NoWish, wishes

HERE = Path(__file__).parent
PATHS = {
    "patient": "/", "today": "/today", "load": "/load", "care": "/care", "machine": "/machine"
}  # fmt: skip
SCENE_GAP_S = 0.05  # at most 20 pictures a second to one browser


def create_app(home: Home, hosts: tuple[str, ...]) -> FastAPI:
    """The application for one home; answers only to the host names given."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(home.run())
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    app = FastAPI(
        title="Posology: the page", docs_url=None, redoc_url=None, openapi_url=None,
        lifespan=lifespan,
    )  # fmt: skip
    token = app.state.token = Token()
    templates = Jinja2Templates(HERE / "templates")
    templates.env.trim_blocks = templates.env.lstrip_blocks = True
    templates.env.globals.update(token=token, sectors=drawing.sectors(), how_choices=HOW)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_middleware(Guard, hosts=hosts)
    _add_pages(app, home, templates)
    _add_stream(app, home, templates, token)
    _add_acts(app, home, templates, token)
    return app


def _add_pages(app: FastAPI, home: Home, templates: Jinja2Templates) -> None:
    def show(request: Request, page: str, **more: object) -> Response:
        everything = request.query_params.get("all") == "1"
        context = home.context(page, everything=everything) | more
        return templates.TemplateResponse(request, f"{page}.html", context)

    @app.get("/")
    async def patient(request: Request) -> Response:
        return show(request, "patient", kiosk=False)

    @app.get("/panel")
    async def kiosk(request: Request) -> Response:
        return show(request, "patient", kiosk=True)

    @app.get("/today")
    async def today(request: Request) -> Response:
        return show(request, "today")

    @app.get("/load")
    async def load(request: Request) -> Response:
        await home.foresee("load")
        return show(request, "load")

    @app.get("/care")
    async def care(request: Request) -> Response:
        await home.foresee("care")
        return show(request, "care")

    @app.get("/machine")
    async def machine(request: Request) -> Response:
        return show(request, "machine")

    @app.get("/health")
    async def health() -> Response:
        return JSONResponse({"ok": True, "controller": home.controller.up})


def _add_stream(app: FastAPI, home: Home, templates: Jinja2Templates, token: Token) -> None:
    @app.get("/live/{page}", response_class=EventSourceResponse)
    async def live(page: str, everything: bool = False) -> AsyncIterator[ServerSentEvent]:
        """Events: `hello` (this process's token), `page` (HTML), `scene` (the drawing)."""
        if page not in PAGES:
            return
        template = templates.get_template(f"{page}_live.html")
        yield ServerSentEvent(event="hello", data=token.value, retry=1000)
        shown: dict[str, object] = {}
        turns = (-1, -1)
        while not home.closing:
            await home.foresee(page)
            html = template.render(home.context(page, everything=everything))
            for event, data in (("page", html), ("scene", home.picture())):
                if data is not None and shown.get(event) != data:
                    shown[event] = data
                    yield ServerSentEvent(event=event, data=data)
            await asyncio.sleep(SCENE_GAP_S)
            turns = await _next_turn(home, turns)


async def _next_turn(home: Home, turns: tuple[int, int]) -> tuple[int, int]:
    """Wait for news from either source, or for time itself to change the page."""
    feeds = [home.controller] + ([home.house] if home.house else [])
    waits = [
        asyncio.create_task(feed.changed(turn, home.redraw_s()))
        for feed, turn in zip(feeds, turns, strict=False)
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return home.controller.turn, home.house.turn if home.house else 0


def _add_acts(app: FastAPI, home: Home, templates: Jinja2Templates, token: Token) -> None:
    async def answered(request: Request, kind: str, verb: str) -> Response:
        fields = (await request.form()).items()
        form = {key: value for key, value in fields if isinstance(value, str)}
        answer = await _carry(home, kind, verb, form, token)
        if request.headers.get("accept", "").startswith("application/json"):
            said = {"ok": answer.ok, "code": answer.code, "why": answer.why}
            return JSONResponse(said, status_code=200 if answer.ok else 409)
        back = PATHS.get(form.get("page", ""), "/")
        if answer.ok:
            return RedirectResponse(back, status_code=303)
        return templates.TemplateResponse(
            request, "refused.html", {"answer": answer, "back": back}, status_code=409
        )

    @app.post("/wish/{verb}")
    async def wished(request: Request, verb: str) -> Response:
        return await answered(request, "wish", verb)

    if home.house:

        @app.post("/hand/{verb}")
        async def hands(request: Request, verb: str) -> Response:
            return await answered(request, "hand", verb)


async def _carry(home: Home, kind: str, verb: str, form: Mapping[str, str], token: Token) -> Answer:
    """Check the form and pass it on; what is nonsense is refused here with its sentence."""
    if not token.fits(form.get("token", "")):
        return Answer(False, "old-page", "This page was out of date. Please try once more.")
    try:
        if kind == "hand" and home.house:
            line = hand(verb, form, coming=home.coming())
            return await ask(home.house.path, line, who="simulated house")
        return await _wish(home, verb, form)
    except NoWish as refusal:
        return Answer(False, refusal.code, refusal.sentence)


async def _wish(home: Home, verb: str, form: Mapping[str, str]) -> Answer:
    """Say the wishes of one form until one is refused; simulated fingers go first."""
    answer = Answer(True)
    if verb == "confirm" and form.get("time", "").strip():
        form = {**form, "at": str(home.at(form["time"].strip()))}
    for line in wishes(verb, form):
        compartment = number(line, "compartment")
        fingers = filling(verb, compartment, home.piece_mgs(compartment)) if home.house else None
        if fingers and home.house and answer.ok:
            answer = await ask(home.house.path, fingers, who="simulated house")
        if answer.ok:
            taken = reaching_in(line, home.compartment_of(line)) if home.house else None
            answer = await ask(home.controller.path, line, who="controller")
            if taken and home.house and answer.ok:
                answer = await ask(home.house.path, taken, who="simulated house")
    return answer
