"""How an order's timing and dose are read: one reading, or a refusal by name."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schedules.doses import doses
from schedules.hl7v2.message import MessageRefused, read_message
from schedules.hl7v2.order import orders_of
from schedules.hl7v2.propose import fragment_of
from schedules.hl7v2.site import patterns_of
from schedules.model import Plan, PlanRefused
from tests.hl7.sender import NOW_S, RXE, RXR, ZONE, message, site_of

BERLIN = ZoneInfo(ZONE)


def plan(tmp_path: Path, *segments: str, **header: str) -> Plan:
    """The plan around the regimen of the only order of these segments."""
    site = site_of(tmp_path)
    found = orders_of(
        read_message(message("1", *segments, **header)), BERLIN, site.formulary, "pt-home"
    )
    return fragment_of(found[0], "", site.patients[0], NOW_S)


def due(tmp_path: Path, *segments: str, days: int = 9) -> list[str]:
    """Local due times of the first days, as `Wed 25 08:00`."""
    found = plan(tmp_path, *segments)
    until = found.valid_from + days * 86_400
    return [f"{datetime.fromtimestamp(one.due_at, BERLIN):%a %d %H:%M}"
            for one in doses(found, found.valid_from, until)]  # fmt: skip


def order(timing: str, rxe: str = RXE, before: str = "", orc: str = "") -> list[str]:
    """The segments of one order."""
    found = [f"ORC|NW|4711^EPIC|{orc}", before, rxe, *timing.split("\r"), RXR]
    return [one for one in found if one]


def code(tmp_path: Path, segments: list[str], **header: str) -> str:
    """The code it is refused with, "" where it is read."""
    try:
        plan(tmp_path, *segments, **header)
    except MessageRefused as refused:
        assert all(one.sentence for one in refused.faults), "every refusal says what to do"
        return refused.faults[0].code
    return ""


READ = {
    # Tuesday 24 November 2026, 07:00 in Berlin, is when each of these is read.
    "BID": ("TQ1|1||BID", ["Tue 24 08:00", "Tue 24 20:00", "Wed 25 08:00"]),
    "with times": ("TQ1|1||BID|0900~2115", ["Tue 24 09:00", "Tue 24 21:15", "Wed 25 09:00"]),
    "times with seconds": ("TQ1|1||BID|080000~200000", ["Tue 24 08:00", "Tue 24 20:00"]),
    "interval": ("TQ1|1||Q8H||||202611241000", ["Tue 24 10:00", "Tue 24 18:00", "Wed 25 02:00"]),
    "pattern spelt out": ("TQ1|1||^^^^12^h||||202611241000", ["Tue 24 10:00", "Tue 24 22:00"]),
    "code and its own period": ("TQ1|1||BID^^^^12^h^Y", ["Tue 24 08:00", "Tue 24 20:00"]),
    "every second Tuesday": ("TQ1|1||Q2J2", ["Tue 24 08:00"]),
    "weekly is never daily": ("TQ1|1||QJ3|0900", ["Wed 25 09:00", "Wed 02 09:00"]),
    "weekdays": ("TQ1|1||Q1J3~Q1J5", ["Wed 25 08:00", "Fri 27 08:00", "Wed 02 08:00"]),
    "every other day": ("TQ1|1||QOD", ["Tue 24 08:00", "Thu 26 08:00", "Sat 28 08:00"]),
    "bedtime": ("TQ1|1||Q1D~QHS", ["Tue 24 22:00", "Wed 25 22:00"]),
    "before breakfast": ("TQ1|1||ACM", ["Tue 24 07:30", "Wed 25 07:30"]),
    "event": ("TQ1|1||^^^^1^d^^ACM^-20^min", ["Tue 24 07:40", "Wed 25 07:40"]),
    "length": ("TQ1|1||BID|||2^d", ["Tue 24 08:00", "Tue 24 20:00", "Wed 25 08:00"]),
    "length from a start": (
        "TQ1|1||Q8H|||1^d^^ISO+|202611251000",
        ["Wed 25 10:00", "Wed 25 18:00", "Thu 26 02:00", ""],
    ),
    "hours are elapsed": ("TQ1|1||Q8H|||24^h|202611251000", ["Wed 25 10:00", "Wed 25 18:00"]),
    "end": ("TQ1|1||QD|||||20261125", ["Tue 24 08:00", "Wed 25 08:00", ""]),
    "number of times": (
        "TQ1|1||BID|||||||||||3",
        ["Tue 24 08:00", "Tue 24 20:00", "Wed 25 08:00", ""],
    ),
    "once": ("TQ1|1||Once||||202611260915", ["Thu 26 09:15", ""]),
    "then": (
        "TQ1|1||BID|||1^d||||||S\rTQ1|2||QD|||2^d",
        ["Tue 24 08:00", "Tue 24 20:00", "Wed 25 08:00", "Thu 26 08:00", ""],
    ),
    "sender's clock agrees": ("TQ1|1||QD|0900|||20261124080000+0100", ["Tue 24 09:00"]),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_timing_with_one_reading(tmp_path: Path, name: str) -> None:
    """The first doses are those; an empty text says that no more follow."""
    timing, expected = READ[name]
    found = due(tmp_path, *order(timing), days=9)
    if expected[-1] == "":
        assert expected[:-1] == found
    else:
        assert expected == found[: len(expected)]


OLD = ["RXE|^BID^D3^20261125|", "RXE|^BID&0800,2000^^20261125^20261127||"]


@pytest.mark.parametrize("rxe", [one.rstrip("|") for one in OLD])
def test_the_older_timing_is_read_where_it_stands_alone(tmp_path: Path, rxe: str) -> None:
    """RXE-1 and ORC-7 say the same as TQ1 would."""
    old = rxe + RXE.removeprefix("RXE|")
    days = ("Wed 25", "Thu 26", "Fri 27")
    expected = [f"{day} {time}" for day in days for time in ("08:00", "20:00")]
    assert expected == due(tmp_path, "ORC|NW|4711^EPIC", old, RXR)
    in_orc = f"ORC|NW|4711^EPIC|||||{rxe.removeprefix('RXE|')}"
    assert expected == due(tmp_path, in_orc, RXE, RXR)


REFUSED = {
    "no-timing": order(""),
    "no-repeat-pattern": order("TQ1|1|||0800"),
    "unknown-pattern": order("TQ1|1||QPM"),
    "several-patterns": order("TQ1|1||BID~Q1J2"),
    "pattern-vs-period": order("TQ1|1||BID^^^^8^h"),
    "pattern-vs-event": order("TQ1|1||QHS^^^^^^^ACM"),
    "pattern-offset": order("TQ1|1||^^^^^^^ACM^20^min"),
    "pattern-phase": order("TQ1|1||Q1D^MY^1^2"),
    "pattern-gts": order("TQ1|1||^^^^^^^^^^QH"),
    "period-unit": order("TQ1|1||^^^^12"),
    "institution-times": order("TQ1|1||Q6H^^^^^^Y"),
    "frequency-vs-times": order("TQ1|1||BID|0800"),
    "explicit-time": order("TQ1|1||BID|0800~2400"),
    "relative-time": order("TQ1|1||BID||1^h"),
    "duration": order("TQ1|1||BID|||10^m"),
    "two-ends": order("TQ1|1||BID|||2^d|20261125|20261130"),
    "time-stamp": order("TQ1|1||BID||||2026112408"),
    "bounds": order("TQ1|1||BID||||20261130|20261125"),
    "priority": order("TQ1|1||BID||||||S"),
    "condition": order("TQ1|1||BID|||||||if pulse over 60"),
    "conjunction": order("TQ1|1||BID|||1^d\rTQ1|2||QD"),
    "total": order("TQ1|1||BID|||||||||||0"),
    "pattern-vs-total": order("TQ1|1||Once|||||||||||3"),
    "duration-long": order("TQ1|1||BID||||||||||5^h"),
    "quantity-vs-dose": order("TQ1|1|2|BID"),
    "timing-twice": order("TQ1|1||BID", before="TQ1|1||TID"),
    "order-sequence": order("TQ1|1||BID\rTQ2|1|S"),
    "sequence-without-end": order("TQ1|1||BID|||||||||S\rTQ1|2||QD"),
    "as-needed-without-limit": order("TQ1|1||PRNQ6H"),
    "dose-range": order("TQ1|1||BID", RXE.replace("|1||", "|1|2|")),
    "dose-missing": order("TQ1|1||BID", RXE.replace("|1||", "|||")),
    "dose-zero": order("TQ1|1||BID", RXE.replace("|1||", "|0||")),
    "dose-unit": order("TQ1|1||BID", RXE.replace("|1||TAB^Tablet^HL70292|", "|5||spoon|")),
    "dose-fraction": order("TQ1|1||BID", RXE.replace("|1||TAB^Tablet^HL70292|", "|7||mg|")),
    "strength-mismatch": order("TQ1|1||BID", f"{RXE}{'|' * 19}10|mg"),
    "rate": order("TQ1|1||BID", f"{RXE}{'|' * 17}100|mL"),
    "no-medication": order("TQ1|1||BID", "RXE|||1||TAB"),
    "no-ingredient": order("TQ1|1||BID", RXE.replace("308136", "999")),
    "plan-over-limit": order("TQ1|1||TID", f"{RXE}{'|' * 13}2^TAB"),
    "text-says-more": order("TQ1|1||BID\rNTE|1||take for 5 days"),
    "route": [*order("TQ1|1||BID")[:-1], "RXR|IV^Intravenous^HL70162"],
    "number": order("TQ1|1||BID", RXE.replace("|1||", "|one||")),
    "component": order("TQ1|1||BID\rRXC|T|1^x"),
    "escape": order("TQ1|1||BID\rNTE|1||\\Zab\\"),
    "order-status": order("TQ1|1||BID", orc="||CA"),
    "ended": order("TQ1|1||BID||||20261001|20261005"),
}


@pytest.mark.parametrize("expected", REFUSED)
def test_what_has_no_one_reading_is_refused_by_name(tmp_path: Path, expected: str) -> None:
    """A stable code for each."""
    assert expected == code(tmp_path, REFUSED[expected])


def test_timing_said_twice_must_be_the_same(tmp_path: Path) -> None:
    """The TQ1 after RXE drives; before it, and in older fields, the same may stand."""
    same = order("TQ1|1||BID", before="TQ1|1||BID^^^^12^h", orc="||||^BID^^^^R")
    assert "" == code(tmp_path, same)
    assert "timing-twice" == code(tmp_path, order("TQ1|1||BID", orc="||||^QD"))
    assert "" == code(tmp_path, order("", before="TQ1|1||BID"))


def test_a_timing_that_says_that_another_follows_was_cut_off(tmp_path: Path) -> None:
    """The conjunction of the last line points to nothing: the rest is missing."""
    assert "conjunction" == code(tmp_path, order("TQ1|1||BID|||1^d||||||S"))


def test_a_time_by_the_senders_clock_must_be_the_patients(tmp_path: Path) -> None:
    """An offset in MSH-7 holds for every time without one: New York is not Berlin."""
    timing = order("TQ1|1||QD|0900|||202611251000")
    assert "" == code(tmp_path, timing, h7="20261124070000+0100")
    assert "other-zone" == code(tmp_path, timing, h7="20261124010000-0500")


def test_a_pattern_sent_as_a_code_with_text_is_that_code(tmp_path: Path) -> None:
    """BID^Twice daily^HL70335 can be nothing else; what its text says more is refused."""
    expected = ["Tue 24 08:00", "Tue 24 20:00"]
    assert expected == due(tmp_path, *order("TQ1|1||BID^Twice daily^HL70335"))[:2]
    old = RXE.replace("RXE||", "RXE|1^BID^HL70335|")
    assert expected == due(tmp_path, "ORC|NW|4711^EPIC", old, RXR)[:2]
    more = order("TQ1|1||BID^Twice daily for 5 days^HL70335")
    assert "text-says-more" == code(tmp_path, more)
    joined = order("TQ1|1||BID&twice daily for 5 days&HL70335")
    assert "text-says-more" == code(tmp_path, joined)


def test_a_sites_own_patterns_mean_what_its_table_says(tmp_path: Path) -> None:
    """Table 0335 is the site's own: a word of it is one of HL7's, or the table is refused."""
    (tmp_path / "own.yaml").write_text("DAILY: QD\n10130444: TID\n")
    site = site_of(tmp_path)
    own = patterns_of(tmp_path / "own.yaml")
    sent = read_message(message("1", *order("TQ1|1||DAILY")))
    (found,) = orders_of(sent, BERLIN, site.formulary, "pt-home", own)
    plan = fragment_of(found, "", site.patients[0], NOW_S)
    assert (480,) == plan.regimens[0].steps[0].takes[0].at
    assert "unknown-pattern" == code(tmp_path, order("TQ1|1||DAILY"))
    (tmp_path / "own.yaml").write_text("DAILY: sometimes\n")
    with pytest.raises(PlanRefused, match="wrong-value"):
        patterns_of(tmp_path / "own.yaml")


def test_components_are_the_ingredients(tmp_path: Path) -> None:
    """RXC says what a piece is made of, and how much of it; the formulary may say the rest."""
    parts = "RXC|B|1^Paracetamol|||500|mg\rRXC|A|2^Codeine|||30|mg"
    rxe = RXE.replace("308136^Amlodipine 5 mg tablet", "1000^Co-codamol 30/500")
    (found,) = plan(tmp_path, *order(f"TQ1|1||BID\r{parts}", rxe)).regimens
    assert (("codeine", "paracetamol"), "500 mg + 30 mg", 700) == (
        found.ingredients,
        found.strength,
        found.piece_mg,
    )


def test_a_mass_is_counted_by_the_strength_of_a_piece(tmp_path: Path) -> None:
    """500 mg of a 250 mg capsule are two; the formulary may say the strength, no name does."""
    mass = RXE.replace("|1||TAB^Tablet^HL70292|", "|12.5||mg^milligram^ISO+|")
    found = plan(tmp_path, *order("TQ1|1||BID", mass)).regimens[0]
    assert 10 == found.steps[0].takes[0].quarters
    named = RXE.replace("308136", "1").replace("|1||TAB^Tablet^HL70292|", "|5||mg|")
    assert "dose-unit" == code(tmp_path, order("TQ1|1||BID", named))


def test_what_is_kept_elsewhere_is_planned_and_never_loaded(tmp_path: Path) -> None:
    """Puffs by inhalation are an inhaler that somebody confirms; puffs by mouth are nothing."""
    puffs = RXE.replace("308136^Amlodipine 5 mg tablet", "245^Salbutamol 100 mcg")
    puffs = puffs.replace("|1||TAB^Tablet^HL70292|TAB^Tablet^HL70292", "|2||PUFF^puffs|INH^Inhaler")
    inhaled = [*order("TQ1|1||BID", puffs)[:-1], "RXR|IH^Inhalation^HL70162"]
    found = plan(tmp_path, *inhaled).regimens[0]
    assert (True, "inhaler", 8) == (found.elsewhere, found.form, found.steps[0].takes[0].quarters)
    assert "route" == code(tmp_path, order("TQ1|1||BID", puffs))


def test_a_code_and_a_name_of_two_medicines_are_refused(tmp_path: Path) -> None:
    """The formulary knows both: amlodipine by its code, amoxicillin by its name."""
    swapped = RXE.replace("Amlodipine 5 mg", "Amoxicillin 500 mg")
    assert "two-medicines" == code(tmp_path, order("TQ1|1||BID", swapped))
    assert "" == code(tmp_path, order("TQ1|1||BID", RXE.replace("Amlodipine", "Norvasc")))
    both = RXE.replace("^RXNORM", "^RXNORM^723^Amoxicillin^RXNORM")
    assert "two-medicines" == code(tmp_path, order("TQ1|1||BID", both))


def test_routes_are_codes_or_plain_words(tmp_path: Path) -> None:
    """PO, a SNOMED code, or oral as a word; another word is not known to be by mouth."""
    for route in ("PO", "PO^Oral^HL70162", "26643006^^SCT", "ORAL", "^by mouth"):
        assert "" == code(tmp_path, [*order("TQ1|1||BID")[:-1], f"RXR|{route}"])
    for route in ("SL", "SL^Sublingual^HL70162", "NG", "PO~IV"):
        assert "route" == code(tmp_path, [*order("TQ1|1||BID")[:-1], f"RXR|{route}"])


def test_a_unit_that_says_two_things_is_refused(tmp_path: Path) -> None:
    """5 mg are not 5 tablets, whichever part of the field comes first; nor is TAB a capsule."""
    for unit in ("mg^tablet", "TAB^milligram", "TAB^capsule"):
        torn = RXE.replace("|1||TAB^Tablet^HL70292|", f"|5||{unit}|")
        assert "dose-unit" == code(tmp_path, order("TQ1|1||BID", torn))
    torn = RXE.replace("|TAB^Tablet^HL70292|TAB^Tablet", "|TAB^Tablet^HL70292|TAB^Capsule")
    assert "form" == code(tmp_path, order("TQ1|1||BID", torn))


def test_as_needed_needs_a_gap_and_a_maximum(tmp_path: Path) -> None:
    """PRNQ6H gives the gap, the total daily dose (RXE-19) the maximum, RXE-27 nothing."""
    limited = f"{RXE}{'|' * 13}4^TAB"
    asked = plan(tmp_path, *order("TQ1|1||PRNQ6H|||||||for pain", limited)).regimens[0].as_needed
    assert asked is not None
    assert ("for pain", 4, 6 * 3600, 16) == (
        asked.reason,
        asked.quarters,
        asked.min_gap_s,
        asked.max_quarters,
    )
