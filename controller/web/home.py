"""Everything the pages know of one home at one moment.

Responsible for: joining the controller's snapshot, the house's view and the journal into
what a template needs, and saying when that would next look different by time alone.
Not responsible for HTTP (app.py). Its clock is the controller's last word plus what has
passed here since, at the simulation's pace: it is for reading, nothing is decided by it.
"""

import asyncio
import time
from dataclasses import dataclass

from controller.web import day, panel, signs, words
from controller.web.apart import may_say
from controller.web.ask import fetch
from controller.web.care import care
from controller.web.feed import Feed
from controller.web.foreseen import Change, HandRow, read_changes, read_hands
from controller.web.hands import MISHAPS
from controller.web.history import History, Look
from controller.web.load import work
from controller.web.pick import Object, number, text
from controller.web.scene import Scene, frame, pace, read_scene
from controller.web.snapshot import Snapshot, read_snapshot

BACK_MS = 26 * 3_600_000  # how far back the timeline looks
REDRAW_MOST_S = 10.0
REDRAW_LEAST_S = 0.25
PASSING = ("at_ms", "local_now")  # what is new in a snapshot though nothing happened
PAGES = ("patient", "today", "load", "care", "machine")


@dataclass(frozen=True)
class Moment:
    """One consistent look at all sources."""

    now: Snapshot | None
    now_s: int
    up: bool
    since: str
    scene: Scene | None
    house_up: bool
    simulated: bool

    @property
    def zone(self) -> str:
        """The patient's zone, UTC while unknown."""
        return self.now.zone if self.now else "UTC"


class Home:
    """The sources of one home."""

    def __init__(self, controller: str, journal: str, house: str) -> None:
        self.controller = Feed(controller, "snapshot")
        self.house = Feed(house, "view") if house else None
        self._history = History(journal)
        self._started_s = time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closing = False
        self._hands: tuple[HandRow, ...] = ()
        self._changes: tuple[Change, ...] = ()
        self._foreseen: Object | None = None
        self._foreseen_s = 0.0

    def close(self) -> None:
        """The server is to stop: wake every stream so that it ends. From any thread."""
        self.closing = True
        if self._loop:
            self._loop.call_soon_threadsafe(self.controller.nudge)

    async def run(self) -> None:
        """Follow the controller and the house until cancelled."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.controller.run())
            if self.house:
                group.create_task(self.house.run())

    async def foresee(self, page: str) -> None:
        """For a page that says what would come of a wish: ask, unless nothing has changed."""
        latest = self.controller.latest or {}
        waits = number(latest, "pending_version") > 0
        if not (page == "care" or (page == "load" and waits)):
            return
        seen = {key: value for key, value in latest.items() if key not in PASSING}
        if seen == self._foreseen and time.monotonic() - self._foreseen_s < REDRAW_MOST_S:
            return
        answer = await fetch(self.controller.path, {"wish": "foresee"})
        self._hands, self._changes = read_hands(answer), read_changes(answer)
        self._foreseen, self._foreseen_s = seen, time.monotonic()

    def look(self) -> Moment:
        """What is known now."""
        feed, house = self.controller, self.house
        now = read_snapshot(feed.latest) if feed.latest is not None else None
        scene = read_scene(house.latest) if house and house.latest is not None else None
        now_s = self._now_s(now, scene)
        return Moment(
            now=now,
            now_s=now_s,
            up=feed.up,
            since=self._since(now),
            scene=scene,
            house_up=bool(house and house.up),
            simulated=house is not None,
        )

    def context(self, page: str, *, everything: bool = False) -> dict[str, object]:
        """The names a template of `page` may use."""
        moment = self.look()
        now, now_s, zone = moment.now, moment.now_s, moment.zone
        context: dict[str, object] = {
            "page": page,
            "now": now,
            "up": moment.up,
            "since": moment.since,
            "simulated": moment.simulated,
            "clock": words.clock(now_s, zone) if now else "--:--",
            "day": words.day_name(now_s, zone) if now else "",
            "part": words.part_of_day(now_s, zone) if now else "",
            "pace": pace(moment.scene),
            "chips": signs.chips(
                now, up=moment.up, simulated=moment.simulated, pace=pace(moment.scene)
            ),
            "words": words,
            "now_s": now_s,
            "zone": zone,
        }
        if page == "patient":
            context["panel"] = panel.panel(
                now, now_s=now_s, up=moment.up, since=moment.since, hands=moment.house_up
            )
            context["dots"] = signs.dots(now, now_s) if now else []
        elif page == "today":
            look = self._entries(now, now_s)
            context["rounds"] = day.rounds(now, now_s) if now else []
            context["happenings"] = (
                day.happenings(look.entries, now, now_s, everything=everything) if now else []
            )
            context["journal_fault"] = look.fault
            context["everything"] = everything
            context["hold_points"] = now.hold_points if now else ()
        elif page == "care":
            context["care"] = care(now, self._hands, now_s) if now else None
            rows = [d for d in now.doses if may_say(d)] if now else []
            context["apart"] = [day.dose_row(d, now, now_s) for d in rows] if now else []
            context["house_up"] = moment.house_up
        else:
            context["work"] = work(now) if now else None
            context["changes"] = self._changes if now and now.pending_version else ()
            context["scene"] = moment.scene
            context["house_up"] = moment.house_up
            context["mishaps"] = MISHAPS
        return context

    def picture(self) -> Object | None:
        """The drawing's data; None where there is no simulated house, or none has spoken."""
        moment = self.look()
        return frame(moment.scene, moment.now, moment.zone) if moment.scene else None

    def coming(self) -> int:
        """The compartment whose doses are due next; 0 where none is loaded."""
        now = self.look().now
        if now is None:
            return 0
        due = {dose.dose_id: dose.due_at for dose in now.doses if not dose.outcome}
        loaded = [
            (min(due[name] for name in c.doses if name in due), c.index)
            for c in now.compartments
            if c.state == "loaded" and any(name in due for name in c.doses)
        ]
        return min(loaded)[1] if loaded else 0

    def piece_mgs(self, compartment: int) -> tuple[int, ...]:
        """What is proposed for a compartment, one weight a piece; empty where nothing is."""
        now = self.look().now
        rows = now.loading.rows if now and now.loading else ()
        return next((row.piece_mgs for row in rows if row.compartment == compartment), ())

    def at(self, text: str) -> int | None:
        """The last time that the patient's clock said so (Unix s), None: it is no time."""
        moment = self.look()
        return words.before(text, moment.now_s, moment.zone) if moment.now else None

    def compartment_of(self, line: Object) -> int:
        """Where what a wish is about lies: it says so itself, or names a dose."""
        dose_id = text(line, "dose_id")
        found = (row.compartment for row in self._hands if dose_id and row.dose_id == dose_id)
        return next(found, number(line, "compartment"))

    def redraw_s(self) -> float:
        """Real seconds until the pages would say something else though nothing happened."""
        moment = self.look()
        if not moment.now:
            return REDRAW_MOST_S
        speed = moment.scene.speed if moment.scene else 1
        target = moment.now.round.due_at if moment.now.round else moment.now.next_at
        counting = target is not None and 0 < target - moment.now_s <= panel.COUNTDOWN_S
        left_s = 1.0 if counting else 60 - moment.now_s % 60
        return min(max(left_s / speed, REDRAW_LEAST_S), REDRAW_MOST_S)

    def _now_s(self, now: Snapshot | None, scene: Scene | None) -> int:
        if now is None:
            return 0
        speed = scene.speed if scene else 1
        passed_ms = self.controller.age_s() * 1000 * speed
        return int(now.at_ms + passed_ms) // 1000

    def _since(self, now: Snapshot | None) -> str:
        if now is None:
            minutes = int(time.monotonic() - self._started_s) // 60
            return "yet" if minutes == 0 else f"for {words.counted(minutes, 'minute')}"
        return f"since {words.clock(now.at_ms // 1000, now.zone)}"

    def _entries(self, now: Snapshot | None, now_s: int) -> Look:
        if now is None:
            return Look(())
        return self._history.since(now_s * 1000 - BACK_MS, now.written)
