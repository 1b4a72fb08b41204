"""The board's cyclic executive: read, guard, step, report, feed the dog, say when to wake.

Responsible for: the order of things within one turn, the only place that feeds the
watchdog, and handing facts between the machines. Not responsible for any rule itself:
every machine keeps its own. Nothing here waits; time stands still during a turn.
"""

from firmware import faults, notes, pairing, solo, status, verdict
from firmware.cycle import FINISHED, Cycle
from firmware.cycle import IDLE as AT_REST
from firmware.device import Device
from firmware.machines import Machines
from hal.wire import codes
from hal.wire.frame import ACTUAL, DESIRED
from hal.wire.layouts import ACTUAL_SIZE, NO_DIGEST
from hal.wire.session import ALONE_MS, BoardEnd

DOG_MS = 8000  # the longest a RP2040 watchdog can wait is 8,388
MAX_SLEEP_MS = 7000
RECOVER_MS = 1500  # after boot: pills in flight have landed, gate and scale are at rest
_TICKS = 0xFFFFFFFF


class Executive(Machines):
    """The whole firmware behind one method, `turn`."""

    def __init__(self, board: Device, key: bytes) -> None:
        Machines.__init__(self, board)
        self.boot_epoch = 0
        self._board = board
        self._key = key
        self._link: "BoardEnd | None" = None
        self._boot_ms = 0
        self._set_clock_s = 0  # the last request that was followed
        self._lease_refusal = 0

    def turn(self) -> int:
        """One turn; the 32-bit millisecond at which to wake if nothing happens before."""
        self._board.begin()
        try:
            return self._turn()
        except AssertionError:
            self._board.drive_off()
            self._board.gate(0)
            if not self.mind.locked:
                self.mind.undo()
                self.mind.ledger.latch(codes.ASSERTION)
                self.mind.save()
            raise

    def _turn(self) -> int:
        board = self._board
        if self._link is None:
            self._boot()
        link = self._link
        assert link is not None
        self.clock.read(board.sense, self.mind.ledger.floor_s)
        now_ms = self.clock.now_ms
        self._press(now_ms)
        data = board.received()
        while data:
            for sentence in link.receive(data, now_ms, board.sense.luck):
                self._hear(sentence, now_ms)
            data = board.received()
        self.orders.watch_cup(board, now_ms)
        self.scale.look(board.sense, now_ms >= self.orders.still_at(), now_ms)
        self._motion(now_ms)
        self._rest(now_ms)
        self.orders.consider(board, self.inbox.order(now_ms), self.inbox.hold_mask())
        return self._report(link, now_ms)

    def _boot(self) -> None:
        """Outputs safe first, then memory, key and epoch; PREPARED does not outlive a reset."""
        board = self._board
        board.drive_off()
        board.gate(0)
        board.emitter(1)
        self.boot_epoch, key = pairing.boot(self.memory, self.mind, self._key, board.sense)
        self._link = BoardEnd(key, self.boot_epoch)
        self.orders.boot_epoch = self.boot_epoch
        board.note(notes.BOOTED, self.boot_epoch)
        self.clock.read(board.sense, 0)
        self._boot_ms = self.clock.now_ms
        self.panel.begin(board.sense)
        if not self.mind.locked:
            self.holding.load()
        if self.mind.locked:
            board.note(notes.LOCKED, codes.STORE_MISSING)
            return
        verdict.refuse_after_reset(self.mind)

    def _press(self, now_ms: int) -> None:
        """A press is consent only to an order prepared in an earlier turn of this boot."""
        if not self.panel.read(self._board.sense, now_ms):
            return
        self._board.note(notes.PRESSED, self.panel.presses)
        order = self.mind.order
        if order.state == codes.PREPARED and order.boot_epoch == self.boot_epoch:
            self.consent.press(order.round, self._board.sense, now_ms)

    def _hear(self, sentence: "tuple[int, bytes]", now_ms: int) -> None:
        """One authentic sentence of the controller."""
        kind, body = sentence
        if kind == DESIRED:
            self._take(body, now_ms)
        else:
            sense = self._board.sense
            self._lease_refusal = self.holding.offer(body, sense, self.scale.noise_mg)
            self._board.note(notes.LEASED, self.mind.ledger.lease_no)

    def _take(self, body: bytes, now_ms: int) -> None:
        """A new Desired: everything in it that is not an order."""
        d = self.inbox.take(body, now_ms)
        if d is None:
            return
        sense = self._board.sense
        ledger = self.mind.ledger
        if d.settled_lease == ledger.lease_no and d.settled_mask & ~ledger.settled:
            ledger.settled |= d.settled_mask
            self.mind.save()
        order = self.mind.order
        anchor = d.stage != codes.START and d.head != NO_DIGEST  # START brings its own (orders.py)
        if anchor and d.head != order.head and order.state != codes.STARTED:
            order.head = d.head
            self.mind.save()
        if d.set_clock_s and sense.service and d.set_clock_s != self._set_clock_s:
            self._set_clock_s = d.set_clock_s
            ledger.clock_set(d.set_clock_s)
            self.mind.save()
            self._board.set_clock(d.set_clock_s)
            self.clock.was_set(d.set_clock_s)
        self.homing.ask(self._board, now_ms, bool(d.flags & codes.D_SERVICE_MOVE))

    def _motion(self, now_ms: int) -> None:
        """Whatever moves is looked at first; a cycle that ended is judged."""
        board = self._board
        order = self.mind.order
        if self.homing.moving:
            fault = self.homing.step(board, now_ms)
            self._latch(fault)
            self.mind.save()
        if order.state != codes.STARTED or self.mind.locked:
            return
        if self.cycle.phase == AT_REST:
            if now_ms - self._boot_ms >= RECOVER_MS:
                self._conclude(now_ms, None)
            return
        self.cycle.step(board, now_ms)
        if self.cycle.phase == FINISHED:
            self._conclude(now_ms, self.cycle)
            self.cycle.phase = AT_REST

    def _conclude(self, now_ms: int, cycle: "Cycle | None") -> None:
        board = self._board
        w = verdict.witness(board.sense, self.mind, self.holding, cycle)
        finding = verdict.conclude(board, self.mind, w, self.clock.utc_s)
        if finding is None:
            board.note(notes.LOCKED, codes.STORE_TORN)
            return
        self.beam.explain(board.sense.drop_count)
        if finding.fault == codes.BEAM_BLIND:
            self.beam.blind()
        self.consent.done(board.sense, now_ms)

    def _rest(self, now_ms: int) -> None:
        """What is watched, tested and put away while no order is under way."""
        board = self._board
        mind = self.mind
        if mind.order.state == codes.STARTED or mind.locked:
            if mind.locked and self.cycle.phase != AT_REST:
                self.cycle.step(board, now_ms)  # close what is open, then stay
            return
        self.beam.watch(board.sense.drop_count)
        self.beam.step(board, now_ms)
        if mind.ledger.in_cup:
            self._cup(now_ms)
        self._latch(self.homing.watch(board.sense))
        self.homing.park(board, now_ms)

    def _cup(self, now_ms: int) -> None:
        """What was released lies in the cup until that was lifted or is seen empty."""
        sense = self._board.sense
        ledger = self.mind.ledger
        emptied = sense.cup_present and now_ms >= self.orders.still_at()
        emptied = emptied and abs(sense.cup_mg) <= status.NOISE_MG
        if sense.lift_count != ledger.lifts or emptied:
            ledger.lifted(self.clock.utc_s)
            ledger.lifts = sense.lift_count
            self.mind.save()

    def _latch(self, code: int) -> None:
        if code and self.mind.ledger.latch(code):
            self.mind.save()
            self._board.note(notes.LATCHED, code)

    def _report(self, link: BoardEnd, now_ms: int) -> int:
        """Panel, Actual, watchdog; returns when to wake."""
        board = self._board
        own = self._own(link, now_ms)
        self._show(link, own, now_ms)
        is_open = self._is_open(now_ms)
        self._tell(link, status.flags(self, board.sense) | own, is_open)
        board.transmit(link.outgoing(now_ms, board.sense.luck))
        board.feed(DOG_MS)
        return self._wake(link, is_open, now_ms)

    def _tell(self, link: BoardEnd, flags: int, is_open: bool) -> None:
        """Actual, if it is news or time for it."""
        sense = self._board.sense
        now_ms = self.clock.now_ms
        news = self.news
        fault = faults.worst(self, sense, now_ms - self._boot_ms)
        refusal = self.orders.refusal
        if not refusal and sense.service:
            refusal = self._lease_refusal  # for whoever is loading, and for no longer
        status.write(news.now, self, sense, flags, fault, refusal, status.COARSE)
        if news.due(now_ms, link.sessions, is_open):
            body = bytearray(ACTUAL_SIZE)
            status.write(body, self, sense, flags, fault, refusal, link.bad_frames)
            self._board.transmit(link.seal(ACTUAL, bytes(body)))

    def _own(self, link: BoardEnd, now_ms: int) -> int:
        """The flags that the board raises by itself."""
        lost = link.silent_ms(now_ms) >= ALONE_MS
        order = self.mind.order
        d = self.inbox.desired if link.alive(now_ms) else None
        pressed = not self.consent.refusal(order.round, self._board.sense, now_ms)
        waiting = solo.behind(order, d, pressed)
        lease = self.holding.lease
        return self.solo.flags(lease, self.mind.ledger, self.clock, lost, order, waiting)

    def _show(self, link: BoardEnd, own: int, now_ms: int) -> None:
        """Lamp and buzzer: the board's own alarm first, then the controller's while it lives."""
        d = self.inbox.desired
        if own or self.mind.locked:
            self.panel.show(self._board, codes.ALARM, False)
        elif d is not None and link.alive(now_ms):
            self.panel.show(self._board, d.signal, bool(d.flags & codes.D_HUSH))
        else:
            self.panel.show(self._board, codes.QUIET, False)

    def _is_open(self, now_ms: int) -> bool:
        # PREPARED may wait for hours: a press, like any other change, is told at once anyway
        return self.mind.order.state == codes.STARTED or self.panel.recent(now_ms)

    def _wake(self, link: BoardEnd, is_open: bool, now_ms: int) -> int:
        """The nearest deadline of any machine, as the 32 bits of the board's milliseconds."""
        at_ms = min(link.wake_at(now_ms), self.news.wake_at(is_open), now_ms + MAX_SLEEP_MS)
        if self.homing.moving:
            at_ms = min(at_ms, self.homing.wake_ms)
        if self.cycle.phase != AT_REST:
            at_ms = min(at_ms, self.cycle.wake_ms)
        elif self.mind.order.state == codes.STARTED:
            if not self.mind.locked:
                at_ms = min(at_ms, self._boot_ms + RECOVER_MS)
        elif not self.mind.locked:
            at_ms = min(at_ms, self.beam.wake_ms)
            if self.orders.still_at() > now_ms:
                at_ms = min(at_ms, self.orders.still_at())
        if self.scale.wanted_ms():
            at_ms = min(at_ms, self.scale.wanted_ms())
        if self.solo.next_s != solo.NEVER_S:
            at_ms = min(at_ms, self.clock.until_utc(self.solo.next_s))
        at_ms = max(at_ms, now_ms + 1) & _TICKS
        return at_ms if at_ms != _TICKS else 0

    def snapshot(self) -> "tuple[int, ...]":
        """State as integers: each part behind its length. The memory below is the world's."""
        assert self._link is not None
        now_ms = self.clock.now_ms
        own = (self.boot_epoch, self._boot_ms - now_ms, self._set_clock_s, self._lease_refusal)
        values: "tuple[int, ...]" = ()
        for part in self.photograph(now_ms) + (own, self._link.snapshot(now_ms)):
            values += (len(part),) + part
        return values

    def restore(self, values: "tuple[int, ...]") -> None:
        """Become the firmware `snapshot` was taken of; lease and key are read from memory."""
        parts = []
        at = 0
        while at < len(values):
            parts.append(values[at + 1 : at + 1 + values[at]])
            at += 1 + values[at]
        key = pairing.recall(self.memory, self.mind, self._key)
        self.resume(parts)
        now_ms = self.clock.now_ms
        own = parts[-2]
        self.boot_epoch, self._boot_ms = own[0], own[1] + now_ms
        self._set_clock_s, self._lease_refusal = own[2], own[3]
        self._link = BoardEnd(key, self.boot_epoch)
        self._link.restore(parts[-1], now_ms)
