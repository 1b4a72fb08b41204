"""Writes the golden texts of tests/schedules/said again: `python -m tests.schedules.make_said`.

Read the difference before it is committed: these are the words that two people sign.
"""

from pathlib import Path

from schedules.files import read_plan
from schedules.readback import calendar, read_back
from schedules.text.say import LANGUAGES
from tests.schedules.plans import ROOT

EXAMPLES = sorted((ROOT / "schedules" / "examples").glob("*.yaml"))
SAID = Path(__file__).with_name("said")
DAYS = 2  # of the calendar


def said(example: Path, language: str) -> str:
    """The read-back of an example without its hash, and two days of its calendar."""
    plan = read_plan(str(example))
    lines = read_back(plan, language).splitlines()
    kept = [line for line in lines if not line.startswith("Hash ")]
    return "\n".join([*kept, "", calendar(plan, days=DAYS, language=language)])


def golden(example: Path, language: str) -> Path:
    """The file of its golden text."""
    return SAID / f"{example.stem}.{language}.txt"


if __name__ == "__main__":
    SAID.mkdir(exist_ok=True)
    for one in EXAMPLES:
        for spoken in LANGUAGES:
            golden(one, spoken).write_text(said(one, spoken), "utf-8")
