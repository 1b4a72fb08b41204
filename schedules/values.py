"""Single values of a plan file: texts to minutes, seconds, quarters, dates and amounts.

Responsible for: reading one scalar that has passed the schema, and writing spans and amounts
back. Not responsible for what they mean together (check.py) or for mappings (document.py).
"""

import re
from datetime import date

from schedules.model import Anchor, PlanRefused, Span
from schedules.schema import Document

ANCHOR_OFFSET_MIN = 30  # "before breakfast" without minutes
ROUND_MIN = 5  # times that are spread evenly
_ANCHOR = re.compile(r"(before|after) ([a-z]+)(?: ([0-9]+)min)?")
_UG = {"g": 1_000_000, "mg": 1000, "ug": 1}


def anchor(text: str) -> Anchor:
    """An anchor of the file: a clock word, before or after it by so many minutes."""
    match = _ANCHOR.fullmatch(text)
    if match is None:
        return Anchor(text, 0, text)
    offset = int(match[3] or ANCHOR_OFFSET_MIN)
    return Anchor(match[2], -offset if match[1] == "before" else offset, text)


def spread(times: int, between: str) -> tuple[int, ...]:
    """Minutes after midnight of so many times from the first to the last, evenly."""
    first, last = (minute_of(one) for one in between.split("-"))
    step = (last - first) / (times - 1)
    inner = (first + round(step * at / ROUND_MIN) * ROUND_MIN for at in range(1, times - 1))
    return (first, *inner, last)


def ug_of(text: str) -> int:
    """Micrograms of 500mg, 2.5mg, 1g or 25ug."""
    unit = "ug" if text.endswith("ug") else "mg" if text.endswith("mg") else "g"
    whole, _, part = text.removesuffix(unit).partition(".")
    return int(whole) * _UG[unit] + int(f"{part:0<3}"[:3]) * _UG[unit] // 1000


def ug_text(micrograms: int) -> str:
    """Micrograms as a file writes them: 500mg, 25ug."""
    whole, rest = divmod(micrograms, 1000)
    return f"{micrograms}ug" if rest else f"{whole}mg"


def span_of(value: Document | None) -> Span | None:
    """A calendar length, None where nothing is said or it is elapsed time."""
    match = None if value is None else re.fullmatch(r"([0-9]+)(d|wk|mo)", text_of(value))
    return None if match is None else Span(int(match[1]), match[2])


def elapsed_of(value: Document | None) -> int:
    """Seconds of an elapsed length, 0 where nothing is said or it is a calendar length."""
    text = "" if value is None else text_of(value)
    return short_span_s(text) if re.fullmatch(r"[0-9]+(min|h)", text) else 0


def short_span_s(text: str) -> int:
    """Seconds of 30min or 8h."""
    return int(text[:-1]) * 3600 if text.endswith("h") else int(text[:-3]) * 60


def quarters_of(value: Document | None) -> int:
    """Quarters of a quantity in pieces, 0 where nothing is said."""
    if value is None:
        return 0
    whole, _, part = text_of(value).partition(".")
    return int(whole) * 4 + {"": 0, "25": 1, "5": 2, "50": 2, "75": 3}[part]


def minute_of(text: str) -> int:
    """Minutes after midnight of 08:00."""
    return int(text[:2]) * 60 + int(text[3:5])


def date_of(text: str, place: str) -> date:
    """A date; PlanRefused where the calendar has none such."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PlanRefused("wrong-value", place, "this date does not exist") from None


def truth_of(value: Document | None) -> bool:
    """Whether yes is said."""
    return value in ("yes", "true")


def text_of(value: Document) -> str:
    """A scalar, which the schema has made sure of."""
    assert isinstance(value, str)
    return value


def list_of(value: Document | None) -> list[Document]:
    """A list; none said is an empty one."""
    if value is None:
        return []
    assert isinstance(value, list)
    return value


def map_of(value: Document | None) -> dict[str, Document]:
    """A mapping; none said is an empty one."""
    if value is None:
        return {}
    assert isinstance(value, dict)
    return value
