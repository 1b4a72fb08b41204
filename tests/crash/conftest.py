"""A modelled disk for each test, with its locks in memory where there is some."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.crash.journals import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Where logs and stores are opened."""
    shm = Path("/dev/shm")
    with TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        one = Bench(Path(folder))
        yield one
        one.files.unregister()
