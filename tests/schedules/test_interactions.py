"""Interaction rules: a signed file, what it finds, and what it says of itself every time."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from schedules.checks.finding import ASK, NOTE
from schedules.model import PlanRefused
from schedules.planfile import parse_plan
from schedules.rules import (
    Rules,
    countersign_rules,
    payload_of,
    read_rules,
    seal_rules,
    verify_rules,
)
from schedules.seal import Signer, new_key
from schedules.signed import compact
from tests.schedules.checking import DAILY, NOW_S, found, medicine, plan
from tests.schedules.plans import ROOT, plan_text

STARTER = (ROOT / "schedules" / "rulefiles" / "starter.json").read_bytes()
(ONE, ONE_PUBLIC), (TWO, TWO_PUBLIC) = new_key(), new_key()
PEOPLE = [("person/ada", "pharmacist", ONE), ("person/ben", "checker", TWO)]
TRUSTED = [
    Signer("person/ada", "pharmacist", ONE_PUBLIC),
    Signer("person/ben", "checker", TWO_PUBLIC),
]
RULES = read_rules(payload_of(STARTER))
ABOUT = {"interactions-by-rules@plan", "not-in-rules@plan"}


def at(hour: str, dose: str = "1") -> str:
    return f"steps: [{{take: [{{dose: {dose}, at: ['{hour}']}}]}}]"


def told(*medicines: str, more: str = "", rules: Rules = RULES) -> dict[str, str]:
    """Severity by `code@place` of what the rules say, without what they say of themselves."""
    seen = found(plan(*medicines, more=more), rules=rules)
    return {key: one.severity for key, one in seen.items() if key not in ABOUT}


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        ("lisdexamfetamine-30", "selegiline-5", "stimulant-maoi"),
        ("atazanavir-300", "omeprazole-20", "atazanavir-ppi"),
        ("febuxostat-80", "azathioprine-50", "febuxostat-thiopurine"),
        ("fluoxetine-20", "phenelzine-15", "serotonin-maoi"),
        ("irinotecan-10", "clarithromycin-500", "irinotecan-cyp3a4"),
        ("methadone-5", "moclobemide-150", "opioid-maoi"),
        ("imipramine-25", "tranylcypromine-10", "tricyclic-maoi"),
        ("sotalol-80", "domperidone-10", "qt-qt"),
        ("ramelteon-8", "fluvoxamine-50", "ramelteon-cyp1a2"),
        ("darunavir-600", "rifampin-300", "protease-inducer"),
        ("simvastatin-20", "itraconazole-100", "statin-cyp3a4"),
        ("ergotamine-1", "ritonavir-100", "ergot-cyp3a4"),
        ("tizanidine-2", "ciprofloxacin-500", "tizanidine-cyp1a2"),
        ("tranylcypromine-10", "procarbazine-50", "tranylcypromine-procarbazine"),
        ("sumatriptan-50", "rasagiline-1", "triptan-maoi"),
        ("warfarin-3", "ibuprofen-400", "warfarin-nsaid"),
        ("methotrexate-10", "trimethoprim-200", "methotrexate-antifolate"),
        ("azathioprine-50", "allopurinol-100", "allopurinol-thiopurine"),
    ],
)
def test_every_pair_of_the_starter_set_is_found(first: str, second: str, rule: str) -> None:
    """Whichever stands first; and neither alone, nor beside a harmless one."""
    weekly = "steps: [{take: [{dose: 1, at: ['08:00'], days: [mon]}]}]\nlimits: {max_per_7d: 1}"
    one, other = (
        medicine(name, weekly if "methotrexate" in name else DAILY, high_alert="yes")
        if "methotrexate" in name
        else medicine(name)
        for name in (first, second)
    )
    key = f"interaction-{rule}@{'+'.join(sorted((first, second)))}"

    assert {key: ASK} == {k: v for k, v in told(one, other).items() if rule in k}
    assert {key: ASK} == {k: v for k, v in told(other, one).items() if rule in k}
    assert {} == {k: v for k, v in told(one, medicine("cetirizine-10")).items() if rule in k}


def test_salts_and_other_names_are_looked_up_too() -> None:
    """`Fluoxetine-Hydrochloride` is fluoxetine to a rule."""
    seen = told(
        medicine(
            "prozac", name="Prozac", strength="20 mg", ingredients="[fluoxetine-hydrochloride]"
        ),
        medicine("selegiline-5", ingredients="[selegiline-hcl]"),
    )
    assert {"interaction-serotonin-maoi@prozac+selegiline-5": ASK} == seen


def test_one_substance_twice_is_no_pair() -> None:
    """Two regimens of one ingredient on both sides of a rule: that is for the shared limits."""
    more = medicine(
        "sotalol-evening", f"{at('20:00')}\nin_addition_to: sotalol-80", name="Sotalol 80 mg",
        strength="80 mg", ingredients="[sotalol]",
    )  # fmt: skip
    group = "groups: [{ingredient: sotalol, min_gap: 8h}]\n"
    assert {} == told(medicine("sotalol-80"), more, more=group)


SPACED = "spacing: [{between: [levothyroxine, calcium], gap: 4h}]\n"


@pytest.mark.parametrize(
    ("thyroxine", "calcium", "more", "asks"),
    [
        ("07:00", "08:00", "", True),
        ("07:00", "12:00", "", True),  # 07:00 may be taken until 08:00, 12:00 from 11:30
        ("07:00", "12:30", "", False),
        ("07:00", "21:00", "", False),
        ("07:00", "12:30", SPACED, False),
    ],
)
def test_spacing_is_measured_between_windows(
    thyroxine: str, calcium: str, more: str, asks: bool
) -> None:
    """From the last moment of one window to the first of the other, unless the plan says it."""
    name = medicine("levothyroxine-100", at(thyroxine), name="Levothyroxine",
                    strength="100 micrograms", ingredients="[levothyroxine-sodium]"
                    if not more else "[levothyroxine]")  # fmt: skip
    chalk = medicine("calcium-500", at(calcium))
    seen = told(name, chalk, more=more)

    key = "spacing-levothyroxine-minerals@calcium-500+levothyroxine-100"
    assert asks == (key in seen), seen
    assert NOTE == seen["advice-levothyroxine-fasting@levothyroxine-100"]


def test_as_needed_has_no_time_to_keep_apart() -> None:
    """An antacid that may be asked for at any time is asked about, until the plan says spacing."""
    asked = "as_needed: {for: heartburn, dose: 1, min_gap: 4h, max: 4, per: 24h}"
    two = (medicine("doxycycline-100"), medicine("magnesium-300", asked))
    key = "spacing-tetracycline-minerals@doxycycline-100+magnesium-300"
    gap = "spacing: [{between: [doxycycline, magnesium], gap: 2h}]\n"
    short = "spacing: [{between: [doxycycline, magnesium], gap: 1h}]\n"

    assert ASK == told(*two)[key]
    assert key in told(*two, more=short)
    assert key not in told(*two, more=gap)


def test_a_bisphosphonate_comes_alone() -> None:
    """Anything else within half an hour is asked about; a patch on the skin is not."""
    weekly = "steps: [{take: [{dose: 1, at: ['06:30'], days: [mon]}]}]"
    one = medicine("alendronate-70", weekly, ingredients="[alendronate-sodium]")
    key = "spacing-bisphosphonate-all@alendronate-70+metformin-500"

    assert key in told(one, medicine(rest=at("07:30")))
    assert key not in told(one, medicine(rest=at("09:00")))
    patch = medicine(rest=at("07:30"), form="patch", kept="elsewhere", piece_mg="")
    assert key not in told(one, patch)


def test_all_paracetamol_of_a_day_is_added_up() -> None:
    """Planned, asked for, in combinations; a common maximum of the plan ends the question."""
    four = "steps: [{take: [{dose: 2, at: ['08:00', '14:00', '20:00']}]}]"
    asked = "as_needed: {for: pain, dose: 2, min_gap: 4h, max: 6, per: 24h}"
    plain = medicine("paracetamol-500", four, ingredients="{paracetamol: 500mg}")
    codeine = medicine(
        "cocodamol", f"{asked}\nin_addition_to: paracetamol-500", name="Co-codamol 30/500 mg",
        strength="30/500 mg", ingredients="{codeine: 30mg, paracetamol: 500mg}",
    )  # fmt: skip
    group = "groups: [{ingredient: paracetamol, min_gap: 4h%s}]\n"
    key = "maximum-paracetamol-most@cocodamol+paracetamol-500"

    seen = found(plan(plain, codeine, more=group % ""), rules=RULES)
    assert "up to 6000 mg in 24 h, the maximum is 4000 mg" in seen[key].sentence
    assert key not in told(plain, codeine, more=group % ", max_per_24h: 4000mg")
    assert key not in told(plain, codeine, more=group % ", max_per_24h: 8")
    assert {} == told(plain)


def test_a_rule_file_says_what_it_is_every_time() -> None:
    """Which file, which version, that it is not complete, and whom no rule names."""
    seen = found(plan(medicine(), medicine("warfarin-3")), rules=RULES)
    about = seen["interactions-by-rules@plan"].sentence
    assert "rule file starter, version 1 of 2026-11-21, 27 rules, INCOMPLETE" in about
    assert "this is no complete interaction checker" in about
    assert "INCOMPLETE STARTER SET" in about
    assert "no rule names metformin" in seen["not-in-rules@plan"].sentence
    assert "warfarin" not in seen["not-in-rules@plan"].sentence

    none = found(plan(medicine()))
    assert "interactions were NOT checked" in none["interactions-not-checked@plan"].sentence


def test_rules_that_were_used_before_are_not_left_out_in_silence() -> None:
    """A version that was checked with rules, followed by one that is not: a question."""
    one = plan(medicine())
    assert ASK == found(one, rules_before=RULES.name())["rules-left-out@plan"].severity
    assert "rules-left-out@plan" not in found(one, rules=RULES, rules_before=RULES.name())


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The starter set after one change, as the bytes that are signed."""
    top = json.loads(STARTER)
    change(top)
    return compact(top)


def newer(version: int) -> str:
    return seal_rules(changed(lambda top: top.update(version=version)), PEOPLE)


def code_of(document: str, now_s: int = NOW_S, after: str = "") -> str:
    """The code a signed rule file is refused with, "" where it may be used."""
    try:
        verify_rules(document, TRUSTED, now_s=now_s, after=after)
    except PlanRefused as refused:
        return refused.code
    return ""


@pytest.mark.hazard("H13")
def test_only_a_signed_and_current_rule_file_is_used() -> None:
    """Unsigned, one signature, a stranger's, changed, out of date, older than the last."""
    good, eve = newer(2), ("person/eve", "checker", new_key()[0])
    one = seal_rules(payload_of(STARTER), PEOPLE[:1])
    end_s = NOW_S + (date(2027, 11, 22) - date(2026, 11, 23)).days * 86_400

    assert "" == code_of(good)
    assert "" == code_of(countersign_rules(one, PEOPLE[1]))
    assert "" == code_of(good, after=f"starter 2 {'0' * 16}")
    assert "" == code_of(good, after=f"hospital 9 {'0' * 16}")
    assert "rules-older" == code_of(good, after=f"starter 3 {'0' * 16}")
    assert "rules-expired" == code_of(good, now_s=end_s)
    assert "rules-unsigned" == code_of(STARTER.decode())
    assert "one-signature" == code_of(one)
    assert "one-signature" == code_of(seal_rules(payload_of(STARTER), []))
    assert "unknown-signer" == code_of(seal_rules(payload_of(STARTER), [PEOPLE[0], eve]))
    assert "same-signer" == code_of(seal_rules(payload_of(STARTER), [PEOPLE[0]] * 2))
    assert "not-rules" == code_of("{}")
    assert "not-json" == code_of("maoi")


def _rule(top: dict[str, Any]) -> Any:
    return top["rules"][0]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda top: top.update(note="x"), ""),
        (lambda top: top.pop("label"), ""),
        (lambda top: top.update(complete="no"), ""),
        (lambda top: top.update(version=True), ""),
        (lambda top: top.update(version=0), "version"),
        (lambda top: top.update(label=""), "label"),
        (lambda top: top.update(expires_on="never"), "expires_on"),
        (lambda top: top["classes"].update(empty=[]), "classes.empty"),
        (lambda top: top["classes"].update(salt=["metoprolol-succinate"]), "classes.salt"),
        (lambda top: _rule(top).update(colour="red"), "rules[0]"),
        (lambda top: _rule(top).update(kind="guess"), "rules[0]"),
        (lambda top: _rule(top).update(severity="grave"), "rules[0]"),
        (lambda top: _rule(top).pop("evidence"), "rules[0]"),
        (lambda top: _rule(top).update(first=["class:none"]), "rules[0].first"),
        (lambda top: _rule(top).update(first=["Warfarin"]), "rules[0].first"),
        (lambda top: _rule(top).update(first="warfarin"), "rules[0].first"),
        (lambda top: _rule(top).update(consequence="x" * 401), "rules[0].consequence"),
        (lambda top: _rule(top).update(consequence="a\nb"), "rules[0].consequence"),
        (lambda top: _rule(top).update(id=top["rules"][1]["id"]), "rules"),
        (lambda top: top["rules"][18].update(gap="soon"), "rules[18].gap"),
        (lambda top: top["rules"][-1].update(per_24h_mg=0), "rules[26].per_24h_mg"),
    ],
)
def test_a_rule_file_is_closed(change: Callable[[dict[str, Any]], object], place: str) -> None:
    """What is missing, unknown or of another type is refused with its place."""
    with pytest.raises(PlanRefused) as caught:
        read_rules(changed(change))
    assert ("wrong-rule", place) == (caught.value.code, caught.value.place)


@pytest.mark.hazard("H13")
def test_four_prescribers_and_one_patient() -> None:
    """Psychiatrist, neurologist, dentist, rheumatologist: what nobody of them saw alone."""
    seen = found(
        parse_plan(plan_of_four()),
        rules=RULES,
    )
    asked = {key for key, one in seen.items() if one.severity == ASK}
    assert {
        "interaction-serotonin-maoi@escitalopram-10+rasagiline-1",
        "interaction-triptan-maoi@rasagiline-1+sumatriptan-50",
        "interaction-qt-qt@clarithromycin-500+escitalopram-10",
        "interaction-methotrexate-antifolate@cotrimoxazole+methotrexate-10",
    } == asked


def plan_of_four() -> str:
    asked = "as_needed: {for: migraine, dose: 1, min_gap: 12h, max: 2, per: 24h}"
    weekly = "steps: [{take: [{dose: 1, at: ['08:00'], days: [mon]}]}]\nlimits: {max_per_7d: 1}"
    return plan_text(
        medicine("escitalopram-10"),
        medicine("rasagiline-1"),
        medicine("sumatriptan-50", asked),
        medicine("clarithromycin-500"),
        medicine("methotrexate-10", weekly, high_alert="yes"),
        medicine("cotrimoxazole", at("18:00"), name="Co-trimoxazole", strength="160 mg/800 mg",
                 ingredients="[trimethoprim, sulfamethoxazole]", piece_mg="1200"),
    )  # fmt: skip
