"""`python -m schedules travel`: the next version of a plan for a patient who travels.

Responsible for: arguments and files. Not responsible for any rule (travel.py) or for the words
of the preview (travel_text.py).
"""

import argparse
import re
import sys
from datetime import datetime
from pathlib import Path

from schedules import planfile
from schedules.document import refused
from schedules.files import iso, read_plan
from schedules.journey import Journey, other_instants
from schedules.localtime import local, zone_of
from schedules.model import PlanRefused
from schedules.travel import HOME, SHIFT, travel
from schedules.travel_text import DAYS, preview


def _travel(asked: argparse.Namespace) -> int:
    old = read_plan(asked.plan)
    at = datetime.fromisoformat(asked.at)
    if at.tzinfo is None:
        raise PlanRefused("wrong-value", "at", "say when with its offset: 2026-12-01T12:00+01:00")
    later = dict(asked.later or [])
    journey = travel(old, asked.to, int(at.timestamp()), asked.keep, later, asked.leave_out)
    print(preview(journey, asked.to, asked.days), end="")
    if journey.reasons:
        _tell_others(journey, asked.leave_out)
        raise refused(list(journey.reasons))
    if asked.output:
        Path(asked.output).write_text(planfile.dump_plan(journey.new), "utf-8")
        print(f"wrote {asked.output}: version {journey.new.version}, to be signed by two people")
    return 0


def _tell_others(journey: Journey, leave_out: bool) -> None:
    """When else the same change would do; nothing is written."""
    found = [one for one in other_instants(journey, leave_out) if one is not None]
    zone = zone_of(journey.old.zone)
    assert zone is not None
    times = " or ".join(f"--at {local(zone, one).isoformat(timespec='minutes')}" for one in found)
    told = f"nothing would be wrong with {times}"
    if not times:
        told = "no other instant of these days would do for all medicines at once"
    print(told, file=sys.stderr)


def _later(text: str) -> tuple[str, int]:
    """amlodipine-5=2h or amlodipine-5=90min, as (id, minutes)."""
    match = re.fullmatch(r"([a-z0-9-]+)=(?:([0-9]{1,2})h|([0-9]{1,4})min)", text)
    if match is None:
        raise argparse.ArgumentTypeError("as in amlodipine-5=2h or amlodipine-5=90min")
    return match[1], int(match[2]) * 60 if match[2] else int(match[3])


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of `travel`."""
    parser = commands.add_parser("travel", help="the next version for a patient who travels")
    parser.add_argument("plan", help="plan file or envelope in force")
    parser.add_argument("--to", required=True, help="IANA time zone of the place")
    parser.add_argument("--at", required=True, type=iso, help="when the new version is to hold")
    parser.add_argument("--keep", required=True, choices=(HOME, SHIFT), help="home time, or shift")
    parser.add_argument(
        "--later", action="append", type=_later, metavar="ID=2h",
        help="move the times of one regimen as well; once per regimen",
    )  # fmt: skip
    parser.add_argument("--leave-out", action="store_true", help="lost doses are known and right")
    parser.add_argument("--days", type=int, default=DAYS, help="of the preview, on either side")
    parser.add_argument("-o", "--output", help="plan file of the new version")
    parser.set_defaults(run=_travel)
