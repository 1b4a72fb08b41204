"""The timeline: rounds, outcomes and what the journal tells, in words."""

from controller import events
from controller.web import day
from controller.web.history import Entry
from controller.web.snapshot import read_snapshot
from tests.web import scenes
from tests.web.scenes import DUE_S


def _entry(kind: str, **body: object) -> Entry:
    return Entry(7, DUE_S * 1000, kind, dict(body))  # type: ignore[arg-type]


def _said(entry: Entry, everything: bool = True) -> list[str]:
    now = read_snapshot(scenes.snapshot())
    return [line.sentence for line in day.happenings([entry], now, DUE_S, everything=everything)]


def test_every_kind_of_event_has_a_sentence() -> None:
    """A kind that the controller can journal is never shown as a bare word."""
    assert set() == set(events.KINDS) - set(day.SENTENCES)


def test_an_outcome_names_dose_reason_and_person() -> None:
    """`08:00 Metformin` settled by Ada reads as a sentence."""
    body = {"dose_id": "metformin-0-0", "outcome": "taken", "how": "counted", "by": "person/ada"}

    assert ["Ada settled 08:00 Metformin 500 mg: taken (counted)."] == _said(
        _entry("DoseSettled", **body)
    )


def test_a_verdict_is_shown_as_its_word() -> None:
    """Numbers of the cable become words, with the reason where there is one."""
    assert ["Order 5: uncertain (no drop)."] == _said(
        _entry("OrderResolved", order=5, verdict=4, code=306)
    )


def test_technical_entries_wait_until_they_are_asked_for() -> None:
    """The plain list leaves out what only an auditor reads."""
    entry = _entry("OrderCommitted", order=5, digest="ab", boot_epoch=1)

    assert ([], 1) == (_said(entry, everything=False), len(_said(entry)))


def test_an_unknown_kind_is_shown_not_hidden() -> None:
    """A newer controller's event appears by its name to whoever asks for everything."""
    assert ["SomethingNew"] == _said(_entry("SomethingNew", odd=[1, {"a": None}]))


def test_an_unclear_dose_can_be_settled_and_a_taken_one_cannot() -> None:
    """Only `uncertain` asks for a person."""
    doses = [scenes.dose(0, 0, "A", "a", "uncertain"), scenes.dose(0, 0, "B", "b", "taken")]
    (round_,) = day.rounds(read_snapshot(scenes.snapshot(doses=list(doses))), DUE_S)

    assert [True, False] == [row.unclear for row in round_.rows]


def test_many_held_compartments_are_one_line() -> None:
    """An opened door holds them all: that is one happening to a person, many to an auditor."""
    now = read_snapshot(scenes.snapshot())
    held = [
        Entry(n, DUE_S * 1000, "FillHeld", {"compartment": n, "fill": n, "code": "door-opened"})
        for n in range(1, 5)
    ]
    plain = day.happenings(held, now, DUE_S, everything=False)
    everything = day.happenings(held, now, DUE_S, everything=True)

    assert ["4 compartments are held back: door opened."] == [line.sentence for line in plain]
    assert 4 == len(everything)
