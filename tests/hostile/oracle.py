"""What must hold whatever a controller says, judged by the world's ground truth alone.

Responsible for: I1 (a fill at most once), I2 (motion only inside the lease window on the board's
clock), I8 (gap and cap), consent (no motion without a press after PREPARE in the same boot),
numbers that only rise, a lease and a clock that nobody changes from afar. Not for provoking any
of it (words.py). It reads drives, exposures and acts of people, and of the board only its order.

A round of planned fills is one intake: within INTAKE_S, with nothing taken from the cup in
between, they need no gap among themselves (as-needed fills always do); a round begun in time may
end GRACE_S after the window (R14).
"""

from hal.sim.machine import EPOCH_2020_MS
from hal.sim.sense import SECTOR_TICKS
from hal.wire import codes
from tests.hostile.stage import Stage

GRACE_S = 120
INTAKE_S = 900
DAY_S = 86400
CONSENT_MS = 60_000
SCALE_MS = 700  # what fingers took shows on the scale only then; no board can know before
CYCLE_MS = 14_000  # the longest time from a START to its DONE


class Violated(Exception):
    """An invariant does not hold; the text says which, and when."""


class Press:
    """A press while an order was prepared in this boot: consent to its round."""

    def __init__(self, at_ms: int, boots: int, orders: int) -> None:
        self.at_ms, self.boots, self.orders = at_ms, boots, orders
        self.used = 0
        self.since_ms = at_ms  # or the start of the newest release under it


class Release:
    """The tray turned towards a loaded compartment, and perhaps the gate opened there."""

    def __init__(self, compartment: int, kind: int, clock_s: int, taken: int) -> None:
        self.compartment, self.kind, self.clock_s = compartment, kind, clock_s
        self.asked = taken  # times the cup had been emptied when the tray began to turn
        self.taken = taken  # and when the gate was open
        self.exposed = False


class Oracle:
    """Told of every act of a person, asked after every stretch of time; raises Violated."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.taken = 0  # times somebody emptied or lifted the cup
        self.fingers_ms = -SCALE_MS  # when somebody last took pieces without a lift
        self.broken_ms = -1  # consent ended then: lift, door
        self.press: Press | None = None
        self.releases: list[Release] = []
        self.number = stage.picture.order
        self.clock = self._clock_base()
        self.exposures = 0
        self._drives, self._exposures = len(stage.world.drives), len(stage.world.chute.exposures)
        if stage.picture.pressed:
            order = stage.executive.mind.order
            self.press = Press(stage.world.now_ms, stage.world.boots, order.round_orders)
        self._remember()

    def _remember(self) -> None:
        """Releases before the picture was taken count for cap and gap."""
        for row in self.stage.world.chute.exposures:
            at_ms = int(str(row["at_ms"]))
            over = int(str(row["compartment"]))
            kind = self.stage.lease.rows[over].kind
            earlier = Release(over, kind, self._clock_s(at_ms), 0)
            earlier.exposed = True
            self.releases.append(earlier)
        self.taken = self.stage.world.cup.lift_count

    def _clock_base(self) -> tuple[int, int]:
        clock = self.stage.world.board_clock
        return clock.base_utc_ms, clock.base_ms

    def _clock_s(self, at_ms: int) -> int:
        return (self.stage.world.board_clock.utc_ms(at_ms) - EPOCH_2020_MS) // 1000

    def pressed(self) -> None:
        """A person is about to press the button."""
        stage = self.stage
        order = stage.executive.mind.order
        if stage.world.up and order.state == codes.PREPARED:
            self.press = Press(stage.world.now_ms, stage.world.boots, order.round_orders)

    def emptied(self, *, by_hand: bool = False) -> None:
        """Somebody is about to lift the cup, or has taken out what was in it."""
        self.taken += 1
        if by_hand:
            self.fingers_ms = self.stage.world.now_ms

    def disturbed(self) -> None:
        """A lift or the door: consent given before ends here."""
        self.broken_ms = self.stage.world.now_ms

    def clock_moved(self) -> None:
        """The world has moved the board's clock."""
        self.clock = self._clock_base()

    def look(self) -> None:
        """Judge everything that happened since the last look."""
        world, executive = self.stage.world, self.stage.executive
        drives, exposures = world.drives, world.chute.exposures
        moments = [(row[0], 0, row[2] % (29 * SECTOR_TICKS)) for row in drives[self._drives :]]
        for row in exposures[self._exposures :]:
            over = int(str(row["compartment"]))
            if row["turning"]:
                self._fail(f"compartment {over} passed an open gate")
            moments.append((int(str(row["at_ms"])), 1, over))
        self._drives, self._exposures = len(drives), len(exposures)
        for at_ms, kind, value in sorted(moments):
            if kind:
                self._exposed(at_ms, value)
            elif value:
                self._driven(at_ms, value)
        if world.hazards:
            hazards = [h for h in world.hazards if "door opened" not in str(h["what"])]
            if hazards:
                self._fail(f"hazard: {hazards[0]['what']}")
        if not world.up or executive.boot_epoch == 0 or executive.mind.locked:
            return  # dead, or not yet through its first turn: what is in RAM says nothing
        if executive.mind.order.number < self.number:
            self._fail("an order number fell")
        self.number = executive.mind.order.number
        if executive.mind.ledger.lease_no != self.stage.lease.lease_no:
            self._fail("a lease was taken without a person at the open machine")
        if self._clock_base() != self.clock:
            self._fail("the clock was set without the service switch")

    def _driven(self, at_ms: int, tick: int) -> None:
        """The tray was told to turn somewhere that is not home."""
        if tick % SECTOR_TICKS:
            self._fail(f"turned to tick {tick}, which is no compartment")
        compartment = tick // SECTOR_TICKS - 1
        self._consented(at_ms)
        clock_s = self._clock_s(at_ms)
        row = self.stage.lease.rows[compartment]
        if row.fill == 0:
            self._fail(f"turned to compartment {compartment}, which is not in the lease")
        late_s = clock_s - row.close_s
        unseen = at_ms - self.fingers_ms < SCALE_MS  # the scale has not told of them yet
        taken = self.taken - unseen
        if clock_s < row.open_s or late_s >= 0:
            begun = any(r.clock_s < row.close_s and r.taken == taken for r in self.releases)
            if clock_s < row.open_s or late_s >= GRACE_S or not begun:
                self._fail(f"turned to compartment {compartment} outside its window ({late_s} s)")
        self.releases.append(Release(compartment, row.kind, clock_s, taken))

    def _consented(self, at_ms: int) -> None:
        press = self.press
        if press is None or press.boots != self._boots_at(at_ms):
            self._fail("moved without a press after PREPARE in this boot")
        assert press is not None
        if self.broken_ms >= press.at_ms:
            self._fail("moved after a lift or the door had ended the consent")
        limit_ms = CONSENT_MS + (CYCLE_MS if press.used else 0)
        if at_ms - press.since_ms > limit_ms:
            self._fail(f"moved {at_ms - press.since_ms} ms after the press or the last release")
        press.used += 1
        press.since_ms = at_ms
        if press.used > press.orders:
            self._fail(f"moved {press.used} times on one press for {press.orders}")

    def _boots_at(self, at_ms: int) -> int:
        world = self.stage.world
        return world.boots if at_ms >= world.boot_ms else world.boots - 1

    def _exposed(self, at_ms: int, compartment: int) -> None:
        """The gate was open over a resting compartment (-1 never comes here)."""
        if not self.releases or self.releases[-1].compartment != compartment:
            self._fail(f"compartment {compartment} was exposed, another one was turned to")
        now = self.releases[-1]
        for earlier in self.releases[:-1]:
            if earlier.exposed and earlier.compartment == compartment:
                self._fail(f"the fill of compartment {compartment} was exposed twice")
        if now.exposed:
            self._fail(f"compartment {compartment} was exposed twice by one order")
        now.exposed = True
        self.exposures += 1
        now.taken = self.taken
        for index, _ in self.stage.lease.rows[compartment].groups:
            self._spaced(now, index)

    def _spaced(self, now: Release, index: int) -> None:
        """Gap and cap of one group of the lease."""
        group = self.stage.lease.groups[index]
        total = 0
        for release in self.releases:
            units = dict(self.stage.lease.rows[release.compartment].groups).get(index, 0)
            if not release.exposed or not units:
                continue
            passed_s = now.clock_s - release.clock_s
            total += units if passed_s < DAY_S else 0
            planned = codes.ROW_DAY == now.kind == release.kind
            one_intake = planned and release.taken == now.asked and passed_s < INTAKE_S
            if release is not now and passed_s < group.gap_s and not one_intake:
                self._fail(f"group {index}: {passed_s} s after the last, gap {group.gap_s} s")
        if group.cap and total > group.cap:
            self._fail(f"group {index}: {total} units in 24 h, cap {group.cap}")

    def _fail(self, what: str) -> None:
        raise Violated(f"{self.stage.world.now_ms} ms: {what}")
