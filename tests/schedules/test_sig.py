"""Text in: what the closed grammar proposes, and everything it refuses by code."""

import random
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from schedules.__main__ import main
from schedules.document import build
from schedules.model import PlanRefused
from schedules.planfile import load
from schedules.sig import GRAMMARS, SCHEMA, Proposal, propose
from schedules.sig_match import Grammar
from schedules.sig_token import MAX_CHARACTERS, TextRefused
from tests.schedules.plans import ROOT, plan_text

SEED = 20261123
ONCE = {"dose": "1", "at": ["08:00"]}


def steps(*takes: Mapping[str, object], **more: object) -> list[object]:
    """The steps of a proposal that has one."""
    return [{**more, "take": list(takes)}]


READ_EN = {
    "take one tablet twice a day with food": steps({"dose": "1", "when": ["breakfast", "dinner"]}),
    "1-0-0-1": steps({"dose": "1", "when": ["morning", "night"]}),
    "1-0-1 tablets": steps({"dose": "1", "when": ["morning", "evening"]}),
    "1/2-0-1": steps({"dose": "0.5", "when": ["morning"]}, {"dose": "1", "when": ["evening"]}),
    "½ - 0 - 0 - ½": steps({"dose": "0.5", "when": ["morning", "night"]}),
    "ONE to be taken each day": steps(ONCE),
    "take 2 capsules every 8 hours for 5 days": steps(
        {"dose": "2", "every": "8h"}, **{"for": "5d"}
    ),
    "Take 1 tablet in the morning and 2 tablets at night": steps(
        {"dose": "1", "when": ["morning"]}, {"dose": "2", "when": ["night"]}
    ),
    "half a tablet at bedtime": steps({"dose": "0.5", "when": ["bed"]}),
    "one and a half tablets on alternate days": steps(
        {"dose": "1.5", "at": ["08:00"], "every_days": "2"}
    ),
    "1 tablet once a week on Monday": steps({**ONCE, "days": ["mon"]}),
    "1 tablet on Mondays and Thursdays at 8am": steps({**ONCE, "days": ["mon", "thu"]}),
    "1 tablet 30 minutes before breakfast": steps(
        {"dose": "1", "when": ["before breakfast 30min"]}
    ),
    "1 tablet three times a day after food": steps(
        {
            "dose": "1",
            "when": ["after breakfast 30min", "after lunch 30min", "after dinner 30min"],
        }
    ),
    "1 tablet at 08:00, 14:00 and 20:00": steps({"dose": "1", "at": ["08:00", "14:00", "20:00"]}),
    "every 12 hours": steps({"every": "12h"}),
    "2 tablets once a day for 5 days, then 1 tablet once a day for 5 days": [
        {"for": "5d", "take": [{"dose": "2", "at": ["08:00"]}]},
        {"for": "5d", "take": [{"dose": "1", "at": ["08:00"]}]},
    ],
}

READ_EN["1 tablet in the morning and 2 tablets at night, all of it for 5 days"] = steps(
    {"dose": "1", "when": ["morning"]}, {"dose": "2", "when": ["night"]}, **{"for": "5d"}
)

READ_DE = {
    "morgens und abends 1 Tablette": steps({"dose": "1", "when": ["morning", "evening"]}),
    "3 x täglich 1 Tablette": steps({"dose": "1", "at": ["08:00", "14:00", "20:00"]}),
    "3x tgl. eine Kapsel": steps({"dose": "1", "at": ["08:00", "14:00", "20:00"]}),
    "alle 8 Stunden": steps({"every": "8h"}),
    "0,5-0-1": steps({"dose": "0.5", "when": ["morning"]}, {"dose": "1", "when": ["evening"]}),
    "morgens 1 Tablette, abends 2 Tabletten": steps(
        {"dose": "1", "when": ["morning"]}, {"dose": "2", "when": ["evening"]}
    ),
    "eine halbe Tablette zur Nacht": steps({"dose": "0.5", "when": ["night"]}),
    "zum Frühstück und zum Abendessen je 1 Tablette": steps(
        {"dose": "1", "when": ["breakfast", "dinner"]}
    ),
    "1 Tablette um 20:00 Uhr, 7 Tage lang": steps({"dose": "1", "at": ["20:00"]}, **{"for": "7d"}),
    "3x1 Tablette täglich": steps({"dose": "1", "at": ["08:00", "14:00", "20:00"]}),
    "jeden 2. Tag 2 Stück": steps({"dose": "2", "at": ["08:00"], "every_days": "2"}),
    "montags 1 Tablette": steps({**ONCE, "days": ["mon"]}),
}

REFUSED_EN = {
    "take 1-2 tablets twice a day": "range",
    "one or two tablets daily": "range",
    "1 tablet every 4 to 6 hours": "range",
    "1 tablet up to 4 times a day": "range",
    "1 tablet for up to 7 days daily": "range",
    "1 tablet OD": "latin-abbreviation",
    "2 bd": "latin-abbreviation",
    "1 tablet t.d.s": "latin-abbreviation",
    "1 tablet q6h": "latin-abbreviation",
    "1 tablet prn": "latin-abbreviation",
    "take one tablet daily as directed": "as-directed",
    "5523 tablets daily": "implausible-number",
    "take 11 every day": "implausible-number",
    "07 tablets daily": "implausible-number",
    "1,5 tablets daily": "decimal-mark",
    "1.0 tablet daily": "trailing-zero",
    ".5 tablet daily": "bare-decimal-point",
    "1/3 tablet daily": "fraction",
    "1 tablet daily for 5/7": "fraction",
    "2 1/2 tablets daily": "two-numbers",
    "two half tablets daily": "mixed-number",
    "1-1/2-0-1": "scheme-fraction",
    "1-0-1-0-1": "scheme-length",
    "0-0-0": "no-dose",
    "do not take 1 tablet daily": "negation",
    "take 1 tablet daily, never with milk": "negation",
    "1 tablet daily unless dizzy": "negation",
    "1 tablet twice a day and 1 capsule at night": "two-forms",
    "1 aspirin daily": "text-not-understood",
    "two tablets three a day": "two-doses",
    "1 3 times a day": "two-numbers",
    "2 tablets a day": "per-day-total",
    "1 tablet on monday": "one-day-or-every",
    "1 tablet once a week": "day-not-said",
    "1 tablet every 2 weeks": "day-not-said",
    "1 tablet three times a week on Monday and Friday": "count-vs-times",
    "1 tablet twice a day in the morning": "count-vs-times",
    "1 tablet daily every other day": "two-timings",
    "1 tablet every day on Mondays": "two-timings",
    "1 tablet once a day on alternate days": "two-timings",
    "1 tablet every 8 hours in the morning": "two-timings",
    "1 tablet four times a day with food": "meals-vs-times",
    "1 tablet at 8": "which-half-of-day",
    "1 tablet at 8:00": "which-half-of-day",
    "1 tablet at 12 pm": "noon-or-midnight",
    "1 tablet at 25:00": "no-such-time",
    "1 tablet": "how-often",
    "500 mg twice a day": "not-counted",
    "2 spoonfuls three times a day": "not-counted",
    "1 tablet in the morning with breakfast": "two-timings",
    "1 tablet in the morning, with breakfast": "two-timings",
    "1 tablet in the morning at 8am": "two-timings",
    "1 tablet in the morning at breakfast and at night": "two-timings",
    "1 tablet at 8am 8pm": "two-timings",
    "1 tablet twice a day in the morning and with breakfast": "overlap",
    "1 tablet on Mondays at 8am and on Thursdays at 9am": "which-dose",
    "at noon, 1 tablet at night": "which-dose",
    "1 tablet at 8am for 7 days and at night": "which-dose",
    "1 tablet on Mondays for 3 weeks and on Fridays": "which-dose",
    "1 tablet in the morning on Mondays and at night on Fridays": "which-dose",
    "2 tablets at 8am and 1 tablet at 8am": "overlap",
    "1 tablet twice a day and 2 tablets at night": "times-needed",
    "1 tablet every 4 hours, maximum 4 tablets in 24 hours": "plan-over-limit",
    "2 tablets when needed, max 1 in 24 hours": "cap-under-dose",
    "2 drops in each eye twice a day": "text-not-understood",
    "no more than 2 tablets twice a day": "negation",
    "1 tablet daily until finished": "open-end",
    "1 tablet daily, increase to 2": "changing-dose",
    "1 tablet now": "single-dose",
    "1 tablet daily then stop": "open-end",
    "1 tablet daily then stop for 7 days": "open-end",
    "1 tablet daily, then": "text-cut-off",
    "1 tablet daily and": "text-cut-off",
    "and 1 tablet daily": "text-cut-off",
    "1 tablet in the morning and and at night": "text-cut-off",
    "1 tablet daily then 2 tablets daily": "sequence-without-end",
    "1 tablet in the morning for 5 days and 2 tablets at night": "which-dose",
    "1 tablet in the morning and 2 tablets at night on Mondays": "which-dose",
    "1 tablet in the morning and 2 tablets at night for 5 days": "which-dose",
    "for 5 days 1 tablet in the morning and 2 tablets at night": "which-dose",
    "1 tablet in the morning and 2 tablets in the evening with food": "which-dose",
    "2 (three) tablets daily": "numbers-disagree",
    "1 t\u0430blet daily": "strange-character",
    "\uff11 tablet daily": "strange-character",
    "1 tablet\u200b daily": "strange-character",
    "\u0661 tablet daily": "strange-character",
    "1 tablet at night when needed": "as-needed-when",
    "2 puffs, 4 times per day, and as needed": "as-needed-when",
    "1 tablet daily. When needed for pain, max 4 in 24 hours": "as-needed-when",
    "31 ml daily": "implausible-number",
    "1 tablet daily, maximum 3 in 3 hours": "limit-length",
    "": "text-not-understood",
    "...": "text-not-understood",
    "take": "text-not-understood",
    "then stop": "text-not-understood",
}

REFUSED_DE = {
    "1-2 Tabletten täglich": "range",
    "1 bis 2 Tabletten morgens": "range",
    "1.5 Tabletten täglich": "decimal-mark",
    "nicht morgens 1 Tablette": "negation",
    "keine Tablette morgens": "negation",
    "1 Tablette nach Anweisung": "as-directed",
    "20 mg morgens": "not-counted",
    "1 Tablette um 8": "which-half-of-day",
    "3x1 Tablette": "text-not-understood",
    "bei Schmerzen morgens 1 Tablette": "as-needed-when",
    "am Montag 1 Tablette": "one-day-or-every",
    "zwei halbe Tabletten morgens": "mixed-number",
    "1 Tablette morgens, Ramipril abends": "text-not-understood",
}


def code(sentence: str, language: str = "en") -> str:
    """The code a sentence is refused with; '' where it is proposed."""
    try:
        propose(sentence, language)
    except TextRefused as refused:
        assert len(refused.why) > 5, "every refusal says why"
        return refused.code
    return ""


@pytest.mark.parametrize("sentence", READ_EN)
def test_english_is_read(sentence: str) -> None:
    """A sentence with one reading becomes the takes it says."""
    assert READ_EN[sentence] == propose(sentence).regimen["steps"]


@pytest.mark.parametrize("sentence", READ_DE)
def test_german_is_read(sentence: str) -> None:
    """The same in German."""
    assert READ_DE[sentence] == propose(sentence, "de").regimen["steps"]


@pytest.mark.parametrize("sentence", REFUSED_EN)
def test_english_is_refused(sentence: str) -> None:
    """What has no reading, or two, is refused by the code of its kind."""
    assert REFUSED_EN[sentence] == code(sentence)


@pytest.mark.parametrize("sentence", REFUSED_DE)
def test_german_is_refused(sentence: str) -> None:
    """The same in German."""
    assert REFUSED_DE[sentence] == code(sentence, "de")


def test_as_needed_says_what_is_missing() -> None:
    """An as-needed rule holds what was said; gap, maximum and reason are asked for, not made up."""
    whole = propose("2 tablets when required for pain, at least 4 hours apart, max 8 in 24 hours")
    wanted = {"for": "pain", "dose": "2", "min_gap": "4h", "max": "8", "per": "24h"}
    assert wanted == whole.regimen["as_needed"]
    assert [] == [one for one in whole.missing if one.startswith("as_needed")]
    some = propose("bei Bedarf, max. 4 am Tag, Abstand 6 h", "de")
    assert {"min_gap": "6h", "max": "4", "per": "24h"} == some.regimen["as_needed"]
    assert {"as_needed.dose", "as_needed.for"} <= set(some.missing)
    pain = propose("bei Schmerzen 3x täglich 1 Tablette", "de").regimen["as_needed"]
    assert {"for": "Schmerzen", "dose": "1", "max": "3", "per": "24h"} == pain
    never_more = propose("1 tablet if needed. Do not take more than 4 tablets in 24 hours")
    assert {"dose": "1", "max": "4", "per": "24h"} == never_more.regimen["as_needed"]


def test_then_stop_is_an_end_already_said() -> None:
    """`then stop` adds nothing to a length, and is no end by itself."""
    found = propose("1 tablet daily for 7 days, then stop.")
    assert ("7d", ["then stop"]) == (found.regimen["steps"][0]["for"], found.noted)  # type: ignore[index,call-overload]


def test_what_is_no_tablet_is_kept_elsewhere() -> None:
    """Puffs, drops and millilitres are proposed as medicine that the machine never holds."""
    found = propose("inhale 2 puffs twice a day")
    assert ("inhaler", "elsewhere") == (found.regimen["form"], found.regimen["kept"])
    assert "piece_mg" not in found.missing
    assert "2 puffs twice a day at 08:00 and 20:00" == found.reads
    assert "liquid" == propose("2,5 ml 3x täglich", "de").regimen["form"]


def test_a_proposal_is_read_back() -> None:
    """The command says in words what it understood; what is missing is not made up there either."""
    assert "half a piece once a day at night" == propose("1/2 at night").reads
    asked = propose("1 tablet when needed, at least 4 hours apart").reads
    assert "for ?, at least 4 hours apart, up to a maximum of ? in any 24 hours" in asked
    assert "" == propose("every 8 hours").reads


def test_words_that_are_not_understood_are_named() -> None:
    """A refusal names every word that fits nothing, not only the first."""
    with pytest.raises(TextRefused) as caught:
        propose("1 purple tablet daily under moonlight")
    assert "purple, tablet, under, moonlight" == caught.value.words


def test_what_is_read_into_the_words_is_said() -> None:
    """Times that the words do not give are listed; so is what no plan has a place for."""
    found = propose("take one tablet twice a day for high blood pressure with water")
    assert ["times of day: 08:00, 20:00, as usual for 2 a day"] == found.assumed
    assert ["with water", "for high blood pressure"] == found.noted


def read_of(sentence: str, language: str) -> object:
    """What is proposed, or the code of the refusal."""
    try:
        made = propose(sentence, language)
    except TextRefused as refused:
        return refused.code
    return made.regimen, made.noted


ALL = [(one, "en") for one in READ_EN] + [(one, "de") for one in READ_DE]
STRANGE = {"en": ("not", "never", "ramipril", "no", "or"), "de": ("nicht", "kein", "ramipril")}


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("sentence", "language"), ALL)
def test_one_more_word_is_never_overlooked(sentence: str, language: str) -> None:
    """A negation, a medicine or a choice put anywhere into a sentence that is read is refused."""
    words = sentence.split()
    for strange in STRANGE[language]:
        for place in range(len(words) + 1):
            put = " ".join([*words[:place], strange, *words[place:]])
            found = read_of(put, language)
            assert isinstance(found, str), f"{put!r} was read as {found}"


@pytest.mark.parametrize(("sentence", "language"), ALL)
def test_no_number_is_overlooked(sentence: str, language: str) -> None:
    """Another number anywhere in a sentence gives another proposal, or a refusal."""
    before = read_of(sentence, language)
    found = list(re.finditer(r"[0-9]+", sentence))
    for one in found:
        for other in ("3", "5", "9", "5523"):
            if other == one[0]:
                continue
            put = sentence[: one.start()] + other + sentence[one.end() :]
            assert before != read_of(put, language), put


def random_phrase(luck: random.Random, grammar: Grammar) -> str:
    """Words that fit one row of the grammar, its slots filled with anything of their table."""
    words = []
    for item in luck.choice((*grammar.rows, *grammar.refused))[1].split():
        if item.endswith("?") and luck.random() < 0.5:
            continue
        word = luck.choice(item.removesuffix("?").split("|"))
        if word.startswith("<"):
            table = grammar.tables.get(word[1:-1])
            fill = luck.choice(sorted(table)) if table else luck.choice(FILL)
            word = " ".join(luck.choice(one.split("|")) for one in fill.replace("?", "").split())
            word = word.replace("<n>", str(luck.randint(0, 99)))
        words.append(word)
    return " ".join(words)


FILL = ("1", "2", "0", "1/2", "10", "08:00", "1-0-1", "20:30", "24", "7", "three", "zwei", "9999")


@pytest.mark.parametrize("language", ("en", "de"))
def test_random_phrases_never_crash(language: str) -> None:
    """Any phrases of the grammar in any order are proposed or refused by code."""
    luck = random.Random(SEED)
    seen = Counter[str]()
    for _ in range(700):
        put = " ".join(random_phrase(luck, GRAMMARS[language]) for _ in range(luck.randint(1, 5)))
        found = read_of(put, language)
        seen[found if isinstance(found, str) else "read"] += 1
    assert len(seen) > 20, "many ways to be refused"
    assert seen["read"] < 140, "phrases thrown together seldom make sense"


def test_huge_and_hostile_input_ends_quickly() -> None:
    """Length is bounded before anything is looked for."""
    assert "text-too-long" == code("1 tablet daily " * 100_000)
    assert "text-too-long" == code("a " * (MAX_CHARACTERS // 2))
    assert "implausible-number" == code("9" * MAX_CHARACTERS)
    assert "" != code("half a half a " * 28)


def test_a_proposal_is_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `propose` prints is refused by show, check and sign, also with its schema renamed."""
    assert 0 == main(["propose", "take one tablet twice a day with food"])
    printed = capsys.readouterr().out
    assert f"schema: {SCHEMA}" in printed
    file = tmp_path / "proposal.yaml"
    file.write_text(printed)
    keys = tmp_path / "keys"
    assert 0 == main(["keys", str(keys)])
    sign = ["sign", str(file), "--key", str(keys / "pharmacist.key"), "-o", str(tmp_path / "o")]
    for command in (["check", str(file)], ["show", str(file)], sign):
        assert 1 == main(command)
        assert "refused: proposal-only" in capsys.readouterr().err
    file.write_text(printed.replace(SCHEMA, "posology-plan/1"))
    assert 1 == main(["check", str(file)])
    assert "missing-key" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


FILLED: dict[str, object] = {
    "id": "one", "name": "Test medicine", "strength": "5 mg", "ingredients": ["one"],
    "piece_mg": "200", "last_taken": "never", "form": "tablet", "start": "2026-11-23",
    "start, with a time of day": "2026-11-23T06:00",
}  # fmt: skip


def completed(made: Proposal) -> dict[str, Any]:
    """A plan document around the proposal, with exactly what it says is missing."""
    said = {one.split(",")[0]: FILLED[one] for one in made.missing}
    head = load(plan_text())
    assert isinstance(head, dict)
    return {**head, "regimens": [{**said, **made.regimen}]}


@pytest.mark.parametrize(("sentence", "language"), ALL)
def test_what_is_missing_is_all_that_is_missing(sentence: str, language: str) -> None:
    """A proposal and what it calls missing make a plan; one word less of it does not."""
    made = propose(sentence, language)
    if "dose" in made.missing:
        return
    assert made.reads == propose(made.reads, language).reads, "what is read back reads the same"
    document = completed(made)
    assert build(document).regimens[0].steps
    for word in made.missing:
        less = {**document, "regimens": [dict(document["regimens"][0])]}
        if word in less["regimens"][0]:
            del less["regimens"][0][word]
            with pytest.raises(PlanRefused):
                build(less)
    for left in ("assumed", "missing", "reads"):
        more = {**document, "regimens": [{**document["regimens"][0], left: ["x"]}]}
        with pytest.raises(PlanRefused):
            build(more)


def test_the_command_tells_refusals_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence a line: each is proposed or refused by code, none is lost."""
    file = tmp_path / "sentences.txt"
    strange = b"1 tablet \xff daily\n" + b"1-0-1 " * 5000 + b"\n1-1-1"
    file.write_bytes(b"1-0-1\n\n1 tablet OD\nmorgens 1 Tablette\n" + strange)
    assert 1 == main(["propose", "--file", str(file), "--lang", "en"])
    said = capsys.readouterr()
    assert 2 == said.out.count("schema:")
    assert 4 == said.err.count("refused:")
    assert "strange-character" in said.err and "text-too-long" in said.err
    assert "latin-abbreviation" in said.err and "text-not-understood" in said.err


def test_every_code_is_documented() -> None:
    """The table of the README holds every code a sentence is refused with, and no other."""
    found = {code for one in GRAMMARS.values() for code, _, _ in one.refused}
    for file in sorted((ROOT / "schedules").glob("sig*.py")):
        found |= set(re.findall(r"TextRefused\(\s*\"([a-z-]+)\"", file.read_text("utf-8")))
    found |= {"text-not-understood", "negation"}
    section = (ROOT / "schedules" / "README.md").read_text("utf-8").split("## Text in")[1]
    rows = [line.split("|")[1] for line in section.split("\n## ")[0].splitlines() if "| `" in line]
    assert found == {word for row in rows for word in re.findall(r"`([a-z0-9-]+)`", row)}
