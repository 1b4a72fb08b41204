"""Every way to cheat with a signature that we know of, each with the code it is refused with.

Plans, acts, vouches, times and rule files share one machinery; what holds for all of them is
asked of all of them. What nobody signed is never taken; what was signed is taken as it was.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from schedules import files, halt, rules, seal, signed, signers, told_time, vouch
from schedules.canonical import canonical, plan_hash
from schedules.checked import Checked
from schedules.model import PlanRefused
from schedules.seal import Signer
from tests.schedules.cheating import (
    ADA,
    ANSWER,
    BEN,
    CHECKED,
    DOSE,
    ENVELOPE,
    EVE,
    FIELD,
    NUMBER,
    ORDER,
    PLAN,
    RULES,
    SAW,
    SORTS,
    TRUSTED,
    Change,
    Person,
    act,
    edited,
    entry,
    following,
    forged,
    key,
    plan_code,
    put,
    refused,
    repacked,
)
from tests.schedules.checking import NOW_S

TEXT = canonical(PLAN)


def named(person: Person, name: str = "", role: str = "", number: int = 0) -> Person:
    """The same person under another name, in another role, with another key."""
    return name or person[0], role or person[1], key(number)[0] if number else person[2]


def test_what_is_good_is_taken() -> None:
    """Each good document of these tests is taken: otherwise a refusal would prove nothing."""
    assert {name: "" for name in SORTS} == {
        name: one.code(one.good, TRUSTED) for name, one in SORTS.items()
    }
    assert CHECKED == seal.checked_of(ENVELOPE)
    assert forged(TEXT) == seal.seal(PLAN, [ADA, BEN], CHECKED)


# --- what was signed is changed -----------------------------------------------------------------


def swap(word: str) -> Change:
    def change(top: dict[str, Any]) -> None:
        first, second = top["signatures"]
        first[word], second[word] = second[word], first[word]

    return change


CHANGED: dict[str, tuple[bytes, str]] = {
    "another dose": (repacked(ENVELOPE, canonical(following())), "bad-signature"),
    "another device": (
        repacked(ENVELOPE, canonical(replace(PLAN, device="device-2"))), "bad-signature",
    ),
    "another patient": (
        repacked(ENVELOPE, canonical(replace(PLAN, patient="pt-8888"))), "bad-signature",
    ),
    "a longer validity": (
        repacked(ENVELOPE, canonical(replace(PLAN, valid_until=PLAN.valid_until + 86_400))),
        "bad-signature",
    ),
    "a space after the plan": (repacked(ENVELOPE, TEXT + b" "), "bad-signature"),
    "no plan at all": (repacked(ENVELOPE, b""), "bad-signature"),
    "other compiled rows": (edited(ENVELOPE, put("compiled", "hash", "0" * 64)), "bad-signature"),
    "one row more": (edited(ENVELOPE, put("compiled", "rows", 99)), "bad-signature"),
    "other time-zone data": (edited(ENVELOPE, put("compiled", "tzdata", "2099a")), "bad-signature"),
    "rules that were not asked": (
        edited(ENVELOPE, put("checked", "rules", "hospital 9 0")), "bad-signature",
    ),
    "an answer left out": (edited(ENVELOPE, put("checked", "answers", [])), "bad-signature"),
    "an answer twice": (
        edited(ENVELOPE, lambda top: top["checked"].update(answers=top["checked"]["answers"] * 2)),
        "bad-signature",
    ),
    "another reason": (
        edited(ENVELOPE, put("checked", "answers", 0, "reason", "I was told to")), "bad-signature",
    ),
    "an answer to another question": (
        edited(ENVELOPE, put("checked", "answers", 0, "asked", "6 pieces")), "bad-signature",
    ),
    "signatures exchanged": (edited(ENVELOPE, swap("signature")), "bad-signature"),
    "roles exchanged": (edited(ENVELOPE, swap("role")), "unknown-signer"),
    "names exchanged": (edited(ENVELOPE, swap("signer")), "unknown-signer"),
    "the order of the two exchanged": (
        edited(ENVELOPE, lambda top: top["signatures"].reverse()), "",
    ),
    "one signature taken away": (
        edited(ENVELOPE, lambda top: top["signatures"].pop()), "one-signature",
    ),
    "both taken away": (edited(ENVELOPE, put("signatures", [])), "one-signature"),
    "one signature emptied": (
        edited(ENVELOPE, put("signatures", 0, "signature", "")), "bad-signature",
    ),
    "one of noughts": (
        edited(ENVELOPE, put("signatures", 0, "signature", base64.b64encode(bytes(64)).decode())),
        "bad-signature",
    ),
    "a third signature": (
        edited(ENVELOPE, lambda top: top["signatures"].append(
            dict(top["signatures"][0], signer="person/cid", role="auditor"))),
        "not-an-envelope",
    ),
    "no algorithm": (edited(ENVELOPE, put("signatures", 0, "algorithm", "none")), "bad-signature"),
    "an older algorithm": (
        edited(ENVELOPE, put("signatures", 1, "algorithm", "rsa-sha1")), "bad-signature",
    ),
    "an older envelope": (
        edited(ENVELOPE, put("schema", "posology-envelope/1")), "not-an-envelope",
    ),
    "signed as envelopes once were": (
        forged(TEXT, domain=b"posology plan signature 1\0"), "bad-signature",
    ),
}  # fmt: skip


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("name", CHANGED)
def test_what_was_signed_cannot_be_changed(name: str) -> None:
    """Plan, rows, rules, answers, roles, names and signatures are bound to one another."""
    data, code = CHANGED[name]
    assert code == plan_code(data)


# --- who signed ---------------------------------------------------------------------------------

OLD_ADA = named(ADA, number=9)
TWO_KEYS = named(BEN, "person/ada", number=8)  # Ada, with a second key, as checker
WHO: dict[str, tuple[list[Person], list[Signer], str]] = {
    "one person twice": ([ADA, ADA], [], "same-signer"),
    "one person in both roles": (
        [ADA, named(ADA, role="checker")], [entry(named(ADA, role="checker"))], "same-signer",
    ),
    "one person, two keys": ([ADA, TWO_KEYS], [entry(TWO_KEYS)], "same-signer"),
    "one key, two names": (
        [ADA, named(ADA, "person/cid", "checker")],
        [entry(named(ADA, "person/cid", "checker"))],
        "same-signer",
    ),
    "one person in capitals": (
        [ADA, named(TWO_KEYS, "person/ADA")], [entry(named(TWO_KEYS, "person/ADA"))], "same-signer",
    ),
    "one person without its prefix": (
        [ADA, named(TWO_KEYS, "ada")], [entry(named(TWO_KEYS, "ada"))], "same-signer",
    ),
    "one person with a dot": (
        [ADA, named(TWO_KEYS, "person/a.da")], [entry(named(TWO_KEYS, "person/a.da"))],
        "same-signer",
    ),
    "two pharmacists": (
        [ADA, named(BEN, role="pharmacist")], [entry(named(BEN, role="pharmacist"))], "same-role",
    ),
    "a stranger": ([ADA, EVE], [], "unknown-signer"),
    "a stranger under a known name": ([ADA, named(EVE, "person/ben")], [], "bad-signature"),
    "a role that is none": (
        [ADA, named(BEN, role="auditor")], [entry(named(BEN, role="auditor"))], "unknown-signer",
    ),
    "a letter of another alphabet": (
        [ADA, named(EVE, "person/b\N{CYRILLIC SMALL LETTER IE}n")], [], "unknown-signer",
    ),
    "a letter without width": (
        [ADA, named(EVE, "person/be\N{ZERO WIDTH SPACE}n")], [], "unknown-signer",
    ),
    "an accent apart": (
        [ADA, named(EVE, "person/be\N{COMBINING ACUTE ACCENT}n")], [], "unknown-signer",
    ),
    "a key that was taken back": ([OLD_ADA, BEN], [], "bad-signature"),
    "a signer who was removed": ([EVE, ADA], [], "unknown-signer"),
    "both keys, while one is changed": ([OLD_ADA, BEN], [entry(OLD_ADA)], ""),
    "the new key, while one is changed": ([ADA, BEN], [entry(OLD_ADA)], ""),
    "old key and new key of one person": (
        [OLD_ADA, named(ADA, role="checker")],
        [entry(OLD_ADA), entry(named(ADA, role="checker"))],
        "same-signer",
    ),
}  # fmt: skip


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("name", WHO)
def test_two_people_are_two_people(name: str) -> None:
    """Two names, two keys, two roles, all known to this device; a changed key is known by both."""
    people, more, code = WHO[name]
    assert code == plan_code(seal.seal(PLAN, people), [*TRUSTED, *more])


@pytest.mark.parametrize("name", [name for name in WHO if name != "two pharmacists"])
def test_two_people_resume_and_put_rules_in_force(name: str) -> None:
    """The same for a resume and for a rule file; a code of its own only where roles are equal."""
    people, more, code = WHO[name]
    trusted = [*TRUSTED, *more]
    assert code == SORTS["resume"].code(halt.seal_act(act("resume"), people), trusted)
    assert code == SORTS["rules"].code(rules.seal_rules(RULES, people), trusted)


@pytest.mark.hazard("H32")
@pytest.mark.parametrize("by", ["person/ada", "Ada", "ADA ", "person/Ada", "a-d-a"])
def test_nobody_vouches_for_what_he_saw_himself(by: str) -> None:
    """However he writes his name."""
    document = vouch.seal_vouch(replace(SAW, by=by), ADA)
    assert "same-signer" == SORTS["vouch"].code(document, TRUSTED)


# --- for whom, when, after what -----------------------------------------------------------------

OWN = plan_hash(PLAN)
SECOND = following()
ELSEWHERE: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "another device": (ENVELOPE, {"device": "device-2"}, "other-device"),
    "a device of a longer name": (ENVELOPE, {"device": "device-11"}, "other-device"),
    "another patient": (ENVELOPE, {"patient": "pt-8888"}, "other-patient"),
    "no patient yet": (ENVELOPE, {"patient": ""}, ""),
    "the last second": (ENVELOPE, {"now_s": PLAN.valid_until - 1}, ""),
    "expired": (ENVELOPE, {"now_s": PLAN.valid_until}, "expired"),
    "expired a year ago": (ENVELOPE, {"now_s": PLAN.valid_until + 10**7}, "expired"),
    "loaded weeks ahead": (ENVELOPE, {"now_s": PLAN.valid_from - 31 * 86_400}, ""),
    "not yet valid": (ENVELOPE, {"now_s": PLAN.valid_from - 31 * 86_400 - 1}, "not-yet-valid"),
    "a clock that was lost": (ENVELOPE, {"now_s": 0}, "not-yet-valid"),
    "the very one in force": (ENVELOPE, {"in_force": (1, OWN)}, ""),
    "another of its number": (ENVELOPE, {"in_force": (1, "a" * 64)}, "older-version"),
    "rolled back": (ENVELOPE, {"in_force": (2, plan_hash(SECOND))}, "older-version"),
    "rolled back far": (ENVELOPE, {"in_force": (10**6, "a" * 64)}, "older-version"),
    "the next": (seal.seal(SECOND, [ADA, BEN]), {"in_force": (1, OWN)}, ""),
    "a wrong predecessor": (
        seal.seal(SECOND, [ADA, BEN]), {"in_force": (1, "a" * 64)}, "wrong-predecessor",
    ),
    "a version left out": (
        seal.seal(replace(SECOND, version=3), [ADA, BEN]),
        {"in_force": (2, plan_hash(SECOND))},
        "wrong-predecessor",
    ),
    "a predecessor that is itself": (
        seal.seal(replace(SECOND, previous_hash=plan_hash(SECOND)), [ADA, BEN]),
        {"in_force": (1, OWN)},
        "wrong-predecessor",
    ),
    "version 2 of nothing": (
        forged(canonical(replace(PLAN, version=2))), {"in_force": (1, OWN)}, "previous-hash",
    ),
    "rows of another plan": (
        forged(canonical(replace(SECOND, valid_until=PLAN.valid_until - 86_400))),
        {"in_force": (1, OWN)},
        "compiled-mismatch",
    ),
}  # fmt: skip


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_true_plan_in_the_wrong_place(name: str) -> None:
    """Two true signatures are for one device, one patient, one time, after one version."""
    data, given, code = ELSEWHERE[name]
    assert code == plan_code(data, **given)


def act_code(one: halt.Act, people: list[Person], **given: Any) -> str:
    options: dict[str, Any] = {"device": "device-1", "now_s": NOW_S, "after": 0} | given
    return refused(lambda: halt.verify_act(halt.seal_act(one, people), TRUSTED, **options))


def time_code(
    said_at: int = NOW_S, number: str = NUMBER, device: str = "device-1", **given: Any
) -> str:
    options: dict[str, Any] = {
        "device": "device-1", "number": NUMBER, "now_s": NOW_S, "after": 0,
    } | given  # fmt: skip
    document = told_time.seal_time(device, number, said_at, ADA)
    return refused(lambda: told_time.verify_time(document, TRUSTED, **options))


@pytest.mark.hazard("H07")
def test_a_true_word_in_the_wrong_place() -> None:
    """Acts, vouches and times: another device, again, too late, too early, one person for two."""
    stop, resume = act("stop"), act("resume")
    assert "" == act_code(stop, [ADA], after=6)
    assert "act-repeated" == act_code(stop, [ADA], after=7)
    assert "act-repeated" == act_code(stop, [ADA], after=10**9)
    assert "act-too-late" == act_code(stop, [ADA], now_s=stop.not_after + 1)
    assert "other-device" == act_code(replace(stop, device="device-2"), [ADA])
    assert "one-signature" == act_code(resume, [ADA])
    assert "one-signature" == act_code(stop, [])
    assert "one-signature" == act_code(stop, [ADA, BEN, EVE])
    assert "clock-in-doubt" == act_code(resume, [ADA, BEN], now_s=None)
    assert "not-an-act" == act_code(replace(stop, act="release"), [ADA])
    assert "not-an-act" == act_code(replace(stop, number=0), [ADA])
    assert "not-an-act" == act_code(replace(stop, number=halt.LATEST_S), [ADA])
    assert "not-an-act" == act_code(replace(stop, not_after=10**40), [ADA])

    moved = vouch.seal_vouch(replace(SAW, device="device-2"), ADA)
    assert "other-device" == SORTS["vouch"].code(moved, TRUSTED)

    assert "" == time_code()
    assert "other-device" == time_code(device="device-2")
    assert "other-number" == time_code(number="4712")
    assert "time-repeated" == time_code(after=NOW_S)
    assert "time-differs" == time_code(NOW_S + told_time.AHEAD_S + 1)
    assert "time-differs" == time_code(NOW_S - told_time.AGE_S - 1)


# --- keys and curves ----------------------------------------------------------------------------


@pytest.mark.parametrize("sort", SORTS)
def test_a_signature_has_one_form(sort: str) -> None:
    """S + L is the same number to the curve and another text: refused (RFC 8032, 5.1.7)."""
    one = SORTS[sort]
    made = base64.b64decode(json.loads(one.good)["signatures"][0]["signature"])
    more = (int.from_bytes(made[32:], "little") + ORDER).to_bytes(32, "little")
    again = base64.b64encode(made[:32] + more).decode()
    bad = edited(one.good, put("signatures", 0, "signature", again)).decode()
    assert "bad-signature" == one.code(bad, TRUSTED)


# the eight points of small order and their other spellings: y, y + p, with and without a sign
_EIGHTH = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
SMALL = sorted(
    {
        (y | sign << 255).to_bytes(32, "little")
        for y in (0, 1, FIELD - 1, FIELD, FIELD + 1, _EIGHTH, FIELD - _EIGHTH)
        for sign in (0, 1)
    }
)


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("public", SMALL, ids=[one.hex()[:6] + one.hex()[-4:] for one in SMALL])
def test_a_key_for_which_anybody_can_sign_is_none(public: bytes) -> None:
    """Points of small order as the key of a checker: no forgery fits, and no list has them."""
    assert signers.weak(public)
    trusted = [entry(ADA), Signer(BEN[0], BEN[1], public)]
    neutral = bytes([1]) + bytes(31)
    for first in (neutral, public, bytes(32)):
        made = base64.b64encode(first + bytes(32)).decode()
        bad = edited(ENVELOPE, put("signatures", 1, "signature", made))
        assert "bad-signature" == plan_code(bad, trusted)
    listed = [{"name": "person/ben", "role": "checker", "public_key": public.hex()}]
    assert "weak-key" == refused(lambda: files.read_trusted(json.dumps(listed).encode()))


def test_what_is_no_point_is_no_key() -> None:
    """31 or 33 bytes, a y without an x: no key; a thousand true keys are none of these."""
    assert signers.weak(b"") and signers.weak(bytes(31)) and signers.weak(bytes(33))
    assert signers.weak((2).to_bytes(32, "little"))
    assert [] == [n for n in range(1, 100) if signers.weak(key(n)[1])]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (put(0, "name", "person/ad\N{CYRILLIC SMALL LETTER A}"), "not-trusted"),
        (put(0, "name", "person/a\N{ZERO WIDTH SPACE}da"), "not-trusted"),
        (put(0, "name", ""), "not-trusted"),
        (put(0, "note", "x"), "not-trusted"),
        (put(0, "public_key", "00"), "not-a-key"),
        (put(0, "public_key", "zz" * 32), "not-a-key"),
        (put(0, "x"), "not-trusted"),
    ],
)
def test_who_is_trusted_is_read_strictly(change: Callable[[Any], object], code: str) -> None:
    """Names in plain letters, whole keys, nothing more."""
    listed = [{"name": "person/ada", "role": "pharmacist", "public_key": key(1)[1].hex()}]
    assert 1 == len(files.read_trusted(json.dumps(listed).encode()))
    change(listed)
    assert code == refused(lambda: files.read_trusted(json.dumps(listed).encode()))


# --- one kind for another -----------------------------------------------------------------------


@pytest.mark.hazard("H07")
@pytest.mark.parametrize(
    ("source", "target"),
    [(a, b) for a in SORTS for b in SORTS if SORTS[a].kind != SORTS[b].kind],
)
def test_no_signature_is_worth_anything_on_another_kind(source: str, target: str) -> None:
    """A document handed over as another kind, renamed to it, or its payload signed as another."""
    one, other = SORTS[source], SORTS[target]
    said = other.code(one.good, TRUSTED)
    assert said in (other.kind.code, "rules-unsigned"), said

    renamed = edited(one.good, put("schema", other.kind.schema)).decode()
    assert other.code(renamed, TRUSTED) in ("bad-signature", other.kind.code)

    inner = base64.b64decode(json.loads(other.good)["payload"])
    people = [ADA, BEN][: len(json.loads(other.good)["signatures"])]
    if target == "plan":
        bad = forged(inner, domain=one.kind.domain).decode()
    else:
        kind = replace(other.kind, domain=one.kind.domain)
        bad = signed.seal_document(kind, inner, people)
    assert "bad-signature" == other.code(bad, TRUSTED)


def test_every_kind_has_a_domain_of_its_own() -> None:
    """No domain begins with another one: no signed text can be read as two kinds."""
    domains = sorted({one.kind.domain for one in SORTS.values()})
    assert 5 == len(domains)
    for first in domains:
        assert re.fullmatch(rb"posology [a-z]+ signature [0-9]\0", first)
        assert [first] == [one for one in domains if one.startswith(first)]


def test_the_answers_of_one_plan_are_worth_nothing_for_another() -> None:
    """An answered question moves to no other plan, and a missing one is not invented."""
    other = seal.seal(following(), [ADA, BEN], Checked())
    bad = edited(other, lambda top: top.update(checked=json.loads(ENVELOPE)["checked"]))
    assert "bad-signature" == plan_code(bad)
    assert (ANSWER,) == seal.checked_of(ENVELOPE).answers
    many = edited(ENVELOPE, put("checked", "answers", [{}] * 100))
    assert "not-an-envelope" == plan_code(many)
    assert DOSE == SAW.dose_id


@pytest.mark.parametrize(
    "checked",
    [
        Checked("", (replace(ANSWER, asked="x" * 2001),)),
        Checked("", (replace(ANSWER, reason="a\nb"),)),
        Checked("", (ANSWER,) * 65),
        Checked("\x00"),
    ],
)
def test_what_could_not_be_read_again_is_not_signed(checked: Checked) -> None:
    """An answer too long, too many, or with what cannot be shown: refused before it is signed."""
    assert "not-an-envelope" == refused(lambda: seal.seal(PLAN, [ADA, BEN], checked))
    longest = Checked("", (replace(ANSWER, asked="x" * 2000),) * 64)
    assert "" == plan_code(seal.seal(PLAN, [ADA, BEN], longest))


def test_who_signs_second_recompiles_first() -> None:
    """Rows that are not those of the plan are not signed by anybody's second key."""
    bad = edited(seal.seal(PLAN, [ADA]), put("compiled", "hash", "0" * 64))
    with pytest.raises(PlanRefused) as caught:
        seal.countersign(bad, *BEN)
    assert "compiled-mismatch" == caught.value.code
