"""`python -m schedules fhir`: a plan as FHIR R4, and such FHIR back to the plan file.

Responsible for: arguments and files. Not responsible for any rule (fhir/out.py, fhir/back.py).
"""

import argparse
import json
from pathlib import Path

from schedules import planfile
from schedules.fhir.back import plan_of
from schedules.fhir.out import plan_bundle
from schedules.files import read_plan

MAX_FILE = 16 << 20


def _fhir(asked: argparse.Namespace) -> int:
    bundle = _bundle_of(Path(asked.plan))
    if bundle is None:
        written = plan_bundle(read_plan(asked.plan), own_words=not asked.plain)
        text = json.dumps(written, indent=1, ensure_ascii=False) + "\n"
    else:
        text = planfile.dump_plan(plan_of(bundle))
    if asked.output == "-":
        print(text, end="")
    else:
        Path(asked.output).write_text(text, "utf-8")
    return 0


def _bundle_of(path: Path) -> dict[str, object] | None:
    """The FHIR resource in a file; None: it is a plan file or an envelope."""
    if path.stat().st_size > MAX_FILE:
        return None
    data = path.read_bytes()
    if not data.lstrip().startswith(b"{"):
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and "resourceType" in value else None


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of `fhir`."""
    parser = commands.add_parser("fhir", help="a plan as FHIR R4, and such FHIR back again")
    parser.add_argument("plan", help="plan file or envelope; or a Bundle, for the way back")
    parser.add_argument("--plain", action="store_true", help="without the words R4 cannot say")
    parser.add_argument("-o", "--output", default="-")
    parser.set_defaults(run=_fhir)
