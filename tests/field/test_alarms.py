"""Alarms that did not sound, were taken for something else, or drowned in others."""

from __future__ import annotations

import zoneinfo
from collections import Counter
from pathlib import Path

import pytest

from controller import events as ev
from controller.journal import Journal
from controller.report import documents, standing, topics
from controller.report.mqtt import Letter
from controller.report.outbox import Outbox
from controller.report.reporter import ReportConfig, Reporter
from fleet.silence import Vigil
from fleet.store import Store
from fleet.watch import Watcher
from hal.sim import mishaps
from tests.controller.home import Home
from tests.field.people import EARLY, PILL, attend

HUB_KEY = bytes(range(64, 96))
MINUTE = 60


def severity(home: Home, code: str) -> int:
    """How urgent the standing alert of this code is; 0 where there is none."""
    found = [row["severity"] for row in home.shown["alerts"] if row["code"] == code]
    return int(found[0]) if found else 0


def test_field_an_empty_battery_is_told_and_cannot_be_put_off(home: Home) -> None:
    """BD Alaris (774,000 pumps, a death): the low-battery alarm failed, alarms in the wrong order.

    On battery somebody hears of the mains first and, more urgently, of the battery. To acknowledge
    does not end it, nor does a restart; the mains do. The dose is given meanwhile.
    """
    mishaps.cause(home.world, "mains_cut")
    home.run(MINUTE)
    on_battery = home.alerts()
    mishaps.cause(home.world, "battery_flat", {"percent": 15})
    home.run(MINUTE)
    ids = {row["code"]: row["alert_id"] for row in home.shown["alerts"]}
    first, worse = severity(home, "mains-lost"), severity(home, "battery-low")
    home.wish("acknowledge", alert_id=ids["battery-low"], by="person/eva")
    put_off = home.wish("resolve", alert_id=ids["battery-low"], by="person/eva").code
    home.kill_controller()
    home.run(5)
    home.start_controller()
    home.run(30)
    still = home.alerts()
    attend(home, "2026-11-23T07:30:00+00:00")
    outcomes = home.outcomes()
    mishaps.heal(home.world, "mains_cut")
    home.run(3 * 3600)

    assert "mains-lost" in on_battery
    assert 0 < first < worse
    assert "still-standing" == put_off
    assert {"mains-lost", "battery-low"} <= set(still)
    assert [("amlodipine-5", "taken", "retrieved")] == outcomes
    assert not {"mains-lost", "battery-low"} & set(home.alerts())
    assert 1 == Counter(e.code for e in _raised(home))["battery-low"]


def _raised(home: Home) -> list[ev.AlertRaised]:
    return [e for e in home.events() if isinstance(e, ev.AlertRaised)]


def test_field_a_battery_that_went_flat_unseen_is_told_at_once(home: Home) -> None:
    """Smiths Medfusion 4000 (74 complaints): a software fault kept the low-battery alarm silent.

    The charge falls while nobody looks: while the controller is away, and while the cable is cut.
    Within a minute of hearing from the board again the alarm stands.
    """
    mishaps.cause(home.world, "mains_cut")
    home.run(10)
    home.kill_controller()
    mishaps.cause(home.world, "battery_flat", {"percent": 12})
    home.run(300)
    home.start_controller()
    home.run(MINUTE)
    after_restart = home.alerts()
    home.wish("nothing")
    mishaps.heal(home.world, "mains_cut")
    home.run(3 * 3600)
    between = home.alerts()
    mishaps.cause(home.world, "cable_cut")
    mishaps.cause(home.world, "mains_cut")
    mishaps.cause(home.world, "battery_flat", {"percent": 12})
    home.run(300)
    mishaps.heal(home.world, "cable_cut")
    home.run(MINUTE)

    assert "battery-low" in after_restart
    assert "battery-low" not in between
    assert "battery-low" in home.alerts()


class FollowedHome(Home):
    """A home with reports; letters go when `deliver` says so, as over a perfect broker."""

    def new_reporter(self, journal: Journal) -> Reporter:
        """Reports as production makes them."""
        return Reporter(ReportConfig("home-1", HUB_KEY), journal, lambda: None)

    def must_report(self, changed: bool) -> bool:
        """Nothing goes by itself."""
        return False

    def deliver(self, hub: Watcher, now_s: float) -> None:
        """Everything not acknowledged goes to the hub, and its acknowledgements come back."""
        assert self.controller is not None
        journal, mine = self.controller.journal, topics.Topics("home-1", 7)
        letters = [
            _letter(mine, topics.EVENT, documents.event(entry, journal.log_epoch, HUB_KEY))
            for entry in journal.read(journal.acked, journal.durable - journal.acked)
        ]
        number, head = journal.head
        state = standing.stamp(
            standing.state(self.shown), self.now_s * 1000, journal.log_epoch, number, head.hex()
        )
        letters.append(_letter(mine, topics.STATE, state))
        for answer in hub.take(letters, now_s, self.now_s * 1000):
            document = documents.unseal(answer.payload, topics.ACK, "home-1", HUB_KEY)
            assert document is not None
            Outbox(journal).on_ack(
                str(document["log_epoch"]), int(str(document["acked"])), str(document["head"]),
                ask=False,
            )  # fmt: skip
        hub.tell_news()
        self.reporter = self.new_reporter(journal)


def _letter(mine: topics.Topics, leaf: str, document: documents.Document) -> Letter:
    return Letter(mine.leaf(leaf), documents.seal(document, leaf, "home-1", HUB_KEY))


def test_field_when_nobody_can_follow_everybody_is_told(tmp_path: Path) -> None:
    """Dexcom Follow, 30 Nov 2019: caregivers got no alerts for days and were not told so.

    The way to the hub is down while a dose is missed. The machine says after a quarter of an hour
    that caregivers may not be told; the hub says at once that it knows nothing, since when a
    machine is unknown, and never "missed"; what happened is told when the way is back.
    """
    home = FollowedHome(tmp_path, EARLY, plan=PILL)
    said: list[str] = []
    hub = Watcher(
        Store(tmp_path / "hub.sqlite"), HUB_KEY, vigil=Vigil(), zone=zoneinfo.ZoneInfo("UTC"),
        tell=said.append,
    )  # fmt: skip
    home.run(10)
    home.wish("plan", envelope=home.sign())
    home.load()
    home.deliver(hub, 0.0)
    hub.look(0.0)
    said.clear()
    home.run_to("2026-11-23T08:30:00+00:00")
    for second in range(0, 3600, 60):
        hub.look(float(second), connected=False)
    meanwhile, at_machine = list(said), home.shown["alerts"]
    said.clear()
    hub.look(3600.0)
    hub.look(3600.0 + 901)
    unknown = list(said)
    home.deliver(hub, 4600.0)

    (waiting,) = (row for row in at_machine if row["code"] == "reports-waiting")
    assert "caregivers may not be told" in waiting["sentence"]
    assert ["this hub: no connection to its broker. NOTHING is known of any machine."] == meanwhile
    assert any("home-1: UNKNOWN since" in line for line in unknown), unknown
    assert not any("missed" in line.lower() for line in meanwhile + unknown)
    assert any("missed" in line.lower() for line in said[len(unknown) :]), said


@pytest.mark.hazard("H31")
@pytest.mark.parametrize(
    ("cut_s", "whole_s"),
    [(1, 1), (10, 5), (70, 20), (70, 100)],
)
def test_a_cable_that_comes_and_goes_hides_no_alert(home: Home, cut_s: int, whole_s: int) -> None:
    """The same pumps: alarms in the wrong order hid the one that mattered.

    For two hours the cable comes and goes while a dose is missed: no alert is raised more than
    four times an hour, and the missed dose stands at the end as it should.
    """
    end_s = home.now_s + 2 * 3600
    while home.now_s < end_s:
        mishaps.cause(home.world, "cable_cut")
        home.run(cut_s)
        mishaps.heal(home.world, "cable_cut")
        home.run(whole_s)
    raised = Counter(e.alert_id for e in _raised(home))

    assert max(raised.values()) <= 8, raised
    assert {"dose-missed"} & set(home.alerts()) or {"dose-held"} & set(home.alerts())
