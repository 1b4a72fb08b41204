"""Times, counts and states in plain words.

Responsible for: every sentence fragment that more than one page uses. Not responsible
for when it is shown. Local time comes from the plan's zone, never from this machine's.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from controller.words import HOW, fault
from schedules import localtime

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400

# state or outcome of a dose: (mark, word, tone)
DOSE_WORDS = {
    "planned": ("○", "planned", "calm"),
    "open": ("◔", "may be taken", "due"),
    "ordered": ("◑", "being prepared", "due"),
    "committed": ("◑", "being released", "due"),
    "released": ("●", "in the cup", "due"),
    "taken": ("✓", "taken", "good"),
    "missed": ("✕", "missed", "bad"),
    "skipped": ("–", "skipped", "calm"),
    "held": ("‖", "held back", "bad"),
    "handed-out": ("↗", "handed out", "calm"),
    "uncertain": ("?", "unclear", "bad"),
}

REFUSAL_WORDS = {
    "gap": "too soon after the last one",
    "cap": "that is the most for one day",
    "not-ready": "the machine is not ready",
    "already-granted": "it is on its way: press the button",
    "plan-not-valid": "the plan has ended",
    "not-begun": "this medicine begins later",
    "course-over": "the course of this medicine is over",
    "stopped": "this medicine was stopped",
    "on-hold": "this medicine is on hold",
    "busy": "other medicine is coming first",
    "cup-not-empty": "the cup is not back yet",
    "none-loaded": "none is in the machine",
    "cap-week": "that is the most for seven days",
    "say-first": "say under Today what became of the same medicine outside the machine",
    "spacing": "other medicine comes first, and needs to be apart from it",
    "never-store": "it is never kept in the machine",
}

DOUBT_WORDS = {
    "stepped": "it jumped",
    "apart": "the clock of the machine says another time",
    "board-clock-not-set": "the clock of the machine is not set",
    "before-journal": "it is behind what was written down last",
    "board-silent": "the machine does not answer",
}

GIVING = {  # what follows, said before the button is pressed
    "now": "You take it out, count it and give it. It is written down as given by hand; the time "
    "until the next one counts from now, and the machine never gives this one.",
    "was": "It is written down as given by hand, though its time may be over. The time until the "
    "next one counts from now, and the machine never gives this one.",
    "late": "You take it out and give it. What was written before stays; it is added that you gave "
    "it late. The time until the next one counts from now, and it is done once only.",
    "journey": "You take it out and count it. It is written down as handed out, the machine does "
    "not call for it, and it counts at the time it was planned for.",
}

KEPT_WORDS = {"fridge": "from the fridge", "elsewhere": "it is not in the machine"}

SAID_WORDS = {  # how a person knows that what is kept elsewhere was taken
    "took-it": "I took it myself",
    "gave-it": "I gave it",
    "saw-it": "I saw it taken",
}

SKIP_WORDS = {  # why it is left out
    "refused": "it was refused",
    "unwell": "the person is unwell",
    "not-there": "none is there",
    "not-needed": "it is not needed",
    "prescriber-says": "the prescriber says so",
}

LATE_WORDS = {  # reason of a dose given late: what a person reads
    "came-late": "the person came late",
    "was-away": "the person was away",
    "machine-could-not": "the machine could not give it",
    "prescriber-says": "the prescriber says so",
}

BY_HAND_HELPS = ("dose-missed", "dose-held", "dose-warned", "round-at-risk", "board-silent")

SET_AT_LOADING = ("apart", "board-clock-not-set")  # doubts that no confirmation ends


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name by the data that plans are compiled with; UTC where there is none."""
    return localtime.zone_of(name) or ZoneInfo("UTC")


def local(at_s: int, zone: str) -> datetime:
    """The local wall time at `at_s` (Unix seconds)."""
    return datetime.fromtimestamp(at_s, zone_of(zone))


def clock(at_s: int, zone: str) -> str:
    """`08:05`"""
    return local(at_s, zone).strftime("%H:%M")


def day_name(at_s: int, zone: str) -> str:
    """`Saturday, 21 November`"""
    moment = local(at_s, zone)
    return f"{moment:%A}, {moment.day} {moment:%B}"


def date(at_s: int, zone: str) -> str:
    """`20 November 2027`"""
    moment = local(at_s, zone)
    return f"{moment.day} {moment:%B %Y}"


def part_of_day(at_s: int, zone: str) -> str:
    """`morning`, `midday`, `afternoon`, `evening` or `night`"""
    hour = local(at_s, zone).hour
    for until, name in ((5, "night"), (11, "morning"), (14, "midday"), (17, "afternoon")):
        if hour < until:
            return name
    return "evening" if hour < 21 else "night"


def when(at_s: int, now_s: int, zone: str) -> str:
    """`at 20:00`, `tomorrow at 08:00` or `on Monday at 08:00`, seen from `now_s`."""
    days = (local(at_s, zone).date() - local(now_s, zone).date()).days
    time = clock(at_s, zone)
    if days == 0:
        return f"at {time}"
    if days == 1:
        return f"tomorrow at {time}"
    if days == -1:
        return f"yesterday at {time}"
    if 1 < days < 7:
        return f"on {local(at_s, zone):%A} at {time}"
    moment = local(at_s, zone)
    return f"on {moment.day} {moment:%B} at {time}"


def span(seconds: int) -> str:
    """A length of time as a person says it: `38 seconds`, `25 minutes`, `3 h 20 min`."""
    if seconds < 2 * MINUTE_S:
        return counted(max(seconds, 0), "second")
    if seconds < HOUR_S:
        return counted(seconds // MINUTE_S, "minute")
    if seconds < 2 * DAY_S:
        hours, minutes = divmod(seconds // MINUTE_S, 60)
        return counted(hours, "hour") if minutes == 0 else f"{hours} h {minutes} min"
    return counted(seconds // DAY_S, "day")


def counted(count: int, noun: str) -> str:
    """`1 piece`, `2 pieces`"""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def pieces(quarters: int) -> str:
    """A quantity in quarters of a piece: `1`, `1½`, `¼`."""
    whole, rest = divmod(quarters, 4)
    fraction = ("", "¼", "½", "¾")[rest]
    return f"{whole}{fraction}" if whole or not fraction else fraction


def amount(quarters: int, unit: str) -> str:
    """`20 ml`, `2 puffs`; pieces where no unit is said."""
    count = pieces(quarters)
    if not unit:
        return count
    alone = quarters <= 4 or unit == "ml"
    return f"{count} {unit}" if alone else f"{count} {unit}s"


def before(text: str, now_s: int, zone: str) -> int | None:
    """The last `HH:MM` of the local clock up to `now_s` (Unix s); None where it is no time.

    Of an hour that comes twice the later one: nothing is allowed again too soon by it.
    """
    try:
        hour, minute = (int(part) for part in text.split(":"))
        today = local(now_s, zone).replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        return None
    days = (today, today - timedelta(days=1), today - timedelta(days=2))
    found = [int(day.replace(fold=fold).timestamp()) for day in days for fold in (0, 1)]
    return max(at_s for at_s in found if at_s <= now_s)


def person(by: str) -> str:
    """`Ada` out of the pseudonym `person/ada`; empty stays empty."""
    name = by.rsplit("/", 1)[-1].replace("-", " ")
    return name[:1].upper() + name[1:]


def how(word: str) -> str:
    """The reason beside an outcome, in words."""
    return HOW.get(word, word.replace("-", " "))


def refusal(code: str) -> str:
    """Why a request for an as-needed medicine is refused."""
    return REFUSAL_WORDS.get(code, code.replace("-", " "))


def doubt(reason: str) -> str:
    """Why the clock is not believed."""
    return DOUBT_WORDS.get(reason, reason.replace("-", " "))


def todo(word: str) -> str:
    """What a person can do about a fault, "" where nothing is known."""
    return fault(word)[1]
