"""What a plan file may be: every bad input refused with code and place."""

import json
import re
from pathlib import Path

import fastjsonschema
import pytest
import yaml

from schedules.canonical import canonical, from_canonical, plan_hash
from schedules.model import PlanRefused
from schedules.planfile import dump_plan, load, parse_plan
from schedules.schema import plan_schema, problems
from tests.schedules.plans import ROOT, plan_text, refusal, regimen

ONE = "    steps: [{take: [{dose: 1, at: [08:00]}]}]"
GOOD = plan_text(regimen(ONE))
EXAMPLES = sorted((ROOT / "schedules" / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_plan_and_reads_back(path: Path) -> None:
    """File -> plan -> canonical bytes -> plan, and file -> plan -> file, change nothing."""
    plan = parse_plan(path.read_text("utf-8"))
    assert plan == from_canonical(canonical(plan))
    assert plan == parse_plan(dump_plan(plan))


@pytest.mark.hazard("H13")
def test_times_are_never_numbers() -> None:
    """YAML would read 20:00 as 1200 and no as false; here both stay what was written."""
    document = load("a: 20:00\nb: no\nc: 2026-11-23\nd: 1.50\n")
    assert {"a": "20:00", "b": "no", "c": "2026-11-23", "d": "1.50"} == document


BAD = [
    # (replace, by, code, place)
    ("version: 1", "version: 0", "wrong-value", "version"),
    ("version: 1", "version: one", "wrong-value", "version"),
    ("version: 1", "version: 1\nnotes: hello", "unknown-key", "notes"),
    ("version: 1", "version: [1]", "wrong-type", "version"),
    ("version: 1", "version: 2", "previous-hash", "previous_hash"),
    ("version: 1", f"version: 1\nprevious_hash: {'a' * 64}", "previous-hash", "previous_hash"),
    ("patient: pt-7Q2K", "patient: Ada Lovelace", "wrong-value", "patient"),
    ("zone: Europe/Berlin", "zone: Europe/Atlantis", "unknown-zone", "zone"),
    ("zone: Europe/Berlin", "zone: ../../etc/passwd", "unknown-zone", "zone"),
    ("valid_until: 2027-06-30", "valid_until: 2026-11-22", "validity", "valid_until"),
    ("valid_until: 2027-06-30", "valid_until: 2029-06-30", "validity", "valid_until"),
    ("valid_until: 2027-06-30", "valid_until: 2027-02-30", "wrong-value", "valid_until"),
    ("breakfast: 08:00", "brunch: 11:00", "unknown-key", "clock.brunch"),
    ("strength: 5 mg", "strength: 5 mg\n    colour: red", "unknown-key", "regimens[0].colour"),
    ("    last_taken: never\n", "", "missing-key", "regimens[0].last_taken"),
    ("ingredients: [ingredient-one]", "ingredients: []", "too-few", "regimens[0].ingredients"),
    ("form: tablet", "form: syrup", "wrong-value", "regimens[0].form"),
    ("piece_mg: 200", "piece_mg: 0", "wrong-value", "regimens[0].piece_mg"),
    ("dose: 1,", "dose: 0,", "wrong-value", "regimens[0].steps[0].take[0].dose"),
    ("dose: 1,", "dose: 5523,", "wrong-value", "regimens[0].steps[0].take[0].dose"),
    ("dose: 1,", "dose: 50.25,", "wrong-value", "regimens[0].steps[0].take[0].dose"),
    ("dose: 1,", "dose: 0.3,", "wrong-value", "regimens[0].steps[0].take[0].dose"),
    ("dose: 1,", "dose: -1,", "wrong-value", "regimens[0].steps[0].take[0].dose"),
    ("dose: 1,", "", "missing-key", "regimens[0].steps[0].take[0].dose"),
    ("08:00]}", "24:00]}", "wrong-value", "regimens[0].steps[0].take[0].at[0]"),
    ("08:00]}", "8:00]}", "wrong-value", "regimens[0].steps[0].take[0].at[0]"),
    ("08:00]}", "08:00, 08:00]}", "twice", "regimens[0].steps[0].take[0].at"),
    ("at: [08:00]", "at: 08:00", "wrong-type", "regimens[0].steps[0].take[0].at"),
    ("at: [08:00]", "when: [brunch]", "wrong-value", "regimens[0].steps[0].take[0].when[0]"),
    ("at: [08:00]", "every: 8h", "interval-needs-time", "regimens[0].steps[0]"),
    ("at: [08:00]", "at: [08:00], when: [bed]", "one-timing", "regimens[0].steps[0].take[0]"),
    ("at: [08:00]", "days: [mon]", "one-timing", "regimens[0].steps[0].take[0]"),
    (
        "at: [08:00]",
        "at: [08:00], days: [mon], every_days: 2",
        "two-day-rules",
        "regimens[0].steps[0].take[0]",
    ),
    (
        "at: [08:00]",
        "at: [08:00], every_weeks: 2",
        "weeks-without-days",
        "regimens[0].steps[0].take[0]",
    ),
    (
        "at: [08:00]",
        "at: [08:00], day_of_month: 31",
        "wrong-value",
        "regimens[0].steps[0].take[0].day_of_month",
    ),
    ("{take:", "{for: 3d, until: 2026-12-01, take:", "two-ends", "regimens[0].steps[0]"),
    ("{take:", "{for: 3h, take:", "interval-needs-time", "regimens[0].steps[0]"),
    ("{take:", "{until: 2026-02-30, take:", "wrong-value", "regimens[0].steps[0].until"),
    ("{take:", "{until: 2026-11-01, take:", "step-without-time", "regimens[0].steps[0]"),
    ("steps: [", "steps: [{take: []}, ", "sequence-without-end", "regimens[0].steps[0]"),
    ("    steps:", "    xsteps:", "unknown-key", "regimens[0].xsteps"),
    (ONE, "    high_alert: maybe", "wrong-value", "regimens[0].high_alert"),
    (ONE, "    limits: {max_per_dose: 1}", "steps-or-as-needed", "regimens[0]"),
    (ONE, f"{ONE}\n    high_alert: yes", "high-alert-limits", "regimens[0].limits"),
    (ONE, f"{ONE}\n    window: {{early: 30min}}", "missing-key", "regimens[0].window.late"),
    (ONE, f"{ONE}\n    window: {{early: 30min, late: 5min}}", "window", "regimens[0].window.late"),
    (
        ONE,
        f"{ONE}\n    limits: {{max_per_dose: 0.5}}",
        "dose-over-limit",
        "regimens[0].steps[0].take[0].dose",
    ),
    (
        ONE,
        f"{ONE}\n    limits: {{max_per_7d: 6}}",
        "plan-over-limit",
        "regimens[0].limits.max_per_7d",
    ),
    (
        ONE,
        f"{ONE}\n    limits: {{min_gap: 30h}}",
        "gap-over-interval",
        "regimens[0].limits.min_gap",
    ),
    (
        ONE,
        f'{ONE}\n    occasions: {{"09:00": "0800"}}',
        "unknown-occasion",
        "regimens[0].occasions",
    ),
    (
        ONE,
        "    repeat_every: 2d\n    steps: [{for: 3d, take: []}, {take: [{dose: 1, at: [08:00]}]}]",
        "steps-over-cycle",
        "regimens[0].repeat_every",
    ),
    (ONE, f"{ONE}\n    in_addition_to: two", "unknown-regimen", "regimens[0].in_addition_to"),
    (ONE, f"{ONE}\n    replaces: one", "replaced-is-here", "regimens[0].replaces"),
    (
        ONE,
        "    as_needed: {for: pain, dose: 2, min_gap: 4h, max: 1, per: 24h}",
        "cap-under-dose",
        "regimens[0].as_needed.max",
    ),
    (
        ONE,
        "    as_needed: {for: pain, dose: 2, min_gap: 4h, max: 8, per: 48h}",
        "wrong-value",
        "regimens[0].as_needed.per",
    ),
]


@pytest.mark.hazard("H13", "H24")
@pytest.mark.parametrize(("old", "new", "code", "place"), BAD, ids=lambda one: str(one)[:40])
def test_bad_input_is_refused_with_code_and_place(
    old: str, new: str, code: str, place: str
) -> None:
    """One wrong edit of a good plan gives its own code at its own place."""
    assert old in GOOD
    assert (code, place) == refusal(GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not-yaml"),
        ("{", "not-yaml"),
        ("a: [", "not-yaml"),
        ("a: 1\na: 2", "duplicate-key"),
        ("a: &x 1\nb: *x", "not-yaml"),
        ("? [a]\n: 1", "not-yaml"),
        ("a: 1\n---\nb: 2", "not-yaml"),
        ("[" * 5000, "not-yaml"),
        ("[" * 20 + "]" * 20, "too-deep"),
        ("- 1", "wrong-type"),
        ("x" * 300_000, "too-large"),
        ("a: \x00", "not-yaml"),
    ],
)
def test_what_is_no_plan_at_all(text: str, code: str) -> None:
    """Broken, doubled, aliased, deep or huge text is refused, never followed."""
    assert code == refusal(text)[0]


def test_all_reasons_are_found_at_once() -> None:
    """A pharmacist sees every reason, not one per try."""
    bad = GOOD.replace("08:00]}", "24:00]}").replace("form: tablet", "form: syrup")
    with pytest.raises(PlanRefused) as caught:
        parse_plan(bad)
    assert 1 == len(caught.value.also)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("{dose: 1, at", "{dose: 1, evry_days: 2, at", "is 'every_days' meant?"),
        ("    piece_mg", "    may_be_hold: yes\n    piece_mg", "is 'may_be_held' meant?"),
        ("{take:", "{shoe: 4, take:", "only doses, for, hold_point, take, until"),
    ],
)
def test_an_unknown_key_is_met_with_the_one_that_is_meant(
    old: str, new: str, sentence: str
) -> None:
    """Who mistypes a word reads the right one, or all there are."""
    with pytest.raises(PlanRefused) as caught:
        parse_plan(GOOD.replace(old, new, 1))
    assert "unknown-key" == caught.value.code
    assert sentence in caught.value.sentence


def test_sentences_carry_no_medicine() -> None:
    """A refusal may be logged: it names places, never a medicine."""
    bad = GOOD.replace("name: Test medicine", "name: Secretomycin").replace("dose: 1,", "dose: 0,")
    with pytest.raises(PlanRefused) as caught:
        parse_plan(bad)
    assert "Secretomycin" not in str(caught.value)


TWO = regimen(ONE) + "\n" + regimen(ONE.replace("08:00", "12:00"), id="two")


def test_duplicate_ids_are_refused() -> None:
    """Two regimens of one id would share their doses."""
    other = regimen(ONE, ingredient="ingredient-two")
    assert ("duplicate-id", "regimens[1].id") == refusal(plan_text(regimen(ONE), other))


def test_a_second_regimen_of_one_ingredient_says_how_it_stands() -> None:
    """R5: silent doubling of an ingredient is refused, a stated addition with limits is not."""
    assert ("group-limits", "regimens[1].ingredients") == refusal(plan_text(TWO))
    groups = "groups: [{ingredient: ingredient-one, min_gap: 3h, max_per_24h: 4}]\n"
    assert ("same-ingredient", "regimens[1].ingredients") == refusal(plan_text(TWO, more=groups))
    said = TWO + "\n    in_addition_to: one\n"
    assert parse_plan(plan_text(said, more=groups)).regimens[1].relation is not None
    other = said.replace("strength: 5 mg", "strength: 9 mg", 1)
    assert "strengths-differ" == refusal(plan_text(other, more=groups))[0]


def test_two_regimens_of_one_ingredient_do_not_meet() -> None:
    """Windows of one ingredient overlap no more than those of one regimen."""
    groups = "groups: [{ingredient: ingredient-one, min_gap: 3h}]\n"
    said = TWO.replace("12:00", "08:30") + "\n    in_addition_to: one\n"
    assert "overlap-ingredient" == refusal(plan_text(said, more=groups))[0]


@pytest.mark.parametrize("times", ["08:00, 09:15", "08:00, 08:01"])
def test_overlapping_windows_are_refused(times: str) -> None:
    """Two doses that can be had at once are one dose too many."""
    code, place = refusal(GOOD.replace("08:00]}", f"{times}]}}"))
    assert ("overlap", "regimens[0].steps") == (code, place)


def test_windows_that_only_overlap_on_the_spring_night_are_refused() -> None:
    """02:30 moves to 03:30 on one night of the year: that night counts."""
    narrow = "\n    window: {early: 30min, late: 30min}"
    text = regimen("    steps: [{take: [{dose: 1, at: [02:15, 03:30]}]}]" + narrow)
    assert "overlap" == refusal(plan_text(text))[0]
    assert parse_plan(plan_text(text, zone="Asia/Tokyo")) is not None


def test_two_takes_at_one_time_are_refused() -> None:
    """Two lines at one instant are a latent double dose."""
    twice = GOOD.replace(
        "[{dose: 1, at: [08:00]}]", "[{dose: 1, at: [08:00]}, {dose: 2, at: [08:00]}]"
    )
    assert "overlap" == refusal(twice)[0]


def test_one_occasion_cannot_stand_for_two_takes() -> None:
    """Before and after breakfast would share one id."""
    takes = "when: [before breakfast 60min, after breakfast 120min]"
    assert "occasion-twice" == refusal(GOOD.replace("at: [08:00]", takes))[0]
    named = f'{ONE}\n    occasions: {{"after breakfast 120min": "mid-morning"}}'
    assert parse_plan(GOOD.replace(ONE, named).replace("at: [08:00]", takes)) is not None


def test_the_schema_file_agrees_with_an_independent_validator() -> None:
    """fastjsonschema and our walker accept and refuse the same documents."""
    schema = dict(plan_schema())
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    oracle = fastjsonschema.compile(schema)
    texts = [GOOD] + [GOOD.replace(old, new, 1) for old, new, _, _ in BAD]
    for text in texts:
        document = load(text)
        try:
            oracle(document)
            accepted = True
        except fastjsonschema.JsonSchemaException:
            accepted = False
        assert accepted == (not problems(document)), text


def test_an_editor_may_read_numbers() -> None:
    """The schema also accepts what an ordinary YAML reader makes of numbers."""
    schema = dict(plan_schema())
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    document = json.loads(json.dumps(load(GOOD)))
    document["version"] = 1
    document["regimens"][0]["steps"][0]["take"][0]["dose"] = 1.5
    fastjsonschema.compile(schema)(document)


def test_canonical_bytes_hold_quarters_and_no_local_instant() -> None:
    """Quantities are whole quarters, instants UTC; the hash is that of the bytes."""
    plan = parse_plan(GOOD.replace("dose: 1,", "dose: 1.75,"))
    text = canonical(plan).decode()
    assert '"dose_quarters":7' in text
    assert '"valid_from":"2026-11-22T23:00:00Z"' in text
    assert not re.search(r"[0-9]\.[0-9]", text)
    assert 64 == len(plan_hash(plan))


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda data: data + b" ", "not-canonical"),
        (lambda data: data + b"{}", "trailing-bytes"),
        (lambda data: data[:-1], "not-json"),
        (lambda data: data.replace(b'"version":1', b'"version":"1"'), "not-canonical"),
        (lambda data: data.replace(b'"version":1', b'"version":1.0'), "not-json"),
        (lambda data: data.replace(b'"version":1', b'"version":1,"version":1'), "duplicate-key"),
        (lambda data: data.replace(b'"version":1', b'"version":null'), "not-json"),
        (lambda data: data.replace(b'"dose_quarters":4', b'"dose":"1"'), "not-canonical"),
        (lambda data: data.replace(b'"dose_quarters":4', b'"dose_quarters":22092'), "wrong-value"),
        (lambda data: b"\xff" + data, "not-json"),
        (lambda data: b"[" * 100_000, "not-json"),
        (lambda data: data.replace(b'"early":"30min"', b'"early":"0.5h"'), "wrong-value"),
        (lambda data: data.replace(b'"late":"1h"', b'"late":"60min"'), "not-canonical"),
    ],
)
def test_only_the_canonical_bytes_are_the_plan(edit, code: str) -> None:  # type: ignore[no-untyped-def]
    """One plan has one spelling: any other is refused."""
    with pytest.raises(PlanRefused) as caught:
        from_canonical(edit(canonical(parse_plan(GOOD))))
    assert code == caught.value.code


def test_a_dumped_plan_is_safe_for_other_yaml_readers() -> None:
    """Times stay texts even where a typed reader opens the file."""
    text = dump_plan(parse_plan(GOOD.replace("08:00]}", "20:00]}")))
    typed = yaml.safe_load(text)
    assert ["20:00"] == typed["regimens"][0]["steps"][0]["take"][0]["at"]
