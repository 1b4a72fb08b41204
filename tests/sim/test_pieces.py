"""Ground truth under any treatment: no piece is made, lost to the books or moved back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hal.sim import mishaps
from hal.sim.save import load, save
from hal.sim.sense import COMPARTMENTS, TICKS
from hal.sim.supply import PowerLost
from hal.sim.world import World

PLACES = {"compartment", "falling", "cup", "gone", "lost", "loader"}
COMPARTMENT = st.integers(0, COMPARTMENTS - 1)
ACTS = st.one_of(
    st.tuples(st.just("put"), COMPARTMENT, st.lists(st.integers(40, 900), min_size=1, max_size=4)),
    st.tuples(st.just("drive"), st.integers(0, TICKS - 1)),
    st.tuples(st.just("home in on"), COMPARTMENT),
    st.tuples(st.sampled_from(["drive_off", "take_cup", "open_door", "close_door"])),
    st.tuples(st.just("gate"), st.integers(0, 1)),
    st.tuples(st.just("return_cup"), st.integers(0, 3)),
    st.tuples(st.just("fingers"), st.integers(0, 3)),
    st.tuples(st.sampled_from(["empty", "hand_out"]), COMPARTMENT),
    st.tuples(st.just("mishap"), st.sampled_from(sorted(mishaps.TABLE))),
    st.tuples(st.just("heal")),
    st.tuples(st.just("save")),
    st.tuples(st.just("wait"), st.integers(1, 2000)),
)


def one(world: World, act: tuple[object, ...]) -> World:
    """Do one act, booting a board that fell over; the world to go on with."""
    what, rest = act[0], act[1:]
    if not world.up and world.now_ms >= world.ready_ms:
        world.boot()
    if what == "home in on":
        assert isinstance(rest[0], int)
        world.drive((rest[0] + 1) * 8)
        world.advance(world.now_ms + 800)
    elif what == "mishap":
        mishaps.cause(world, str(rest[0]))
    elif what == "heal":
        mishaps.heal_all(world)
    elif what == "save":
        return load(save(world))
    elif what == "wait":
        assert isinstance(rest[0], int)
        world.advance(world.now_ms + rest[0])
    else:
        getattr(world, str(what))(*rest)
    return world


@settings(max_examples=120, deadline=None)
@given(st.lists(ACTS, max_size=40), st.integers(0, 9))
def test_every_piece_is_in_exactly_one_place(acts: list[tuple[object, ...]], seed: int) -> None:
    """Loaded = held + falling + in the cup + gone + lost + taken out, after every act."""
    world = World(seed)
    for act in acts:
        try:
            world = one(world, act)
        except PowerLost:
            continue
        pieces = [piece for fill in world.ledger.fills for piece in fill.pieces]
        held = [p for at in world.ledger.in_compartment.values() for p in at]
        air = [p for _, p in world.chute.flights + world.chute.landings]

        assert {p.place for p in pieces} <= PLACES
        assert sum(p.place == "compartment" for p in pieces) == len(held)
        assert sum(p.place == "cup" for p in pieces) == len(world.ledger.in_cup)
        assert sum(p.place == "falling" for p in pieces) == len(air)
        assert all(p.fell_ms is not None for p in pieces if p.place in ("falling", "cup", "lost"))
        assert all((p.gone_ms is not None) == (p.place == "gone") for p in pieces)
        assert 0 <= world.tray.position(world.now_ms) < TICKS


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=30), st.integers(0, 9))
def test_the_same_acts_leave_the_same_trace(acts: list[tuple[object, ...]], seed: int) -> None:
    """Nothing in the world depends on the host."""
    traces = set()
    for _ in range(2):
        world = World(seed)
        for act in acts:
            try:
                world = one(world, act)
            except PowerLost:
                continue
        traces.add((world.trace, str(world.truth())))

    assert 1 == len(traces)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=30), st.lists(st.integers(1, 900), max_size=5), st.integers(0, 9))
def test_how_time_is_cut_into_pieces_does_not_matter(
    acts: list[tuple[object, ...]], waits: list[int], seed: int
) -> None:
    """Advancing in one step or in many leads to the same truth."""
    truths = set()
    for steps in (waits, [sum(waits)]):
        world = World(seed)
        for act in acts:
            try:
                world = one(world, act)
            except PowerLost:
                continue
        for wait in steps:
            world.advance(world.now_ms + wait)
        truths.add(str(world.truth()))

    assert 1 == len(truths)
