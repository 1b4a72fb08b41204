"""The home that most tests of the controller begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.controller.home import Home
from tests.controller.monday import at_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The example's plan, loaded, on a Monday at six; breakfast is due at eight (07:00 UTC)."""
    return at_home(tmp_path)
