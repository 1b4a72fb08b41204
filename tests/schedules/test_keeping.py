"""Where a medicine is kept, what is kept apart, amounts, windows: the words and their refusals."""

import fastjsonschema
import pytest
import yaml

from schedules.canonical import canonical, from_canonical, plan_hash
from schedules.doses import next_dose
from schedules.limits import counters, lease_counters
from schedules.model import Window
from schedules.phases import asked_span
from schedules.planfile import dump_plan, load, parse_plan
from schedules.schema import plan_schema, problems
from schedules.windows import class_of, on_time_s
from tests.schedules.plans import ROOT, due, plan_text, refusal, regimen, steps

ONE = "    steps: [{take: [{dose: 1, at: [08:00]}]}]"
GOOD = plan_text(regimen(ONE))
AWAY = GOOD.replace("    piece_mg: 200\n", "    kept: elsewhere\n").replace("tablet", "inhaler")
TAKE = "[{dose: 1, at: [08:00]}]"
PAIR = "spacing: [{between: [ingredient-one, ingredient-two], gap: 4h}]\n"
TWO = regimen(ONE.replace("08:00", "13:30"), id="two", ingredient="ingredient-two")

BAD = [
    # (text, replace, by, code, place)
    (GOOD, "form: tablet", "form: inhaler", "form-not-here", "regimens[0].form"),
    (GOOD, "form: tablet", "form: tablet\n    unit: puff", "unit-not-here", "regimens[0].unit"),
    (GOOD, "    piece_mg: 200\n", "", "missing-key", "regimens[0].piece_mg"),
    (GOOD, "    piece_mg: 200", "    storage: [fridge]\n    piece_mg: 200", "never-store-here",
     "regimens[0].storage"),
    (GOOD, "regimens:", "never_store: [ingredient-one]\nregimens:", "never-store-here",
     "regimens[0].ingredients"),
    (GOOD, "    piece_mg", "    kept: shelf\n    piece_mg", "wrong-value", "regimens[0].kept"),
    (GOOD, "    piece_mg", "    storage: [shelf]\n    piece_mg", "wrong-value",
     "regimens[0].storage[0]"),
    (AWAY, "kept: elsewhere", "kept: elsewhere\n    piece_mg: 5", "not-weighed",
     "regimens[0].piece_mg"),
    (AWAY, "form: inhaler", "form: machine", "wrong-value", "regimens[0].form"),
    (GOOD, "[ingredient-one]", "{ingredient-one: 0mg}", "amount", "regimens[0].ingredients"),
    (GOOD, "[ingredient-one]", "{ingredient-one: 5 mg}", "wrong-value",
     "regimens[0].ingredients.ingredient-one"),
    (GOOD, "[ingredient-one]", "{Ingredient: 5mg}", "wrong-value",
     "regimens[0].ingredients.Ingredient"),
    (GOOD, "[ingredient-one]", "ingredient-one", "wrong-type", "regimens[0].ingredients"),
    (GOOD, "regimens:", "groups: [{ingredient: ingredient-one, min_gap: 4h, max_per_24h: 40mg}]\n"
     "regimens:", "amount-missing", "groups[0].max_per_24h"),
    (GOOD, "regimens:", PAIR + "regimens:", "unknown-ingredient", "spacing[0].between"),
    (GOOD, "regimens:", PAIR.replace("two", "one") + "regimens:", "twice", "spacing[0].between"),
    (GOOD, "[ingredient-one]", "[ingredient-one, ingredient-two]", "", ""),
    (GOOD, "{take", "{hold_point: \"\", take", "wrong-value", "regimens[0].steps[0].hold_point"),
    (GOOD, "[{take", "[{for: 3d, hold_point: look, take: []}, {take", "hold-point",
     "regimens[0].steps[0].hold_point"),
    (GOOD, "at: [08:00]", "times: 3", "times-between", "regimens[0].steps[0].take[0]"),
    (GOOD, "at: [08:00]", "between: 07:00-22:00", "times-between", "regimens[0].steps[0].take[0]"),
    (GOOD, "at: [08:00]", "times: 3, between: 22:00-07:00", "times-between",
     "regimens[0].steps[0].take[0].between"),
    (GOOD, "at: [08:00]", "times: 3, between: 07:00-22:00, at: [08:00]", "one-timing",
     "regimens[0].steps[0].take[0]"),
    (GOOD, "at: [08:00]", "on: [2026-11-24]", "wrong-value", "regimens[0].steps[0].take[0].on[0]"),
    (GOOD, "at: [08:00]", "on: [2026-11-31T08:00]", "wrong-value",
     "regimens[0].steps[0].take[0].on[0]"),
    (GOOD, "at: [08:00]", "on: [2026-11-22T08:00]", "date-outside",
     "regimens[0].steps[0].take[0].on"),
    (GOOD, "at: [08:00]", "on: [2026-11-24T08:00], days: [mon]", "dates-with-days",
     "regimens[0].steps[0].take[0]"),
    (GOOD, f"[{{take: {TAKE}}}]", "[{for: 1d, take: [{dose: 1, on: [2026-11-23T08:00]}]}]\n"
     "    repeat_every: 7d", "dates-in-cycle", "regimens[0].steps[0].take[0].on"),
    (GOOD, "at: [08:00]", "at: [08:00], every_months: 3, days: [mon]", "two-day-rules",
     "regimens[0].steps[0].take[0]"),
    (GOOD, "at: [08:00]", "at: [08:00], day_of_month: [1, 29]", "wrong-value",
     "regimens[0].steps[0].take[0].day_of_month[1]"),
    (GOOD, "at: [08:00]", "at: [08:00], day_of_month: [1, 1]", "twice",
     "regimens[0].steps[0].take[0].day_of_month"),
    (GOOD, "{take", "{for: 36h, take", "interval-needs-time", "regimens[0].steps[0]"),
    (GOOD, "{take", "{for: 3d, until: 2026-12-01T08:00, take", "two-ends", "regimens[0].steps[0]"),
    (GOOD, "{take", "{until: 2026-12-01T24:00, take", "wrong-value", "regimens[0].steps[0].until"),
    (GOOD, "{take", "{until: 2026-11-22T23:00, take", "step-without-time", "regimens[0].steps[0]"),
    (GOOD, "{take", "{until: 2026-12-01, doses: 3, take: []}, {take", "empty-step",
     "regimens[0].steps[0]"),
    (GOOD, "regimens:", "window: often\nregimens:", "wrong-value", "window"),
    (GOOD, "regimens:", "window: {early: 1h, late: 1h, on_time: 2h}\nregimens:", "window",
     "regimens[0].window.on_time"),
    (GOOD, "regimens:", "window: {early: 1h, late: 1h, then: double}\nregimens:", "wrong-value",
     "window.then"),
    (GOOD, "dose: 1", "dose: sliding scale", "value-dependent",
     "regimens[0].steps[0].take[0].dose"),
]  # fmt: skip


@pytest.mark.hazard("H13", "H24")
@pytest.mark.parametrize(("text", "old", "new", "code", "place"), BAD, ids=lambda one: one[:40])
def test_a_wrong_word_is_refused_with_code_and_place(
    text: str, old: str, new: str, code: str, place: str
) -> None:
    """One wrong edit of a good plan gives its own code at its own place."""
    assert old in text
    edited = text.replace(old, new, 1)
    if code:
        assert (code, place) == refusal(edited)
    else:
        assert parse_plan(edited) is not None


def test_the_schema_agrees_with_an_independent_validator() -> None:
    """fastjsonschema and our walker accept and refuse the same documents of the new words."""
    schema = dict(plan_schema())
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    oracle = fastjsonschema.compile(schema)
    for text in [GOOD, AWAY] + [one[0].replace(one[1], one[2], 1) for one in BAD]:
        document = load(text)
        try:
            oracle(document)
            accepted = True
        except fastjsonschema.JsonSchemaException:
            accepted = False
        assert accepted == (not problems(document)), text


ODD = [
    "at: [08:00], every_months: 3",
    "at: [08:00], every_months: 12, day_of_month: 5",
    "at: [08:00], day_of_month: [1, 15]",
    "times: 4, between: 08:00-20:00",
    "on: [2026-11-24T09:00, 2026-11-23T21:30]",
]


@pytest.mark.parametrize("timing", ODD)
@pytest.mark.parametrize(
    "end", ["", "for: 36h, ", "until: 2027-02-03T14:00, ", "for: 90d, doses: 2, hold_point: ask, "]
)
def test_every_new_word_survives_bytes_and_file(timing: str, end: str) -> None:
    """File -> plan -> canonical bytes -> plan, and file -> plan -> file, change nothing."""
    plan = steps(f"[{{{end}take: [{{dose: 1, {timing}}}]}}]", start="2026-11-23T06:00")
    assert plan == from_canonical(canonical(plan))
    assert plan == parse_plan(dump_plan(plan))


def test_words_of_the_whole_plan_survive_bytes_and_file() -> None:
    """Amounts, caps in mg, pairs, never-store lists, windows and what is kept elsewhere."""
    away = TWO.replace("    piece_mg: 200\n", "    kept: elsewhere\n    storage: [light, fridge]\n")
    away = away.replace("form: tablet", "form: spray").replace("[ingredient-two]", "{two: 2.5mg}")
    head = (
        "never_store: [zz, aa]\nspacing: [{between: [two, one], gap: 90min}]\n"
        "window: {early: 20min, late: 50min, on_time: 40min, then: skip}\n"
        "groups: [{ingredient: one, min_gap: 3h, max_per_24h: 10mg}]\n"
    )
    text = plan_text(regimen(ONE).replace("[ingredient-one]", "{one: 5mg}"), away, more=head)
    plan = parse_plan(text)
    assert plan == from_canonical(canonical(plan))
    assert plan == parse_plan(dump_plan(plan))
    assert Window(1200, 3000, 2400, "skip") == plan.regimens[0].window
    assert ("spray", "spray", ("fridge", "light")) == (
        plan.regimens[1].form,
        plan.regimens[1].unit,
        plan.regimens[1].storage,
    )


KEPT = [
    ("home", "5c31f7e2acb12c04db04cb3bd7034c73ad6dd9f21e6f2d02888d763b62e145cd",
     "eff39ef570ee9786a19a70d2f7448d23"),
    ("many-kinds", "b6eb76721d2e6f3c7bab8fefc2b28b8fff2eaf99856f318f5fff27c3c7650643",
     "1b6a31a1b180d390d9d351a4ce361109"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "hashed", "first"), KEPT)
def test_plans_of_before_the_new_words_are_the_same_to_the_byte(
    name: str, hashed: str, first: str
) -> None:
    """Hash and identity of a plan never move with the words that a later file may say."""
    plan = parse_plan((ROOT / "schedules" / "examples" / f"{name}.yaml").read_text("utf-8"))
    dose = next_dose(plan, plan.valid_from)
    assert dose is not None
    assert (hashed, first) == (plan_hash(plan), dose.dose_id)


def test_dates_stay_texts_for_other_yaml_readers() -> None:
    """`on` is yes for many a reader of YAML, and a date a date: the dumped file quotes both."""
    plan = steps("[{until: 2026-12-03, take: [{dose: 1, on: [2026-11-24T09:00]}]}]")
    step = yaml.safe_load(dump_plan(plan))["regimens"][0]["steps"][0]
    assert {"until": "2026-12-03", "take": [{"dose": "1", "on": ["2026-11-24T09:00"]}]} == step


def test_what_may_be_asked_for_begins_and_ends() -> None:
    """An as-needed regimen with a start and an end, through bytes and file."""
    rule = "for: pain, dose: 1, min_gap: 4h, max: 4, per: 24h, until: 2026-12-05T09:30"
    asked = f"    as_needed: {{{rule}}}"
    plan = parse_plan(plan_text(regimen(asked, start="2026-12-01")))
    assert plan == from_canonical(canonical(plan))
    assert plan == parse_plan(dump_plan(plan))
    begins, ends = asked_span(plan, plan.regimens[0])
    assert (8 * 86_400, 4 * 86_400 + 9 * 3600 + 31 * 60) == (
        begins - plan.valid_from,
        ends - begins,
    )
    late = plan_text(regimen(asked, start="2026-12-06"))
    assert ("step-without-time", "regimens[0].as_needed.until") == refusal(late)


def test_a_plan_without_the_new_words_keeps_its_bytes() -> None:
    """None of the new words stands in the bytes of a plan that says none of them."""
    text = canonical(parse_plan(GOOD)).decode()
    for word in ("kept", "unit", "storage", "spacing", "never", "on_time", "then", "weekly",
                 "hold_point", "every_months", '"on"'):  # fmt: skip
        assert word not in text.replace('last_taken":"never', "")


def test_months_without_a_day_keep_that_of_the_start() -> None:
    """FHIR's month cadence: 31 January, then the last day of shorter months, never drifting."""
    plan = steps("[{take: [{dose: 1, at: [08:00], every_months: 1}]}]", start="2027-01-31")
    assert ["Sun 2027-01-31 08:00", "Sun 2027-02-28 08:00", "Wed 2027-03-31 08:00"] == due(
        plan, 150
    )
    plan = steps("[{take: [{dose: 1, at: [08:00], every_months: 5}]}]", start="2026-11-30")
    assert ["Mon 2026-11-30 08:00", "Fri 2027-04-30 08:00"] == due(plan, 219)


def test_an_end_at_a_time_of_day_includes_that_minute() -> None:
    """until 14:00 gives the dose of 14:00; the next step has only what is later."""
    plan = steps(
        "[{until: 2026-11-24T14:00, take: [{dose: 1, at: [08:00, 14:00]}]},"
        " {take: [{dose: 1, at: [13:00, 20:00]}]}]"
    )
    assert [
        "Mon 2026-11-23 08:00", "Mon 2026-11-23 14:00", "Tue 2026-11-24 08:00",
        "Tue 2026-11-24 14:00", "Tue 2026-11-24 20:00", "Wed 2026-11-25 13:00",
    ] == due(plan, 3)[:6]  # fmt: skip


@pytest.mark.parametrize(("length", "first"), [("3d", 3), ("9d", 5)])
def test_a_count_and_an_end_by_whichever_comes_first(length: str, first: int) -> None:
    """Five doses within three days are three; within nine days five, and the rest begins then."""
    evenings = "{take: [{dose: 1, at: [20:00]}]}"
    found = due(steps(f"[{{for: {length}, doses: 5, take: {TAKE}}}, {evenings}]"), 7)
    assert ["08:00"] * first + ["20:00"] * (7 - first) == [one[-5:] for one in found]


def test_a_pair_too_close_on_one_day_of_the_year_is_found() -> None:
    """Every fourth day they would meet: the whole validity is judged, not a fortnight."""
    near = "    steps: [{take: [{dose: 1, at: [13:30]}]}]"
    rare = "    steps: [{take: [{dose: 1, at: [13:30], days: [tue]}, {dose: 1, at: [12:00],"
    rare += " day_of_month: 22, every_months: 5}]}]"
    head = PAIR
    text = plan_text(regimen(ONE), regimen(near, id="two", ingredient="ingredient-two"), more=head)
    assert parse_plan(text) is not None
    other = regimen(rare, id="two", ingredient="ingredient-two")
    assert ("spacing-broken", "spacing[0]") == refusal(plan_text(regimen(ONE), other, more=head))
    assert (
        parse_plan(plan_text(regimen(ONE), other, more=head, valid_until="2027-04-01")) is not None
    )


def test_a_pair_is_judged_whichever_comes_first() -> None:
    """Calcium before levothyroxine counts as much, also over midnight."""
    late = regimen("    steps: [{take: [{dose: 1, at: [04:30]}]}]", id="two",
                   ingredient="ingredient-two")  # fmt: skip
    assert "spacing-broken" == refusal(plan_text(regimen(ONE), late, more=PAIR))[0]
    night = regimen("    steps: [{take: [{dose: 1, at: [23:30]}]}]", id="two",
                    ingredient="ingredient-two")  # fmt: skip
    early = regimen(ONE.replace("08:00", "03:00"))
    assert "spacing-broken" == refusal(plan_text(early, night, more=PAIR))[0]


def test_a_pair_is_on_the_board_where_both_keep_the_gap_anyway() -> None:
    """One counter for both where neither would be held back by it; else the controller's own."""
    found = [one.name for one in counters(parse_plan(plan_text(regimen(ONE), TWO, more=PAIR)))]
    assert "spacing ingredient-one ingredient-two" == found[-1]
    often = ONE.replace("[08:00]", "[05:00, 08:00]")
    plan = parse_plan(plan_text(regimen(often), TWO, more=PAIR))
    assert 2 == len(counters(plan))


def test_what_is_kept_elsewhere_is_counted_but_not_leased() -> None:
    """The controller counts everything, the board what lies in it."""
    away = TWO.replace("    piece_mg: 200\n", "    kept: elsewhere\n")
    plan = parse_plan(plan_text(regimen(ONE), away))
    assert ["ingredient ingredient-one", "ingredient ingredient-two"] == [
        one.name for one in counters(plan)
    ]
    assert ["ingredient ingredient-one"] == [one.name for one in lease_counters(plan)]


def group(most: str, one: str, other: str) -> str:
    """Two regimens of one ingredient with these amounts, and a cap for both."""
    text = plan_text(
        regimen(ONE).replace("[ingredient-one]", f"{{one: {one}}}"),
        TWO.replace("[ingredient-two]", f"{{one: {other}}}") + "\n    in_addition_to: one",
        more=f"groups: [{{ingredient: one, min_gap: 2h, max_per_24h: {most}}}]\n",
    )
    return text


@pytest.mark.parametrize(
    ("most", "one", "other", "units", "cap"),
    [
        ("4000mg", "500mg", "325mg", (20, 13), 640),
        ("4g", "500mg", "500mg", (1, 1), 32),
        ("20mg", "2.5mg", "10mg", (1, 4), 32),
        # Awkward amounts: units round up and the cap down, so the cable never allows more.
        ("4000mg", "499.999mg", "333.333mg", (2041, 1361), 65306),
    ],
)
def test_a_cap_in_milligrams_counts_every_piece_by_what_it_holds(
    most: str, one: str, other: str, units: tuple[int, int], cap: int
) -> None:
    """Quarters weigh as much as they hold, and the cap fits into two bytes."""
    found = counters(parse_plan(group(most, one, other)))[0]
    assert (units, cap) == (tuple(each for _, each in found.units), found.cap)
    assert 0 < found.cap <= 0xFFFF


def test_pieces_of_different_strength_need_a_cap_in_milligrams() -> None:
    """Eight pieces say nothing where the pieces differ."""
    assert ("cap-in-pieces", "groups[0]") == refusal(group("8", "500mg", "325mg"))
    assert parse_plan(group("8", "500mg", "500mg")) is not None


def test_the_plan_itself_keeps_what_is_said_for_an_ingredient() -> None:
    """Planned doses of all who share it are never closer than its gap."""
    text = group("4000mg", "500mg", "325mg")  # at 08:00 and at 13:30
    assert parse_plan(text) is not None
    wide = text.replace("min_gap: 2h", "min_gap: 6h")
    assert ("gap-over-interval", "groups[0].min_gap") == refusal(wide)


def classes(
    steps_text: str, more: str = "", ingredient: str = "ingredient-one"
) -> tuple[str, int, int]:
    """(class, window in minutes, on time in minutes) of a regimen under window: ismp."""
    text = regimen(f"    window: ismp\n    steps: {steps_text}{more}", ingredient=ingredient,
                   start="2026-11-23T06:00")  # fmt: skip
    one = parse_plan(plan_text(text)).regimens[0]
    assert one.window.early_s == one.window.late_s
    return class_of(one).name, one.window.late_s // 60, on_time_s(one) // 60


def test_windows_by_class() -> None:
    """ISMP: daily 2 h, several a day 1 h, more often a quarter; time critical, levodopa 30 min."""
    assert ("daily or rarer", 120, 120) == classes(f"[{{take: {TAKE}}}]")
    assert ("daily or rarer", 120, 120) == classes(
        "[{take: [{dose: 1, at: [08:00], days: [mon]}]}]"
    )
    several = "several times a day, at most every 4 h"
    assert (several, 60, 60) == classes("[{take: [{dose: 1, at: [06:00, 10:00, 16:00]}]}]")
    assert (several, 60, 60) == classes("[{take: [{dose: 1, every: 4h}]}]")
    often = "more often than every 4 h"
    assert (often, 45, 45) == classes("[{take: [{dose: 1, every: 3h}]}]")
    assert (often, 30, 30) == classes("[{take: [{dose: 1, at: [08:00, 10:00]}]}]")
    critical = "\n    time_critical: yes"
    assert ("time critical", 30, 30) == classes(f"[{{take: {TAKE}}}]", critical)
    assert ("time critical", 15, 15) == classes("[{take: [{dose: 1, every: 1h}]}]", critical)
    assert ("levodopa", 30, 30) == classes(f"[{{take: {TAKE}}}]", ingredient="levodopa")


def test_said_windows_stand_and_the_class_only_reports() -> None:
    """A plan that says no class keeps 30 and 60 minutes; on time is by class, or as said."""
    one = parse_plan(GOOD).regimens[0]
    assert (1800, 3600, 0, 7200) == (
        one.window.early_s,
        one.window.late_s,
        one.window.on_time_s,
        on_time_s(one),
    )
    said = parse_plan(
        GOOD.replace("regimens:", "window: {early: 1h, late: 1h, on_time: 5min}\nregimens:")
    )
    assert 300 == on_time_s(said.regimens[0])


def test_windows_by_class_of_a_shared_ingredient_do_not_meet() -> None:
    """Two daily regimens of one ingredient, three hours apart, are every three hours together."""
    text = plan_text(
        regimen(ONE),
        regimen(ONE.replace("08:00", "11:00"), id="two") + "\n    in_addition_to: one",
        more="window: ismp\ngroups: [{ingredient: ingredient-one, min_gap: 90min}]\n",
    )
    assert [45, 45] == [one.window.late_s // 60 for one in parse_plan(text).regimens]
