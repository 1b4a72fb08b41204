"""The regimens a prescriber writes, each with its instants written out.

The numbers are those of the list of regimens the schedule language must express; 24 (a dose that
depends on a measured value) is the one that is refused. The plans are those of
schedules/examples, so that what people copy from is what is proved.
"""

from functools import lru_cache

import pytest

from schedules.act_readback import read_back_act
from schedules.doses import doses, hold_point_of
from schedules.halt import Act, seal_act, verify_act
from schedules.limits import counters
from schedules.model import Plan, PlanRefused
from schedules.planfile import parse_plan
from schedules.seal import Signer, new_key
from tests.schedules.plans import ROOT, local_text, refusal, steps

EXAMPLES = ROOT / "schedules" / "examples"


@lru_cache(maxsize=16)
def example(name: str) -> Plan:
    return parse_plan((EXAMPLES / f"{name}.yaml").read_text("utf-8"))


def given(plan: Plan, regimen: str) -> list[str]:
    """Local times of every dose of a regimen, with its pieces: 'Mon 2026-11-23 08:00 x1'."""
    return [
        f"{local_text(dose, plan.zone)} x{dose.quarters / 4:g}"
        for dose in doses(plan, plan.valid_from, plan.valid_until)
        if dose.regimen_id == regimen
    ]


# (number, example, regimen, how many in all, the first ones, the last one)
GOLDEN = [
    ("1 fixed times", "clock-times", "metoprolol-50", 380, """
        Mon 2026-11-23 08:00 x1, Mon 2026-11-23 20:00 x1, Tue 2026-11-24 08:00 x1
        """, "Mon 2027-05-31 20:00 x1"),
    ("2 before a meal", "clock-times", "omeprazole-20", 190, """
        Mon 2026-11-23 07:30 x1, Tue 2026-11-24 07:30 x1
        """, "Mon 2027-05-31 07:30 x1"),
    ("2 with meals", "clock-times", "acarbose-50", 380, """
        Mon 2026-11-23 12:30 x1, Mon 2026-11-23 18:30 x1, Tue 2026-11-24 12:30 x1
        """, "Mon 2027-05-31 18:30 x1"),
    ("3 weekdays", "clock-times", "levothyroxine-50", 190, """
        Mon 2026-11-23 06:30 x1.5, Tue 2026-11-24 06:30 x1, Wed 2026-11-25 06:30 x1,
        Thu 2026-11-26 06:30 x1, Fri 2026-11-27 06:30 x1.5, Sat 2026-11-28 06:30 x1
        """, "Mon 2027-05-31 06:30 x1.5"),
    ("3 weekly, never daily", "clock-times", "methotrexate-2-5", 28, """
        Mon 2026-11-23 09:00 x4, Mon 2026-11-30 09:00 x4, Mon 2026-12-07 09:00 x4
        """, "Mon 2027-05-31 09:00 x4"),
    ("4 day of the month", "clock-times", "colecalciferol-20000", 6, """
        Tue 2026-12-01 12:00 x1, Fri 2027-01-01 12:00 x1, Mon 2027-02-01 12:00 x1,
        Mon 2027-03-01 12:00 x1, Thu 2027-04-01 12:00 x1
        """, "Sat 2027-05-01 12:00 x1"),
    ("4 two days of the month", "clock-times", "cyanocobalamin-1000", 12, """
        Sat 2026-12-05 12:00 x1, Sun 2026-12-20 12:00 x1, Tue 2027-01-05 12:00 x1
        """, "Thu 2027-05-20 12:00 x1"),
    ("4 every third month", "clock-times", "ivermectin-3", 3, """
        Wed 2026-11-25 10:00 x4, Thu 2027-02-25 10:00 x4
        """, "Tue 2027-05-25 10:00 x4"),
    ("5 every other day", "clock-times", "prednisolone-5", 95, """
        Mon 2026-11-23 08:00 x1, Wed 2026-11-25 08:00 x1, Fri 2026-11-27 08:00 x1
        """, "Sun 2027-05-30 08:00 x1"),
    ("5 every 72 h", "elsewhere", "fentanyl-25", 64, """
        Mon 2026-11-23 18:00 x1, Thu 2026-11-26 18:00 x1, Sun 2026-11-29 18:00 x1
        """, "Mon 2027-05-31 19:00 x1"),
    ("6 every 6 h", "intervals", "flucloxacillin-500", 28, """
        Mon 2026-11-23 06:00 x1, Mon 2026-11-23 12:00 x1, Mon 2026-11-23 18:00 x1,
        Tue 2026-11-24 00:00 x1
        """, "Mon 2026-11-30 00:00 x1"),
    ("6 every 8 h over the clock change", "intervals", "amoxicillin-500", 9, """
        Sat 2027-03-27 06:00 x1, Sat 2027-03-27 14:00 x1, Sat 2027-03-27 22:00 x1,
        Sun 2027-03-28 07:00 x1, Sun 2027-03-28 15:00 x1, Sun 2027-03-28 23:00 x1
        """, "Mon 2027-03-29 23:00 x1"),
    ("7 within the waking day", "intervals", "aciclovir-800", 35, """
        Mon 2026-11-23 07:00 x1, Mon 2026-11-23 10:45 x1, Mon 2026-11-23 14:30 x1,
        Mon 2026-11-23 18:15 x1, Mon 2026-11-23 22:00 x1, Tue 2026-11-24 07:00 x1
        """, "Sun 2026-11-29 22:00 x1"),
    ("8 to the half hour", "intervals", "levodopa-100", 950, """
        Mon 2026-11-23 07:00 x1, Mon 2026-11-23 10:30 x1, Mon 2026-11-23 13:30 x1,
        Mon 2026-11-23 16:30 x1, Mon 2026-11-23 19:30 x1, Tue 2026-11-24 07:00 x1
        """, "Mon 2027-05-31 19:30 x1"),
    ("9 several pieces", "clock-times", "metformin-500", 190, """
        Mon 2026-11-23 18:30 x3, Tue 2026-11-24 18:30 x3
        """, "Mon 2027-05-31 18:30 x3"),
    ("10 different amounts in one day", "clock-times", "furosemide-40", 380, """
        Mon 2026-11-23 08:00 x2, Mon 2026-11-23 14:00 x1, Tue 2026-11-24 08:00 x2
        """, "Mon 2027-05-31 14:00 x1"),
    ("11 half tablets", "clock-times", "bisoprolol-5", 190, """
        Mon 2026-11-23 08:00 x0.5, Tue 2026-11-24 08:00 x0.5
        """, "Mon 2027-05-31 08:00 x0.5"),
    ("12 alternating", "steps", "warfarin-5", 190, """
        Mon 2026-11-23 18:30 x1, Tue 2026-11-24 18:30 x1.5, Wed 2026-11-25 18:30 x1,
        Thu 2026-11-26 18:30 x1.5
        """, "Mon 2027-05-31 18:30 x1.5"),
    ("14 taper", "steps", "prednisolone-5", 15, """
        Mon 2026-11-23 08:10 x8, Tue 2026-11-24 08:10 x8, Wed 2026-11-25 08:10 x8,
        Thu 2026-11-26 08:10 x6, Fri 2026-11-27 08:10 x6, Sat 2026-11-28 08:10 x6,
        Sun 2026-11-29 08:10 x4, Mon 2026-11-30 08:10 x4, Tue 2026-12-01 08:10 x4,
        Wed 2026-12-02 08:10 x2, Thu 2026-12-03 08:10 x2, Fri 2026-12-04 08:10 x2,
        Sat 2026-12-05 08:10 x1, Sun 2026-12-06 08:10 x1
        """, "Mon 2026-12-07 08:10 x1"),
    ("16 loading dose", "steps", "azithromycin-250", 5, """
        Mon 2026-11-23 09:00 x2, Tue 2026-11-24 09:00 x1, Wed 2026-11-25 09:00 x1,
        Thu 2026-11-26 09:00 x1
        """, "Fri 2026-11-27 09:00 x1"),
    ("17 21 doses", "steps", "phenoxymethylpenicillin-500", 21, """
        Mon 2026-11-23 07:00 x1, Mon 2026-11-23 14:00 x1, Mon 2026-11-23 21:00 x1
        """, "Sun 2026-11-29 21:00 x1"),
    ("17 by count or by date", "steps", "doxycycline-100", 10, """
        Mon 2026-11-23 10:00 x1, Mon 2026-11-23 22:00 x1
        """, "Fri 2026-11-27 22:00 x1"),
    ("17 a course of hours", "intervals", "ondansetron-4", 3, """
        Mon 2026-11-23 09:00 x1, Mon 2026-11-23 21:00 x1
        """, "Tue 2026-11-24 09:00 x1"),
    ("22 the old one fades out", "changes", "citalopram-20", 8, """
        Mon 2026-11-23 08:00 x1, Tue 2026-11-24 08:00 x1, Wed 2026-11-25 08:00 x1,
        Thu 2026-11-26 08:00 x1, Fri 2026-11-27 08:00 x0.5, Sat 2026-11-28 08:00 x0.5
        """, "Mon 2026-11-30 08:00 x0.5"),
    ("22 the new one begins later", "changes", "mirtazapine-15", 186, """
        Fri 2026-11-27 22:00 x1, Sat 2026-11-28 22:00 x1, Sun 2026-11-29 22:00 x1,
        Mon 2026-11-30 22:00 x1, Tue 2026-12-01 22:00 x1, Wed 2026-12-02 22:00 x1,
        Thu 2026-12-03 22:00 x1, Fri 2026-12-04 22:00 x2
        """, "Mon 2027-05-31 22:00 x2"),
    ("25 one now", "changes", "dexamethasone-4", 1, "", "Tue 2026-11-24 14:30 x2"),
    ("25 one now, then a course", "changes", "cefuroxime-500", 11, """
        Tue 2026-11-24 16:00 x2, Wed 2026-11-25 08:00 x1, Wed 2026-11-25 18:30 x1
        """, "Sun 2026-11-29 18:30 x1"),
    ("26 an inhaler", "elsewhere", "beclometasone-100", 380, """
        Mon 2026-11-23 08:00 x2, Mon 2026-11-23 20:00 x2
        """, "Mon 2027-05-31 20:00 x2"),
    ("26 every second week", "elsewhere", "adalimumab-40", 14, """
        Tue 2026-11-24 18:00 x1, Tue 2026-12-08 18:00 x1, Tue 2026-12-22 18:00 x1
        """, "Tue 2027-05-25 18:00 x1"),
]  # fmt: skip


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(
    ("name", "regimen", "count", "first", "last"),
    [one[1:] for one in GOLDEN],
    ids=[one[0].replace(" ", "-") for one in GOLDEN],
)
def test_the_doses_are_those_written_out(
    name: str, regimen: str, count: int, first: str, last: str
) -> None:
    """The first doses, the last one, and how many there are in all."""
    found = given(example(name), regimen)
    wanted = [one.strip() for one in first.strip().split(",") if one.strip()]
    assert wanted == found[: len(wanted)]
    assert (count, last) == (len(found), found[-1])


def test_13_a_cycle_of_21_on_and_7_off() -> None:
    """20:00 for 21 days, nothing for 7, and again."""
    found = given(example("steps"), "contraceptive-30")
    assert ["Mon 2026-11-23 20:00 x1", "Sun 2026-12-13 20:00 x1"] == [found[0], found[20]]
    assert ["Mon 2026-12-21 20:00 x1", "Sun 2027-01-10 20:00 x1"] == [found[21], found[41]]
    assert "Mon 2027-01-18 20:00 x1" == found[42]


def test_15_titration_waits_at_its_hold_points() -> None:
    """Every dose after a step up names what two people look for, and since when."""
    plan = example("steps")
    own = [d for d in doses(plan, plan.valid_from, plan.valid_until) if "lamo" in d.regimen_id]
    waits = [hold_point_of(plan, dose) for dose in own]
    assert [None] * 14 == waits[:14]
    second, third = waits[14], waits[28]
    assert second is not None and third is not None
    assert ("no rash seen", 1, own[14].due_at - 8 * 3600) == (
        second.words,
        second.step,
        second.begins_at,
    )
    assert (2, own[28].due_at - 8 * 3600) == (third.step, third.begins_at)
    assert {second} == set(waits[14:28]) and {third} == set(waits[28:])
    assert ["Mon 2026-12-07 08:00 x2", "Mon 2026-12-21 08:00 x4"] == [
        given(plan, "lamotrigine-25")[14],
        given(plan, "lamotrigine-25")[28],
    ]


def test_15_a_hold_point_that_nobody_has_passed_holds_the_next_cycle_too() -> None:
    """Steps without a hold point of their own wait for the last one before them."""
    plan = steps(
        "[{for: 2d, take: [{dose: 1, at: [08:00]}]},"
        " {for: 2d, hold_point: look, take: [{dose: 2, at: [08:00]}]},"
        " {for: 1d, take: [{dose: 3, at: [08:00]}]}]\n    repeat_every: 7d"
    )
    rows = doses(plan, plan.valid_from, plan.valid_from + 12 * 86_400)
    found = [hold_point_of(plan, dose) for dose in rows]
    since = [None if one is None else (one.begins_at - plan.valid_from) // 86_400 for one in found]
    assert [None, None, 2, 2, 2, 2, 2, 9, 9, 9] == since


def test_18_as_needed_plans_nothing_and_is_capped() -> None:
    """Two tablets, 4 h apart, 8 in any 24 h: nothing is planned."""
    plan = example("when-needed")
    assert [] == given(plan, "paracetamol-500")
    asked = plan.regimen("paracetamol-500").as_needed
    assert asked is not None
    assert ("pain", 8, 4 * 3600, 32) == (
        asked.reason,
        asked.quarters,
        asked.min_gap_s,
        asked.max_quarters,
    )


def test_19_one_cap_over_several_medicines_of_different_strength() -> None:
    """All paracetamol counts in one measure, whatever piece it came in."""
    found = {one.name: one for one in counters(example("when-needed"))}
    one = found["ingredient paracetamol"]
    assert ("paracetamol-500", "co-codamol-30-500") == one.regimens
    whole = {name: one.units_of(name, 4) for name in one.regimens}
    # 4 g are eight pieces of 500 mg, of either kind.
    assert (4 * 3600, {"paracetamol-500": one.cap // 8, "co-codamol-30-500": one.cap // 8}) == (
        one.gap_s,
        whole,
    )


def test_20_breakthrough_waits_for_the_planned_dose_too() -> None:
    """30 mg planned and 10 mg asked for share gap and cap, three to one."""
    plan = example("when-needed")
    one = {one.name: one for one in counters(plan)}["ingredient morphine"]
    assert ("morphine-mr-30", "morphine-10") == one.regimens
    assert one.units_of("morphine-mr-30", 4) == 3 * one.units_of("morphine-10", 4)
    assert one.cap == 12 * one.units_of("morphine-10", 4)  # 120 mg in any 24 h
    assert 2 * 3600 == one.gap_s


def test_21_a_hold_keeps_the_plan_and_a_resume_needs_two() -> None:
    """Held, the doses keep their identity; only two people bring them back."""
    plan = example("changes")
    assert plan.regimen("ramipril-5").alone
    (ada, ada_public), (ben, ben_public) = new_key(), new_key()
    trusted = [Signer("ada", "pharmacist", ada_public), Signer("ben", "checker", ben_public)]
    at = plan.valid_from
    named = (plan.device, plan.patient, "ramipril-5")
    hold = Act("hold", *named, 1, at + 86_400, reason="vomiting since Monday")
    assert "Why: vomiting since Monday." in read_back_act(hold, plan, (), at)
    one = seal_act(hold, [("ada", "pharmacist", ada)])
    assert hold == verify_act(one, trusted, device=plan.device, now_s=at, after=0)[0]
    resume = Act("resume", *named, 2, at + 86_400, reason="eats and drinks again")
    alone = seal_act(resume, [("ada", "pharmacist", ada)])
    with pytest.raises(PlanRefused) as caught:
        verify_act(alone, trusted, device=plan.device, now_s=at, after=1)
    assert "one-signature" == caught.value.code
    both = seal_act(resume, [("ada", "pharmacist", ada), ("ben", "checker", ben)])
    assert resume == verify_act(both, trusted, device=plan.device, now_s=at, after=1)[0]


def test_23_a_pair_is_kept_apart_at_any_moment_of_its_windows() -> None:
    """From the latest levothyroxine to the earliest calcium there are 4 h, on every day."""
    plan = example("apart")
    rows = doses(plan, plan.valid_from, plan.valid_until)
    one = [d for d in rows if d.regimen_id == "levothyroxine-50"]
    other = [d for d in rows if d.regimen_id == "calcium-500"]
    apart = min(
        max(b.open_at - a.close_at, a.open_at - b.close_at) for a in one for b in other
        if abs(a.due_at - b.due_at) < 86_400
    )  # fmt: skip
    assert 4 * 3600 <= apart
    text = (EXAMPLES / "apart.yaml").read_text("utf-8")
    assert ("spacing-broken", "spacing[0]") == refusal(text.replace("at: [06:30]", "at: [08:00]"))


def test_24_a_dose_that_depends_on_a_value_is_refused() -> None:
    """No word of the file says 'by INR': such a dose is a new order each time."""
    text = (EXAMPLES / "steps.yaml").read_text("utf-8")
    wrong = text.replace("{dose: 1, when: [dinner]}", "{dose: by-inr, when: [dinner]}", 1)
    assert ("value-dependent", "regimens[0].steps[0].take[0].dose") == refusal(wrong)
    wrong = text.replace("    high_alert: yes\n", "    high_alert: yes\n    by_value: INR\n", 1)
    assert ("value-dependent", "regimens[0].by_value") == refusal(wrong)


def test_26_nothing_that_is_kept_elsewhere_is_counted_by_the_board() -> None:
    """Off-device medicines are planned; no lease speaks of them."""
    plan = example("elsewhere")
    assert {True} == {one.elsewhere for one in plan.regimens}
    assert {False} == {one.on_board for one in counters(plan)}
