"""`python -m schedules act`: a prescriber or pharmacist stops, holds or resumes a medicine.

Responsible for: the arguments of an act, what is said back before it is signed, and its file.
Not responsible for what an act does (controller/rules/halts.py) or for handing it to a machine
(controller/bring.py). Without a key nothing is signed: the act is only said back.
"""

import argparse
from datetime import datetime
from pathlib import Path

from schedules.act_readback import NEEDED, read_back_act
from schedules.files import read_key, read_plan, read_trusted
from schedules.halt import (
    ACTS,
    EVERY,
    MOST_REASON,
    NOT_SAID,
    Act,
    countersign_act,
    is_reason,
    seal_act,
    unverified_act,
    verify_act,
)
from schedules.localtime import instant, zone_of
from schedules.model import LastTaken, Plan, PlanRefused
from schedules.seal import ROLES

HOUR_S = 3600
MOST_HOURS = 168


def run_act(asked: argparse.Namespace, now_s: int) -> int:
    """Say the act back; with a key sign it too and write it to a file."""
    plan = read_plan(asked.plan)
    act = Act(
        act=asked.act,
        device=plan.device,
        patient=plan.patient,
        regimen=_regimen(plan, asked.regimen),
        number=asked.number or now_s,
        not_after=now_s + _hours(asked.hours) * HOUR_S,
        last_taken=_last_taken(plan, asked, now_s),
        made_at=now_s,
        reason=_reason(asked.reason),
    )
    signers = [read_key(path) for path in asked.key]
    _two_people(signers)
    names = [f"{name} ({role})" for name, role, _ in signers]
    print(read_back_act(act, plan, names, now_s), end="")
    if not asked.output:
        print("Nothing was written: give -o FILE, and --key to sign.")
        return 0
    Path(asked.output).write_text(seal_act(act, signers), "utf-8")
    _wrote(asked.output, act, len(signers))
    return 0


def sign_act(data: bytes, key_paths: list[str], output: str, now_s: int) -> int:
    """Say an act back and add signatures to it."""
    document = data.decode("utf-8").strip()
    for person in map(read_key, key_paths):
        document = countersign_act(document, person)
    act, signers = unverified_act(document)
    if len(set(signers)) < len(signers) or len(signers) > len(ROLES):
        raise PlanRefused("same-signer", "signatures", "each of two people signs once")
    print(read_back_act(act, None, signers, now_s), end="")
    Path(output).write_text(document, "utf-8")
    _wrote(output, act, len(signers))
    return 0


def show_act(data: bytes, plan_path: str | None, now_s: int) -> int:
    """Say an act back, whoever signed it; with a plan also names and doses."""
    act, signers = unverified_act(data.decode("utf-8").strip())
    plan = read_plan(plan_path) if plan_path else None
    print(read_back_act(act, plan, signers, now_s), end="")
    return 0


def verify_file(data: bytes, trusted_path: str, device: str, now_s: int) -> int:
    """Would a device that trusts these signers take the act now? PlanRefused says why not."""
    trusted = read_trusted(Path(trusted_path).read_bytes())
    document = data.decode("utf-8").strip()
    act, names = verify_act(document, trusted, device=device, now_s=now_s, after=0)
    print(f"would be taken: {act.act} of {act.regimen}, signed by {', '.join(names)}")
    return 0


def act_parser(parser: argparse.ArgumentParser) -> None:
    """The arguments of `act`."""
    parser.add_argument("act", choices=ACTS)
    parser.add_argument("regimen", help=f"id of the medicine in the plan, or '{EVERY}' for all")
    parser.add_argument("--plan", required=True, help="plan file or envelope that is in force")
    parser.add_argument("--key", action="append", default=[], help="key file, once per person")
    parser.add_argument("--hours", type=int, default=24, help="how long the machine may take it")
    parser.add_argument(
        "--last-taken", help="with resume: never, unknown, or local time (2026-11-22T20:00)"
    )
    parser.add_argument("--reason", default="", help="why, in a few words: kept in the record")
    parser.add_argument("--number", type=int, default=0, help="default: seconds of this clock")
    parser.add_argument("-o", "--output", help="the act, to be handed over or signed further")


def _wrote(output: str, act: Act, count: int) -> None:
    signatures = f"{count} signature{'s' if count != 1 else ''}"
    print(f"wrote {output} with {signatures}; nothing has happened yet: ", end="")
    if count < NEEDED[act.act]:
        print(f"sign it further with: python -m schedules sign {output} --key KEY -o FILE")
    else:
        print(f"hand it over with: python -m controller.bring {output} --config CONTROLLER.TOML")


def _regimen(plan: Plan, wished: str) -> str:
    known = [one.id for one in plan.regimens]
    if wished != EVERY and wished not in known:
        sentence = f"the plan has no medicine of this id; it has {', '.join(known)}"
        raise PlanRefused("unknown-regimen", "regimen", sentence)
    return wished


def _hours(hours: int) -> int:
    if not 1 <= hours <= MOST_HOURS:
        raise PlanRefused("wrong-value", "--hours", f"must be 1 to {MOST_HOURS}")
    return hours


def _reason(text: str) -> str:
    if text and not is_reason(text):
        sentence = f"one line of at most {MOST_REASON} characters, as 'vomiting since Monday'"
        raise PlanRefused("wrong-value", "--reason", sentence)
    return text


def _last_taken(plan: Plan, asked: argparse.Namespace, now_s: int) -> LastTaken:
    """With resume it must be said (R5); with stop and hold there is nothing to say."""
    said = asked.last_taken
    if asked.act != "resume":
        if said:
            raise PlanRefused("wrong-value", "--last-taken", "is said with resume only")
        return NOT_SAID
    if not said:
        sentence = "say when it was last taken: never, unknown (counts as now) or a local time"
        raise PlanRefused("last-taken", "--last-taken", sentence)
    if said in ("never", "unknown"):
        return LastTaken(said)
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        sentence = "must be never, unknown or a local time like 2026-11-22T20:00"
        raise PlanRefused("wrong-value", "--last-taken", sentence) from None
    zone = zone_of(plan.zone)
    assert zone is not None
    minute = moment.hour * 60 + moment.minute
    at_s = int(moment.timestamp()) if moment.tzinfo else instant(zone, moment.date(), minute)
    if at_s > now_s:
        raise PlanRefused("wrong-value", "--last-taken", "lies in the future")
    return LastTaken("at", at_s)


def _two_people(signers: list[tuple[str, str, bytes]]) -> None:
    if len({role for _, role, _ in signers}) < len(signers) or len(signers) > len(ROLES):
        raise PlanRefused("same-signer", "signatures", "two people in two roles sign, once each")
