"""Plans at the controller's door: what is refused, what comes into force, and when.

The real controller in this process, asked through its real socket. Whatever is refused has
a code, a place and a sentence, and leaves the plan in force in force.
"""

from __future__ import annotations

import base64
import json
import select
import struct
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller import events as ev
from controller.agenda import signed
from controller.sockets import Door, ask
from schedules import seal
from schedules.canonical import canonical, plan_hash
from schedules.model import Plan
from schedules.planfile import parse_plan
from tests.controller.home import EXAMPLE, Home

ANSWER_S = 10.0
Change = Callable[[dict[str, Any]], object]


class Counter:
    """A home whose controller is asked through its socket."""

    def __init__(self, home: Home, door: Door) -> None:
        self.home = home
        self.door = door

    def ask(self, wish: dict[str, Any]) -> dict[str, Any]:
        """The answer that a process at the other end of the socket gets."""
        with ThreadPoolExecutor(1) as other_side:
            answer = other_side.submit(ask, self.door.path, wish, ANSWER_S)
            while not answer.done():
                select.select([self.door], [], [], 0.01)
                for request in self.door.poll():
                    asked = dict(request.wish)
                    reply = self.home.wish(str(asked.pop("wish")), **asked)
                    self.door.answer(request, reply.code, reply.why)
            return answer.result()

    def bring(self, envelope: bytes | str) -> dict[str, Any]:
        """The answer to an envelope."""
        text = envelope if isinstance(envelope, str) else envelope.decode()
        return self.ask({"wish": "plan", "envelope": text})

    def signed(self, document: dict[str, Any]) -> bytes:
        """Any document with two true signatures, as hostile hands would make it."""
        payload = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        return self.sealed(payload, seal.compiled(self.home.plan))

    def sealed(self, payload: bytes, rows: dict[str, Any]) -> bytes:
        """Any bytes with two true signatures: the format, written down a second time."""
        signatures = []
        checked: dict[str, Any] = {"rules": "", "answers": []}
        for name, role, private in self.home.private:
            parts = [role.encode(), name.encode(), _compact(rows), _compact(checked), payload]
            told = b"".join(struct.pack(">I", len(part)) + part for part in parts)
            told = b"posology plan signature 2\0" + told
            made = Ed25519PrivateKey.from_private_bytes(private).sign(told)
            signatures.append(
                {"role": role, "signer": name, "algorithm": "ed25519", "signature": _b64(made)}
            )
        return _compact(
            {
                "schema": "posology-envelope/2",
                "payload": _b64(payload),
                "compiled": rows,
                "checked": checked,
                "signatures": signatures,
            }
        )

    def in_force(self) -> tuple[int, str, str]:
        """What the controller follows: version, hash, and the version that waits."""
        assert self.home.controller is not None
        state = self.home.controller.state
        return state.plan_version, state.plan_hash, str(state.pending_version)


def _compact(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """A loaded machine with version 1 in force, on a Monday before breakfast."""
    home = Home(tmp_path, "2026-11-23T05:00:00+00:00")
    home.install()
    with tempfile.TemporaryDirectory() as short:  # a socket's path has 107 bytes at most
        door = Door(Path(short) / "door.sock")
        yield Counter(home, door)
        door.close()


def next_version(plan: Plan, old: str = "", new: str = "", **given: Any) -> Plan:
    """The version that follows `plan`, with one change to the text of the example."""
    text = EXAMPLE.read_text()
    assert old in text
    follower = replace(parse_plan(text.replace(old, new)), version=plan.version + 1)
    return replace(follower, **({"previous_hash": plan_hash(plan)} | given))


def _regimen(document: dict[str, Any], number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = document["regimens"][number]
    return found


def _take(document: dict[str, Any], number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = _regimen(document, number)["steps"][0]["take"][0]
    return found


BAD_DOCUMENTS: list[tuple[str, Change, str, str]] = [
    ("unknown key", lambda d: d.update(note="hello"), "unknown-key", "note"),
    (
        "unknown key in a take",
        lambda d: _take(d).update(colour="blue"),
        "unknown-key",
        "regimens[0].steps[0].take[0].colour",
    ),
    ("missing key", lambda d: d.pop("patient"), "missing-key", "patient"),
    ("text for a number", lambda d: d.update(version="two"), "wrong-value", "version"),
    ("list for a mapping", lambda d: d.update(clock=[]), "wrong-type", "clock"),
    ("mapping for a list", lambda d: d.update(regimens={}), "wrong-type", "regimens"),
    (
        "24:00",
        lambda d: _take(d, 1).update(at=["24:00"]),
        "wrong-value",
        "regimens[1].steps[0].take[0].at[0]",
    ),
    (
        "no pieces",
        lambda d: _take(d).update(dose_quarters=0),
        "wrong-value",
        "regimens[0].steps[0].take[0].dose",
    ),
    (
        "5523 tablets",
        lambda d: _take(d).update(dose_quarters=5523 * 4),
        "wrong-value",
        "regimens[0].steps[0].take[0].dose",
    ),
    (
        "the same regimen twice",
        lambda d: _regimen(d, 1).update(id="metformin-500"),
        "duplicate-id",
        "regimens[1].id",
    ),
    ("no such zone", lambda d: d.update(zone="Europe/Atlantis"), "unknown-zone", "zone"),
    (
        "ends before it begins",
        lambda d: d.update(valid_until="2026-11-18T23:00:00Z"),
        "validity",
        "valid_until",
    ),
    ("another schema", lambda d: d.update(schema="posology-plan/9"), "wrong-value", "schema"),
]


@pytest.mark.hazard("H07")
@pytest.mark.parametrize(
    ("change", "code", "place"),
    [row[1:] for row in BAD_DOCUMENTS],
    ids=[row[0] for row in BAD_DOCUMENTS],
)
def test_a_bad_document_is_refused_though_two_people_signed_it(
    counter: Counter, change: Change, code: str, place: str
) -> None:
    """Two true signatures make no bad plan good: code, place, sentence; nothing changes."""
    before = counter.in_force()
    document = json.loads(canonical(next_version(counter.home.plan)))
    change(document)
    answer = counter.bring(counter.signed(document))

    assert (False, code) == (answer["ok"], answer["code"]), answer
    assert f"({place})" in str(answer["why"])
    assert before == counter.in_force()


def _key_of(counter: Counter, role: str) -> tuple[str, str, bytes]:
    return next(one for one in counter.home.private if one[1] == role)


SIGNED_WRONGLY: list[tuple[str, Callable[[Counter], bytes], str, str]] = [
    (
        "one signature",
        lambda c: seal.seal(next_version(c.home.plan), [_key_of(c, "pharmacist")]),
        "one-signature",
        "signatures",
    ),
    (
        "the same signer twice",
        lambda c: seal.seal(next_version(c.home.plan), [_key_of(c, "checker")] * 2),
        "same-signer",
        "signatures",
    ),
    (
        "one person in both roles",
        lambda c: seal.seal(
            next_version(c.home.plan),
            [_key_of(c, "checker"), ("pharmacist/ben", "pharmacist", _key_of(c, "checker")[2])],
        ),
        "same-signer",
        "signatures",
    ),
    (
        "a stranger",
        lambda c: seal.seal(
            next_version(c.home.plan),
            [_key_of(c, "pharmacist"), ("pharmacist/eve", "checker", seal.new_key()[0])],
        ),
        "unknown-signer",
        "signatures[1]",
    ),
    (
        "a stranger under a known name",
        lambda c: seal.seal(
            next_version(c.home.plan),
            [_key_of(c, "pharmacist"), ("pharmacist/ben", "checker", seal.new_key()[0])],
        ),
        "bad-signature",
        "signatures[1]",
    ),
    (
        "another device",
        lambda c: seal.seal(
            replace(next_version(c.home.plan), device="posology-demo-2"), c.home.private
        ),
        "other-device",
        "device",
    ),
    (
        "another patient",
        lambda c: seal.seal(replace(next_version(c.home.plan), patient="pt-OTHER"), c.home.private),
        "other-patient",
        "patient",
    ),
    (
        "a plan for next year",
        lambda c: seal.seal(
            replace(next_version(c.home.plan), valid_from=c.home.plan.valid_from + 40 * 86_400),
            c.home.private,
        ),
        "not-yet-valid",
        "valid_from",
    ),
    (
        "an expired plan",
        lambda c: seal.seal(
            replace(next_version(c.home.plan), valid_until=c.home.plan.valid_from + 86_400),
            c.home.private,
        ),
        "expired",
        "valid_until",
    ),
    (
        "another version of the same number",
        lambda c: seal.seal(
            replace(
                next_version(c.home.plan, "dose: 1, at", "dose: 2, at"),
                version=1,
                previous_hash="",
            ),
            c.home.private,
        ),
        "older-version",
        "version",
    ),
    (
        "a version that follows another",
        lambda c: seal.seal(
            replace(next_version(c.home.plan), previous_hash="0" * 64), c.home.private
        ),
        "wrong-predecessor",
        "previous_hash",
    ),
    (
        "rows that nobody compiled",
        lambda c: c.sealed(
            canonical(next_version(c.home.plan)), seal.compiled(c.home.plan) | {"rows": 1}
        ),
        "compiled-mismatch",
        "compiled",
    ),
]


@pytest.mark.hazard("H07")
@pytest.mark.parametrize(
    ("made", "code", "place"),
    [row[1:] for row in SIGNED_WRONGLY],
    ids=[row[0] for row in SIGNED_WRONGLY],
)
def test_a_good_plan_in_a_bad_envelope_is_refused(
    counter: Counter, made: Callable[[Counter], bytes], code: str, place: str
) -> None:
    """Who signed, for whom, until when and after what: code, place, sentence; nothing changes."""
    before = counter.in_force()
    answer = counter.bring(made(counter))

    assert (False, code) == (answer["ok"], answer["code"]), answer
    assert f"({place})" in str(answer["why"])
    assert before == counter.in_force()


@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        ("", "not-json"),
        ("{}", "not-an-envelope"),
        ("[" * 50_000, "not-json"),
        ("x" * 600_000, "too-large"),
        (None, "no-envelope"),
        (7, "no-envelope"),
        ({"schema": "posology-envelope/2"}, "not-an-envelope"),
        ({"a": [{}] * 2}, "not-an-envelope"),
    ],
    ids=lambda one: str(one)[:20],
)
def test_what_is_no_envelope_at_all_is_refused(counter: Counter, envelope: Any, code: str) -> None:
    """Rubbish of any type gets an answer, and the controller goes on."""
    before = counter.in_force()
    answer = counter.ask({"wish": "plan", "envelope": envelope})

    assert (False, code) == (answer["ok"], answer["code"])
    assert len(str(answer["why"])) > 10
    assert before == counter.in_force()
    counter.home.run_to("2026-11-23T07:05:00+00:00")
    counter.home.take()
    assert {"taken"} == {outcome for _, outcome, _ in counter.home.outcomes()}


@pytest.mark.hazard("H07")
def test_a_new_version_waits_for_the_machine_and_then_counts(counter: Counter) -> None:
    """Approved changes nothing; loaded, it is in force in one event, and the old day goes on."""
    home, old = counter.home, counter.home.plan
    new = next_version(old, "{dose: 1, at: [08:00]}", "{dose: 1, at: [09:00]}")
    assert counter.bring(seal.seal(new, home.private))["ok"]
    assert (1, plan_hash(old), "2") == counter.in_force()
    assert "already-known" == counter.bring(seal.seal(new, home.private))["code"]
    home.load()

    assert (2, plan_hash(new), "0") == counter.in_force()
    came = [(e.version, e.plan_hash) for e in home.events(ev.PlanInForce)]  # type: ignore[attr-defined]
    assert [(1, plan_hash(old)), (2, plan_hash(new))] == came
    home.run_to("2026-11-23T07:05:00+00:00")
    home.take()
    assert [("metformin-500", "taken", "retrieved")] == home.outcomes()
    home.run_to("2026-11-23T08:05:00+00:00")
    home.take()
    assert ("amlodipine-5", "taken", "retrieved") in home.outcomes()
    assert "older-version" == counter.bring(seal.seal(old, home.private))["code"]


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("when", ["before loading", "after loading"])
def test_a_restart_in_between_changes_no_plan(counter: Counter, when: str) -> None:
    """What waits goes on waiting, what is in force stays in force, through a dead controller."""
    home, old = counter.home, counter.home.plan
    new = next_version(old, "{dose: 1, at: [08:00]}", "{dose: 1, at: [09:00]}")
    assert counter.bring(seal.seal(new, home.private))["ok"]
    if when == "after loading":
        home.load()
    before = counter.in_force()
    home.kill_controller()
    home.run(5)
    home.start_controller()
    home.run(20)

    assert before == counter.in_force()
    if when == "before loading":
        home.load()
    assert (2, plan_hash(new), "0") == counter.in_force()
    home.run_to("2026-11-23T08:05:00+00:00")
    home.take()
    assert ("amlodipine-5", "taken", "retrieved") in home.outcomes()


def test_a_better_version_replaces_the_one_that_waits(counter: Counter) -> None:
    """Both follow the version in force; the later approved one is loaded, the other never."""
    home, old = counter.home, counter.home.plan
    first = next_version(old, "dose: 1, at", "dose: 3, at")
    second = replace(next_version(old, "dose: 1, at", "dose: 2, at"), version=3)
    assert counter.bring(seal.seal(first, home.private))["ok"]
    assert counter.bring(seal.seal(second, home.private))["ok"]
    home.load()

    assert (3, plan_hash(second), "0") == counter.in_force()


@pytest.mark.hazard("H34")
def test_a_plan_that_ran_out_gives_nothing_more(counter: Counter) -> None:
    """After valid_until no dose falls due, a warning stood for days, and nobody is to blame."""
    home, old = counter.home, counter.home.plan
    short = next_version(old, "valid_until: 2027-11-19", "valid_until: 2026-11-25")
    assert counter.bring(seal.seal(short, home.private))["ok"]
    home.load()
    assert "plan-expiring" in home.alerts()
    home.run_to("2026-11-27T12:00:00+00:00")

    assert [] == [d for d in home.doses.values() if d.due_at >= short.valid_until]
    assert "uncertain" not in {outcome for _, outcome, _ in home.outcomes()}


@pytest.mark.hazard("H07")
def test_the_signatures_are_looked_at_every_day(counter: Counter) -> None:
    """A signature that does not fit any more locks the machine within a day of running."""
    home = counter.home
    assert home.controller is not None
    home.run_to("2026-11-25T05:00:00+00:00")
    assert "" == home.controller.state.locked
    envelope = json.loads(signed(home.controller.state.plan_envelope))
    first, second = envelope["signatures"]
    first["signature"], second["signature"] = second["signature"], first["signature"]
    home.controller.state = replace(
        home.controller.state, plan_envelope=_compact(envelope).decode()
    )
    home.run_to("2026-11-26T06:00:00+00:00")
    assert "plan-signature" == home.controller.state.locked
