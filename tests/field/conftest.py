"""The home that most stories of the field begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.controller.home import Home
from tests.field.people import EARLY, PILL


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One pill a day, loaded ten minutes before it may be asked for."""
    one = Home(tmp_path, EARLY, plan=PILL)
    one.install()
    return one
