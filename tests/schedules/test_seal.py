"""The envelope: what two people signed, and every way to cheat."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from schedules.canonical import canonical, plan_hash
from schedules.model import PlanRefused
from schedules.planfile import parse_plan
from schedules.seal import Signer, countersign, new_key, public_of, seal, verify
from tests.schedules.plans import plan_text, regimen

PLAN = parse_plan(plan_text(regimen("    steps: [{take: [{dose: 1, at: [08:00]}]}]")))
PHARMACIST, CHECKER, STRANGER = (new_key() for _ in range(3))
ONE = ("person/ph-19", "pharmacist", PHARMACIST[0])
TWO = ("person/ph-04", "checker", CHECKER[0])
TRUSTED = [
    Signer("person/ph-19", "pharmacist", PHARMACIST[1]),
    Signer("person/ph-04", "checker", CHECKER[1]),
    Signer("person/ph-19", "checker", PHARMACIST[1]),
    Signer("person/ph-20", "checker", PHARMACIST[1]),
    Signer("person/ph-05", "pharmacist", CHECKER[1]),
]
GOOD = seal(PLAN, [ONE, TWO])
NOW_S = PLAN.valid_from + 60


def code_of(envelope: bytes, **given: object) -> str:
    """The code an envelope is refused with, "" where it is accepted."""
    options: dict[str, object] = {"device": "device-1", "now_s": NOW_S} | given
    try:
        verify(envelope, TRUSTED, **options)  # type: ignore[arg-type]
    except PlanRefused as refused:
        return refused.code
    return ""


def edited(change: Callable[[dict[str, object]], object]) -> bytes:
    """The good envelope after one change to its JSON."""
    top = json.loads(GOOD)
    change(top)
    return json.dumps(top, sort_keys=True, separators=(",", ":")).encode()


def payload_of(data: bytes) -> bytes:
    return edited(lambda top: top.update(payload=base64.b64encode(data).decode()))


def test_a_plan_signed_by_two_comes_back() -> None:
    """What was sealed is what verifies."""
    assert PLAN == verify(GOOD, TRUSTED, device="device-1", now_s=NOW_S)


def test_two_people_sign_one_after_the_other() -> None:
    """The checker adds a signature to what the pharmacist sealed."""
    first = seal(PLAN, [ONE])
    assert "one-signature" == code_of(first)
    assert "" == code_of(countersign(first, *TWO))


@pytest.mark.hazard("H07")
@pytest.mark.parametrize(
    ("signers", "code"),
    [
        ([], "one-signature"),
        ([ONE], "one-signature"),
        ([ONE, ONE], "same-signer"),
        ([ONE, ("person/ph-19", "checker", PHARMACIST[0])], "same-signer"),
        ([ONE, ("person/ph-20", "checker", PHARMACIST[0])], "same-signer"),
        ([ONE, ("person/ph-05", "pharmacist", CHECKER[0])], "same-role"),
        ([ONE, ("person/ph-99", "checker", STRANGER[0])], "unknown-signer"),
        ([ONE, ("person/ph-04", "checker", STRANGER[0])], "bad-signature"),
        ([ONE, ("person/ph-04", "auditor", CHECKER[0])], "unknown-signer"),
        ([ONE, TWO, ("person/ph-99", "auditor", STRANGER[0])], "not-an-envelope"),
    ],
)
def test_who_signed(signers: list[tuple[str, str, bytes]], code: str) -> None:
    """Two trusted people in two roles with two keys, and nobody else."""
    assert code == code_of(seal(PLAN, signers))


def _swap_roles(top: dict[str, object]) -> None:
    signatures = top["signatures"]
    assert isinstance(signatures, list)
    signatures[0]["signature"], signatures[1]["signature"] = (
        signatures[1]["signature"],
        signatures[0]["signature"],
    )


@pytest.mark.hazard("H07")
@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        (GOOD + b"x", "trailing-bytes"),
        (GOOD + GOOD, "trailing-bytes"),
        (GOOD.replace(b'"schema":', b'"schema":"x","schema":'), "duplicate-key"),
        (edited(lambda top: top.update(note="hello")), "not-an-envelope"),
        (edited(lambda top: top.update(schema="posology-envelope/9")), "not-an-envelope"),
        (edited(lambda top: top.pop("compiled")), "not-an-envelope"),
        (edited(lambda top: top.update(signatures="all")), "not-an-envelope"),
        (edited(lambda top: top.update(payload=5)), "not-an-envelope"),
        (edited(lambda top: top.update(payload="%%%")), "not-an-envelope"),
        (edited(_swap_roles), "bad-signature"),
        (payload_of(canonical(PLAN) + b" "), "bad-signature"),
        (payload_of(canonical(replace(PLAN, version=2))), "bad-signature"),
        (b"", "not-json"),
        (b"null", "not-an-envelope"),
        (b"[" * 100_000, "not-json"),
        (b"x" * 2_000_000, "too-large"),
    ],
    ids=lambda one: str(one)[:24],
)
def test_bytes_that_were_not_sealed(envelope: bytes, code: str) -> None:
    """Additions, doubles, other shapes and swapped signatures are refused."""
    assert code == code_of(envelope)


@pytest.mark.hazard("H13")
def test_every_byte_is_under_a_signature() -> None:
    """No single changed byte of an envelope is accepted, and none crashes."""
    for index in range(len(GOOD)):
        for bit in (0, 5):
            bad = bytearray(GOOD)
            bad[index] ^= 1 << bit
            assert code_of(bytes(bad)), index


@pytest.mark.hazard("H07")
def test_device_time_and_version() -> None:
    """Another device, after its end, an older or unrelated version: refused by name."""
    own = plan_hash(PLAN)
    assert "other-device" == code_of(GOOD, device="device-2")
    assert "expired" == code_of(GOOD, now_s=PLAN.valid_until)
    assert "older-version" == code_of(GOOD, in_force=(2, "a" * 64))
    assert "older-version" == code_of(GOOD, in_force=(1, "a" * 64))
    assert "" == code_of(GOOD, in_force=(1, own))
    following = seal(replace(PLAN, version=2, previous_hash=own), [ONE, TWO])
    assert "" == code_of(following, in_force=(1, own))
    assert "wrong-predecessor" == code_of(following, in_force=(1, "a" * 64))


def test_rows_other_than_signed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """R18: a compiler that would give other doses than were signed does not get through."""
    monkeypatch.setattr("schedules.seal.COMPILER", "0")
    stale = seal(PLAN, [ONE, TWO])
    monkeypatch.undo()
    assert "compiled-mismatch" == code_of(stale)


def test_public_key_of_a_private_one() -> None:
    """Keys are 32 raw bytes."""
    assert PHARMACIST[1] == public_of(PHARMACIST[0])
