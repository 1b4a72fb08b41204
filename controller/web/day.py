"""Today as a timeline: what was due, what became of it, what happened in between.

Responsible for: grouping doses into rounds and journal records into sentences. Pure.
Not responsible for reading the journal (history.py) or for drawing (templates/).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from controller.web import words
from controller.web.apart import may_say
from controller.web.history import Entry
from controller.web.pick import Object, number, text
from controller.web.snapshot import Dose, Snapshot
from hal.wire import codes


@dataclass(frozen=True)
class DoseRow:
    """One dose of a round."""

    dose_id: str
    name: str
    amount: str
    mark: str
    word: str
    tone: str
    note: str
    unclear: bool
    second: bool  # two people settle it, one of them by a signature
    may_skip: bool
    elsewhere: bool = False
    kept: str = ""  # where it is, in words
    not_before: str = ""
    may_say: bool = False  # a person may say that it was taken
    missed: bool = False  # its time is over: or that it was not


@dataclass(frozen=True)
class RoundRow:
    """The doses due at one instant."""

    due_at: int
    time: str
    part: str
    day: str
    rows: tuple[DoseRow, ...]


@dataclass(frozen=True)
class Happening:
    """One line of what happened, in words, with the kind for whoever wants to look it up."""

    time: str
    day: str
    sentence: str
    tone: str
    number: int
    kind: str


# kind of a journal record: (sentence with its own fields in braces, tone, for everybody)
SENTENCES = {
    "LogOpened": ("A journal was opened: {reason}.", "calm", True),
    "Started": ("The controller started, version {version}.", "calm", False),
    "ClockTrusted": ("The clocks agree.", "good", False),
    "ClockDoubted": ("The clocks do not agree: {reason}.", "bad", True),
    "ClockConfirmed": ("{by} confirmed the time.", "good", True),
    "ClockRepaired": ("{by} set the record back to the true time.", "due", True),
    "GivenLate": ("{by} gave {dose} late, by hand{late}.", "due", True),
    "TakingSaid": ("{by} says of {dose}: {word}{how}.", "due", True),
    "BoardJoined": ("The machine answered.", "good", False),
    "BoardLost": ("The machine fell silent.", "bad", True),
    "BoardReset": ("The machine restarted{because}.", "due", True),
    "Locked": ("The machine stopped to be safe: {reason}.", "bad", True),
    "Unlocked": ("{by} set it free: {reason}.", "good", True),
    "PlanApproved": ("Plan version {version} is approved and waits for loading.", "calm", True),
    "PlanRefused": ("Something signed was refused: {code} at {place}.", "bad", True),
    "PlanInForce": ("Plan version {version} is in force.", "good", True),
    "RegimenHalted": ("{by} let a medicine rest from afar: {act}.", "bad", True),
    "RegimenResumed": ("{by} let a medicine go on.", "good", True),
    "RowsPaired": ("{by} accepts what version {version} changes: {code}.", "due", True),
    "FillFreed": ("Compartment {slot} may be given again.", "good", True),
    "LastTaken": ("Taken before, said of {regimen}: {word}.", "calm", False),
    "ServiceOpened": ("The service switch was turned on.", "calm", True),
    "ServiceClosed": ("The service switch was turned off.", "calm", True),
    "Loading": ("{by} opens compartment {slot}.", "calm", False),
    "Loaded": ("{by} put {pieces} into compartment {slot}.", "calm", False),
    "LoadingDone": ("{by} finished loading.", "calm", True),
    "GivenByHand": ("{by} gave compartment {slot} by hand.", "due", True),
    "Emptied": ("{by} emptied compartment {slot}.", "calm", True),
    "FillHeld": ("Compartment {slot} is held back: {code}.", "bad", True),
    "FillVerified": ("{by} checked compartment {slot}.", "good", True),
    "ServiceMoveAsked": ("{by} lets the tray go home, compartments covered.", "due", True),
    "ServiceMoveEnded": ("The service move is over.", "calm", True),
    "LeaseAccepted": ("The machine took its limits, number {lease_no}.", "calm", False),
    "DoseOpened": ("{dose} may be taken.", "calm", True),
    "DoseFellDue": ("{dose} fell due.", "due", True),
    "Presented": ("Lamp and tone began to call.", "due", True),
    "PresentationEnded": ("The call ended after {seconds} s.", "calm", False),
    "DoseWarned": ("Last call for {dose}.", "due", True),
    "AskedGranted": ("{dose} was asked for and granted.", "good", True),
    "AskedRefused": ("An as-needed medicine was refused: {code}.", "due", True),
    "RoundOffered": ("Round {round} is offered.", "calm", False),
    "RoundEnded": ("Round {round} is over.", "calm", False),
    "OrderPrepared": ("Order {order} is prepared for compartment {slot}.", "calm", False),
    "OrderRefused": ("The machine does not follow order {order}{because}.", "due", False),
    "OrderConsented": ("The button was pressed.", "good", True),
    "OrderCommitted": ("Order {order} is on the disk: the tray may turn.", "calm", False),
    "OrderWithdrawn": ("Order {order} was given up: {why}.", "calm", False),
    "VerdictCameLate": ("Order {order}, after a day: {verdict}{because}.", "calm", True),
    "OrderResolved": ("Order {order}: {verdict}{because}.", "calm", True),
    "CupLifted": ("The cup was lifted.", "good", True),
    "CupCleared": ("The cup is back, and empty.", "good", True),
    "TakenLate": ("{dose} was taken late, after its window.", "due", True),
    "DoseClosed": ("{dose}: {outcome}{how}.", "calm", True),
    "DoseSettled": ("{by} settled {dose}: {outcome}{how}.", "good", True),
    "AlertRaised": ("Alert: {code}.", "bad", True),
    "AlertAcknowledged": ("{by} says: I have it.", "calm", True),
    "AlertResolved": ("The alert is over{how}.", "good", True),
    "FaultSeen": ("The machine reports a fault{because}.", "bad", False),
    "FaultCleared": ("The fault is gone{because}.", "good", False),
}


TOGETHER = {  # what many neighbours of one kind are told as
    "FillHeld": "{count} compartments are held back: {code}.",
    "FillVerified": "{by} checked {count} compartments.",
    "Emptied": "{by} emptied {count} compartments.",
}
PLAIN_HOW = ("retrieved", words.how("retrieved"))  # the ordinary way: the outcome says enough


class _Fields(dict[str, str]):
    """Fields for a sentence; a missing one leaves a dash, never an error."""

    def __missing__(self, key: str) -> str:
        return "–"


def rounds(now: Snapshot, now_s: int) -> list[RoundRow]:
    """The rounds that the snapshot tells of, in order of their due instant."""
    grouped: dict[int, list[Dose]] = {}
    for dose in now.doses:
        grouped.setdefault(dose.due_at, []).append(dose)
    return [_round(due_at, doses, now, now_s) for due_at, doses in sorted(grouped.items())]


def _round(due_at: int, doses: list[Dose], now: Snapshot, now_s: int) -> RoundRow:
    return RoundRow(
        due_at=due_at,
        time=words.clock(due_at, now.zone),
        part=words.part_of_day(due_at, now.zone),
        day=relative_day(due_at, now_s, now.zone),
        rows=tuple(dose_row(dose, now, now_s) for dose in doses),
    )


def dose_row(dose: Dose, now: Snapshot, now_s: int) -> DoseRow:
    """One dose in words, and what a person may say of it."""
    state = dose.outcome or dose.state
    mark, word, tone = words.DOSE_WORDS.get(state, ("•", state, "calm"))
    note = words.how(dose.how) if dose.outcome and dose.how not in PLAIN_HOW else ""
    if dose.by:
        note = f"{note}, said by {words.person(dose.by)}" if note else words.person(dose.by)
    return DoseRow(
        dose_id=dose.dose_id,
        name=dose.name or dose.regimen_id,
        amount=words.amount(dose.quarters, dose.unit),
        mark=mark,
        word=word,
        tone=tone,
        note=note,
        unclear=state == "uncertain",
        second=dose.second,
        may_skip=state in ("planned", "open", "ordered"),
        elsewhere=dose.elsewhere,
        kept=words.KEPT_WORDS.get(dose.kept, ""),
        not_before=words.when(dose.not_before, now_s, now.zone) if dose.not_before else "",
        may_say=may_say(dose),
        missed=state in ("missed", "held"),
    )


def relative_day(at_s: int, now_s: int, zone: str) -> str:
    """`Today`, `Yesterday`, `Tomorrow` or the date."""
    days = (words.local(at_s, zone).date() - words.local(now_s, zone).date()).days
    names = {0: "Today", -1: "Yesterday", 1: "Tomorrow"}
    return names.get(days) or words.day_name(at_s, zone)


def happenings(
    entries: Iterable[Entry], now: Snapshot, now_s: int, *, everything: bool
) -> list[Happening]:
    """Journal records as sentences, newest first; technical ones only with `everything`."""
    names = {d.dose_id: f"{words.clock(d.due_at, now.zone)} {d.name}" for d in now.doses}
    lines = []
    for entry, count in _neighbours(entries, apart=everything):
        pattern, tone, plain = SENTENCES.get(entry.kind, (entry.kind, "calm", False))
        if not (plain or everything):
            continue
        at_s = entry.at_ms // 1000
        fields = _fields(entry.body, names)
        fields["count"] = str(count)
        if count > 1:
            pattern = TOGETHER[entry.kind]
        lines.append(
            Happening(
                time=words.clock(at_s, now.zone),
                day=relative_day(at_s, now_s, now.zone),
                sentence=pattern.format_map(fields),
                tone=_tone(entry, tone),
                number=entry.number,
                kind=entry.kind,
            )
        )
    return lines[::-1]


def _neighbours(entries: Iterable[Entry], *, apart: bool) -> Iterable[tuple[Entry, int]]:
    """Each entry with how many of its kind and minute follow one another; `apart`: always 1."""

    def key(entry: Entry) -> tuple[str, int]:
        alone = apart or entry.kind not in TOGETHER
        return entry.kind, -entry.number if alone else entry.at_ms // 60_000

    for _, group in groupby(entries, key):
        same = list(group)
        yield same[-1], len(same)


def _tone(entry: Entry, default: str) -> str:
    state = text(entry.body, "outcome")
    return words.DOSE_WORDS[state][2] if state in words.DOSE_WORDS else default


def _fields(body: Object, names: dict[str, str]) -> _Fields:
    """The words for one record: people by name, doses by time, compartments from 1."""
    fields = _Fields()
    for key, value in body.items():
        if isinstance(value, str):
            fields[key] = value.replace("-", " ")
        elif isinstance(value, bool | int):
            fields[key] = str(value)
    how, code = text(body, "how"), text(body, "code") or codes.word(number(body, "code"))
    fields["by"] = words.person(text(body, "by")) or "Somebody"
    fields["slot"] = str(number(body, "compartment") + 1)
    late = words.LATE_WORDS.get(text(body, "why"), "")
    fields["late"] = f": {late}" if late else ""
    fields["pieces"] = words.counted(number(body, "pieces"), "piece")
    fields["dose"] = names.get(text(body, "dose_id"), "A dose")
    fields["how"] = f" ({words.how(how)})" if how else ""
    fields["because"] = f" ({code.replace('-', ' ')})" if body.get("code") else ""
    if "verdict" in body and not text(body, "verdict"):
        fields["verdict"] = codes.VERDICTS[number(body, "verdict") % len(codes.VERDICTS)]
    return fields
