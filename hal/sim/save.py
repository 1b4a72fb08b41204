"""The world as JSON, and back: what a simulated home remembers from one run to the next.

Responsible for: every part's plain values, the ledger, pieces in the air, FRAM. Not for where
the file lies (serve.py). A loaded world finds its board without power, and bytes that were on
the cable are lost: exactly what pulling the plug does.
"""

from collections.abc import Iterable
from typing import cast

from hal.sim.chance import Chance
from hal.sim.pieces import Piece
from hal.sim.world import World

SCHEMA = 1
_PLAIN_PARTS = ("tray", "flap", "cup", "supply", "board_clock", "controller_clock")
_PLAIN = (
    "seed", "now_ms", "utc0_ms", "door_open", "service_on", "button_down", "door_count",
    "press_count", "boots", "boot_ms", "reset_cause", "starved", "drives", "resets", "hazards",
    "bounces", "button_stuck", "standing", "later", "later_serial",
)  # fmt: skip
_CHUTE = (
    "exposed", "emitter", "beam", "dark_until_ms", "drop_count", "lose_before", "lose_after",
    "exposures", "passed_turning",
)  # fmt: skip
_CABLE = ("cut", "loss", "twice", "reorder", "flips", "late_ms", "late", "carried")
_AIR = ("releases", "flights", "landings")


class SaveRefused(Exception):
    """The file is not a saved world of this version; the text says why."""


def save(world: World) -> dict[str, object]:
    """Everything that `load` needs, as JSON values."""
    where = {id(p): [f.number, i] for f in world.ledger.fills for i, p in enumerate(f.pieces)}
    air = cast(dict[str, Iterable[tuple[int, Piece]]], vars(world.chute))
    return {
        "schema": SCHEMA,
        "plain": {name: vars(world)[name] for name in _PLAIN},
        "parts": {name: dict(vars(vars(world)[name])) for name in _PLAIN_PARTS},
        "chute": {name: vars(world.chute)[name] for name in _CHUTE},
        "cable": {name: vars(world.cable)[name] for name in _CABLE},
        "air": {name: [[at, *where[id(p)]] for at, p in air[name]] for name in _AIR},
        "fills": world.ledger.save(),
        "lifted": [where[id(p)] for p in world.ledger.lifted],
        "in_cup": [where[id(p)] for p in world.ledger.in_cup],
        "fram": world.fram.data.hex(),
        "chance": world.chance.state,
        "luck": world._luck.state,
        "trace": world.trace.hex(),
    }


def load(doc: dict[str, object]) -> World:
    """A world that goes on where the saved one stopped; raises SaveRefused."""
    if doc.get("schema") != SCHEMA:
        raise SaveRefused(f"a world of schema {doc.get('schema')}, this is {SCHEMA}")
    try:
        return _load(doc)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SaveRefused(f"not a saved world: {error!r}") from error


def _load(doc: dict[str, object]) -> World:
    plain = cast(dict[str, int], doc["plain"])
    world = World(plain["seed"], plain["utc0_ms"])
    vars(world).update(plain)
    world.later = [(row[0], row[1], row[2], row[3]) for row in world.later]
    for name, values in cast(dict[str, dict[str, object]], doc["parts"]).items():
        part = vars(world)[name]
        vars(part).update({key: values[key] for key in vars(part)})
    vars(world.chute).update(cast(dict[str, object], doc["chute"]))
    vars(world.cable).update(cast(dict[str, object], doc["cable"]))
    world.ledger.load(cast(list[dict[str, object]], doc["fills"]))
    by_number = {fill.number: fill.pieces for fill in world.ledger.fills}
    world.ledger.in_cup = [by_number[n][i] for n, i in cast(list[list[int]], doc["in_cup"])]
    world.ledger.lifted = [by_number[n][i] for n, i in cast(list[list[int]], doc["lifted"])]
    for name, rows in cast(dict[str, list[list[int]]], doc["air"]).items():
        vars(world.chute)[name] = [(at, by_number[n][i]) for at, n, i in rows]
    world.fram.data = bytearray(bytes.fromhex(cast(str, doc["fram"])))
    _restore_luck(world, doc)
    world.trace = bytes.fromhex(cast(str, doc["trace"]))
    world.reset(world.reset_cause)
    world.settle()
    return world


def _restore_luck(world: World, doc: dict[str, object]) -> None:
    for chance, name in ((world.chance, "chance"), (world._luck, "luck")):
        assert isinstance(chance, Chance)
        chance.state = cast(int, doc[name])
