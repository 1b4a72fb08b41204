"""One dose that is cut: PREPARE, press, START, death, boot, RESOLVE, and the fill asked for again.

Responsible for: carrying out one cut with one trouble on a table, and what came of it as values.
Not for choosing them (cuts.py) or for what is a violation (judge.py).
"""

from dataclasses import dataclass, field

from hal.sim import mishaps
from hal.wire import codes
from tests.resets.cuts import INSTANT, OPERATION, Cut, Trouble
from tests.resets.rig import COMPARTMENT, Table, Workshop

NEVER = 1_000_000  # operations; a cut that does not come
RESOLVED_MS = 60_000  # within which the order must have its DONE, all troubles standing
MOTION = ("turning", "open", "settling")
CUP_MG = 40

# trace line -> the phase that begins with it
_PHASES = (("note 2 ", "waiting"), ("note 3 ", "turning"), ("gate opening", "open"),
           ("gate closed", "settling"), ("note 5 ", "home"))  # fmt: skip


@dataclass
class Ending:
    """What the board said and what was true, before the fill was asked for again and after."""

    phase: str = ""  # in which the cut came, "": it did not
    kills: int = 0
    unfounded: int = 0  # drives without a durable START
    done: bool = False  # the first order had its DONE in time
    verdict: int = 0
    code: int = 0
    fell: int = 0
    drops: int = 0  # as the board counted them, and what it weighed
    delta_mg: int = 0
    final: bool = True  # the verdict stayed the same
    again: int = 0  # verdict of the second order, 0: it was not followed
    fell_at_last: int = 0
    exposures: list[dict[str, object]] = field(default_factory=list)
    hazards: list[str] = field(default_factory=list)
    operations: int = 0
    writes: int = 0
    motion_ms: int = 0


def phase_of(lines: list[str]) -> str:
    """Where the dose stands after these lines of the world's trace."""
    phase = "preparing"
    for line in lines:
        what = line.partition(" ")[2]
        for begins, named in _PHASES:
            if what.startswith(begins) and not (named == "settling" and phase != "open"):
                phase = named
    return phase


class Dose:
    """One run; `play` gives its Ending."""

    def __init__(self, workshop: Workshop, cut: Cut, trouble: Trouble, seed: int) -> None:
        self.cut, self.trouble = cut, trouble
        self.table = Table(workshop, seed)
        self.fill = workshop.lease.rows[COMPARTMENT].fill
        self.ending = Ending()
        self._from_line = 0
        self._started_ms = 0

    def play(self) -> Ending:
        """From PREPARE to the end of the second order."""
        with self.table as table:
            table.until(lambda: table.end.joined)
            table.run(1000)
            self._first()
            self._resolve()
            self._again()
            self.ending.kills = table.seat.kills
            self.ending.unfounded = table.seat.unfounded
            self.ending.exposures = table.world.chute.exposures
            self.ending.hazards = [str(h["what"]) for h in table.world.hazards]
        return self.ending

    def _first(self) -> None:
        """PREPARE, press, START, with cut and trouble on their way."""
        table, world, cut = self.table, self.table.world, self.cut
        writes = world.fram.writes
        self._arm()
        table.ask(codes.PREPARE, 1, COMPARTMENT)
        table.run(1300)
        world.press()
        table.run(300)
        self._started_ms = world.now_ms
        if self.trouble.name:
            table.house.do_at(world.now_ms + self.trouble.begins_ms, self._cause)
        if cut.kind == INSTANT:
            table.house.do_at(world.now_ms + cut.at, lambda: world.reset(2))
        table.ask(codes.START, 1, COMPARTMENT)
        table.run(4500)
        ending = self.ending
        ending.operations = NEVER - world.cut_in_ops
        ending.writes = world.fram.writes - writes
        ending.motion_ms = self._motion_ms()
        assert world.trace_lines is not None
        lines = world.trace_lines[self._from_line :]
        for at, line in enumerate(lines):
            if " reset " in line:
                ending.phase = phase_of(lines[:at])
                break
        world.cut_in_ops = 0
        world.fram.cut_after = -1

    def _arm(self) -> None:
        table, world, cut = self.table, self.table.world, self.cut
        assert world.trace_lines is not None
        self._from_line = len(world.trace_lines)
        world.cut_in_ops = cut.at if cut.kind == OPERATION else NEVER
        if cut.kind == "write":
            world.fram.cut_after, world.fram.damage = cut.at, cut.damage
        if cut.second:
            boots = world.boots

            def again() -> None:
                """Wait for the next boot, then cut it, too."""
                if world.up and world.boots > boots:
                    world.cut_in_ops = cut.second
                elif world.boots == boots or not world.up:
                    table.house.do_at(world.now_ms + 5, again)

            table.house.do_at(world.now_ms + 5, again)

    def _cause(self) -> None:
        mishaps.cause(self.table.world, self.trouble.name, self.trouble.arguments())

    def _motion_ms(self) -> int:
        """From START until the order was DONE, as the trace tells; 0 where it was cut."""
        assert self.table.world.trace_lines is not None
        for line in self.table.world.trace_lines[self._from_line :]:
            at, _, what = line.partition(" ")
            if what.startswith("note 5 "):
                return int(at) - self._started_ms
        return 0

    def _resolve(self) -> None:
        """Query and fence: the order comes to its DONE, whatever stands."""
        table, ending = self.table, self.ending
        table.ask(codes.RESOLVE, 1, COMPARTMENT)
        end_ms = table.world.now_ms + RESOLVED_MS
        while table.world.now_ms < end_ms and not self._is_done(1):
            table.run(200)
        ending.done = self._is_done(1)
        if not ending.done:
            mishaps.heal_all(table.world)
            return
        ending.verdict, ending.code = table.actual.verdict, table.actual.code
        ending.drops, ending.delta_mg = table.actual.drops, table.actual.weight_delta_mg
        table.run(1500)
        ending.fell = table.fell(self.fill)
        ending.final = (ending.verdict, ending.code) == (table.actual.verdict, table.actual.code)

    def _is_done(self, order: int) -> bool:
        actual = self.table.actual
        joined = self.table.end.joined and actual.boot_epoch == self.table.end.boot_epoch
        return joined and actual.order == order and actual.order_state == codes.DONE

    def _again(self) -> None:
        """All is well again, the cup is taken; the same fill is asked for as a new round."""
        table, world = self.table, self.table.world
        mishaps.heal_all(world)
        if not world.cup.present:
            world.return_cup()
        if world.ledger.in_cup or abs(world.cup.foreign_mg) > CUP_MG:
            world.take_cup()
            table.run(500)
            world.return_cup()
        table.run(1500)
        table.ask(codes.PREPARE, 2, COMPARTMENT)
        table.run(2500)
        if table.actual.order == 2 and table.actual.order_state == codes.PREPARED:
            world.press()
            table.run(300)
            table.ask(codes.START, 2, COMPARTMENT)
            table.run(5000)
            self.ending.again = table.actual.verdict
        self.ending.fell_at_last = table.fell(self.fill)
