"""The simulated machine as the drawing shows it: one flat picture of one instant.

Responsible for: turning the house's view into what the browser animates. Not
responsible for physics (hal/sim) or for drawing (templates/drawing.html, static/).
The only place here that knows how the house spells things.
"""

from dataclasses import dataclass

from controller.web import words
from controller.web.pick import Object, flag, number, objects, part, text, texts
from controller.web.snapshot import Snapshot

COMPARTMENTS = 28
TICKS = 232  # of the tray's encoder, once around
FULL_MV, EMPTY_MV = 4200, 3300
PIECES_SHOWN = 6  # in one compartment; more are there, but not drawn


@dataclass(frozen=True)
class Scene:
    """What there is to see in the simulated home."""

    ticks: int
    gate: int  # per cent open
    beam: bool  # light arrives
    drops: int
    cup: bool
    cup_pieces: int
    cup_mg: int
    slots: tuple[int, ...]  # pieces in each compartment
    lamp: str
    buzzer: str
    door: bool
    service: bool
    mains: bool
    battery: int  # per cent
    net: bool
    board: bool  # the firmware runs
    button: bool  # held down
    mishaps: tuple[str, ...]
    utc_ms: int  # by the controller's clock
    board_utc_ms: int
    speed: int
    demonstration: bool
    runtime: str


def read_scene(view: Object) -> Scene:
    """The scene in one view of the house."""
    cup = part(view, "cup") or {}
    battery_mv = number(view, "battery_mv", FULL_MV)
    share = (battery_mv - EMPTY_MV) * 100 // (FULL_MV - EMPTY_MV)
    return Scene(
        ticks=number(view, "tray_ticks") % TICKS,
        gate=number(view, "gate_percent"),
        beam=flag(view, "beam_lit", True),
        drops=number(view, "drop_count"),
        cup=flag(cup, "present", True),
        cup_pieces=number(cup, "pieces"),
        cup_mg=number(cup, "mg"),
        slots=_slots(view),
        lamp=text(view, "lamp", "quiet"),
        buzzer=text(view, "buzzer", "quiet"),
        door=flag(view, "door_open"),
        service=flag(view, "service"),
        mains=flag(view, "mains", True),
        battery=max(0, min(100, share)),
        net=flag(view, "net", True),
        board=flag(view, "board", True),
        button=flag(view, "button_down"),
        mishaps=tuple(texts(view, "mishaps")) or _names(objects(view, "mishaps")),
        utc_ms=number(view, "utc_ms"),
        board_utc_ms=number(view, "board_utc_ms"),
        speed=max(number(view, "speed", 1), 1),
        demonstration=flag(view, "demonstration"),
        runtime=text(view, "runtime"),
    )


def _slots(view: Object) -> tuple[int, ...]:
    value = view.get("compartments")
    counts = [0] * COMPARTMENTS
    if isinstance(value, list):
        for index, item in enumerate(value[:COMPARTMENTS]):
            if isinstance(item, list):
                counts[index] = len(item)
            elif isinstance(item, dict):
                counts[index] = number(item, "pieces")
            elif isinstance(item, int):
                counts[index] = int(item)
    return tuple(counts)


def _names(rows: list[Object]) -> tuple[str, ...]:
    return tuple(text(row, "name") for row in rows)


def frame(scene: Scene, now: Snapshot | None, zone: str) -> Object:
    """What the browser needs for the drawing, as JSON."""
    states = {c.index: c.state for c in now.compartments} if now else {}
    return {
        "ticks": scene.ticks,
        "gate": scene.gate,
        "beam": scene.beam,
        "drops": scene.drops,
        "cup": scene.cup,
        "cupPieces": scene.cup_pieces,
        "cupMg": scene.cup_mg,
        "slots": [min(pieces, PIECES_SHOWN) for pieces in scene.slots],
        "states": [states.get(index, "") for index in range(COMPARTMENTS)],
        "lamp": scene.lamp,
        "buzzer": scene.buzzer,
        "door": scene.door,
        "service": scene.service,
        "mains": scene.mains,
        "battery": scene.battery,
        "net": scene.net,
        "board": scene.board,
        "button": scene.button,
        "link": now.link if now else "never",
        "time": words.clock(scene.utc_ms // 1000, zone) if scene.utc_ms else "--:--",
        "exposed": _exposed(scene.ticks),
    }


def _exposed(ticks: int) -> str:
    """Which compartment stands over the hole, counted from 1; `home` for the blank sector."""
    sector, rest = divmod(ticks, 8)
    if rest:
        return "–"
    return "home" if sector == 0 else str(sector)


def pace(scene: Scene | None) -> str:
    """`×60` where simulated time runs faster than real time."""
    return f"×{scene.speed}" if scene and scene.speed > 1 else ""
