"""The plan as data: steps -> takes -> optional repeat, and the dose that comes out.

Responsible for: the frozen types every other part shares, and the one exception of
this package. Not responsible for reading files (planfile.py), for judging a plan
(check.py) or for time (doses.py). Quantities are integer quarters of a piece, times
of day are minutes after local midnight, instants are Unix seconds UTC.
"""

from dataclasses import dataclass
from datetime import date

DAY_S = 86_400
EARLY_S = 30 * 60  # default window: may be asked for this long before due
LATE_S = 60 * 60  # default window: outcome this long after due
MAX_QUARTERS = 200  # 50 pieces in one taking: more is a slip of the pen
MAX_COUNTERS = 16  # counters a board's lease can hold
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Site policy: the minute of day behind each word of the patient's clock.
CLOCK_WORDS = {
    "wake": 7 * 60,
    "breakfast": 8 * 60,
    "lunch": 12 * 60 + 30,
    "dinner": 18 * 60 + 30,
    "bed": 22 * 60,
    "early-morning": 7 * 60,
    "morning": 8 * 60,
    "late-morning": 10 * 60,
    "noon": 12 * 60,
    "early-afternoon": 13 * 60,
    "afternoon": 15 * 60,
    "late-afternoon": 17 * 60,
    "early-evening": 17 * 60,
    "evening": 18 * 60,
    "late-evening": 20 * 60,
    "night": 22 * 60,
}


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
    """How long before and after `due_at` a dose may be released."""

    early_s: int = EARLY_S
    late_s: int = LATE_S


@dataclass(frozen=True)
class Anchor:
    """A word of the patient's clock with an offset: `after breakfast 10min`."""

    word: str
    offset_min: int = 0  # negative: before
    text: str = ""  # as written; what `occasions` may name


@dataclass(frozen=True)
class Take:
    """One quantity at clock times, at words of the day, or every so many seconds."""

    quarters: int
    at: tuple[int, ...] = ()  # minutes after local midnight
    when: tuple[Anchor, ...] = ()
    every_s: int = 0  # elapsed time, computed in UTC
    days: tuple[int, ...] = ()  # 0 = Monday
    every_days: int = 0
    every_weeks: int = 0
    day_of_month: int = 0


@dataclass(frozen=True)
class Step:
    """Takes that run at the same time; ends by `length`, `until` or `doses`, or never."""

    takes: tuple[Take, ...]
    length: Span | None = None
    until: date | None = None  # that day included
    doses: int = 0


@dataclass(frozen=True)
class AsNeeded:
    """What may be asked for: nothing is planned, gap and rolling maximum do the work."""

    reason: str
    quarters: int
    min_gap_s: int
    max_quarters: int  # in any `per_s`
    per_s: int = DAY_S


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
    form: str  # tablet, capsule
    strength: str
    ingredients: tuple[str, ...]  # group names; never empty
    piece_mg: int  # weight of one whole piece, for the scale
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
    cap: int  # quarters per rolling 24 h, 0: none given
    regimens: tuple[str, ...]
