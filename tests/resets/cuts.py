"""Every place at which a dose can be cut, and every single trouble that may stand meanwhile.

Responsible for: the list of cuts (each device operation, each ledger write with each damage, each
instant of motion), the list of troubles with the moments they begin, and their product in an
order that a seed mixes. Not for carrying them out (dose.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from hal.sim.mishaps import Args
from hal.sim.supply import DAMAGES
from tests.resets.rig import COMPARTMENT

OPERATION, WRITE, INSTANT = "operation", "write", "instant"
SECOND_MAX = 90  # operations of a boot, within which a second cut may come
SECOND_SHARE = 4  # one in so many runs is cut again while it recovers
STEP_MS = 5


@dataclass(frozen=True)
class Cut:
    """`at` counts operations or writes from PREPARE on, or milliseconds from START on."""

    kind: str
    at: int
    damage: str = "kept"
    second: int = 0  # cut again at this operation of the next boot, 0: not


@dataclass(frozen=True)
class Trouble:
    """A mishap by name, beginning so many milliseconds after START was asked for."""

    name: str
    args: tuple[tuple[str, int | str], ...] = ()
    begins_ms: int = 0

    def arguments(self) -> Args:
        """As mishaps.cause takes them."""
        return dict(self.args)


NONE = Trouble("")
# ms after START: before it moves, turning, resting, opening, open, falling, closing, settling
MOMENTS = (0, 60, 300, 380, 480, 560, 700, 950, 1400)
TROUBLES: tuple[tuple[str, tuple[tuple[str, int | str], ...]], ...] = (
    ("blind_beam", ()),
    ("blind_beam", (("reads", "dark"),)),
    ("blind_beam", (("reads", "misses"),)),
    ("spurious_beam", ()),
    ("spurious_beam", (("count", 2),)),
    ("encoder_stuck", ()),
    ("encoder_stuck", (("reading", 0),)),
    ("encoder_stuck", (("reading", 8 * (COMPARTMENT + 1)),)),
    ("encoder_stuck", (("reading", 65535),)),
    ("scale_stuck", ()),
    ("scale_drift", ()),
    ("scale_drift", (("mg", 260),)),  # by exactly one piece
    ("scale_drift", (("mg", 300),)),
    ("cup_missing", ()),
    ("cup_not_empty", (("mg", 560),)),
    ("lift_stuck", ()),
    ("jam", ()),
    ("jam", (("after_ticks", 6), ("wiggles", 1))),
    ("slip", ()),
    ("lost_pill", ()),
    ("lost_pill", (("where", "before"),)),
    ("stuck_pill", (("compartment", COMPARTMENT),)),
    ("stuck_pill", (("compartment", COMPARTMENT), ("count", 2))),
    ("stuck_gate_closed", ()),
    ("stuck_gate_open", ()),
    ("mains_cut", ()),
    ("door_open", ()),
)


def troubles() -> list[Trouble]:
    """Every trouble at every moment, and none at all."""
    found = [NONE]
    for name, args in TROUBLES:
        found += [Trouble(name, args, begins_ms) for begins_ms in MOMENTS]
    return found


def places(operations: int, writes: int, motion_ms: int) -> list[Cut]:
    """Every operation, every write in every damage, and every STEP_MS of motion."""
    found = [Cut(OPERATION, n) for n in range(1, operations + 1)]
    found += [Cut(WRITE, n, damage) for n in range(writes) for damage in DAMAGES]
    found += [Cut(INSTANT, ms) for ms in range(0, motion_ms, STEP_MS)]
    return found


def alone(cuts: list[Cut]) -> Iterator[tuple[Cut, Trouble]]:
    """Every cut of a machine that is otherwise sound."""
    for cut in cuts:
        yield cut, NONE


def mixed(cuts: list[Cut], seed: int) -> Iterator[tuple[Cut, Trouble]]:
    """Endless: each round is every cut once, with some trouble, some of them cut twice."""
    luck = Random(seed)
    standing = troubles()
    while True:
        cuts = list(cuts)
        luck.shuffle(cuts)
        for cut in cuts:
            second = luck.randint(1, SECOND_MAX) if luck.randrange(SECOND_SHARE) == 0 else 0
            yield Cut(cut.kind, cut.at, cut.damage, second), luck.choice(standing)
