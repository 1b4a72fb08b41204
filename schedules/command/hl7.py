"""`python -m schedules hl7`: the arguments of everything that HL7 v2 needs at a terminal.

Responsible for: arguments. Not responsible for what is done (hl7v2/verbs.py): that is loaded when
it is asked for, because the libraries of a listener would delay every other command.
"""

import argparse
from importlib import import_module

from schedules.files import iso

PORT = 2575  # registered for HL7
CHARSETS = ("ASCII", "UNICODE UTF-8", "8859/1", "8859/15")


def _later(asked: argparse.Namespace) -> int:
    verbs = import_module("schedules.hl7v2.verbs")
    return int(getattr(verbs, f"run_{asked.verb}")(asked))


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of `hl7`."""
    parser = commands.add_parser("hl7", help="HL7 v2.5.1 in: listen, read, inbox, settle")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    read_one = verbs.add_parser("read", help="one message file, dry: nothing is kept")
    read_one.add_argument("message")
    read_one.add_argument("--inbox", help="orders that are known; it is only looked at")
    read_one.add_argument("--now", type=iso, help="instant with offset; default: this clock")
    read_one.set_defaults(run=_later, verb="read")
    listen = verbs.add_parser("listen", help="MLLP: every message is answered AA, AE or AR")
    listen.add_argument("--inbox", required=True, help="folder of what waits for a pharmacist")
    listen.add_argument("--host", default="127.0.0.1")
    listen.add_argument("--port", type=int, default=PORT, help="0: any that is free")
    listen.add_argument("--anywhere", action="store_true", help="allow another address than this")
    listen.set_defaults(run=_later, verb="listen")
    for one in (read_one, listen):
        one.add_argument("--patients", required=True, help="YAML: whose number is which pseudonym")
        one.add_argument("--formulary", help="YAML: what each drug code is")
        one.add_argument("--patterns", help="YAML: what the site's own repeat patterns mean")
        one.add_argument("--zone", required=True, help="IANA time zone, where a row names none")
        one.add_argument("--processing", default="P", choices=("P", "T", "D"), help="of MSH-11")
        one.add_argument("--charset", default="ASCII", choices=CHARSETS,
                         help="where MSH-18 names none")  # fmt: skip
    inbox = verbs.add_parser("inbox", help="what waits, and what was refused")
    inbox.add_argument("inbox")
    inbox.add_argument("--all", action="store_true", help="also what is settled")
    inbox.set_defaults(run=_later, verb="inbox")
    settle = verbs.add_parser("settle", help="say what became of a proposal")
    settle.add_argument("inbox")
    settle.add_argument("key")
    settle.add_argument("outcome", choices=("done", "declined"))
    settle.add_argument("--by", required=True, metavar="NAME")
    settle.set_defaults(run=_later, verb="settle")
