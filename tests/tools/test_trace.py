"""The trace check believes no row of SAFETY.md on its word."""

import json
from pathlib import Path

import pytest

from tests.tools import safety_page
from tests.tools.safety_page import PAGE, Case, cases_in, rows
from tests.tools.trace import (
    collect_faults,
    counts,
    main,
    outcome_faults,
    page_faults,
    proofs,
    skipped_here,
)

FILE = "tests/a.py"
KNOWN = {
    test.id: test
    for test in (
        Case(FILE, "test_the_tray_jams", frozenset({"H01"})),
        Case(FILE, "test_r2_a_late_lift", frozenset()),
        Case(FILE, "test_field_a_clock", frozenset()),
        Case(FILE, "test_nothing_special", frozenset()),
    )
}
SOUND = """
| ID | Hazard | Severity | Cause | Control | Files | Mishaps | Tests | State |
|---|---|---|---|---|---|---|---|---|
| H01 | harm | C | bad luck | a guard | `hal/wire/codes.py` | `slip` | `tests/a.py::test_the_tray_jams` | shown |
| H02 | harm | S | bad luck | | | | | open: hopper |

| Rule | What it says | Files | Tests | State |
|---|---|---|---|---|
| R2 | lifts count | `hal/wire/codes.py` | `tests/a.py` | shown |

| ID | What always holds | Checked in | Tests | State |
|---|---|---|---|---|
| I1 | once | `hal/wire/codes.py::word` | `tests/a.py::test_nothing_special` | shown |

| ID | Elsewhere | Hazards | Tests | State |
|---|---|---|---|---|
| E01 | a clock | H01 H02 | `tests/a.py::test_field_a_clock` | shown |
"""  # noqa: E501


def faults(page: str, known: dict[str, Case] | None = None) -> list[str]:
    """What is wrong with a page, but for the rows that these small pages lack."""
    return [
        fault
        for fault in page_faults(page, known or KNOWN)
        if "in order, each once" not in fault and not fault.startswith("the mishap")
    ]


def test_a_sound_page_is_accepted() -> None:
    """Everything that it names exists, in both directions."""
    assert [] == faults(SOUND)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("| shown |\n| H02", "| done |\n| H02", "state is 'done'"),
        ("open: hopper", "open", "state is 'open'"),
        ("open: hopper |", "open: hopper | more |", "10 cells, 9 expected"),
        ("| harm | C |", "| harm | X |", "severity is 'X'"),
        ("| C | bad luck |", "| C | |", "nothing under Cause"),
        ("| a guard |", "| |", "nothing under Control"),
        ("| `hal/wire/codes.py` | `slip`", "| | `slip`", "nothing named under Files"),
        ("`hal/wire/codes.py` | `slip`", "`hal/wire/no.py` | `slip`", "file hal/wire/no.py does"),
        ("`slip`", "", "nothing named under Mishaps"),
        ("`slip`", "`slop`", "hal/sim knows no mishap slop"),
        ("`slip`", "`scale_drift`", "the mishap scale_drift does not rehearse"),
        ("`slip`", "`hal/sim/cup.py::nobody`", "nothing is called hal/sim/cup.py::nobody"),
        ("`tests/a.py::test_the_tray_jams`", "", "nothing named under Tests"),
        ("test_the_tray_jams`", "test_the_tray_jams` `tests/a.py::test_x`", "no test tests/a.py"),
        ("test_the_tray_jams`", "test_the_tray_jams` `tests/a.py::test_nothing_special`",
         "test_nothing_special is not marked with it"),
        ("`tests/a.py::test_the_tray_jams`", "`tests/a.py::test_nothing_special`",
         "names H01, whose row does not name it"),
        ("| H01 | harm", "| H03 | harm", "names an unknown hazard H01"),
        ("| lifts count | `hal/wire/codes.py` | `tests/a.py`",
         "| lifts count | `hal/wire/codes.py` | `tests/b.py`", "no test_r2_... in tests/b.py"),
        ("| R2 |", "| R3 |", "R2 has no row that names tests/a.py"),
        ("codes.py::word`", "codes.py::nobody`", "no function hal/wire/codes.py::nobody"),
        ("`hal/wire/codes.py::word`", "", "nothing named under Checked in"),
        ("| H01 H02 |", "| H01 H77 |", "E01 names an unknown hazard H77"),
        ("| H01 H02 |", "| |", "nothing under Hazards"),
        ("`tests/a.py::test_field_a_clock`", "`tests/a.py::test_nothing_special`",
         "is not called test_field_"),
        ("| E01 | a clock | H01 H02 | `tests/a.py::test_field_a_clock` | shown |", "",
         "is named by no field failure"),
    ],
)  # fmt: skip
def test_each_kind_of_fault_is_said(old: str, new: str, said: str) -> None:
    """One claim less, or one too many, and the check says which."""
    assert old in SOUND
    found = faults(SOUND.replace(old, new, 1))

    assert any(said in fault for fault in found), found


def test_a_test_that_names_an_unknown_hazard_is_said() -> None:
    """Whoever invents a hazard hears that there is no such row."""
    invented = Case(FILE, "test_new", frozenset({"H99"}))
    found = faults(SOUND, KNOWN | {invented.id: invented})

    assert ["tests/a.py::test_new names an unknown hazard H99"] == found


def test_rows_out_of_order_are_said() -> None:
    """The small page lacks most rows of every table."""
    missing = [one for one in page_faults(SOUND, KNOWN) if "in order, each once" in one]

    assert 4 == len(missing)  # hazards, rules, invariants, protocol


def test_markers_are_read_of_a_function_and_of_a_file() -> None:
    """A marker over a test counts for it, one of the file for all of its tests."""
    text = (
        'import pytest\npytestmark = [pytest.mark.story, pytest.mark.hazard("H05")]\n'
        '@pytest.mark.hazard("H01", "H02")\ndef test_a() -> None:\n    pass\n'
        "def test_b() -> None:\n    pass\ndef no_test() -> None:\n    pass\n"
    )
    found = {test.name: test.hazards for test in cases_in(FILE, text)}

    assert {"test_a": {"H01", "H02", "H05"}, "test_b": {"H05"}} == found


def test_a_failed_or_absent_test_is_no_proof_and_a_skipped_one_is_told() -> None:
    """Every case of a named test has to have passed, or to lack a tool of this machine."""
    ran = {
        "a": {"passed": 3},
        "b": {"passed": 2, "skipped": 1},
        "c": {"xfailed": 1},
        "d": {"failed": 1},
    }
    said = outcome_faults(["a", "b", "c", "d", "e"], ran)

    assert [
        "c did not pass: 1 xfailed",
        "d did not pass: 1 failed",
        "e did not run",
    ] == said
    assert ["b"] == skipped_here(["a", "b", "c", "d", "e"], ran)


def test_only_shown_rows_count_on_tests() -> None:
    """A rule counts on all tests that carry its number; an open row on none."""
    claimed = "test_nothing_special` | shown"
    table = rows(SOUND.replace(claimed, claimed.replace("shown", "open: explorer")))
    wanted = ["test_field_a_clock", "test_r2_a_late_lift", "test_the_tray_jams"]

    assert [f"{FILE}::{name}" for name in wanted] == proofs(table, KNOWN)


def test_both_counts_are_said_with_who_brings_what_is_open() -> None:
    """One line for each table."""
    assert "hazards: 1 shown, 1 open (hopper: H02)" == next(counts(rows(SOUND)))


def test_what_pytest_cannot_collect_is_said() -> None:
    """A name that only looks like a test is found out by asking pytest."""
    here = "tests/tools/test_trace.py::"

    assert [] == collect_faults([f"{here}test_a_sound_page_is_accepted"])
    assert [] != collect_faults([f"{here}test_nobody_wrote"])


def test_outcomes_of_a_real_run_are_written(pytester: pytest.Pytester) -> None:
    """Passed, failed, skipped, expected to fail and broken around: each case under its test."""
    conftest = safety_page.ROOT / "tests" / "conftest.py"
    pytester.makeconftest(conftest.read_text(encoding="utf-8"))
    pytester.makepyfile(
        test_it="""
        import pytest
        @pytest.mark.parametrize("n", [1, 2])
        def test_two(n): assert n == 1
        def test_not_here(): pytest.skip("no")
        @pytest.mark.xfail
        def test_known(): assert False
        @pytest.fixture
        def broken():
            yield
            raise ValueError
        def test_torn(broken): pass
        """
    )
    pytester.runpytest("--outcomes", "out/it.json")

    assert {
        "test_it.py::test_two": {"passed": 1, "failed": 1},
        "test_it.py::test_not_here": {"skipped": 1},
        "test_it.py::test_known": {"xfailed": 1},
        "test_it.py::test_torn": {"passed": 1, "failed": 1},
    } == json.loads((pytester.path / "out" / "it.json").read_text())


def test_the_build_fails_with_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page whose row lost its test gives exit code 1 and still prints all counts."""
    page = tmp_path / "SAFETY.md"
    text = PAGE.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(text) if line.startswith("| H01 "))
    text[first] = text[first].replace("::test_", "::test_no_", 1)
    page.write_text("\n".join(text))
    monkeypatch.setattr("tests.tools.trace.PAGE", page)

    assert 1 == main([])
    assert "H01: no test " in (said := capsys.readouterr().out)
    assert 5 == said.count(" shown, ")
