"""The work at the open machine, as the controller proposes it."""

from controller.web.load import work
from controller.web.pick import Json, Object
from controller.web.snapshot import read_snapshot
from hal.wire import codes
from tests.web import scenes
from tests.web.scenes import DUE_S

OPEN = codes.F_SERVICE | codes.F_DOOR_OPEN


def _row(compartment: int, empty_first: bool = False) -> Object:
    return {
        "compartment": compartment, "empty_first": empty_first, "kind": "day", "doses": [],
        "regimens": ["metformin", "amlodipine"], "quarters": [4, 2], "piece_mgs": [510, 130],
        "due_at": DUE_S,
    }  # fmt: skip


def _loading(*rows: Object) -> Json:
    return {"asked": True, "rows": list(rows), "verify": [], "done": False}


def test_contents_are_named_with_their_amounts() -> None:
    """Who fills reads medicine, amount, pieces and for when."""
    now = read_snapshot(scenes.snapshot(loading=_loading(_row(26))))
    (fill,) = work(now).fills

    assert ("27", "1 Metformin 500 mg + ½ Amlodipine 5 mg", 2, "Saturday 08:00", "loading") == (
        fill.place, fill.contents, fill.pieces, fill.when, fill.step,
    )  # fmt: skip


def test_what_is_not_empty_is_emptied_first() -> None:
    """The first step for a used compartment is to count out what is in it."""
    now = read_snapshot(scenes.snapshot(loading=_loading(_row(0, empty_first=True))))

    assert ["emptied"] == [fill.step for fill in work(now).fills]


def test_the_machine_counts_as_open_only_with_switch_and_door() -> None:
    """One of the two is not enough."""
    opened = []
    for flags in (0, codes.F_SERVICE, codes.F_DOOR_OPEN, OPEN):
        board: Json = {"flags": flags}
        opened.append(work(read_snapshot(scenes.snapshot(board=board))).open)

    assert [False, False, False, True] == opened


def test_compartments_held_by_an_opening_wait_for_a_second_look() -> None:
    """Held for another reason is not settled by looking."""
    compartments: list[Json] = [
        {"index": 0, "state": "held", "code": "door-opened"},
        {"index": 1, "state": "held", "code": "short-or-over"},
        {"index": 2, "state": "loaded", "code": ""},
    ]

    assert (0,) == work(read_snapshot(scenes.snapshot(compartments=compartments))).held
