"""What a person reads before giving without the machine is what the wish then answers."""

from __future__ import annotations

from typing import Any

import pytest

from controller import events as ev
from hal.sim import mishaps
from tests.controller.home import Home
from tests.controller.monday import CALL, OVER, how, skip_to

BY = "person/ada"
WISHES: dict[str, tuple[str, dict[str, Any]]] = {
    "by_hand": ("by-hand", {}),
    "was_by_hand": ("by-hand", {"done": True}),
    "late": ("give-late", {"reason": "came-late"}),
    "journey": ("hand-out", {"for": "a-day-trip"}),
}


def foreseen(home: Home) -> Any:
    """The rows that the page gets now."""
    return home.wish("foresee").more["rows"]


def opened(home: Home) -> Any:
    """The rows that the page gets once somebody holds the switch and opens the door."""
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    return foreseen(home)


def answered(home: Home, row: Any, name: str) -> str:
    """The code of the true wish, asked of a copy of the state: nothing happens."""
    verb, more = WISHES[name]
    given = {"by": BY, **more}
    if verb == "give-late":
        given["dose_id"] = row["dose_id"]
    else:
        given |= {"compartment": row["compartment"], "pieces": row["pieces"]}
    assert home.controller is not None
    kept = home.controller.state
    code = home.wish(verb, **given).code
    home.controller.state = kept
    return code


def test_r9_nothing_is_foreseen_for_somebody_who_is_not_at_the_machine(home: Home) -> None:
    """Door closed: no rows; switch held and door open: every compartment with planned doses."""
    home.run_to(CALL)
    assert [] == foreseen(home)
    home.world.service(True)
    home.run(2)
    assert [] == foreseen(home)
    rows = opened(home)
    assert home.controller is not None
    planned = [f for f in home.controller.state.fills.values() if f.kind == "day"]

    assert len(planned) == len(rows) > 0
    assert {"Metformin 500 mg", "Amlodipine 5 mg"} == set(rows[0]["names"])


@pytest.mark.parametrize(
    ("when", "by_hand", "late"),
    [
        (OVER, {"too-late", "not-open"}, {""}),
        ("2026-11-23T11:40:00+00:00", {"", "too-late", "not-open"}, {"next-dose"}),
    ],
)
def test_r9_r17_what_is_foreseen_is_what_is_answered(
    home: Home, when: str, by_hand: set[str], late: set[str]
) -> None:
    """Missed, due and far ahead: each verdict of each row is the code of the true wish."""
    home.run_to(OVER)
    if when != OVER:
        skip_to(home, when)
    rows = opened(home)[:4]
    seen: dict[str, set[str]] = {name: set() for name in WISHES}
    for row in rows:
        for name in WISHES:
            if row[name] is not None:
                seen[name].add(row[name]["code"])
                assert answered(home, row, name) == row[name]["code"], (row, name)

    assert (by_hand, late) == (seen["by_hand"], seen["late"])
    assert {"", "not-open"} == seen["was_by_hand"] == seen["journey"]


def test_r9_a_dead_machine_still_lets_be_written_down_what_was_given(home: Home) -> None:
    """Opened without power: the round that is due may be given by hand, and is then taken."""
    home.run_to(CALL)
    mishaps.cause(home.world, "cable_cut")
    home.run(40)
    rows = foreseen(home)
    assert ("", None) == (rows[0]["by_hand"]["code"], rows[0]["late"])
    assert "not-at-machine" == rows[0]["journey"]["code"]
    given = home.world.hand_out(rows[0]["compartment"])
    reply = home.wish("by-hand", compartment=rows[0]["compartment"], pieces=given, by=BY)

    assert ("", [("taken", "by-hand")]) == (reply.code, how(home))
    assert 1 == len(home.events(ev.GivenByHand))
    assert rows[0]["compartment"] not in [row["compartment"] for row in foreseen(home)]


def test_r17_a_late_dose_names_its_reason(home: Home) -> None:
    """Without one of the four reasons nothing is given late; with it the record has it."""
    home.run_to(OVER)
    row = next(row for row in opened(home) if row["dose_id"])
    late = {"dose_id": row["dose_id"], "by": BY}
    assert "say-reason" == home.wish("give-late", **late).code
    assert "say-reason" == home.wish("give-late", **late, reason="because").code
    assert "" == home.wish("give-late", **late, reason="prescriber-says").code

    said = home.events(ev.GivenLate)
    assert {("person/ada", "prescriber-says")} == {(e.by, e.why) for e in said}  # type: ignore[attr-defined]
