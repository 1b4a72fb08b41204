"""Small signs around the panel: the machine's state in words, today's rounds as dots.

Responsible for: which signs are shown, each with a mark, a word and a tone. Pure. Not
responsible for the one thing to do now (panel.py).
"""

from dataclasses import dataclass

from controller.web import words
from controller.web.pick import number
from controller.web.snapshot import Dose, Snapshot
from hal.wire import codes


@dataclass(frozen=True)
class Chip:
    """A small fact with a sign and a word; tone is calm, good, due or bad."""

    sign: str
    word: str
    tone: str


@dataclass(frozen=True)
class Dot:
    """One round of today: its time, how it went."""

    time: str
    mark: str
    word: str
    tone: str


def chips(now: Snapshot | None, *, up: bool, simulated: bool, pace: str) -> list[Chip]:
    """The state of the machine in at most five signs; calm when all is well."""
    if now is None or not up:
        return [Chip("!", "No contact", "bad")]
    found = []
    if simulated or now.board.get("simulated") is True:
        found.append(Chip("◇", f"Simulated {pace}".strip(), "calm"))
    if not number(now.board, "flags", codes.F_MAINS) & codes.F_MAINS:
        found.append(Chip("▮", "On battery", "bad"))
    if now.link in ("stale", "never"):
        found.append(Chip("!", "Machine silent", "bad"))
    if not now.net_connected:
        found.append(Chip("⇅", "Offline, still works", "due"))
    if any(alert.severity == "high" for alert in now.alerts):
        found.append(Chip("!", "Needs somebody", "bad"))
    if not found:
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
