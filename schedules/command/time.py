"""`python -m schedules time`: a pharmacist signs what time it is, for a machine's record (R8).

Responsible for: its arguments, what is said back, and its file. Not responsible for handing it
to a machine (controller/bring.py). Without a key nothing is signed.
"""

import argparse
from pathlib import Path

from schedules.canonical import utc_text
from schedules.files import read_key
from schedules.told_time import AGE_S, seal_time, unverified_time


def read_back_time(device: str, number: str, said_at: int, signers: tuple[str, ...]) -> str:
    """The word in sentences."""
    return (
        f"SAY that it is {utc_text(said_at)} at device {device}, which shows {number}.\n"
        "If its record ran ahead of that, the record goes back, and every outcome written at the\n"
        "false time is undone, unless the machine was asked to release it: it is due again.\n"
        f"Handed over within {AGE_S // 60} min, by somebody with switch held and door open.\n"
        f"Signed by {', '.join(signers) or 'nobody yet'}.\n"
    )


def run_time(asked: argparse.Namespace, now_s: int) -> int:
    """Say it back; with a key sign it too and write it to a file."""
    if not asked.key or not asked.output:
        print(read_back_time(asked.device, asked.number, now_s, ()), end="")
        print("Nothing was written: give --key and -o FILE to sign it.")
        return 0
    document = seal_time(asked.device, asked.number, now_s, read_key(asked.key))
    print(read_back_time(*unverified_time(document)), end="")
    Path(asked.output).write_text(document, "utf-8")
    print(f"wrote {asked.output}; nothing has happened yet: hand it over with: ", end="")
    print(f"python -m controller.bring {asked.output} --by NAME --config CONTROLLER.TOML")
    return 0


def time_parser(parser: argparse.ArgumentParser) -> None:
    """The arguments of `time`, but for the instant itself."""
    parser.add_argument("--device", required=True)
    parser.add_argument("--number", required=True, help="that the machine shows now, eight digits")
    parser.add_argument("--key", help="key file of who signs")
    parser.add_argument("-o", "--output", help="the signed word, to be handed over")
