"""A closed JSON Schema, walked over a document of strings, lists and mappings.

Responsible for: saying in a sentence, with its place, everything that does not fit
plan.schema.json (only the keywords that file uses). Not responsible for what
the values mean together (check.py).
"""

import json
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from schedules.model import Refusal

Document = str | list["Document"] | dict[str, "Document"]
MAX_REFUSALS = 50

# What a human reads instead of a pattern.
_SAYS = {
    "name": "letters, digits and '-'",
    "id": "small letters, digits and '-'",
    "count": "a whole number from 1",
    "hhmm": "a time of day from 00:00 to 23:59",
    "quantity": "more than 0 and at most 50 pieces, in quarters",
    "total": "more than 0 and under 1000 pieces, in quarters",
    "milligrams": "whole milligrams from 1 to 99999",
    "truth": "yes or no",
    "mass": "an amount as 500mg, 2.5mg or 25ug",
    "total_or_mass": "pieces in quarters, or an amount as 4000mg",
    "date": "a date as 2026-11-23",
    "course_span": "a length as 7d, 2wk, 1mo or 36h",
    "local_end": "a date, or a date and time as 2026-11-23T08:00",
    "local_time": "a date and time as 2026-11-23T08:00",
    "between": "two times of day as 07:00-22:00",
    "month_day": "a day from 1 to 28, which every month has",
    "unit": "a word in small letters, as puff",
    "instant": "a date or an instant as 2026-11-23T08:00+01:00",
    "local_start": "a date, or a date and time as 2026-11-23T08:00",
    "last_taken": "never, unknown, or when: 2026-11-23T08:00",
    "short_span": "a time span as 30min or 8h",
    "day_span": "a calendar span as 7d, 2wk or 1mo",
    "anchor": "a word of the patient's clock, as breakfast or 'after breakfast 10min'",
}

# A dose by INR, blood sugar or weight is no plan: each value is a new order, signed again.
BY_VALUE = (
    "a dose that depends on a measured value is not planned: each value is a new signed order"
)
_BY_VALUE = {"by_value", "by", "depends_on", "scale", "sliding_scale", "inr", "if", "per_kg"}
_MEASURED = re.compile(
    r"\b(by|per|if|scale|sliding|inr|glucose|sugar|level|weight|kg|m2)\b", re.IGNORECASE
)


@lru_cache(maxsize=1)
def plan_schema() -> dict[str, object]:
    """The schema of a plan file."""
    text = Path(__file__).with_name("plan.schema.json").read_text("utf-8")
    loaded = json.loads(text)
    assert isinstance(loaded, dict)
    return loaded


def problems(document: Document) -> list[Refusal]:
    """Everything in the document that the schema does not allow, first to last."""
    found = []
    for refusal in _walk(plan_schema(), document, "", ""):
        found.append(refusal)
        if len(found) >= MAX_REFUSALS:
            break
    return found


def _walk(node: dict[str, object], value: Document, place: str, said: str) -> Iterator[Refusal]:
    ref = node.get("$ref")
    if isinstance(ref, str):
        name = ref.rpartition("/")[2]
        yield from _walk(_definition(name), value, place, name)
        return
    if "oneOf" in node:
        yield from _walk(_branch(node["oneOf"], value), value, place, "")
        return
    wanted = node.get("type", "string")
    if isinstance(value, dict):
        if wanted != "object":
            yield Refusal("wrong-type", place, f"expected {_expected(wanted, said)}, not a mapping")
        else:
            yield from _walk_object(node, value, place)
    elif isinstance(value, list):
        if wanted != "array":
            yield Refusal("wrong-type", place, f"expected {_expected(wanted, said)}, not a list")
        else:
            yield from _walk_array(node, value, place)
    elif wanted in ("object", "array"):
        yield Refusal("wrong-type", place, f"expected {_expected(wanted, said)}, not one value")
    else:
        yield from _walk_scalar(node, value, place, said)


def _walk_object(
    node: dict[str, object], value: dict[str, Document], place: str
) -> Iterator[Refusal]:
    properties = node.get("properties", {})
    assert isinstance(properties, dict)
    required = node.get("required", [])
    assert isinstance(required, list)
    for key in required:
        if key not in value:
            yield Refusal("missing-key", _at(place, key), f"'{key}' is missing")
    most, least = node.get("maxProperties"), node.get("minProperties")
    if isinstance(most, int) and len(value) > most:
        yield Refusal("too-many", place, f"at most {most} entries")
    if isinstance(least, int) and len(value) < least:
        yield Refusal("too-few", place, f"at least {least} entry")
    other, named = node.get("additionalProperties"), node.get("propertyNames")
    for key in value if isinstance(named, dict) else ():
        assert isinstance(named, dict)
        yield from _walk(named, key, _at(place, key), "")
    for key, inner in value.items():
        rule = properties.get(key)
        if rule is None and isinstance(other, dict):
            rule = other
        if rule is None and key.lower() in _BY_VALUE:
            yield Refusal("value-dependent", _at(place, key), BY_VALUE)
        elif rule is None:
            yield Refusal("unknown-key", _at(place, key), _nearest(key, properties))
        else:
            yield from _walk(rule, inner, _at(place, key), "")


def _walk_array(node: dict[str, object], value: list[Document], place: str) -> Iterator[Refusal]:
    least, most = node.get("minItems", 0), node.get("maxItems")
    if isinstance(least, int) and len(value) < least:
        yield Refusal("too-few", place, f"at least {least} entry")
    if isinstance(most, int) and len(value) > most:
        yield Refusal("too-many", place, f"at most {most} entries")
        return
    if node.get("uniqueItems"):
        seen = [json.dumps(one, sort_keys=True) for one in value]
        if len(set(seen)) < len(seen):
            yield Refusal("twice", place, "the same entry stands here twice")
    items = node["items"]
    assert isinstance(items, dict)
    for index, inner in enumerate(value):
        yield from _walk(items, inner, f"{place}[{index}]", "")


def _walk_scalar(node: dict[str, object], value: str, place: str, said: str) -> Iterator[Refusal]:
    shown = f"'{value}'" if len(value) <= 40 and value.isprintable() else "this text"
    if "const" in node and value != node["const"]:
        yield Refusal("wrong-value", place, f"must be '{node['const']}'")
    choices = node.get("enum")
    if isinstance(choices, list) and value not in choices:
        words = ", ".join(str(one) for one in choices if isinstance(one, str))
        yield Refusal("wrong-value", place, f"{shown} is not one of {words}")
    pattern = node.get("pattern")
    # fullmatch: a trailing newline would slip past "$".
    if said == "quantity" and _MEASURED.search(value):
        yield Refusal("value-dependent", place, BY_VALUE)
    elif isinstance(pattern, str) and not re.fullmatch(pattern.strip("^$"), value, re.ASCII):
        right = _SAYS.get(said, "in the right form")
        yield Refusal("wrong-value", place, f"{shown} is not {right}")
    least, most = node.get("minLength"), node.get("maxLength")
    if isinstance(least, int) and len(value.strip()) < least:
        yield Refusal("wrong-value", place, f"at least {least} characters")
    if isinstance(most, int) and len(value) > most:
        yield Refusal("wrong-value", place, f"at most {most} characters")
    if not value.isprintable():
        yield Refusal("wrong-value", place, "holds characters that cannot be shown")


def _nearest(key: str, known: Iterable[str]) -> str:
    """What to do about a word that is not known: the one that was meant, or all there are."""
    close = get_close_matches(key, known, 1)
    if close:
        return f"no such key is known here; is '{close[0]}' meant?"
    return f"no such key is known here, only {', '.join(sorted(known))}"


def _branch(branches: object, value: Document) -> dict[str, object]:
    """The branch of a choice that is written as `value` is: mapping, list or one value."""
    assert isinstance(branches, list)
    wanted = {dict: "object", list: "array"}.get(type(value), "string")
    found: list[dict[str, object]] = []
    for branch in branches:
        ref = branch.get("$ref")
        node = _definition(ref.rpartition("/")[2]) if isinstance(ref, str) else branch
        kind = node.get("type", "string")
        found.append(branch)
        if kind == wanted or (wanted == "string" and kind not in ("object", "array")):
            return found[-1]
    return found[-1]


def _definition(name: str) -> dict[str, object]:
    definitions = plan_schema()["$defs"]
    assert isinstance(definitions, dict)
    found = definitions[name]
    assert isinstance(found, dict)
    return found


def _expected(wanted: object, said: str) -> str:
    if wanted == "object":
        return "a mapping"
    if wanted == "array":
        return "a list"
    return _SAYS.get(said, "one value")


def _at(place: str, key: str) -> str:
    key = key if len(key) <= 40 and key.isprintable() else "?"
    return f"{place}.{key}" if place else key
