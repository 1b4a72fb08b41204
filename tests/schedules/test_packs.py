"""Packs: what a scanner reads, whether it was ordered, whether it lasts, whether it expires."""

import random
from datetime import date

import pytest

from schedules import gs1
from schedules.checks.finding import ASK, NOTE, REFUSE
from schedules.gs1 import Mark
from schedules.model import PlanRefused
from tests.schedules.checking import DAILY, found, medicine, plan, stock

GTIN = "09501101530003"  # a number of GS1's own for examples; its check digit holds
OTHER = "09501101020917"
SCANNED = f"]d201{GTIN}1727033110ABC123\x1d21SER-9"
COURSE = "steps: [{for: 7d, take: [{dose: 1, at: ['08:00', '20:00']}]}]"  # 14 pieces


def refused(text: str, year: int = 2026) -> str:
    """The code a scanned text is refused with, "" where it is read."""
    try:
        gs1.parse(text, year)
    except PlanRefused as fault:
        return fault.code
    return ""


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (SCANNED, Mark(GTIN, date(2027, 3, 31), "ABC123", "SER-9")),
        (SCANNED.removeprefix("]d2"), Mark(GTIN, date(2027, 3, 31), "ABC123", "SER-9")),
        (f"\x1d01{GTIN}17270331", Mark(GTIN, date(2027, 3, 31))),
        (f"10ABC\x1d01{GTIN}", Mark(GTIN, None, "ABC")),
        (f"01{GTIN}17270200", Mark(GTIN, date(2027, 2, 28))),
        (f"01{GTIN}17280200", Mark(GTIN, date(2028, 2, 29))),
        (f"(01){GTIN}(17)270331(10)ABC123", Mark(GTIN, date(2027, 3, 31), "ABC123")),
        (f"01{GTIN}71012345678\x1d17991231", Mark(GTIN, date(1999, 12, 31))),
        (f"01{GTIN}17760101", Mark(GTIN, date(2076, 1, 1))),
        ("10" + "A" * 20, Mark(lot="A" * 20)),
    ],
)
def test_a_mark_is_read_as_it_was_printed(text: str, mark: Mark) -> None:
    """Scanner prefix or none, separators, brackets, day 00, the century nearest to now."""
    assert mark == gs1.parse(text, 2026)


@pytest.mark.hazard("H11")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"01{GTIN[:-1]}4", "gs1-check-digit"),
        (f"01{GTIN[:5]}{GTIN[6]}{GTIN[5]}{GTIN[7:]}", "gs1-check-digit"),
        (f"01{GTIN[:-1]}", "gs1-form"),
        ("01" + "\N{ARABIC-INDIC DIGIT ZERO}" * 14, "gs1-form"),
        (f"01{GTIN}17270230", "gs1-date"),
        (f"01{GTIN}17271300", "gs1-date"),
        (f"01{GTIN}1727AB01", "gs1-form"),
        ("10" + "A" * 21, "gs1-form"),
        ("10\x1d", "gs1-form"),
        ("10A B", "gs1-form"),
        (f"01{GTIN}01{OTHER}", "gs1-form"),
        (f"01{GTIN}99X", "gs1-unknown"),
        ("", "gs1-form"),
        ("]d2", "gs1-form"),
        ("x", "gs1-unknown"),
        (f"(01){GTIN}(17", "gs1-form"),
        (f"(01){GTIN} (17)270331", "gs1-form"),
        ("10" + "A" * 300, "gs1-form"),
    ],
)
def test_a_mark_that_does_not_hold_is_refused(text: str, code: str) -> None:
    """Check digit, calendar, length, characters, order: a code, never a guess."""
    assert code == refused(text)


def test_one_wrong_digit_never_passes() -> None:
    """Each of the 14 digits changed to each other one breaks the check digit."""
    for at in range(14):
        for digit in "0123456789".replace(GTIN[at], ""):
            assert not gs1.gtin_holds(GTIN[:at] + digit + GTIN[at + 1 :]), (at, digit)


def test_no_text_crashes_the_reader() -> None:
    """Ten thousand texts of a scanner's letters: a mark, or a refusal with a code (seed 20)."""
    luck = random.Random(20)
    for _ in range(10_000):
        text = "".join(luck.choice("01721()]d\x1dA9 \xe9") for _ in range(luck.randrange(40)))
        assert refused(text) in ("", "gs1-form", "gs1-unknown", "gs1-check-digit", "gs1-date")


def keys(text: str, *medicines: str, on: str = "2026-11-23") -> dict[str, str]:
    """What is said about packs and stock: severity by `code@place`."""
    seen = found(plan(*(medicines or (medicine(rest=COURSE),))), stock=stock(text, on))
    return {key: one.severity for key, one in seen.items() if not key.startswith("interactions")}


def pack(more: str = "", pieces: str = "14", regimen: str = "metformin-500") -> str:
    return f"packs: [{{regimen: {regimen}, pieces: {pieces}{more}}}]"


@pytest.mark.hazard("H11", "H28")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (pack(), {}),
        (pack(pieces="0"), {"stock-short@metformin-500": ASK}),
        (pack(pieces="13.75"), {"stock-short@metformin-500": ASK}),
        (pack(pieces="20"), {"stock-over@metformin-500": NOTE}),
        (f"next_loading: 2026-11-26\n{pack(pieces='6')}", {"runs-out@metformin-500": NOTE}),
        (f"next_loading: 2026-11-27\n{pack(pieces='6')}", {"stock-short@metformin-500": ASK}),
        (pack(", expiry: 2026-11-29"), {}),
        (pack(", expiry: 2026-11"), {}),
        (pack(", expiry: 2026-11-28, lot: A1"), {"expires-before-end@metformin-500": ASK}),
        (pack(", expiry: 2026-11-22, lot: A1"), {"expired-pack@metformin-500": REFUSE}),
        (
            f"next_loading: 2026-11-26\n{pack(', expiry: 2026-11-28')}",
            {},
        ),
        (
            pack(f', code: "{SCANNED}"'.replace("\x1d", "\\x1d")),
            {"product-unknown@metformin-500": NOTE},
        ),
        (f"products: {{metformin-500: ['{GTIN}']}}\n" + pack(f", gtin: '{GTIN}'"), {}),
        (f"products: {{metformin-500: ['{GTIN[1:]}']}}\n" + pack(f", gtin: '{GTIN}'"), {}),
        (
            f"products: {{metformin-500: ['{OTHER}']}}\n" + pack(f", gtin: '{GTIN}'"),
            {"other-product@metformin-500": REFUSE},
        ),
        (
            f"products: {{other: ['{GTIN}']}}\n" + pack(f", gtin: '{GTIN}'"),
            {"other-product@metformin-500": REFUSE},
        ),
        (pack(", strength: 0.5 g"), {}),
        (pack(", strength: 850 mg"), {"pack-strength@metformin-500": REFUSE}),
        (
            "packs: [{regimen: metformin-500, pieces: 14}, {regimen: stray, pieces: 1}]",
            {"pack-of-nothing@stray": REFUSE},
        ),
    ],
)
def test_what_lies_here_against_what_is_planned(text: str, said: dict[str, str]) -> None:
    """Enough, the ordered product, the ordered strength, and used up before it expires."""
    seen = keys(text)
    seen = {k: v for k, v in seen.items() if k != "product-unknown@metformin-500" or k in said}
    assert said == seen


def test_the_day_it_runs_out_is_named() -> None:
    """Long-term: a note with the day; half pieces count as halves; the night counts as planned."""
    half = "steps: [{take: [{dose: 0.5, at: ['08:00']}]}]"
    seen = found(plan(medicine(rest=half)), stock=stock(pack(pieces="5")))
    assert "runs out on 2026-12-03: 5 pieces are here" == seen["runs-out@metformin-500"].sentence

    seen = found(plan(medicine()), stock=stock(f"next_loading: 2026-11-27\n{pack(pieces='3')}"))
    told = seen["stock-short@metformin-500"].sentence
    assert "runs out on 2026-11-26: 3 pieces are here, 4 are needed until 2026-11-27" == told

    asked = medicine(rest="as_needed: {for: pain, dose: 1, min_gap: 4h, max: 4, per: 24h}")
    seen = found(plan(asked), stock=stock(f"next_loading: 2026-12-01\n{pack(pieces='20')}"))
    assert "2026-11-28 at the soonest" in seen["stock-may-be-short@metformin-500"].sentence


@pytest.mark.hazard("H28")
def test_pieces_are_used_in_order_of_expiry() -> None:
    """Two lots: the older is used up in time, or the day is named from which it would not be."""
    packs = "packs: [{{regimen: metformin-500, pieces: 60, expiry: 2027-12}}, {}]"
    long = medicine(rest=DAILY)
    soon = "{regimen: metformin-500, pieces: %d, expiry: 2026-11-30, lot: B7}"
    assert {} == _grave(packs.format(soon % 8), long)
    assert {"expires-before-end@metformin-500": ASK} == _grave(packs.format(soon % 9), long)


def _grave(text: str, *medicines: str) -> dict[str, str]:
    return {key: one for key, one in keys(text, *medicines).items() if one != NOTE}


def test_a_loading_on_monday() -> None:
    """A nurse scans four packs: one of another strength, one expired, one short, one in order."""
    seen = _grave(
        f"""next_loading: 2026-12-21
products: {{metformin-500: ['{GTIN}'], ramipril-5: ['{OTHER}']}}
packs:
  - {{regimen: metformin-500, pieces: 30, code: "(01){OTHER}(17)270331(10)R1"}}
  - {{regimen: ramipril-5, pieces: 30, code: "(01){OTHER}(17)261031(10)R2"}}
  - {{regimen: amlodipine-5, pieces: 20, expiry: 2028-01, strength: 5 mg}}
  - {{regimen: simvastatin-20, pieces: 28, expiry: 2028-01, strength: 20 mg}}
""",
        *(medicine(one) for one in ("metformin-500", "ramipril-5", "amlodipine-5")),
        medicine("simvastatin-20"),
    )
    assert {
        "other-product@metformin-500": REFUSE,
        "expired-pack@ramipril-5": REFUSE,
        "stock-short@amlodipine-5": ASK,
    } == seen


def test_twenty_capsules_for_a_week_of_three() -> None:
    """An antibiotic in a box of twenty: the last evening is missing, and the day is named."""
    course = "steps: [{for: 7d, take: [{dose: 1, at: ['06:00', '14:00', '22:00']}]}]"
    box = pack(pieces="20", regimen="amoxicillin-500")
    seen = found(plan(medicine("amoxicillin-500", course, form="capsule")), stock=stock(box))
    told = seen["stock-short@amoxicillin-500"].sentence
    assert (
        "runs out on 2026-11-29: 20 pieces are here, the course needs 21 until 2026-11-29" == told
    )


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("packs: []\ncolour: red", "unknown-key", ""),
        ("packs: 5", "wrong-type", "packs"),
        ("products: {}", "missing-key", ""),
        ("packs: [{regimen: a}]", "missing-key", "packs[0]"),
        ('packs: [{regimen: "a\\nb", pieces: 1}]', "wrong-value", "packs[0].regimen"),
        ('packs: [{regimen: a, pieces: 1, lot: "\\u202e1"}]', "wrong-value", "packs[0].lot"),
        ('packs: []\nproducts: {"A B": []}', "wrong-value", "products"),
        ("packs: [{regimen: a, pieces: '-1'}]", "wrong-value", "packs[0].pieces"),
        ("packs: [{regimen: a, pieces: 0.3}]", "wrong-value", "packs[0].pieces"),
        ("packs: [{regimen: a, pieces: 1, expiry: 2027-13}]", "wrong-value", "packs[0].expiry"),
        ("packs: [{regimen: a, pieces: 1, gtin: '09501101530004'}]", "gs1-check-digit",
         "packs[0].gtin"),
        (f"packs: [{{regimen: a, pieces: 1, code: '01{GTIN}10X', lot: Y}}]",
         "pack-contradicts-code", "packs[0].lot"),
        ("packs: []\nproducts: {a: ['123']}", "gs1-check-digit", "products.a"),
        ("packs: []\nnext_loading: soon", "wrong-value", "next_loading"),
    ],
)  # fmt: skip
def test_a_stock_file_that_does_not_fit(text: str, code: str, place: str) -> None:
    """A code and the place; a number that somebody typed against a number that was scanned."""
    with pytest.raises(PlanRefused) as caught:
        stock(text)
    assert (code, place) == (caught.value.code, caught.value.place)
