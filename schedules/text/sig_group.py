"""Which times belong to which amount, in a sentence of one or several doses.

Responsible for: dividing phrases into doses, and for refusing where a time, a day or a meal may
belong to one dose or to another, or may say the same time twice. Not responsible for what the
times mean (sig_take.py) or for words (sig_en.py, sig_de.py).
"""

from itertools import pairwise

from schedules.text.sig_match import Phrase
from schedules.text.sig_take import ANCHORS, DAY_RULES, TIMING, Group
from schedules.text.sig_token import MOST_PIECES, TextRefused

DOSES = ("dose", "scheme", "dose-said-twice")
FOOD = ("food", "food-near", "food-off", "each-meal")
MOST = {"ml": 30, "drop": 40}  # at once, of what is not counted in pieces
SEPARATORS = ("and", "comma", "stop")
_COUNTS = ("times", "daily", "per-day", "weekly", "times-a-week", "times-every-weeks")
_WHEN = (*ANCHORS, "clock")
_NAMED = ("day", "every-day-named", "day-of-month")


def is_dose(one: Phrase) -> bool:
    """Whether a phrase says an amount to take."""
    return one.kind in DOSES


def split(phrases: list[Phrase], kinds: tuple[str, ...]) -> list[list[Phrase]]:
    """Phrases between those of these kinds; nothing empty."""
    found: list[list[Phrase]] = [[]]
    for one in phrases:
        if one.kind in kinds:
            found.append([])
        else:
            found[-1].append(one)
    return [part for part in found if part]


def groups(sentence: str, phrases: list[Phrase]) -> list[Group]:
    """One group for each dose, with the phrases that say when; one without an amount for none."""
    parts = [
        [one for one in part if one.kind in TIMING or is_dose(one)]
        for part in split(phrases, SEPARATORS)
    ]
    parts = [part for part in parts if part]
    if not parts:
        raise TextRefused("text-not-understood", sentence, "neither how much nor when is said")
    for part in parts:
        if sum(one.kind in _WHEN for one in part) > 1:
            why = "two times without a word between: both, or the same time said twice?"
            raise TextRefused("two-timings", sentence, why)
    doses = sum(1 for part in parts for one in part if is_dose(one))
    if doses <= 1:
        found = [[one for part in parts for one in part]]
        _one_kind_of_list(sentence, phrases)
        _one_side(sentence, phrases)
    else:
        found = _several(sentence, parts)
        _same_days(sentence, found)
    for group in found:
        _not_interleaved(sentence, group)
    return [group_of(sentence, group) for group in found]


def _several(sentence: str, parts: list[list[Phrase]]) -> list[list[Phrase]]:
    """Phrases by dose: times follow their amount in the whole sentence, or come before it."""
    if any(sum(map(is_dose, part)) > 1 for part in parts):
        why = "two amounts side by side: join what belongs together by and"
        raise TextRefused("two-doses", sentence, why)
    found: list[list[Phrase]] = []
    waiting: list[Phrase] = []
    first_is_dose = is_dose(parts[0][0])
    for part in parts:
        has = any(map(is_dose, part))
        if has and (len(part) == 1 or is_dose(part[0]) != first_is_dose):
            raise TextRefused("which-dose", sentence, "which time belongs to which amount?")
        if not has and any(one.kind in FOOD for one in part):
            raise TextRefused("which-dose", sentence, "with food: which of the doses?")
        if has:
            found.append(waiting + part)
            waiting = []
        elif first_is_dose:
            found[-1].extend(part)
        else:
            waiting.extend(part)
    if waiting:
        raise TextRefused("which-dose", sentence, "a time without an amount")
    if len({any(one.kind in FOOD for one in group) for group in found}) > 1:
        raise TextRefused("which-dose", sentence, "with food: one of the doses, or all?")
    for group in found:
        if not any(one.kind in (*_WHEN, "interval", "scheme") for one in group):
            why = "of several doses each needs its own time"
            raise TextRefused("times-needed", sentence, why)
    return found


def _same_days(sentence: str, found: list[list[Phrase]]) -> None:
    """A weekday said of one dose of several may be meant for all of them."""
    ruled = [any(one.kind in DAY_RULES for one in group) for group in found]
    daily = [any(one.kind in ("times", "daily") for one in group) for group in found]
    for has, each in zip(ruled, daily, strict=True):
        if any(ruled) and not has and not each:
            why = "these days: for one of the doses, or for all?"
            raise TextRefused("which-dose", sentence, why)


def _one_kind_of_list(sentence: str, phrases: list[Phrase]) -> None:
    """`In the morning, with breakfast` may be one time said twice; `and`, or a count, tells."""
    if any(one.kind in _COUNTS for one in phrases):
        return  # how often is said, and must agree with the times named
    told = [one for one in phrases if one.kind in _WHEN or one.kind in SEPARATORS]
    before: Phrase | None = None
    joined = ""
    for one in told:
        if one.kind in SEPARATORS:
            joined = one.kind if joined != "and" else joined
            continue
        if before is not None and _family(before) != _family(one) and joined != "and":
            why = "both times, or the same time said twice? join two times by and"
            raise TextRefused("two-timings", sentence, why)
        before, joined = one, ""


def _one_side(sentence: str, phrases: list[Phrase]) -> None:
    """`At noon, 1 tablet at night` may lack an amount; `at 8 for 7 days and at night` an end."""
    for index, one in enumerate(phrases):
        length = one.kind.startswith(("for-", "until")) or one.kind == "in-all"
        times = _WHEN if is_dose(one) else (*_WHEN, *_NAMED)
        if (is_dose(one) or length) and all(
            any(other.kind in times for other in side)
            for side in (phrases[:index], phrases[index + 1 :])
        ):
            why = "times before and after it: do they all belong to it?"
            raise TextRefused("which-dose", sentence, why)


def _family(one: Phrase) -> str:
    return one.kind if one.kind in ("clock", "part") else "meal"


def _not_interleaved(sentence: str, group: list[Phrase]) -> None:
    """`Mondays at 8 and Thursdays at 9` is not each day at both times."""
    named = [one for one in group if one.kind in (*_WHEN, *FOOD, *_NAMED)]
    order = ["day" if one.kind in _NAMED else "when" for one in named]
    if sum(before != after for before, after in pairwise(order)) > 1:
        why = "days and times take turns: give each its own amount"
        raise TextRefused("which-dose", sentence, why)


def group_of(sentence: str, phrases: list[Phrase]) -> Group:
    """The group of these phrases, its amount checked."""
    group = Group(words=sentence[phrases[0].first : phrases[-1].last])
    for one in phrases:
        if not is_dose(one):
            group.timing.append(one)
            continue
        numbers = tuple(int(value) for value in one.values if not isinstance(value, str))
        if one.kind == "scheme":
            group.scheme = numbers
        else:
            group.quarters = numbers[0] if numbers else 4
            if len(set(numbers)) > 1:
                why = "the amount is written twice, and differs"
                raise TextRefused("numbers-disagree", sentence, why)
        amounts = numbers or (4,)
        if not any(amounts):
            raise TextRefused("no-dose", sentence, "nothing is taken")
        units = [value for value in one.values if isinstance(value, str)]
        most = MOST.get(units[0], MOST_PIECES) if units else MOST_PIECES
        if max(amounts) > 4 * most:
            why = f"more than {most} at once: more often a slip than a dose"
            raise TextRefused("implausible-number", sentence, why)
    return group
