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

from schedules import diff, readback, seal
from schedules.canonical import plan_hash
from schedules.command import act as act_command
from schedules.command import check as check_command
from schedules.command import convert as convert_command
from schedules.command import expand as expand_command
from schedules.command import fhir as fhir_command
from schedules.command import hl7 as hl7_command
from schedules.command import propose as propose_command
from schedules.command import sign as sign_command
from schedules.command import time as time_command
from schedules.command import travel as travel_command
from schedules.command import vouch as vouch_command
from schedules.files import iso, read_plan, read_trusted
from schedules.halt import is_act
from schedules.model import PlanRefused
from schedules.rules import is_rules
from schedules.rules_readback import read_back_rules

# commands with a file of their own: each adds its arguments and its `run`
COMMANDS = (
    convert_command,
    expand_command,
    fhir_command,
    hl7_command,
    propose_command,
    check_command,
    sign_command,
    travel_command,
)


def main(arguments: list[str]) -> int:
    """Runs one command; prints refusals with code, place and sentence."""
    asked = _parser().parse_args(arguments)
    try:
        asked.now_s = _now_s(asked)
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
    data = Path(asked.plan).read_bytes()
    if is_act(data):
        return act_command.show_act(data, asked.of, _now_s(asked))
    if is_rules(data):
        print(read_back_rules(data), end="")
        return 0
    plan = read_plan(asked.plan)
    print(readback.read_back(plan, asked.language))
    first = date.fromisoformat(asked.first) if asked.first else None
    print(readback.calendar(plan, first, asked.days, asked.language), end="")
    check_command.print_checked(Path(asked.plan))
    return 0


def _diff(asked: argparse.Namespace) -> int:
    old, new = read_plan(asked.old), read_plan(asked.new)
    print(diff.diff(old, new, _now_s(asked), asked.days), end="")
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


def _verify(asked: argparse.Namespace) -> int:
    now_s = _now_s(asked)
    data = Path(asked.envelope).read_bytes()
    if is_act(data):
        return act_command.verify_file(data, asked.trusted, asked.device, now_s)
    trusted = read_trusted(Path(asked.trusted).read_bytes())
    in_force, patient = None, ""
    if asked.in_force:
        before = seal.unverified(Path(asked.in_force).read_bytes().strip())
        in_force, patient = (before.version, plan_hash(before)), before.patient
    plan = seal.verify(
        data.strip(),
        trusted,
        device=asked.device,
        now_s=now_s,
        in_force=in_force,
        patient=patient,
    )
    seal.check_begin(plan, now_s)
    print(f"may come into force: version {plan.version}, hash {plan_hash(plan)}")
    check_command.print_checked(Path(asked.envelope))
    return 0


def _act(asked: argparse.Namespace) -> int:
    return act_command.run_act(asked, _now_s(asked))


def _now_s(asked: argparse.Namespace) -> int:
    """The instant that was given, or this clock's."""
    now = getattr(asked, "now", None)
    return int(datetime.fromisoformat(now).timestamp()) if now else int(time.time())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m schedules", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="read a plan back and show its doses")
    show.add_argument("plan", help="plan file, envelope or act")
    show.add_argument("--of", metavar="PLAN", help="the plan that an act is about, for its names")
    show.add_argument("--first", type=iso, help="first day of the calendar (2026-11-23)")
    show.add_argument("--days", type=int, default=readback.CALENDAR_DAYS)
    show.add_argument("--language", choices=sorted(readback.LANGUAGES), default="en")
    show.set_defaults(run=_show)
    compare = commands.add_parser("diff", help="what a new version changes")
    compare.add_argument("old", help="plan file or envelope in force")
    compare.add_argument("new", help="plan file or envelope that is to follow")
    compare.add_argument("--now", type=iso, help="instant with offset; default: this clock")
    compare.add_argument("--days", type=int, default=diff.AHEAD_DAYS, help="doses ahead")
    compare.set_defaults(run=_diff)
    keys = commands.add_parser("keys", help="new signing keys for two people")
    keys.add_argument("folder")
    keys.add_argument("--pharmacist", default="person/pharmacist", metavar="NAME")
    keys.add_argument("--checker", default="person/checker", metavar="NAME")
    keys.set_defaults(run=_keys)
    act = commands.add_parser("act", help="stop, hold or resume a medicine, signed")
    act_command.act_parser(act)
    act.add_argument("--now", type=iso, help="instant with offset; default: this clock")
    act.set_defaults(run=_act)
    vouch = commands.add_parser("vouch", help="a second person's signed word on a dose in doubt")
    vouch_command.vouch_parser(vouch)
    vouch.set_defaults(run=vouch_command.run_vouch)
    told = commands.add_parser("time", help="what time it is, signed, for a record that ran ahead")
    time_command.time_parser(told)
    told.add_argument("--now", type=iso, help="instant with offset; default: this clock")
    told.set_defaults(run=lambda asked: time_command.run_time(asked, _now_s(asked)))
    verify = commands.add_parser("verify", help="may this envelope or act be taken?")
    verify.add_argument("envelope")
    verify.add_argument("--trusted", required=True, help="file of trusted signers")
    verify.add_argument("--device", required=True)
    verify.add_argument("--now", type=iso, help="instant with offset; default: this clock")
    verify.add_argument("--in-force", help="envelope of the version in force")
    verify.set_defaults(run=_verify)
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
