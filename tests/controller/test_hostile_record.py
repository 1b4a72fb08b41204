"""What a hostile reader found: loading, versions, numbers, alarms and the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from controller import events as ev
from controller.acts import desired
from controller.copies import replace
from controller.facts import Facts
from controller.fallen import kept, left
from controller.rules.doses import drop_unplanned, open_doses
from controller.rules.lease import build_lease
from controller.rules.limits import room_at
from controller.rules.proposal import proposal
from controller.state import KEEP_S, Cup, Release, State, with_dose, with_fill
from controller.wishes import grant
from hal.sim import mishaps
from hal.wire import codes
from tests.controller.home import DAY, EXAMPLE, HOUR, Home, at
from tests.controller.monday import CALL, OVER, how

# --- loading ---------------------------------------------------------------------------------


def test_what_was_begun_to_load_keeps_its_name(home: Home) -> None:
    """A dose that closes while somebody fills moves no other dose into the hand's compartment."""
    world = home.world
    world.service(True)
    world.open_door()
    home.run(2)
    compartments = home.shown["loading"]["verify"][4:8]
    for c in compartments:
        home.wish("emptied", compartment=c, pieces=world.empty(c), by="person/loader")
    rows = [r for r in home.shown["loading"]["rows"] if r["compartment"] in compartments]
    last = rows[-1]
    c, doses = last["compartment"], last["doses"]
    assert "" == home.wish("loading", compartment=c, doses=doses, by="person/loader").code
    first = rows[0]
    assert [] == home.outcomes()
    home.run_to("2026-11-23T08:10:00+00:00")  # the first of them is over
    assert home.outcomes()

    again = next(r for r in home.shown["loading"]["rows"] if r["compartment"] == c)
    assert doses == again["doses"] != first["doses"]
    stale = home.wish("loading", compartment=first["compartment"], doses=first["doses"], by="p/x")
    assert "proposal-changed" == stale.code


def test_a_lease_taken_while_the_controller_died_counts(home: Home) -> None:
    """Accepted by the board, door closed before anybody heard of it: no standstill."""
    world = home.world
    world.service(True)
    world.open_door()
    home.run(2)
    for c in home.shown["loading"]["verify"]:
        home.wish("verify", compartment=c, by="person/loader")
    before = home.executives[-1].mind.ledger.lease_no
    home.house.wish({"wish": "loading-done", "by": "person/loader"})
    while home.executives[-1].mind.ledger.lease_no == before:
        home.house.run(home.world.now_ms + 1)
        if home.controller is not None and home.events(ev.LoadingDone)[1:]:
            home.kill_controller()
    home.run(5)
    world.close_door()
    world.service(False)
    home.run(5)
    if home.controller is None:
        home.start_controller()
    home.run_to(CALL)
    home.take()

    assert [("taken", "retrieved")] == how(home, "metformin-500")


def test_doses_of_a_former_version_keep_their_lives(home: Home) -> None:
    """In doubt all morning, and a new version came into force: breakfast is not lost."""
    assert home.controller is not None
    state = home.controller.state
    nine = at("2026-11-23T09:00:00+00:00")
    state = replace(state, former=((state.plan_envelope, state.in_force_s, nine),), in_force_s=nine)
    opened: list[Any] = open_doses(state, Facts(utc_s=nine + 5))

    assert {"amlodipine-5", "metformin-500"} == {e.regimen for e in opened}


def test_a_dose_that_was_over_before_a_new_version_is_not_skipped_by_it(home: Home) -> None:
    """The new version no longer has the medicine; what was missed before stays to be judged."""
    home.run_to("2026-11-23T06:40:00+00:00")
    assert home.controller is not None
    later = replace(home.controller.state, in_force_s=at(OVER), plan_envelope=_without(home))
    assert [] == drop_unplanned(later, Facts(utc_s=at(OVER) + 5))


def _without(home: Home) -> str:
    """The envelope of a plan without amlodipine."""
    text = EXAMPLE.read_text()
    a, b = text.index("  - id: amlodipine-5"), text.index("  - id: gabapentin-300")
    return home.sign(text[:a] + text[b:])


def test_a_request_for_what_a_new_version_no_longer_has_is_withdrawn(home: Home) -> None:
    """Granted, then the medicine is stopped: skipped(plan), not given (R4)."""
    home.run_to("2026-11-23T10:00:00+00:00")
    home.wish("ask", regimen="paracetamol-500")
    assert home.controller is not None
    text = EXAMPLE.read_text()
    envelope = home.sign(text[: text.index("  - id: paracetamol-500")])
    state = home.controller.state
    asked = next(d for d in state.doses.values() if d.asked)
    state = with_dose(state, replace(asked, stage="open"))
    state = replace(state, plan_envelope=envelope, in_force_s=home.now_s)
    happened: list[Any] = drop_unplanned(state, Facts(utc_s=home.now_s))

    assert ("skipped", "plan") == (happened[0].outcome, happened[0].how)


def test_two_clocks_apart_cost_no_minute_of_a_request(home: Home) -> None:
    """The board is ten minutes behind: what was granted is open by its clock at once."""
    home.run_to("2026-11-23T10:00:00+00:00")
    assert home.controller is not None
    board = home.controller.link.actual
    assert board is not None
    board.utc_s = home.now_s - 600 - codes.EPOCH_2020_S
    facts = Facts(utc_s=home.now_s, board=board, log_epoch="00" * 8)
    happened: list[Any] = grant(
        home.controller.state, facts, {"wish": "ask", "regimen": "paracetamol-500"}
    )

    assert (home.now_s - 600, home.now_s + 900) == (happened[0].open_at, happened[0].close_at)


def test_near_doses_find_room_in_a_machine_full_of_far_ones(home: Home) -> None:
    """28 full compartments, a new round tomorrow: the farthest makes room for it."""
    assert home.controller is not None
    state = home.controller.state
    tomorrow = min(
        (f for f in state.fills.values() if f.kind == "day" and f.due_at > home.now_s + DAY),
        key=lambda f: f.due_at,
    )
    far = max((f for f in state.fills.values() if f.kind == "day"), key=lambda f: f.due_at)
    lost = with_fill(state, replace(far, compartment=tomorrow.compartment))
    rows = proposal(lost, Facts(utc_s=home.now_s))

    assert tomorrow.doses in {row.doses for row in rows}


def test_a_window_that_is_long_over_calls_nobody(home: Home) -> None:
    """A fill for a dose that fell due under no version: not leased again, and settled (R19)."""
    assert home.controller is not None
    state = home.controller.state
    old = next(f for f in state.fills.values() if f.kind == "day")
    stray = replace(old, doses=("ff" * 16,), close_at=home.now_s - HOUR)
    state = with_fill(state, stray)
    board = home.controller.link.actual
    facts = Facts(utc_s=home.now_s, board=board)
    lease = build_lease(state, facts)
    assert lease is not None

    assert 0 == lease.rows[old.compartment].fill
    assert desired(state, facts).settled_mask >> old.compartment & 1


# --- what counts, as numbers -----------------------------------------------------------------


def test_a_cap_counts_from_the_lift(home: Home) -> None:
    """Fallen at noon, lifted in the evening: room again in the next evening, not at noon (R2)."""
    assert home.controller is not None
    envelope = home.controller.state.plan_envelope
    noon, evening = 1_800_000_000, 1_800_000_000 + 8 * HOUR
    eight = Release(noon, "paracetamol-500", 32, "d", evening)
    state = State(releases=(eight,))

    assert evening + DAY == room_at(state, envelope, "paracetamol-500", 8, evening + 60)
    lying = State(releases=(Release(noon, "paracetamol-500", 32, "d", 0),))
    assert noon + 3 * DAY == room_at(lying, envelope, "paracetamol-500", 8, noon + 2 * DAY)


def test_what_left_on_a_clock_in_doubt_has_no_instant_yet() -> None:
    """A clock a day behind must not end a gap: it counts as of now until time is known."""
    cup = Cup(1, ("d",), 100, 0, 500, 100)
    state = State(cup=cup, releases=(Release(100, "x", 4, "d", 0),))
    assert [0] == [r.lifted_at for r in left(state, 50, everything=True).releases]
    trusted = replace(state, clock_trusted=True)
    assert [500] == [r.lifted_at for r in left(trusted, 500, everything=True).releases]


def test_a_gap_of_weeks_outlives_the_housekeeping() -> None:
    """The newest release of a regimen is never forgotten: a fortnightly medicine keeps its gap."""
    old = Release(0, "methotrexate", 4, "a", 10)
    older = Release(0, "methotrexate", 4, "b", 5)
    assert (old,) == kept((older, old), KEEP_S + DAY)


# --- alarms ----------------------------------------------------------------------------------


def test_a_board_that_comes_and_goes_flaps_no_other_alarm(home: Home) -> None:
    """What cannot be told just now is neither raised nor resolved."""
    mishaps.cause(home.world, "mains_cut")
    home.run(10)
    for _ in range(4):
        mishaps.cause(home.world, "cable_cut")
        home.run(45)
        mishaps.heal(home.world, "cable_cut")
        home.run(45)

    raised: list[Any] = home.events(ev.AlertRaised)
    assert 1 == [e.code for e in raised].count("mains-lost")
    assert "mains-lost" in home.alerts()


# --- the record ------------------------------------------------------------------------------


def test_doses_of_a_lost_record_are_uncertain_not_held(home: Home, tmp_path: Path) -> None:
    """An old card is put in: the dose was given, this record does not know it, nobody lies (R1)."""
    home.run_to("2026-11-23T06:50:00+00:00")
    assert home.controller is not None
    home.kill_controller()
    old = {p.name: p.read_bytes() for p in tmp_path.glob("journal.db*")}
    home.start_controller()
    home.run_to(CALL)
    home.take()
    assert [("taken", "retrieved")] == how(home, "metformin-500")
    home.kill_controller()
    for path in tmp_path.glob("journal.db*"):
        path.unlink()
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)
    home.start_controller()
    home.run_to(OVER)

    assert "machine-locked" in home.alerts()
    assert [("uncertain", "journal-lost")] == how(home, "metformin-500")
