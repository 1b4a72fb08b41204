"""`python -m schedules propose`: instructions in words, read as proposals for a pharmacist.

Responsible for: arguments, input and what is printed. Not responsible for any reading
(text/sig.py); nothing that is printed here is a plan.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from schedules import planfile
from schedules.text.sig import GRAMMARS, propose
from schedules.text.sig_token import TextRefused

MAX_LINE = 4_096  # characters of a line that are held

SHOWN = 200  # characters of a sentence that is refused

LEAD = "# A proposal read from words. No machine takes it: a pharmacist completes what is missing."


def _propose(asked: argparse.Namespace) -> int:
    refused = 0
    for sentence in _sentences(asked):
        try:
            found = propose(sentence, asked.language)
        except TextRefused as why:
            refused += 1
            _refused(sentence, why, asked.json)
            continue
        if asked.json:
            print(json.dumps({"status": "proposed", **found.document()}, ensure_ascii=False))
        else:
            print(f"---\n{LEAD}")
            print(planfile.dump(found.document()), end="")
    return 1 if refused else 0


def _refused(sentence: str, why: TextRefused, as_json: bool) -> None:
    shown = sentence if len(sentence) <= SHOWN else f"{sentence[: SHOWN - 3]}..."
    if as_json:
        line = {"status": "refused", "text": shown, "code": why.code, "words": why.words[:SHOWN]}
        print(json.dumps({**line, "why": why.why}, ensure_ascii=True))
        return
    print(f"refused: {why.code}: {shown!r}", file=sys.stderr)
    print(f"  {why.why}" + (f" ({why.words[:SHOWN]})" if why.words else ""), file=sys.stderr)


def _sentences(asked: argparse.Namespace) -> Iterator[str]:
    """The sentences of the arguments, or one a line of a file or of standard input.

    Of a line without an end only a piece is held: long enough to be refused as too long.
    """
    if asked.sentence:
        yield from asked.sentence
        return
    source = 0 if asked.file == "-" else Path(asked.file)
    with open(source, encoding="utf-8", errors="replace") as lines:
        while line := lines.readline(MAX_LINE):
            whole = line
            while whole and not whole.endswith("\n"):
                whole = lines.readline(MAX_LINE)
            if line.strip():
                yield line.strip()


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of `propose`."""
    parser = commands.add_parser("propose", help="an instruction in words, read as a proposal only")
    parser.add_argument("sentence", nargs="*", help="as on a label; none: see --file")
    parser.add_argument("--file", default="-", help="one sentence a line; default: standard input")
    parser.add_argument("--language", "--lang", choices=sorted(GRAMMARS), default="en")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each sentence")
    parser.set_defaults(run=_propose)
