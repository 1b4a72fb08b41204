"""Every door of schedules/ through which bytes come in, and what may be said at it.

Responsible for: one function per door that takes any bytes and gives the word they were answered
with (a code, or what was accepted); good bytes to begin with. Whatever else is raised is a fault
of ours. What is accepted goes on: doses, the way back, words. Not responsible for damage
(damage.py) or for runs (run.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from schedules import halt, planfile, readback, rules, seal, told_time, vouch
from schedules.canonical import canonical, from_canonical
from schedules.convert import Frame, convert, said_of
from schedules.doses import doses, next_dose
from schedules.expand import answer, site_of
from schedules.fhir.value import OrderRefused
from schedules.gs1 import parse as parse_mark
from schedules.hl7v2.answer import answer as hl7_answer
from schedules.hl7v2.message import MessageRefused, header_of
from schedules.hl7v2.mllp import Frames, Limits, framed
from schedules.hl7v2.receive import Site, read
from schedules.hl7v2.site import formulary_of, patients_of
from schedules.limits import counters
from schedules.model import DAY_S, LastTaken, Plan, PlanRefused
from schedules.planfile import dump, parse_plan
from schedules.text import sig
from schedules.text.sig_token import TextRefused
from tests.fuzz.sayings import SAYINGS
from tests.hl7 import sender, test_fuzz
from tests.schedules import any_plan, cheating
from tests.schedules.checking import NOW_S
from tests.schedules.plans import ROOT, plan_text, regimen
from tests.schedules.test_fhir import DAILY, dosage, order

FRAME = Frame(
    plan_id="fuzzed", version=1, previous_hash="", device="device-1", patient="pt-7Q2K",
    zone="Europe/Berlin", start=datetime(2026, 11, 23, 7), days=60, piece_mg=200,
    last_taken=LastTaken("never"), one_patient=True,
)  # fmt: skip
EXPAND = site_of("Europe/London", "2026-03-23T07:00", 28)
LOOK_S = 40 * DAY_S
STATUSES = ("expanded", "as-needed", "refused")


@dataclass(frozen=True)
class Door:
    """`ask` gives the word of an answer; `share` of all inputs come here."""

    name: str
    ask: Callable[[bytes], str]
    good: tuple[bytes, ...]
    share: int


def refused(ask: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """The code of a refusal as the word; it says where, and what to do, in a sentence."""

    def asked(data: bytes) -> str:
        try:
            return ask(data)
        except PlanRefused as fault:
            assert fault.code and fault.sentence and isinstance(fault.place, str)
            return fault.code
        except (TextRefused, OrderRefused) as said:
            assert said.code and said.why
            return said.code
        except MessageRefused as many:
            assert many.faults and all(one.code and one.sentence for one in many.faults)
            return many.faults[0].code

    return asked


def text_of(data: bytes) -> str:
    """Bytes as the text that a command would read."""
    return data.decode("utf-8", "replace")


def goes_on(plan: Plan) -> str:
    """What is done with a plan that was accepted; all of it holds for any."""
    assert plan == from_canonical(canonical(plan)), "the way back"
    found = doses(plan, plan.valid_from, plan.valid_from + LOOK_S)
    first = next_dose(plan, plan.valid_from - 1)
    assert not found or first == found[0], "the next dose"
    assert len({d.dose_id for d in found}) == len(found), "identities"
    assert all(0 < d.quarters and d.open_at <= d.due_at <= d.close_at for d in found)
    counters(plan)
    readback.read_back(plan)
    readback.calendar(plan, days=3)
    return "accepted"


def plan_file(data: bytes) -> str:
    """A plan file as people write it."""
    return goes_on(parse_plan(text_of(data)))


def plan_words(data: bytes) -> str:
    """A plan that chance writes, and damages word by word: past the schema, to what it means."""
    luck = Random(data)
    document = any_plan.document(luck, ["Europe/Berlin", "Australia/Lord_Howe"], 2)
    for _ in range(luck.choice((0, 1, 1, 2))):
        spoil(document, luck)
    return goes_on(parse_plan(dump(document)))


def spoil(document: Any, luck: Random) -> None:
    """One value of a document becomes another, goes, or stands in another place."""
    places: list[tuple[Any, Any]] = []
    todo = [document]
    while todo:
        here = todo.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here))
        for key in keys:
            places.append((here, key))
            if isinstance(here[key], dict | list):
                todo.append(here[key])
    here, key = luck.choice(places)
    if luck.random() < 0.15:
        del here[key]
        return
    there, other = luck.choice(places)
    value = there[other] if isinstance(there, dict) or other < len(there) else ""
    words = (luck.choice(SAYINGS), luck.choice(SAYINGS), json.loads(json.dumps(value)))
    here[key] = luck.choice(words)


def payload(data: bytes) -> str:
    """The bytes that two people sign."""
    return goes_on(from_canonical(data))


def envelope(data: bytes) -> str:
    """An envelope as it is brought, and as it is shown."""
    try:
        seal.unverified(data)
        seal.who_says(data)
    except PlanRefused:
        pass
    options: dict[str, Any] = {"device": "device-1", "now_s": NOW_S}
    return goes_on(seal.verify(data, cheating.TRUSTED, **options))


def resigned(data: bytes) -> str:
    """Any payload under two true signatures."""
    options: dict[str, Any] = {"device": "device-1", "now_s": NOW_S}
    return goes_on(seal.verify(cheating.forged(data), cheating.TRUSTED, **options))


def words_signed(data: bytes) -> str:
    """The small signed documents: shown, and verified."""
    text = text_of(data)
    for show in (halt.unverified_act, vouch.unverified_vouch, told_time.unverified_time,
                 rules.unverified_rules):  # fmt: skip
        try:
            show(text)
        except PlanRefused:
            continue
    kinds = (halt.is_act(data), vouch.is_vouch(data), told_time.is_time(data), rules.is_rules(data))
    assert sum(kinds) <= 1, "two kinds at once"
    said = [sort.code(text, cheating.TRUSTED) for sort in cheating.SORTS.values()]
    return next((code for code in said if not code), said[0]) or "accepted"


def rule_file(data: bytes) -> str:
    """Interaction rules as a site writes them."""
    rules.read_rules(rules.payload_of(data))
    return "accepted"


def orders(data: bytes) -> str:
    """FHIR as it comes from a hospital, to a plan."""
    try:
        resource = json.loads(text_of(data))
    except (ValueError, RecursionError):
        return "no JSON"
    if not isinstance(resource, dict):
        return "no resource"
    plan, refusals = convert([resource], FRAME, {})
    assert all(one.code and one.why for one in refusals)
    if plan.regimens:
        return goes_on(plan)
    return refusals[0].code if refusals else "nothing"


def expand_line(data: bytes) -> str:
    """One line of the stable command: always one answer, of one form."""
    said = answer(text_of(data), EXPAND)
    assert list(said) == ["id", "status", "code", "why", "doses"] and said["status"] in STATUSES
    assert (said["status"] == "refused") == bool(said["code"])
    assert said["status"] != "refused" or said["why"]
    assert "\n" not in json.dumps(said)
    return str(said["code"] or said["status"])


def hl7(data: bytes) -> str:
    """A message of HL7 v2: read, or refused with an answer that says why."""
    try:
        read(data, HOSPITAL, None, sender.NOW_S)
    except MessageRefused as many:
        fields = header_of(data)
        first = many.faults[0]
        said = hl7_answer(fields, "AE", first.sentence, many.faults, sender.NOW_S)
        assert said.startswith(b"MSH|") and said.count(b"\rMSA|") == 1
        raise
    return "accepted"


def frames(data: bytes) -> str:
    """The stream of MLLP, cut where it likes: the same frames, and no more is kept than allowed."""
    limits = Limits(message=512, stray=64, endless=2048)
    whole = Frames(limits)
    once = whole.feed(data)
    parts = Frames(limits)
    cut = Random(data).randint(0, len(data))
    twice = parts.feed(data[:cut]) + parts.feed(data[cut:])
    if not (whole.broken or parts.broken):
        assert once == twice
    assert all(len(one.data) <= 512 for one in once)
    return f"{min(len(once), 3)} frames"


def instruction(data: bytes) -> str:
    """Words of a label, in two languages: a proposal, never a plan."""
    word = "en"
    for language in ("en", "de"):
        try:
            found = sig.propose(text_of(data), language).document()
        except TextRefused as said:
            assert said.code and said.why
            word = said.code
            continue
        assert found["schema"] == sig.SCHEMA
        dump(found)
        word = "proposed"
    return word


def mark(data: bytes) -> str:
    """What a scanner reads from a pack."""
    parse_mark(text_of(data), 2026)
    return "accepted"


def tables(data: bytes) -> str:
    """What people write beside: the clock of expand, and what is said about silent orders."""
    given = planfile.load(text_of(data))
    try:
        site_of("Europe/London", "2026-03-23T07:00", 28, given if isinstance(given, dict) else {})
    except PlanRefused:
        said_of(text_of(data))
    return "accepted"


def _hospital() -> Site:
    """A site with its tables, written for a moment to be read as files."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "patients.yaml").write_text(sender.PATIENTS)
        (at / "formulary.yaml").write_text(sender.FORMULARY)
        table = patients_of(at / "patients.yaml", sender.ZONE)
        return Site(table, formulary_of(at / "formulary.yaml"))


HOSPITAL = _hospital()


def _examples() -> list[str]:
    return [path.read_text() for path in sorted((ROOT / "schedules/examples").glob("*.yaml"))]


def _orders() -> tuple[bytes, ...]:
    repeats: tuple[dict[str, Any], ...] = (
        DAILY,
        {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["CM", "CV"]},
        {"frequency": 1, "period": 8, "periodUnit": "h", "boundsDuration":
         {"value": 10, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}},
        {"dayOfWeek": ["mon"], "timeOfDay": ["08:00:00"], "period": 1, "periodUnit": "wk"},
        {"boundsPeriod": {"start": "2026-03-24", "end": "2026-04-02"}, "count": 5,
         "timeOfDay": ["08:00:00", "20:00:00"]},
    )  # fmt: skip
    found = [order(dosage(repeat)) for repeat in repeats]
    found.append(order(dosage(DAILY, sequence=1), dosage(repeats[2], sequence=2)))
    found.append(order(dosage(None, asNeededBoolean=True)))
    return tuple(json.dumps(one).encode() for one in found)


_PLANS = (
    *(text.encode() for text in _examples() if len(text) < 4000),
    plan_text(regimen("    steps: [{take: [{dose: 1, at: [08:00]}]}]")).encode(),
    plan_text(regimen("    steps: [{for: 3d, take: [{dose: 1, every: 8h}]}]",
                      start="2026-11-23T06:00")).encode(),
)  # fmt: skip
_SENTENCES = (
    "take one tablet twice a day with food", "1-0-0-1", "take 2 capsules every 8 hours for 5 days",
    "half a tablet at bedtime", "1 tablet once a week on Monday", "1-0-1 Tabletten",
    "one tablet up to four times a day when required for pain, maximum 4 in 24 hours",
    "eine Tablette morgens und abends", "bei Bedarf 1 Tablette, maximal 4 pro Tag",
)  # fmt: skip

DOORS = {
    door.name: door
    for door in (
        Door("plan", refused(plan_file), _PLANS, 1),
        Door("words", refused(plan_words), (b"0",), 1),
        Door("payload", refused(payload), (canonical(cheating.PLAN),), 12),
        Door("envelope", refused(envelope), (cheating.ENVELOPE,), 8),
        Door("resigned", refused(resigned), (canonical(cheating.PLAN),), 6),
        Door("signed", refused(words_signed),
             tuple(one.good.encode() for one in cheating.SORTS.values()), 8),
        Door("rules", refused(rule_file), (cheating.RULES,), 6),
        Door("orders", refused(orders), _orders(), 12),
        Door("expand", refused(expand_line), _orders(), 20),
        Door("hl7", refused(hl7), tuple(test_fuzz.SEEDS), 8),
        Door("frames", refused(frames), tuple(map(framed, test_fuzz.SEEDS)), 6),
        Door("instruction", refused(instruction), tuple(s.encode() for s in _SENTENCES), 6),
        Door("mark", refused(mark), (b"]d201095011015300031726123110ABC\x1d21X7",), 2),
        Door("tables", refused(tables),
             (b'{"breakfast": "07:15", "HS": "21:30", "2": ["06:00", "18:00"]}',
              b"fluclox: {id: a, ingredients: [b], piece_mg: 350, text_read: yes}"), 2),
    )
}  # fmt: skip
