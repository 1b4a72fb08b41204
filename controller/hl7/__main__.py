"""`python -m controller.hl7`: outcomes and loadings of a machine as HL7 v2.5.1, written and sent.

Responsible for: arguments, a checked look at the journal, and how often. Not responsible for what a
message says (messages.py) or for what is sent when (deliver.py).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from controller import config
from controller.chain import JournalFault
from controller.hl7.deliver import ATTEMPTS, OutboxRefused, Spool
from controller.hl7.messages import Names, messages
from controller.journal import Journal
from controller.record.story import Story, tell
from schedules.hl7v2 import inbox as hl7_inbox
from schedules.hl7v2.mllp import Sender
from schedules.hl7v2.site import patients_of
from schedules.model import PlanRefused

DONE, REFUSED, WRONG = 0, 1, 2


def main(arguments: list[str]) -> int:
    """Runs the command; a journal that cannot be trusted is refused and nothing is written."""
    asked = _parser().parse_args(arguments)
    try:
        spool = Spool(Path(asked.folder))
        try:
            code, seen = DONE, b""
            while True:
                head = _head(asked)
                if head != seen or code != DONE:
                    code, seen = _once(asked, spool), head
                if not asked.every:
                    return code
                time.sleep(asked.every)
        finally:
            spool.close()
    except config.ConfigRefused as refused:
        print(f"refused: {refused.code} at {refused.place}: {refused.sentence}", file=sys.stderr)
        return WRONG
    except (JournalFault, OutboxRefused, PlanRefused) as fault:
        print(f"refused: {fault.code}: {fault.sentence}", file=sys.stderr)
    except KeyboardInterrupt:
        return DONE
    return REFUSED


def _once(asked: argparse.Namespace, spool: Spool) -> int:
    story = _story(asked)
    digests = {int(one.event.rpartition("/")[2]): one.hash for one in story.acts}
    found = messages(story, _names(asked, story), spool.after(digests.get))
    spool.add(found, digests.get)
    print(f"{len(found)} new", flush=True)
    if not asked.send:
        return DONE
    tally = spool.send(_connect(asked.send, asked.patience), ATTEMPTS)
    print(f"{tally.sent} sent, {tally.parked} refused and parked, {tally.waiting} wait", flush=True)
    if tally.why:
        print(f"why: {tally.why}", file=sys.stderr)
    return REFUSED if tally.waiting or tally.parked else DONE


def _connect(target: str, patience_s: float) -> Callable[[], Sender]:
    host, _, port = target.rpartition(":")
    return lambda: Sender(host or "127.0.0.1", int(port), patience_s)


def _where(asked: argparse.Namespace) -> tuple[str, Path]:
    if asked.journal:
        return asked.device or "unnamed", Path(asked.journal)
    read = config.load(asked.config)
    return read.device, read.journal


def _head(asked: argparse.Namespace) -> bytes:
    """The hash of the newest event: what has not changed is not read again."""
    reader = Journal.reader(_where(asked)[1])
    try:
        return reader.head[1]
    finally:
        reader.close()


def _story(asked: argparse.Namespace) -> Story:
    """What the journal tells, after its whole chain was checked."""
    device, path = _where(asked)
    reader = Journal.reader(path)
    try:
        reader.verify()
        return tell(reader.all(), device, reader.log_epoch)
    finally:
        reader.close()


def _names(asked: argparse.Namespace, story: Story) -> Names:
    """The receiver's own numbers, where files say them."""
    orders: dict[str, str] = {}
    number = ("", "")
    patient = story.plans[-1].patient if story.plans else ""
    if asked.inbox:
        for record in hl7_inbox.records_of(Path(asked.inbox)):
            for change in record.changes:
                if change.patient == patient and change.regimen and change.names:
                    orders[change.regimen] = change.names[0]
    if asked.patients:
        zone = story.plans[-1].zone if story.plans else "UTC"
        for row in patients_of(Path(asked.patients), zone):
            if row.patient == patient:
                orders |= {regimen: name for name, regimen in row.orders.items()}
                number = row.numbers[0]
    application, _, facility = asked.to.partition("^")
    return Names(number, orders, (application, facility))


def _target(text: str) -> str:
    if not text.rpartition(":")[2].isdigit():
        raise ValueError("a receiver is HOST:PORT")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m controller.hl7", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--config", help="controller.toml of the machine")
    where.add_argument("--journal", help="a journal file, or a copy of one")
    parser.add_argument("--device", help="name of the machine, beside --journal")
    parser.add_argument("--folder", required=True, help="what waits, was sent, was refused")
    parser.add_argument("--send", type=_target, metavar="HOST:PORT", help="MLLP receiver")
    parser.add_argument("--patience", type=float, default=30.0, help="seconds for one answer")
    parser.add_argument("--every", type=float, default=0, help="again each so many seconds")
    parser.add_argument("--patients", help="YAML: the receiver's number of the patient")
    parser.add_argument("--inbox", help="folder of `schedules hl7 listen`: numbers of the orders")
    parser.add_argument("--to", default="", metavar="APP^FACILITY", help="MSH-5 and -6")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
