"""The plan as data: steps -> takes -> optional repeat, and the dose that comes out.

Responsible for: the frozen types every other part shares, and the one exception of
this package. Not responsible for reading files (planfile.py), for judging a plan
(check.py) or for time (doses.py). Quantities are integer quarters of a piece, times
of day are minutes after local midnight, instants are Unix seconds UTC.
"""

from dataclasses import dataclass
from datetime import date

from schedules.words import CLOCK_WORDS as CLOCK_WORDS
from schedules.words import COUNTED as COUNTED
from schedules.words import UNITS as UNITS
from schedules.words import WEEKDAYS as WEEKDAYS

DAY_S = 86_400
EARLY_S = 30 * 60  # default window: may be asked for this long before due
LATE_S = 60 * 60  # default window: outcome this long after due
MAX_QUARTERS = 200  # 50 pieces in one taking: more is a slip of the pen
MAX_COUNTERS = 16  # counters a board's lease can hold
WEEKLY_S = (6 * 24 + 12) * 3600  # two doses of a weekly-only medicine are never closer


@dataclass(frozen=True)
class Refusal:
    """One reason to refuse: stable code, where, and a sentence for a human."""

    code: str
    place: str
    sentence: str


class PlanRefused(Exception):
    """A plan or envelope that must not come into force; carries no names of medicines."""

    def __init__(self, code: str, place: str, sentence: str, also: tuple[Refusal, ...] = ()):
        super().__init__(f"{code} at {place}: {sentence}" if place else f"{code}: {sentence}")
        self.code = code
        self.place = place
        self.sentence = sentence
        self.also = also  # further reasons found in the same reading


@dataclass(frozen=True)
class Span:
    """A calendar length: whole days, weeks or months on the patient's calendar."""

    count: int
    unit: str  # d, wk, mo


@dataclass(frozen=True)
class Window:
    """How long before and after `due_at` a dose may be released, and what then.

    `on_time_s` is for reports (either side of due), 0: by the regimen's class (windows.py).
    `then`: what becomes of a dose that was not had: skip, or ask the pharmacist.
    """

    early_s: int = EARLY_S
    late_s: int = LATE_S
    on_time_s: int = 0
    then: str = "ask"


@dataclass(frozen=True)
class Anchor:
    """A word of the patient's clock with an offset: `after breakfast 10min`."""

    word: str
    offset_min: int = 0  # negative: before
    text: str = ""  # as written; what `occasions` may name


@dataclass(frozen=True)
class Named:
    """One date and minute of the patient's clock that a take names (stat dose, event)."""

    on_date: date
    minute: int  # after local midnight


@dataclass(frozen=True)
class Take:
    """One quantity at clock times, at words of the day, every so many seconds, or as named.

    `every_months` without `days_of_month` keeps the day of the month its step starts on,
    clamped to the end of shorter months, counted from the start (FHIR's month cadence).
    """

    quarters: int
    at: tuple[int, ...] = ()  # minutes after local midnight
    when: tuple[Anchor, ...] = ()
    every_s: int = 0  # elapsed time, computed in UTC
    days: tuple[int, ...] = ()  # 0 = Monday
    every_days: int = 0
    every_weeks: int = 0
    days_of_month: tuple[int, ...] = ()  # 1-28
    every_months: int = 0
    on: tuple[Named, ...] = ()


@dataclass(frozen=True)
class Step:
    """Takes that run at the same time; it ends by the first of its ends, or never.

    `hold_point`: words that say what two people look for before this step may begin.
    """

    takes: tuple[Take, ...]
    length: Span | None = None
    until: date | None = None  # that day included
    doses: int = 0
    elapsed_s: int = 0  # a course of hours
    until_minute: int | None = None  # of `until`; that minute included
    hold_point: str = ""


@dataclass(frozen=True)
class AsNeeded:
    """What may be asked for: nothing is planned, gap and rolling maximum do the work."""

    reason: str
    quarters: int
    min_gap_s: int
    max_quarters: int  # in any `per_s`
    per_s: int = DAY_S
    until: date | None = None  # that day included
    until_minute: int | None = None  # of `until`; that minute included


@dataclass(frozen=True)
class Limits:
    """Quarters; 0: not given."""

    max_per_dose: int = 0
    max_per_24h: int = 0
    max_per_7d: int = 0


@dataclass(frozen=True)
class LastTaken:
    """What is known of a taking before this plan (R5): never, unknown (means now), at."""

    word: str
    at_s: int = 0


@dataclass(frozen=True)
class Relation:
    """How a regimen stands to another of the same ingredient: replaces, in addition to."""

    word: str
    regimen_id: str


@dataclass(frozen=True)
class Start:
    """Local start; an interval needs the minute, a clock take does not."""

    on_date: date
    minute: int | None = None


@dataclass(frozen=True)
class Regimen:
    """One medicine in a plan."""

    id: str
    name: str
    form: str  # a key of UNITS; in the machine: tablet, capsule
    strength: str
    ingredients: tuple[str, ...]  # group names; never empty
    piece_mg: int  # weight of one whole piece, for the scale; 0: kept elsewhere
    start: Start
    last_taken: LastTaken
    steps: tuple[Step, ...] = ()
    repeat_every: Span | None = None
    as_needed: AsNeeded | None = None
    limits: Limits = Limits()
    window: Window = Window()
    occasions: tuple[tuple[str, str], ...] = ()  # (time or anchor as written, its word)
    high_alert: bool = False
    time_critical: bool = False
    hold_possible: bool = False
    gap_s: int | None = None  # as given by the pharmacist
    planned_gap_s: int = 0  # from the planned intervals, set when the plan is built
    relation: Relation | None = None
    elsewhere: bool = False  # planned and confirmed, never in the machine
    unit: str = ""  # what a dose counts; set when the plan is built
    storage: tuple[str, ...] = ()  # words of the closed list in plan.schema.json
    amounts: tuple[tuple[str, int], ...] = ()  # (ingredient, micrograms per piece)
    weekly_only: bool = False  # said, or implied by the list in weekly.py
    rhythm_s: int = 0  # shortest planned interval, 0 under two; set when the plan is built

    @property
    def alone(self) -> bool:
        """Whether its doses must have a compartment of their own (R13)."""
        return self.high_alert or self.time_critical or self.hold_possible


@dataclass(frozen=True)
class GroupRule:
    """Gap and cap said for an ingredient that several regimens share; 0: not given."""

    ingredient: str
    min_gap_s: int = 0
    max_per_24h: int = 0
    max_ug_24h: int = 0  # micrograms of the ingredient, instead of pieces


@dataclass(frozen=True)
class Spacing:
    """Two ingredients that are kept apart, whichever comes first."""

    first: str
    second: str
    gap_s: int


@dataclass(frozen=True)
class Plan:
    """All that was prescribed for one patient, one version."""

    plan_id: str
    version: int
    previous_hash: str  # sha256 of the version before, "" for the first
    device: str
    patient: str  # pseudonym, never a name
    zone: str
    valid_from: int
    valid_until: int  # exclusive
    clock: tuple[tuple[str, int], ...]  # every word of CLOCK_WORDS with its minute
    window: Window
    regimens: tuple[Regimen, ...]
    groups: tuple[GroupRule, ...] = ()
    spacing: tuple[Spacing, ...] = ()
    never_store: tuple[str, ...] = ()  # ingredients this site keeps out of every machine

    def regimen(self, regimen_id: str) -> Regimen:
        """The regimen of that id; KeyError where the plan has none."""
        for one in self.regimens:
            if one.id == regimen_id:
                return one
        raise KeyError(regimen_id)


@dataclass(frozen=True)
class Dose:
    """One planned taking of one regimen; `dose_id` never changes."""

    dose_id: str
    regimen_id: str
    kind: str  # day, step, asked
    key: tuple[str | int, str | int]
    quarters: int
    open_at: int
    due_at: int
    warn_at: int
    close_at: int
    on_date: date


@dataclass(frozen=True)
class Caps:
    """Limits of a regimen in quarters; 0: not given."""

    per_dose: int
    per_24h: int
    per_7d: int


@dataclass(frozen=True)
class Counter:
    """One counter of the lease: what a release of these regimens adds to, with gap and cap."""

    name: str
    key: int
    gap_s: int
    cap: int  # units per rolling 24 h (quarters, where `units` is empty), 0: none given
    regimens: tuple[str, ...]
    units: tuple[tuple[str, int], ...] = ()  # (regimen id, units per quarter of a piece)
    on_board: bool = True  # False: nothing of it is in the machine, only the controller counts

    def units_of(self, regimen_id: str, quarters: int) -> int:
        """What a release of so many quarters of a regimen adds."""
        return quarters * dict(self.units).get(regimen_id, 1)
