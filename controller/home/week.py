"""One week in one home, as a list: when, and what.

Responsible for: the script of the demonstration: ordinary rounds and, one after
another, the troubles that a home machine must survive. Not responsible for how
people act (cast.py) or what counts as right (judge.py). Times are the patient's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from controller.home.cast import Cast
from controller.home.stage import as_row
from hal.sim import mishaps
from hal.wire import codes

START: Final = datetime(2026, 11, 23, 6, 0)  # a Monday, local time
DAYS: Final = 7
PAIN: Final = "paracetamol-500"
CUT_MS: Final = 20  # between two looks for the instant of a cut
LOOKS: Final = 1500
GRANT_S: Final = 1500


@dataclass(frozen=True)
class Beat:
    """Something that happens at a time of the week."""

    day: int  # 1 to DAYS
    at: str  # HH:MM
    what: str
    act: Callable[[Cast], None]


def install(cast: Cast) -> None:
    """The signed plan is handed over, the machine loaded for the first time."""
    cast.stage.run_ms(15_000)
    envelope = cast.stage.furniture.envelope.decode()
    cast.stage.wish("plan", envelope=envelope)
    cast.loader.visit()


def errands(cast: Cast) -> None:
    """Caregiver and loader look in: alerts are seen to, a wanted refill is done."""
    cast.caregiver.visit()
    if any(a["code"] == "board-fault" for a in as_row(cast.stage.look(), "alerts")):
        cast.loader.free_the_tray()
    if cast.loader.asked():
        cast.loader.visit()


def ask(cast: Cast) -> None:
    """The patient asks for the as-needed medicine, and waits for it."""
    cast.patient.asks = True
    cast.stage.wish("ask", regimen=PAIN)
    stage = cast.stage
    stage.house.do_at(stage.world.now_ms + GRANT_S * 1000, lambda: _content(cast))


def _content(cast: Cast) -> None:
    cast.patient.asks = False


def leave(cast: Cast) -> None:
    """Out of the house."""
    cast.patient.at_home = False


def come_back(cast: Cast) -> None:
    """At home again."""
    cast.patient.at_home = True


def jam(cast: Cast) -> None:
    """The tray will not turn."""
    mishaps.cause(cast.stage.world, "jam")


def free_jam(cast: Cast) -> None:
    """Somebody takes out the wedged piece and lets the tray go home."""
    mishaps.heal(cast.stage.world, "jam")
    cast.loader.free_the_tray()
    cast.caregiver.visit()


def kill_controller_in_mid_dose(cast: Cast) -> None:
    """kill -9 just after START was sent; it comes back two seconds later."""
    cast.patient.at_home = False  # one press, by hand, so that the instant is known
    _press_and_wait(cast, lambda: _turning(cast))
    cast.stage.kill_controller(away_ms=2_000)
    cast.stage.run_ms(20_000)
    cast.patient.at_home = True


def cut_after_the_fall(cast: Cast) -> None:
    """The board loses power when the pills lie in the cup: the evidence will settle it."""
    _press_and_wait(cast, lambda: _settled_cup(cast))
    cast.stage.kill_board()
    cast.stage.run_ms(20_000)


def cut_before_the_fall(cast: Cast) -> None:
    """The board loses power over the open compartment, nothing fallen yet: nobody can know."""
    before = _exposures(cast)
    _press_and_wait(cast, lambda: _exposures(cast) > before)
    cast.stage.kill_board()
    cast.stage.run_ms(20_000)


def look_inside(cast: Cast) -> None:
    """Somebody looks into compartment, chute and cup, says what is seen, clears the chute."""
    cast.caregiver.visit()
    cast.loader.free_the_tray()


def _press_and_wait(cast: Cast, until: Callable[[], bool]) -> None:
    stage = cast.stage
    for _ in range(LOOKS):  # until it calls
        if stage.world.lamp_shows in (codes.CALL, codes.WARN):
            break
        stage.run_ms(1_000)
    stage.world.press()
    for _ in range(LOOKS):
        if until():
            return
        stage.run_ms(CUT_MS)


def _turning(cast: Cast) -> bool:
    drives = cast.stage.world.drives
    return bool(drives) and drives[-1][1] == -1  # the coils are energised


def _settled_cup(cast: Cast) -> bool:
    world = cast.stage.world
    order = (cast.stage.look().get("board") or {}).get("order_state")
    return bool(world.truth()["in_cup"]) and order == codes.STARTED and _rested(cast)


def _rested(cast: Cast) -> bool:
    cast.stage.run_ms(700)  # the scale has come to rest
    return True


def _exposures(cast: Cast) -> int:
    """How often a compartment lay open over the chute."""
    exposures = cast.stage.world.truth()["exposures"]
    assert isinstance(exposures, list)
    return len(exposures)


def no_broker(cast: Cast) -> None:
    """The broker is killed."""
    cast.stage.cut_net()


def broker_back(cast: Cast) -> None:
    """The broker is back."""
    cast.stage.mend_net()


WEEK: Final[tuple[Beat, ...]] = (
    Beat(1, "06:00", "the plan is handed over, the machine is loaded", install),
    Beat(1, "15:00", "something for the pain: granted", ask),
    Beat(1, "16:00", "again: too soon, refused with a time", ask),
    Beat(1, "19:45", "again: allowed", ask),
    Beat(2, "11:30", "the patient goes out", leave),
    Beat(2, "14:30", "and comes back: lunch was missed", come_back),
    Beat(3, "07:55", "the tray jams", jam),
    Beat(3, "09:30", "the jam is freed", free_jam),
    Beat(3, "18:20", "the controller is killed in mid-dose", kill_controller_in_mid_dose),
    Beat(4, "12:30", "the board loses power, the pills in the cup", cut_after_the_fall),
    Beat(4, "22:00", "the board loses power over an open compartment", cut_before_the_fall),
    Beat(4, "22:20", "a named person looks, settles it, and lets the tray go home", look_inside),
    Beat(5, "06:00", "a day without broker", no_broker),
    Beat(6, "06:00", "the broker is back", broker_back),
)

ERRANDS_AT: Final = "10:30"


def beats(script: tuple[Beat, ...], days: int) -> Iterator[Beat]:
    """The script with the daily errands, in order of time."""
    daily = [Beat(d, ERRANDS_AT, "errands", errands) for d in range(1, days + 1)]
    yield from sorted([*script, *daily], key=lambda beat: (beat.day, beat.at))


def instant(start: datetime, zone: str, beat: Beat) -> int:
    """Unix seconds of a beat in the week that begins at `start` (local)."""
    hour, minute = map(int, beat.at.split(":"))
    midnight = start.replace(hour=0, minute=0) + timedelta(days=beat.day - 1)
    return int(midnight.replace(hour=hour, minute=minute, tzinfo=ZoneInfo(zone)).timestamp())
