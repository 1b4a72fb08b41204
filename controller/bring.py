"""`python -m controller.bring FILE`: hand a signed plan, act or word to the running controller.

Responsible for: showing what the machine says it would do with it, handing it over when that is
said with --yes, and telling a refusal with its code and what to do. Not responsible for signing
(python -m schedules) or for whether it is taken: the controller verifies and decides.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from controller.config import ConfigRefused, load
from controller.events import Json
from controller.sockets import NobodyThere, ask
from schedules.act_readback import read_back_act
from schedules.command.time import read_back_time
from schedules.command.vouch import read_back_vouch
from schedules.halt import is_act, unverified_act
from schedules.localtime import local, zone_of
from schedules.model import PlanRefused
from schedules.told_time import is_time, unverified_time
from schedules.vouch import is_vouch, unverified_vouch

DONE, REFUSED, WRONG = 0, 1, 2
ANEW: Final = "Sign it anew (python -m schedules act): it gets a higher number by itself."
VERSION: Final = "Make a version that follows the one in force, and let two people sign it."
PAIR: Final = "Look at the change; if it is meant, add --accept {code}:MEDICINE --by NAME."

# code of a refusal: what a person can do about it
REMEDY: Final = {
    "act-repeated": ANEW,
    "act-too-late": f"{ANEW} --hours says for how long it may be taken. Compare the clocks, too.",
    "clock-in-doubt": "Somebody settles the clock of the machine first, on its page under Today.",
    "one-signature": "A second person signs it: python -m schedules sign FILE --key KEY -o FILE.",
    "same-signer": "Two people sign, each in an own role with an own key.",
    "same-role": "A pharmacist and a checker sign.",
    "unknown-signer": "Sign with a key that this machine trusts: [[signer]] in its configuration.",
    "bad-signature": "It was changed after it was signed, or by another key: sign it anew.",
    "other-device": "It is for another machine. Nothing was changed here.",
    "other-patient": "It is for another patient. Nothing was changed here.",
    "unknown-regimen": "Look at the plan in force: python -m schedules show ENVELOPE.",
    "other-number": "Let the time be signed with that number (python -m schedules time --number).",
    "time-differs": "Set the clock of the controller; then let the time be signed anew.",
    "time-repeated": "Let the time be signed anew (python -m schedules time).",
    "not-at-machine": "Somebody holds the service switch, opens the door, and says it again.",
    "not-ahead": "Nothing is to be done: the record is not ahead of the clock.",
    "not-uncertain": "Look at the page under Today: it is settled, or was never in doubt.",
    "not-halted": "Nothing is to be done: it goes on already.",
    "already-known": "Nothing is to be done.",
    "older-version": VERSION,
    "wrong-predecessor": VERSION,
    "compiled-mismatch": "Sign the plan again with this version of the program.",
    "expired": VERSION,
    "not-yet-valid": "Compare the clocks; if they are right, bring the plan when its time is near.",
    "id-reuse": PAIR,
    "gap-too-long": PAIR,
    "journal-fault": "Call service: this machine can write nothing down any more.",
}


def main(argv: list[str]) -> int:
    """0: it was taken; 1: refused, or not handed over; 2: wrong arguments."""
    asked = _parser().parse_args(argv)
    try:
        door = Path(asked.door) if asked.door else load(asked.config).door
        if asked.file is None:
            print(_text(ask(door, {"wish": "foresee"}), "number"))
            return DONE
        data = Path(asked.file).read_bytes().strip()
        if is_time(data):
            return _time_word(door, data, asked)
        if is_vouch(data):
            return _vouch(door, data, asked)
        return _act(door, data, asked) if is_act(data) else _plan(door, data, asked)
    except ConfigRefused as refused:
        print(f"the configuration is refused: {refused}", file=sys.stderr)
        return WRONG
    except PlanRefused as refused:
        return _refused(refused.code, refused.sentence)
    except NobodyThere as why:
        print(f"nothing was handed over: {why}. Is the controller running?", file=sys.stderr)
    except (OSError, UnicodeDecodeError) as fault:
        print(f"cannot be read: {fault}", file=sys.stderr)
    return REFUSED


def _act(door: Path, data: bytes, asked: argparse.Namespace) -> int:
    document = data.decode("utf-8")
    act, signers = unverified_act(document)
    found = ask(door, {"wish": "preview", "document": document})
    print(read_back_act(act, None, signers, _number(found, "now")), end="")
    if not found.get("ok"):
        return _refused(_text(found, "code"), _text(found, "why"))
    verb = "be given again" if act.act == "resume" else "be held"
    print(_rounds(found, verb))
    if _text(found, "refused"):
        return _refused(_text(found, "refused"), _text(found, "because"))
    return _over(door, {"wish": "act", "document": document}, asked)


def _vouch(door: Path, data: bytes, asked: argparse.Namespace) -> int:
    document = data.decode("utf-8")
    print(read_back_vouch(*unverified_vouch(document)), end="")
    return _over(door, {"wish": "settle", "document": document}, asked)


def _time_word(door: Path, data: bytes, asked: argparse.Namespace) -> int:
    document = data.decode("utf-8")
    print(read_back_time(*unverified_time(document)), end="")
    if not asked.by:
        print("Say with --by NAME who stands at the machine.", file=sys.stderr)
        return WRONG
    return _over(door, {"wish": "repair-clock", "document": document, "by": asked.by}, asked)


def _plan(door: Path, data: bytes, asked: argparse.Namespace) -> int:
    envelope = data.decode("utf-8")
    found = ask(door, {"wish": "preview", "envelope": envelope})
    if not found.get("ok"):
        return _refused(_text(found, "code"), _text(found, "why"))
    print("It waits at the machine, and is in force when a person has loaded it.")
    print(_rounds(found, "be held then, until they are filled anew"))
    wish: dict[str, Json] = {"wish": "plan", "envelope": envelope}
    if asked.accept:
        wish |= {"pairs": list(asked.accept), "by": asked.by or ""}
    return _over(door, wish, asked)


def _over(door: Path, wish: Mapping[str, Json], asked: argparse.Namespace) -> int:
    if not asked.yes:
        print("NOT handed over yet. If that is what is meant, say it again with --yes.")
        return REFUSED
    answer = ask(door, wish)
    if not answer.get("ok"):
        return _refused(_text(answer, "code"), _text(answer, "why"))
    print("The machine keeps it for loading." if wish["wish"] == "plan" else "The machine has it.")
    return DONE


def _rounds(found: Mapping[str, Json], verb: str) -> str:
    """What the machine said about its compartments, one line each, in the patient's time."""
    said = found.get("rounds")
    rows = [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
    if not rows:
        return f"Nothing that is loaded now would {verb}."
    names = found.get("names")
    names = names if isinstance(names, dict) else {}
    zone = _text(found, "zone")
    lines = [f"At the machine, {len(rows)} loaded compartments would {verb}:"]
    for one in rows:
        ids = one.get("regimens")
        what = [str(names.get(str(i), i)) for i in ids] if isinstance(ids, list) else []
        until = _number(one, "until")
        when = f"{_time(_number(one, 'due_at'), zone)}, until {_time(until, zone)}"
        when = when if until else "as needed"
        lines.append(f"  {_number(one, 'compartment') + 1:>2}  {when}  {' + '.join(what)}")
    return "\n".join(lines)


def _refused(code: str, why: str) -> int:
    print(f"refused: {code}\n  {why}", file=sys.stderr)
    if code in REMEDY:
        print(f"  {REMEDY[code].format(code=code)}", file=sys.stderr)
    print("Nothing was changed.", file=sys.stderr)
    return REFUSED


def _time(at_s: int, zone_name: str) -> str:
    zone = zone_of(zone_name) or zone_of("UTC")
    assert zone is not None
    return f"{local(zone, at_s):%a %d %b %H:%M %Z}"


def _text(found: Mapping[str, Json], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _number(found: Mapping[str, Json], key: str) -> int:
    value = found.get(key)
    return value if isinstance(value, int) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m controller.bring", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", help="signed envelope of a plan, act, or word on a dose")
    what.add_argument(
        "--number", action="store_true", help="only show what a word on the time must name now"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--config", help="controller.toml of the machine")
    where.add_argument("--door", help="its local socket")
    parser.add_argument("--yes", action="store_true", help="hand it over, not only look")
    parser.add_argument(
        "--accept", action="append", default=[], metavar="CODE:MEDICINE",
        help="what this person accepts of a change of plan (gap-too-long, id-reuse)",
    )  # fmt: skip
    parser.add_argument("--by", help="who accepts it, or who stands at the machine")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
