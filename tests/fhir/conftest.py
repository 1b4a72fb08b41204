"""The lived home that all tests of the record read from: it is lived once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fhir.lived import lived


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed journal of two days with every kind of outcome in it."""
    folder = tmp_path_factory.mktemp("lived")
    home = lived(folder)
    home.kill_controller()
    return folder / "journal.db"
