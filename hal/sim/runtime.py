"""Find the runtime that the simulated board's firmware is to run on.

Responsible for the order of choice ($MICROPYTHON, the wheel's script beside this Python,
PATH) and for the environment the runtime needs. Not responsible for starting it, and
never chooses CPython by itself: that is asked for by name.
"""

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

WHAT_TO_DO = (
    "MicroPython was not found: there is no build of it for this machine among the packages. "
    "Put `micropython` (unix port) on PATH or name it with MICROPYTHON=/path, "
    "or run the same firmware on CPython with FIRMWARE=cpython."
)


class NoRuntime(Exception):
    """Neither $MICROPYTHON, nor the wheel, nor PATH has a MicroPython; the text says what to do."""


def micropython(environ: "os._Environ[str] | dict[str, str]" = os.environ) -> list[str]:
    """The command that starts MicroPython; raises NoRuntime."""
    named = environ.get("MICROPYTHON", "")
    if named:
        found = shutil.which(named)
        if found is None:
            raise NoRuntime(f"MICROPYTHON={named} cannot be run: correct or unset it.")
        return [found]
    beside = Path(sys.executable).parent / "micropython"
    if os.access(beside, os.X_OK):
        return [str(beside)]
    found = shutil.which("micropython", path=environ.get("PATH"))
    if found is None:
        raise NoRuntime(WHAT_TO_DO)
    return [found]


def firmware_command(environ: "os._Environ[str] | dict[str, str]" = os.environ) -> list[str]:
    """The command before `-m firmware`: real MicroPython, or CPython if FIRMWARE=cpython."""
    wish = environ.get("FIRMWARE", "micropython")
    if wish == "cpython":
        return [sys.executable]
    if wish != "micropython":
        raise NoRuntime(f"FIRMWARE={wish} is neither micropython nor cpython")
    return micropython(environ)


def run_environment() -> dict[str, str]:
    """os.environ with the repository as import root on MicroPython (asyncio stays in .frozen)."""
    return {**os.environ, "MICROPYPATH": f"{ROOT}:.frozen"}
