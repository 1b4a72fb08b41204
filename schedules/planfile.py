"""The plan file people write: YAML in which every scalar is a string.

Responsible for: YAML and nothing else; the only file that knows the library. `20:00`
stays 20:00, `no` stays no, and aliases, tags and duplicate keys are refused.
Not responsible for meaning (document.py, check.py).
"""

import yaml

from schedules.canonical import MAX_BYTES, file_form, typed
from schedules.canonical import canonical as canonical
from schedules.canonical import from_canonical as from_canonical
from schedules.canonical import plan_hash as plan_hash
from schedules.document import build
from schedules.model import Plan, PlanRefused
from schedules.schema import Document

MAX_DEPTH = 12
PROPOSAL = "posology-proposal/"  # what `propose` prints is never a plan


def parse_plan(text: str) -> Plan:
    """The Plan of a plan file; PlanRefused(code, place, sentence)."""
    document = load(text)
    if isinstance(document, dict) and str(document.get("schema", "")).startswith(PROPOSAL):
        sentence = "this was read from words: a pharmacist has to write the plan from it"
        raise PlanRefused("proposal-only", "schema", sentence)
    return build(document)


def load(text: str) -> Document:
    """Strings, lists and mappings of one YAML document, with nothing else allowed."""
    if len(text) > MAX_BYTES:
        raise PlanRefused("too-large", "", "the file is larger than a plan can be")
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark
        place = f"line {mark.line + 1}" if mark is not None else ""
        sentence = "this is not YAML: look at indents and colons"
        raise PlanRefused("not-yaml", place, sentence) from None
    except (yaml.YAMLError, RecursionError):
        raise PlanRefused("not-yaml", "", "this is not YAML") from None
    if node is None:
        raise PlanRefused("not-yaml", "", "the file is empty")
    return _plain(node, "", 0)


def dump_plan(plan: Plan) -> str:
    """A plan file that reads back as the same plan."""
    return dump(file_form(typed(plan)))


def dump(document: Document) -> str:
    """YAML of a document, with everything quoted that another reader might misread."""
    return yaml.dump(document, sort_keys=False, allow_unicode=True, width=96)


class _Loader(yaml.BaseLoader):
    """BaseLoader without aliases: a plan says everything once, in its place."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise yaml.MarkedYAMLError(problem="alias", problem_mark=event.start_mark)
        return super().compose_node(parent, index)


def _plain(node: yaml.Node, place: str, depth: int) -> Document:
    line = f"line {node.start_mark.line + 1}"
    if depth > MAX_DEPTH:
        raise PlanRefused("too-deep", line, "nested deeper than a plan can be")
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, place, depth + 1) for one in node.value]
    assert isinstance(node, yaml.MappingNode)
    found: dict[str, Document] = {}
    for key, value in node.value:
        where = f"line {key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode):
            raise PlanRefused("not-yaml", where, "a key must be one word")
        if key.value in found:
            raise PlanRefused("duplicate-key", where, "the same key stands twice in one mapping")
        found[str(key.value)] = _plain(value, place, depth + 1)
    return found
