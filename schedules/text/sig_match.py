"""Tokens to phrases: the longest pattern that fits at each place, and every word that fits none.

Responsible for: the small language in which patterns are written, and for leaving no word out.
Not responsible for the patterns (sig_en.py, sig_de.py) or for what phrases mean together (sig.py).

A pattern is words with blanks between: `a|per` is one of two words, `the?` may be left out,
`<n>` is a slot. Slots: `<n>` whole number, `<q>` quantity of pieces, `<clock>`, `<scheme>`, and
every table of the language (`<unit>`, `<part>`, `<meal>`, ...), whose keys are patterns themselves
(the value is what its own slot holds, where it has one). A kind `food=-60` adds a constant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from schedules.text.sig_token import Token

Value = str | int
Item = tuple[tuple[str, ...], bool]  # (words one of which fits, may be left out)


@dataclass(frozen=True)
class Grammar:
    """Everything that differs between languages, as data."""

    language: str
    numbers: Mapping[str, int]  # words for numbers, in quarters
    dotted: frozenset[str]  # abbreviations that end in a dot
    quantities: tuple[tuple[str, int], ...]  # pattern, quarters added to its <n>
    tables: Mapping[str, Mapping[str, Value]]  # slot -> pattern -> value
    rows: tuple[tuple[str, str], ...]  # kind, pattern
    refused: tuple[tuple[str, str, str], ...]  # code, pattern, why
    negations: frozenset[str]  # words that turn a sentence round


@dataclass(frozen=True)
class Phrase:
    """Some words that are understood: a kind, and the values of its slots in order."""

    kind: str
    values: tuple[Value, ...]
    first: int  # character positions in the sentence
    last: int
    why: str = ""  # of a refused phrase


@dataclass
class Reading:
    """Phrases in order, and tokens that belong to none."""

    phrases: list[Phrase] = field(default_factory=list)
    unknown: list[Token] = field(default_factory=list)


def read(grammar: Grammar, found: list[Token]) -> Reading:
    """The phrases of a sentence, the longest first at each place."""
    reading, at = Reading(), 0
    while at < len(found):
        best: tuple[int, Phrase] | None = None
        for kind, constant, items, why in _candidates(grammar, found[at]):
            for end, values in _fits(grammar, items, found, at):
                if end > at and (best is None or end > best[0]):
                    place = found[at].start, found[end - 1].end
                    best = (end, Phrase(kind, values + constant, *place, why))
        if best is None:
            reading.unknown.append(found[at])
            at += 1
        else:
            reading.phrases.append(best[1])
            at = best[0]
    return reading


Row = tuple[str, tuple[Value, ...], tuple[Item, ...], str]
_BY_START: dict[str, dict[str, list[Row]]] = {}  # language -> what a token begins with -> rows


def _candidates(grammar: Grammar, token: Token) -> list[Row]:
    """The rows that may begin with this token, refused ones first.

    Of two readings of one length the first counts, so the one that refuses.
    """
    table = _BY_START.get(grammar.language)
    if table is None:
        table = _BY_START[grammar.language] = {}
        rows = [(f"!{code}", pattern, why) for code, pattern, why in grammar.refused]
        for kind, pattern, why in rows + [(kind, pattern, "") for kind, pattern in grammar.rows]:
            name, _, constant = kind.partition("=")
            items = _items(pattern)
            row = (name, (int(constant),) if constant else (), items, why)
            for start in sorted(_starts(grammar, items)):
                table.setdefault(start, []).append(row)
    key = f"<{token.kind}>" if token.kind in ("number", "clock", "scheme") else token.text
    return table.get(key, [])


def _starts(grammar: Grammar, items: tuple[Item, ...]) -> set[str]:
    """Everything a first token may be: a word, or a kind as <number>."""
    found: set[str] = set()
    for words, optional in items:
        for word in words:
            found |= _slot_starts(grammar, word[1:-1]) if word.startswith("<") else {word}
        if not optional:
            break
    return found


def _slot_starts(grammar: Grammar, name: str) -> set[str]:
    if name in ("clock", "scheme"):
        return {f"<{name}>"}
    if name == "n":
        return {"<number>"}
    patterns = [pattern for pattern, _ in grammar.quantities]
    if name != "q":
        patterns = list(grammar.tables[name])
    found = {"<number>"} if name == "q" else set()
    return found.union(*(_starts(grammar, _items(pattern)) for pattern in patterns))


@lru_cache(maxsize=2048)
def _items(pattern: str) -> tuple[Item, ...]:
    found = []
    for word in pattern.split():
        optional = word.endswith("?")
        found.append((tuple(word.removesuffix("?").split("|")), optional))
    return tuple(found)


def _fits(
    grammar: Grammar, items: tuple[Item, ...], found: list[Token], at: int
) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """(where it ends, values of its slots) for every way the items fit at this place."""
    if not items:
        yield at, ()
        return
    (words, optional), rest = items[0], items[1:]
    if optional:
        yield from _fits(grammar, rest, found, at)
    if at >= len(found):
        return
    for word in words:
        if word.startswith("<"):
            for end, values in _slot(grammar, word[1:-1], found, at):
                for last, more in _fits(grammar, rest, found, end):
                    yield last, values + more
        elif found[at].text == word and found[at].kind in ("word", "mark"):
            yield from _fits(grammar, rest, found, at + 1)


def _slot(
    grammar: Grammar, name: str, found: list[Token], at: int
) -> Iterator[tuple[int, tuple[Value, ...]]]:
    token = found[at]
    if name == "n":
        if token.kind == "number" and token.whole is not None:
            yield at + 1, (token.whole,)
    elif name == "q":
        if token.kind == "number":
            yield at + 1, (token.quarters,)
        for pattern, more in grammar.quantities:
            for end, values in _fits(grammar, _items(pattern), found, at):
                yield end, (sum(4 * int(one) for one in values) + more,)
    elif name in ("clock", "scheme"):
        if token.kind == name:
            yield at + 1, (token.minute, int(token.sure)) if name == "clock" else token.parts
    else:
        for pattern, value in grammar.tables[name].items():
            for end, counted in _fits(grammar, _items(pattern), found, at):
                yield end, counted or (value,)
