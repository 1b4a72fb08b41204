"""The patient's panel: one headline, one thing to do.

Responsible for: choosing the one phase a person should see, and its words. Pure.
Not responsible for drawing it (templates/) or for anything that happens. What is
wrong goes before what is due, and what is due before what comes later.
"""

from dataclasses import dataclass

from controller.web import words
from controller.web.snapshot import Dose, Round, Snapshot

RECENT_S = 20 * words.MINUTE_S  # how long "taken" or "missed" stays the news
COUNTDOWN_S = 2 * words.MINUTE_S  # below this the seconds are counted


@dataclass(frozen=True)
class Chip:
    """A small fact with a sign and a word; tone is calm, good, due or bad."""

    sign: str
    word: str
    tone: str


@dataclass(frozen=True)
class Act:
    """What the one big button does: a verb of hands.py, and what it says."""

    verb: str
    label: str


@dataclass(frozen=True)
class Dot:
    """One round of today: its time, how it went."""

    time: str
    mark: str
    word: str
    tone: str


@dataclass(frozen=True)
class Panel:
    """Everything the patient's page shows."""

    phase: str
    tone: str
    headline: str
    detail: str
    hint: str = ""
    act: Act | None = None
    medicines: tuple[tuple[str, int], ...] = ()
    countdown: bool = False


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
    if now.round and now.round.stage != "waiting":
        return _busy(now, now.round, now_s, hands)
    doubt = [dose for dose in now.doses if dose.state == "uncertain"]
    if doubt:
        return _doubtful(now, doubt[-1])
    if now.round:
        return _may_be_taken(now, now.round, now_s, hands)
    return _idle(now, now_s)


def _away(since: str) -> Panel:
    return Panel(
        "away",
        "bad",
        "The screen has lost the machine",
        f"No word {since}. Nothing is given out until it is back. It comes back by itself.",
        "If your medicine is due now, call the person who helps you.",
    )


def _trouble(now: Snapshot) -> Panel | None:
    if now.mode == "starting":
        return Panel("starting", "calm", "One moment", now.say or "The machine is starting.")
    if now.mode == "service":
        return Panel(
            "service", "calm", "Somebody is at the machine", now.say or "It is being loaded."
        )
    if now.mode in ("locked", "journal-fault"):
        reason = now.say or now.lock_reason or "It has stopped to be on the safe side."
        return Panel(
            "problem",
            "bad",
            "Please do not wait for this machine",
            reason,
            "Call the person who helps you.",
        )
    if not now.trusted:
        return Panel(
            "problem",
            "bad",
            "The clock is not sure",
            now.say or "Nothing is given out until somebody has confirmed the time.",
            "Call the person who helps you.",
        )
    return None


def _title(round_: Round, zone: str) -> str:
    part = words.part_of_day(round_.due_at, zone)
    return "midday medicine" if part == "midday" else f"{part} medicine"


def _until(round_: Round, zone: str) -> str:
    return f"It stays available until {words.clock(round_.close_at, zone)}."


def _may_be_taken(now: Snapshot, round_: Round, now_s: int, hands: bool) -> Panel:
    """The window is open, but nobody has been called yet."""
    left_s = round_.due_at - now_s
    if left_s <= 0:
        return _called(now, round_, now_s, hands)
    counting = left_s < COUNTDOWN_S
    return Panel(
        "soon",
        "calm",
        f"Your {_title(round_, now.zone)} comes in {words.span(left_s)}",
        now.say or f"I will call you at {words.clock(round_.due_at, now.zone)}.",
        act=Act("press", "Take it now") if hands and now.signal == "ready" else None,
        hint="" if hands or now.signal != "ready" else "To take it now, press the button.",
        medicines=round_.names,
        countdown=counting,
    )


def _called(now: Snapshot, round_: Round, now_s: int, hands: bool) -> Panel:
    last = now_s >= round_.warn_at > 0 or now.signal == "warn"
    ready_early = now.signal == "ready" and now_s < round_.due_at
    head = f"Time for your {_title(round_, now.zone)}"
    if last:
        head = f"Last call: your {_title(round_, now.zone)}"
    elif ready_early:
        head = f"Your {_title(round_, now.zone)} is ready"
    return Panel(
        "last-call" if last else "due",
        "due",
        head,
        _until(round_, now.zone),
        "" if hands else "Press the button on the machine.",
        Act("press", "Give me my medicine") if hands else None,
        round_.names,
    )


def _busy(now: Snapshot, round_: Round, now_s: int, hands: bool) -> Panel:
    if round_.stage in ("offered", "prepared"):
        return _called(now, round_, now_s, hands)
    if round_.stage == "committed":
        return Panel(
            "coming",
            "due",
            "Please wait",
            "Your medicine is coming. The tray turns first.",
            medicines=round_.names,
        )
    away = cup_away(now)
    if round_.stage == "released" and not away:
        return Panel(
            "take",
            "due",
            "Take the cup",
            now.say or "Your medicine is in it. Drink some water with it.",
            "" if hands else "Then put the empty cup back.",
            Act("take_cup", "Take the cup") if hands else None,
            round_.names,
        )
    return Panel(
        "return",
        "good",
        "Put the empty cup back",
        "Then the machine knows that you have your medicine.",
        act=Act("return_cup", "Put the cup back") if hands and away else None,
        medicines=round_.names,
    )


def cup_away(now: Snapshot) -> bool:
    """The board weighs nothing at all: the cup is in somebody's hand."""
    load = now.board.get("cup_mg")
    return isinstance(load, int) and load < 0


def _doubtful(now: Snapshot, dose: Dose) -> Panel:
    return Panel(
        "doubt",
        "bad",
        "Please take no more for now",
        f"It is not clear what happened to the {words.clock(dose.due_at, now.zone)} medicine.",
        "The person who helps you can settle it under Today.",
    )


def _idle(now: Snapshot, now_s: int) -> Panel:
    news = _news(now, now_s)
    if news:
        return news
    if now.next_at is None:
        return Panel("idle", "calm", "Nothing is planned", now.say or "There is no plan in force.")
    left_s = now.next_at - now_s
    part = words.part_of_day(now.next_at, now.zone)
    return Panel(
        "idle",
        "calm",
        f"Next: {part} medicine, {words.when(now.next_at, now_s, now.zone)}",
        f"That is in {words.span(left_s)}." if left_s > 0 else now.say,
        countdown=0 < left_s < COUNTDOWN_S,
    )


def _news(now: Snapshot, now_s: int) -> Panel | None:
    """What became of the dose of a moment ago."""
    recent = [d for d in now.doses if d.due_at <= now_s < d.close_at + RECENT_S and d.outcome]
    if not recent:
        return None
    last = recent[-1]
    coming = ""
    if now.next_at is not None:
        coming = f"The next one is {words.when(now.next_at, now_s, now.zone)}."
    part = words.part_of_day(last.due_at, now.zone)
    if last.outcome == "taken":
        return Panel("done", "good", "Well done", f"Your {part} medicine is taken. {coming}")
    if last.outcome in ("missed", "held") and now_s >= last.close_at:
        return Panel(
            "over",
            "bad",
            f"The {part} medicine is over",
            f"Do not take two next time. {coming}",
            "The person who helps you has been told.",
        )
    return None


def chips(now: Snapshot | None, *, up: bool, simulated: bool, pace: str) -> list[Chip]:
    """The state of the machine in at most five signs; calm when all is well."""
    if now is None or not up:
        return [Chip("!", "No contact", "bad")]
    found = []
    if simulated or now.board.get("simulated") is True:
        found.append(Chip("◇", f"Simulated {pace}".strip(), "due"))
    flags = now.board.get("flags")
    on_mains = not isinstance(flags, int) or bool(flags & 8)
    if not on_mains:
        found.append(Chip("▮", "On battery", "bad"))
    if now.link in ("stale", "never"):
        found.append(Chip("!", "Machine silent", "bad"))
    if not now.net_connected:
        found.append(Chip("⇅", "Offline, still works", "due"))
    if any(alert.severity == "high" for alert in now.alerts):
        found.append(Chip("!", "Needs somebody", "bad"))
    if len(found) == 0 or all(chip.sign == "◇" for chip in found):
        found.append(Chip("✓", "All is well", "good"))
    return found


def dots(now: Snapshot, now_s: int) -> list[Dot]:
    """Today's rounds in order, each as one dot: the worst of its doses speaks."""
    today = words.local(now_s, now.zone).date()
    rounds: dict[int, list[Dose]] = {}
    for dose in now.doses:
        if words.local(dose.due_at, now.zone).date() == today:
            rounds.setdefault(dose.due_at, []).append(dose)
    return [_dot(due_at, doses, now.zone) for due_at, doses in sorted(rounds.items())]


def _dot(due_at: int, doses: list[Dose], zone: str) -> Dot:
    order = ("uncertain", "missed", "held", "released", "committed", "ordered", "open", "planned")
    states = {dose.outcome or dose.state for dose in doses}
    chosen = next((state for state in order if state in states), None)
    mark, word, tone = words.DOSE_WORDS.get(chosen or sorted(states)[0], ("•", "planned", "calm"))
    return Dot(words.clock(due_at, zone), mark, word, tone)
