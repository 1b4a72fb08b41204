"""`python -m schedules convert`: FHIR R4 orders to a plan file.

Responsible for: arguments and files. Not responsible for any rule (convert.py).
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from schedules import convert, planfile
from schedules.files import iso
from schedules.model import LastTaken


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


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of `convert`."""
    parser = commands.add_parser("convert", help="FHIR R4 orders to a plan file")
    parser.add_argument("bundle", nargs="+", help="JSON files or folders of them")
    parser.add_argument("--zone", required=True, help="IANA time zone of the patient")
    parser.add_argument("--patient", required=True, help="pseudonym")
    parser.add_argument("--device", required=True)
    parser.add_argument("--start", required=True, type=iso, help="local time of loading")
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
