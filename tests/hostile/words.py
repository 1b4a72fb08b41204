"""What a hostile controller says and what goes on around it: one stream, drawn from one seed.

Responsible for: drawing a picture, a character and a number of words; each word is one Desired
(sometimes a lease) repeated for a while, with an act of a person or a trouble in the middle. Not
for judging (oracle.py). The controller has the key and reads the board's mind directly.
"""

from random import Random

from hal.sim.supply import DAMAGES
from hal.wire import codes
from hal.wire.frame import DESIRED, LEASE
from hal.wire.messages import Desired, unpack_desired, unpack_lease
from tests.firmware.bench import DIGEST, HEAD
from tests.hostile.oracle import Oracle
from tests.hostile.pictures import TRAY
from tests.hostile.stage import REPEAT_MS, Picture, Stage

FULL_EVERY = 16  # every so many-th stream goes over the full cable
WORDS = (3, 13)
TOP = 0xFFFFFFFF
LEAP_S = 110  # the board's clock moves so far between two looks of its firmware
COMPARTMENTS = tuple(TRAY)
ACTS = (
    ("", 120), ("press", 90), ("lift", 30), ("fingers", 9), ("door", 3), ("door held", 1),
    ("reset", 12), ("cut", 12), ("leap", 30), ("back", 2), ("wait", 5), ("service", 9),
)  # fmt: skip
_ACTS = [name for name, _ in ACTS]
_WEIGHTS = [weight for _, weight in ACTS]


class Stream:
    """One session: `play` raises oracle.Violated where an invariant does not hold."""

    def __init__(self, seed: int, pictures: list[Picture]) -> None:
        self.luck = Random(seed)
        self.picture = self.luck.choice(pictures)
        self.stage = Stage(self.picture, seed, full_cable=seed % FULL_EVERY == 0)
        self.oracle = Oracle(self.stage)
        self.said: list[bytes] = []
        self.target = self.luck.choice(COMPARTMENTS)
        self.honesty = self.luck.choice((30, 70, 90, 97))  # per cent of words that make sense
        self.story: list[str] | None = None
        self._words = self.luck.randint(*WORDS)

    def play(self) -> None:
        """Say everything, judge after every stretch of time."""
        for _ in range(self._words):
            self.word()
        self.stage.run(4000)
        self.oracle.look()

    def word(self) -> None:
        """One Desired, said again and again for a while, and what happens meanwhile."""
        luck = self.luck
        desired = self._desired()
        act = luck.choices(_ACTS, _WEIGHTS)[0]
        mind = self.stage.executive.mind
        if act in ("", "leap") and mind.order.state == codes.PREPARED and luck.random() < 0.6:
            act = "press"
        elif act == "" and mind.ledger.in_cup and mind.order.state == codes.DONE:
            act = luck.choice(("lift", ""))
        if act == "service":
            desired.set_clock_s = 0  # a person at the machine sets its clock: that is loading
        body = desired.pack()
        self.said.append(body)
        lasts_ms = luck.choice((100, 300, 600, 1500, 3200))
        if desired.stage == codes.START and luck.random() < 0.5:
            lasts_ms = 3200  # long enough for a whole cycle
        at_ms = luck.randrange(lasts_ms)
        if self.story is not None:
            self.story.append(f"{self.stage.world.now_ms} {vars(desired)} {lasts_ms} ms, {act}")
        repeats = luck.random() < 0.8
        said_ms = -REPEAT_MS
        passed_ms = 0
        while passed_ms < lasts_ms:
            if passed_ms >= said_ms + REPEAT_MS and (repeats or said_ms < 0):
                said_ms = passed_ms
                self.stage.say(DESIRED, body)
                if luck.random() < 0.03:
                    self.stage.say(LEASE, self._lease())
            next_ms = min(lasts_ms, said_ms + REPEAT_MS if repeats else lasts_ms)
            if passed_ms <= at_ms < next_ms:
                self._pass(at_ms - passed_ms)
                self._act(act)
                passed_ms = at_ms
                at_ms = -1
            self._pass(next_ms - passed_ms)
            passed_ms = next_ms

    def _pass(self, ms: int) -> None:
        self.stage.run(ms)
        self.oracle.look()

    def _desired(self) -> Desired:
        luck = self.luck
        if luck.randrange(100) < self.honesty:
            return self._sensible()
        choice = luck.randrange(10)
        if choice < 3 and self.said:
            old = unpack_desired(luck.choice(self.said))  # an old sentence under a new counter
            assert old is not None
            return old
        d = self._sensible() if choice < 8 else Desired()
        for _ in range(luck.choice((1, 1, 2, 12))):
            self._twist(d)
        return d

    def _sensible(self) -> Desired:
        """The next step towards one more release, as the board's present mind makes it possible."""
        luck, executive = self.luck, self.stage.executive
        order = executive.mind.order
        if luck.random() < 0.3 or executive.mind.ledger.spent >> self.target & 1:
            self.target = luck.choice(COMPARTMENTS)
        d = Desired()
        d.signal = codes.CALL
        d.digest, d.head, d.round_digest = DIGEST, HEAD, DIGEST
        d.boot_epoch = executive.boot_epoch
        d.not_after_s = self.stage.lease.rows[2].close_s
        if order.state == codes.PREPARED:
            d.order, d.compartment, d.fill = order.number, order.compartment, order.fill
            d.digest, d.not_after_s = order.digest, order.not_after_s
            d.round, d.round_orders = order.round, order.round_orders
            d.round_digest = order.round_digest
            d.stage = luck.choices((codes.START, codes.RESOLVE, codes.PREPARE), (85, 5, 10))[0]
            return d
        d.stage = codes.PREPARE
        d.compartment = self.target
        d.fill = self.stage.lease.rows[self.target].fill
        d.order = min(order.number + luck.choice((1, 1, 1, 2, 5)), TOP)
        going_on = order.round and order.round_starts < order.round_orders
        if going_on and luck.random() < 0.5:
            d.round, d.round_orders = order.round, order.round_orders
            d.round_digest = order.round_digest
        else:
            d.round, d.round_orders = d.order, luck.choice((1, 1, 2, 3, 255))
            if self.stage.lease.rows[self.target].kind == codes.ROW_ASKED and luck.random() < 0.8:
                d.round_orders = 1
            if luck.random() < 0.15:
                d.round = luck.randint(min(max(order.round, 1), d.order), d.order)
        return d

    def _number(self, near: int) -> int:
        luck = self.luck
        kind = luck.randrange(6)
        if kind == 0:
            return luck.choice((0, 1, TOP, TOP - 1, TOP - 11, 1 << 31, (1 << 31) - 1))
        if kind == 1:
            return luck.randrange(TOP + 1)
        return max(0, min(TOP, near + luck.randint(-3, 3)))

    def _twist(self, d: Desired) -> None:
        """Change one field into something it should not be."""
        luck = self.luck
        rows = self.stage.lease.rows
        which = luck.randrange(14)
        if which == 0:
            d.stage = luck.randrange(6)
        elif which == 1:
            d.order = self._number(self.stage.executive.mind.order.number)
        elif which == 2:
            d.compartment = luck.choice((*COMPARTMENTS, 8, 28, 255))
        elif which == 3:
            d.fill = luck.choice((0, 1, rows[luck.choice(COMPARTMENTS)].fill, TOP))
        elif which == 4:
            d.not_after_s = luck.choice((0, rows[6].close_s, rows[9].close_s, TOP))
        elif which == 5:
            d.boot_epoch = self._number(d.boot_epoch)
        elif which == 6:
            d.round = self._number(d.order)
        elif which == 7:
            d.round_orders = luck.choice((0, 1, 2, 255))
        elif which == 8:
            d.digest = luck.randbytes(16)
        elif which == 9:
            d.round_digest = luck.randbytes(16)
        elif which == 10:
            d.settled_mask, d.settled_lease = luck.randrange(1 << 28), luck.randrange(3)
        elif which == 11:
            d.set_clock_s = luck.choice((1, rows[5].open_s, rows[6].open_s, TOP))
        elif which == 12:
            d.flags = luck.randrange(256)
        else:
            d.hold_mask, d.signal = luck.randrange(1 << 28), luck.randrange(256)

    def _lease(self) -> bytes:
        """The lease again, or one that would open everything; nobody stands at the open machine."""
        luck = self.luck
        lease = unpack_lease(self.stage.lease.pack())
        assert lease is not None
        if luck.random() < 0.2:
            return lease.pack()
        lease.lease_no = luck.choice((1, 2, 3, TOP))
        for row in lease.rows:
            row.open_s, row.close_s = 0, TOP
            row.fill += 100 * luck.randrange(2)
        return lease.pack() + b"\0" * luck.choice((0, 0, 1))

    def _act(self, act: str) -> None:
        """What a person, time or bad luck does; the oracle learns of everything that counts."""
        luck, world, oracle = self.luck, self.stage.world, self.oracle
        if act == "press":
            oracle.pressed()
            world.press(luck.choice((30, 120, 120, 3000)))
        elif act == "lift":
            oracle.emptied()
            oracle.disturbed()
            world.take_cup()
            self._pass(luck.choice((50, 900, 900)))
            world.return_cup(luck.choice((0, 0, 0, 1)))
            self._pass(luck.choice((0, 900, 1500)))
        elif act == "fingers":
            if world.fingers(9):
                oracle.emptied(by_hand=True)
        elif act in ("door", "door held"):
            oracle.disturbed()
            world.open_door()
            self._pass(300 if act == "door" else 2500)
            world.close_door()
        elif act == "reset":
            world.reset(luck.randrange(4))
        elif act == "cut":
            world.fram.damage = luck.choice(DAMAGES)
            if luck.random() < 0.5:
                world.fram.cut_after = luck.randrange(6)
            else:
                world.cut_in_ops = luck.randint(1, 60)
        elif act == "leap":
            self._leap(luck.choice((1, 2, 6, 9, 14)))
        elif act == "back":
            world.board_clock.jump(-luck.choice((30, 100, 4000)) * 1000, world.now_ms)
            oracle.clock_moved()
        elif act == "wait":
            self._pass(luck.choice((20_000, 59_000, 62_000)))
        elif act == "service":
            world.service(True)
            self._pass(luck.choice((100, 1500)))
            world.service(False)

    def _leap(self, steps: int) -> None:
        """The board's clock runs ahead, in steps that it believes."""
        for _ in range(steps):
            self.stage.world.board_clock.jump(LEAP_S * 1000, self.stage.world.now_ms)
            self.oracle.clock_moved()
            self.stage.world.attention = True
            self._pass(2)
