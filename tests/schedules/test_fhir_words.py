"""Words of the plan file beside R4: whatever R4 says, with them it is the document again."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.fhir.out_value import Resource
from schedules.fhir.value import OrderRefused
from schedules.fhir.words import EMPTY, LEFT_OUT, WORD, apply, difference

keys = st.sampled_from(["id", "take", "steps", "09:00", "after breakfast 10min", "for"])
documents = st.recursive(
    st.sampled_from(["1", "10d", "yes: no", "a[0].b", "20:00", ": "]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(keys, inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)
tops = st.dictionaries(keys, documents, max_size=4)


@settings(max_examples=300, deadline=None)
@given(tops, tops)
def test_any_document_becomes_any_other_by_its_words(said: Any, true: Any) -> None:
    """Apply the difference of two documents to the first: the second, whatever both hold."""
    found = copy.deepcopy(said)
    resource: Resource = {"extension": difference(said, true)}

    apply(found, dict(resource))

    assert true == found


@pytest.mark.parametrize(
    "extension",
    [
        {"url": WORD},
        {"url": WORD, "valueString": "no place"},
        {"url": WORD, "valueString": "[0]: at the top"},
        {"url": WORD, "valueString": "take[7]: past its end"},
        {"url": WORD, "valueString": "id.inner: a word has no inside"},
        {"url": WORD, "valueString": "take..dose: 1"},
        {"url": EMPTY, "valueString": "id[0]"},
        {"url": LEFT_OUT, "valueString": ""},
        {"url": LEFT_OUT, "valueInteger": 4},
    ],
)
def test_a_word_without_a_place_is_refused(extension: dict[str, Any]) -> None:
    """A place that is not there, or none: refused as no FHIR of ours, never guessed."""
    with pytest.raises(OrderRefused) as caught:
        apply({"id": "one", "take": ["a"]}, {"extension": [extension]})

    assert "not-fhir" == caught.value.code


def test_an_extension_of_somebody_else_is_nothing_to_us() -> None:
    """Other URLs are passed over."""
    said: Any = {"id": "one"}

    apply(said, {"extension": [{"url": "urn:other:plan-word", "valueString": "id: two"}]})

    assert {"id": "one"} == said
