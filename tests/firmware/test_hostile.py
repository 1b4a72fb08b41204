"""A controller that says anything at all, with the right key: the board still keeps its limits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.firmware.bench import DIGEST, HEAD, Bench
from tests.firmware.test_power import assert_exposed_once

FILLS = {0: [300, 260], 1: [310], 2: [320], 3: [330]}
CAP = 3

words = st.fixed_dictionaries(
    {
        "stage": st.integers(0, 4),
        "order": st.integers(0, 12),
        "compartment": st.integers(0, 4),
        "round": st.integers(0, 12),
        "round_orders": st.integers(0, 3),
        "late": st.booleans(),
        "act": st.sampled_from(["", "", "press", "press", "cup", "reset", "door", "wait"]),
    }
)


def act(bench: Bench, what: str) -> None:
    """What goes on around the machine meanwhile."""
    if what == "press":
        bench.world.press()
    elif what == "cup":
        bench.world.take_cup()
        bench.run(900)
        bench.world.return_cup()
    elif what == "reset":
        bench.world.reset(3)
    elif what == "door":
        bench.world.open_door()
        bench.run(100)
        bench.world.close_door()
    elif what == "wait":
        bench.run(700 * 1000)


@pytest.mark.hazard("H01", "H04")
@settings(max_examples=12, deadline=None)
@given(st.lists(words, min_size=5, max_size=25))
def test_no_stream_of_commands_exposes_a_fill_twice_or_breaks_cap_and_gap(
    stream: list[dict[str, int]],
) -> None:
    """Random Desired frames with presses, resets and lifts: ground truth keeps to the lease."""
    bench = Bench()
    lease = bench.load(FILLS, gap_s=600, cap=CAP)
    for word in stream:
        bench.ask(
            word["stage"],
            word["order"],
            word["compartment"],
            round=word["round"],
            round_orders=word["round_orders"],
            not_after_s=bench.utc_s() - 1 if word["late"] else lease.rows[0].close_s,
        )
        bench.desired.digest, bench.desired.head = DIGEST, HEAD
        act(bench, str(word["act"]))
        bench.run(1500)
    bench.run(8000)
    for k, pieces in FILLS.items():
        fill = lease.rows[k].fill
        assert bench.fell(fill) <= len(pieces)
        assert_exposed_once(bench, fill)
    fallen = sum(bench.fell(lease.rows[k].fill) for k in FILLS)
    assert fallen <= CAP
