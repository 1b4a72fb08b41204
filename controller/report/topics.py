"""The names under which a machine speaks to its hub: `posology/v1/<shard>/<device>/...`.

Responsible for: building and parsing topics, and which ids may stand in one.
Not responsible for payloads (documents.py) or for carrying them (mqtt.py).
There is no topic, and never will be one, whose message releases a pill.
"""

import hashlib
import re
from dataclasses import dataclass

ROOT = "posology/v1"
SHARDS = 256
AVAILABILITY = "availability"
STATE = "state"
INFO = "info"
EVENT = "event"
ACK = "ack"
ALERT = "alert"
LEAVES = (AVAILABILITY, STATE, INFO, EVENT, ACK, ALERT)

ONLINE = b"online"
OFFLINE = b"offline"

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class TopicRefused(ValueError):
    """An id or shard that must not stand in a topic; `code` is stable."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


def shard_of(device: str) -> int:
    """The shard a device gets when provisioning names none: 0 to 255, fixed for its life."""
    return hashlib.sha256(device.encode()).digest()[0]


def word(text: str) -> str:
    """`text` where it may stand in a topic, else a word of 16 hex digits made from it."""
    if _ID.fullmatch(text):
        return text
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Topics:
    """All topics of one device."""

    device: str
    shard: int

    def __post_init__(self) -> None:
        """Refuse what would address another device, or all of them."""
        if not _ID.fullmatch(self.device):
            raise TopicRefused("device-id", "A device id is 1 to 64 of a-z, 0-9 and hyphens.")
        if not 0 <= self.shard < SHARDS:
            raise TopicRefused("shard", "A shard is a number from 0 to 255.")

    def leaf(self, name: str) -> str:
        """The topic of one leaf of this device."""
        assert name in LEAVES
        return f"{ROOT}/{self.shard}/{self.device}/{name}"

    def alert(self, alert_id: str) -> str:
        """The retained topic of one alert; an empty payload there means it is resolved."""
        return f"{self.leaf(ALERT)}/{word(alert_id)}"


@dataclass(frozen=True)
class Address:
    """What a received topic says: whose it is, and which leaf."""

    topics: Topics
    leaf: str


def parse(topic: str) -> Address | None:
    """The address in a topic; None for anything that is not one of ours."""
    parts = topic.split("/")
    if len(parts) < 5 or "/".join(parts[:2]) != ROOT or parts[4] not in LEAVES:
        return None
    if len(parts) != (6 if parts[4] == ALERT else 5) or not parts[2].isascii():
        return None
    if not parts[2].isdigit() or str(int(parts[2])) != parts[2]:
        return None
    try:
        return Address(Topics(parts[3], int(parts[2])), parts[4])
    except TopicRefused:
        return None


def every(leaf: str) -> str:
    """The filter with which a hub hears one leaf of all devices of all shards."""
    assert leaf in LEAVES
    return f"{ROOT}/+/+/{leaf}"
