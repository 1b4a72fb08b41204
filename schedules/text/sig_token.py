"""A sentence as tokens: words, numbers, times of day, schemes as 1-0-1, and marks.

Responsible for: the closed alphabet, and every way of writing a number that has two readings
(refused by code). Not responsible for meaning (sig_match.py, sig.py). Quantities are quarters.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

MAX_CHARACTERS = 400  # of one sentence: an instruction on a label is far shorter
MAX_TOKENS = 120
MOST_PIECES = 10  # at once, read from words: more is more often a slip than a dose
_ALPHABET = re.compile(r"[A-Za-z0-9ÄÖÜäöüßµ .,;:()/+'×½¼¾\-–\n\t]")
_PART = r"(?:[0-9]+(?:[.,][0-9]+)?|[0-9]*[½¼¾]|[0-9]+/[0-9]+)"
_SCHEME = re.compile(rf"{_PART}(?:[ ]?[-–][ ]?{_PART})+(?![0-9/.,½¼¾]*[0-9])")
_CLOCK_EN = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))? ?(am|pm|a\.m\.|p\.m\.)(?![a-z])")
_CLOCK_DE = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))? ?uhr(?![a-zäöüß])")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?![0-9:])")
_NUMBER = re.compile(r"[0-9]+/[0-9]+|[0-9]*[½¼¾]|[0-9]*[.,]?[0-9]+(?:[.,][0-9]+)*")
_WORD = re.compile(r"[a-zäöüßµ]+(?:'[a-z]+)?")
_SIGNS = {"½": 2, "¼": 1, "¾": 3}
_FRACTIONS = {"1/2": 2, "1/4": 1, "3/4": 3}
_PARTS_OF_PIECE = {"25": 1, "5": 2, "50": 2, "75": 3}


class TextRefused(Exception):
    """A sentence that is not proposed: stable code, the words it stands on, a sentence."""

    def __init__(self, code: str, words: str, why: str):
        super().__init__(f"{code}: {why}")
        self.code = code
        self.words = words
        self.why = why


@dataclass(frozen=True)
class Token:
    """One piece of the sentence; `text` is small letters, `start` and `end` where it stood."""

    kind: str  # word, number, clock, scheme, mark
    text: str
    start: int
    end: int
    quarters: int = 0  # of a number
    whole: int | None = None  # of a number without a fraction
    minute: int = 0  # of a clock
    parts: tuple[int, ...] = ()  # of a scheme, in quarters
    sure: bool = True  # of a clock: it can not be meant for the other half of the day


def tokens(sentence: str, language: str, numbers: dict[str, int], dotted: set[str]) -> list[Token]:
    """All of a sentence, nothing left out; TextRefused for what has two readings.

    `numbers`: words of the language for numbers; `dotted`: its abbreviations that end in a dot.
    """
    if len(sentence) > MAX_CHARACTERS:
        why = f"a sentence has {MAX_CHARACTERS} characters at most: give them one by one"
        raise TextRefused("text-too-long", "", why)
    for one in sentence:
        if not _ALPHABET.fullmatch(one):
            code = f"U+{ord(one):04X}"
            raise TextRefused("strange-character", code, f"{code} is not a letter of a label")
    text = sentence.lower()
    assert len(text) == len(sentence), "positions must hold"
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
            continue
        token = _next(text, at, language, numbers)
        at = token.end
        if token.kind == "word" and token.text in dotted and text[at : at + 1] == ".":
            at += 1
        if found and token.kind == "number" == found[-1].kind and _digits(found[-1], token):
            why = "two numbers side by side: one of them, or both together?"
            raise TextRefused("two-numbers", sentence[found[-1].start : token.end], why)
        found.append(token)
        if len(found) > MAX_TOKENS:
            raise TextRefused("text-too-long", "", "too many words for one instruction")
    return found


def _next(text: str, at: int, language: str, numbers: dict[str, int]) -> Token:
    scheme = _SCHEME.match(text, at)
    if scheme is not None and not _is_bare_pair(scheme[0]):
        return _scheme(scheme, language)
    clock = (_CLOCK_DE if language == "de" else _CLOCK_EN).match(text, at) or _CLOCK.match(text, at)
    if clock is not None:
        return _clock(clock, language)
    number = _NUMBER.match(text, at)
    if number is not None:
        quarters, whole = read_number(number[0], language)
        return Token("number", number[0], at, number.end(), quarters=quarters, whole=whole)
    word = _WORD.match(text, at)
    if word is None:
        return Token("mark", text[at], at, at + 1)
    if word[0] in numbers:
        count = numbers[word[0]]
        whole = count // 4 if count % 4 == 0 else None
        return Token("number", word[0], at, word.end(), quarters=count, whole=whole)
    return Token("word", word[0], at, word.end())


def _digits(*pair: Token) -> bool:
    """Whether they are written as figures: `one three times a day` is clear, `1 3 times` is not."""
    return all(not one.text.isalpha() for one in pair)


def _is_bare_pair(text: str) -> bool:
    """Two numbers with a line between them are no scheme: a range, which a phrase refuses."""
    return len(re.findall(r"[-–]", text)) == 1


def _scheme(match: re.Match[str], language: str) -> Token:
    written = re.split(r" ?[-–] ?", match[0])
    if len(written) > 4:
        why = "a scheme has three or four places: morning, noon, evening and night"
        raise TextRefused("scheme-length", match[0], why)
    for before, part in pairwise(written):
        if "/" in part and before.isdigit() and int(before):
            why = "a fraction after a whole number can be a place of its own, or belong to it"
            raise TextRefused("scheme-fraction", match[0], why)
    parts = tuple(read_number(part, language)[0] for part in written)
    if not any(parts):
        raise TextRefused("no-dose", match[0], "nothing is taken at any time")
    return Token("scheme", match[0], match.start(), match.end(), parts=parts)


def _clock(match: re.Match[str], language: str) -> Token:
    hour, minute = int(match[1]), int(match[2] or 0)
    half = match[3] if match.re is _CLOCK_EN else None
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= 12):
        raise TextRefused("no-such-time", match[0], "this is not a time of day")
    sure = True
    if half:
        if hour == 12:
            raise TextRefused("noon-or-midnight", match[0], "write 00:00, or noon as 12:00")
        hour += 12 if half[0] == "p" else 0
    elif language == "en":
        if len(match[1]) == 1:
            why = "morning or evening? write am or pm, or two digits as 08:00 and 20:00"
            raise TextRefused("which-half-of-day", match[0], why)
        sure = hour >= 13 or match[1][0] == "0"
    elif len(match[1]) == 1:
        sure = False
    minute += hour * 60
    return Token("clock", match[0], match.start(), match.end(), minute=minute, sure=sure)


def read_number(text: str, language: str) -> tuple[int, int | None]:
    """(quarters, whole number or None); TextRefused where it can be read in two ways.

    Source of what is error-prone: ISMP list of error-prone abbreviations (trailing zero, naked
    decimal point).
    """
    if text[-1] in _SIGNS:
        return int(text[:-1] or "0") * 4 + _SIGNS[text[-1]], None
    if "/" in text:
        if text not in _FRACTIONS:
            why = "a piece is halved or quartered: 1/2, 1/4, 3/4 (5/7 is not read as five days)"
            raise TextRefused("fraction", text, why)
        return _FRACTIONS[text], None
    whole, mark, part = text, "", ""
    found = re.fullmatch(r"([0-9]*)([.,])([0-9]+)", text)
    if found is not None:
        whole, mark, part = found[1], found[2], found[3]
    elif not text.isdigit():
        raise TextRefused("decimal-mark", text, "this number can be read in two ways")
    if mark and mark != ("," if language == "de" else "."):
        why = "a comma is no decimal point here" if mark == "," else "in German write 0,5"
        raise TextRefused("decimal-mark", text, why)
    if mark and not whole:
        raise TextRefused("bare-decimal-point", text, "write 0 before it: it is easily overlooked")
    if mark and not part.strip("0"):
        raise TextRefused("trailing-zero", text, "1.0 is easily read as 10: write 1")
    if (len(whole) > 1 and whole[0] == "0") or len(text) > 6:
        raise TextRefused("implausible-number", text, "no number of a label looks like this")
    if not mark:
        return int(whole) * 4, int(whole)
    if part not in _PARTS_OF_PIECE:
        raise TextRefused("fraction", text, "a piece is halved or quartered, not divided otherwise")
    return int(whole) * 4 + _PARTS_OF_PIECE[part], None
