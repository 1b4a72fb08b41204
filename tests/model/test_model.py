"""The production core under every interleaving, at bounds that fit into every test run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.model import inputs
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


def test_tables_that_others_have_filled_change_no_figure() -> None:
    """In fresh tables and in those of other bounds the same bounds hold the same states."""
    bounds = SLICE[5]
    inputs.forget()
    fresh = Explorer(bounds).run()
    inputs.forget()
    Explorer(replace(bounds, quiet=0, lifts=1)).run()
    again = Explorer(bounds).run()

    assert fresh.states > 1000
    assert (fresh.states, fresh.transitions, fresh.depth, fresh.ends) == (
        again.states, again.transitions, again.depth, again.ends,
    )  # fmt: skip
    assert (fresh.boards, fresh.controllers) == (again.boards, again.controllers)
