"""The hub's timers, beside a plain table that is looked through each time."""

from random import Random

import pytest

from fleet.timers import Timers


@pytest.mark.parametrize("seed", range(30))
def test_timers_do_what_a_table_would(seed: int) -> None:
    """Set, moved on, brought forward, cancelled, looked at: each is told once, when it has come."""
    luck = Random(seed)
    timers, table, now = Timers(), dict[str, float](), 0.0
    for _ in range(400):
        key = f"home-{luck.randint(0, 9)}"
        what = luck.random()
        if what < 0.6:
            table[key] = now + luck.randint(0, 50)
            timers.set(key, table[key])
        elif what < 0.7:
            table.pop(key, None)
            timers.cancel(key)
        elif what < 0.85:
            assert min(table.values(), default=None) == timers.next_at()
        else:
            now += luck.randint(0, 20)
            come = sorted((at, one) for one, at in table.items() if at <= now)
            told = timers.due(now)

            assert come == sorted((table.pop(one), one) for one in told)
            assert told == sorted(told, key=dict((one, at) for at, one in come).__getitem__)
            assert [] == timers.due(now)


def test_a_deadline_that_only_moves_on_leaves_nothing_behind() -> None:
    """A machine that speaks a thousand times has one entry, not a thousand."""
    timers = Timers()
    for n in range(1000):
        timers.set("home-1", 900.0 + n)

    assert 1 == len(timers._heap)
    assert [] == timers.due(1898.0)
    assert ["home-1"] == timers.due(1899.0)
    assert 0 == len(timers._heap)
