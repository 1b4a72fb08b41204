"""A plan as FHIR R4: there and back the same bytes, and to others never more than the plan."""

import copy
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from schedules import expand
from schedules.__main__ import main
from schedules.canonical import canonical
from schedules.doses import doses
from schedules.fhir.back import plan_of
from schedules.fhir.out import plan_bundle
from schedules.fhir.out_line import planned
from schedules.fhir.regimens import read_orders
from schedules.fhir.words import bare
from schedules.localtime import local
from schedules.model import DAY_S, LastTaken, Plan, PlanRefused
from schedules.planfile import dump, parse_plan
from tests.schedules.plans import plan_of as plan_around
from tests.schedules.plans import plan_text, regimen
from tests.schedules.test_properties import documents, takes

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "schedules" / "examples").glob("*.yaml"))
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def sent(plan: Plan, **how: Any) -> dict[str, Any]:
    """The Bundle as it arrives elsewhere: through JSON."""
    found: dict[str, Any] = json.loads(json.dumps(plan_bundle(plan, **how)))
    return found


def requests(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """The MedicationRequests of a Bundle."""
    found = [one["resource"] for one in bundle["entry"]]
    return [one for one in found if one["resourceType"] == "MedicationRequest"]


def told(plan: Plan, request: dict[str, Any], load_s: int, days: int) -> dict[str, Any]:
    """What `expand` makes of an order that is loaded at `load_s`, with the patient's clock."""
    words: dict[str, object] = {
        word: f"{minute // 60:02d}:{minute % 60:02d}" for word, minute in plan.clock
    }
    start = local(ZoneInfo(plan.zone), load_s).isoformat()
    return expand.answer(json.dumps(request), expand.site_of(plan.zone, start, days, words))


def check_never_more(plan: Plan, later_s: int = 3 * DAY_S + 22_860) -> tuple[int, int]:
    """(exact, refused) orders: each is read as the very doses of the plan, or not at all."""
    exact = refused = 0
    span = (plan.valid_until - plan.valid_from) // DAY_S + 30
    for one, request in zip(plan.regimens, requests(sent(plan)), strict=True):
        want = planned(plan, one)
        for load_s in (plan.valid_from, plan.valid_from + later_s):
            said = told(plan, bare(request), load_s, span)
            if said["status"] == "refused":
                refused += 1
                continue
            assert ("expanded" if one.as_needed is None else "as-needed") == said["status"]
            found = [
                (
                    int(datetime.fromisoformat(row["due_at"]).timestamp()),
                    int(Fraction(row["quantity"]) * 4),
                )
                for row in said["doses"]
            ]
            assert [row for row in want if row[0] >= load_s] == found, (one.id, load_s)
            exact += 1
    return exact, refused


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_comes_back_as_the_same_bytes(path: Path) -> None:
    """File, FHIR, file: the canonical bytes, and so the hash, are the same."""
    plan = parse_plan(path.read_text("utf-8"))

    assert canonical(plan) == canonical(plan_of(sent(plan)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_others_are_told_the_very_doses_of_an_example(path: Path) -> None:
    """Without our extensions, loaded early or late: the same instants and quantities."""
    plan = parse_plan(path.read_text("utf-8"))

    exact, refused = check_never_more(plan)

    shared = [one for one in requests(sent(plan)) if "modifierExtension" in one]
    assert (2 * (len(plan.regimens) - len(shared)), 2 * len(shared)) == (exact, refused)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_our_own_import_reads_the_same_doses_or_refuses(path: Path) -> None:
    """`convert` reads the plain orders of an example as the plan's doses, never as more."""
    plan = parse_plan(path.read_text("utf-8"))
    zone = ZoneInfo(plan.zone)
    start = datetime.fromtimestamp(plan.valid_from, zone).replace(tzinfo=None)
    own = {one.id: one for one in plan.regimens}

    found, refusals = read_orders(
        [bare(one) for one in requests(sent(plan))],
        zone=plan.zone, patient=plan.patient, device=plan.device, start=start,
        clock=dict(plan.clock), piece_mg=500, last_taken=LastTaken("never"),
    )  # fmt: skip

    assert len(plan.regimens) == len(found) + len(refusals)
    for one in found:
        read = replace(plan_around(one, start, plan.zone), clock=plan.clock)
        upto = min(plan.valid_until, read.valid_until)
        want = [(at, q) for at, q in planned(plan, own[one.id]) if at < upto]
        assert want == [(d.due_at, d.quarters) for d in doses(read, read.valid_from, upto)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_with_another_breakfast_it_is_as_many_doses_on_the_same_days(path: Path) -> None:
    """The patient's clock is lost to others: their hours differ, no day has a dose more."""
    plan = parse_plan(path.read_text("utf-8"))
    zone = ZoneInfo(plan.zone)
    others = replace(plan, clock=tuple((word, at - 45) for word, at in plan.clock))
    for one, request in zip(plan.regimens, requests(sent(plan)), strict=True):
        rows = told(others, bare(request), plan.valid_from, 430)["doses"]
        found = Counter(row["due_at"][:10] for row in rows)
        want = Counter(local(zone, at).date().isoformat() for at, _ in planned(plan, one))
        assert want == found if rows else True, one.id


def _two(first: dict[str, Any], then: dict[str, Any]) -> list[dict[str, Any]]:
    """Two steps, a tablet each time."""
    daily = {"take": [{"dose": "1", "at": ["09:00"]}]}
    return [{**daily, **first}, {"take": [{"dose": "2", "at": ["09:00", "21:15"]}], **then}]


number = st.integers(1, 12).map(str)
kinds = st.one_of(
    st.just([{"take": [{"dose": "1", "when": ["before dinner 20min", "bed", "breakfast"]}]}]),
    st.just([{"take": [{"dose": "1", "when": ["after bed 150min"]}]}]),
    number.map(lambda n: [{"take": [{"dose": "0.5", "every": f"{n}h"}]}]),
    number.map(lambda n: [{"for": f"{n}0h", "take": [{"dose": "0.5", "every": "4h"}]}]),
    st.tuples(takes, number).map(lambda p: [{"take": [p[0]], "doses": p[1]}]),
    number.map(lambda n: _two({"for": f"{n}d"}, {"hold_point": "no rash seen"})),
    number.map(lambda n: _two({"for": f"{n}d", "doses": "4"}, {"doses": "9"})),
    number.map(lambda n: [{"for": "9d", "take": []}, *_two({"for": f"{n}wk"}, {"for": "1mo"})]),
    number.map(lambda n: [{"take": [{"dose": "1", "at": ["10:00"], "every_months": n}]}]),
    st.just([{"take": [{"dose": "1", "at": ["10:00"], "day_of_month": ["5", "20"]}]}]),
    st.just([{"take": [{"dose": "1", "when": ["wake"], "days": ["mon", "sat"],
                        "every_weeks": "2"}]}]),
)  # fmt: skip


@QUICK
@given(
    documents(),
    kinds | st.none(),
    st.sampled_from(["", "28d", "9d", "2wk", "1mo"]),
    st.integers(1, 40 * 24 * 60),
)
def test_any_plan_comes_back_and_is_never_more(
    document: dict[str, Any], other: list[dict[str, Any]] | None, repeat: str, later_min: int
) -> None:
    """Any steps, clock changes too: same bytes back; to others the same doses, or a refusal."""
    one = document["regimens"][0]
    one["steps"] = copy.deepcopy(other) or one["steps"]
    if other and other[0]["take"] and "every" in other[0]["take"][0]:
        one["start"] += "T06:30"
    elif repeat:
        one["repeat_every"] = repeat
    try:
        plan = parse_plan(dump(document))
    except PlanRefused:
        assume(False)

    assert canonical(plan) == canonical(plan_of(sent(plan)))
    check_never_more(plan, later_min * 60)


def small(rest: str = "    steps: [{take: [{dose: 1, at: [08:00]}]}]", **more: str) -> Plan:
    """A plan of one regimen."""
    return parse_plan(plan_text(regimen(rest), **more))


def test_what_was_changed_is_not_taken_for_the_plan() -> None:
    """Another dose, time, end, order or word than was written is refused, with its place."""
    changes: list[tuple[Any, str]] = [
        (lambda r: r["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"].update(value=2),
         "plan-hash"),
        (lambda r: r["dosageInstruction"][0]["timing"]["repeat"].update(period=2), "plan-hash"),
        (lambda r: r["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"].update(
            end="2029-01-01"), "entry[1].resource.dosageInstruction[0].timing.repeat.boundsPeriod"
            ".end"),
        (lambda r: r.update(status="stopped"), "entry[1].resource.status"),
        (lambda r: r.update(doNotPerform=True), "entry[1].resource.doNotPerform"),
        (lambda r: r["extension"][1].update(valueString="window.early: 20min"), "plan-hash"),
    ]  # fmt: skip
    for change, place in changes:
        bundle = sent(small())
        change(requests(bundle)[0])

        with pytest.raises(PlanRefused) as caught:
            plan_of(bundle)

        assert ("fhir-changed", place) == (caught.value.code, caught.value.place)


def test_words_for_people_may_be_said_otherwise() -> None:
    """The text of a dosage is derived: another wording is still the same plan."""
    plan = small()
    bundle = sent(plan)
    requests(bundle)[0]["dosageInstruction"][0]["text"] = "one in the morning"

    assert canonical(plan) == canonical(plan_of(bundle))


def test_a_bundle_of_somebody_else_is_for_convert() -> None:
    """Without our words a Bundle is orders, not this plan: refused, and told what reads it."""
    bundle = sent(small(), own_words=False)

    with pytest.raises(PlanRefused) as caught:
        plan_of(bundle)

    assert "not-our-plan" == caught.value.code
    assert "convert" in caught.value.sentence


def test_plain_is_what_others_understand_of_it() -> None:
    """--plain leaves out our words, and changes nothing else."""
    plan = parse_plan(EXAMPLES[0].read_text("utf-8"))

    assert bare(sent(plan)) == sent(plan, own_words=False)


def test_an_end_of_the_plan_is_an_end_for_others() -> None:
    """A regimen without an end ends for others with the validity of the plan."""
    plan = small(valid_until="2026-12-01")

    said = told(plan, bare(requests(sent(plan))[0]), plan.valid_from, 400)

    assert "2026-12-01T08:00:00+01:00" == said["doses"][-1]["due_at"]


def test_a_shared_maximum_cannot_be_overlooked() -> None:
    """An as-needed order that shares its maximum carries a modifier: who reads must know it."""
    daily = regimen("    steps: [{take: [{dose: 1, at: [08:00]}]}]")
    asked = regimen(
        "    as_needed: {for: pain, dose: 1, min_gap: 4h, max: 4, per: 24h}\n"
        "    in_addition_to: one", id="two"
    )  # fmt: skip
    groups = "groups: [{ingredient: ingredient-one, min_gap: 4h, max_per_24h: 4}]\n"
    plan = parse_plan(plan_text(daily, asked, more=groups))

    said = [told(plan, bare(one), plan.valid_from, 3) for one in requests(sent(plan))]

    assert ["expanded", "refused"] == [one["status"] for one in said]
    assert "modifier" == said[1]["code"]
    assert canonical(plan) == canonical(plan_of(sent(plan)))


def test_a_time_that_r4_has_no_word_for_is_told_as_a_time() -> None:
    """`before noon` has no code: others read the clock time, we read our word."""
    rest = "    steps: [{take: [{dose: 1, when: [noon, before dinner 45min]}]}]"
    plan = small(rest)
    lines = requests(sent(plan))[0]["dosageInstruction"]

    assert [["NOON"], ["ACV"]] == [one["timing"]["repeat"]["when"] for one in lines]
    assert [None, 45] == [one["timing"]["repeat"].get("offset") for one in lines]
    assert canonical(plan) == canonical(plan_of(sent(plan)))


def test_at_a_terminal_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`fhir` writes a Bundle of a plan file, and of that Bundle the plan file again."""
    one, two = tmp_path / "bundle.json", tmp_path / "plan.yaml"

    assert 0 == main(["fhir", str(EXAMPLES[0]), "-o", str(one)])
    assert 0 == main(["fhir", str(one), "-o", str(two)])
    assert 0 == main(["fhir", str(EXAMPLES[0]), "--plain", "-o", str(one)])
    assert 1 == main(["fhir", str(one)])

    plan = parse_plan(EXAMPLES[0].read_text("utf-8"))
    assert canonical(plan) == canonical(parse_plan(two.read_text("utf-8")))
    assert "not-our-plan" in capsys.readouterr().err


def test_days_are_counted_from_the_first_that_is_told() -> None:
    """A rhythm that began before the plan is told from its next day on."""
    rest = "    steps: [{take: [{dose: 1, at: [08:00], every_days: 3}]}]"
    text = plan_text(regimen(rest, start="2026-11-20"), valid_from="2026-11-24")
    plan = parse_plan(text)
    first = plan.valid_from + timedelta(days=2, hours=8).total_seconds()

    said = told(plan, bare(requests(sent(plan))[0]), plan.valid_from, 10)

    assert first == datetime.fromisoformat(said["doses"][0]["due_at"]).timestamp()
    assert canonical(plan) == canonical(plan_of(sent(plan)))


def test_what_may_be_asked_for_ends_for_others_too() -> None:
    """An as-needed order names its first and last instant; the end of the plan ends it."""
    rest = "    as_needed: {{for: pain, dose: 1, min_gap: 4h, max: 4, per: 24h, until: {until}}}"
    for until, end in (("2026-11-30", "2026-11-30"), ("2027-12-31", "2027-06-30")):
        plan = small(rest.format(until=until))
        repeat = requests(sent(plan))[0]["dosageInstruction"][0]["timing"]["repeat"]
        last = datetime.fromisoformat(repeat["boundsPeriod"]["end"])

        assert (end, 23, 59) == (last.date().isoformat(), last.hour, last.minute)
        assert canonical(plan) == canonical(plan_of(sent(plan)))


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(
        value, list) else ()  # fmt: skip
    return [here, *(place for key, one in inner for place in _places(one, (*here, key)))]


TWO = parse_plan(
    plan_text(
        regimen("    steps:\n"
                "      - {for: 3d, take: [{dose: 2, when: [after breakfast 10min]}]}\n"
                "      - {take: [{dose: 0.5, at: [08:00], days: [mon, thu]}]}"),
        regimen("    as_needed: {for: pain, dose: 1, min_gap: 4h, max: 4, per: 24h}",
                id="two", ingredient="ingredient-two"),
        valid_until="2026-12-08",
    )
)  # fmt: skip
WHOLE = plan_bundle(TWO)
PLACES = [place for place in _places(WHOLE) if place]
noise = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**20) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACES), noise | st.just("leave out"))
def test_a_bundle_with_a_fault_anywhere_is_refused_or_the_same_plan(
    place: tuple[Any, ...], value: Any
) -> None:
    """Whatever is written or left out wherever: refused by code, or still the very same plan."""
    bundle = json.loads(json.dumps(WHOLE))
    here = bundle
    for key in place[:-1]:
        here = here[key]
    if value == "leave out":
        del here[place[-1]]
    else:
        here[place[-1]] = value
    try:
        plan = plan_of(bundle)
    except PlanRefused as refused:
        assert refused.code and refused.sentence
        return

    assert place[-1] == "text" or bundle == json.loads(json.dumps(WHOLE))
    assert canonical(TWO) == canonical(plan)
