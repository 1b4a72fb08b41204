"""Data, commands and accounts that nobody proved: none of them moves anything."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from controller import events as ev
from controller import wishes
from controller.home.furnish import Furniture, furnish
from controller.home.places import Places
from controller.home.switches import Switches
from controller.report import documents, topics
from fleet import brokers
from hal.sim.cable import BOARD
from hal.wire import codes
from hal.wire.frame import DESIRED, LEASE, Decoder, encode
from schedules import seal
from tests.controller.home import KEY, Home
from tests.field.people import EARLY, PILL, attend, fallen
from tests.home.running import UP_LIMIT_S, Run

CALL = "2026-11-23T07:05:00+00:00"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One pill a day, not loaded yet; everything on the cable is overheard."""
    one = Home(tmp_path, EARLY, plan=PILL)
    one.world.cable.record = []
    return one


def overheard(home: Home) -> list[tuple[int, bytes]]:
    """Kind and payload of every frame that was sent to the board so far."""
    decoder, found = Decoder(), []
    for _, end, data in home.world.cable.record or []:
        if end == BOARD:
            found += decoder.feed(data)
    return found


def _lease(home: Home) -> tuple[int, bytes]:
    assert home.controller is not None and home.controller.link.actual is not None
    actual = home.controller.link.actual
    return actual.lease_no, actual.lease_digest


def _bad_frames(home: Home) -> int:
    assert home.controller is not None and home.controller.link.actual is not None
    return home.controller.link.actual.bad_frames


@pytest.mark.parametrize("kind", [LEASE, DESIRED])
def test_field_data_changed_on_its_way_is_not_taken(home: Home, kind: int) -> None:
    """B. Braun Infusomat, CVE-2021-33885 (9.7): critical data was taken without a signature.

    Somebody on the cable changes any byte of a lease or of an order and mends the checksum: the
    board drops each of them, keeps its lease and gives what was ordered, once.
    """
    home.install()
    home.run_to(CALL)
    lease, bad = _lease(home), _bad_frames(home)
    payload = [body for found, body in overheard(home) if found == kind][-1]
    for place in range(0, len(payload), 7):
        for counter in (payload[:4], b"\xff\xff\xff\x00"):
            changed = bytearray(counter + payload[4:])
            changed[place] ^= 0x41
            home.world.to_board(encode(kind, bytes(changed)))
        home.run(1)
    home.take()

    assert lease == _lease(home)
    assert _bad_frames(home) > bad
    assert [("amlodipine-5", "taken", "retrieved")] == home.outcomes()
    assert 1 == fallen(home.world)


def test_field_a_plan_is_nothing_without_two_true_signatures(home: Home) -> None:
    """The same advisory, where a plan comes in: whoever can reach the door brings one.

    No signature, one, the same person twice, a stranger's, or another plan's signatures:
    refused, and the machine stays without a plan.
    """
    home.run(5)
    (anna, ben), plan = home.private, home.plan
    stranger = (ben[0], ben[1], seal.new_key()[0])
    good = home.sign()
    envelopes = [
        seal.seal(plan, [anna]).decode(),
        seal.seal(plan, [anna, stranger]).decode(),
        seal.seal(plan, [anna, (ben[0], ben[1], anna[2])]).decode(),
        home.sign(PILL.replace("dose: 1", "dose: 2"))[: len(good) // 2] + good[len(good) // 2 :],
        "{}",
    ]
    refused = [home.wish("plan", envelope=one).code for one in envelopes]

    assert "" not in refused, refused
    assert [] == home.events(ev.PlanApproved)
    assert "" == home.wish("plan", envelope=good).code


def test_field_the_record_says_what_fell_and_not_what_was_prescribed(home: Home) -> None:
    """The same pump showed exactly what was prescribed while it gave more (CVE-2021-33882 to 6).

    A loader puts two pieces where one belongs and says one. Both fall: the journal, the page and
    the outcome do not say "taken as planned" but that nobody knows, and a person is asked.
    """
    world = home.world
    true_put = world.put

    def heavy_hand(compartment: int, pieces_mg: list[int], label: str = "") -> int:
        return true_put(compartment, [*pieces_mg, *pieces_mg[:1]], label)

    world.put = heavy_hand  # type: ignore[method-assign]
    home.install()
    attend(home, CALL)
    (resolved,) = home.events(ev.OrderResolved)
    (dose,) = (d for d in home.doses.values() if not d.is_open)

    assert 2 == fallen(world)
    assert codes.UNCERTAIN == resolved.verdict  # type: ignore[attr-defined]
    assert "uncertain" == dose.stage, home.show()
    assert "dose-uncertain" in home.alerts()


def test_field_a_recorded_command_is_nothing_the_second_time(tmp_path: Path) -> None:
    """Medtronic MMT-500/503 remotes (31,310 recalled): a recorded command could be sent again.

    Everything that ever went to the board while a dose was given is sent again when the next
    one waits: with the controller there, without it, and to a board that has just started.
    """
    home = Home(tmp_path, EARLY, plan=PILL.replace("[08:00]", "[08:00, 10:00]"))
    home.world.cable.record = []
    home.install()
    home.run_to(CALL)
    home.take()
    recorded = [data for _, end, data in home.world.cable.record or [] if end == BOARD]
    home.run_to("2026-11-23T08:50:00+00:00")
    turned = len(home.world.drives)
    _send_again(home, recorded)
    home.kill_controller()
    home.run(60)
    home.world.press()
    _send_again(home, recorded)
    home.world.reset(3)
    home.run(5)
    home.world.press()
    _send_again(home, recorded)

    assert 1 == fallen(home.world)
    assert not home.world.drives[turned:]
    home.start_controller()
    home.run(30)
    attend(home, "2026-11-23T09:30:00+00:00")
    assert ["taken", "taken"] == [stage for _, stage, _ in home.outcomes()]


def _send_again(home: Home, recorded: list[bytes]) -> None:
    for data in recorded:
        home.world.to_board(data)
        home.house.run(home.world.now_ms + 20)


def test_field_no_word_at_the_door_gives_a_pill(home: Home) -> None:
    """SETracker watches: an open interface could send TAKEPILLS, without limit.

    Every verb that there is, in a round that waits for its press, with all that could fit: none
    lets a pill fall. The press on the board does.
    """
    home.install()
    home.run_to(CALL)
    (dose,) = home.doses
    words = {
        "by": "person/eva", "dose_id": dose, "outcome": "taken", "how": "seen", "pieces": 1,
        "regimen": "amlodipine-5", "compartment": 0, "alert_id": "x", "envelope": "{}",
    }  # fmt: skip
    verbs = [verb for verb in wishes._VERBS if verb not in ("skip", "settle")]
    for verb in (*verbs, "release", "start", "press", "dispense", "TAKEPILLS"):
        home.wish(verb, **words)
        home.run(5)
    before = fallen(home.world)
    home.take()

    assert 0 == before
    assert 1 == fallen(home.world)


def furnished(folder: Path) -> tuple[Places, Furniture]:
    """A home with its keys, as `make run` makes it."""
    places = Places(folder)
    places.settle(fresh=True)
    return places, furnish(places, Switches.read({}), broker_port=1)


def test_field_every_home_has_keys_of_its_own_and_no_password(tmp_path: Path) -> None:
    """BD Pyxis CVE-2022-22766/7: hard-coded and default passwords. Dogness: one for all devices.

    Two homes share no key, nobody else may read one, the configuration holds only the names of
    key files, and there is no account or password to leave as it was.
    """
    (one, mine), (other, theirs) = furnished(tmp_path / "a"), furnished(tmp_path / "b")
    files = [path.read_text() for home in (one, other) for path in home.keys.iterdir()]
    keys = [re.findall("[0-9a-f]{64}", text)[0] for text in files]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in one.keys.iterdir()}
    settings = one.config.read_text()

    assert len(keys) == len(set(keys)) >= 8
    assert {0o600} == modes
    assert mine.envelope != theirs.envelope
    assert not any(key in settings for key in keys)
    assert not any(word in settings.lower() for word in ("password", "passwd", "user", "login"))
    one.leave()
    other.leave()


def test_field_a_key_of_one_home_speaks_for_no_other(tmp_path: Path) -> None:
    """Dogness feeders: the broker password of one device opened all of them.

    An event sealed with one home's key is nothing under another home's name, and a board that is
    paired with one controller is deaf to the other.
    """
    (one, mine), (other, theirs) = furnished(tmp_path / "a"), furnished(tmp_path / "b")
    key, foreign = (bytes.fromhex(f.hub_key.read_text()) for f in (mine, theirs))
    sealed = documents.seal({"kind": "DoseClosed"}, topics.EVENT, "home-a", key)
    one.leave()
    other.leave()

    assert documents.unseal(sealed, topics.EVENT, "home-a", key) is not None
    assert documents.unseal(sealed, topics.EVENT, "home-b", key) is None
    assert documents.unseal(sealed, topics.EVENT, "home-a", foreign) is None
    assert bytes.fromhex(mine.pairing_key.read_text()) != KEY


def _listening(pids: set[int]) -> set[str]:
    """Addresses (hex, as the kernel tells) at which these processes take TCP connections."""
    inodes = set()
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").glob("*"):
            target = os.readlink(handle) if handle.is_symlink() else ""
            inodes.add(target.removeprefix("socket:[").removesuffix("]"))
    rows = [row.split() for name in ("tcp", "tcp6")
            for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]  # fmt: skip
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}


@pytest.mark.story
@pytest.mark.timeout(180)
def test_field_nothing_listens_beyond_this_machine(tmp_path: Path) -> None:
    """Hospira LifeCare PCA, CVE-2015-3459: a console on the network, root without a password.

    Of all processes of a running home, each TCP port that takes connections is on the loopback.
    """
    try:
        brokers.nats_program()
    except brokers.BrokerMissing as missing:
        pytest.skip(reason=f"needs a broker: {missing}")
    run = Run(tmp_path / "home", PORT="18540")
    try:
        run.hear("Ctrl-C ends it", UP_LIMIT_S)
        found = _listening(set(run.children()))
    finally:
        run.end()

    assert {"0100007F"} == found
