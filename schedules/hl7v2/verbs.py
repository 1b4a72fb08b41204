"""What `python -m schedules hl7` does: listen for messages, read one, see and settle what waits.

Responsible for: files, signals and the clock. Not responsible for any rule (receive.py) or for
frames (mllp.py). The listener stays on this machine's own address unless told otherwise: MLLP has
neither a password nor a cipher.
"""

import argparse
import asyncio
import ipaddress
import signal
import sys
import time
from pathlib import Path

from schedules.hl7v2 import inbox as hl7_inbox
from schedules.hl7v2 import mllp
from schedules.hl7v2.answer import ACCEPTED, answer, code_of
from schedules.hl7v2.message import CHARSETS, MessageRefused, header_of, read_message
from schedules.hl7v2.receive import Receiver, Site, read
from schedules.hl7v2.site import formulary_of, patients_of, patterns_of
from schedules.localtime import zone_of
from schedules.model import PlanRefused


def _site(asked: argparse.Namespace) -> Site:
    if zone_of(asked.zone) is None:
        raise PlanRefused("unknown-zone", "--zone", "this is no IANA time zone, as Europe/London")
    return Site(
        patients=patients_of(Path(asked.patients), asked.zone),
        formulary=formulary_of(Path(asked.formulary)) if asked.formulary else {},
        patterns=patterns_of(Path(asked.patterns)) if asked.patterns else {},
        processing=asked.processing,
        charset=CHARSETS[asked.charset],
    )


def run_read(asked: argparse.Namespace) -> int:
    """A dry run: what would be answered and proposed; nothing is kept."""
    data = Path(asked.message).read_bytes()
    now_s = int(asked.now_s)
    try:
        shelf = hl7_inbox.Shelf(Path(asked.inbox)) if asked.inbox else None
        found, sentence = read(data, _site(asked), shelf, now_s)
    except MessageRefused as refused:
        for one in refused.faults:
            print(f"refused: {one.code} at {one.place or 'the whole'}", file=sys.stderr)
            print(f"  {one.sentence}", file=sys.stderr)
        print(f"would be answered {code_of(refused.faults)}", file=sys.stderr)
        return 1
    print(found.files["proposal.txt"])
    for name, text in found.files.items():
        if name.endswith(".yaml"):
            print(f"--- {name}\n{text}")
    told = answer(header_of(data), ACCEPTED, sentence, (), now_s)
    print("would be answered:", *told.decode().split("\r"), sep="\n")
    return 0


def run_listen(asked: argparse.Namespace) -> int:
    """Answer every message until told to end."""
    _own_address(asked.host, asked.anywhere)
    inbox = hl7_inbox.Inbox(Path(asked.inbox))
    receiver = Receiver(_site(asked), inbox, lambda: int(time.time()))

    def started(host: str, port: int) -> None:
        print(f"listening on {host} port {port}; Ctrl-C ends it", flush=True)

    def answer_frame(one: mllp.Framed) -> bytes:
        """The answer, and a line for who keeps the listener: no word about a patient."""
        said = receiver.answer_frame(one)
        fields, told = header_of(one.data), read_message(said)
        codes = " ".join(err.text(5) for err in told.named("ERR"))
        print(f"{fields[9]!r} {fields[10]!r} {told.one('MSA').text(1)} {codes}", flush=True)
        return said

    async def run() -> None:
        until = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, until.set)
        await mllp.serve(answer_frame, asked.host, asked.port, mllp.Limits(), started, until)

    try:
        asyncio.run(run())
    finally:
        inbox.close()
    return 0


def _own_address(host: str, anywhere: bool) -> None:
    """MLLP carries names in the clear: only the loopback, unless a tunnel or network is meant."""
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost"
    if not own and not anywhere:
        sentence = "messages are not encrypted: stay on 127.0.0.1, or say --anywhere"
        raise PlanRefused("not-loopback", "--host", sentence)


def run_inbox(asked: argparse.Namespace) -> int:
    """What waits, oldest first; and what was refused."""
    folder = Path(asked.inbox)
    done = hl7_inbox.settled(folder)
    for record in hl7_inbox.records_of(folder):
        state = done.get(record.key, "waits")
        if state != "waits" and not asked.all:
            continue
        for change in record.changes:
            print(f"{record.key}  {state}  {change.patient}  {change.control}: {change.sentence}")
    for place in sorted((folder / "refused").iterdir()):
        stop = "  A STOP WAS ASKED FOR" if (place / "stops.json").exists() else ""
        print(f"{place.name}  refused  {_why(place / 'answer.hl7')}{stop}")
    return 0


def _why(answer_file: Path) -> str:
    """The codes of an answer."""
    try:
        found = read_message(answer_file.read_bytes()).named("ERR")
    except (OSError, MessageRefused):
        return "unreadable"
    return ", ".join(one.text(5) for one in found)


def run_settle(asked: argparse.Namespace) -> int:
    """A person has done, or declined, what was proposed."""
    hl7_inbox.settle(Path(asked.inbox), asked.key, asked.outcome, asked.by)
    print(f"{asked.key}: {asked.outcome} by {asked.by}")
    return 0
