"""The sentences of the cable pack and unpack without loss, and nothing else unpacks."""

import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.wire import messages
from hal.wire.codes import COMPARTMENTS, GROUPS, ROW_GROUPS
from tests.wire import samples

LIMITS = {"B": (0, 2**8 - 1), "H": (0, 2**16 - 1), "I": (0, 2**32 - 1), "i": (-(2**31), 2**31 - 1)}

Layout = tuple[tuple[str, str], ...]


def values(layout: Layout) -> st.SearchStrategy[dict[str, Any]]:
    """Any value for every field of a layout."""
    return st.fixed_dictionaries(
        {
            name: st.binary(min_size=16, max_size=16)
            if code == "16s"
            else st.integers(*LIMITS[code])
            for name, code in layout
        }
    )


def edges(layout: Layout, which: int) -> dict[str, Any]:
    """Every field at its lowest (0) or highest (1) value."""
    return {
        name: bytes([255 * which]) * 16 if code == "16s" else LIMITS[code][which]
        for name, code in layout
    }


def filled(sentence: Any, said: dict[str, Any]) -> Any:
    """The sentence with these fields; each of them must exist already."""
    assert set(vars(sentence)) == set(said)
    vars(sentence).update(said)
    return sentence


@settings(deadline=None)
@given(values(messages.DESIRED_FIELDS))
def test_desired_survives_the_cable(said: dict[str, Any]) -> None:
    """Whatever a Desired says is read at the other end."""
    read = messages.unpack_desired(filled(messages.Desired(), said).pack())
    assert read is not None and said == vars(read)


@settings(deadline=None)
@given(values(messages.ACTUAL_FIELDS))
def test_actual_survives_the_cable(said: dict[str, Any]) -> None:
    """Whatever an Actual says is read at the other end."""
    read = messages.unpack_actual(filled(messages.Actual(), said).pack())
    assert read is not None and said == vars(read)


@pytest.mark.parametrize("which", [0, 1])
def test_edges_of_every_field_survive(which: int) -> None:
    """The lowest and the highest value of every field fit."""
    said = edges(messages.DESIRED_FIELDS, which)
    desired = messages.unpack_desired(filled(messages.Desired(), said).pack())
    assert desired is not None and said == vars(desired)
    told = edges(messages.ACTUAL_FIELDS, which)
    actual = messages.unpack_actual(filled(messages.Actual(), told).pack())
    assert actual is not None and told == vars(actual)


@st.composite
def leases(draw: st.DrawFn) -> messages.Lease:
    """Any lease that may be packed: group keys are never 0."""
    lease = messages.Lease()
    number = st.integers(*LIMITS["I"])
    lease.lease_no, lease.version = draw(number), draw(number)
    lease.door_count = draw(number)
    lease.tray_index = draw(st.integers(*LIMITS["B"]))
    for _ in range(draw(st.integers(0, GROUPS))):
        key, gap_s = draw(st.integers(1, 2**32 - 1)), draw(number)
        lease.groups.append(messages.Group(key, gap_s, draw(st.integers(*LIMITS["H"]))))
    for k in draw(st.sets(st.integers(0, COMPARTMENTS - 1), max_size=4)):
        row = lease.rows[k]
        vars(row).update(draw(values(messages.ROW_FIELDS)))
        if lease.groups:
            index = st.integers(0, len(lease.groups) - 1)
            pair = st.tuples(index, st.integers(*LIMITS["H"]))
            row.groups = draw(st.lists(pair, max_size=ROW_GROUPS))
    return lease


def content(lease: messages.Lease) -> tuple[Any, ...]:
    """All that a lease says, comparable."""
    groups = [vars(group) for group in lease.groups]
    head = lease.lease_no, lease.tray_index, lease.door_count, lease.version
    return *head, groups, [vars(r) for r in lease.rows]


@settings(deadline=None, max_examples=50)
@given(leases())
def test_lease_survives_the_cable(lease: messages.Lease) -> None:
    """Whatever a Lease says is read at the other end, and packs to the same digest."""
    packed = lease.pack()
    read = messages.unpack_lease(packed)
    assert read is not None and content(lease) == content(read)
    assert messages.lease_digest(packed) == messages.lease_digest(read.pack())


def test_a_row_of_an_unknown_group_is_no_lease() -> None:
    """A row that feeds a counter which the lease does not have is refused as a whole."""
    lease = samples.lease()
    del lease.groups[3:]
    for row in lease.rows:
        row.groups = [(2, 1)]
    assert messages.unpack_lease(lease.pack()) is not None
    lease.rows[27].groups = [(3, 1)]
    assert messages.unpack_lease(lease.pack()) is None


@pytest.mark.parametrize(
    ("unpack", "packed"),
    [
        (messages.unpack_desired, samples.desired().pack()),
        (messages.unpack_actual, samples.actual().pack()),
        (messages.unpack_lease, samples.lease().pack()),
    ],
    ids=["desired", "actual", "lease"],
)
def test_a_wrong_length_is_no_sentence(unpack: Callable[[bytes], Any], packed: bytes) -> None:
    """One byte short, one byte long, or nothing at all unpacks to None."""
    assert unpack(packed) is not None
    for wrong in (packed[:-1], packed + b"\0", b""):
        assert unpack(wrong) is None


def test_sizes_are_the_agreed_ones() -> None:
    """The layouts have no padding and did not grow by accident."""
    widths = [struct.calcsize("<" + code) for _, code in messages.DESIRED_FIELDS]
    assert sum(widths) == messages.DESIRED_SIZE
    assert (messages.DESIRED_SIZE, messages.ACTUAL_SIZE, messages.LEASE_SIZE) == (89, 139, 1181)
