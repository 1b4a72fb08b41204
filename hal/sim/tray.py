"""The carousel and its drive: where the tray really is, and what its encoder says.

Responsible for: motion in whole ticks, jams, slips, the stuck encoder and the drive's own
time limit. Not for what falls through the hole (chute.py) or whether turning was wise.
"""

from hal.sim.sense import NO_READING, SECTOR_TICKS, TICKS

TICKS_PER_50_MS = 8
DRIVE_LIMIT_MS = 2000  # hardware timer: coils off, whatever the board says
STALL_NOTICE_MS = 60  # the driver reports a stall this long after the tray stopped short
NEVER = 1 << 62


def shorter_way(from_tick: int, to_tick: int) -> int:
    """Signed ticks from one place to another by the shorter way, forward when equal."""
    forward = (to_tick - from_tick) % TICKS
    return forward if forward * 2 <= TICKS else forward - TICKS


class Tray:
    """A stepper drive that counts its steps from the encoder reading at the start."""

    def __init__(self) -> None:
        self.tick = 0  # truth while at rest, start of the motion otherwise
        self.sign = 0  # 0: at rest
        self.travel = 0  # ticks that this motion can really do
        self.short = False  # the motion ends before its target
        self.start_ms = 0
        self.energised_ms = -1  # since when the coils carry current, -1: off
        self.counted = 0  # where the drive believes it is
        self.wanted = 0  # where the drive believes it is going
        self.notice_ms = NEVER  # arrival or stall is told then
        self.encoder_stuck = -1  # reading it is stuck at
        self.jam_after = -1  # the next motion jams after so many ticks
        self.jam_tick = -1  # standing jam
        self.jam_sign = 0
        self.jam_wiggles = 0  # reverse moves until it comes free, 0: never by itself
        self.slip = 0  # the next motion ends so many ticks short
        self.index = 1  # read on the tray: how it is seated
        self.offset = 0  # sectors the tray is seated away from the encoder's zero

    def position(self, now_ms: int) -> int:
        """The tick over the hole, whatever the encoder says."""
        if self.sign == 0:
            return self.tick
        moved = min((now_ms - self.start_ms) * TICKS_PER_50_MS // 50, self.travel)
        return (self.tick + self.sign * moved) % TICKS

    def moving(self, now_ms: int) -> bool:
        """The tray turns at this instant."""
        return self.sign != 0 and now_ms < self.end_ms()

    def end_ms(self) -> int:
        """When the present motion stops by itself or against a jam."""
        return self.start_ms + -(-self.travel * 50 // TICKS_PER_50_MS)

    def encoder(self, now_ms: int) -> int:
        """What the encoder reads: the truth, a stuck value or NO_READING."""
        return self.encoder_stuck if self.encoder_stuck >= 0 else self.position(now_ms)

    def over_hole(self, tick: int, slack: int) -> int:
        """The compartment within `slack` ticks of the hole, -1 for none or the blank sector."""
        near = (tick + slack) // SECTOR_TICKS
        if abs(near * SECTOR_TICKS - tick) > slack:
            return -1
        return (near + self.offset) % (TICKS // SECTOR_TICKS) - 1

    def drive(self, to_tick: int, now_ms: int) -> None:
        """Start towards `to_tick` by the shorter way."""
        reading = self.encoder(now_ms)
        self.rest(now_ms)
        if reading != NO_READING:
            self.counted = reading
        way = shorter_way(self.counted, to_tick % TICKS)
        self.counted = self.wanted = to_tick % TICKS
        self.energised_ms = now_ms
        self.start_ms = now_ms
        self.sign = 1 if way >= 0 else -1
        self.travel = max(abs(way) - self.slip, 0)
        self.slip = 0
        self._meet_jam()
        self.short = self.travel < abs(way)
        self.notice_ms = self.end_ms() + (STALL_NOTICE_MS if self.short else 0)
        self.notice_ms = max(self.notice_ms, now_ms + 1)

    def _meet_jam(self) -> None:
        """Cut `travel` at a jam; count reverse moves that work it loose."""
        if self.jam_after >= 0 and self.travel > 0:
            self.jam_tick = (self.tick + self.sign * min(self.jam_after, self.travel)) % TICKS
            self.jam_sign = self.sign
            self.jam_after = -1
        if self.jam_tick < 0:
            return
        if self.sign == -self.jam_sign and self.travel > 0 and self.jam_wiggles > 0:
            self.jam_wiggles -= 1
            if self.jam_wiggles == 0:
                self.clear_jam()
                return
        if self.sign == self.jam_sign:
            self.travel = min(self.travel, (self.jam_tick - self.tick) * self.sign % TICKS)

    def clear_jam(self) -> None:
        """Nothing is wedged any more."""
        self.jam_after = -1
        self.jam_tick = -1
        self.jam_sign = 0
        self.jam_wiggles = 0

    def rest(self, now_ms: int) -> None:
        """Settle a motion at where it is now; the coils stay as they are."""
        self.tick = self.position(now_ms)
        self.sign = 0
        self.notice_ms = NEVER

    def off(self, now_ms: int) -> None:
        """Coils off: the tray stays where it is."""
        self.rest(now_ms)
        self.counted = self.tick if self.encoder_stuck < 0 else self.counted
        self.energised_ms = -1

    def next_ms(self) -> int:
        """The next instant at which this part changes by itself."""
        limit = self.energised_ms + DRIVE_LIMIT_MS if self.energised_ms >= 0 else NEVER
        return min(self.notice_ms, limit)

    def next_crossing_ms(self, now_ms: int) -> int:
        """When the centre of a sector next passes the hole during this motion."""
        if not self.moving(now_ms):
            return NEVER
        moved = (now_ms - self.start_ms) * TICKS_PER_50_MS // 50
        to_centre = (-self.sign * (self.tick + self.sign * moved)) % SECTOR_TICKS or SECTOR_TICKS
        ahead = moved + to_centre
        if ahead > self.travel:
            return NEVER
        return self.start_ms + -(-ahead * 50 // TICKS_PER_50_MS)
