"""After each test of this folder the process is as it was: what a life made quick ends with it."""

from collections.abc import Iterator

import pytest

from tests.years import lean


@pytest.fixture(autouse=True)
def _ends_with_the_test() -> Iterator[None]:
    yield
    lean.as_it_was()
