"""The hygiene check sees what must not be in a public repository."""

from pathlib import Path

import pytest

from tests.tools.hygiene import ROOT, python_faults, text_faults


@pytest.mark.parametrize(
    "line",
    [
        f"see {ROOT}/notes.txt",
        "open('/" + "home/ada/key')",
        "get it from https://" + "packages.acme.com/simple",
        "<" * 7 + " HEAD",
    ],
)
def test_traces_of_a_machine_or_of_strange_places_are_found(line: str) -> None:
    """A local path, an unknown host and an open merge are each one fault."""
    assert 1 == len(list(text_faults("page.md", line)))


def test_a_location_in_a_requirement_file_is_found() -> None:
    """Requirement files name packages and hashes, never places."""
    assert 1 == len(list(text_faults("requirements/x.txt", "x @ file" + "://wheels/x.whl")))


def test_a_long_function_and_a_missing_header_are_found() -> None:
    """71 lines are one too many, and a file without a header says nothing about itself."""
    source = "def f() -> None:\n" + "    pass\n" * 70

    faults = list(python_faults("part.py", source))

    assert 2 == len(faults)


def test_every_locked_package_has_hashes() -> None:
    """pip can refuse anything that is not what was resolved."""
    for path in sorted(Path(ROOT, "requirements").glob("*.txt")):
        for entry in path.read_text().replace("\\\n", " ").splitlines():
            assert "--hash=sha256:" in entry, f"{path.name}: {entry}"
