"""The hub's store, its words for people, and its ear for silence."""

import zoneinfo
from pathlib import Path

import pytest

from controller.canonical import Json
from controller.report import documents, topics
from controller.report.mqtt import Letter
from fleet import summary
from fleet.silence import Vigil
from fleet.store import MAX_AHEAD, MAX_DEAD_LETTERS, Arrival, Cursor, Fork, Store, arrival
from fleet.view import Household, clock_time
from fleet.watch import Watcher
from tests.report.test_outbox import KEY, Chain

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def chain_of(count: int, salt: str = "") -> list[Arrival]:
    """So many events as they arrive."""
    chain = Chain()
    chain.grow(count, salt)
    return [told(documents.event(row, "aa", KEY)) for row in chain.rows]


def told(doc: dict[str, Json]) -> Arrival:
    """A document as an arrival."""
    one = arrival("home-1", doc)
    assert one is not None
    return one


def take(store: Store, *arrivals: Arrival) -> tuple[Cursor, list[Fork]]:
    """Take events of one log; its cursor and the forks seen."""
    (cursor,), forks = store.take(arrivals, {}, 0)
    return cursor, forks


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "hub.sqlite")


def test_a_gap_is_never_acknowledged_over(store: Store) -> None:
    """The cursor stops before the gap, says that more is there, and jumps when it is filled."""
    one = chain_of(6)

    assert (2, True) == (_at(store, one[0], one[1], one[4])[0], store.cursor("home-1", "aa").ahead)
    assert (6, False) == _at(store, one[2], one[3], one[5])


def _at(store: Store, *arrivals: Arrival) -> tuple[int, bool]:
    cursor, forks = take(store, *arrivals)
    assert [] == forks
    return cursor.acked, cursor.ahead


def test_an_event_is_stored_once(store: Store) -> None:
    """Repeats change nothing, in one batch or in many."""
    one = chain_of(3)
    take(store, *one, *one)
    cursor, _ = take(store, *one)

    assert (3, one[2].hash) == (cursor.acked, cursor.head)
    assert 3 == store.stored("home-1", "aa")


def test_an_equal_number_with_another_hash_is_a_fork(store: Store) -> None:
    """The first history stays, the other one is kept apart, and the cursor does not follow it."""
    true, false = chain_of(5), chain_of(7, salt="x")
    take(store, *true)

    cursor, forks = take(store, *false)

    assert [Fork("home-1", "aa", n) for n in (1, 2, 3, 4, 5)] == forks[:5]
    assert (5, true[4].hash) == (cursor.acked, cursor.head)
    assert 5 <= store.counts()[0]


def test_an_event_that_does_not_follow_leaves_its_place_to_the_true_one(store: Store) -> None:
    """A false event ahead of the cursor cannot block the log for ever."""
    true, false = chain_of(4), chain_of(4, salt="x")
    take(store, true[0], false[2])
    cursor, forks = take(store, true[1])
    assert (2, [Fork("home-1", "aa", 3)]) == (cursor.acked, forks)

    cursor, forks = take(store, true[2], true[3])

    assert (4, []) == (cursor.acked, forks)


def test_what_is_acknowledged_survives(store: Store, tmp_path: Path) -> None:
    """Another process that opens the file finds what the cursor promised."""
    cursor, _ = take(store, *chain_of(9))

    assert cursor == Store(tmp_path / "hub.sqlite").cursor("home-1", "aa")


def test_a_failed_batch_leaves_no_trace(store: Store) -> None:
    """Nothing of a batch that could not be stored is there afterwards."""
    one = chain_of(2)
    broken = Arrival("home-1", "aa", 3, one[1].hash, "ff", {"at": 1.5})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="float"):
        store.take([*one, broken], {}, 0)

    assert 0 == store.cursor("home-1", "aa").acked
    assert 0 == store.stored("home-1", "aa")


def test_events_from_a_far_future_are_not_hoarded(store: Store) -> None:
    """A device cannot fill the store with numbers far beyond its cursor."""
    far = Arrival("home-1", "aa", MAX_AHEAD + 1, "", "ff", {})
    take(store, far)

    assert 0 == store.stored("home-1", "aa")


def test_dead_letters_are_bounded(store: Store) -> None:
    """Anybody may send garbage; the newest of it is kept."""
    for number in range(MAX_DEAD_LETTERS + 5):
        store.bury("t", b"%d" % number, "no-seal", 0)

    assert (0, MAX_DEAD_LETTERS) == store.counts()


@pytest.mark.parametrize(
    "change", [{"n": 0}, {"n": True}, {"n": 1 << 63}, {"n": "1"}, {"hash": ""}, {"kind": 1}]
)
def test_a_sealed_document_may_still_be_no_event(change: dict[str, Json]) -> None:
    """What lacks a place in a chain is refused."""
    doc = dict(chain_of(1)[0].doc)

    assert arrival("home-1", {**doc, **change}) is None


def test_the_summary_counts_what_became_of_each_dose(tmp_path: Path) -> None:
    """The last word on a dose counts, once; alerts are raised and resolved."""
    a, b, c = "aa" * 16, "bb" * 16, "cc" * 16
    bodies: list[tuple[str, dict[str, Json]]] = [
        ("DoseOpened", {"dose_id": c, "due_at": 1_800_000_000}),
        ("DoseClosed", {"dose_id": a, "outcome": "taken", "how": "retrieved"}),
        ("DoseClosed", {"dose_id": b, "outcome": "uncertain", "how": "cup"}),
        (
            "AlertRaised",
            {"alert_id": f"dose-uncertain-{b[:12]}", "code": "dose-uncertain", "severity": 3},
        ),
        ("DoseSettled", {"dose_id": b, "outcome": "taken", "how": "by hand", "by": "person/ada"}),
        (
            "AlertResolved",
            {"alert_id": f"dose-uncertain-{b[:12]}", "how": "settled", "by": "person/ada"},
        ),
        ("AlertRaised", {"alert_id": "mains-lost", "code": "mains-lost", "severity": 2}),
    ]
    chain = Chain()
    chain.grow(len(bodies))
    docs = []
    for row, (kind, body) in zip(chain.rows, bodies, strict=True):
        doc = documents.event(row, "aa", KEY) | {"kind": kind}
        docs.append(told({**doc, **documents.publish(body, documents.PUBLIC[kind], KEY)}))
    store = Store(tmp_path / "hub.sqlite")
    store.take(docs, {"home-1": "2027-01-15T08:00:00.000Z"}, 0)
    found = summary.summarise(tmp_path / "hub.sqlite")["devices"]
    assert isinstance(found, dict)
    device = found["home-1"]

    assert {"taken": 2, "open": 1} == device["doses"]
    assert (2, 1, ["mains-lost"]) == tuple(
        device[name] for name in ("alerts_raised", "alerts_resolved", "alerts_open")
    )
    assert (7, 7, 0, 1) == tuple(
        device[name] for name in ("stored", "contiguous", "closed_twice", "settled")
    )


def watcher_on(store: Store, lines: list[str]) -> Watcher:
    """A watcher that collects what it tells."""
    return Watcher(store, KEY, vigil=Vigil(), zone=zoneinfo.ZoneInfo("UTC"), tell=lines.append)


def letter(leaf: str, doc: dict[str, Json], *, retain: bool = False) -> Letter:
    """A sealed document as it comes from home-1."""
    payload = documents.seal(doc, leaf, "home-1", KEY)
    return Letter(topics.Topics("home-1", 7).leaf(leaf), payload, 1, retain)


def said(answers: list[Letter]) -> list[tuple[Json, Json, Json]]:
    """(acked, head, ask) of the acknowledgements."""
    found = []
    for answer in answers:
        assert "posology/v1/7/home-1/ack" == answer.topic
        doc = documents.unseal(answer.payload, topics.ACK, "home-1", KEY)
        assert doc is not None
        found.append((doc["acked"], doc["head"], doc["ask"]))
    return found


def test_a_hub_that_has_just_come_asks_for_what_it_missed(store: Store) -> None:
    """A retained state document is answered with a question; a live one only if it says more."""
    one = chain_of(3)
    take(store, *one)
    watcher = watcher_on(store, [])
    state: dict[str, Json] = {"at": "2027", "log_epoch": "aa", "n": 3}

    assert [(3, one[2].hash, True)] == said(
        watcher.take([letter(topics.STATE, state, retain=True)], 0, 0)
    )
    assert [(3, one[2].hash, False)] == said(watcher.take([letter(topics.STATE, state)], 0, 0))
    assert [(3, one[2].hash, True)] == said(
        watcher.take([letter(topics.STATE, {**state, "n": 4})], 0, 0)
    )


def test_a_gap_makes_the_hub_ask_at_once(store: Store) -> None:
    """It acknowledges what is contiguous, and asks for what follows."""
    one = chain_of(4)
    events = [letter(topics.EVENT, dict(one[n].doc)) for n in (0, 3)]

    assert [(1, one[0].hash, True)] == said(watcher_on(store, []).take(events, 0, 0))


def test_one_home_cannot_speak_for_another(store: Store) -> None:
    """A document sealed for home-1 counts for nobody on the topic of home-2."""
    stolen = letter(topics.EVENT, dict(chain_of(1)[0].doc))
    moved = Letter(topics.Topics("home-2", 7).leaf(topics.EVENT), stolen.payload)

    assert [] == watcher_on(store, []).take([moved], 0, 0)
    assert (0, 1) == store.counts()


def test_a_kept_state_does_not_mean_that_the_machine_lives(store: Store) -> None:
    """What the broker retained breaks no silence; a word of its own does."""
    lines: list[str] = []
    watcher = watcher_on(store, lines)
    state: dict[str, Json] = {"at": "2027-01-15T14:05:00.000Z", "log_epoch": "aa", "n": 0}
    watcher.take([letter(topics.STATE, state, retain=True)], 0, 0)
    watcher.look(901)
    watcher.take([letter(topics.STATE, state, retain=True)], 902, 0)
    watcher.look(903)

    assert 1 == len(lines) and "UNKNOWN since 2027-01-15 14:05" in lines[0]
    watcher.take([letter(topics.STATE, {**state, "at": "2027-01-15T14:30:00.000Z"})], 904, 0)
    assert "home-1: heard again; nothing was known since 2027-01-15 14:05." == lines[-1]


@pytest.mark.hazard("H18")
def test_a_deaf_hub_blames_no_machine(store: Store) -> None:
    """Without its broker the hub says that it hears nobody; afterwards everybody may speak."""
    lines: list[str] = []
    watcher = watcher_on(store, lines)
    state: dict[str, Json] = {"at": "2027-01-15T14:05:00.000Z", "log_epoch": "aa", "n": 0}
    watcher.take([letter(topics.STATE, state)], 0, 0)
    for now_s in (10, 39, 40, 2000, 4000):
        watcher.look(now_s, connected=False)

    assert ["this hub: no connection to its broker. NOTHING is known of any machine."] == lines
    watcher.look(4001)
    watcher.look(4900)
    assert ["this hub: connected to its broker again."] == lines[1:]
    watcher.look(4901)
    assert "home-1: UNKNOWN since 2027-01-15 14:05." in lines[-1]


def test_an_alert_is_told_with_what_it_means(store: Store) -> None:
    """The stable code, and a sentence; a fault of the machine by its own name."""
    home = Household(BERLIN)
    raised: dict[str, Json] = {"kind": "AlertRaised", "alert_id": "a", "severity": 3}

    assert ["ALERT, urgent: board-fault. The tray is stuck."] == home.apply(
        {**raised, "code": "board-fault", "fault": 201}
    )
    assert ["ALERT, urgent: mains-lost. The machine runs on its battery."] == home.apply(
        {**raised, "code": "mains-lost", "fault": 0}
    )


def test_a_damaged_journal_is_told_though_no_event_can_come(store: Store) -> None:
    """The state document alone brings it, once, and its end."""
    lines: list[str] = []
    watcher = watcher_on(store, lines)
    state: dict[str, Json] = {"at": "2027", "log_epoch": "", "n": 0, "mode": "journal-fault"}

    assert [] == watcher.take([letter(topics.STATE, state)] * 2, 0, 0)
    watcher.take([letter(topics.STATE, {**state, "mode": "ready"})], 0, 0)

    assert [
        "home-1: ALERT, urgent: its record is damaged, and it gives nothing.",
        "home-1: ALL CLEAR: its record can be read.",
    ] == lines


def test_a_caregiver_reads_local_time() -> None:
    """The dose is named by its due time on the caregiver's wall."""
    home = Household(BERLIN)
    home.apply({"kind": "DoseOpened", "dose_id": "aa", "due_at": 1_800_000_000})
    line = home.apply({"kind": "DoseClosed", "dose_id": "aa", "outcome": "missed", "how": ""})

    assert [
        "The dose of 2027-01-15 09:00: MISSED. Nobody took it from the machine in time."
    ] == line
    assert "2027-01-15 09:00" == clock_time("2027-01-15T08:00:00.000Z", BERLIN)


def test_a_late_taking_corrects_what_was_said() -> None:
    """People who heard `missed` hear that it was taken after all."""
    home = Household()
    home.apply({"kind": "DoseClosed", "dose_id": "aa", "outcome": "missed", "how": "left-in-cup"})

    assert ["The dose aa was taken after all, late."] == home.apply(
        {"kind": "TakenLate", "dose_id": "aa"}
    )


def test_a_word_on_what_no_machine_holds_is_news_after_the_outcome() -> None:
    """Before it the outcome itself says so; after `missed` people hear what a person knows."""
    home = Household()
    said: dict[str, Json] = {"kind": "TakingSaid", "dose_id": "aa", "word": "taken"}
    before = home.apply(said)
    home.apply({"kind": "DoseClosed", "dose_id": "aa", "outcome": "missed", "how": "not-confirmed"})

    assert [] == before
    assert ["The dose aa: a person says it was taken after all."] == home.apply(said)
    assert ["The dose aa: a person says it was not taken."] == home.apply(
        {**said, "word": "not-taken"}
    )


@pytest.mark.hazard("H18")
def test_silence_is_told_once_and_so_is_its_end() -> None:
    """A machine that stops speaking is unknown since its last word, never missed."""
    vigil = Vigil(silent_after_s=900, offline_after_s=30)
    vigil.expect("home-1", "2027-01-15T14:05", now_s=0)

    assert [] == vigil.check(899)
    assert [("home-1", "2027-01-15T14:05")] == vigil.check(900)
    assert [] == vigil.check(2000)
    assert "2027-01-15T14:05" == vigil.heard("home-1", "2027-01-15T15:00", now_s=2000)
    assert vigil.heard("home-1", "2027-01-15T15:01", now_s=2001) is None
    assert 2901 == vigil.next_s()


def test_a_short_hiccup_of_the_connection_is_no_alarm() -> None:
    """Offline counts after its grace; back in time, nobody is told."""
    vigil = Vigil(silent_after_s=900, offline_after_s=30)
    vigil.heard("home-1", "2027-01-15T14:05", now_s=0)
    vigil.offline("home-1", now_s=10)
    assert [] == vigil.check(39)
    vigil.online("home-1")
    assert [] == vigil.check(41)

    vigil.offline("home-1", now_s=50)
    vigil.offline("home-1", now_s=70)
    assert [("home-1", "2027-01-15T14:05")] == vigil.check(80)
    assert ["home-1"] == vigil.silent()
