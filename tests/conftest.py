"""What every test run can do: write down what became of each test.

Responsible for `--outcomes FILE`: after the run, for each test the number of its cases that
passed, failed, were skipped or failed as expected. The trace of SAFETY.md reads it.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]  # the trace is tested with a run of its own


def pytest_addoption(parser: pytest.Parser) -> None:
    """One more switch."""
    parser.addoption("--outcomes", default="", help="write what became of each test to this file")


def pytest_configure(config: pytest.Config) -> None:
    """Who is asked to write does so once, not each of several workers."""
    file = config.getoption("--outcomes")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Outcomes(Path(file)))


class Outcomes:
    """A tally of cases by test; a case counts as passed only if nothing around it failed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._tests: dict[str, Counter[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the call of a case, and whatever went wrong before and after it."""
        word: str = report.outcome
        if word == "passed" and report.when != "call":
            return
        if hasattr(report, "wasxfail"):
            word = "xfailed" if word == "skipped" else "xpassed"
        self._tests.setdefault(report.nodeid.partition("[")[0], Counter())[word] += 1

    def pytest_sessionfinish(self) -> None:
        """The file is there even if the run was ended early: what did not run is not in it."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._tests, indent=1, sort_keys=True))
