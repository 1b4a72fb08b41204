"""What leaves the home: nothing with a name in it, and nothing that can be changed unseen."""

import ast
import dataclasses
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller import events
from controller.canonical import Json
from controller.chain import Record
from controller.report import documents, standing, topics
from controller.report.vocabulary import WORDS

KEY = bytes(range(32))
NAME = "Zoltan Metformin 500"


def record(kind: str, body: dict[str, Json]) -> Record:
    """A journal record as the outbox reads it."""
    return Record(7, 1_800_000_000_123, kind, body, bytes(32), bytes(range(32)))


def sent(kind: str, body: dict[str, Json]) -> bytes:
    """The bytes that go to the broker for one event."""
    document = documents.event(record(kind, body), "00ff" * 4, KEY)
    return documents.seal(document, topics.EVENT, "home-1", KEY)


def test_the_table_of_public_fields_knows_every_event() -> None:
    """A new event or field must be looked at before anything of it can leave the home."""
    for kind, cls in events.KINDS.items():
        fields = {field.name for field in dataclasses.fields(cls)}
        known = set(documents.PUBLIC[kind]) | documents.PRIVATE
        if kind == "Started":
            known.add("version")  # the software's: the info topic has it
        assert fields <= known, kind
        assert set(documents.PUBLIC[kind]) <= fields, kind
    assert set(events.KINDS) == set(documents.PUBLIC)


@pytest.mark.hazard("H33")
@pytest.mark.parametrize("kind", sorted(events.KINDS))
def test_no_name_of_a_person_or_a_medicine_leaves(kind: str) -> None:
    """Whatever text a field holds, the bytes that are sent do not contain it."""
    names = [field.name for field in dataclasses.fields(events.KINDS[kind])]
    for value in (NAME, f"person/{NAME}", [NAME], {"name": NAME}, NAME.lower().replace(" ", "-")):
        payload = sent(kind, dict.fromkeys(names, value)).lower()
        for part in (b"zoltan", b"metformin"):
            assert part not in payload, payload


@given(st.text(string.ascii_letters + " -_é\ud800", min_size=1, max_size=40))
def test_free_text_becomes_other(text: str) -> None:
    """A word passes only when it is in the closed vocabulary."""
    document = documents.event(record("DoseSettled", {"how": text}), "00", KEY)

    assert document["how"] in WORDS | {"other"}


def test_the_words_that_the_core_chooses_are_public() -> None:
    """A literal code, reason, way or why in the core passes; a new one must be looked at."""
    unknown = set()
    for path in sorted(Path(events.__file__).parent.glob("**/*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call):
                unknown |= {word for word in _literals(call) if word.replace(" ", "-") not in WORDS}

    assert set() == unknown


def _literals(call: ast.Call) -> list[str]:
    """The literal words in a call that makes an event, or closes a dose."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if isinstance(call.func, ast.Name):
        name = call.func.id
    fields = ["state", "dose", "outcome", "how"] if name == "close" else []
    if name in events.KINDS:
        fields = [field.name for field in dataclasses.fields(events.KINDS[name])]
    given = dict(zip(fields, call.args, strict=False))
    given.update({each.arg: each.value for each in call.keywords if each.arg in fields})
    return [
        value.value
        for field, value in given.items()
        if field in ("code", "reason", "how", "why", "outcome")
        and isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and value.value
    ]


def test_people_become_roles_and_regimens_become_pseudonyms() -> None:
    """The hub can tell roles and regimens apart, not who and what they are."""
    first = documents.event(record("AskedGranted", {"regimen": "ibuprofen"}), "00", KEY)
    again = documents.event(record("AskedRefused", {"regimen": "ibuprofen"}), "00", KEY)
    other = documents.event(record("AskedGranted", {"regimen": "codeine"}), "00", KEY)
    elsewhere = documents.event(record("AskedGranted", {"regimen": "ibuprofen"}), "00", bytes(32))
    settled = documents.event(record("DoseSettled", {"by": "pharmacist/eve"}), "00", KEY)

    assert first["regimen"] == again["regimen"]
    assert first["regimen"] not in (other["regimen"], elsewhere["regimen"])
    assert "pharmacist" == settled["by"]


def test_alert_ids_stay_readable() -> None:
    """An id made of a public word and a number passes as it is; any other becomes a digest."""
    for alert_id in ("dose-missed-0123456789ab", "clock-untrusted", "board-fault-201", "jam-7"):
        body: dict[str, Json] = {"alert_id": alert_id}
        assert alert_id == documents.event(record("AlertRaised", body), "00", KEY)["alert_id"]
    odd: dict[str, Json] = {"alert_id": "board-fault-eve"}
    digest = documents.event(record("AlertRaised", odd), "00", KEY)["alert_id"]
    assert isinstance(digest, str) and 32 == len(digest)


def test_an_event_keeps_its_place_in_the_chain() -> None:
    """Number, epoch, instant and both hashes go along; the kind of a fill moves aside."""
    document = documents.event(record("Loaded", {"kind": "day", "fill": 3}), "00ff", KEY)

    assert {
        "schema": 1,
        "log_epoch": "00ff",
        "n": 7,
        "at": "2027-01-15T08:00:00.123Z",
        "kind": "Loaded",
        "row": "day",
        "fill": 3,
        "prev": "00" * 32,
        "hash": bytes(range(32)).hex(),
    } == document


def test_the_largest_event_fits() -> None:
    """Even a fill with absurdly many doses stays within the bound of a document."""
    ids: list[Json] = [f"{i:032x}" for i in range(1000)]
    body: dict[str, Json] = {"doses": ids, "regimens": ids, "fills": list(range(1000))}

    assert len(sent("Loaded", body)) < documents.MAX_DOCUMENT


@pytest.mark.hazard("H19")
def test_every_changed_bit_breaks_the_seal() -> None:
    """No bit of a sealed document can be flipped, and it opens for nobody else."""
    payload = sent("DoseClosed", {"dose_id": "ab" * 16, "outcome": "taken", "order": 4})
    opened = documents.unseal(payload, topics.EVENT, "home-1", KEY)
    assert opened is not None and "taken" == opened["outcome"]

    for place in range(len(payload) * 8):
        flipped = bytearray(payload)
        flipped[place // 8] ^= 1 << place % 8
        assert documents.unseal(bytes(flipped), topics.EVENT, "home-1", KEY) is None
    assert documents.unseal(payload, topics.STATE, "home-1", KEY) is None
    assert documents.unseal(payload, topics.EVENT, "home-2", KEY) is None
    assert documents.unseal(payload, topics.EVENT, "home-1", bytes(32)) is None


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode(errors="replace"))
)
def test_anything_may_come_in(payload: bytes) -> None:
    """No bytes from the network raise or pass for a document."""
    assert documents.unseal(payload, topics.ACK, "home-1", KEY) is None


@pytest.mark.parametrize(
    "payload",
    [b'{"mac":"a","mac":"b"}', b'{"mac":1}', b'{"mac":"\\u00e9"}', b'{"a":"\\ud800","mac":"x"}',
     b'{"a":NaN,"mac":"x"}', b'{"a":1.5,"mac":"x"}', b"[" * 5000, b'{"a":' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_odd_json_is_refused(payload: bytes) -> None:
    """JSON that can be read in two ways, or in none, is no document."""
    assert documents.unseal(payload, topics.ACK, "home-1", KEY) is None


@pytest.mark.hazard("H33")
def test_the_state_document_has_no_names() -> None:
    """Of a full snapshot only the closed choice is published."""
    row: dict[str, Json] = {"name": NAME, "regimen_id": NAME, "state": "open"}
    snapshot: dict[str, Json] = {
        "mode": "ready",
        "say": NAME,
        "lock_reason": NAME,
        "link": NAME,
        "plan": {"version": 3, "patient": NAME, "valid_until": 5},
        "next": {"due_at": 6, "doses": 2},
        "round": {"doses": [row], "stage": "offered"},
        "doses": [row],
        "asked": [row],
        "alerts": [{"alert_id": f"missed {NAME}", "code": NAME, "sentence": NAME, "by": NAME}],
        "board": {"simulated": True, "flags": 4, "fault": 0, "boot_epoch": 9},
    }
    told = {**standing.state(snapshot), "alerts_told": list(standing.alerts(snapshot, KEY))}

    assert {
        "mode": "ready",
        "stage": "offered",
        "plan_version": 3,
        "plan_valid_until": 5,
        "next_due_at": 6,
        "next_doses": 2,
        "simulated": True,
        "boot_epoch": 9,
        "flags": 4,
        "fault": 0,
        "alerts": 1,
    } == standing.state(snapshot)
    text = str(told) + str(standing.alerts(snapshot, KEY))
    assert "zoltan" not in text.lower() and "metformin" not in text.lower()


@settings(max_examples=50)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner)
       | st.dictionaries(st.sampled_from(["alerts", "board", "plan", "next", "round", "mode"]),
                         inner)))  # fmt: skip
def test_any_snapshot_gives_a_state(value: Json) -> None:
    """A snapshot of another version, or half of one, never stops the reports."""
    snapshot = value if isinstance(value, dict) else {"alerts": value, "board": value}

    assert "alerts" in standing.state(snapshot)
    assert len(standing.alerts(snapshot, KEY)) <= standing.MAX_ALERTS


def test_a_topic_never_reaches_another_device() -> None:
    """Ids that could act as wildcards or levels are refused, or replaced by a digest."""
    for device in ("", "a/b", "+", "#", "Home", "a" * 65, "-a", "a\n"):
        with pytest.raises(topics.TopicRefused):
            topics.Topics(device, 1)
    for shard in (-1, 256):
        with pytest.raises(topics.TopicRefused):
            topics.Topics("a", shard)
    alert = topics.Topics("a", 1).alert("x/+/#")
    assert "posology/v1/1/a/alert" == alert.rpartition("/")[0]
    assert alert.rpartition("/")[2].isalnum()


def test_topics_are_read_back() -> None:
    """What we build we parse; everything else is nobody's."""
    mine = topics.Topics("home-1", topics.shard_of("home-1"))
    for leaf in topics.LEAVES[:-1]:
        assert topics.Address(mine, leaf) == topics.parse(mine.leaf(leaf))
    assert topics.Address(mine, topics.ALERT) == topics.parse(mine.alert("x"))
    for rest in ("", "1/a", "1/a/cmd", "01/a/event", "999/a/event", "²/a/event", "1/A/event"):
        assert topics.parse(f"posology/v1/{rest}") is None, rest
    for text in ("posology/v2/1/a/event", "posology/v1/1/a/event/x", "posology/v1/1/a/alert"):
        assert topics.parse(text) is None, text


@pytest.mark.hazard("H19")
def test_there_is_no_topic_that_releases_a_pill() -> None:
    """A home listens to acknowledgements and to its own alerts, and to nothing else."""
    assert {"availability", "state", "info", "event", "ack", "alert"} == set(topics.LEAVES)
