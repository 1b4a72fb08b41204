"""What all resources of the record share: who, which medicine, which words may be told.

Responsible for: that nothing leaves but the pseudonym of the patient, names of medicines, and
people as they are written in the journal or as roles. Words a person has typed become `other`.
Not responsible for what a resource is about (the files beside this one).
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.record.story import Said, Story, ToldDose
from controller.report.vocabulary import ROLES, WORDS
from schedules.fhir import out_value as out
from schedules.fhir.out_value import OWN, Resource
from schedules.model import Plan, Regimen

DOSE, EVENT, PERSON, OUTCOME, HOW, ALERT = (
    f"{OWN}:{word}" for word in ("dose", "event", "person", "outcome", "how", "alert")
)
LATE = f"{OWN}:late"
COMPARTMENT = f"{OWN}:compartment"
OTHER = "other"  # something a person has typed: it stays at home


@dataclass(frozen=True)
class Frame:
    """Whose record this is, and how people are named in it."""

    device: str
    patient: str
    roles_only: bool = False

    @property
    def device_id(self) -> str:
        """The id of the Device."""
        return out.own_id(self.device)

    def machine(self) -> Resource:
        """A link to the machine."""
        return {**out.reference("Device", self.device_id), "display": self.device}

    def person(self, by: str) -> Resource:
        """A person as the journal names them, or the part they play."""
        role = by.partition("/")[0]
        role = role if role in ROLES else "person"
        if by in ("board", "machine", ""):
            return self.machine()
        if self.roles_only:
            return {"display": role}
        return {"identifier": out.identifier(PERSON, by), "display": role}


def frame_of(story: Story, *, roles_only: bool = False) -> Frame | None:
    """The frame of a story; None where no plan was ever in force."""
    if not story.plans:
        return None
    return Frame(story.device, story.plans[-1].patient, roles_only)


def word(text: str) -> str:
    """A word of the closed vocabulary; anything else was typed, and is not told."""
    plain = text.lower().replace(" ", "-").replace("_", "-")
    return plain if plain in WORDS else OTHER


def regimen_of(plan: Plan | None, regimen_id: str) -> Regimen | None:
    """The regimen of a plan, None where it has none of that id."""
    found = [one for one in plan.regimens if one.id == regimen_id] if plan is not None else []
    return found[0] if found else None


def medicine(plan: Plan | None, regimen_id: str) -> Resource:
    """The medicine as a concept: by the name the plan gives it, else by the regimen's id."""
    regimen = regimen_of(plan, regimen_id)
    return {"text": regimen.name if regimen is not None else regimen_id}


def counted(plan: Plan | None, regimen_id: str, quarters: int) -> Resource:
    """So many pieces of a regimen, in what it is counted in."""
    regimen = regimen_of(plan, regimen_id)
    unit = (regimen.unit or regimen.form) if regimen is not None else "piece"
    return out.quantity(quarters, unit)


def request(frame: Frame, regimen_id: str) -> Resource:
    """A link to the order behind a dose."""
    return out.reference("MedicationRequest", out.request_id(frame.patient, regimen_id))


def event_extension(said: Said) -> Resource:
    """Which event of the journal says so: (log_epoch, number), bound by its hash."""
    return {"url": EVENT, "valueString": said.event}


def meta(version: int, said: Said) -> Resource:
    """The version of a resource, and since when it says what it says."""
    return {"versionId": str(version), "lastUpdated": out.utc(said.at_s)}


def administration_ref(dose_id: str) -> Resource:
    """A link to what became of a dose."""
    return out.reference("MedicationAdministration", dose_id)


def within(at_s: int, from_s: int, to_s: int) -> bool:
    """Whether an instant lies in the stretch that is told."""
    return from_s <= at_s < to_s


def closed(story: Story, from_s: int, to_s: int) -> list[ToldDose]:
    """Doses with an outcome that fell due in the stretch, in order."""
    found = [
        one for one in story.doses.values() if one.versions and within(one.due_at, from_s, to_s)
    ]
    return sorted(found, key=lambda one: (one.due_at, one.regimen, one.dose_id))
