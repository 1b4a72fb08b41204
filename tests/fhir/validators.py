"""Three offline validators of FHIR R4 in one run: fhir, @medplum/core, the JSON schema.

Responsible for: starting node once for many resources, and the reason to skip where they are not
installed. Not responsible for what they are given (test_validators.py).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NAMES = ("fhir", "medplum", "schema")
LONGEST_S = 90

Verdict = dict[str, list[str]]  # by validator, what it has against a resource


def validated(resources: Sequence[Any]) -> list[Verdict]:
    """What each validator says of each resource; skips where they are not installed."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / ".ready").exists():
        pytest.skip(reason="needs `make validators`: node and three FHIR validators from npm")
    lines = "".join(f"{json.dumps(one)}\n" for one in resources)
    done = subprocess.run(
        [node, str(HERE / "validate.cjs")],
        input=lines, capture_output=True, text=True, timeout=LONGEST_S, check=True,
    )  # fmt: skip
    found: list[Verdict] = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(resources) == len(found), done.stderr
    return found
