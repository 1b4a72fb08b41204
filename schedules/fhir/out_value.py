"""The small pieces that every FHIR R4 resource of this program is made of.

Responsible for: our own URLs, references and ids, quantities of pieces, concepts, instants.
Not responsible for which resource says what (out.py for plans, controller/record for
what became of them). Only the pseudonym of the patient is ever named.
"""

import hashlib
import json
import re
import uuid
from datetime import UTC, datetime
from fractions import Fraction

Json = str | int | float | bool | list["Json"] | dict[str, "Json"]
Resource = dict[str, Json]

# Our own URLs. urn-like on purpose: they name a meaning and lead nowhere.
OWN = "urn:posology"
PSEUDONYM, REGIMEN, PLAN, DEVICE = (
    f"{OWN}:{word}" for word in ("pseudonym", "regimen", "plan", "device")
)
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
DRUG_FORM = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"
HL7 = "http://hl7.org/fhir/StructureDefinition"

_IN_BRACES = ("puff", "patch", "spray", "suppository", "sachet", "application", "injection")
_UNIT_CODES = {
    "tablet": (DRUG_FORM, "TAB"),
    "capsule": (DRUG_FORM, "CAP"),
    "ml": (UCUM, "mL"),
    "drop": (UCUM, "[drp]"),
} | {unit: (UCUM, f"{{{unit}}}") for unit in _IN_BRACES}
_FORM_CODES = {"tablet": "385055001", "capsule": "385049006"}
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def quantity(quarters: int, unit: str) -> Resource:
    """So many pieces (puffs, drops ...); coded where there is a code."""
    found: Resource = {"value": decimal(Fraction(quarters, 4)), "unit": unit}
    if unit in _UNIT_CODES:
        found["system"], found["code"] = _UNIT_CODES[unit]
    return found


def duration(seconds: int) -> Resource:
    """Elapsed time in hours, else in minutes."""
    hours = seconds % 3600 == 0
    return {
        "value": seconds // (3600 if hours else 60),
        "unit": "hour" if hours else "minute",
        "system": UCUM,
        "code": "h" if hours else "min",
    }


def days(count: int, code: str) -> Resource:
    """A length on the calendar: d, wk, mo."""
    words = {"d": "day", "wk": "week", "mo": "month"}
    return {"value": count, "unit": words[code], "system": UCUM, "code": code}


def decimal(value: Fraction) -> int | float:
    """A number as JSON writes it: 1 and not 1.0."""
    return int(value) if value.denominator == 1 else float(value)


def form(name: str) -> Resource:
    """The form of a medicine, coded where the import knows the code."""
    found: Resource = {"text": name}
    if name in _FORM_CODES:
        found["coding"] = [{"system": SNOMED, "code": _FORM_CODES[name], "display": name}]
    return found


def concept(system: str, code: str, said: str = "") -> Resource:
    """One code with the words for it."""
    return {"coding": [{"system": system, "code": code}], "text": said or code}


def identifier(system: str, value: str) -> Resource:
    """An identifier in one of our systems."""
    return {"system": system, "value": value}


def subject(patient: str) -> Resource:
    """The patient, by pseudonym and by nothing else."""
    return {"type": "Patient", "identifier": identifier(PSEUDONYM, patient)}


def device(name: str) -> Resource:
    """The machine, by its name in the plan."""
    return {"type": "Device", "identifier": identifier(DEVICE, name), "display": name}


def reference(kind: str, own_id: str) -> Resource:
    """A link to another resource that this program writes."""
    return {"reference": f"{kind}/{own_id}"}


def own_id(*parts: str) -> str:
    """A resource id from what names the thing for ever; a digest where it would be too long."""
    plain = ".".join(parts)
    if _ID.fullmatch(plain):
        return plain
    return hashlib.sha256(json.dumps(parts).encode()).digest()[:16].hex()


def request_id(patient: str, regimen_id: str) -> str:
    """The id of the MedicationRequest of a regimen: the same in every version of the plan."""
    return own_id(patient, regimen_id)


def utc(at_s: int) -> str:
    """An instant in UTC."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def bundle(resources: list[Resource], kind: str = "collection") -> Resource:
    """One Bundle in which every link between its resources resolves."""
    urls = {f"{one['resourceType']}/{one['id']}": _url(one) for one in resources}
    entries: list[Json] = [
        {"fullUrl": _url(one), "resource": _linked(one, urls)} for one in resources
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def _url(resource: Resource) -> str:
    name = f"{OWN}:{resource['resourceType']}/{resource['id']}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _linked(value: Json, urls: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {
            key: urls.get(one, one)
            if key == "reference" and isinstance(one, str)
            else _linked(one, urls)
            for key, one in value.items()
        }
    return [_linked(one, urls) for one in value] if isinstance(value, list) else value
