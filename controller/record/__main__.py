"""`python -m controller.record`: the journal of a machine as FHIR R4, read only.

Responsible for: arguments, one checked look at the journal, and files that are whole or not
there. Not responsible for what a resource says (export.py and the files beside it).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

from controller import config
from controller.chain import JournalFault
from controller.journal import Journal
from controller.record.export import FOREVER_S, ndjson, resources
from controller.record.story import Story, tell
from controller.record.values import frame_of
from schedules.fhir.out_value import bundle
from schedules.localtime import instant, zone_of

DONE, REFUSED, WRONG = 0, 1, 2


def main(arguments: list[str]) -> int:
    """Runs the command; a journal that cannot be trusted is refused and nothing is written."""
    asked = _parser().parse_args(arguments)
    try:
        device, path = _where(asked)
        story = _story(path, device)
    except config.ConfigRefused as refused:
        print(f"refused: {refused.code} at {refused.place}: {refused.sentence}", file=sys.stderr)
        return WRONG
    except JournalFault as fault:
        print(f"refused: {fault.code}: {fault.sentence}", file=sys.stderr)
        return REFUSED
    frame = frame_of(story, roles_only=asked.roles)
    if frame is None:
        print("refused: no-plan: no plan was ever in force on this machine", file=sys.stderr)
        return REFUSED
    zone = story.plans[-1].zone
    found = resources(story, frame, _from(asked.first, zone), _to(asked.last, zone))
    if asked.fhir == "-":
        print(json.dumps(bundle(found), ensure_ascii=False, indent=1))
        return DONE
    folder = Path(asked.fhir)
    folder.mkdir(parents=True, exist_ok=True)
    for kind, lines in ndjson(found):
        _write(folder / f"{kind}.ndjson", lines)
        print(f"{kind}: {lines.count(chr(10))}")
    return DONE


def _where(asked: argparse.Namespace) -> tuple[str, Path]:
    if asked.journal:
        return asked.device or "unnamed", Path(asked.journal)
    read = config.load(asked.config)
    return read.device, read.journal


def _story(path: Path, device: str) -> Story:
    """What a journal tells, after its whole chain was checked."""
    reader = Journal.reader(path)
    try:
        reader.verify()
        return tell(reader.all(), device, reader.log_epoch)
    finally:
        reader.close()


def _from(text: str | None, zone: str) -> int:
    return _instant(text, zone, 0) if text else 0


def _to(text: str | None, zone: str) -> int:
    return _instant(text, zone, 1) if text else FOREVER_S


def _instant(text: str, zone_name: str, days: int) -> int:
    """Unix seconds of an instant; of a day its local midnight, `days` later."""
    if "T" in text:
        return int(datetime.fromisoformat(text).timestamp())
    zone = zone_of(zone_name)
    assert zone is not None
    return instant(zone, date.fromisoformat(text) + timedelta(days=days), 0)


def _write(path: Path, text: str) -> None:
    """The whole file or none, readable by its owner only."""
    half = path.with_name(f".{path.name}.half")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def _day(text: str) -> str:
    """A day, or an instant with its offset."""
    at = datetime.fromisoformat(text)
    if "T" in text and at.tzinfo is None:
        raise ValueError("an instant names its offset, as 2026-11-23T08:00+01:00")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m controller.record", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--config", help="controller.toml of the machine")
    where.add_argument("--journal", help="a journal file, or a copy of one")
    parser.add_argument("--device", help="name of the machine, beside --journal")
    parser.add_argument(
        "--fhir", required=True, metavar="FOLDER", help="where to write NDJSON; -: one Bundle"
    )
    parser.add_argument("--from", dest="first", type=_day, help="day or instant of the first dose")
    parser.add_argument("--to", dest="last", type=_day, help="day (included) or instant")
    parser.add_argument("--roles", action="store_true", help="people by their part only")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
