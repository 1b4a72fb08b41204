"""Times, dates and numbers of HL7 v2 as FHIR writes them.

Responsible for: one value of TS, TM or NM, exactly, by the patient's clock; the end of a course of
so many days or hours. Not responsible for what a value is the time of (timing.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from schedules.fhir.value import MAX_NUMBER
from schedules.hl7v2.pattern import refused
from schedules.localtime import add_span
from schedules.model import Span

Quantity = tuple[Fraction, str]  # (value, unit)
_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9](?:\.[0-9]{1,4})?)?")
_STAMP = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})"
    r"(?:([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:\.[0-9]{1,4})?)?)?([+-][0-9]{4})?"
)


@dataclass(frozen=True)
class Times:
    """How this site tells times: zone, the sender's offset in MSH-7, its own words of patterns."""

    zone: ZoneInfo
    offset: str = ""  # +0100
    patterns: Mapping[str, str] = field(default_factory=dict)  # DAILY -> QD

    def moment(self, value: str, place: str) -> str:
        """A FHIR date or dateTime; MessageRefused where it is none, or another zone's."""
        match = _STAMP.fullmatch(value)
        if match is None:
            raise refused("time-stamp", place, "a time is YYYYMMDD, or YYYYMMDDHHMM with [+-]ZZZZ")
        year, month, day, hour, minute, second, offset = match.groups()
        try:
            on_date = date(int(year), int(month), int(day))
            if hour is None:
                return on_date.isoformat()
            local = datetime.fromisoformat(f"{on_date}T{hour}:{minute}:{second or '00'}")
            if offset:
                zoned = local.isoformat() + _offset(offset)
                datetime.fromisoformat(zoned)
                return zoned
            self._same_wall(local, place)
        except ValueError:
            raise refused("time-stamp", place, "there is no such day or time") from None
        return local.isoformat()

    def _same_wall(self, local: datetime, place: str) -> None:
        """HL7: the offset in MSH-7 holds for every time without one; it must be the patient's."""
        if not self.offset:
            return
        sent = datetime.fromisoformat(local.isoformat() + _offset(self.offset))
        if sent.astimezone(self.zone).replace(tzinfo=None) != local:
            sentence = "by the offset in MSH-7 this is another time at the patient's: give its own"
            raise refused("other-zone", place, sentence)


def time_of(value: str, place: str) -> str:
    """A FHIR time of day."""
    match = _TIME.fullmatch(value)
    if match is None:
        raise refused("explicit-time", place, "a time of day is HHMM or HHMMSS, without a zone")
    return f"{match[1]}:{match[2]}:{match[3] or '00'}"


def after(start: str, duration: Quantity, place: str, zone: ZoneInfo) -> str:
    """The last day or second that a course of this length from `start` still includes.

    Days, weeks and months are those of the calendar, hours and minutes are elapsed.
    """
    value, unit = duration
    begin = datetime.fromisoformat(start)
    second = timedelta(seconds=1)
    if unit in ("s", "min", "h"):
        if "T" not in start:
            raise refused("duration", place, "a course of hours needs a start with a time of day")
        length = timedelta(seconds=float(value * {"s": 1, "min": 60, "h": 3600}[unit]))
        aware = begin if begin.tzinfo else begin.replace(tzinfo=zone)
        utc = datetime.fromtimestamp(aware.timestamp() + length.total_seconds(), tz=zone)
        return (utc - second).isoformat()
    if value.denominator != 1 or not 1 <= value <= 9999:
        raise refused("duration", place, "a course has from 1 to 9999 whole days, weeks or months")
    local = begin.astimezone(zone).replace(tzinfo=None) if begin.tzinfo else begin
    try:
        on_date = add_span(local.date(), Span(int(value), unit))
        if "T" not in start:
            return (on_date - timedelta(days=1)).isoformat()
    except (OverflowError, ValueError):
        raise refused("duration", place, "the course ends beyond every calendar") from None
    return (datetime.combine(on_date, local.time()) - second).isoformat()


def number_of(value: str, place: str) -> Fraction:
    """An exact decimal as HL7 writes it (NM)."""
    if (
        not re.fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]{1,9})?", value)
        or abs(float(value)) > MAX_NUMBER
    ):
        raise refused("number", place, "a number is written as 12 or 0.5")
    return Fraction(value)


def quantity_of(value: str, unit: str, place: str) -> Quantity | None:
    """A number and its unit, as they were written; None where neither is."""
    return (number_of(value, place), unit) if value or unit else None


def total_of(value: str, place: str) -> int:
    """How often; 0: not said."""
    if not value:
        return 0
    if not (value.isascii() and value.isdigit() and 0 < int(value[:9]) <= 99_999):
        raise refused("total", place, "the total is a whole number from 1 to 99999")
    return int(value)


def plain(value: Fraction) -> int | float:
    """The number as JSON has it."""
    return int(value) if value.denominator == 1 else float(value)


def _offset(value: str) -> str:
    return f"{value[:3]}:{value[3:]}"
