"""Every code a plan or an order is refused with stands in the README, and no other."""

import re
from fnmatch import fnmatch

from tests.schedules.plans import ROOT

FOLDER = ROOT / "schedules"
PLAN = ("check", "check_takes", "check_keeping", "check_rows", "document", "parts", "values",
        "schema")  # fmt: skip
ORDER = ("fhir/regimens", "fhir/steps", "fhir/line", "fhir/order", "fhir/timing", "fhir/cadence",
         "fhir/asked", "fhir/quantity", "fhir/elsewhere", "courses", "expand")  # fmt: skip
RAISED = re.compile(
    r"(?:Refusal|PlanRefused|OrderRefused|_on_each|_overlap)"
    r"\((?:[^\"()]|len\([^()]*\)|f\"[^\"]*\")*?\"([a-z0-9-]+)\""
)


def codes_of(modules: tuple[str, ...]) -> set[str]:
    texts = [(FOLDER / f"{name}.py").read_text("utf-8") for name in modules]
    return {code for text in texts for code in RAISED.findall(text)}


def section(title: str) -> str:
    pages = (FOLDER / "README.md", FOLDER / "fhir" / "README.md")
    text = "\n".join(page.read_text("utf-8") for page in pages)
    return text[text.index(f"\n## {title}") :].split("\n## ", 2)[1]


def ticked(text: str) -> set[str]:
    """The codes in the first column of the tables of a section."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {word for row in rows for word in re.findall(r"`([a-z0-9*-]+)`", row)}


def test_every_reason_against_a_plan_file_is_documented() -> None:
    """What check.py and its parts say stands in the table of the plan file."""
    found = codes_of(PLAN)
    assert 55 < len(found)
    assert set() == found - ticked(section("The plan file"))


def test_every_reason_against_an_order_is_documented() -> None:
    """What the reading of FHIR says stands in its table, or in that of the plan file."""
    known = ticked(section("FHIR R4 in")) | ticked(section("The plan file"))
    stray = {
        code
        for code in codes_of(ORDER)
        if not any(fnmatch(code, one) for one in known) and f"`{code}`" not in section("For other")
    }
    assert set() == stray


def test_no_documented_code_is_a_ghost() -> None:
    """A code of the plan file's table is one that some reason has."""
    words = {"home", "yaml"}
    last = section("The plan file").split("What is refused, each with its place")[1]
    assert set() == ticked(last) - codes_of(PLAN) - words
