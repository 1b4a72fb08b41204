"""Forms become lines for the controller and the house, or a refusal with a sentence."""

import pytest

from controller.web.hands import MISHAPS, filling, hand
from controller.web.wishes import NoWish, pseudonym, wish, wishes
from hal.sim import mishaps

SETTLE = {"dose_id": "d1", "outcome": "taken", "how": "counted", "by": " Ada Lovelace "}


def test_settling_carries_the_persons_pseudonym() -> None:
    """Outcome, what was seen and who says so travel together."""
    assert {
        "wish": "settle",
        "dose_id": "d1",
        "outcome": "taken",
        "how": "counted",
        "by": "person/ada-lovelace",
    } == wish("settle", SETTLE)


@pytest.mark.hazard("H32")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"by": "  "}, "no-name"),
        ({"by": "!!"}, "no-name"),
        ({"outcome": "skipped"}, "not-a-choice"),
        ({"outcome": ""}, "missing-field"),
        ({"how": "I guess"}, "not-a-choice"),
        ({"dose_id": "x" * 81}, "missing-field"),
    ],
)
def test_an_incomplete_settlement_is_refused(change: dict[str, str], code: str) -> None:
    """There is no default outcome and no nameless person."""
    with pytest.raises(NoWish) as refusal:
        wish("settle", {**SETTLE, **change})

    assert code == refusal.value.code


@pytest.mark.parametrize("verb", ["dispense", "release", "press", "start", ""])
def test_no_wish_releases_a_pill(verb: str) -> None:
    """The list is closed: there is no verb that moves the machine."""
    with pytest.raises(NoWish):
        wish(verb, {"by": "Ada", "compartment": "3"})


@pytest.mark.parametrize("compartment", ["28", "-1", "3.0", "٣", "", "x"])
def test_a_compartment_outside_the_tray_is_refused(compartment: str) -> None:
    """Only 0 to 27, in plain digits."""
    with pytest.raises(NoWish):
        wish("verify", {"compartment": compartment, "by": "Ada"})


def test_several_compartments_are_several_wishes() -> None:
    """Each compartment is said by itself, so that the controller can refuse one of them."""
    assert [
        {"wish": "verify", "compartment": 3, "by": "person/ada"},
        {"wish": "verify", "compartment": 5, "by": "person/ada"},
    ] == wishes("verify", {"compartment": "3,5", "by": "Ada"})


def test_one_bad_compartment_among_several_refuses_all() -> None:
    """Nothing is half said."""
    with pytest.raises(NoWish):
        wishes("verify", {"compartment": "3,99", "by": "Ada"})


def test_emptying_takes_the_count_of_its_own_field() -> None:
    """One form holds a count for each compartment; the others do not leak in."""
    form = {"compartment": "4", "pieces-4": "2", "pieces-5": "9", "by": "Ada"}

    assert {"wish": "emptied", "compartment": 4, "by": "person/ada", "pieces": 2} == wish(
        "emptied", form
    )


def test_simulated_fingers_fill_what_the_person_says_is_filled() -> None:
    """In simulation the pieces must be there before somebody says they are."""
    assert {"verb": "put", "compartment": 2, "pieces": [510, 130]} == filling(
        "loaded", 2, (510, 130)
    )
    assert None is filling("verify", 2, (510,))


def test_a_name_in_any_script_is_a_name() -> None:
    """Letters are letters; the length is bounded."""
    assert ("person/žofia", True) == (pseudonym("Žofia"), len(pseudonym("a" * 500)) < 80)


def test_every_mishap_on_offer_is_known_to_the_house() -> None:
    """A button that the house would refuse is not shown."""
    assert set() == {mishap.name for mishap in MISHAPS} - set(mishaps.TABLE)


def test_a_sticking_pill_sticks_in_the_compartment_that_comes_next() -> None:
    """Otherwise the trouble would wait for a compartment nobody opens."""
    assert {"verb": "mishap", "name": "stuck_pill", "args": {"compartment": 5}} == hand(
        "mishap", {"name": "stuck_pill"}, coming=5
    )


@pytest.mark.parametrize(
    ("verb", "form"),
    [
        ("put", {}),
        ("mishap", {"name": "everything"}),
        ("clock-jump", {"who": "controller", "seconds": "999999999"}),
        ("clock-jump", {"who": "hub", "seconds": "3600"}),
    ],
)
def test_hands_are_a_closed_list(verb: str, form: dict[str, str]) -> None:
    """Only what has a control on the page can be asked of the house."""
    with pytest.raises(NoWish):
        hand(verb, form)


def test_a_plan_version_travels_along_and_what_must_be_signed_does_not() -> None:
    """What the rules ask of a person beside the name; a second person or a time is signed."""
    by = {"by": "Ada"}
    assert "second" not in wish("settle", {**SETTLE, "second": " Ben "})
    assert {"wish": "unlock", "by": "person/ada"} == wish("unlock", by)
    assert {"wish": "unlock", "by": "person/ada", "version": 3} == wish(
        "unlock", {**by, "version": "3"}
    )
    with pytest.raises(NoWish):
        wish("repair-clock", {**by, "now": "1795410000"})  # signed and brought, never typed


def test_a_compartment_that_stands_twice_in_a_form_has_two_counts() -> None:
    """Given now, given already, handed out: each takes its own count, and none is a refusal."""
    form = {"compartment": "4", "pieces-now-4": "2", "pieces-journey-4": "3", "by": "Ada"}
    told = {"compartment": 4, "by": "person/ada"}

    assert {"wish": "by-hand", "pieces": 2, **told} == wish("by-hand", form)
    assert {"wish": "hand-out", "pieces": 3, "for": "a day", **told} == wish(
        "hand-out", {**form, "for": "a day"}
    )
    with pytest.raises(NoWish) as refusal:
        wish("was-by-hand", form)
    assert "not-counted" == refusal.value.code


def test_r7_what_is_accepted_of_a_new_version_travels_with_the_name() -> None:
    """Each ticked box is one pair; nothing ticked is an ordinary end of loading."""
    form = {"by": "Ada", "pair-1": "gap-too-long:a", "pair-2": "id-reuse:b", "pieces-1": "2"}
    done = {"wish": "loading-done", "by": "person/ada"}

    assert {**done, "pairs": ["gap-too-long:a", "id-reuse:b"]} == wish("loading-done", form)
    assert done == wish("loading-done", {"by": "Ada"})
