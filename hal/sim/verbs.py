"""The words of the house's control socket: what people, scripts and troubles may do.

Responsible for: one table of verbs with their checked arguments, each answered with an object.
Not for sockets (serve.py) or for what follows (world.py, mishaps.py). No verb reaches into the
firmware or the controller; `wish` only hands on what a person says.
"""

from collections.abc import Callable, Mapping

from hal.sim import mishaps
from hal.sim.house import House
from hal.sim.sense import COMPARTMENTS, EXTERNAL, POWER
from hal.sim.view import view
from hal.sim.world import MAX_PIECES, PRESS_MS

Json = object
Asked = Mapping[str, Json]
MOST_SECONDS = 25 * 366 * 86400
MOST_MG = 20_000


class VerbRefused(Exception):
    """Stable code and a sentence."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code
        self.why = why


def number(asked: Asked, name: str, low: int, high: int, default: int | None = None) -> int:
    """A whole number within bounds."""
    value = asked.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise VerbRefused("bad-argument", f"{name!r} must be a whole number from {low} to {high}")
    return value


def flag(asked: Asked, name: str, default: bool | None = None) -> bool:
    """True or false."""
    value = asked.get(name, default)
    if not isinstance(value, bool):
        raise VerbRefused("bad-argument", f"{name!r} must be true or false")
    return value


def text(asked: Asked, name: str, default: str | None = None) -> str:
    """A short text."""
    value = asked.get(name, default)
    if not isinstance(value, str) or len(value) > 2000:
        raise VerbRefused("bad-argument", f"{name!r} must be a text")
    return value


def act(house: House, asked: Asked) -> dict[str, Json]:
    """Do one verb at this instant; what it answers. Raises VerbRefused."""
    verb = asked.get("verb")
    handler = VERBS.get(verb) if isinstance(verb, str) else None
    if handler is None:
        raise VerbRefused("unknown-verb", f"nothing is called {verb!r}")
    return handler(house, asked)


def _press(house: House, asked: Asked) -> dict[str, Json]:
    house.world.press(number(asked, "hold_ms", 1, 600_000, PRESS_MS))
    return {}


def _take_cup(house: House, asked: Asked) -> dict[str, Json]:
    return {"pieces": house.world.take_cup()}


def _return_cup(house: House, asked: Asked) -> dict[str, Json]:
    return {"pieces": house.world.return_cup(number(asked, "pieces_left", 0, 999, 0))}


def _fingers(house: House, asked: Asked) -> dict[str, Json]:
    count = number(asked, "count", 0, 999, 1)
    return {"pieces": house.world.fingers(count, number(asked, "press_mg", 0, MOST_MG, 0))}


def _door(house: House, asked: Asked) -> dict[str, Json]:
    if flag(asked, "open"):
        house.world.open_door()
    else:
        house.world.close_door()
    return {"door_count": house.world.door_count}


def _service(house: House, asked: Asked) -> dict[str, Json]:
    house.world.service(flag(asked, "on"))
    return {}


def _mains(house: House, asked: Asked) -> dict[str, Json]:
    house.world.mains(flag(asked, "on"))
    return {}


def _put(house: House, asked: Asked) -> dict[str, Json]:
    compartment = number(asked, "compartment", 0, COMPARTMENTS - 1)
    pieces = asked.get("pieces")
    if not isinstance(pieces, list) or not 0 < len(pieces) <= MAX_PIECES:
        raise VerbRefused("bad-argument", f"'pieces' must list 1 to {MAX_PIECES} weights in mg")
    weights = [number({"mg": mg}, "mg", 1, MOST_MG) for mg in pieces]
    _reachable(house)
    return {"fill": house.world.put(compartment, weights, text(asked, "label", ""))}


def _empty(house: House, asked: Asked) -> dict[str, Json]:
    _reachable(house)
    return {"pieces": house.world.empty(number(asked, "compartment", 0, COMPARTMENTS - 1))}


def _hand_out(house: House, asked: Asked) -> dict[str, Json]:
    compartment = number(asked, "compartment", 0, COMPARTMENTS - 1)
    return {"pieces": house.world.hand_out(compartment, number(asked, "count", 1, 999, MAX_PIECES))}


def _reachable(house: House) -> None:
    if not house.world.door_open:
        raise VerbRefused("door-closed", "the compartments are behind the closed door")


def _mishap(house: House, asked: Asked) -> dict[str, Json]:
    given = asked.get("args", {})
    if not isinstance(given, dict):
        raise VerbRefused("bad-argument", "'args' must be an object")
    try:
        mishaps.cause(house.world, text(asked, "name"), given)
    except mishaps.MishapRefused as why:
        raise VerbRefused("bad-mishap", str(why)) from why
    if asked["name"] == "clock_jump":
        house.on_jump()
    return {"standing": sorted(house.world.standing)}


def _heal(house: House, asked: Asked) -> dict[str, Json]:
    name = text(asked, "name")
    try:
        if name == "all":
            mishaps.heal_all(house.world)
        else:
            mishaps.heal(house.world, name)
    except mishaps.MishapRefused as why:
        raise VerbRefused("bad-mishap", str(why)) from why
    return {"standing": sorted(house.world.standing)}


def _net(house: House, asked: Asked) -> dict[str, Json]:
    house.set_net(flag(asked, "up"))
    return {}


def _clock_jump(house: House, asked: Asked) -> dict[str, Json]:
    seconds = number(asked, "seconds", -MOST_SECONDS, MOST_SECONDS)
    args = {"who": text(asked, "who", "controller"), "seconds": seconds}
    return _mishap(house, {"name": "clock_jump", "args": args})


def _kill_board(house: House, asked: Asked) -> dict[str, Json]:
    house.world.reset(number(asked, "cause", POWER, EXTERNAL, POWER))
    house.world.settle()
    return {}


def _wish(house: House, asked: Asked) -> dict[str, Json]:
    wish = asked.get("wish")
    if not isinstance(wish, dict):
        raise VerbRefused("bad-argument", "'wish' must be an object")
    house.wish(wish)
    return {}


def _do_at(house: House, asked: Asked) -> dict[str, Json]:
    inner = asked.get("do")
    if not isinstance(inner, dict) or inner.get("verb") not in VERBS or inner["verb"] == "do_at":
        raise VerbRefused("bad-argument", "'do' must be another verb with its arguments")
    at_ms = number(asked, "at_ms", house.world.now_ms, 1 << 60)
    house.do_at(at_ms, lambda: _kept(house, at_ms, inner))
    return {}


def _kept(house: House, at_ms: int, asked: dict[str, Json]) -> None:
    """A planned verb comes due; a refusal is kept for `done`, not raised into time."""
    try:
        answer = {"ok": True, **act(house, asked)}
    except VerbRefused as why:
        answer = {"ok": False, "code": why.code, "why": why.why}
    house.done.append({"at_ms": at_ms, "verb": asked.get("verb"), **answer})
    del house.done[:-1000]


def _done(house: House, asked: Asked) -> dict[str, Json]:
    rows, house.done = house.done, []
    return {"done": rows}


def _view(house: House, asked: Asked) -> dict[str, Json]:
    return {"view": {**view(house.world), "net": house.net}}


def _truth(house: House, asked: Asked) -> dict[str, Json]:
    return {"truth": house.world.truth()}


def _trace(house: House, asked: Asked) -> dict[str, Json]:
    world = house.world
    if "keep" in asked:
        world.trace_lines = [] if flag(asked, "keep") else None
    kept, last = world.trace_lines or [], number(asked, "last", 0, 1_000_000, 0)
    lines = kept[max(0, len(kept) - last) :]
    return {"trace": world.trace.hex(), "turns": house.turns, "lines": lines}


def _now(house: House, asked: Asked) -> dict[str, Json]:
    return {"sim_ms": house.world.now_ms, "true_utc_ms": house.world.utc_ms()}


VERBS: dict[str, Callable[[House, Asked], dict[str, Json]]] = {
    "press": _press,
    "take_cup": _take_cup,
    "return_cup": _return_cup,
    "fingers": _fingers,
    "door": _door,
    "service": _service,
    "mains": _mains,
    "put": _put,
    "empty": _empty,
    "hand_out": _hand_out,
    "mishap": _mishap,
    "heal": _heal,
    "net": _net,
    "clock_jump": _clock_jump,
    "kill_board": _kill_board,
    "wish": _wish,
    "do_at": _do_at,
    "done": _done,
    "view": _view,
    "truth": _truth,
    "trace": _trace,
    "now": _now,
}
