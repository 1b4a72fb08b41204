"""What R4 cannot say of a plan: words of the plan file, kept in extensions of our own.

Responsible for: the difference between a plan's document and what R4's own elements say of it,
written as extensions and applied again. One extension is one word of the plan file: its place,
": " and what it says there, as `steps[0].for: 10d`. Not responsible for R4's elements
(out.py) nor for what a word means (document.py): a new word of the plan file is carried
from the day it exists. No reader needs them to understand a resource safely.
"""

import re
from collections.abc import Iterator, Mapping

from schedules.fhir.out_value import OWN, Json
from schedules.fhir.value import Element, OrderRefused, elements
from schedules.schema import Document

WORD = f"{OWN}:plan-word"  # valueString "place: what the plan file says there"
LEFT_OUT = f"{OWN}:plan-word-left-out"  # valueString place: R4 says it, the plan file does not
EMPTY = f"{OWN}:plan-word-empty"  # valueString place: a list of nothing, as the takes of a pause
MAX_PLACES = 4000
_PLACE = re.compile(r"(?:^|\.)([^.\[\]]+)|\[([0-9]{1,3})\]")


def difference(said: Document, true: Document) -> list[Json]:
    """The extensions that turn the document `said` into `true`."""
    found: list[Json] = []
    for place, value in _different(said, true, ""):
        if value is None:
            found.append({"url": LEFT_OUT, "valueString": place})
        elif not value:
            found.append({"url": EMPTY, "valueString": place})
        else:
            found.append({"url": WORD, "valueString": f"{place}: {value}"})
    return found


def _different(said: Document, true: Document, place: str) -> Iterator[tuple[str, str | None]]:
    if said == true:
        return
    if isinstance(said, dict) and isinstance(true, dict):
        for key in said.keys() - true.keys():
            yield _at(place, key), None
        for key, value in true.items():
            if key in said:
                yield from _different(said[key], value, _at(place, key))
            else:
                yield from _leaves(value, _at(place, key))
    elif isinstance(said, list) and isinstance(true, list) and _alike(said, true):
        for index, (before, after) in enumerate(zip(said, true, strict=True)):
            yield from _different(before, after, f"{place}[{index}]")
    else:
        if not (isinstance(said, str) and isinstance(true, str)):
            yield place, None
        yield from _leaves(true, place)


def _alike(said: list[Document], true: list[Document]) -> bool:
    """Whether two lists differ within their entries only; a list within a list is told anew."""
    kinds = [type(one) for one in said]
    return kinds == [type(one) for one in true] and list not in kinds


def _leaves(value: Document, place: str) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, _at(place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{place}[{index}]")
        if not value:
            yield place, ""
    else:
        yield place, value


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def apply(said: dict[str, Document], resource: Element) -> None:
    """Change `said` by the extensions of a resource; OrderRefused where one cannot be read."""
    count = 0
    for one in elements(resource, "extension"):
        if one.get("url") not in (WORD, LEFT_OUT, EMPTY):
            continue
        count += 1
        value = one.get("valueString")  # as it stands: a blank at its end is part of it
        if not isinstance(value, str) or count > MAX_PLACES:
            raise OrderRefused("not-fhir", "a word of the plan file cannot be read")
        if one["url"] == LEFT_OUT:
            _leave_out(said, _steps_of(value))
        elif one["url"] == EMPTY:
            _put(said, _steps_of(value), [])
        else:
            place, said_there, word = value.partition(": ")
            if not said_there:
                raise OrderRefused("not-fhir", "a word of the plan file names no place")
            _put(said, _steps_of(place), word)


def _steps_of(place: str) -> list[str | int]:
    found: list[str | int] = []
    at = 0
    for match in _PLACE.finditer(place):
        if match.start() != at:
            break
        at = match.end()
        found.append(match[1] if match[1] is not None else int(match[2]))
    if at != len(place) or not found or isinstance(found[0], int):
        raise OrderRefused("not-fhir", "the place of a word in the plan file cannot be read")
    return found


def _put(said: Document, steps: list[str | int], word: Document) -> None:
    here = said
    for index, step in enumerate(steps):
        last = index == len(steps) - 1
        new: Document = word if last else [] if isinstance(steps[index + 1], int) else {}
        if isinstance(here, dict) and isinstance(step, str):
            if last or step not in here:
                here[step] = new
            here = here[step]
        elif isinstance(here, list) and isinstance(step, int) and step <= len(here):
            if step == len(here):
                here.append(new)
            elif last:
                here[step] = new
            here = here[step]
        else:
            raise OrderRefused("not-fhir", "a word of the plan file has no place")


def _leave_out(said: Document, steps: list[str | int]) -> None:
    here: Document | None = said
    for step in steps[:-1]:
        here = _inside(here, step)
    last = steps[-1]
    if isinstance(here, dict) and isinstance(last, str):
        here.pop(last, None)


def _inside(here: Document | None, step: str | int) -> Document | None:
    if isinstance(here, dict) and isinstance(step, str):
        return here.get(step)
    if isinstance(here, list) and isinstance(step, int) and step < len(here):
        return here[step]
    return None


def bare(resource: Mapping[str, object]) -> Element:
    """The resource as another system understands it: without any extension of ours."""
    found: Element = {}
    for key, inner in resource.items():
        if key == "extension" and isinstance(inner, list):
            kept = [one for one in inner if not _ours(one)]
            if kept:
                found[key] = kept
        else:
            found[key] = _bare(inner)
    return found


def _bare(value: object) -> object:
    if isinstance(value, list):
        return [_bare(one) for one in value]
    return bare(value) if isinstance(value, dict) else value


def _ours(extension: object) -> bool:
    return isinstance(extension, dict) and str(extension.get("url")).startswith(f"{OWN}:")
