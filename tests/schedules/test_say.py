"""Text out: everything a plan says is said, in every language, in the order of the NHS rules."""

import string
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import pytest

from schedules.model import (
    Anchor,
    AsNeeded,
    GroupRule,
    LastTaken,
    Limits,
    Named,
    Plan,
    Regimen,
    Relation,
    Spacing,
    Span,
    Start,
    Step,
    Take,
    Window,
)
from schedules.planfile import parse_plan
from schedules.readback import calendar, read_back
from schedules.text.say import LANGUAGES, dose, elapsed, instruction, pieces
from schedules.words import CLOCK_WORDS, UNITS
from tests.schedules.plans import plan_text, regimen

BOTH = ("en", "de")
MON = date(2026, 11, 23)


def medicine(id: str, steps: tuple[Step, ...] = (), **more: Any) -> Regimen:
    """A regimen with nothing special about it."""
    plain: dict[str, Any] = dict(
        id=id, name=f"Name of {id}", form="tablet", strength="5 mg", ingredients=(f"in-{id}",),
        piece_mg=200, start=Start(MON, 360), last_taken=LastTaken("at", 1795158000), steps=steps,
        planned_gap_s=21_600, unit="tablet",
    )  # fmt: skip
    return Regimen(**{**plain, **more})


RICH = Plan(
    plan_id="rich",
    version=2,
    previous_hash="ab" * 32,
    device="device-1",
    patient="pt-7Q2K",
    zone="Europe/Berlin",
    valid_from=1795388400,
    valid_until=1803164400,
    clock=tuple(sorted(CLOCK_WORDS.items())),
    window=Window(1800, 3600, 900, "skip"),
    groups=(GroupRule("in-one", 14_400, 32), GroupRule("in-asked", 14_400, 0, 4_000_000)),
    spacing=(Spacing("in-one", "in-two", 14_400),),
    never_store=("cytotoxin", "warfarin"),
    regimens=(
        medicine(
            "one",
            (
                Step(
                    (
                        Take(2, at=(480, 1200), days=(0, 3), every_weeks=2),
                        Take(6, when=(Anchor("dinner", -30), Anchor("bed")), every_days=3),
                    ),
                    length=Span(5, "d"),
                    doses=9,
                ),
                Step(
                    (Take(3, at=(720,), days_of_month=(1, 15), every_months=3),),
                    until=date(2027, 1, 4),
                    until_minute=870,
                    hold_point="no rash seen",
                ),
                Step((Take(4, on=(Named(MON, 540), Named(date(2026, 12, 1), 600))),)),
            ),
            repeat_every=Span(4, "wk"),
            limits=Limits(8, 16, 40),
            window=Window(1200, 5400, 600, "ask"),
            occasions=(("08:00", "morning-one"),),
            high_alert=True,
            time_critical=True,
            hold_possible=True,
            gap_s=18_000,
            weekly_only=False,
        ),
        medicine(
            "two",
            (Step((Take(8, every_s=28_800),), elapsed_s=129_600),),
            form="inhaler",
            unit="puff",
            piece_mg=0,
            elsewhere=True,
            storage=("fridge", "light"),
            relation=Relation("in addition to", "one"),
        ),
        medicine(
            "asked",
            as_needed=AsNeeded("pain", 4, 14_400, 16, until=date(2027, 2, 1), until_minute=600),
            amounts=(("in-asked", 500_000),),
            relation=Relation("replaces", "before"),
            last_taken=LastTaken("unknown"),
        ),
    ),
)

# Why a field may change and the words not.
SILENT = {
    "Anchor.text": "the word as written: word and offset are said",
    "AsNeeded.per_s": "24 hours and nothing else",
    "Regimen.rhythm_s": "made from the steps",
    "Asked.rhythm_s": "made from the steps",
    "Asked.planned_gap_s": "made from the rule, which is said",
    "Given.planned_gap_s": "a given gap counts instead",
    "Asked.window": "an as-needed medicine has no window (asked: open for a fixed time)",
}
GIVEN: dict[str, object] = {
    "length": Span(7, "wk"), "until": date(2027, 5, 5), "repeat_every": Span(9, "d"),
    "gap_s": 900_000, "relation": Relation("replaces", "old"), "until_minute": 5,
    "storage": ("smell",), "amounts": (("in-one", 250),), "occasions": (("20:00", "late"),),
    "as_needed": AsNeeded("fever", 4, 3600, 8),
}  # fmt: skip


PAIRS = ("clock", "occasions", "amounts", "pair")


def other(name: str, value: Any, owner: Any) -> Iterator[tuple[str, Any]]:
    """(where, another value) for a field; of parts, the whole with one part changed."""
    if is_dataclass(value):
        yield from changes(value)
    elif isinstance(value, bool):
        yield "", not value
    elif isinstance(value, int):
        yield "", value + (60 if name.endswith(("_s", "from", "until")) else 4 if value > 99 else 1)
    elif isinstance(value, date):
        yield "", value.replace(day=value.day % 28 + 1)
    elif isinstance(value, str):
        yield "", _other_word(name, value, owner)
    elif isinstance(value, tuple) and value:
        if name not in PAIRS and (len(value) > 1 or not isinstance(owner, Take)):
            yield "[-1]", value[:-1]
        for index, one in enumerate(value):
            for where, changed in other("pair" if name in PAIRS else name, one, owner):
                yield f"[{index}]{where}", (*value[:index], changed, *value[index + 1 :])
    elif name in GIVEN:
        yield "", GIVEN[name]


def _other_word(name: str, value: str, owner: Any) -> str:
    words: dict[str, tuple[str, str]] = {
        "LastTaken.word": ("never", "unknown"),
        "Relation.word": ("replaces", "in addition to"),
        "Span.unit": ("d", "mo"),
        "Window.then": ("ask", "skip"),
        "Anchor.word": ("lunch", "dinner"),
        "Regimen.form": ("capsule", "tablet"),
        "Regimen.unit": ("drop", "puff"),
        "Regimen.storage": ("smell", "air"),
        "Plan.zone": ("Europe/London", "Europe/Paris"),
        "Plan.previous_hash": ("cd" * 32, "ef" * 32),
    }
    first, second = words.get(f"{type(owner).__name__}.{name}", (f"{value}x", ""))
    return second if value == first else first


def changes(owner: Any) -> Iterator[tuple[str, Any]]:
    """(where, the same with that field otherwise) for everything it holds."""
    for field in fields(owner):
        value = getattr(owner, field.name)
        told = isinstance(owner, Plan | Regimen) or value != field.default
        if not told or {f"{kind}.{field.name}" for kind in _kinds(owner)} & set(SILENT):
            continue
        for where, changed in other(field.name, value, owner):
            yield f".{field.name}{where}", replace(owner, **{field.name: changed})


def _kinds(owner: Any) -> list[str]:
    """The names under which an exception may stand in SILENT."""
    found = [type(owner).__name__]
    if isinstance(owner, Regimen):
        found += ["Asked"] if owner.as_needed is not None else []
        found += ["Given"] if owner.gap_s is not None else []
    return found


def said(plan: Plan, language: str) -> str:
    """The read-back without its hash, which changes with everything."""
    lines = read_back(plan, language).splitlines()
    return "\n".join(line for line in lines if not line.startswith("Hash "))


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("language", BOTH)
def test_nothing_a_plan_says_is_left_unsaid(language: str) -> None:
    """Every field of a plan, its regimens, steps and takes, varied: the words change each time."""
    before, seen = said(RICH, language), 0
    unsaid: list[str] = []
    for name, changed in changes(RICH):
        if name.startswith(".clock") and set(dict(changed.clock)) != set(CLOCK_WORDS):
            continue
        if before == said(changed, language):
            unsaid.append(name)
        seen += 1
    assert [] == unsaid
    assert seen > 120


def parts_of(owner: Any) -> Iterator[Any]:
    """Every dataclass inside a plan, itself first."""
    yield owner
    for field in fields(owner):
        value = getattr(owner, field.name)
        for one in value if isinstance(value, tuple) else (value,):
            if is_dataclass(one):
                yield from parts_of(one)


def test_every_field_is_varied() -> None:
    """The plan above gives a value of its own to every field of every kind of part."""
    found: dict[type, list[Any]] = {}
    for one in parts_of(RICH):
        found.setdefault(type(one), []).append(one)
    plain = [
        f"{kind.__name__}.{field.name}"
        for kind, those in found.items()
        for field in fields(kind)
        if all(getattr(one, field.name) == field.default for one in those)
    ]
    # weekly_only is varied though none says it; the others are exceptions with a reason
    known = ["Anchor.text", "AsNeeded.per_s", "Regimen.rhythm_s", "Regimen.weekly_only"]
    assert known == sorted(plain)


def test_languages_have_the_same_keys_and_blanks() -> None:
    """No phrase lacks in a language, and each fills the same blanks."""
    english, german = LANGUAGES["en"], LANGUAGES["de"]
    assert set(english) == set(german)
    for key, words in english.items():
        blanks = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (words, german[key])
        ]
        if not key.startswith(("month-day", "on-month", "date.short")):
            assert blanks[0] == blanks[1], key
        assert german[key].strip() and words.strip(), key


def test_every_unit_form_and_word_of_the_day_has_its_words() -> None:
    """Closed lists of the plan file are known to both languages."""
    for words in LANGUAGES.values():
        for form, unit in UNITS.items():
            assert {f"form.{form}", f"unit.{unit}.one", f"unit.{unit}.half"} <= set(words)
        for word in CLOCK_WORDS:
            assert {f"at.{word}", f"by.{word}"} <= set(words)


def test_amounts_by_language() -> None:
    """Parts of a piece are words or signs where they are taken, decimals in totals."""
    assert [
        "half a tablet",
        "a quarter of a tablet",
        "¾ of a tablet",
        "1 tablet",
        "1½ tablets",
    ] == [dose(quarters, "tablet") for quarters in (2, 1, 3, 4, 6)]
    assert ["eine halbe Tablette", "¼ Tablette", "¾ Tablette", "1 Tablette", "1½ Tabletten"] == [
        dose(quarters, "tablet", "de") for quarters in (2, 1, 3, 4, 6)
    ]
    assert ("2.5 tablets", "2,5 Tabletten") == (pieces(10, "tablet"), pieces(10, "tablet", "de"))
    assert ("2.5 ml", "2,5 ml") == (dose(10, "ml"), dose(10, "ml", "de"))
    assert "2 lozenges" == dose(8, "lozenges"), "a unit of the plan's own stays as it is"
    assert ("90 minutes", "8 Stunden") == (elapsed(5400), elapsed(28_800, "de"))
    assert ("6 days 12 hours", "1 hour") == (elapsed(561_600), elapsed(3600))


IN_WORDS = {
    Take(4, at=(480,)): (
        "1 tablet once a day at 08:00",
        "1 Tablette einmal täglich um 08:00 Uhr",
    ),
    Take(4, at=(480, 1200)): (
        "1 tablet twice a day at 08:00 and 20:00",
        "1 Tablette zweimal täglich um 08:00 und 20:00 Uhr",
    ),
    Take(8, every_s=28_800): ("2 tablets every 8 hours", "2 Tabletten alle 8 Stunden"),
    Take(4, when=(Anchor("breakfast"), Anchor("lunch"), Anchor("dinner"))): (
        "1 tablet 3 times a day at breakfast, at lunch and at dinner",
        "1 Tablette 3-mal täglich zum Frühstück, zum Mittagessen und zum Abendessen",
    ),
    Take(4, when=(Anchor("breakfast", -60),)): (
        "1 tablet once a day 1 hour before breakfast",
        "1 Tablette einmal täglich 1 Stunde vor dem Frühstück",
    ),
    Take(16, at=(480,), days=(0,)): (
        "4 tablets once a week on Monday at 08:00",
        "4 Tabletten einmal wöchentlich am Montag um 08:00 Uhr",
    ),
    Take(4, at=(480,), days=(0, 2, 4)): (
        "1 tablet 3 times a week on Monday, Wednesday and Friday at 08:00",
        "1 Tablette 3-mal wöchentlich am Montag, Mittwoch und Freitag um 08:00 Uhr",
    ),
    Take(4, at=(480, 1200), days=(0, 3)): (
        "1 tablet twice a day on Mondays and Thursdays at 08:00 and 20:00",
        "1 Tablette zweimal täglich montags und donnerstags um 08:00 und 20:00 Uhr",
    ),
    Take(4, at=(480,), days=(0,), every_weeks=2): (
        "1 tablet once every 2 weeks on Monday at 08:00",
        "1 Tablette einmal alle 2 Wochen am Montag um 08:00 Uhr",
    ),
    Take(4, at=(480,), every_days=3): (
        "1 tablet every 3 days at 08:00",
        "1 Tablette alle 3 Tage um 08:00 Uhr",
    ),
    Take(4, at=(720,), days_of_month=(1, 15)): (
        "1 tablet twice a month on day 1 and day 15 at 12:00",
        "1 Tablette zweimal im Monat am 1. Tag und 15. Tag um 12:00 Uhr",
    ),
    Take(4, at=(720,), every_months=12): (
        "1 tablet once every 12 months on the day of the month it starts on at 12:00",
        "1 Tablette einmal alle 12 Monate am Monatstag des Beginns um 12:00 Uhr",
    ),
}


@pytest.mark.parametrize("one", IN_WORDS, ids=lambda one: IN_WORDS[one][0])
def test_a_take_in_words(one: Take) -> None:
    """Dose, how often, when, on which days: in this order, in both languages."""
    found = [instruction((Step((one,)),), "tablet", language) for language in BOTH]
    assert list(IN_WORDS[one]) == found


def test_steps_and_takes_are_joined_by_the_rules() -> None:
    """Takes at the same time by ', and ', steps by ', then ', a pause says nothing."""
    steps = (
        Step((Take(8, at=(480,)), Take(4, at=(1200,))), length=Span(1, "wk")),
        Step((), length=Span(7, "d")),
        Step((Take(4, at=(480,)),), doses=3),
    )
    assert (
        "2 tablets once a day at 08:00, and 1 tablet once a day at 20:00, all of it for 1 week, "
        "then nothing for 7 days, then 1 tablet once a day at 08:00, 3 times in all"
    ) == instruction(steps, "tablet")


def test_two_ends_say_that_the_first_counts() -> None:
    """A step that ends by days or doses says both, and which counts."""
    one = Step((Take(4, at=(480,)),), length=Span(10, "d"), doses=5)
    assert instruction((one,), "tablet").endswith(
        "for 10 days or 5 times in all, whichever comes first"
    )


def test_calendar_in_german() -> None:
    """Days, amounts and totals are in the language; as-needed medicine is told apart."""
    plan = parse_plan(
        plan_text(
            regimen("    steps: [{take: [{dose: 0.5, when: [breakfast, dinner]}]}]"),
            regimen(
                "    as_needed: {for: Schmerzen, dose: 1, min_gap: 4h, max: 4, per: 24h}",
                id="two",
                ingredient="ingredient-two",
            ),
        )
    )
    text = calendar(plan, days=3, language="de")
    assert text.startswith("Mo 23.11.  08:00 CET  eine halbe Tablette Test medicine\n")
    assert "3 Tabletten Test medicine in 3 Tagen" in text
    assert "nur bei Bedarf, nichts ist geplant; höchstens 4 Tabletten in beliebigen 24" in text
