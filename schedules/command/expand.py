"""`python -m schedules expand`: orders on stdin to dose times, one JSON line each.

Responsible for: arguments and streams. Not responsible for any rule (expand.py).
"""

import argparse
import io
import sys
from pathlib import Path

from schedules import expand, planfile
from schedules.model import PlanRefused


def _expand(asked: argparse.Namespace) -> int:
    given = planfile.load(Path(asked.clock).read_text("utf-8")) if asked.clock else {}
    if not isinstance(given, dict):
        raise PlanRefused("clock", "--clock", "words of the day with their times are needed")
    site = expand.site_of(asked.zone, asked.start, asked.days, given)
    # Only a line feed ends a line; a mark of the byte order before the first is no text.
    lines = io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", "replace", newline="\n")
    for line in expand.expand(expand.bounded(lines), site):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    return 0


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of `expand`."""
    parser = commands.add_parser("expand", help="orders on stdin to dose times, as JSON")
    parser.add_argument("--zone", required=True, help="IANA time zone of the patient")
    parser.add_argument("--start", required=True, help="local time of loading (2026-03-23T07:00)")
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--clock", help="YAML or JSON: times of words of the day, of n doses a day")
    parser.set_defaults(run=_expand)
