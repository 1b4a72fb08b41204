"""What speaks against a plan: each question with one plan it finds, and one it lets pass."""

import re
from dataclasses import replace
from random import Random

import pytest

from schedules.amounts import amounts, mass_text, masses
from schedules.canonical import plan_hash
from schedules.checks.finding import ASK, NOTE, REFUSE, SEVERITIES, case_of
from schedules.checks.run import findings
from schedules.document import build
from schedules.ingredients import alike, plain
from schedules.model import Plan, PlanRefused
from schedules.planfile import parse_plan
from schedules.rules import payload_of, read_rules
from tests.schedules.any_plan import document
from tests.schedules.checking import DAILY, NOW_S, found, medicine, plan
from tests.schedules.plans import ROOT, plan_text, refusal

ASKED = "as_needed: {for: pain, dose: 1, min_gap: 6h, max: 4, per: 24h}"


def taking(dose: str, **said: str) -> str:
    return medicine(rest=f"steps: [{{take: [{{dose: {dose}, at: ['08:00']}}]}}]", **said)


# name: regimens found, code@place, severity, regimens let pass
QUESTIONS: dict[str, tuple[list[str], str, str, list[str]]] = {
    "two salts of one": (
        [
            medicine("metoprolol-95", ingredients="[metoprolol-succinate]"),
            medicine("metoprolol-50", ingredients="[metoprolol-tartrate]"),
        ],
        "duplicate-ingredient@metoprolol-50+metoprolol-95",
        REFUSE,
        [medicine("metoprolol-95"), medicine("bisoprolol-5")],
    ),
    "two countries' names": (
        [medicine("paracetamol-500"), medicine("acetaminophen-325")],
        "duplicate-ingredient@acetaminophen-325+paracetamol-500",
        REFUSE,
        [medicine("paracetamol-500"), medicine("ibuprofen-400")],
    ),
    "two salts of an element": (
        [
            medicine("calcium-500", ingredients="[calcium-carbonate]"),
            medicine("calcium-300", ingredients="[calcium-citrate]"),
        ],
        "duplicate-element@calcium-300+calcium-500",
        ASK,
        [
            medicine("calcium-500", ingredients="[calcium-carbonate]"),
            medicine("valproate-300", ingredients="[sodium-valproate]"),
        ],
    ),
    "one letter apart": (
        [medicine("metformin-500"), medicine("metformine-850")],
        "ingredient-alike@metformin-500+metformine-850",
        ASK,
        [medicine("prednisone-5"), medicine("prednisolone-5")],
    ),
    "a combination hides one": (
        [medicine("cocodamol", name="Co-codamol", strength="8/500 mg", ingredients="[codeine]")],
        "ingredient-missing@cocodamol",
        REFUSE,
        [
            medicine(
                "cocodamol",
                name="Co-codamol",
                strength="8/500 mg",
                ingredients="[codeine-phosphate, paracetamol]",
            )
        ],
    ),
    "another substance in the name": (
        [medicine(name="Warfarin 500 mg"), medicine("warfarin-5")],
        "name-differs@metformin-500",
        ASK,
        [
            medicine(name="Metformin hydrochloride 500 mg"),
            medicine("atorvastatin-20", name="Atorvastatin calcium 20 mg"),
            medicine("calcium-500"),
        ],
    ),
    "name against strength": (
        [medicine(strength="250 mg")],
        "strength-differs@metformin-500",
        REFUSE,
        [medicine(name="Metformin 0.5 g", strength="500 mg")],
    ),
    "one strength of two": (
        [medicine(name="Sinemet 125 mg", strength="25 mg/250 mg")],
        "strength-differs@metformin-500",
        ASK,
        [medicine(name="Sinemet 275 mg", strength="25 mg/250 mg")],
    ),
    "amounts against strength": (
        [medicine(ingredients="{metformin: 850mg}")],
        "amounts-differ@metformin-500",
        REFUSE,
        [medicine(ingredients="{metformin: 500mg}")],
    ),
    "lighter than its content": (
        [medicine(piece_mg="50")],
        "piece-too-light@metformin-500",
        REFUSE,
        [medicine(piece_mg="620")],
    ),
    "as heavy as its content": (
        [medicine(piece_mg="500")],
        "piece-weight@metformin-500",
        ASK,
        [medicine(piece_mg="501")],
    ),
    "milligrams for micrograms": (
        [medicine("levothyroxine-100", ingredients="[levothyroxine-sodium]")],
        "unit-slip@levothyroxine-100",
        ASK,
        [medicine("levothyroxine-100", name="Levothyroxine", strength="100 micrograms")],
    ),
    "a nought too many": (
        [medicine("warfarin-5", name="Warfarin 5.0 mg")],
        "error-prone-writing@warfarin-5",
        NOTE,
        [medicine("warfarin-5", name="Warfarin 5 mg")],
    ),
    "a divided capsule": (
        [taking("0.25", form="capsule")],
        "cannot-be-divided@metformin-500",
        REFUSE,
        [taking("2", form="capsule")],
    ),
    "a divided retard tablet": (
        [taking("0.5", name="Metformin XR 500 mg")],
        "slow-release-divided@metformin-500",
        ASK,
        [taking("0.5", name="Metformin 500 mg")],
    ),
    "a quarter": (
        [taking("0.25")],
        "quarter-tablet@metformin-500",
        NOTE,
        [taking("0.5")],
    ),
    "many in one taking": (
        [taking("5")],
        "many-pieces@metformin-500",
        ASK,
        [taking("4")],
    ),
    "a dose nobody writes": (
        [taking("3.75")],
        "odd-dose@metformin-500",
        ASK,
        [taking("2.5")],
    ),
    "many in a day": (
        [medicine(rest="steps: [{take: [{dose: 4, every: 4h}]}]", start="2026-11-23T06:00")],
        "many-a-day@metformin-500",
        ASK,
        [medicine(rest="steps: [{take: [{dose: 3, every: 4h}]}]", start="2026-11-23T06:00")],
    ),
    "minutes for hours": (
        [medicine(rest="as_needed: {for: pain, dose: 1, min_gap: 40min, max: 4, per: 24h}")],
        "often@metformin-500",
        ASK,
        [medicine(rest=ASKED)],
    ),
    "a piece like a stone": (
        [medicine(piece_mg="6200")],
        "piece-heavy@metformin-500",
        ASK,
        [medicine(piece_mg="1200")],
    ),
    "a limit that is none": (
        [medicine(rest=f"{DAILY}\nlimits: {{max_per_24h: 100}}")],
        "limit-loose@metformin-500",
        ASK,
        [medicine(rest=f"{DAILY}\nlimits: {{max_per_24h: 2}}")],
    ),
    "a limit that is the plan": (
        [medicine(rest=f"{DAILY}\nlimits: {{max_per_24h: 1}}")],
        "limit-equals-plan@metformin-500",
        NOTE,
        [medicine(rest=f"{DAILY}\nlimits: {{max_per_24h: 2}}")],
    ),
    "nobody knows the last": (
        [medicine(last_taken="unknown")],
        "last-taken-unknown@metformin-500",
        NOTE,
        [medicine(last_taken="never")],
    ),
}


@pytest.mark.hazard("H13", "H24")
@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_finds_one_plan_and_lets_one_pass(name: str) -> None:
    """The code, its place and its severity; and the neighbour that is in order is not named."""
    wrong, key, severity, right = QUESTIONS[name]
    code, _, place = key.partition("@")
    seen = found(plan(*wrong))

    assert key in seen, sorted(seen)
    assert (severity, code, place) == (seen[key].severity, seen[key].code, seen[key].place)
    assert seen[key].sentence and seen[key].todo
    assert code not in {one.code for one in found(plan(*right)).values()}


def test_the_shared_maximum_of_a_group() -> None:
    """Two regimens of one ingredient: planned above it refuses, asked for above it may wait."""
    group = "groups: [{ingredient: paracetamol, min_gap: 4h, max_per_24h: %s}]\n"
    morning = medicine("paracetamol-500", "steps: [{take: [{dose: 2, at: ['08:00']}]}]")
    evening = medicine(
        "paracetamol-night",
        "steps: [{take: [{dose: 2, at: ['20:00']}]}]\nin_addition_to: paracetamol-500",
        name="Paracetamol 500 mg",
        strength="500 mg",
        ingredients="[paracetamol]",
    )
    asked = evening.replace("steps: [{take: [{dose: 2, at: ['20:00']}]}]", ASKED)
    place = "paracetamol-500+paracetamol-night"

    assert f"group-over-limit@{place}" in found(plan(morning, evening, more=group % 3))
    assert {"interactions-not-checked@plan"} == set(found(plan(morning, evening, more=group % 4)))
    assert f"group-may-wait@{place}" in found(plan(morning, asked, more=group % 4))
    assert {"interactions-not-checked@plan"} == set(found(plan(morning, asked, more=group % 6)))


def test_the_night_of_23_hours_is_asked_about_where_as_needed_shares_the_maximum() -> None:
    """Only there does the machine count elapsed time: planned alone, nobody need be asked."""
    group = "groups: [{ingredient: metformin, min_gap: 4h, max_per_24h: %s}]\n"
    daily = medicine(rest=f"{DAILY}\nlimits: {{max_per_24h: 1}}")
    said = {"name": "Metformin 500 mg", "strength": "500 mg", "ingredients": "[metformin]"}
    more = medicine("metformin-more", f"{ASKED}\nin_addition_to: metformin-500", **said)
    key = "short-night@metformin-500+metformin-more"

    assert "short-night" not in {one.code for one in found(plan(daily)).values()}
    seen = found(plan(daily, more, more=group % 1))
    assert (ASK, "metformin-500+metformin-more") == (seen[key].severity, seen[key].place)
    assert key not in found(plan(daily, more, more=group % 2))


@pytest.mark.hazard("H13", "H24")
@pytest.mark.parametrize(
    ("was", "now", "asks"),
    [("1", "10", True), ("1", "5", True), ("1", "4", False), ("5", "1", True), ("4", "1", False)],
)
def test_a_dose_far_from_the_version_before(was: str, now: str, asks: bool) -> None:
    """Five times as much or as little as before is asked about, and the sentence says both."""
    old, new = plan(taking(was)), following(plan(taking(was)), plan(taking(now)))
    seen = found(new, before=old)

    assert asks == ("ten-fold@metformin-500" in seen)
    if asks:
        assert f"now at most {now} of 500 mg" in seen["ten-fold@metformin-500"].sentence


def test_another_strength_is_no_other_dose() -> None:
    """Four of 250 mg after one of 1 g is the same; four of 1 g after one of 250 mg is not."""
    gram = taking("1", name="Metformin", strength="1 g", piece_mg="1200")
    small = taking("4", name="Metformin", strength="250 mg")
    four = taking("4", name="Metformin", strength="1 g", piece_mg="1200")
    one = taking("1", name="Metformin", strength="250 mg")

    old = plan(gram)
    assert "ten-fold@metformin-500" not in found(following(old, plan(small)), before=old)
    old = plan(one)
    assert "ten-fold@metformin-500" in found(following(old, plan(four)), before=old)


def following(old: Plan, new: Plan) -> Plan:
    """`new` as the version that follows `old`."""
    return replace(new, version=old.version + 1, previous_hash=plan_hash(old))


def test_the_version_before_is_gone_on_with() -> None:
    """Another patient, no predecessor, the same number, an unexplained neighbour, a hole."""
    old = plan(medicine())
    new = following(old, old)
    other = replace(new, patient="pt-OTHER")
    brand = following(old, plan(medicine("glucophage-500", ingredients="[metformin]")))
    late = following(old, plan(medicine(start="2026-11-30")))

    assert {"interactions-not-checked@plan"} == set(found(new, before=old))
    assert {"interactions-not-checked@plan"} == set(found(old, before=old))
    assert "other-patient@plan" in found(other, before=old)
    assert "older-version@plan" in found(replace(old, plan_id="other"), before=old)
    assert "wrong-predecessor@plan" in found(replace(new, previous_hash="0" * 64), before=old)
    assert (
        ASK == found(late, before=old, now_s=NOW_S + 86_400)["gap-too-long@metformin-500"].severity
    )
    assert REFUSE == found(brand, before=old)["same-ingredient@glucophage-500"].severity


@pytest.mark.hazard("H24")
def test_5523_for_55_is_refused_at_the_door() -> None:
    """The slip that a loop once took: no plan is built from it, wherever it is typed."""
    limit = medicine(rest=f"{DAILY}\nlimits: {{max_per_24h: 5523}}")
    count = medicine(rest=DAILY.replace("}]}]", "}], doses: 5523}]"))
    for slip in (taking("5523"), limit, count, medicine(piece_mg="552300")):
        assert "wrong-value" == refusal(plan_text(slip))[0]


def test_a_friday_evening() -> None:
    """A hurried plan: ten for one, a brand beside its substance, the strength of another pack."""
    seen = found(
        plan(
            medicine("apixaban-5", "steps: [{take: [{dose: 10, when: [breakfast, dinner]}]}]"),
            medicine("paracetamol-500", ASKED, piece_mg="560"),
            medicine(
                "panadol",
                ASKED,
                name="Panadol 1 g",
                strength="500 mg",
                ingredients="[acetaminophen]",
                piece_mg="580",
            ),
            medicine(
                "omeprazole-20",
                "steps: [{take: [{dose: 0.5, when: [before breakfast]}]}]",
                form="capsule",
            ),
        )
    )
    assert [
        "cannot-be-divided@omeprazole-20",
        "duplicate-ingredient@panadol+paracetamol-500",
        "strength-differs@panadol",
    ] == sorted(key for key, one in seen.items() if one.severity == REFUSE)
    assert ["many-pieces@apixaban-5"] == [k for k, one in seen.items() if one.severity == ASK]


def test_home_from_hospital() -> None:
    """Another salt, begun a week late, of a medicine that just disappears: each is said."""
    beta = medicine("metoprolol-95", ingredients="[metoprolol-succinate]")
    old = plan(beta, medicine("ramipril-5"), medicine("amlodipine-5"))
    other = medicine("metoprolol-50", ingredients="[metoprolol-tartrate]")
    later = medicine("ramipril-5", start="2026-12-01")
    new = following(old, plan(other, later, medicine("amlodipine-5")))
    seen = found(new, before=old, now_s=NOW_S + 2 * 86_400)

    assert REFUSE == seen["same-ingredient@metoprolol-50"].severity
    assert "metoprolol-95 was metoprolol too" in seen["same-ingredient@metoprolol-50"].sentence
    assert ASK == seen["gap-too-long@ramipril-5"].severity
    said = other.replace("last_taken: never", "last_taken: never\n    replaces: metoprolol-95")
    new = following(old, plan(said, medicine("ramipril-5"), medicine("amlodipine-5")))
    assert "same-ingredient@metoprolol-50" not in found(new, before=old)


def test_a_thyroid_tablet_in_milligrams() -> None:
    """100 mg for 100 micrograms, copied into name and strength alike: nothing contradicts it."""
    wrong = medicine(
        "euthyrox", name="Euthyrox 100 mg", strength="100 mg", piece_mg="120",
        ingredients="[levothyroxine-sodium]",
    )  # fmt: skip
    seen = found(plan(wrong))
    assert ["unit-slip@euthyrox"] == [key for key, one in seen.items() if one.severity != NOTE]
    assert "is it micrograms?" in seen["unit-slip@euthyrox"].todo
    right = wrong.replace("100 mg", "100 micrograms")
    assert {"interactions-not-checked@plan"} == set(found(plan(right)))


def test_the_examples_hold_no_surprise() -> None:
    """What the README shows refuses nothing; every question of it is known."""
    asked = {}
    for path in sorted((ROOT / "schedules" / "examples").glob("*.yaml")):
        seen = found(parse_plan(path.read_text("utf-8")))
        assert [] == [key for key, one in seen.items() if one.severity == REFUSE], path.name
        asked[path.name] = [key for key, one in seen.items() if one.severity == ASK]
    assert [] == asked["home.yaml"]


@pytest.mark.parametrize(
    ("text", "nanograms"),
    [
        ("500 mg", [500_000_000]),
        ("0.5 g", [500_000_000]),
        ("1,000 mg", [1_000_000_000]),
        ("2,5 mg", [2_500_000]),
        (".5 mg", [500_000]),
        ("8/500 mg", [8_000_000, 500_000_000]),
        ("30 mg/500 mg", [30_000_000, 500_000_000]),
        ("5 mg/5 ml", [5_000_000]),
        ("25 micrograms/hour", [25_000]),
        ("100 \N{GREEK SMALL LETTER MU}g", [100_000]),
        ("100 mcg", [100_000]),
        ("1000 IU", []),
        ("B12 complex", []),
        ("500mg", [500_000_000]),
        ("12 mghours", []),
    ],
)
def test_amounts_as_people_write_them(text: str, nanograms: list[int]) -> None:
    """Whole numbers of the smallest unit; what is no mass is none."""
    assert nanograms == list(masses(text))


def test_amounts_of_units_and_back() -> None:
    """Units are an amount of their own, and a mass is written for people."""
    assert [("units", 1_000_000)] == [(one.kind, one.size) for one in amounts("1000 IU")]
    assert "250 mg" == mass_text(250_000_000)
    assert "62.5 micrograms" == mass_text(62_500)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("metoprolol-succinate", "metoprolol"),
        ("Sodium-Valproate", "valproate"),
        ("valproic-acid", "valproate"),
        ("acetylsalicylic-acid", "aspirin"),
        ("potassium-chloride", "potassium"),
        ("ferrous-sulfate", "iron"),
        ("losartan-potassium", "losartan"),
        ("folic-acid", "folic"),
        ("l-thyroxine", "levothyroxine"),
        ("amlodipine-besylate", "amlodipine"),
        ("isosorbide-mononitrate", "isosorbide-mononitrate"),
    ],
)
def test_one_substance_has_one_plain_name(name: str, same: str) -> None:
    """Salts, case and other countries' names fall away; what is another substance stays."""
    assert same == plain(name)


def test_alike_is_one_letter_in_a_long_name() -> None:
    """One letter more, less or other; never two, never in a short name."""
    assert alike("metformin", "metformine")
    assert alike("hydroxyzine", "hydroxizine")
    assert not alike("prednisone", "prednisolone")
    assert not alike("iron", "iran")
    assert not alike("metformin", "metformin")
    assert not alike("ingredient-a", "ingredient-b")
    assert not alike("vitamin-d", "vitamin-d-complex")


def test_every_code_of_a_finding_is_in_the_readme() -> None:
    """The table of the checks names what each file can find, and nothing else."""
    folder = ROOT / "schedules" / "checks"
    text = (folder / "README.md").read_text("utf-8")
    table = text[text.index("\n## Checks") :].split("\n## ", 2)[1].split("A stock file says")[0]
    told = set(re.findall(r"`([a-z]+-[a-z-]+(?:-ID)?|[a-z]+-ID|often)`", table))
    sources = "".join(one.read_text("utf-8") for one in folder.glob("*.py"))
    found = set(re.findall(r"Finding\(\s*\"([a-z-]+)\"", sources)) | {"gap-too-long"}
    found |= {"same-ingredient", "interaction-ID", "spacing-ID", "maximum-ID", "advice-ID"}
    assert told == found | {"not-counted-ID"}


def test_no_plan_of_chance_breaks_a_check() -> None:
    """Any plan, after any other, with rules: findings in order, one for a code and a place."""
    rules = read_rules(payload_of((ROOT / "schedules/rulefiles/starter.json").read_bytes()))
    before, seen = None, 0
    for seed in range(60):
        try:
            one = build(document(Random(seed)))
        except PlanRefused:
            continue
        told = findings(case_of(one, one.valid_from + 86_400, before, None, rules))
        ranks = [SEVERITIES.index(each.severity) for each in told]
        assert sorted(ranks) == ranks, seed
        assert len({(each.code, each.place) for each in told}) == len(told), seed
        assert all(each.sentence.isprintable() and each.todo for each in told), seed
        before, seen = one, seen + 1
    assert 20 < seen
