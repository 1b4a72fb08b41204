"""What a new version changes, as a pharmacist reads it before signing."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from schedules.__main__ import main
from schedules.canonical import plan_hash
from schedules.diff import MOST_DOSES, diff
from schedules.model import Plan, PlanRefused
from schedules.planfile import dump_plan, parse_plan
from tests.schedules.plans import plan_text, regimen

NOW_S = int(datetime.fromisoformat("2026-11-23T06:00+01:00").timestamp())
BED = regimen("    steps: [{take: [{dose: 1, when: [bed]}]}]", id="old-one")
NOON = regimen("    steps: [{take: [{dose: 1, at: [12:00]}]}]", id="gone-one", ingredient="zinc")


def following(old: Plan, text: str) -> Plan:
    """The next version of a plan."""
    return replace(parse_plan(text), version=old.version + 1, previous_hash=plan_hash(old))


def test_a_change_is_said_by_the_sentences_that_differ_and_by_each_dose() -> None:
    """Two pieces instead of one: the sentence before and after, and the doses ahead."""
    old = parse_plan(plan_text(BED))
    new = following(old, plan_text(BED.replace("dose: 1", "dose: 2")))
    assert [
        "version 1 -> 2, patient pt-7Q2K",
        "~ old-one: Test medicine (5 mg, tablet)",
        "    was: 1 tablet once a day at bedtime (22:00).",
        "    now: 2 tablets once a day at bedtime (22:00).",
        "~ dose Mon 23 Nov 22:00 old-one, 1 tablet -> Mon 23 Nov 22:00 old-one, 2 tablets",
        "~ dose Tue 24 Nov 22:00 old-one, 1 tablet -> Tue 24 Nov 22:00 old-one, 2 tablets",
    ] == diff(old, new, NOW_S, 2).splitlines()


def test_what_comes_and_goes_is_named_with_its_doses() -> None:
    """A regimen gone, another new: no dose of either is left unsaid, or it is counted."""
    old = parse_plan(plan_text(BED, NOON))
    come = regimen("    steps: [{take: [{dose: 1, every: 8h}]}]", id="new-one", ingredient="iron",
                   start="2026-11-23T10:00")  # fmt: skip
    told = diff(old, following(old, plan_text(BED, come)), NOW_S, 14).splitlines()
    assert "- gone-one: Test medicine (5 mg, tablet) is given no more" in told
    assert "+ new-one: Test medicine (5 mg, tablet)" in told
    assert "- dose Mon 23 Nov 12:00 gone-one, 1 tablet" in told
    assert "+ dose Mon 23 Nov 18:00 new-one, 1 tablet" in told
    assert f"+ and {42 - MOST_DOSES} doses more" in told
    assert not [line for line in told if "old-one" in line]


def test_clock_zone_and_validity_are_part_of_it() -> None:
    """A later breakfast and another zone move doses though no regimen was touched."""
    old = parse_plan(plan_text(BED))
    text = plan_text(BED, zone="Europe/London", valid_until="2027-05-31")
    told = diff(old, following(old, text.replace("bed: 22:00", "bed: 21:30")), NOW_S, 1)
    assert "~ zone: Europe/Berlin -> Europe/London\n" in told
    assert "~ bed: 22:00 -> 21:30\n" in told
    assert "~ valid until: " in told
    assert "~ dose Mon 23 Nov 22:00 old-one, 1 tablet -> Mon 23 Nov 21:30 old-one" in told


def test_what_nobody_could_sign_is_marked() -> None:
    """Not the predecessor, and a second medicine of one ingredient that does not say what it is."""
    old = parse_plan(plan_text(BED))
    second = BED.replace("old-one", "renewed")
    told = diff(old, replace(following(old, plan_text(second)), previous_hash="0" * 64), NOW_S)
    assert "! the new version does not name the old one as the one it follows\n" in told
    assert "! same-ingredient renewed: old-one has its ingredient" in told


def test_equal_versions_and_other_patients() -> None:
    """Nothing changes, said in words; two patients are never compared."""
    old = parse_plan(plan_text(BED))
    same = following(old, plan_text(BED))
    assert diff(old, same, NOW_S).endswith("nothing changes\n")
    with pytest.raises(PlanRefused) as refused:
        diff(old, replace(same, patient="pt-2222"), NOW_S)
    assert "other-patient" == refused.value.code


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two files, the old one first."""
    old = parse_plan(plan_text(BED))
    new = following(old, plan_text(BED.replace("dose: 1", "dose: 2")))
    for name, plan in (("old.yaml", old), ("new.yaml", new)):
        (tmp_path / name).write_text(dump_plan(plan))
    files = [str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml")]
    assert 0 == main(["diff", *files, "--now", "2026-11-23T06:00+01:00", "--days", "1"])
    assert "now: 2 tablets once a day at bedtime" in capsys.readouterr().out
