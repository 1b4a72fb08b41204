"""An instruction in words to a proposal of a regimen: never a plan, and never a guess.

Responsible for: steps, as-needed rules, what is missing, and for refusing whatever is not
understood, word by word; what is proposed has passed the checks of a plan. Not responsible for
words (sig_en.py, sig_de.py), for which time belongs to which dose (sig_group.py) or for anything
coming into force: nothing here ever does.
"""

from dataclasses import replace
from datetime import date
from itertools import pairwise

from schedules.schema import Document
from schedules.text.sig_asked import as_needed
from schedules.text.sig_de import GRAMMAR as GERMAN
from schedules.text.sig_en import GRAMMAR as ENGLISH
from schedules.text.sig_group import groups, is_dose, split
from schedules.text.sig_limit import limits
from schedules.text.sig_match import Grammar, Phrase, Value, read
from schedules.text.sig_proposal import SCHEMA as SCHEMA
from schedules.text.sig_proposal import Proposal as Proposal
from schedules.text.sig_take import TIMING, takes
from schedules.text.sig_token import TextRefused, Token, tokens
from schedules.text.sig_trial import reads
from schedules.words import COUNTED, UNITS

GRAMMARS: dict[str, Grammar] = {"en": ENGLISH, "de": GERMAN}
MISSING = ("id", "name", "strength", "ingredients", "piece_mg", "start", "last_taken")
YEARS = (2020, 2099)
LONGEST = 366  # days, weeks, months or doses of one step
_LENGTHS = {"for-days": "d", "for-weeks": "wk", "for-months": "mo", "for-hours": "h"}
_COUNTS = ("in-all", "in-all-or")
_UNTIL = ("until", "until-included")
_FORM_OF = {unit: form for form, unit in UNITS.items()}


def propose(sentence: str, language: str = "en") -> Proposal:
    """The one reading of the sentence, which a plan could hold; TextRefused otherwise."""
    made = understood(sentence, language)
    made.reads = reads(made.text, made.regimen, language)
    return made


def understood(sentence: str, language: str = "en") -> Proposal:
    """What the words say, before the checks of a plan; TextRefused where that is not one thing."""
    grammar = GRAMMARS[language]
    sentence = " ".join(sentence[:10_000].split())
    found = tokens(sentence, language, dict(grammar.numbers), set(grammar.dotted))
    reading = read(grammar, found)
    _refuse_unread(grammar, sentence, reading.phrases, reading.unknown)
    if not reading.phrases:
        raise TextRefused("text-not-understood", "", "there are no words")
    _refuse_cut_off(sentence, reading.phrases)
    made = Proposal(sentence, language)
    _assemble(sentence, _taken_apart(reading.phrases), made)
    return made


def _refuse_unread(
    grammar: Grammar, sentence: str, phrases: list[Phrase], unknown: list[Token]
) -> None:
    """One refusal for the first reason; words that fit nothing are all named."""
    words = ", ".join(token.text for token in unknown)
    if any(token.text in grammar.negations for token in unknown):
        why = "a word that may turn the sentence round is not understood here"
        raise TextRefused("negation", words, why)
    for one in phrases:
        if one.kind.startswith("!"):
            also = f"; also not understood: {words}" if words else ""
            raise TextRefused(one.kind[1:], sentence[one.first : one.last], one.why + also)
    if unknown:
        why = "every word must be understood: say it otherwise, or write the plan by hand"
        raise TextRefused("text-not-understood", words, why)


def _taken_apart(phrases: list[Phrase]) -> list[Phrase]:
    """Phrases that say two things, as two: `3 x 1 daily`, `bei Schmerzen`."""
    found: list[Phrase] = []
    for one in phrases:
        if one.kind == "times-dose":
            found.append(replace(one, kind="times", values=one.values[:1]))
            found.append(replace(one, kind="dose", values=one.values[1:]))
        elif one.kind == "asked-reason":
            if not any(other.kind == "asked" for other in phrases):
                found.append(replace(one, kind="asked", values=()))
            found.append(replace(one, kind="reason"))
        else:
            found.append(one)
    return found


def _refuse_cut_off(sentence: str, phrases: list[Phrase]) -> None:
    """A sentence that begins or ends with a joining word lacks a part; so does one with two."""
    joining = ("and", "then", "comma")
    doubled = any(
        one.kind == "and" == after.kind or one.kind == "then" == after.kind
        for one, after in pairwise(phrases)
    )
    if phrases[0].kind in joining or phrases[-1].kind in joining or doubled:
        why = "something is cut off: what is joined to what?"
        raise TextRefused("text-cut-off", sentence, why)


def _assemble(sentence: str, phrases: list[Phrase], made: Proposal) -> None:
    made.missing = list(MISSING)
    _form(sentence, phrases, made)
    for one in phrases:
        if one.kind in ("remark", "then-stop"):
            made.noted.append(sentence[one.first : one.last])
    if any(one.kind == "asked" for one in phrases):
        as_needed(sentence, phrases, made)
    else:
        _steps(sentence, phrases, made)


def _form(sentence: str, phrases: list[Phrase], made: Proposal) -> None:
    """The form a unit stands for; what is no tablet or capsule is kept elsewhere."""
    units = sorted({str(value) for one in phrases for value in _units(one)})
    if len(units) > 1:
        why = "one medicine has one form: two medicines need two sentences"
        raise TextRefused("two-forms", sentence, why)
    if not units:
        made.missing.insert(2, "form")
        return
    form = _FORM_OF[units[0]]
    made.regimen["form"] = form
    if form not in COUNTED:
        made.regimen["kept"] = "elsewhere"
        made.missing.remove("piece_mg")


def _units(one: Phrase) -> list[Value]:
    if is_dose(one) or one.kind.startswith("max") or one.kind == "at-once":
        return [value for value in one.values if isinstance(value, str) and value != "piece"]
    return []


def _steps(sentence: str, phrases: list[Phrase], made: Proposal) -> None:
    for one in phrases:
        if one.kind == "reason":
            made.noted.append(sentence[one.first : one.last])
        if one.kind == "up-to":
            why = "up to so many times leaves a choice: say how many times"
            raise TextRefused("range", sentence, why)
    stops = [one.kind for one in phrases if one.kind != "stop"]
    parts = split([one for one in phrases if one.kind != "then-stop"], ("then",))
    steps = [
        _step(sentence, part, index + 1 == len(parts), made) for index, part in enumerate(parts)
    ]
    if not steps:
        raise TextRefused("text-not-understood", sentence, "neither how much nor when is said")
    if "then-stop" in stops and (stops[-1] != "then-stop" or not steps[-1].keys() - {"take"}):
        raise TextRefused("open-end", sentence, "then stop: after how long? say for how many days")
    made.regimen["steps"] = list[Document](steps)
    found = limits(sentence, phrases, made.assumed)
    if found:
        made.regimen["limits"] = found
    if any(one.kind == "interval" for one in phrases):
        made.missing[made.missing.index("start")] = "start, with a time of day"


def _step(sentence: str, phrases: list[Phrase], last: bool, made: Proposal) -> dict[str, Document]:
    step = _ends(sentence, phrases, last, made)
    pause = any(one.kind == "pause" for one in phrases)
    if pause:
        if any(is_dose(one) or one.kind in TIMING for one in phrases) or "for" not in step:
            raise TextRefused("which-dose", sentence, "nothing, and yet something?")
        return {**step, "take": []}
    found: list[Document] = []
    for group in groups(sentence, phrases):
        if not group.quarters and not group.scheme and "dose" not in made.missing:
            made.missing.append("dose")
        found.extend(takes(group, made.assumed))
    return {**step, "take": found}


def _until(sentence: str, one: Phrase, made: Proposal) -> str:
    """The last day of a step; a weekday that is said must be that of the date."""
    *weekday, on_day, month, year = (int(value) for value in one.values)
    words = sentence[one.first : one.last]
    try:
        found = date(year, month, on_day)
    except ValueError:
        raise TextRefused("no-such-time", words, "this date does not exist") from None
    if not YEARS[0] <= year <= YEARS[1]:
        raise TextRefused("implausible-number", words, "a year with four figures, of this century")
    if weekday and weekday[0] != found.weekday():
        raise TextRefused("numbers-disagree", words, "this date is another day of the week")
    if one.kind == "until":
        made.assumed.append(f"{words}: that day included")
    return found.isoformat()


def _ends(sentence: str, phrases: list[Phrase], last: bool, made: Proposal) -> dict[str, Document]:
    """How long a step goes on, in the words of a plan file."""
    ends = (*_LENGTHS, *_COUNTS, *_UNTIL)
    lengths = [one for one in phrases if one.kind in ends]
    if len({one.kind == "in-all-or" for one in lengths}) < len(lengths):
        raise TextRefused("two-ends", sentence, "how long is said twice")
    doses = [one for one in phrases if is_dose(one)]
    whole = any(one.kind == "whole" for one in phrases)
    if (len(doses) > 1 and bool(lengths) != whole) or (len(doses) < 2 and whole):
        why = "how long for: the last dose only, or all? write all of it for 7 days"
        raise TextRefused("which-dose", sentence, why)
    step: dict[str, Document] = {}
    for one in lengths:
        if one.kind in _UNTIL:
            step["until"] = _until(sentence, one, made)
            continue
        count = int(one.values[0])
        if not 1 <= count <= LONGEST:
            raise TextRefused("implausible-number", sentence, "so long")
        if one.kind in _COUNTS:
            step["doses"] = str(count)
        else:
            step["for"] = f"{count}{_LENGTHS[one.kind]}"
    if not lengths and not last:
        why = "say how long before what comes then"
        raise TextRefused("sequence-without-end", sentence, why)
    return step
