"""Check SAFETY.md against the repository, in both directions.

Responsible for one thing: a row that says `shown` names files, a mishap and tests that
exist, and whatever names a hazard or a rule is named by its row; a row that says `open`
names the part that will bring it. Prints how many rows are which. `--collect` also asks
pytest for every named test; `--outcomes FILE` says whether each one ran and passed, in
the run that wrote the file. Not responsible for running any test.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hal.sim.mishaps import TABLE as MISHAPS
from tests.tools import safety_page
from tests.tools.safety_page import HAZARD, PAGE, ROOT, Case, Row, functions_of, rows

TABLES = {"H": "hazards", "R": "rules", "I": "invariants", "P": "protocol", "E": "field failures"}
PROOFS = {  # what a shown row of each table has to name
    "H": ("Files", "Mishaps", "Tests"),
    "R": ("Files", "Tests"),
    "I": ("Checked in", "Tests"),
    "P": ("Files", "Tests"),
    "E": ("Tests",),
}
WORDS = {"H": ("Severity", "Cause", "Control"), "E": ("Hazards",)}  # and has to say
IDS = {
    "H": [f"H{n:02}" for n in range(1, 36)],
    "R": [f"R{n}" for n in range(1, 20)],
    "I": ["I1", "I2", "I3", "I3a", "I3b", *(f"I{n}" for n in range(4, 22))],
    "P": [*(f"P{n}" for n in range(1, 16)), "P15a", "P15b"],
}
RULE_TEST = re.compile(r"test_r(\d+)_")


def row_faults(row: Row, known: Mapping[str, Case]) -> Iterator[str]:
    """Sentences on what one row claims and the repository does not have."""
    kind = row.id[0]
    if not row.shown and not re.match(r"open: \S+", row.state):
        yield f"{row.id}: state is {row.state!r}, neither shown nor open with who brings it"
        return
    for column in WORDS.get(kind, ()):
        if not row.cells.get(column) and (row.shown or column != "Control"):
            yield f"{row.id}: nothing under {column}"
    for column in PROOFS[kind] if row.shown else ():
        if not row.named(column):
            yield f"{row.id}: shown, with nothing named under {column}"
    for file in row.named("Files"):
        if not (ROOT / file).is_file():
            yield f"{row.id}: file {file} does not exist"
    for place in row.named("Checked in"):
        if not _defined(place):
            yield f"{row.id}: no function {place}"
    if row.cells.get("Severity", "C") not in ("C", "S", "M"):
        yield f"{row.id}: severity is {row.cells['Severity']!r}, neither C, S nor M"
    yield from _mishap_faults(row)
    yield from _test_faults(row, known)


def _defined(place: str) -> bool:
    file, _, name = place.partition("::")
    return name in functions_of(file)


def _mishap_faults(row: Row) -> Iterator[str]:
    """A mishap is in the simulator's table and rehearses this hazard, or is a function's name."""
    for mishap in row.named("Mishaps"):
        if "::" in mishap:  # trouble that is made outside the simulated machine
            if not _defined(mishap):
                yield f"{row.id}: nothing is called {mishap}"
        elif mishap not in MISHAPS:
            yield f"{row.id}: hal/sim knows no mishap {mishap}"
        elif row.id not in MISHAPS[mishap].hazards.split():
            yield f"{row.id}: the mishap {mishap} does not rehearse it"


def _test_faults(row: Row, known: Mapping[str, Case]) -> Iterator[str]:
    """The tests that a row names are there, and name the row in their own way."""
    for name in row.named("Tests"):
        if row.id[0] == "R":
            if not _rule_tests(row.id, name, known):
                yield f"{row.id}: no test_{row.id.lower()}_... in {name}"
        elif name not in known:
            yield f"{row.id}: no test {name}"
        elif row.id[0] == "H" and row.id not in known[name].hazards:
            yield f"{row.id}: {name} is not marked with it"
        elif row.id[0] == "E" and not known[name].name.startswith("test_field_"):
            yield f"{row.id}: {name} is not called test_field_..."


def _rule_tests(rule: str, file: str, known: Mapping[str, Case]) -> list[str]:
    start = f"test_{rule.lower()}_"
    return [test.id for test in known.values() if test.file == file and test.name.startswith(start)]


def back_faults(table: Sequence[Row], known: Mapping[str, Case]) -> Iterator[str]:
    """Whatever names a hazard or a rule, or mirrors a field failure, and is in no row."""
    named = {row.id: row.named("Tests") for row in table}
    for test in known.values():
        for hazard in sorted(test.hazards):
            if hazard not in named:
                yield f"{test.id} names an unknown hazard {hazard}"
            elif test.id not in named[hazard]:
                yield f"{test.id} names {hazard}, whose row does not name it"
        rule = RULE_TEST.match(test.name)
        if rule and test.file not in named.get(f"R{int(rule[1])}", ()):
            yield f"{test.id}: R{int(rule[1])} has no row that names {test.file}"
        mirrored = any(test.id in tests for id, tests in named.items() if id[0] == "E")
        if test.name.startswith("test_field_") and not mirrored:
            yield f"{test.id} is named by no field failure"
    for mishap in MISHAPS.values():
        for hazard in mishap.hazards.split():
            if hazard not in named:
                yield f"the mishap {mishap.name} names an unknown hazard {hazard}"
    for row in table:
        for hazard in HAZARD.findall(row.cells.get("Hazards", "")):
            if hazard not in named:
                yield f"{row.id} names an unknown hazard {hazard}"


def order_faults(table: Sequence[Row]) -> Iterator[str]:
    """Rows that are missing, there twice or out of order."""
    for kind, name in TABLES.items():
        ids = [row.id for row in table if row.id[0] == kind]
        wanted = IDS.get(kind) or [f"E{n:02}" for n in range(1, len(ids) + 1)]
        if ids != wanted:
            yield f"{name}: the rows are not {wanted[0]} to {wanted[-1]} in order, each once"


def page_faults(page: str, known: Mapping[str, Case]) -> list[str]:
    """Everything that is wrong with a page, as sentences."""
    table = rows(page)
    wrong = [fault for row in table for fault in row_faults(row, known)]
    return [*order_faults(table), *wrong, *back_faults(table, known)]


def counts(table: Sequence[Row]) -> Iterator[str]:
    """One line for each table: how many rows are shown, which are open and who brings them."""
    for kind, name in TABLES.items():
        mine = [row for row in table if row.id[0] == kind]
        left: dict[str, list[str]] = {}
        for row in mine:
            if not row.shown:
                part = row.state.removeprefix("open: ").partition(" (")[0]
                left.setdefault(part, []).append(row.id)
        number = sum(map(len, left.values()))
        which = "; ".join(f"{part}: {' '.join(ids)}" for part, ids in left.items())
        yield f"{name}: {len(mine) - number} shown, {number} open" + (
            f" ({which})" if which else ""
        )


def proofs(table: Sequence[Row], known: Mapping[str, Case]) -> list[str]:
    """The tests that shown rows count on."""
    found: dict[str, None] = {}
    for row in table:
        for name in row.named("Tests") if row.shown else ():
            mine = _rule_tests(row.id, name, known) if row.id[0] == "R" else [name]
            found.update(dict.fromkeys(mine))
    return sorted(found)


def skipped_here(named: Sequence[str], outcomes: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Named tests of which a part was skipped: this machine lacks a tool, and shows less."""
    return [test for test in named if "skipped" in outcomes.get(test, {})]


def outcome_faults(named: Sequence[str], outcomes: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Named tests that did not run, or in any case neither passed nor said what is absent here."""
    wrong = []
    for test in named:
        became = outcomes.get(test, {})
        if not became:
            wrong.append(f"{test} did not run")
        elif not set(became) <= {"passed", "skipped"}:
            others = ", ".join(f"{count} {word}" for word, count in became.items())
            wrong.append(f"{test} did not pass: {others}")
    return wrong


def collect_faults(named: Sequence[str]) -> list[str]:
    """What pytest says when it is to collect these tests and cannot."""
    asked = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--no-header", *named]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()[-20:]


def main(argv: Sequence[str]) -> int:
    """Print both counts of each table and what is wrong; 0 when nothing is."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.trace")
    parser.add_argument("--collect", action="store_true")
    parser.add_argument("--outcomes", type=Path)
    options = parser.parse_args(argv)
    page, known = PAGE.read_text(encoding="utf-8"), safety_page.cases()
    table = rows(page)
    wrong = page_faults(page, known)
    named = proofs(table, known)
    said = f"{len(named)} tests named by shown rows"
    if options.collect and not wrong:
        wrong += collect_faults(named)
        said += ", all collected" if not wrong else ""
    if options.outcomes is not None:
        outcomes = json.loads(options.outcomes.read_text(encoding="utf-8"))
        failed = outcome_faults(named, outcomes)
        absent = skipped_here(named, outcomes)
        wrong += failed
        said += f", {len(named) - len({*absent}) - len(failed)} passed"
        said += f", {len(absent)} not shown on this machine: {', '.join(absent)}" if absent else ""
    print("\n".join([*wrong, *counts(table), said]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
