"""Reading loose FHIR JSON strictly: a value of the right type, nothing, or a refusal.

Responsible for: getters that never guess and never crash. Not responsible for what an
element means (regimens.py, timing.py). An empty element is a wrong one.
"""

from fractions import Fraction

Element = dict[str, object]
MAX_NUMBER = 1_000_000


class OrderRefused(Exception):
    """Inside one order: the code and sentence it is refused with."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code
        self.why = why


def text(element: Element, key: str) -> str | None:
    """A string, None where absent."""
    value = element.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise OrderRefused("not-fhir", f"{key} is not a text")
    return value.strip() or None


def flag(element: Element, key: str) -> bool:
    """A boolean, False where absent."""
    value = element.get(key, False)
    if not isinstance(value, bool):
        raise OrderRefused("not-fhir", f"{key} is not true or false")
    return value


def number(element: Element, key: str) -> Fraction | None:
    """An exact decimal, None where absent."""
    value = element.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OrderRefused("not-fhir", f"{key} is not a number")
    if not abs(value) <= MAX_NUMBER:  # also refuses "not a number"
        raise OrderRefused("not-fhir", f"{key} is not a plausible number")
    return Fraction(str(value))


def whole(element: Element, key: str) -> int | None:
    """A whole number, None where absent."""
    value = number(element, key)
    if value is None:
        return None
    if value.denominator != 1:
        raise OrderRefused("not-fhir", f"{key} is not a whole number")
    return int(value)


def mapping(element: Element, key: str) -> Element | None:
    """A nested element, None where absent."""
    value = element.get(key)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise OrderRefused("not-fhir", f"{key} is not an element")
    return value


def elements(element: Element, key: str) -> list[Element]:
    """A list of elements, empty where absent."""
    value = element.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise OrderRefused("not-fhir", f"{key} is not a list of elements")
    return value


def words(element: Element, key: str) -> list[str]:
    """A list of strings, empty where absent."""
    value = element.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise OrderRefused("not-fhir", f"{key} is not a list of texts")
    return value


def codings(concept: Element | None) -> list[tuple[str, str]]:
    """(system, code) pairs of a CodeableConcept."""
    if concept is None:
        return []
    found = []
    for coding in elements(concept, "coding"):
        code = text(coding, "code")
        if code:
            found.append((text(coding, "system") or "", code))
    return found


def no_modifier(element: Element, where: str) -> None:
    """Refuses an element whose meaning an unknown extension may have changed."""
    if element.get("modifierExtension"):
        why = f"{where} carries a modifier that this program does not know"
        raise OrderRefused("modifier", why)


def extension(element: Element, name: str) -> Element | None:
    """The HL7 extension of that name, None where absent; twice is refused."""
    url = f"http://hl7.org/fhir/StructureDefinition/{name}"
    found = [one for one in elements(element, "extension") if one.get("url") == url]
    if len(found) > 1:
        raise OrderRefused("not-fhir", f"the extension {name} stands twice")
    return found[0] if found else None
