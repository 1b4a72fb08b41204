"""The reporter: the loop's one handle on everything that leaves the home.

Responsible for: what is sent when (events, state, alerts), resending, and telling the
loop what the hub knows. Not responsible for connections (mqtt.py), for the cursor
(outbox.py) or for doses: with no broker at all, `pump` does nothing and reports wait.
Called from the loop's thread only; nothing here blocks but `wait_drained`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.canonical import Json
from controller.chain import JournalFault
from controller.report import documents, standing, topics
from controller.report.documents import Document
from controller.report.mqtt import RETRY_MAX_S, Courier, Letter, Route
from controller.report.outbox import Chain, Outbox

RESEND_MIN_S = 5.0  # no progress for so long: go back and send again
RESEND_MAX_S = 60.0
REPLAY_MIN_S = 0.2  # the hub may ask for events again this often at most
FAULT_HEAD = "head-unknown"  # the hub knows events that our journal does not contain


class Carrier(Protocol):
    """What the reporter needs of a connection; mqtt.Courier is the real one."""

    @property
    def connected(self) -> bool: ...
    @property
    def connections(self) -> int: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def set_net(self, up: bool) -> None: ...
    def send(self, letter: Letter) -> bool: ...
    def collect(self) -> Sequence[Letter]: ...
    def wait(self, timeout_s: float) -> bool: ...
    def alarm_in(self, seconds: float | None) -> None: ...


@dataclass(frozen=True)
class ReportConfig:
    """Where the hub is; an empty host means that this home has none."""

    device: str
    hub_key: bytes
    host: str = ""
    port: int = 1883
    shard: int | None = None  # None: derived from the device id
    version: str = ""  # of the software, for the info topic
    retry_max_s: float = RETRY_MAX_S


class Reporter:
    """Sends what the journal holds until the hub has it; says how far that is."""

    def __init__(
        self,
        config: ReportConfig,
        journal: Chain,
        wake: Callable[[], None],
        *,
        carrier: Carrier | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`carrier`: an open connection instead of one to the configured broker."""
        self._config = config
        self._clock = clock  # monotonic seconds
        self._journal = journal
        self._outbox = Outbox(journal)
        shard = topics.shard_of(config.device) if config.shard is None else config.shard
        self._topics = topics.Topics(config.device, shard)
        self._courier: Carrier | None = carrier
        if carrier is None and config.host:
            self._courier = Courier(self._route(), wake)
        self._net_up = True
        self._connection = 0  # the connection that the fields below speak of
        self._told_alerts: dict[str, Document] = {}  # by topic
        self._kept_alerts: set[str] = set()  # topics the broker still held from an earlier time
        self._told_state: Document | None = None
        self._told_state_ms = 0
        self._resend_s = RESEND_MIN_S
        self._progress_at = 0.0  # monotonic seconds of the last acknowledgement or resend
        self._replay_at = 0.0
        self._last: tuple[int, Mapping[str, Json]] = (0, {})
        self.foreign_head = ""  # with FAULT_HEAD: what the hub knows and the journal lacks, hex
        self._log_epoch = journal.log_epoch
        self.fault = ""  # FAULT_HEAD, or the code of a JournalFault; "" while all is well

    def start(self) -> None:
        """Begin to connect; returns at once."""
        if self._courier is not None:
            self._courier.start()

    def stop(self) -> None:
        """Say goodbye to the broker."""
        if self._courier is not None:
            self._courier.stop()

    @property
    def connected(self) -> bool:
        """True while the broker answers; says nothing about the hub."""
        return self._courier is not None and self._courier.connected

    @property
    def unacked(self) -> int:
        """How many events the hub is not known to have stored."""
        return self._outbox.unacked

    @property
    def drained(self) -> bool:
        """True when the hub has stored every event there is."""
        return self._outbox.drained

    def set_net(self, up: bool) -> None:
        """The simulated network is cut or mended."""
        self._net_up = up
        if self._courier is not None:
            self._courier.set_net(up)

    def pump(self, now_ms: int, snapshot: Mapping[str, Json]) -> None:
        """Take what the hub said, send what is due; `now_ms` is Unix time of this home."""
        courier = self._courier
        if courier is None:
            return
        self._last = (now_ms, snapshot)
        if self._journal.log_epoch != self._log_epoch:  # a new log: everything, under its name
            self._log_epoch = self._journal.log_epoch
            self._outbox = Outbox(self._journal)
            self.fault = self.foreign_head = ""
        self._take(courier)
        if not courier.connected:
            return
        if courier.connections != self._connection:
            self._connection = courier.connections
            self._told_alerts, self._told_state = {}, None
            self._go_back(RESEND_MIN_S)
            info: Document = {"schema": documents.SCHEMA, "version": self._config.version}
            self._say(courier, topics.INFO, info, retain=True)
        elif self._outbox.in_flight and self._clock() >= self._progress_at + self._resend_s:
            self._go_back(min(self._resend_s * 2, RESEND_MAX_S))
        try:
            self._send_events(courier)
        except JournalFault as fault:  # alarms and the state of things go on without it
            self.fault = fault.code
        self._send_alerts(courier, snapshot)
        self._send_state(courier, now_ms, snapshot)

    def wait_drained(self, timeout_s: float) -> bool:
        """Pump until the hub has everything; for simulated time, which stands still meanwhile.

        False at once where there is no broker or the network is cut, else after the timeout.
        """
        until = self._clock() + timeout_s
        while True:
            self.pump(*self._last)
            if self.drained:
                return True
            left = until - self._clock()
            if self._courier is None or not self._net_up or left <= 0:
                return False
            self._courier.wait(min(left, 1.0))

    def _take(self, courier: Carrier) -> None:
        """Read acknowledgements; whatever is not sealed by the hub is ignored."""
        for letter in courier.collect():
            if letter.topic != self._topics.leaf(topics.ACK):
                if letter.retain and letter.payload:
                    self._kept_alerts.add(letter.topic)
                continue
            document = documents.unseal(
                letter.payload, topics.ACK, self._config.device, self._config.hub_key
            )
            if document is not None:
                self._heed(document)

    def _heed(self, document: Document) -> None:
        epoch, number, head = (document.get(name) for name in ("log_epoch", "acked", "head"))
        if not (isinstance(epoch, str) and isinstance(number, int) and isinstance(head, str)):
            return
        ask = document.get("ask") is True
        try:
            verdict = self._outbox.on_ack(epoch, number, head, ask=ask)
        except JournalFault as fault:
            self.fault = fault.code
            return
        now = self._clock()
        if verdict == "other-log":
            return
        if verdict == "unknown-head":
            self.fault, self.foreign_head = FAULT_HEAD, head
            return
        if verdict == "advanced":
            self._progress_at, self._resend_s = now, RESEND_MIN_S
        if ask and now >= self._replay_at + REPLAY_MIN_S:
            self._replay_at = now
            self._go_back(RESEND_MIN_S)
        elif ask:  # not so soon again, but not forgotten either
            self._progress_at, self._resend_s = self._replay_at, REPLAY_MIN_S

    def _go_back(self, resend_s: float) -> None:
        self._outbox.rewind()
        self._resend_s = resend_s
        self._progress_at = self._clock()

    def _send_events(self, courier: Carrier) -> None:
        idle = not self._outbox.in_flight
        batch = self._outbox.next_batch()
        for entry in batch:
            document = documents.event(entry, self._journal.log_epoch, self._config.hub_key)
            self._say(courier, topics.EVENT, document, qos=1)
        if batch and idle:
            self._progress_at = self._clock()
        # the loop may sleep for hours: the courier wakes it when a resend is due
        due_s = self._progress_at + self._resend_s - self._clock()
        courier.alarm_in(max(0.0, due_s) if self._outbox.in_flight else None)

    def _send_alerts(self, courier: Carrier, snapshot: Mapping[str, Json]) -> None:
        """Make the retained alert topics say what stands now, whatever they said before."""
        standing_now = {
            self._topics.alert(alert_id): document
            for alert_id, document in standing.alerts(snapshot, self._config.hub_key).items()
        }
        for topic, document in standing_now.items():
            if self._told_alerts.get(topic) != document:
                payload = documents.seal(
                    document, topics.ALERT, self._config.device, self._config.hub_key
                )
                courier.send(Letter(topic, payload, 1, retain=True))
        for topic in (self._told_alerts.keys() | self._kept_alerts) - standing_now.keys():
            courier.send(Letter(topic, b"", 1, retain=True))
        self._told_alerts = standing_now
        self._kept_alerts.clear()

    def _send_state(self, courier: Carrier, now_ms: int, snapshot: Mapping[str, Json]) -> None:
        document = standing.state(snapshot)
        fresh = abs(now_ms - self._told_state_ms) < documents.HEARTBEAT_MS
        if document == self._told_state and fresh:
            return
        number, hashed = self._journal.head
        head = hashed.hex() if number else ""
        full = standing.stamp(document, now_ms, self._journal.log_epoch, number, head)
        self._say(courier, topics.STATE, full, retain=True)
        self._told_state, self._told_state_ms = document, now_ms

    def _say(
        self, courier: Carrier, leaf: str, document: Document, *, qos: int = 0, retain: bool = False
    ) -> None:
        payload = documents.seal(document, leaf, self._config.device, self._config.hub_key)
        courier.send(Letter(self._topics.leaf(leaf), payload, qos, retain))

    def _route(self) -> Route:
        availability = self._topics.leaf(topics.AVAILABILITY)
        return Route(
            self._config.host,
            self._config.port,
            client_id=f"posology-{self._config.device}",
            subscriptions=(self._topics.leaf(topics.ACK), self._topics.leaf(topics.ALERT) + "/+"),
            will=Letter(availability, topics.OFFLINE, 1, retain=True),
            greeting=Letter(availability, topics.ONLINE, 1, retain=True),
            farewell=Letter(availability, topics.OFFLINE, 1, retain=True),
            retry_max_s=self._config.retry_max_s,
        )
