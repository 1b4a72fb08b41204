"""FHIR R4 MedicationRequests in, regimens out; every other order a refusal.

Responsible for: orders, their patient, medicine and sequence of dosages; the only way in
for FHIR. Not responsible for timing (timing.py, cadence.py), quantities
(quantity.py), headers (order.py) or for signing: a pharmacist reads the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from schedules.cadence import Clock, Moment
from schedules.canonical import file_form, typed
from schedules.courses import Ordered
from schedules.document import build
from schedules.fhir.asked import as_needed, is_asked
from schedules.fhir.line import line_of
from schedules.fhir.order import (
    check_header,
    check_texts,
    gather,
    identifier_of,
    ingredients_of,
    medication_of,
    strength_of,
    subject_of,
)
from schedules.fhir.quantity import (
    Measure,
    caps_of,
    form_named,
    form_of,
    measure_of,
    unit_named,
)
from schedules.fhir.r5 import order_as_r4
from schedules.fhir.said import words_only
from schedules.fhir.steps import check_same, ordered_of, steps_of
from schedules.fhir.value import (
    Element,
    OrderRefused,
    elements,
    whole,
)
from schedules.localtime import zone_of
from schedules.model import (
    CLOCK_WORDS,
    COUNTED,
    DAY_S,
    UNITS,
    LastTaken,
    Limits,
    Plan,
    PlanRefused,
    Regimen,
    Start,
    Window,
)

EXACT = Window(30 * 60, 30 * 60)  # timing-exact: half an hour on either side
PROOF_DAYS = 120  # how far a plan and the order it was read from are compared


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
    elsewhere: bool = False  # kept elsewhere: planned and confirmed, never in the machine


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

    @property
    def load(self) -> Moment:
        """When the orders are loaded."""
        return Moment(self.start.date(), self.start.hour * 60 + self.start.minute)

    @property
    def words(self) -> Clock:
        """The patient's clock."""
        return Clock(self.zone, dict(self.clock))


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
            order = order_as_r4(order)
            if mixed:
                why = "these orders speak of different patients: give those of one"
                raise OrderRefused("mixed-patients", why)
            told = (said or {}).get(name, Said())
            regimens.append((name, _read(order, shelf, told, site)))
        except OrderRefused as refused:
            why = refused.why + words_only(refused.code, order)
            refusals.append(OrderRefusal(name, refused.code, why))
        except (OverflowError, ValueError):
            why = "a number or a date in this order is beyond what can be reckoned with"
            refusals.append(OrderRefusal(name, "not-fhir", why))
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
    measure = measure_of(medication, said.form or form_of(medication), said.elsewhere)
    if not said.text_read:
        check_texts(dosages)
    regimen = Regimen(
        id="",
        name=name,
        form=measure.form,
        strength=said.strength or strength_of(medication) or "as named",
        ingredients=(),
        piece_mg=said.piece_mg or site.piece_mg,
        start=Start(site.start.date(), site.start.hour * 60 + site.start.minute),
        last_taken=said.last_taken or site.last_taken,
        high_alert=said.high_alert,
        time_critical=said.time_critical,
    )
    orders: list[Ordered] = []
    if any(is_asked(dosage) for dosage in dosages):
        if len(dosages) > 1:
            why = "as-needed and planned dosages in one order: not read yet"
            raise OrderRefused("not-yet", why)
        regimen = as_needed(regimen, dosages[0], site.load, site.zone, measure)
    else:
        regimen, orders = _sequence(regimen, dosages, site, measure)
    elsewhere = said.elsewhere or regimen.form not in COUNTED
    regimen = replace(
        regimen,
        id=said.id or identifier_of(order),
        ingredients=said.ingredients or ingredients_of(medication),
        elsewhere=elsewhere,
        piece_mg=0 if elsewhere else regimen.piece_mg,
        unit=regimen.unit or UNITS.get(regimen.form, ""),
    )
    return _sound(regimen, orders, site)


def _sequence(
    regimen: Regimen, dosages: list[Element], site: _Site, measure: Measure
) -> tuple[Regimen, list[Ordered]]:
    """Dosages to steps, and the same dosages as `expand` reads them."""
    lines = [line_of(dosage, site.zone, measure) for dosage in dosages]
    caps = [
        caps_of(dosage, line.unit, measure) for dosage, line in zip(dosages, lines, strict=True)
    ]
    orders = ordered_of(lines, [whole(dosage, "sequence") for dosage in dosages])
    found = steps_of(orders, lines, site.load, site.words)
    exact = any(line.course.exact for line in lines)
    return replace(
        regimen,
        form=form_named(dosages, [line.unit for line in lines], measure.form),
        unit=unit_named(lines[0].unit),
        start=found.start,
        steps=found.steps,
        time_critical=regimen.time_critical or exact,
        window=EXACT if exact else regimen.window,
        limits=Limits(*(min(filter(None, kind), default=0) for kind in zip(*caps, strict=True))),
    ), orders


def _sound(regimen: Regimen, orders: list[Ordered], site: _Site) -> Regimen:
    """The regimen as a plan of its own would hold it; what a plan refuses is refused here."""
    if not regimen.piece_mg and not regimen.elsewhere:
        raise OrderRefused("no-piece-weight", "nobody has said what one piece weighs")
    from_s = site.load.at_s(site.zone)
    plan = Plan(
        plan_id="reading-orders",
        version=1,
        previous_hash="",
        device=site.device,
        patient=site.patient,
        zone=site.zone_name,
        valid_from=from_s,
        valid_until=from_s + PROOF_DAYS * DAY_S,
        clock=site.clock,
        window=Window(),
        regimens=(regimen,),
    )
    try:
        built = build(file_form(typed(plan)))
    except PlanRefused as refused:
        raise OrderRefused(refused.code, refused.sentence) from None
    if orders:
        check_same(built, orders, site.load, site.words)
    return built.regimens[0]


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
