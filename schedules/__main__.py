"""`python -m schedules`: what a pharmacist does with a plan, at a terminal.

Responsible for: arguments, files and exit codes (0 done, 1 refused, 2 wrong arguments).
Not responsible for any rule.
"""

import argparse
import json
import os
import sys
import time
from datetime import date, datetime
from pathlib import Path

from schedules import convert, planfile, readback, seal
from schedules.canonical import plan_hash, read_json
from schedules.model import LastTaken, Plan, PlanRefused


def main(arguments: list[str]) -> int:
    """Runs one command; prints refusals with code, place and sentence."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except PlanRefused as refused:
        _print_refused(refused)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, UnicodeDecodeError) as fault:
        print(f"cannot be read or written: {fault}", file=sys.stderr)
    return 1


def _print_refused(refused: PlanRefused) -> None:
    print(f"refused: {refused.code} at {refused.place or 'the whole'}", file=sys.stderr)
    print(f"  {refused.sentence}", file=sys.stderr)
    for one in refused.also:
        print(f"also: {one.code} at {one.place}\n  {one.sentence}", file=sys.stderr)


def _show(asked: argparse.Namespace) -> int:
    plan = _plan(asked.plan)
    print(readback.read_back(plan))
    first = date.fromisoformat(asked.first) if asked.first else None
    print(readback.calendar(plan, first, asked.days), end="")
    return 0


def _check(asked: argparse.Namespace) -> int:
    plan = _plan(asked.plan)
    for sentence in readback.cautions(plan):
        print(f"look at {sentence}")
    print(f"sound: version {plan.version}, hash {plan_hash(plan)}")
    return 0


def _keys(asked: argparse.Namespace) -> int:
    folder = Path(asked.folder)
    folder.mkdir(parents=True, exist_ok=True)
    trusted = []
    for role, name in zip(seal.ROLES, (asked.pharmacist, asked.checker), strict=True):
        private, public = seal.new_key()
        _write_new(folder / f"{role}.key", {"name": name, "role": role, "private": private.hex()})
        trusted.append({"name": name, "role": role, "public_key": public.hex()})
    _write_new(folder / "trusted.json", trusted)
    print(f"wrote two keys and trusted.json to {folder}: each key belongs to one person")
    return 0


def _write_new(path: Path, value: object) -> None:
    """Never over an existing file, and readable by its owner only."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(value, file, indent=1)


def _sign(asked: argparse.Namespace) -> int:
    data = Path(asked.plan).read_bytes()
    signers = [_key(path) for path in asked.key]
    if data.lstrip().startswith(b"{"):
        envelope = data.strip()
        for name, role, private in signers:
            envelope = seal.countersign(envelope, name, role, private)
    else:
        envelope = seal.seal(planfile.parse_plan(data.decode("utf-8")), signers)
    Path(asked.output).write_bytes(envelope)
    count = envelope.count(b'"signature":')
    print(f"wrote {asked.output} with {count} signature{'s' if count > 1 else ''}")
    return 0


def _verify(asked: argparse.Namespace) -> int:
    trusted = read_trusted(Path(asked.trusted).read_bytes())
    now_s = int(datetime.fromisoformat(asked.now).timestamp()) if asked.now else int(time.time())
    in_force = None
    if asked.in_force:
        before = seal.unverified(Path(asked.in_force).read_bytes().strip())
        in_force = (before.version, plan_hash(before))
    envelope = Path(asked.envelope).read_bytes().strip()
    plan = seal.verify(envelope, trusted, device=asked.device, now_s=now_s, in_force=in_force)
    print(f"may come into force: version {plan.version}, hash {plan_hash(plan)}")
    return 0


def _convert(asked: argparse.Namespace) -> int:
    frame = convert.Frame(
        plan_id=asked.plan_id,
        version=asked.version,
        previous_hash=asked.previous_hash,
        device=asked.device,
        patient=asked.patient,
        zone=asked.zone,
        start=datetime.fromisoformat(asked.start),
        days=asked.days,
        piece_mg=asked.piece_mg,
        last_taken=LastTaken(asked.last_taken),
        one_patient=asked.one_patient,
    )
    said = convert.said_of(Path(asked.said).read_text("utf-8")) if asked.said else {}
    resources, refusals = convert.resources_of(map(Path, asked.bundle))
    plan, more = convert.convert(resources, frame, said)
    for one in [*refusals, *more]:
        print(f"refused {one.id}: {one.code}: {one.why}", file=sys.stderr)
    print(f"{len(plan.regimens)} read, {len(refusals) + len(more)} refused", file=sys.stderr)
    if not plan.regimens:
        return 1
    text = planfile.dump_plan(plan)
    if asked.output == "-":
        print(text, end="")
    else:
        Path(asked.output).write_text(text, "utf-8")
    return 0


def _plan(path: str) -> Plan:
    """The plan of a file people write, or of an envelope whose signatures nobody checked."""
    data = Path(path).read_bytes()
    if data.lstrip().startswith(b"{"):
        return seal.unverified(data.strip())
    return planfile.parse_plan(data.decode("utf-8"))


def _key(path: str) -> tuple[str, str, bytes]:
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
        found.append(seal.Signer(str(one["name"]), str(one["role"]), _hex32(one["public_key"])))
    return found


def _hex32(value: object) -> bytes:
    try:
        data = bytes.fromhex(str(value))
    except ValueError:
        data = b""
    if len(data) != 32:
        raise PlanRefused("not-a-key", "", "a key is 64 hex digits")
    return data


def _iso(text: str) -> str:
    datetime.fromisoformat(text)
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m schedules", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="read a plan back and show its doses")
    show.add_argument("plan", help="plan file or envelope")
    show.add_argument("--first", type=_iso, help="first day of the calendar (2026-11-23)")
    show.add_argument("--days", type=int, default=readback.CALENDAR_DAYS)
    show.set_defaults(run=_show)
    check = commands.add_parser("check", help="every reason to refuse a plan")
    check.add_argument("plan")
    check.set_defaults(run=_check)
    keys = commands.add_parser("keys", help="new signing keys for two people")
    keys.add_argument("folder")
    keys.add_argument("--pharmacist", default="person/pharmacist", metavar="NAME")
    keys.add_argument("--checker", default="person/checker", metavar="NAME")
    keys.set_defaults(run=_keys)
    sign = commands.add_parser("sign", help="sign a plan file, or add a signature to an envelope")
    sign.add_argument("plan")
    sign.add_argument("--key", action="append", required=True, help="key file, once per person")
    sign.add_argument("-o", "--output", required=True)
    sign.set_defaults(run=_sign)
    verify = commands.add_parser("verify", help="may this envelope come into force?")
    verify.add_argument("envelope")
    verify.add_argument("--trusted", required=True, help="file of trusted signers")
    verify.add_argument("--device", required=True)
    verify.add_argument("--now", type=_iso, help="instant with offset; default: this clock")
    verify.add_argument("--in-force", help="envelope of the version in force")
    verify.set_defaults(run=_verify)
    _convert_parser(commands.add_parser("convert", help="FHIR R4 orders to a plan file"))
    return parser


def _convert_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", nargs="+", help="JSON files or folders of them")
    parser.add_argument("--zone", required=True, help="IANA time zone of the patient")
    parser.add_argument("--patient", required=True, help="pseudonym")
    parser.add_argument("--device", required=True)
    parser.add_argument("--start", required=True, type=_iso, help="local time of loading")
    parser.add_argument("--piece-mg", type=int, default=0, help="weight of a piece, if all alike")
    parser.add_argument("--days", type=int, default=90, help="validity")
    parser.add_argument("--plan-id", default="from-orders")
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--previous-hash", default="")
    parser.add_argument("--last-taken", choices=("never", "unknown"), default="unknown")
    parser.add_argument("--said", help="YAML: what the pharmacist adds, by order id")
    parser.add_argument("--one-patient", action="store_true", help="all orders are of one patient")
    parser.add_argument("-o", "--output", default="-")
    parser.set_defaults(run=_convert)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
