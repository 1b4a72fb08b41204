"""A regimen, and what holds for a whole plan, in sentences of a language.

Responsible for: saying everything a plan says, so that nothing is signed unread (the tests vary
every field and see the words change). Not responsible for single phrases (say.py), for the
calendar or for how a plan is laid out on paper (readback.py).
"""

from schedules import windows
from schedules.canonical import plan_hash
from schedules.limits import counters, gap_s, spacing_on_board
from schedules.localtime import local, zone_of
from schedules.model import WEEKLY_S, Counter, Plan, Regimen, Step, Window
from schedules.text.say import (
    LANGUAGES,
    day,
    dose,
    elapsed,
    ends_of,
    hhmm,
    joined,
    moment,
    moment_of,
    number,
    phrase,
    pieces,
    span,
    step,
    unit_of,
    unit_word,
)

ORDER = ("wake", "breakfast", "lunch", "dinner", "bed")


def heading(regimen: Regimen, number: int, language: str = "en") -> str:
    """The medicine by name, strength, form and id."""
    return phrase(
        language,
        "heading",
        number=number,
        name=regimen.name,
        strength=regimen.strength,
        form=LANGUAGES[language].get(f"form.{regimen.form}", regimen.form),
        id=regimen.id,
    )


def regimen_lines(plan: Plan, regimen: Regimen, language: str = "en") -> list[str]:
    """One regimen in sentences, without its name."""
    lines = _warnings(regimen, language)
    lines += _how(plan, regimen, language)
    lines.append(f"{_starts(regimen, language)} {_taken(plan, regimen, language)}")
    lines += _window(regimen, language)
    limits = _limits(regimen, language)
    if limits:
        lines.append(phrase(language, "never-more", limits=limits))
    lines += _keeping(regimen, language)
    if regimen.relation is not None:
        key = "replaces" if regimen.relation.word == "replaces" else "in-addition"
        lines.append(phrase(language, key, id=regimen.relation.regimen_id))
    if regimen.occasions:
        kept = [
            phrase(language, "occasion", time=time, name=name) for time, name in regimen.occasions
        ]
        lines.append(phrase(language, "occasions", times=joined(kept, language)))
    return lines


def _warnings(regimen: Regimen, language: str) -> list[str]:
    """What must be read first, said plainly."""
    lines = []
    if regimen.weekly_only:
        lines.append(phrase(language, "weekly-only", gap=elapsed(WEEKLY_S, language)))
    where = ".elsewhere" if regimen.elsewhere else ""
    for key, holds in (
        ("high-alert", regimen.high_alert),
        ("time-critical", regimen.time_critical),
        ("may-be-held", regimen.hold_possible),
    ):
        if holds:
            lines.append(phrase(language, key + where))
    return lines


def _how(plan: Plan, regimen: Regimen, language: str) -> list[str]:
    """Dose, how often, when and how long: one line a step; or the as-needed rule."""
    unit, asked = unit_of(regimen), regimen.as_needed
    lines: list[str] = []
    if asked is not None:
        words = phrase(
            language,
            "asked",
            dose=dose(asked.quarters, unit, language),
            reason=asked.reason,
            gap=elapsed(asked.min_gap_s, language),
            most=pieces(asked.max_quarters, unit, language),
        )
        ends = ends_of(Step((), until=asked.until, until_minute=asked.until_minute), language)
        words = phrase(language, "comma").join([words, *ends])
        lines.append(f"{words[0].upper()}{words[1:]}.")
    clock = dict(plan.clock)
    then = phrase(language, "then").lstrip(", ")
    for index, one in enumerate(regimen.steps):
        words = step(one, unit, language, clock)
        if one.hold_point:
            words = f"{words} ({phrase(language, 'hold-point', words=one.hold_point)})"
        end = "." if index + 1 == len(regimen.steps) else ","
        lines.append(f"{then if index else ''}{words}{end}")
    if regimen.repeat_every is not None:
        every = span(regimen.repeat_every, language)
        lines.append(phrase(language, "begins-again", span=every))
    return lines


def _starts(regimen: Regimen, language: str) -> str:
    start = regimen.start
    if start.minute is None:
        return phrase(language, "starts-day", date=day(start.on_date, language))
    at = moment(start.on_date, start.minute, language)
    return phrase(language, "starts-moment", moment=at)


def _taken(plan: Plan, regimen: Regimen, language: str) -> str:
    taken = regimen.last_taken
    if taken.word != "at":
        return phrase(language, "never-taken" if taken.word == "never" else "taken-unknown")
    zone = zone_of(plan.zone)
    assert zone is not None
    at = local(zone, taken.at_s)
    return phrase(language, "taken-at", moment=f"{moment_of(at, language)} ({at:%Z})")


def _window(regimen: Regimen, language: str) -> list[str]:
    """When it may be taken, what to do late, and how far two doses are apart."""
    gap = elapsed(gap_s(regimen), language)
    if regimen.as_needed is not None:
        return [phrase(language, "asked.gap", gap=gap)]
    window, on_time = regimen.window, windows.on_time_s(regimen)
    wide = not window.on_time_s and on_time >= max(window.early_s, window.late_s)
    said = phrase(
        language,
        "window.all" if wide else "window",
        early=elapsed(window.early_s, language),
        late=elapsed(window.late_s, language),
        on_time=elapsed(on_time, language),
    )
    given = "gap" if regimen.gap_s is None else "gap.given"
    return [said, phrase(language, f"late.{window.then}"), phrase(language, given, gap=gap)]


def _limits(regimen: Regimen, language: str) -> str:
    limit, unit = regimen.limits, unit_of(regimen)
    found = [
        phrase(language, f"limit.{key}", amount=pieces(quarters, unit, language))
        for key, quarters in (
            ("at-once", limit.max_per_dose),
            ("24h", limit.max_per_24h),
            ("7d", limit.max_per_7d),
        )
        if quarters
    ]
    return joined(found, language)


def _keeping(regimen: Regimen, language: str) -> list[str]:
    """What is in it, what it weighs, and where it is kept."""
    unit = unit_word(unit_of(regimen), False, language)
    content = joined(list(regimen.ingredients), language)
    if regimen.amounts:
        amounts = [
            phrase(language, "amount", amount=_mass(micrograms, language), name=name)
            for name, micrograms in regimen.amounts
        ]
        content = phrase(language, "amount.each", amounts=joined(amounts, language), unit=unit)
    key = "contains" if regimen.piece_mg else "contains.elsewhere"
    lines = [phrase(language, key, content=content, unit=unit, mg=regimen.piece_mg)]
    if regimen.elsewhere:
        lines.append(phrase(language, "elsewhere"))
    if regimen.storage:
        reasons = [phrase(language, f"storage.{one}") for one in regimen.storage]
        lines.append(phrase(language, "storage", reasons=joined(reasons, language)))
    return lines


def _mass(micrograms: int, language: str) -> str:
    """Micrograms as people write them: 500 mg, 0.5 mg, 25 µg."""
    if micrograms < 100:
        return f"{micrograms} µg"
    whole, rest = divmod(micrograms, 1000)
    part = f"{rest:03d}".rstrip("0")
    return f"{whole}{LANGUAGES[language]['decimal'] + part if part else ''} mg"


def plan_lines(plan: Plan, language: str = "en") -> list[str]:
    """Whose plan it is, where and how long it holds, and what its words mean."""
    zone = zone_of(plan.zone)
    assert zone is not None
    first, last = local(zone, plan.valid_from), local(zone, plan.valid_until - 1)
    lines = [
        phrase(language, "plan", plan=plan.plan_id, version=plan.version, patient=plan.patient),
        phrase(language, "plan.device", device=plan.device, zone=plan.zone),
        phrase(
            language,
            "plan.valid",
            first=moment_of(first, language),
            last=moment_of(last, language),
        ),
        phrase(language, "plan.follows", hash=plan.previous_hash[:16])
        if plan.previous_hash
        else phrase(language, "plan.first"),
        phrase(language, "plan.hash", hash=plan_hash(plan)[:16]),
        _clock(plan, language),
        _plan_window(plan.window, language),
    ]
    if plan.never_store:
        names = joined(list(plan.never_store), language)
        lines.append(phrase(language, "plan.never-store", names=names))
    return lines


def _clock(plan: Plan, language: str) -> str:
    """Every word of the day with its time: a plan may say each otherwise."""
    words = sorted(plan.clock, key=lambda one: (one[1], one[0]))
    said = [
        phrase(
            language, "plan.clock.word", words=LANGUAGES[language][f"at.{word}"], time=hhmm(minute)
        )
        for word, minute in words
    ]
    return phrase(language, "plan.clock", words=phrase(language, "comma").join(said))


def _plan_window(window: Window, language: str) -> str:
    on_time = ""
    if window.on_time_s:
        span_words = elapsed(window.on_time_s, language)
        on_time = phrase(language, "plan.window.on-time", on_time=span_words)
    return phrase(
        language,
        "plan.window",
        early=elapsed(window.early_s, language),
        late=elapsed(window.late_s, language),
        on_time=on_time,
        then=phrase(language, f"then.{window.then}"),
    )


def shared_lines(plan: Plan, language: str = "en") -> list[str]:
    """What several regimens share: gaps, maxima and pairs that are kept apart."""
    lines: list[str] = []
    for one in counters(plan):
        named = [rule for rule in plan.groups if f"ingredient {rule.ingredient}" == one.name]
        if (len(one.regimens) > 1 and not one.name.startswith("spacing ")) or named:
            ids = joined(list(one.regimens), language)
            kind, _, name = one.name.partition(" ")
            said = phrase(language, f"counter.{kind}", name=name)
            lines.append(phrase(language, "shared", ids=ids, name=said))
            most = _group_cap(one, named[0].max_ug_24h if named else 0, language)
            cap = phrase(language, "shared.cap", cap=most) if most else ""
            gap = elapsed(one.gap_s, language)
            lines.append(f"   {phrase(language, 'shared.gap', gap=gap, cap=cap)}")
    for pair in plan.spacing:
        gap = elapsed(pair.gap_s, language)
        said = phrase(language, "spacing", first=pair.first, second=pair.second, gap=gap)
        if not spacing_on_board(plan, pair):
            said = f"{said} {phrase(language, 'spacing.controller')}"
        lines.append(said)
    return lines


def _group_cap(one: Counter, micrograms: int, language: str) -> str:
    """The maximum of a group as it was given: in mass, or in pieces."""
    if micrograms:
        return _mass(micrograms, language)
    if not one.cap:
        return ""
    key = f"pieces.{'one' if one.cap == 4 else 'many'}"
    return phrase(language, key, n=number(one.cap, language))
