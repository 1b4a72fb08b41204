"""The pure parts of the core: the table, the events, the limits, the proposal, the wishes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller import diagram, table
from controller import events as ev
from controller.decide import MOST_STEPS, decide
from controller.facts import Facts
from controller.fold import fold
from controller.rules.limits import free_at, room_at
from controller.rules.proposal import pieces_of
from controller.state import Release, State
from controller.wishes import Refused, grant
from schedules.planfile import parse_plan
from tests.controller.home import EXAMPLE, HOUR, Home

GAP = 4 * HOUR  # of paracetamol in the example plan
T = 1_795_500_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A loaded machine whose state the tests below bend."""
    one = Home(tmp_path_factory.mktemp("core"), "2026-11-23T05:00:00+00:00")
    one.install()
    return one


def state_of(home: Home) -> State:
    """What the controller of a home knows."""
    assert home.controller is not None
    return home.controller.state


def test_library_and_table_walk_the_same_rows() -> None:
    """`transitions`, built from the rows, allows exactly what the core's dict allows."""
    diagram.check()


def test_a_missing_row_is_found_by_the_start_up_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that only one of the two knows stops the controller from starting."""
    monkeypatch.setattr(diagram, "ROWS", table.ROWS[:-1])
    with pytest.raises(AssertionError):
        diagram.check_against(table.ROWS)


def test_only_a_settlement_leaves_uncertain() -> None:
    """Every row out of `uncertain` is one: by a named person, or by the board's late proof."""
    out = [step for step, sources, _ in table.ROWS if "uncertain" in sources]

    assert out and all(step.startswith("settled_") for step in out)


@pytest.mark.parametrize("outcome", [o for o in table.OUTCOMES if o != "uncertain"])
def test_an_outcome_is_written_once(outcome: str) -> None:
    """No row leaves a settled outcome but one: a repaired clock, of what nobody asked for (R8)."""
    for step, _, _ in table.ROWS:
        if step == "voided":
            continue
        with pytest.raises(table.IllegalStep):
            table.after(outcome, step)


def test_every_event_survives_its_json() -> None:
    """Each kind of event, encoded and decoded, is the same event."""
    for name, cls in ev.KINDS.items():
        blank = {"int": 7, "str": "x", "bool": True, "tuple[str, ...]": ("a", "b")}
        fields = {
            field.name: blank.get(str(field.type), (1, 2))
            for field in cls.__dataclass_fields__.values()
            if "ClassVar" not in str(field.type)
        }
        event = cls(**fields)

        assert event == ev.decode(name, ev.encode(event)), name


def test_an_unknown_event_is_refused() -> None:
    """A record of a newer version is never guessed at."""
    with pytest.raises(ev.Unreadable):
        ev.decode("PillThrown", {})
    with pytest.raises(ev.Unreadable):
        ev.decode("Started", {"version": "1", "colour": "red"})


def test_an_impossible_step_never_reaches_the_journal(home: Home) -> None:
    """A second closing of a dose raises before anything is written."""
    dose = ev.DoseOpened("d" * 32, "metformin-500", 4, T, T + 60, T + 90, T + 120)
    closed = ev.DoseClosed("d" * 32, "held", "gap")
    state = fold(fold(state_of(home), dose, T * 1000, "0"), closed, T * 1000, "0")
    with pytest.raises(table.IllegalStep):
        fold(state, closed, T * 1000, "0")


def test_deciding_changes_nothing(home: Home) -> None:
    """decide() is pure: the same question twice has the same answer."""
    state = state_of(home)
    facts = Facts(utc_s=T, clock_trusted=True)

    assert decide(state, facts) == decide(state, facts)
    assert state == state_of(home)


def test_what_lies_in_the_cup_keeps_the_gap_from_running(home: Home) -> None:
    """Not lifted: the gap begins now, whenever now is (R2)."""
    state = state_of(home)
    fallen = Release(T - 10 * HOUR, "paracetamol-500", 8, "x", lifted_at=0)
    state = replace(state, releases=(fallen,))

    assert T + GAP == free_at(state, state.plan_envelope, "paracetamol-500", T)


def test_the_gap_runs_from_the_lift(home: Home) -> None:
    """Lifted an hour after it fell: the gap counts from the lift."""
    state = state_of(home)
    fallen = Release(T, "paracetamol-500", 8, "x", lifted_at=T + HOUR)
    state = replace(state, releases=(fallen,))

    later = T + 2 * HOUR
    assert T + HOUR + GAP == free_at(state, state.plan_envelope, "paracetamol-500", later)


def test_the_rolling_cap_has_room_when_the_oldest_falls_out(home: Home) -> None:
    """Eight tablets in 24 h: the fifth pair waits until the first is a day old."""
    state = state_of(home)
    pairs = tuple(
        Release(T + i * 5 * HOUR, "paracetamol-500", 8, str(i), T + i * 5 * HOUR) for i in range(4)
    )
    state = replace(state, releases=pairs)
    now = T + 20 * HOUR

    assert T + 24 * HOUR == room_at(state, state.plan_envelope, "paracetamol-500", 8, now)
    assert 0 == room_at(state, state.plan_envelope, "paracetamol-500", 8, T + 24 * HOUR)


def test_parts_of_tablets_are_pieces_with_their_own_weight() -> None:
    """Six quarters of a 600 mg tablet: one whole and one half."""
    regimen = replace(parse_plan(EXAMPLE.read_text()).regimens[0], piece_mg=600)

    assert [600, 300] == pieces_of(regimen, 6)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"wish": "dispense"}, "unknown-wish"),
        ({}, "unknown-wish"),
        ({"wish": ["ask"]}, "unknown-wish"),
        ({"wish": "ask"}, "bad-argument"),
        ({"wish": "ask", "regimen": "metformin-500"}, "unknown-regimen"),
        ({"wish": "loading", "compartment": 1, "by": "x"}, "not-at-machine"),
        ({"wish": "emptied", "compartment": 99, "pieces": 0, "by": "x"}, "not-at-machine"),
        ({"wish": "settle", "dose_id": "x", "how": "y", "by": "z"}, "bad-outcome"),
        ({"wish": "resolve", "alert_id": "x", "by": "z"}, "unknown-alert"),
        ({"wish": "confirm-clock", "by": "z"}, "clock-trusted"),
        ({"wish": "unlock", "by": "z"}, "not-at-machine"),
        ({"wish": "acknowledge", "alert_id": "x" * 500, "by": "z"}, "bad-argument"),
    ],
)
def test_a_wish_that_cannot_be_granted_says_why(
    home: Home, wish: dict[str, object], code: str
) -> None:
    """Each refusal has a stable code and a sentence; nothing happens."""
    facts = Facts(utc_s=T, clock_trusted=True)
    with pytest.raises(Refused) as refused:
        grant(state_of(home), facts, wish)  # type: ignore[arg-type]

    assert code == refused.value.code
    assert refused.value.why


def test_there_is_no_wish_that_releases_a_pill(home: Home, tmp_path: Path) -> None:
    """No verb of the socket makes the board start anything."""
    from controller import wishes

    verbs = set(wishes._VERBS)
    assert not verbs & {"dispense", "release", "start", "press", "take", "commit", "give"}


def test_rules_that_never_come_to_an_end_are_stopped_for_good(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that speaks for ever is our own mistake: it fills one turn, and no card."""
    monkeypatch.setattr("controller.loop.decide", lambda state, facts: [ev.Locked("broken rule")])
    home.run(3600)

    assert home.controller is not None
    assert "no-end-of-deciding" == home.controller.fault
    assert MOST_STEPS == len(home.events(ev.Locked))
    assert "alarm" == home.shown["signal"]
