"""HL7 v2.5.1 repeat patterns (data type RPT, table 0335) in the words of FHIR R4's repeat.

Responsible for: one repeat pattern with one reading, and the reasons to refuse another. Not
responsible for the rest of a timing line (timing.py), nor for when anything is due.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from schedules.fhir.cadence import WHEN
from schedules.fhir.value import Element
from schedules.hl7v2.message import NOT_IN_TABLE, WRONG_TYPE, Fault, MessageRefused, Segment
from schedules.model import WEEKDAYS

Words = Mapping[str, str]
_DAILY = {
    "QD": 1, "BID": 2, "TID": 3, "QID": 4,
}  # fmt: skip
_UNITS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
_PERIODS = {"s": "s", "min": "min", "h": "h", "hr": "h", "d": "d", "wk": "wk", "mo": "mo"}
# parts of the day that stand alone as a pattern; C alone is "continuously" and not read
_PARTS = {"QAM": ["MORN"], "QHS": ["HS"], "HS": ["HS"], "AC": ["AC"], "PC": ["PC"]} | {
    word: [word] for word in ("ACM", "ACD", "ACV", "PCM", "PCD", "PCV", "CM", "CD", "CV")
}
_EVENTS = set(WHEN) | {"AC", "PC"}
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "wk": 604_800, "mo": 2_592_000}


@dataclass(frozen=True)
class Reading:
    """What a pattern says: parts of R4's `repeat`; taken when asked; taken once."""

    repeat: Element
    asked: bool = False
    once: bool = False


@dataclass(frozen=True)
class Pattern:
    """One repetition of RPT, as far as it is read."""

    code: str = ""
    period: Fraction | None = None
    unit: str = ""  # of FHIR
    institution: str = ""  # Y: at the institution's own times
    event: str = ""
    offset_min: int = 0  # negative: before
    place: str = "TQ1-3"
    text: str = ""  # what stands beside the code for people

    def reading(self) -> Reading:
        """Its one reading; MessageRefused where it has none or several."""
        word = self.code.removeprefix("PRN")
        asked = self.code.startswith("PRN")
        if word == "ONCE":
            return Reading({}, asked, True)
        found = _coded(word, self.place) if word else {}
        if self.event:
            if found and "when" not in found and found != _once_a_day():
                raise refused("pattern-vs-event", self.place, "a code, and an event beside it")
            found = self._at_event(found)
        elif self.offset_min:
            raise refused("pattern-offset", self.place, "an offset, but from which event?")
        if self.period is not None:
            found = self._with_period(found)
        if not found and not asked:
            raise refused("no-repeat-pattern", self.place, "nothing says how often: send a code")
        if self.institution == "Y" and found.get("periodUnit") in ("h", "min", "s"):
            sentence = "an interval at the institution's own times: name them in TQ1-4, with QID"
            raise refused("institution-times", self.place, sentence)
        return Reading(found, asked)

    def _at_event(self, found: Element) -> Element:
        """The spec says a code and its event twice: QHS and AHS; they must agree."""
        event = {"AHS": "HS"}.get(self.event, self.event)
        if event not in _EVENTS:
            sentence = "this event is not known here: send ACM, PCM, HS ..."
            raise refused("unknown-event", self.place, sentence, NOT_IN_TABLE)
        if "when" in found and found["when"] != [event]:
            raise refused("pattern-vs-event", self.place, "the code and the event disagree")
        named: Element = {"when": [event]}
        if self.offset_min:
            before = event.startswith("AC") or event == "HS"
            if (self.offset_min < 0) != before:
                sentence = "the event and its offset point to different sides"
                raise refused("pattern-offset", self.place, sentence)
            named["offset"] = abs(self.offset_min)
        return named

    def _with_period(self, found: Element) -> Element:
        """RPT-5 and -6 define the pattern, or repeat what its code says."""
        assert self.period is not None
        own = self.period * _SECONDS[self.unit]
        if not found:
            return {"frequency": 1, "period": _plain(self.period), "periodUnit": self.unit}
        if own != _spacing_s(found):
            sentence = "the code and the period beside it disagree: send the code alone"
            raise refused("pattern-vs-period", self.place, sentence)
        return found


def pattern_of(segment: Segment, field: int, again: int, own: Words) -> Pattern:
    """One repetition of an RPT field; `own`: what codes of the site mean in table 0335."""
    place = f"{segment.name}-{field}"

    def said(component: int) -> str:
        return segment.text(field, component, 1, again)

    if said(11):
        raise refused("pattern-gts", place, "a general timing specification is not read")
    period, unit = said(5), _PERIODS.get(said(6).lower(), "")
    if bool(period) != bool(said(6)) or (period and not unit):
        sentence = "a period is a number and one of s, min, h, d, wk, mo"
        raise refused("period-unit", place, sentence, NOT_IN_TABLE)
    # A code that was sent as CE, `BID^Twice daily^HL70335`: RPT-3 is a number or it is no RPT.
    system = bool(re.fullmatch(r"HL7[0-9]{4}|99[A-Z0-9]+|L", said(3)))
    coded = system and not any(said(part) for part in range(4, 11))
    if coded:
        return Pattern(own.get(said(1), said(1)).upper(), place=place, text=said(2))
    if (said(2) or said(3) or said(4)) and not re.fullmatch(r"QAM|QHS|Q[0-9]*J[1-7]+", said(1)):
        sentence = "an alignment is not read (a code and its text are joined by &): use TQ1-4"
        raise refused("pattern-phase", place, sentence)
    if said(7) not in ("", "Y", "N"):
        raise refused("institution-times", place, "RPT-7 is Y or N", NOT_IN_TABLE)
    return Pattern(
        code=own.get(said(1), said(1)).upper(),
        period=_number(period, place) if period else None,
        unit=unit,
        institution=said(7),
        event=said(8).upper(),
        offset_min=_minutes(said(9), said(10), place),
        place=place,
        text=segment.text(field, 1, 2, again),
    )


def refused(code: str, place: str, sentence: str, kind: str = WRONG_TYPE) -> MessageRefused:
    """One fault of the content (AE)."""
    return MessageRefused(Fault(code, place, sentence, kind))


def _coded(word: str, place: str) -> Element:
    """Table 0335."""
    if word in _DAILY:
        return {"frequency": _DAILY[word], "period": 1, "periodUnit": "d"}
    if word in _PARTS:
        return {"when": list(_PARTS[word])}
    if word == "QOD":
        return {"frequency": 1, "period": 2, "periodUnit": "d"}
    if match := re.fullmatch(r"([1-9][0-9]?)ID", word):
        return {"frequency": int(match[1]), "period": 1, "periodUnit": "d"}
    if match := re.fullmatch(r"Q([1-9][0-9]{0,3})([SMHDWL])", word):
        return {"frequency": 1, "period": int(match[1]), "periodUnit": _UNITS[match[2]]}
    if match := re.fullmatch(r"Q([1-9][0-9]?)?J([1-7]{1,7})", word):
        days = [WEEKDAYS[int(digit) - 1] for digit in match[2]]
        weeks = int(match[1] or 1)
        if weeks == 1:
            return {"dayOfWeek": days}
        return {"frequency": 1, "period": weeks, "periodUnit": "wk", "dayOfWeek": days}
    why = {
        "QPM": "the afternoon or the evening? name the time in TQ1-4, with Q1D",
        "QSHIFT": "at the beginning of which shift? name the times in TQ1-4",
        "C": "something that goes on continuously is nothing this machine gives",
    }
    sentence = why.get(word, "this repeat pattern is not known here: send one of table 0335")
    raise refused("unknown-pattern", place, sentence, NOT_IN_TABLE)


def _once_a_day() -> Element:
    return {"frequency": 1, "period": 1, "periodUnit": "d"}


def _spacing_s(found: Element) -> Fraction:
    """Seconds from one occasion to the next as a code says them."""
    if "period" not in found:
        return Fraction(_SECONDS["wk"] if "dayOfWeek" in found else _SECONDS["d"])
    period, frequency = found["period"], found["frequency"]
    assert isinstance(period, int) and isinstance(frequency, int)
    return Fraction(period * _SECONDS[str(found["periodUnit"])], frequency)


def _minutes(value: str, unit: str, place: str) -> int:
    if not value:
        return 0
    each = {"": 1, "min": 1, "h": 60, "hr": 60}.get(unit.lower())
    minutes = _number(value, place, signed=True) * (each or 1)
    if each is None or minutes.denominator != 1 or abs(minutes) > 999:
        raise refused("pattern-offset", place, "an offset is up to 999 whole minutes")
    return int(minutes)


def _number(value: str, place: str, signed: bool = False) -> Fraction:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", value.lstrip("+-" if signed else "")):
        raise refused("number", place, "a number is written as 12 or 0.5")
    return Fraction(value)


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
