"""What must hold after every cut: judged by the world's truth.

Responsible for: the list of violations of one ending, and the figures over many. Not for what is
done (dose.py). A false verdict is RELEASED though a piece stayed, or NOT_RELEASED or REFUSED
though one fell; UNCERTAIN is never false, it is counted.
"""

from collections import Counter

from firmware.evidence import SAME_MG
from hal.sim.machine import EPOCH_2020_MS
from hal.wire import codes
from hal.wire.messages import Lease
from tests.resets.cuts import INSTANT, NONE, Cut, Trouble
from tests.resets.dose import MOTION, Ending
from tests.resets.rig import COMPARTMENT, FILLS

PIECES = len(FILLS[COMPARTMENT])
WEIGHT_MG = sum(FILLS[COMPARTMENT])
NEAR_MG = min(FILLS[COMPARTMENT]) // 2 - 10  # as the lease of tests/firmware/bench.py says
GRACE_S = 120
ONLY_A_PERSON_CAN = "door opened while the drive was on"
NOT_GIVEN = (codes.NOT_RELEASED, codes.REFUSED)


def violations(ending: Ending, trouble: Trouble, lease: Lease, utc0_ms: int) -> list[str]:
    """Everything that must not be, as words."""
    found = []
    if not ending.done:
        found.append("the order had no DONE within its time")
    if _lies(ending.verdict, ending.fell) or (ending.again and _lies_at_last(ending)):
        found.append(f"false verdict {codes.VERDICTS[ending.verdict]}, {ending.fell} fell")
    if ending.unfounded:
        found.append("the drive turned before START was durable")
    if not ending.final:
        found.append("a verdict changed")
    if ending.fell_at_last > PIECES or (ending.again == codes.RELEASED and ending.fell):
        found.append("the fill was given twice")
    resting = [row for row in ending.exposures if not row["turning"]]
    if len(resting) < len(ending.exposures):
        found.append("a compartment passed an open gate")
    exposed = [row for row in resting if row["compartment"] == COMPARTMENT]
    if len(resting) > len(exposed):
        found.append("another compartment was exposed")
    if len(exposed) > 1:
        found.append("the fill was exposed twice")
    row = lease.rows[COMPARTMENT]
    for one in exposed:
        clock_s = (utc0_ms + int(str(one["at_ms"])) - EPOCH_2020_MS) // 1000
        if not row.open_s <= clock_s < row.close_s + GRACE_S:
            found.append("exposed outside the window")
    found += [f"hazard: {what}" for what in ending.hazards if what != ONLY_A_PERSON_CAN]
    still_due = trouble == NONE and ending.verdict in NOT_GIVEN
    if still_due and ending.again != codes.RELEASED:
        found.append("what was not given is not to be had any more")
    return found


def _lies(verdict: int, fell: int) -> bool:
    if verdict == codes.RELEASED:
        return fell != PIECES
    return verdict in NOT_GIVEN and fell != 0


def _lies_at_last(ending: Ending) -> bool:
    return _lies(ending.again, ending.fell_at_last - ending.fell)


def why(ending: Ending) -> str:
    """What a doubt rests on: the truth first, then each witness."""
    fell = {0: "nothing", PIECES: "everything"}.get(ending.fell, "a part")
    counted = {0: "none", PIECES: "all"}.get(ending.drops, "some")
    if abs(ending.delta_mg) <= SAME_MG:
        weight = "of an untouched cup"
    else:
        near = abs(ending.delta_mg - WEIGHT_MG) <= NEAR_MG
        weight = "of the whole fill" if near else "of neither"
    code = codes.FAULTS[ending.code][0] if ending.code else "no code"
    return f"{fell} fell, {counted} counted, weight {weight}: {code}"


class Figures:
    """Sums over many endings."""

    def __init__(self) -> None:
        self.runs = self.kills = self.false = 0
        self.verdicts: Counter[tuple[str, str]] = Counter()  # phase, verdict
        self.kinds: Counter[str] = Counter()
        self.troubled = 0
        self.clean: Counter[tuple[str, str]] = Counter()  # kind, verdict: in motion, no trouble
        self.doubts: Counter[str] = Counter()  # why, of cuts uniform in time without a trouble

    def add(self, cut: Cut, trouble: Trouble, ending: Ending, found: list[str]) -> None:
        """One more."""
        self.runs += 1
        self.kills += ending.kills
        self.kinds[cut.kind] += bool(ending.phase)
        self.troubled += trouble != NONE
        self.false += any("false verdict" in what for what in found)
        word = codes.VERDICTS[ending.verdict]
        if ending.phase:
            self.verdicts[(ending.phase, word)] += 1
        if ending.phase in MOTION and trouble == NONE:
            self.clean[(cut.kind, word)] += 1
            if cut.kind == INSTANT and ending.verdict == codes.UNCERTAIN:
                self.doubts[why(ending)] += 1

    def lines(self) -> list[str]:
        """The closing figures."""
        told = [
            f"runs {self.runs}, of them with a trouble {self.troubled}",
            f"processes killed {self.kills}",
            "cuts by kind: " + ", ".join(f"{k} {n}" for k, n in sorted(self.kinds.items())),
        ]
        for phase in ("preparing", "waiting", *MOTION, "home"):
            counts = {v: n for (p, v), n in self.verdicts.items() if p == phase}
            total = sum(counts.values())
            words = ", ".join(f"{v} {n}" for v, n in sorted(counts.items()))
            told.append(f"cut while {phase}: {total} ({words})")
        for kind in sorted({kind for kind, _ in self.clean}):
            total = sum(n for (k, _), n in self.clean.items() if k == kind)
            doubt = self.clean[(kind, codes.VERDICTS[codes.UNCERTAIN])]
            told.append(
                f"uncertain, of cuts by {kind} in motion without a trouble: "
                f"{doubt} of {total} ({100 * doubt / total:.1f} %)"
            )
        told += [f"  {count} {words}" for words, count in self.doubts.most_common()]
        told.append(f"false verdicts {self.false}")
        return told
