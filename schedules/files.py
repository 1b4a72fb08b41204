"""Files that people hand to the commands: plans, keys, trusted signers.

Responsible for: reading one of them into a value, or refusing it by code. Not responsible for
arguments (__main__.py) or for whether anything that is read may come into force (seal.py).
"""

from datetime import datetime
from pathlib import Path

from schedules import planfile, seal
from schedules.canonical import read_json
from schedules.model import Plan, PlanRefused
from schedules.signers import weak


def read_plan(path: str) -> Plan:
    """The plan of a file people write, or of an envelope whose signatures nobody checked."""
    data = Path(path).read_bytes()
    if data.lstrip().startswith(b"{"):
        return seal.unverified(data.strip())
    return planfile.parse_plan(data.decode("utf-8"))


def read_key(path: str) -> tuple[str, str, bytes]:
    """(name, role, private key) of the file that `keys` writes; PlanRefused otherwise."""
    value = read_json(Path(path).read_bytes())
    keys = {"name", "role", "private"}
    if not isinstance(value, dict) or set(value) != keys:
        raise PlanRefused("not-a-key", "", "this is not a key file")
    return str(value["name"]), str(value["role"]), _hex32(value["private"])


def read_trusted(data: bytes) -> list[seal.Signer]:
    """The signers a device trusts, from the file that `keys` writes; PlanRefused otherwise."""
    value = read_json(data)
    if not isinstance(value, list):
        raise PlanRefused("not-trusted", "", "this is not a list of signers")
    found = []
    for one in value:
        if not isinstance(one, dict) or set(one) != {"name", "role", "public_key"}:
            raise PlanRefused("not-trusted", "", "this is not a list of signers")
        key = _hex32(one["public_key"])
        if weak(key):
            raise PlanRefused("weak-key", "public_key", "anybody could sign for this key")
        found.append(seal.Signer(_name(one["name"]), str(one["role"]), key))
    return found


def _name(value: object) -> str:
    """A signer's name in plain letters: what looks alike must be alike."""
    name = str(value)
    if not name.isascii() or not name.isprintable() or not name.strip():
        sentence = "names of signers are written in plain letters, a to z"
        raise PlanRefused("not-trusted", "name", sentence)
    return name


def _hex32(value: object) -> bytes:
    try:
        data = bytes.fromhex(str(value))
    except ValueError:
        data = b""
    if len(data) != 32:
        raise PlanRefused("not-a-key", "", "a key is 64 hex digits")
    return data


def iso(text: str) -> str:
    """An argument that must be a date or an instant in ISO form; ValueError where it is not."""
    datetime.fromisoformat(text)
    return text
