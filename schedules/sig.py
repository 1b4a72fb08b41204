"""An instruction in words to a proposal of a regimen: never a plan, and never a guess.

Responsible for: sentences of several doses and steps, as-needed rules and limits, and for refusing
whatever is not understood, word by word. Not responsible for words (sig_en.py, sig_de.py), for the
timing of one dose (sig_take.py) or for anything coming into force: nothing here ever does.
"""

from dataclasses import dataclass, field

from schedules.schema import Document
from schedules.sig_de import GRAMMAR as GERMAN
from schedules.sig_en import GRAMMAR as ENGLISH
from schedules.sig_match import Grammar, Phrase, read
from schedules.sig_take import DAY_RULES, TIMING, Group, quarters_text, takes
from schedules.sig_token import MOST_PIECES, TextRefused, Token, tokens

SCHEMA = "posology-proposal/1"
GRAMMARS: dict[str, Grammar] = {"en": ENGLISH, "de": GERMAN}
MISSING = ("id", "name", "strength", "ingredients", "piece_mg", "start", "last_taken")
_SEPARATORS = {"and", "comma", "stop"}
_LENGTHS = {"for-days": "d", "for-weeks": "wk", "for-months": "mo", "for-hours": "h"}
_COUNTS = ("in-all", "in-all-or")
_FOOD = {"food", "food-near", "food-off", "each-meal"}
_MAX = {"max", "max-a-day", "max-doses", "max-doses-a-day", "max-days", "at-once", "up-to", "gap"}


@dataclass
class Proposal:
    """What the words say, in the words of a plan file, and what a pharmacist has to add."""

    text: str
    language: str
    regimen: dict[str, Document] = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)  # read into the words: to be confirmed
    noted: list[str] = field(default_factory=list)  # understood, but no part of a plan
    missing: list[str] = field(default_factory=list)  # a plan needs it, the words do not say it

    def document(self) -> dict[str, Document]:
        """The proposal as a document that no command takes for a plan."""
        found: dict[str, Document] = {
            "schema": SCHEMA,
            "text": self.text,
            "language": self.language,
            "regimen": self.regimen,
            "missing": list[Document](self.missing),
        }
        for key, lines in (("assumed", self.assumed), ("noted", self.noted)):
            if lines:
                found[key] = list[Document](lines)
        return found


def propose(sentence: str, language: str = "en") -> Proposal:
    """The one reading of the sentence; TextRefused where it has none, or more than one."""
    grammar = GRAMMARS[language]
    sentence = " ".join(sentence.split()) if len(sentence) < 10_000 else sentence
    found = tokens(sentence, language, dict(grammar.numbers), set(grammar.dotted))
    reading = read(grammar, found)
    _refuse_unread(grammar, sentence, reading.phrases, reading.unknown)
    if not reading.phrases:
        raise TextRefused("text-not-understood", "", "there are no words")
    made = Proposal(sentence, language)
    _Sentence(sentence, reading.phrases, made).assemble()
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


class _Sentence:
    """Puts the phrases of one sentence together; each may be used once."""

    def __init__(self, sentence: str, phrases: list[Phrase], made: Proposal) -> None:
        self.sentence = sentence
        self.phrases = phrases
        self.made = made
        self.units = {
            str(value)
            for one in phrases
            if one.kind in ("dose", "scheme", "dose-said-twice") or one.kind in _MAX
            for value in one.values
            if isinstance(value, str)
        }

    def assemble(self) -> None:
        made = self.made
        if len(self.units) > 1:
            self._refuse("two-forms", "one medicine has one form: two medicines need two sentences")
        made.missing = [word for word in MISSING]
        if self.units:
            made.regimen["form"] = next(iter(self.units))
        else:
            made.missing.insert(2, "form")
        for one in self._of("remark"):
            made.noted.append(self._words(one))
        if self._of("asked"):
            self._as_needed()
        else:
            self._steps()

    def _steps(self) -> None:
        made = self.made
        for one in self._of("reason"):
            made.noted.append(self._words(one))
        if self._of("up-to"):
            self._refuse("range", "up to so many times leaves a choice: say how many times")
        parts = _split(self.phrases, {"then"})
        steps = [self._step(part, index + 1 == len(parts)) for index, part in enumerate(parts)]
        made.regimen["steps"] = list[Document](steps)
        limits = self._limits()
        if limits:
            made.regimen["limits"] = limits
        if any("every" in take for step in steps for take in step["take"]):
            made.missing[made.missing.index("start")] = "start, with a time of day"

    def _step(self, phrases: list[Phrase], last: bool) -> dict[str, Document]:
        step: dict[str, Document] = {}
        lengths = [one for one in phrases if one.kind in _LENGTHS or one.kind in _COUNTS]
        if len({one.kind == "in-all-or" for one in lengths}) < len(lengths):
            self._refuse("two-ends", "how long is said twice")
        if lengths and self._inside(lengths[0], phrases):
            self._refuse("which-dose", "how long for: for the first dose only, or for all?")
        for one in lengths:
            count = int(one.values[0])
            if not 1 <= count <= 366:
                self._refuse("implausible-number", "so long")
            if one.kind in _COUNTS:
                step["doses"] = str(count)
            else:
                step["for"] = f"{count}{_LENGTHS[one.kind]}"
        if not lengths and not last:
            self._refuse("sequence-without-end", "say how long before what comes then")
        found: list[Document] = []
        if any(one.kind == "pause" for one in phrases):
            if any(_is_dose(one) or one.kind in TIMING for one in phrases) or not lengths:
                self._refuse("which-dose", "nothing, and yet something?")
            return {**step, "take": found}
        for group in self._groups(phrases):
            found.extend(takes(group, self.made.assumed))
        step["take"] = found
        return step

    def _inside(self, length: Phrase, phrases: list[Phrase]) -> bool:
        """Whether a length stands between doses, so that it may belong to one of them."""
        doses = [one for one in phrases if one.kind in ("dose", "scheme", "dose-said-twice")]
        after = any(one.first > length.first for one in doses)
        return after and any(one.first < length.first for one in doses)

    def _groups(self, phrases: list[Phrase]) -> list[Group]:
        """One group for each dose, with the phrases that say when."""
        parts = [
            [one for one in part if one.kind in TIMING or _is_dose(one)]
            for part in _split(phrases, _SEPARATORS)
        ]
        parts = [part for part in parts if part]
        doses = sum(1 for part in parts for one in part if _is_dose(one))
        if not doses and not parts:
            self._refuse("text-not-understood", "neither how much nor when is said")
        if not doses:
            self.made.missing.append("dose")
        if doses <= 1:
            return [self._group([one for part in parts for one in part])]
        if any(sum(map(_is_dose, part)) > 1 for part in parts):
            self._refuse("two-doses", "two amounts side by side: join what belongs together by and")
        groups: list[list[Phrase]] = []
        waiting: list[Phrase] = []
        first_is_dose = _is_dose(parts[0][0])
        for part in parts:
            has = any(map(_is_dose, part))
            if has and (len(part) == 1 or _is_dose(part[0]) != first_is_dose):
                self._refuse("which-dose", "which time belongs to which amount?")
            if not has and any(one.kind in _FOOD for one in part):
                self._refuse("which-dose", "with food: which of the doses?")
            if has:
                groups.append(waiting + part)
                waiting = []
            elif first_is_dose:
                groups[-1].extend(part)
            else:
                waiting.extend(part)
        if waiting:
            self._refuse("which-dose", "a time without an amount")
        self._same_days(groups)
        return [self._group(group) for group in groups]

    def _same_days(self, groups: list[list[Phrase]]) -> None:
        """A weekday said of one dose of several may be meant for all of them."""
        ruled = [any(one.kind in DAY_RULES for one in group) for group in groups]
        daily = [any(one.kind in ("times", "daily") for one in group) for group in groups]
        for has, each in zip(ruled, daily, strict=True):
            if any(ruled) and not has and not each:
                self._refuse("which-dose", "these days: for one of the doses, or for all?")

    def _group(self, phrases: list[Phrase]) -> Group:
        group = Group(words=self.sentence[phrases[0].first : phrases[-1].last])
        for one in phrases:
            if one.kind == "scheme":
                group.scheme = tuple(int(value) for value in one.values if not _is_unit(value))
                amounts = group.scheme
            elif _is_dose(one):
                group.quarters = self._amount(one)
                amounts = (group.quarters,)
            else:
                group.timing.append(one)
                continue
            if not any(amounts):
                self._refuse("no-dose", "nothing is taken")
            if max(amounts) > 4 * MOST_PIECES:
                why = f"more than {MOST_PIECES} pieces at once: more often a slip than a dose"
                self._refuse("implausible-number", why)
        return group

    def _amount(self, one: Phrase) -> int:
        numbers = [int(value) for value in one.values if not _is_unit(value)]
        if len(set(numbers)) > 1:
            self._refuse("numbers-disagree", "the amount is written twice, and differs")
        return numbers[0] if numbers else 4

    def _as_needed(self) -> None:
        made = self.made
        for one in self.phrases:
            if one.kind in ("then", "pause", *_LENGTHS, *_COUNTS):
                self._refuse("as-needed-when", "as needed, and for a time: plan it by hand")
        timing = [one for one in self.phrases if one.kind in TIMING and one.kind not in _FOOD]
        doses = [one for one in self.phrases if _is_dose(one)]
        if len(doses) > 1 or any(one.kind == "scheme" for one in doses):
            self._refuse("two-doses", "one amount at a time, as needed")
        group = self._group([*doses]) if doses else Group()
        asked: dict[str, Document] = {}
        for one in self.phrases:
            if one.kind in _FOOD:
                made.noted.append(self._words(one))
        reasons = sorted({str(one.values[0]) for one in self._of("reason")})
        if len(reasons) > 1:
            self._refuse("two-reasons", "two reasons: each needs a rule of its own")
        if reasons:
            asked["for"] = reasons[0]
        if doses:
            asked["dose"] = quarters_text(group.quarters)
        else:
            made.missing.append("as_needed.dose")
        limits = self._limits(group.quarters)
        most = limits.pop("max_per_24h", None)
        gap = limits.pop("min_gap", None)
        for one in timing:
            if one.kind == "interval" and gap is None:
                gap = f"{int(one.values[0])}h"
                made.assumed.append(
                    f"{self._words(one)}: at least {int(one.values[0])} hours apart"
                )
            elif one.kind in ("times", "daily") and most is None and group.quarters:
                count = int(one.values[0]) if one.values else 1
                most = quarters_text(count * group.quarters)
                made.assumed.append(f"{self._words(one)}: at most {most} in any 24 hours")
            else:
                self._refuse("as-needed-when", "as needed, and at a set time: plan it by hand")
        for key, value in (("min_gap", gap), ("max", most)):
            if value is None:
                made.missing.append(f"as_needed.{key}")
            else:
                asked[key] = value
        if not reasons:
            made.missing.append("as_needed.for")
        made.regimen["as_needed"] = {**asked, "per": "24h"}
        if limits:
            made.regimen["limits"] = limits

    def _limits(self, dose: int = 0) -> dict[str, Document]:
        """Limits as a plan file says them; each may be said once."""
        found: dict[str, Document] = {}
        for one in self.phrases:
            if one.kind not in _MAX:
                continue
            key, value = self._limit(one, dose)
            if key in found:
                self._refuse("two-limits", "the same limit is said twice")
            found[key] = value
        return found

    def _limit(self, one: Phrase, dose: int) -> tuple[str, str]:
        numbers = [int(value) for value in one.values if not _is_unit(value)]
        # a phrase of <most> holds the value of that word first
        if one.kind == "gap":
            if not 1 <= numbers[0] <= 168:
                self._refuse("implausible-number", "so long between two doses")
            return "min_gap", f"{numbers[0]}h"
        if one.kind == "up-to":
            if not dose:
                self._refuse("dose-not-said", "so many times: of how much?")
            count = numbers[0]
            self.made.assumed.append(f"{self._words(one)}: in any 24 hours")
            return "max_per_24h", quarters_text(count * dose)
        amount = numbers[1]
        if not amount:
            self._refuse("no-dose", "at most nothing")
        if one.kind == "at-once":
            return "max_per_dose", quarters_text(amount)
        if one.kind == "max-days":
            if numbers[2] != 7:
                self._refuse("limit-length", "limits are for 24 hours or for 7 days")
            return "max_per_7d", quarters_text(amount)
        if one.kind in ("max", "max-doses") and numbers[2] != 24:
            self._refuse("limit-length", "limits are for 24 hours or for 7 days")
        if one.kind in ("max-a-day", "max-doses-a-day"):
            self.made.assumed.append(f"{self._words(one)}: in any 24 hours")
        if one.kind in ("max-doses", "max-doses-a-day"):
            if not dose:
                self._refuse("limit-length", "at most so many doses: say how many pieces")
            amount *= dose
        return "max_per_24h", quarters_text(amount)

    def _of(self, kind: str) -> list[Phrase]:
        return [one for one in self.phrases if one.kind == kind]

    def _words(self, one: Phrase) -> str:
        return self.sentence[one.first : one.last]

    def _refuse(self, code: str, why: str) -> None:
        raise TextRefused(code, self.sentence, why)


def _is_dose(one: Phrase) -> bool:
    return one.kind in ("dose", "scheme", "dose-said-twice")


def _is_unit(value: str | int) -> bool:
    return isinstance(value, str)


def _split(phrases: list[Phrase], kinds: set[str]) -> list[list[Phrase]]:
    found: list[list[Phrase]] = [[]]
    for one in phrases:
        if one.kind in kinds:
            found.append([])
        else:
            found[-1].append(one)
    return [part for part in found if part]
