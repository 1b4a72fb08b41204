"""The patient's panel: one headline, one thing to do.

Responsible for: choosing the one phase a person should see, and its words. Pure.
Not responsible for drawing it (templates/) or for anything that happens. What is
wrong goes before what is due, and what is due before what comes later.
"""

from dataclasses import dataclass

from controller.web import words
from controller.web.apart import calls, what_and_where
from controller.web.pick import number, text
from controller.web.snapshot import Dose, Round, Snapshot
from controller.words import fault
from hal.wire import codes

RECENT_S = 20 * words.MINUTE_S  # how long "taken" or "missed" stays the news
COUNTDOWN_S = 2 * words.MINUTE_S  # below this the seconds are counted


@dataclass(frozen=True)
class Act:
    """What the one big button does: a verb of hands.py, and what it says."""

    verb: str
    label: str


@dataclass(frozen=True)
class Panel:
    """Everything the patient's page shows; `until` is the time the dose stays available."""

    phase: str
    tone: str
    headline: str
    detail: str = ""
    hint: str = ""
    act: Act | None = None
    medicines: tuple[tuple[str, int], ...] = ()
    until: str = ""
    countdown: bool = False
    apart: tuple[tuple[str, str, str], ...] = ()  # dose, what and how much, where it is

    @property
    def step(self) -> int:
        """Where on the way of a dose this is: 0 before the call to 4 written down."""
        return STEPS.get(self.phase, -1)


STEPS = {
    "soon": 0,
    "due": 1,
    "last-call": 1,
    "cup": 1,
    "coming": 2,
    "take": 3,
    "return": 3,
    "done": 4,
}
CUP_REFUSALS = {
    "cup-missing": "Please put the empty cup back",
    "cup-not-empty": "Please empty the cup and put it back",
    "cup-moved": "Please empty the cup and put it back",
}
WHILE = {"service-on": codes.F_SERVICE, "door-open": codes.F_DOOR_OPEN}  # asked again when over
HELP = "Call the person who helps you."


def panel(now: Snapshot | None, *, now_s: int, up: bool, since: str, hands: bool) -> Panel:
    """The panel at `now_s` (Unix seconds).

    `up`: the controller answers; `since`: the time of its last word; `hands`: this is a
    simulated home, so the page may press the button for the person.
    """
    if now is None or not up:
        return _away(since)
    trouble = _trouble(now)
    if trouble:
        return trouble
    if now.round:
        return _round(now, now.round, now_s, hands)
    waiting = [dose for dose in now.doses if calls(dose, now_s)]
    if waiting:
        return _apart(now, waiting)
    doubt = [dose for dose in now.doses if dose.state == "uncertain"]
    if doubt:
        return _doubtful(now, doubt[-1])
    if now.signal == "alarm":
        return _attention(now, now_s)
    return _news(now, now_s) or _idle(now, now_s)


def _away(since: str) -> Panel:
    if since == "yet":
        return Panel("starting", "calm", "One moment", "The screen is looking for the machine.")
    return Panel(
        "away",
        "bad",
        "The screen has lost the machine",
        f"No word {since}. Nothing is given out until it is back. It comes back by itself.",
        "Is your medicine due now? Call the person who helps you.",
    )


def _trouble(now: Snapshot) -> Panel | None:
    if now.mode == "service":
        return Panel("service", "calm", "Somebody is at the machine", now.say)
    if now.mode in ("locked", "journal-fault"):
        why = now.say or "It is locked."
        return Panel("problem", "bad", "Please do not wait for this machine", why, HELP)
    told = any(alert.code == "board-silent" for alert in now.alerts)
    silent = now.link == "stale" or (told and now.link == "never")
    if silent and now.cable_missing_ms is not None:
        since = words.clock(now.cable_missing_ms // 1000, now.zone)
        sentence = f"Nothing is at {now.cable} since {since}. Nothing is given out until it is."
        return Panel("problem", "bad", "The cable to the machine is missing", sentence, HELP)
    if silent:
        sentence = "Nothing is given out until it answers. The screen keeps trying."
        return Panel("problem", "bad", "The machine does not answer", sentence, HELP)
    if now.mode == "starting":
        return Panel("starting", "calm", "One moment", "The machine is getting ready.")
    if not now.trusted:
        sentence = "Nothing is given out until somebody has confirmed the time, under Today."
        return Panel("problem", "bad", "The clock is not sure", sentence, HELP)
    return None


def _round(now: Snapshot, round_: Round, now_s: int, hands: bool) -> Panel:
    """The round in work: before, while and after the pieces fall."""
    if round_.stage == "committed":
        return Panel(
            "coming",
            "due",
            "Please wait",
            "Your medicine is coming. The tray turns first.",
            medicines=round_.names,
        )
    if round_.stage == "released":
        return _take(round_, hands)
    if round_.stage == "taken":
        return Panel(
            "return",
            "good",
            "Put the empty cup back",
            "Then the machine knows that you have your medicine.",
            act=Act("return_cup", "Put the cup back") if hands else None,
            medicines=round_.names,
        )
    refusal = text(now.board, "refusal")
    if refusal in CUP_REFUSALS:
        return Panel(
            "cup",
            "due",
            CUP_REFUSALS[refusal],
            "Your medicine comes after that.",
            act=Act("return_cup", "Put the cup back") if hands and cup_away(now) else None,
            until=words.clock(round_.close_at, now.zone),
        )
    if refusal in WHILE and not number(now.board, "flags") & WHILE[refusal]:
        return Panel("starting", "calm", "One moment", "The machine is getting ready.")
    if fault(refusal)[0]:
        return _blocked(round_, fault(refusal)[0], now.zone)
    if now_s < round_.due_at and now.signal not in ("call", "warn"):
        return _early(now, round_, now_s, hands)
    return _called(now, round_, now_s, hands)


def _blocked(round_: Round, why: str, zone: str) -> Panel:
    """The board has said no, and not because of the patient: a press would do nothing."""
    return Panel(
        "blocked",
        "bad",
        "Your medicine has to wait",
        f"{why} Somebody has to look at the machine first.",
        HELP,
        medicines=round_.names,
        until=words.clock(round_.close_at, zone),
    )


def _title(round_: Round, zone: str) -> str:
    return f"{words.part_of_day(round_.due_at, zone)} medicine"


def _early(now: Snapshot, round_: Round, now_s: int, hands: bool) -> Panel:
    """The window is open, but nobody has been called yet."""
    left_s = round_.due_at - now_s
    may = now.signal == "ready"
    return Panel(
        "soon",
        "calm",
        f"Your {_title(round_, now.zone)} comes in {words.span(left_s)}",
        "You may also take it now." if may and not hands else "",
        "Press the button on the machine." if may and not hands else "",
        Act("press", "Take it now") if may and hands else None,
        round_.names,
        words.clock(round_.close_at, now.zone),
        countdown=left_s < COUNTDOWN_S,
    )


def _called(now: Snapshot, round_: Round, now_s: int, hands: bool) -> Panel:
    last = now_s >= round_.warn_at > 0 or now.signal == "warn"
    title = _title(round_, now.zone)
    return Panel(
        "last-call" if last else "due",
        "due",
        f"Last call: your {title}" if last else f"Time for your {title}",
        hint="" if hands else "Press the button on the machine.",
        act=Act("press", "Give me my medicine") if hands else None,
        medicines=round_.names,
        until=words.clock(round_.close_at, now.zone),
    )


def _take(round_: Round, hands: bool) -> Panel:
    return Panel(
        "take",
        "due",
        "Take the cup",
        "Your medicine is in it. Drink some water with it.",
        "" if hands else "Then put the empty cup back.",
        Act("take_cup", "Take the cup") if hands else None,
        round_.names,
    )


def cup_away(now: Snapshot) -> bool:
    """The board weighs nothing at all: the cup is in somebody's hand."""
    return number(now.board, "cup_mg") < 0


def _apart(now: Snapshot, doses: list[Dose]) -> Panel:
    title = f"{words.part_of_day(doses[0].due_at, now.zone)} medicine"
    return Panel(
        "apart",
        "due",
        f"Last call: your {title}" if now.signal == "warn" else f"Time for your {title}",
        "This one is not in the machine. Take it, and say so here.",
        until=words.clock(min(d.close_at for d in doses), now.zone),
        apart=tuple((d.dose_id, *what_and_where(d)) for d in doses),
    )


def _doubtful(now: Snapshot, dose: Dose) -> Panel:
    return Panel(
        "doubt",
        "bad",
        "Please take no more until this is clear",
        f"It is not clear what happened to the {words.clock(dose.due_at, now.zone)} medicine.",
        "Somebody who knows can say so under Today.",
    )


def _attention(now: Snapshot, now_s: int) -> Panel:
    """The alarm sounds, but no medicine is in work: say why, and that it is not the patient's."""
    loudest = [alert for alert in now.alerts if alert.severity == "high"] or list(now.alerts)
    why = loudest[0].told if loudest else now.say
    coming = f" Next medicine {words.when(now.next_at, now_s, now.zone)}." if now.next_at else ""
    return Panel("attention", "bad", "Something needs attention", why + coming, HELP)


def _idle(now: Snapshot, now_s: int) -> Panel:
    if now.next_at is None:
        return Panel("idle", "calm", "Nothing is planned", now.say or "There is no plan in force.")
    left_s = now.next_at - now_s
    part = words.part_of_day(now.next_at, now.zone)
    return Panel(
        "idle",
        "calm",
        f"Next: {part} medicine, {words.when(now.next_at, now_s, now.zone)}",
        f"That is in {words.span(left_s)}." if left_s > 0 else "",
        countdown=0 < left_s < COUNTDOWN_S,
    )


def _news(now: Snapshot, now_s: int) -> Panel | None:
    """What became of the dose of a moment ago."""
    recent = [d for d in now.doses if d.outcome and now_s < d.close_at + RECENT_S]
    if not recent:
        return None
    last = recent[-1]
    coming = ""
    if now.next_at is not None:
        coming = f"The next one is {words.when(now.next_at, now_s, now.zone)}."
    part = words.part_of_day(last.due_at, now.zone)
    if last.outcome == "taken":
        return Panel("done", "good", "Well done", f"Your {part} medicine is taken. {coming}")
    if last.outcome in ("missed", "held"):
        return Panel(
            "over",
            "bad",
            f"The {part} medicine is over",
            f"Do not take two next time. {coming}",
            "The person who helps you is told.",
        )
    return None
