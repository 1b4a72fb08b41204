"""R1 and I19: an old or lying record. Nothing moves, nothing is numbered anew, nobody lies."""

from __future__ import annotations

from typing import Any

import pytest

from controller import events as ev
from controller.chain import JournalFault
from controller.decide import decide
from controller.facts import Facts
from controller.fold import fold
from controller.journal import Journal
from controller.report.documents import event
from controller.rules.record import lost
from fleet.store import Store, arrival
from hal.wire.messages import NO_DIGEST
from tests.controller.home import Home
from tests.controller.monday import CALL, OVER, at_door, fallen, how

LUNCH_CALL = "2026-11-23T11:35:00+00:00"
EVENING = "2026-11-23T17:35:00+00:00"


def keep(home: Home) -> dict[str, bytes]:
    """An image of the card, taken while the controller is off."""
    home.kill_controller()
    image = {p.name: p.read_bytes() for p in home.folder.glob("journal.db*")}
    home.start_controller()
    return image


def put_back(home: Home, image: dict[str, bytes]) -> None:
    """The controller starts again on an image of earlier, or on none."""
    home.kill_controller()
    for path in home.folder.glob("journal.db*"):
        path.unlink()
    for name, data in image.items():
        (home.folder / name).write_bytes(data)
    home.start_controller()


def state(home: Home) -> Any:
    """What the controller knows."""
    assert home.controller is not None
    return home.controller.state


def given_and_forgotten(home: Home) -> str:
    """Breakfast is taken; then the card of six o'clock is put back; the head the board knew."""
    home.run_to("2026-11-23T06:05:00+00:00")
    image = keep(home)
    home.run_to(CALL)
    home.take()
    assert [("taken", "retrieved")] == how(home)
    known = home.executives[-1].mind.order.head.hex()
    put_back(home, image)
    home.run(60)
    return known


def test_r1_an_old_copy_of_the_record_opens_a_new_log_and_moves_nothing(home: Home) -> None:
    """Both heads are named, every fill is held, the dose of the lost time is a doubt, at once."""
    board_head = given_and_forgotten(home)
    first, opened = home.events(ev.LogOpened)
    assert isinstance(first, ev.LogOpened) and isinstance(opened, ev.LogOpened)

    assert ("new", "journal-lost") == (first.reason, opened.reason)
    assert (board_head,) == opened.known_heads
    assert home.controller is not None
    assert home.controller.journal.number_of(bytes.fromhex(opened.former_head)) is not None
    assert first.log_epoch == opened.former_epoch != opened.log_epoch
    assert {"journal-lost"} == {f.code for f in state(home).fills.values()}
    assert [("uncertain", "journal-lost")] == how(home)
    assert {"journal-lost", "machine-locked"} <= set(home.alerts())
    assert "journal-fault" == home.shown["mode"]
    for text in (CALL, OVER, LUNCH_CALL, EVENING):
        home.world.press()
        home.run_to(text) if text > CALL else home.run(30)
    assert 2 == fallen(home)  # the two of breakfast, and nothing since


def test_r1_an_old_copy_that_holds_the_last_order_is_found_by_the_board_alone(home: Home) -> None:
    """Breakfast stands in it, a tablet given by hand since does not: no hub is needed to see that.

    The board keeps the newest head that is safe on the card, not only that of its last START.
    """
    home.run_to(CALL)
    home.take()
    image = keep(home)
    home.run_to(LUNCH_CALL)
    known = [f for f in state(home).fills.values() if f.regimens == ("gabapentin-300",)]
    lunch = min(known, key=lambda f: f.due_at)
    said = {"compartment": lunch.compartment, "pieces": 1, "by": "nurse/x"}
    assert "" == at_door(home, "by-hand", done=True, **said)
    home.world.hand_out(lunch.compartment)
    home.run(5)
    put_back(home, image)
    home.run(60)

    assert "journal-fault" == home.shown["mode"]
    assert {"new", "journal-lost"} == {e.reason for e in home.events(ev.LogOpened)}  # type: ignore[attr-defined]
    assert ("uncertain", "journal-lost") in how(home, "gabapentin-300")


def test_r1_an_old_copy_never_tells_its_own_head_before_it_has_heard_the_boards(home: Home) -> None:
    """Or the board would forget the only head that shows what is lacking."""
    home.run_to("2026-11-23T06:05:00+00:00")
    image = keep(home)
    home.run_to(CALL)
    home.take()
    put_back(home, image)
    told = []
    for _ in range(2000):
        told.append(home.controller._wanted[0].head)  # type: ignore[union-attr]
        home.house.run(home.world.now_ms + 10)
        if state(home).locked:
            break

    assert "journal-lost" == state(home).locked
    assert {NO_DIGEST} == set(told)


def test_r1_what_is_not_safe_on_the_card_is_not_told_to_the_board(home: Home) -> None:
    """What rides along may be lost with the power: the board keeps a head that cannot be."""
    told = set()
    for minute in range(5, 130, 5):
        home.run_to(f"2026-11-23T{6 + minute // 60:02}:{minute % 60:02}:00+00:00")
        assert home.controller is not None
        journal = home.controller.journal
        number = journal.number_of(home.executives[-1].mind.order.head)
        assert number == journal.durable
        told.add(number)
        if minute == 70:
            home.take()

    assert len(told) > 1


def test_r1_a_release_that_the_old_record_only_offered_fills_no_card(home: Home) -> None:
    """The image is of the minute before the press: what cannot be is said once, not every turn."""
    home.run_to(CALL)
    home.take(20)
    home.run_to(LUNCH_CALL)
    image = {p.name: p.read_bytes() for p in home.folder.glob("journal.db*")}
    home.take(20)
    put_back(home, image)
    home.run(60)
    assert home.controller is not None
    written = home.controller.journal.head[0]
    home.run(3600)

    assert "journal-fault" == home.shown["mode"]
    assert home.controller.journal.head[0] - written < 20
    assert [] == home.events(ev.Locked)


def test_r1_events_go_on_under_their_numbers_and_the_chain_holds(home: Home) -> None:
    """No number is given twice in one log; a restart finds one chain through both names."""
    given_and_forgotten(home)
    assert home.controller is not None
    before = [r.number for r in home.controller.journal.all()]
    epoch = home.controller.journal.log_epoch
    home.kill_controller()
    home.start_controller()
    home.run(30)

    assert list(range(1, len(before) + 1)) == before
    assert epoch == home.controller.journal.log_epoch
    assert 2 == len(home.events(ev.LogOpened))  # the same lost head opens no third log
    home.controller.journal.verify()


def test_r1_the_name_of_a_log_cannot_be_changed_behind_its_back(home: Home) -> None:
    """A record that says another name than its last LogOpened is refused at the start."""
    import apsw

    given_and_forgotten(home)
    home.kill_controller()
    db = apsw.Connection(str(home.folder / "journal.db"))
    db.execute("UPDATE about SET log_epoch = '0011223344556677'")
    db.close()

    with pytest.raises(JournalFault, match="chain-broken"):
        Journal.open(home.folder / "journal.db")


def test_r1_after_a_person_has_emptied_and_filled_everything_it_goes_on(home: Home) -> None:
    """Unlocked at the machine by name and plan version; contents are never believed again."""
    given_and_forgotten(home)
    home.run_to("2026-11-23T09:00:00+00:00")
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    assert "say-version" == home.wish("unlock", by="person/ada").code
    assert "" == home.wish("unlock", by="person/ada", version=1).code
    home.world.close_door()
    home.world.service(False)
    home.run(2)
    assert home.controller is not None and home.controller.link.actual is not None
    known = home.controller.link.actual.fill
    home.load()
    # nobody knows how many were loaded in the lost time: the board takes no number twice
    assert min(f.fill for f in state(home).fills.values()) > known + 10_000
    home.run_to(LUNCH_CALL)
    home.take()

    assert [("taken", "retrieved")] == how(home, "gabapentin-300")
    assert 3 == fallen(home)
    assert [("uncertain", "journal-lost")] == how(home)


def test_r1_what_was_given_in_the_lost_time_counts_for_every_gap(home: Home) -> None:
    """Nobody knows what was asked for before: the as-needed medicine waits a whole day."""
    given_and_forgotten(home)
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    home.wish("unlock", by="person/ada", version=1)
    home.world.close_door()
    home.world.service(False)
    home.load()
    home.run(600)
    reply = home.wish("ask", regimen="paracetamol-500")
    assert "gap" == reply.code
    home.run_to("2026-11-23T15:00:00+00:00")

    assert "cap" == home.wish("ask", regimen="paracetamol-500").code


def test_r1_a_lost_record_on_an_empty_card_gives_nothing_either(home: Home) -> None:
    """No journal at all, and a board that has given before: the same as an old one."""
    home.run_to(CALL)
    home.take()
    put_back(home, {})
    home.run(60)

    assert "journal-fault" == home.shown["mode"]
    assert "journal-lost" in home.alerts()
    assert home.wish("plan", envelope=home.sign()).code == ""
    home.world.press()
    home.run_to(OVER)
    assert 2 == fallen(home)


def test_r1_a_copy_without_an_order_in_between_gives_nothing_twice(home: Home) -> None:
    """Older, but the board's last order is in it: as after a power cut, and the plan goes on."""
    home.run_to(CALL)
    home.take()
    image = keep(home)
    home.run_to("2026-11-23T08:05:00+00:00")
    put_back(home, image)
    home.run_to(LUNCH_CALL)
    home.take()

    assert 1 == len(home.events(ev.LogOpened))
    assert [("taken", "retrieved")] == how(home)
    assert [("taken", "retrieved")] == how(home, "gabapentin-300")
    assert 3 == fallen(home)


def test_r1_the_hub_takes_the_new_log_and_never_acknowledges_a_fork(home: Home) -> None:
    """An equal number with another hash is a fork, stored and not acknowledged; the new log is."""
    home.run_to("2026-11-23T06:05:00+00:00")
    image = keep(home)
    store, key = Store(":memory:"), bytes(32)

    def send(epoch: str) -> tuple[Any, list[Any]]:
        assert home.controller is not None
        entries = list(home.controller.journal.all())
        docs = [event(e, epoch, key) for e in entries]
        found = [a for a in (arrival("home-1", d) for d in docs) if a is not None]
        assert len(docs) == len(found)
        cursors, forks = store.take(found, {}, 0)
        return cursors[0], forks

    assert home.controller is not None
    old = home.controller.journal.log_epoch
    home.run_to(CALL)
    home.take()
    cursor, forks = send(old)
    true_head = cursor.head
    assert [] == forks
    put_back(home, image)
    home.run(1)  # the board has not spoken yet, or just has
    cursor, forks = send(old)
    assert forks and true_head == cursor.head
    home.run(60)
    cursor, forks = send(home.controller.journal.log_epoch)

    assert [] == forks
    assert home.controller.journal.head == (cursor.acked, bytes.fromhex(cursor.head))
    assert store.counts()[0] > 0


def test_i19_no_outcome_but_doubt_while_the_boards_head_is_not_ours(home: Home) -> None:
    """From the first word of the board on: no order, and every outcome is journal-lost."""
    given_and_forgotten(home)
    home.run_to(EVENING)
    entries = home.events()
    opened = next(i for i, e in enumerate(entries) if getattr(e, "known_heads", ()))
    after = entries[opened:]

    assert [] == [e for e in after if isinstance(e, ev.OrderPrepared | ev.OrderCommitted)]
    closed = {(e.outcome, e.how) for e in after if isinstance(e, ev.DoseClosed)}
    assert closed == {("uncertain", "journal-lost"), ("held", "journal-lost")}


def test_r1_a_head_that_only_the_hub_knows_is_a_lost_record_too(home: Home) -> None:
    """The board's last order is here, but the hub holds more: a new log, once, and no motion."""
    known = "ab" * 32
    facts = Facts(home.now_s, head="cd" * 32, hub_head=known, log_epoch="0011223344556677")
    opened, *holds = decide(state(home), facts)
    after = fold(state(home), opened, home.now_s * 1000, "00" * 32)

    assert isinstance(opened, ev.LogOpened)
    assert ((known,), "cd" * 32) == (opened.known_heads, opened.former_head)
    assert {"journal-lost"} == {e.code for e in holds}  # type: ignore[attr-defined]
    assert "journal-lost" == after.locked
    assert [] == lost(after, facts)
