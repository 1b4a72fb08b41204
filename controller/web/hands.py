"""What a visitor may do to the simulated home, and the line that carries it to the house.

Responsible for: a closed list of hands and mishaps, with plain labels. Not responsible
for what follows: that is physics (hal/sim). Exists only where a house was named at the
start; on real hardware there is nothing here to press.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.web.pick import Json, Object
from controller.web.wishes import NoWish

JUMPS_S = (3600, -3600, 86400, 60, -60)
WHO = ("controller", "board")


@dataclass(frozen=True)
class Mishap:
    """One trouble on offer: its name in the house, what a person reads, first choice or not."""

    name: str
    label: str
    common: bool = False


MISHAPS = (
    Mishap("jam", "Jam the tray", True),
    Mishap("stuck_gate_closed", "Gate stuck shut", True),
    Mishap("stuck_gate_open", "Gate stuck open", True),
    Mishap("blind_beam", "Blind the beam", True),
    Mishap("stuck_pill", "Pill sticks", True),
    Mishap("lost_pill", "Pill is lost", True),
    Mishap("cup_not_empty", "Something in the cup", True),
    Mishap("cable_cut", "Cut the cable", True),
    Mishap("brown_out", "Brown-out", True),
    Mishap("bit_flips", "Noise on the cable"),
    Mishap("cable_loss", "Cable loses bytes"),
    Mishap("spurious_beam", "Beam sees ghosts"),
    Mishap("scale_stuck", "Scale stuck"),
    Mishap("lift_stuck", "Cup switch stuck"),
    Mishap("encoder_stuck", "Encoder stuck"),
    Mishap("tray_reseated", "Tray put in wrongly"),
    Mishap("button_bounce", "Button bounces"),
    Mishap("watchdog_starve", "Firmware hangs"),
    Mishap("fram_torn", "Cut during a write"),
    Mishap("battery_flat", "Battery flat"),
    Mishap("clock_dead", "Board loses the time"),
)

_PLAIN: dict[str, Object] = {
    "press": {"verb": "press"},
    "take_cup": {"verb": "take_cup"},
    "return_cup": {"verb": "return_cup"},
    "open-door": {"verb": "door", "open": True},
    "close-door": {"verb": "door", "open": False},
    "service-on": {"verb": "service", "on": True},
    "service-off": {"verb": "service", "on": False},
    "cut-mains": {"verb": "mains", "on": False},
    "restore-mains": {"verb": "mains", "on": True},
    "cut-net": {"verb": "net", "up": False},
    "restore-net": {"verb": "net", "up": True},
    "kill-board": {"verb": "kill_board"},
}


def hand(verb: str, form: Mapping[str, str], *, coming: int = 0) -> Object:
    """The line for the house's control socket; raises NoWish.

    `coming`: the compartment that is to be released next, for troubles of one compartment.
    """
    if verb in _PLAIN:
        return dict(_PLAIN[verb])
    if verb in ("mishap", "heal"):
        return _trouble(verb, form.get("name", ""), coming)
    if verb == "clock-jump":
        return _jump(form.get("who", ""), form.get("seconds", ""))
    raise NoWish("unknown-hand", "There is no such control.")


def filling(verb: str, compartment: int, piece_mgs: tuple[int, ...]) -> Object | None:
    """What a simulated person's fingers do before the wish `verb` is said; None: nothing."""
    if verb == "loaded" and piece_mgs:
        return {"verb": "put", "compartment": compartment, "pieces": list(piece_mgs)}
    if verb == "emptied":
        return {"verb": "empty", "compartment": compartment}
    return None


def reaching_in(line: Object, compartment: int) -> Object | None:
    """What a simulated person's fingers did once the wish `line` is granted; None: nothing."""
    if line.get("wish") in ("by-hand", "give-late", "hand-out"):
        return {"verb": "hand_out", "compartment": compartment}
    return None


def _trouble(verb: str, name: str, coming: int) -> Object:
    if name not in {mishap.name for mishap in MISHAPS}:
        raise NoWish("unknown-mishap", "There is no such mishap.")
    if verb == "mishap" and name == "stuck_pill":
        return {"verb": verb, "name": name, "args": {"compartment": coming}}
    return {"verb": verb, "name": name}


def _jump(who: str, seconds: str) -> Object:
    steps = {str(step): step for step in JUMPS_S}
    if who not in WHO or seconds not in steps:
        raise NoWish("unknown-jump", "There is no such clock jump.")
    step: Json = steps[seconds]
    return {"verb": "clock_jump", "who": who, "seconds": step}
