"""The hub's store through power cuts and failing operations: slices of the sweep."""

import pytest

from fleet.store import _Transaction
from tests.crash.hubs import HubWork
from tests.crash.journals import Bench
from tests.crash.sweep import ERRORS, LIES, POWER, Sweep, complaints

SEED = 20


@pytest.mark.hazard("H20")
@pytest.mark.parametrize(
    ("mode", "parts", "depth"), [(POWER, 12, 1), (POWER, 400, 3), (LIES, 6, 1), (ERRORS, 70, 1)]
)
def test_what_was_acknowledged_is_there_and_nothing_else(
    bench: Bench, mode: str, parts: int, depth: int
) -> None:
    """Cursors stand for events that are stored, in order, and the store goes on."""
    sweep = Sweep(SEED)
    sweep.part(HubWork(bench), 0, mode, parts // 3, parts, depth)

    assert [] == sweep.tally.wrong
    assert 10 < sweep.tally.count


def test_it_is_seen_when_the_store_answers_before_it_is_durable(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """synchronous=NORMAL in `take` loses acknowledged events."""
    honest = _Transaction.__init__

    def lazy(self: _Transaction, db: object, *, durable: bool = True) -> None:
        honest(self, db, durable=False)  # type: ignore[arg-type]

    monkeypatch.setattr(_Transaction, "__init__", lazy)

    assert any("'lost:" in line for line in complaints(HubWork(bench), SEED))


def test_it_is_seen_when_an_acknowledged_event_shares_a_page(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a new page after every durable commit a torn page takes older events along."""
    monkeypatch.setattr("fleet.store._CAUTION", "")

    assert any("/pages" in line and "'lost:" in line for line in complaints(HubWork(bench), SEED))
