"""Where the parts of the drawn machine are: the geometry of the tray, once, in numbers.

Responsible for: the outline of each sector and the places of its pieces and label.
Not responsible for looks (static/machine.css) or motion (static/machine.js). The tray
has 29 sectors: sector 0 is blank, compartment k is sector k + 1. Tick 0 has sector 0
over the hole, which lies straight below the centre.
"""

import math
from dataclasses import dataclass

from controller.web.scene import COMPARTMENTS, PIECES_SHOWN

SECTORS = COMPARTMENTS + 1
CENTRE_X, CENTRE_Y = 250, 232
RIM, HUB, LABEL = 196, 96, 184
HALF_GAP = 0.0065  # radians between neighbours, on each side


@dataclass(frozen=True)
class Sector:
    """One sector of the tray at tick 0; `compartment` is -1 for the blank one."""

    compartment: int
    path: str
    label_x: float
    label_y: float
    label_turn: float
    pieces: tuple[tuple[float, float, float], ...]  # x, y, turn in degrees


def sectors() -> tuple[Sector, ...]:
    """All sectors, clockwise from the hole."""
    return tuple(_sector(index) for index in range(SECTORS))


def _point(radius: float, angle: float) -> tuple[float, float]:
    x = CENTRE_X + radius * math.cos(angle)
    y = CENTRE_Y + radius * math.sin(angle)
    return round(x, 2), round(y, 2)


def _sector(index: int) -> Sector:
    middle = math.pi / 2 + index * 2 * math.pi / SECTORS
    half = math.pi / SECTORS
    inner, outer = half - HALF_GAP * RIM / HUB, half - HALF_GAP
    corners = (
        _point(HUB, middle - inner),
        _point(RIM, middle - outer),
        _point(RIM, middle + outer),
        _point(HUB, middle + inner),
    )
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    rim = f"M{ax} {ay}L{bx} {by}A{RIM} {RIM} 0 0 1 {cx} {cy}"
    path = f"{rim}L{dx} {dy}A{HUB} {HUB} 0 0 0 {ax} {ay}Z"
    label_x, label_y = _point(LABEL, middle)
    turn = math.degrees(middle) - 90
    return Sector(index - 1, path, label_x, label_y, round(turn, 2), _pieces(middle))


def _pieces(middle: float) -> tuple[tuple[float, float, float], ...]:
    """Places from the rim inwards: alone in the middle first, then beside one another."""
    places = ((156, 0.0), (133, 0.0), (112, 0.0), (145, -0.055), (123, 0.045), (167, 0.05))
    found = []
    for count, (radius, aside) in enumerate(places[:PIECES_SHOWN]):
        x, y = _point(radius, middle + aside)
        found.append((x, y, round(math.degrees(middle) + 37 * count, 1)))
    return tuple(found)
