"""Real brokers, a real hub process, real kills: nothing is lost and nothing counts twice."""

import json
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from controller.report import documents, topics
from controller.report.outbox import NoJournal
from controller.report.reporter import ReportConfig, Reporter
from fleet import brokers, summary
from fleet.brokers import Broker
from tests.report.homes import KEY, START_MS, Body, Home, Hub, until

DEVICE = topics.Topics("home-1", topics.shard_of("home-1"))


@pytest.fixture(params=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    try:
        one = brokers.Broker(request.param, tmp_path / "broker")
    except brokers.BrokerMissing as missing:
        pytest.skip(reason=f"needs a broker: {missing}")
    one.start()
    yield one
    one.stop()


@pytest.fixture
def home(broker: Broker, tmp_path: Path) -> Iterator[Home]:
    one = Home(tmp_path, broker.port)
    yield one
    one.close()


@pytest.fixture
def hub(broker: Broker, tmp_path: Path) -> Iterator[Hub]:
    one = Hub(tmp_path, broker.port)
    yield one
    one.kill()


@pytest.fixture
def visitor(broker: Broker) -> Iterator["Visitor"]:
    one = Visitor(broker)
    yield one
    one.leave()


def stored(hub: Hub) -> tuple[int, int]:
    """How many events of home-1 are stored, and how many without a gap."""
    device = summary.summarise(hub.store)["devices"]
    assert isinstance(device, dict)
    return device["home-1"]["stored"], device["home-1"]["contiguous"]


class Visitor:
    """Anybody else on the network: publishes, and sees what the broker keeps."""

    def __init__(self, broker: Broker) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.on_message = self._on_message
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def say(self, topic: str, payload: bytes) -> None:
        """Publish, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1).wait_for_publish(10)

    def kept(self, topic: str) -> bytes:
        """What the broker keeps on a topic, b"" for nothing."""
        self.seen.clear()
        self._client.unsubscribe(topic)
        self._client.subscribe([(topic, 1), (f"{topic}-end", 1)])
        # a message of our own comes behind what was kept
        self.say(f"{topic}-end", b"end")
        until(lambda: any(name.endswith("-end") for name, _ in self.seen))
        return next((payload for name, payload in self.seen if name == topic), b"")

    def leave(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, client: object, data: object, message: paho.MQTTMessage) -> None:
        self.seen.append((message.topic, bytes(message.payload)))


def test_every_event_arrives_and_is_acknowledged(home: Home, hub: Hub) -> None:
    """The hub has all events, in one unbroken chain, and the journal knows it."""
    hub.start()
    home.tell_doses(250)

    assert home.drain()
    assert (250, 250) == stored(hub)
    assert 250 == home.journal.acked


def test_reports_wait_for_a_hub_that_is_away(home: Home, hub: Hub) -> None:
    """With a broker but no hub nothing counts as delivered, and all of it comes later."""
    until(lambda: home.reporter.connected)
    home.tell_doses(150)
    home.pump()
    assert 150 == home.reporter.unacked

    hub.start()

    assert home.drain()
    assert (150, 150) == stored(hub)


def test_a_killed_broker_loses_nothing(home: Home, hub: Hub, broker: Broker) -> None:
    """kill -9 of the broker in the middle: both sides come back and the chain is whole."""
    hub.start()
    home.tell_doses(60)
    home.pump()
    broker.kill()
    home.tell_doses(60)
    broker.start()
    home.tell_doses(60)

    assert home.drain()
    assert (180, 180) == stored(hub)


def test_a_broker_may_forget_everything(home: Home, hub: Hub, broker: Broker) -> None:
    """A broker that comes back with an empty folder is as good as the old one."""
    hub.start()
    home.tell_doses(60)
    home.pump()
    broker.kill()
    broker.wipe()
    home.tell_doses(60)
    broker.start()

    assert home.drain()
    assert (120, 120) == stored(hub)


def test_a_killed_hub_loses_nothing(home: Home, hub: Hub) -> None:
    """kill -9 of the hub at many moments: what it acknowledged it has, once."""
    for _ in range(5):
        hub.start()
        home.tell_doses(40)
        until(lambda: _progress(home))
        hub.kill()
    hub.start()

    assert home.drain()
    assert (200, 200) == stored(hub)


def _progress(home: Home) -> bool:
    before = home.reporter.unacked
    home.pump()
    return home.reporter.unacked < before or home.reporter.drained


def test_a_restarted_controller_goes_on_where_it_was(home: Home, hub: Hub) -> None:
    """A new process on the same journal sends what is not acknowledged, nothing more."""
    home.tell_doses(30)
    home.restart()
    hub.start()
    home.tell_doses(30)

    assert home.drain()
    assert (60, 60) == stored(hub)


def test_a_cut_network_is_not_waited_for(home: Home, hub: Hub) -> None:
    """While the network is cut the home does not wait; mended, it delivers by itself."""
    hub.start()
    home.tell_doses(10)
    assert home.drain()

    home.reporter.set_net(False)
    home.tell_doses(20)
    assert not home.reporter.wait_drained(60.0)
    assert 20 == home.reporter.unacked

    home.reporter.set_net(True)
    assert home.drain()


@pytest.mark.hazard("H18")
def test_a_vanished_machine_is_announced_by_the_broker(
    home: Home, hub: Hub, visitor: Visitor
) -> None:
    """A connection that ends without goodbye leaves `offline`, and the hub says `unknown`."""
    hub.start("--offline-after", "0.1")
    home.tell_doses(1)
    assert home.drain()
    assert topics.ONLINE == until(lambda: visitor.kept(DEVICE.leaf(topics.AVAILABILITY)))

    home.reporter.set_net(False)

    line = hub.await_line("UNKNOWN since")
    assert "home-1: UNKNOWN since 2027-01-15 08:00" in line
    assert "missed" not in line.lower()


@pytest.mark.hazard("H19")
def test_a_forged_acknowledgement_changes_nothing(home: Home, visitor: Visitor) -> None:
    """Without the key nobody can make a home believe that its events are safe."""
    until(lambda: home.reporter.connected)
    home.tell_doses(5)
    number, head = home.journal.head
    document = documents.acknowledgement(home.journal.log_epoch, number, head.hex(), ask=False)
    forged = documents.seal(document, topics.ACK, "home-1", bytes(32))
    another = documents.seal(document, topics.ACK, "home-2", KEY)
    genuine = documents.seal(document, topics.ACK, "home-1", KEY)

    for payload in (forged, another, b"{}", b"\xff"):
        visitor.say(DEVICE.leaf(topics.ACK), payload)
    home.pump()
    assert 5 == home.reporter.unacked

    visitor.say(DEVICE.leaf(topics.ACK), genuine)
    assert home.drain()


def test_the_hub_keeps_what_it_cannot_read_apart(home: Home, hub: Hub, visitor: Visitor) -> None:
    """Garbage on the event topic is buried, not stored, and blocks nobody."""
    hub.start()
    home.tell_doses(1)
    assert home.drain()
    for payload in (b"", b"\xff\xfe", b"[]", b'{"n":1}', b"x" * 100_000):
        visitor.say(DEVICE.leaf(topics.EVENT), payload)
    home.tell_doses(1)

    assert home.drain()
    assert 5 == until(lambda: summary.summarise(hub.store)["dead_letters"])
    assert (2, 2) == stored(hub)


def test_alert_topics_say_what_stands(home: Home, visitor: Visitor) -> None:
    """A standing alert is retained; resolved, its topic is empty, also after a restart."""
    row: Body = {
        "alert_id": "dose-missed-1",
        "code": "dose-missed",
        "severity": 3,
        "since_ms": START_MS,
    }
    topic = DEVICE.alert("dose-missed-1")
    home.snapshot = {"mode": "ready", "alerts": [row]}
    until(lambda: home.reporter.connected)
    home.pump()
    payload = until(lambda: visitor.kept(topic))
    document = documents.unseal(payload, topics.ALERT, "home-1", KEY)
    assert document is not None
    assert ("dose-missed", 3, False) == tuple(
        document[name] for name in ("code", "severity", "acknowledged")
    )

    home.restart()  # the alert is resolved while nobody could tell the broker
    home.snapshot = {"mode": "ready", "alerts": []}
    until(lambda: home.reporter.connected)
    home.pump()
    until(lambda: _pumped_and_cleared(home, visitor, topic))


def _pumped_and_cleared(home: Home, visitor: Visitor, topic: str) -> bool:
    home.pump()
    return visitor.kept(topic) == b""


def test_the_state_document_is_retained(home: Home, visitor: Visitor) -> None:
    """Whoever comes later still learns how things stood, and by when to expect more."""
    until(lambda: home.reporter.connected)
    home.pump()

    payload = until(lambda: visitor.kept(DEVICE.leaf(topics.STATE)))
    document = documents.unseal(payload, topics.STATE, "home-1", KEY)

    assert document is not None
    assert ("ready", home.journal.log_epoch) == (document["mode"], document["log_epoch"])
    assert str(document["next_report_by"]) > str(document["at"])


def test_without_a_journal_state_and_alerts_still_go_out(broker: Broker, visitor: Visitor) -> None:
    """A damaged journal silences neither the alarm nor the word of how things stand."""
    row: Body = {"alert_id": "journal-fault", "code": "journal-fault", "severity": 3}
    config = ReportConfig("home-1", KEY, broker.host, broker.port)
    reporter = Reporter(config, NoJournal(), lambda: None)
    reporter.start()
    until(lambda: reporter.connected)
    reporter.pump(START_MS, {"mode": "journal-fault", "alerts": [row]})

    payload = until(lambda: visitor.kept(DEVICE.leaf(topics.STATE)))
    document = documents.unseal(payload, topics.STATE, "home-1", KEY)
    assert document is not None and ("journal-fault", "") == (
        document["mode"],
        document["log_epoch"],
    )
    assert until(lambda: visitor.kept(DEVICE.alert("journal-fault")))
    assert reporter.drained
    reporter.stop()


def test_a_caregiver_hears_of_a_missed_dose_and_not_of_a_taken_one(home: Home, hub: Hub) -> None:
    """The printed lines are what people need, in the words they read."""
    hub.start()
    due = START_MS // 1000 + 3600
    taken, missed = "aa" * 16, "bb" * 16
    home.tell(
        ("DoseOpened", {"dose_id": taken, "due_at": due}),
        ("DoseOpened", {"dose_id": missed, "due_at": due}),
        ("DoseClosed", {"dose_id": taken, "outcome": "taken", "how": "retrieved", "order": 1}),
        ("AlertRaised", {"alert_id": "dose-missed-bb", "code": "dose-missed", "severity": 3}),
        ("DoseClosed", {"dose_id": missed, "outcome": "missed", "how": "", "order": 0}),
        ("AlertResolved", {"alert_id": "dose-missed-bb", "how": "person", "by": "person/ada"}),
    )
    assert home.drain()

    hub.await_line("ALL CLEAR: dose-missed")
    lines = [line.partition("home-1: ")[2] for line in hub.said()]
    assert [
        "ALERT, urgent: dose-missed. A dose was offered and not taken before its time was over.",
        "The dose of 2027-01-15 09:00: MISSED. Nobody took it from the machine in time.",
        "ALL CLEAR: dose-missed.",
    ] == lines


def test_the_summary_file_is_what_the_store_says(home: Home, hub: Hub, tmp_path: Path) -> None:
    """At its end the hub leaves the same counts that `--report` prints."""
    path = tmp_path / "summary.json"
    hub.start("--summary", str(path))
    home.tell_doses(20)
    assert home.drain()
    hub.stop()

    assert hub.summary() == json.loads(path.read_text())
    assert (20, 20) == stored(hub)


def test_people_are_told_once_though_the_hub_restarts(home: Home, hub: Hub) -> None:
    """A stopped and started hub goes on telling where it was, and ends with code 0."""
    hub.start()
    home.tell(("AlertRaised", {"alert_id": "a-1", "code": "cup-away", "severity": 2}))
    assert home.drain()
    hub.await_line("cup-away")
    assert 0 == hub.stop()

    hub.start()
    home.tell(("AlertRaised", {"alert_id": "a-2", "code": "jam", "severity": 3}))
    assert home.drain()

    hub.await_line("jam")
    assert 2 == len(hub.said())


def test_a_rolled_back_journal_is_noticed(home: Home, hub: Hub, tmp_path: Path) -> None:
    """An old copy of the journal meets a hub that knows more: the home says so."""
    hub.start()
    home.tell_doses(5)
    assert home.drain()
    home.journal.close()
    old = (tmp_path / "home-1.journal").read_bytes()
    home.close()

    again = Home(tmp_path, home.reporter._config.port)
    again.tell_doses(5)
    assert again.drain()
    again.close()
    for tail in ("-wal", "-shm"):
        (tmp_path / f"home-1.journal{tail}").unlink(missing_ok=True)
    (tmp_path / "home-1.journal").write_bytes(old)
    rolled_back = Home(tmp_path, home.reporter._config.port)

    assert "head-unknown" == until(rolled_back.fault)
    rolled_back.close()


def test_a_fork_is_never_acknowledged(home: Home, hub: Hub, tmp_path: Path) -> None:
    """A rolled back journal that wrote another history: stored apart, alarmed, not confirmed."""
    hub.start()
    home.tell_doses(5)
    assert home.drain()
    home.journal.close()
    old = (tmp_path / "home-1.journal").read_bytes()
    home.close()
    again = Home(tmp_path, home.reporter._config.port)
    again.tell_doses(5)
    assert again.drain()
    again.close()
    for tail in ("-wal", "-shm"):
        (tmp_path / f"home-1.journal{tail}").unlink(missing_ok=True)
    (tmp_path / "home-1.journal").write_bytes(old)

    forked = Home(tmp_path, home.reporter._config.port)
    another: tuple[str, Body] = ("FaultSeen", {"code": 201})
    forked.tell(*[another] * 5)
    until(forked.fault)

    hub.await_line("FORK at event 6")
    assert 5 == forked.reporter.unacked
    assert (10, 10) == stored(hub)
    forked.close()
