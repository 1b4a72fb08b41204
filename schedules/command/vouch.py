"""`python -m schedules vouch`: the second person's word on a high-alert dose in doubt (R16).

Responsible for: its arguments, what is said back, and its file. Not responsible for handing it
to a machine (controller/bring.py). Without a key nothing is signed: it is only said back.
"""

import argparse
import re
from pathlib import Path

from schedules.files import read_key
from schedules.model import PlanRefused
from schedules.vouch import OUTCOMES, Vouch, seal_vouch, unverified_vouch


def read_back_vouch(vouch: Vouch, signers: tuple[str, ...]) -> str:
    """The word in sentences."""
    was = "was taken" if vouch.outcome == "taken" else "was not taken"
    return (
        f"SETTLE dose {vouch.dose_id} on device {vouch.device}: it {was}.\n"
        f"Seen by {vouch.by}: {vouch.how}.\n"
        "It is settled once, for ever. It frees no gap and no daily maximum.\n"
        f"Signed by {', '.join(signers) or 'nobody yet'}.\n"
    )


def run_vouch(asked: argparse.Namespace) -> int:
    """Say it back; with a key sign it too and write it to a file."""
    vouch = Vouch(asked.device, asked.dose.lower(), asked.outcome, asked.how, _person(asked.by))
    if not asked.key or not asked.output:
        print(read_back_vouch(vouch, ()), end="")
        print("Nothing was written: give --key and -o FILE to sign it.")
        return 0
    person = read_key(asked.key)
    if person[0].casefold() == vouch.by.casefold():
        sentence = "who has seen it and who signs must be two people"
        raise PlanRefused("same-signer", "--by", sentence)
    document = seal_vouch(vouch, person)
    print(read_back_vouch(vouch, unverified_vouch(document)[1]), end="")
    Path(asked.output).write_text(document, "utf-8")
    print(f"wrote {asked.output}; nothing has happened yet: hand it over with: ", end="")
    print(f"python -m controller.bring {asked.output} --config CONTROLLER.TOML")
    return 0


def vouch_parser(parser: argparse.ArgumentParser) -> None:
    """The arguments of `vouch`."""
    parser.add_argument("dose", help="number of the dose, as the page of the machine shows it")
    parser.add_argument("outcome", choices=OUTCOMES, help="missed: it was not taken")
    parser.add_argument("--device", required=True)
    parser.add_argument("--by", required=True, metavar="NAME", help="who has seen it")
    parser.add_argument("--how", required=True, help="what was seen: counted, seen taking it, ...")
    parser.add_argument("--key", help="key file of the second person, who signs")
    parser.add_argument("-o", "--output", help="the signed word, to be handed over")


def _person(name: str) -> str:
    """`person/ada` for Ada, as the page writes it; a name with a role stays."""
    if "/" in name:
        return name.strip()
    return "person/" + re.sub(r"[^\w]+", "-", name.strip().lower()).strip("-_")
