"""What a simulated home remembers: everything but the board's power and bytes on the cable."""

import json

import pytest

from hal.sim import mishaps
from hal.sim.save import SaveRefused, load, save
from tests.sim.bench import Bare


def test_a_saved_world_goes_on_as_if_the_plug_had_been_pulled() -> None:
    """Pieces in the air land, the gate closes, memory and counters stay; through real JSON."""
    bare = Bare()
    world = bare.world
    world.put(4, [500, 120], "fill")
    world.fram_write(7, b"kept")
    bare.turn_to(4)
    world.gate(1)
    while not world.chute.flights:
        world.advance(world.next_event_ms())
    again = load(json.loads(json.dumps(save(world))))
    again.advance(again.now_ms + 1000)

    fell = [p.place for p in again.ledger.fills[0].pieces]
    assert "cup" in fell and set(fell) <= {"cup", "compartment"}
    assert (False, 0, b"kept") == (
        again.up,
        again.flap.position(again.now_ms),
        bytes(again.fram.data[7:11]),
    )
    assert world.tray.position(world.now_ms) == again.tray.position(again.now_ms)


def test_saving_twice_gives_the_same_file() -> None:
    """A loaded world, saved again, is the same world."""
    bare = Bare()
    bare.world.put(4, [500], "fill")
    mishaps.cause(bare.world, "blind_beam")
    bare.world.press()
    bare.world.reset(0)
    first = json.dumps(save(bare.world))

    assert first == json.dumps(save(load(json.loads(first))))


@pytest.mark.parametrize("doc", [{}, {"schema": 99}, {"schema": 1, "plain": {}}])
def test_a_file_that_is_no_world_is_refused(doc: dict[str, object]) -> None:
    """By an exception of its own, never by a half-loaded world."""
    with pytest.raises(SaveRefused):
        load(doc)
