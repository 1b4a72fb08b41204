"""What a simulated home needs before its first process starts: keys, a signed plan, settings.

Responsible for demonstration keys (made here, kept in .home, protecting nothing), for the
envelope with both signatures, for controller.toml and for the simulated instant at which
the home begins. Not responsible for judging any of it: the controller verifies the envelope
as it would any other.
"""

import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from controller.home.places import ROOT, HomeRefused, Places
from controller.home.switches import Switches
from schedules import seal
from schedules.doses import next_dose
from schedules.files import read_key
from schedules.model import Plan, PlanRefused
from schedules.planfile import parse_plan

PLAN_FILE = ROOT / "schedules" / "examples" / "home.yaml"
LEAD_S = 40  # a fresh home begins so long before a due dose, on the watch of who looks on
LEAD_SPEED_MAX = 60  # at higher speeds it would begin days before
DAYS_LEFT_S = 30 * 86_400  # a plan with less than this left begins at its first day instead
KEY_BYTES = 32
PEOPLE = (("pharmacist/ada", "pharmacist"), ("checker/ben", "checker"))


@dataclass(frozen=True)
class Furniture:
    """What run.py hands to the processes."""

    pairing_key: Path
    hub_key: Path
    envelope: bytes
    zone: str
    start: str  # ISO, UTC: simulated instant of a fresh home


def furnish(places: Places, switches: Switches, *, broker_port: int) -> Furniture:
    """Make what is absent, write the settings anew; HomeRefused if the plan is not one."""
    pairing_key = _secret(places.keys / "pairing.key")
    hub_key = _secret(places.keys / "hub.key")
    private = {role: _signing_key(places.keys, name, role) for name, role in PEOPLE}
    try:
        plan = parse_plan(PLAN_FILE.read_text(encoding="utf-8"))
    except PlanRefused as why:
        raise HomeRefused(f"{PLAN_FILE.name}: {why}") from why
    if not places.envelope.exists():
        signed = seal.seal(plan, [(name, role, private[role]) for name, role in PEOPLE])
        _write(places.envelope, signed)
    _write(places.config, _settings(places, plan, private, broker_port, virtual=False).encode())
    return Furniture(
        pairing_key,
        hub_key,
        places.envelope.read_bytes(),
        plan.zone,
        _iso(first_instant(plan, int(time.time()), LEAD_S * min(switches.speed, LEAD_SPEED_MAX))),
    )


def furnish_virtual(places: Places, plan: Plan, *, broker_port: int) -> Furniture:
    """The same for a home under virtual time, with this plan signed anew."""
    pairing_key = _secret(places.keys / "pairing.key")
    hub_key = _secret(places.keys / "hub.key")
    private = {role: _signing_key(places.keys, name, role) for name, role in PEOPLE}
    signed = seal.seal(plan, [(name, role, private[role]) for name, role in PEOPLE])
    _write(places.envelope, signed)
    settings = _settings(places, plan, private, broker_port, virtual=True)
    _write(places.config, settings.encode())
    return Furniture(pairing_key, hub_key, signed, plan.zone, _iso(plan.valid_from))


def first_instant(plan: Plan, now_s: int, lead_s: int) -> int:
    """`lead_s` before a due dose: the next from now, or the plan's first if it is nearly over."""
    after = now_s if plan.valid_from <= now_s < plan.valid_until - DAYS_LEFT_S else plan.valid_from
    dose = next_dose(plan, after + lead_s)
    if dose is None:
        raise HomeRefused("the plan has no dose to begin with")
    return dose.due_at - lead_s


def _settings(
    places: Places, plan: Plan, private: dict[str, bytes], broker_port: int, *, virtual: bool
) -> str:
    """controller.toml for a controller in this house; in virtual time the token is the cable."""
    house = places.sockets / "controller.sock" if virtual else places.house
    lines = [
        "# Written at every start.",
        "schema = 1",
        f"device = {_text(plan.device)}",
        f"journal = {_text(places.journal)}",
        f"door = {_text(places.door)}",
        "[board]",
        'kind = "simulated"',
        *([] if virtual else [f"port = {_text(places.cable)}"]),
        f"pairing_key = {_text(places.keys / 'pairing.key')}",
        "[house]",
        f"pace = {_text('virtual' if virtual else 'real')}",
        f"socket = {_text(house)}",
    ]
    for name, role in PEOPLE:
        public = seal.public_of(private[role]).hex()
        lines += [
            "[[signer]]",
            f"name = {_text(name)}",
            f"role = {_text(role)}",
            f"public_key = {_text(public)}",
        ]
    if broker_port:
        lines += [
            "[hub]",
            'host = "127.0.0.1"',
            f"port = {broker_port}",
            f"hub_key = {_text(places.keys / 'hub.key')}",
        ]
    return "\n".join(lines) + "\n"


def _text(value: str | Path) -> str:
    return json.dumps(str(value))  # a JSON string of plain text is a TOML string


def _iso(instant_s: int) -> str:
    return datetime.fromtimestamp(instant_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _secret(path: Path) -> Path:
    """A key of this home only, in hex."""
    if not path.exists():
        _write(path, secrets.token_hex(KEY_BYTES).encode() + b"\n")
    return path


def _signing_key(keys: Path, name: str, role: str) -> bytes:
    """A key of this home's people, as `python -m schedules` reads it: acts are signed with it."""
    path = keys / f"{role}.key"
    if not path.exists() or not path.read_bytes().startswith(b"{"):
        known = path.read_text().strip() if path.exists() else seal.new_key()[0].hex()
        _write(path, json.dumps({"name": name, "role": role, "private": known}).encode())
    return read_key(str(path))[2]


def _write(path: Path, data: bytes) -> None:
    """Replace a file in one step; nobody else may read it."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_bytes(data)
    new.replace(path)
