"""FHIR R4 MedicationRequests in, regimens out; every other order a refusal.

Responsible for: orders, their patient, medicine and sequence of dosages; the only way in
for FHIR. Not responsible for timing (fhir_timing.py, fhir_cadence.py), quantities
(fhir_quantity.py), headers (fhir_order.py) or for signing: a pharmacist reads the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from schedules.cadence import Cadence, Course
from schedules.canonical import file_form, typed
from schedules.document import build
from schedules.fhir_asked import as_needed, is_asked
from schedules.fhir_line import Line, line_of
from schedules.fhir_order import (
    check_header,
    check_texts,
    gather,
    identifier_of,
    ingredients_of,
    medication_of,
    strength_of,
    subject_of,
)
from schedules.fhir_quantity import caps_of, form_named, form_of
from schedules.fhir_value import (
    Element,
    OrderRefused,
    elements,
    whole,
)
from schedules.localtime import instant, zone_of
from schedules.model import (
    CLOCK_WORDS,
    DAY_S,
    LastTaken,
    Limits,
    Plan,
    PlanRefused,
    Regimen,
    Start,
    Step,
    Window,
)

EXACT = Window(30 * 60, 30 * 60)  # timing-exact: half an hour on either side


@dataclass(frozen=True)
class OrderRefusal:
    """Why one order was not read: its id, a stable code and a sentence."""

    id: str
    code: str
    why: str


@dataclass(frozen=True)
class Said:
    """What the pharmacist says about an order where the order itself is silent."""

    id: str = ""
    ingredients: tuple[str, ...] = ()
    piece_mg: int = 0
    form: str = ""
    strength: str = ""
    last_taken: LastTaken | None = None
    high_alert: bool = False
    time_critical: bool = False
    text_read: bool = False  # the text says more than the structure, and that is fine


@dataclass(frozen=True)
class _Site:
    """Where and when all orders of one reading are loaded."""

    zone_name: str
    zone: ZoneInfo
    clock: tuple[tuple[str, int], ...]
    patient: str
    device: str
    start: datetime
    piece_mg: int
    last_taken: LastTaken


def read_orders(
    resources: Sequence[Element],
    *,
    zone: str,
    patient: str,
    device: str,
    start: datetime,
    clock: Mapping[str, int] | None = None,
    piece_mg: int = 0,
    last_taken: LastTaken | None = None,
    said: Mapping[str, Said] | None = None,
    one_patient: bool = False,
) -> tuple[list[Regimen], list[OrderRefusal]]:
    """Regimens of all MedicationRequests in `resources` (bundles too), and the refusals.

    `start` is the local wall time at which the orders are loaded. ValueError for an
    unknown zone.
    """
    found = zone_of(zone)
    if found is None:
        raise ValueError("unknown zone")
    minutes = tuple(sorted({**CLOCK_WORDS, **(clock or {})}.items()))
    known = last_taken or LastTaken("unknown")
    site = _Site(zone, found, minutes, patient, device, start, piece_mg, known)
    orders, shelf = gather(resources)
    active = {subject_of(order) for _, order in orders if order.get("status") == "active"}
    mixed = not one_patient and len(active) > 1
    regimens: list[tuple[str, Regimen]] = []
    refusals: list[OrderRefusal] = []
    for name, order in orders:
        try:
            check_header(order)
            if mixed:
                why = "these orders speak of different patients: give those of one"
                raise OrderRefused("mixed-patients", why)
            told = (said or {}).get(name, Said())
            regimens.append((name, _sound(_read(order, shelf, told, site), site)))
        except OrderRefused as refused:
            refusals.append(OrderRefusal(name, refused.code, refused.why))
    kept, doubles = _one_each(regimens)
    return kept, refusals + doubles


def _read(order: Element, shelf: Mapping[str, Element], said: Said, site: _Site) -> Regimen:
    """The regimen of one order; OrderRefused otherwise.

    What a pharmacist could add (identifier, ingredient) is asked for last, so that an
    order that cannot be read anyway says so first.
    """
    dosages = elements(order, "dosageInstruction")
    if not dosages:
        raise OrderRefused("no-dosage", "the order does not say how to take the medicine")
    medication, name = medication_of(order, shelf, bool(said.ingredients))
    form = said.form or form_of(medication)
    if not said.text_read:
        check_texts(dosages)
    regimen = Regimen(
        id="",
        name=name,
        form=form,
        strength=said.strength or strength_of(medication) or "as named",
        ingredients=(),
        piece_mg=said.piece_mg or site.piece_mg,
        start=Start(site.start.date(), site.start.hour * 60 + site.start.minute),
        last_taken=said.last_taken or site.last_taken,
        high_alert=said.high_alert,
        time_critical=said.time_critical,
    )
    if any(is_asked(dosage) for dosage in dosages):
        if len(dosages) > 1:
            why = "as-needed and planned dosages in one order: not read yet"
            raise OrderRefused("not-yet", why)
        regimen = as_needed(regimen, dosages[0], site.start.date(), site.zone, form)
    else:
        regimen = _sequence(regimen, dosages, site, form)
    return replace(
        regimen,
        id=said.id or identifier_of(order),
        ingredients=said.ingredients or ingredients_of(medication),
    )


def _sequence(regimen: Regimen, dosages: list[Element], site: _Site, form: str) -> Regimen:
    """Dosages to steps: the same sequence number is concurrent, the next follows."""
    numbers = [whole(dosage, "sequence") for dosage in dosages]
    if len(dosages) > 1 and None in numbers and any(one is not None for one in numbers):
        raise OrderRefused("mixed-sequence", "some dosages have a place in the sequence, some not")
    lines = [line_of(dosage, site.start.date(), site.zone, form) for dosage in dosages]
    caps = [caps_of(dosage, line.unit) for dosage, line in zip(dosages, lines, strict=True)]
    groups: dict[int, list[Line]] = {}
    for order, line in zip(numbers, lines, strict=True):
        groups.setdefault(order or 0, []).append(line)
    ordered = [groups[order] for order in sorted(groups)]
    steps = []
    for index, group in enumerate(ordered):
        first = group[0].course
        bounds = {replace(line.course, cadence=Cadence(), exact=False) for line in group}
        if len(bounds) > 1 or (len(group) > 1 and first.count):
            raise OrderRefused("not-yet", "concurrent dosages with different ends are not read yet")
        if index and first.start is not None:
            raise OrderRefused("not-yet", "a later step with a start of its own is not read yet")
        if index < len(ordered) - 1 and not (first.length or first.until or first.count):
            why = "a step without an end is followed by another"
            raise OrderRefused("sequence-without-end", why)
        takes = tuple(line.take for line in group)
        steps.append(Step(takes, first.length, first.until, first.count))
    regimen = _started(regimen, lines[0].course, steps, site)
    exact = any(line.course.exact for line in lines)
    return replace(
        regimen,
        form=form_named([line.unit for line in lines], form),
        steps=tuple(steps),
        time_critical=regimen.time_critical or exact,
        window=EXACT if exact else regimen.window,
        limits=Limits(*(min(filter(None, kind), default=0) for kind in zip(*caps, strict=True))),
    )


def _started(regimen: Regimen, course: Course, steps: list[Step], site: _Site) -> Regimen:
    """The later of loading and boundsPeriod.start; a course that is over is refused."""
    today = site.start.date()
    until = steps[0].until
    if until is not None and until < today:
        raise OrderRefused("ended", "the order ended before it was loaded")
    begins = course.start
    if begins is None or begins.on_date < today:
        return regimen
    minute = begins.minute if begins.timed else None
    if begins.on_date == today:
        minute = max(minute or 0, regimen.start.minute or 0)
    return replace(regimen, start=Start(begins.on_date, minute))


def _sound(regimen: Regimen, site: _Site) -> Regimen:
    """The regimen as a plan of its own would hold it; what a plan refuses is refused here."""
    if not regimen.piece_mg:
        raise OrderRefused("no-piece-weight", "nobody has said what one piece weighs")
    from_s = instant(site.zone, site.start.date(), 0)
    plan = Plan(
        plan_id="reading-orders",
        version=1,
        previous_hash="",
        device=site.device,
        patient=site.patient,
        zone=site.zone_name,
        valid_from=from_s,
        valid_until=from_s + 90 * DAY_S,
        clock=site.clock,
        window=Window(),
        regimens=(regimen,),
    )
    try:
        return build(file_form(typed(plan))).regimens[0]
    except PlanRefused as refused:
        raise OrderRefused(refused.code, refused.sentence) from None


def _one_each(found: list[tuple[str, Regimen]]) -> tuple[list[Regimen], list[OrderRefusal]]:
    """One regimen per id and ingredient: equal orders count once, different ones not at all."""
    kept: list[Regimen] = []
    refusals: list[OrderRefusal] = []
    for index, (name, regimen) in enumerate(found):
        rivals = [
            other
            for at, (_, other) in enumerate(found)
            if at != index
            and (other.id == regimen.id or set(other.ingredients) & set(regimen.ingredients))
        ]
        if all(_same_therapy(regimen, other) for other in rivals):
            if not any(other in kept for other in rivals):
                kept.append(regimen)
                continue
            why = "another order already says exactly this: it is taken once"
            refusals.append(OrderRefusal(name, "duplicate-order", why))
        else:
            why = "another order has this ingredient and says something else: somebody must decide"
            refusals.append(OrderRefusal(name, "same-ingredient", why))
    return kept, refusals


def _same_therapy(one: Regimen, other: Regimen) -> bool:
    """Whether two orders ask for the same pieces at the same times."""
    return one == replace(other, id=one.id, name=one.name)
