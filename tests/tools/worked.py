"""The worked examples of schedules/README.md: file, FHIR, words and calendar of each regimen.

Responsible for: the text of that block, made by the production code from `examples/six.yaml`.
Not responsible for writing or checking it (pages.py) nor for any of the four views.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from schedules import planfile, readback
from schedules.doses import doses
from schedules.fhir.out import plan_bundle
from schedules.localtime import local, zone_of
from schedules.model import Plan
from schedules.text.say_plan import regimen_lines

FILE = Path(__file__).resolve().parents[2] / "schedules" / "examples" / "six.yaml"
SHOWN = 4  # instants of the calendar that are written out
DAYS = 40


def worked_examples() -> str:
    """All six as Markdown."""
    text = FILE.read_text("utf-8")
    plan = planfile.parse_plan(text)
    pieces = re.split(r"^  - id: ", text, flags=re.MULTILINE)[1:]
    instructions = _instructions(plan)
    parts = []
    for index, (regimen, piece) in enumerate(zip(plan.regimens, pieces, strict=True)):
        first, _, rest = piece.rstrip("\n").partition("\n")
        name, _, about = first.partition(" # ")
        body = "\n".join(line[4:] for line in rest.split("\n"))
        parts += [
            f"### {index + 1}. {about}",
            "",
            f"```yaml\nid: {name}\n{body}\n```",
            "",
            f"```json\n{instructions[regimen.id]}\n```",
            "",
            "\n".join(f"> {line.strip()}  " for line in regimen_lines(plan, regimen)[:6]),
            "",
            _calendar(plan, regimen.id),
            "",
        ]
    return "\n".join(parts)


def _instructions(plan: Plan) -> dict[str, str]:
    """`dosageInstruction` of each regimen as others read it: without words of our own."""
    found = {}
    bundle: Any = plan_bundle(plan, own_words=False)
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "MedicationRequest":
            lines = [
                json.dumps(_bare({key: value for key, value in one.items() if key != "text"}))
                for one in resource["dosageInstruction"]
            ]
            found[resource["identifier"][0]["value"]] = "\n".join(lines)
    return found


def _bare(value: Any) -> Any:
    """Without the names of code systems: the structure that is read."""
    if isinstance(value, dict):
        return {
            key: _bare(one)
            for key, one in value.items()
            if key not in ("patientInstruction", "system", "id")
        }
    return [_bare(one) for one in value] if isinstance(value, list) else value


def _calendar(plan: Plan, regimen_id: str) -> str:
    """The first instants of one regimen, and how many follow."""
    zone = zone_of(plan.zone)
    assert zone is not None
    alone = replace(plan, regimens=(plan.regimen(regimen_id),))
    found = doses(alone, plan.valid_from, plan.valid_from + DAYS * 86_400)
    if not found:
        return "Nothing is planned: it is asked for."
    shown = [f"{local(zone, one.due_at):%a %d %b %H:%M}" for one in found[:SHOWN]]
    amounts = {one.quarters for one in found[:SHOWN]}
    assert len(amounts) == 1, "the first instants of an example have one quantity"
    unit = plan.regimen(regimen_id).form
    last = f"{local(zone, found[-1].due_at):%a %d %b %H:%M}"
    return (
        f"{readback.pieces(found[0].quarters, unit)} each: {', '.join(shown)} ... "
        f"{len(found)} doses in {DAYS} days, the last on {last}."
    )
