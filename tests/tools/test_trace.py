"""The trace check believes no row of SAFETY.md on its word."""

import pytest

from tests.tools.trace import row_faults

FILE = "`hal/wire/codes.py`"
TEST = "`tests/tools/test_trace.py::test_a_row_with_proof_is_accepted`"


def row(
    files: str = FILE, mishap: str = "`micropython`", test: str = TEST, state: str = "shown"
) -> list[str]:
    """One row of the table; `micropython` is a name that hal/sim defines."""
    return ["H01", "harm (C)", "what holds it", files, mishap, test, state]


def test_a_row_with_proof_is_accepted() -> None:
    """File, mishap and test exist: nothing to say."""
    assert [] == row_faults(row())


@pytest.mark.parametrize(
    "cells",
    [
        row(files="`hal/wire/nowhere.py`"),
        row(files=""),
        row(mishap="`no_such_mishap`"),
        row(test="`tests/tools/test_trace.py::test_nobody_wrote`"),
        row(test="`tests/tools/test_nowhere.py::test_x`"),
        row(state="done"),
        row(state="open"),
    ],
)
def test_a_claim_without_proof_is_refused(cells: list[str]) -> None:
    """Whatever does not exist, or an open row without who brings it, is one fault."""
    assert 1 == len(row_faults(cells))
