"""The cable on the board's own runtime: the same facts, and the same bytes, as on CPython."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from hal.sim.runtime import ROOT, NoRuntime, micropython, run_environment

CORE = "tests/wire/core.py"
LIMIT_S = 100
GOLDEN = Path(__file__).parent / "golden"


def facts(command: list[str], environment: dict[str, str]) -> list[str]:
    """What the core script prints on one runtime; a broken fact fails here."""
    done = subprocess.run(
        [*command, CORE], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def on_micropython() -> list[str]:
    """The facts on real MicroPython with 128 KiB of heap; skipped where there is none."""
    try:
        command = micropython()
    except NoRuntime as why:
        pytest.skip(reason=f"needs MicroPython: {why}")
    return facts([*command, "-X", "heapsize=128K"], run_environment())


def test_both_runtimes_agree_on_every_fact(on_micropython: list[str]) -> None:
    """Golden bytes, codes, refused flips, the story and its bytes are the same on both."""
    on_cpython = facts([sys.executable], {**run_environment(), "PYTHONPATH": str(ROOT)})
    assert on_cpython == on_micropython


def test_micropython_makes_the_golden_bytes(on_micropython: list[str]) -> None:
    """The frames made on MicroPython are, byte for byte, the files that are checked in."""
    for path in sorted(GOLDEN.glob("*.bin")):
        wire = path.read_bytes()
        assert f"{path.stem} {len(wire)} {hashlib.sha256(wire).hexdigest()}" in on_micropython


def test_memory_does_not_grow_on_micropython(on_micropython: list[str]) -> None:
    """After 1,100 exchanges exactly as much heap is in use as after 100."""
    assert on_micropython[-1] == "grown 0"
