"""The production core under every interleaving, at bounds that fit into every test run."""

from __future__ import annotations

import pytest

from tests.model.configs import SLICE
from tests.model.explore import Explorer
from tests.model.inputs import Config


@pytest.mark.hazard("H01", "H03")
@pytest.mark.parametrize("config", SLICE, ids=[c.name.replace(" ", "-") for c in SLICE])
def test_no_interleaving_breaks_an_invariant_or_has_no_end(config: Config) -> None:
    """Exhausted: no violation, and from every state all doses can still get their outcome."""
    result = Explorer(config).run()

    assert {} == result.broken
    assert result.complete
    assert 0 == result.endless
    assert result.ends > 0
