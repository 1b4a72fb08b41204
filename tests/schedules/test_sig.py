"""Text in: what the closed grammar proposes, and everything it refuses by code."""

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schedules.__main__ import main
from schedules.document import build
from schedules.model import PlanRefused
from schedules.planfile import load
from schedules.text.sig import GRAMMARS, SCHEMA, Proposal, propose
from schedules.text.sig_match import Grammar
from schedules.text.sig_token import MAX_CHARACTERS, TextRefused, tokens
from tests.schedules.plans import ROOT, plan_text
from tests.schedules.sentences import READ_DE, READ_EN, REFUSED_DE, REFUSED_EN

SEED = 20261123


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
def test_no_word_of_a_pattern_is_dead(language: str) -> None:
    """Every word of every pattern is one that the tokenizer makes, and every slot has its table."""
    grammar = GRAMMARS[language]
    patterns = [row[1] for row in (*grammar.rows, *grammar.refused)]
    patterns += [pattern for pattern, _ in grammar.quantities]
    patterns += [pattern for table in grammar.tables.values() for pattern in table]
    words = {
        word for one in patterns for item in one.split() for word in item.strip("?").split("|")
    }
    slots = {word[1:-1] for word in words if word.startswith("<")}
    assert set() == slots - set(grammar.tables) - {"n", "q", "clock", "scheme"}
    dead = []
    for word in sorted(word for word in words if not word.startswith("<")):
        made = tokens(word, language, dict(grammar.numbers), set())
        if [(word, True)] != [(one.text, one.kind in ("word", "mark")) for one in made]:
            dead.append(word)
    assert [] == dead


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


def test_one_line_of_json_for_each_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Other programs get an answer a sentence, in order, refusals among them."""
    assert 1 == main(["propose", "--json", "1-0-1", "1 tablet OD", "one daily"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["proposed", "refused", "proposed"] == [one["status"] for one in found]
    assert ("latin-abbreviation", "OD") == (found[1]["code"], found[1]["words"])
    assert SCHEMA == found[0]["schema"]


def test_every_code_is_documented() -> None:
    """The table of the README holds every code a sentence is refused with, and no other."""
    found = {code for one in GRAMMARS.values() for code, _, _ in one.refused}
    for file in sorted((ROOT / "schedules" / "text").glob("sig*.py")):
        found |= set(re.findall(r"TextRefused\(\s*\"([a-z-]+)\"", file.read_text("utf-8")))
    found |= {"text-not-understood", "negation"}
    section = (ROOT / "schedules" / "text" / "README.md").read_text("utf-8").split("## Text in")[1]
    rows = [line.split("|")[1] for line in section.split("\n## ")[0].splitlines() if "| `" in line]
    assert found == {word for row in rows for word in re.findall(r"`([a-z0-9-]+)`", row)}
