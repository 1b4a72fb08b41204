"""What this one controller is: its device, its board, its keys, its hub. Read once, at start.

Responsible for: the closed set of keys of controller.toml, and a sentence for whoever
wrote it wrongly. Not responsible for: anything about doses (that is the signed plan).
Paths are relative to the file. Simulated hardware is named here and nowhere else: there
is no fallback from a real board to a simulated one or back.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

SCHEMA = 1
KEY_BYTES_MIN = 16
KEY_BYTES_MAX = 64
PUBLIC_KEY_BYTES = 32
FILE_MAX = 64 * 1024
DEVICE = re.compile(r"[a-z0-9][a-z0-9-]{2,31}")
ROLES = ("pharmacist", "checker")

Kind: TypeAlias = Literal["real", "simulated"]
Pace: TypeAlias = Literal["real", "virtual"]
Table: TypeAlias = Mapping[str, object]


class ConfigRefused(Exception):
    """The file is not what it must be: `code` one word, `place` the key, `sentence` for people."""

    def __init__(self, code: str, place: str, sentence: str) -> None:
        super().__init__(f"{place}: {sentence} ({code})")
        self.code = code
        self.place = place
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Board:
    """The cable to the board. In virtual pace the cable comes with the token, not by a port."""

    kind: Kind
    port: str
    pairing_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class House:
    """The simulated house: its control socket in real pace, its token socket in virtual."""

    pace: Pace
    socket: Path


@dataclass(frozen=True, slots=True)
class Signer:
    """A person whose signature on a plan counts, in one role."""

    name: str
    role: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Hub:
    """The broker that carries reports, and the key shared with the hub behind it."""

    host: str
    port: int
    shard: int | None
    hub_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """All of controller.toml, keys loaded."""

    device: str
    journal: Path
    door: Path
    board: Board
    house: House | None
    signers: tuple[Signer, ...]
    hub: Hub | None


def load(path: Path | str) -> Config:
    """The configuration in this file and the keys it names, or ConfigRefused."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            text = file.read(FILE_MAX + 1)
    except OSError as error:
        raise ConfigRefused("unreadable", path.name, f"cannot be read: {error.strerror}") from None
    if len(text) > FILE_MAX:
        raise ConfigRefused("too-long", path.name, f"is longer than {FILE_MAX} bytes")
    return parse(text, path.resolve().parent)


def parse(text: bytes, base: Path) -> Config:
    """Like `load`, from text; relative paths begin at `base`."""
    try:
        top = _Section("", tomllib.loads(text.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigRefused("not-toml", "file", str(error)) from None
    if top.integer("schema", 1, 1000) != SCHEMA:
        raise ConfigRefused("other-version", "schema", f"this version reads schema {SCHEMA}")
    config = Config(
        device=_device(top),
        journal=base / top.text("journal"),
        door=base / top.text("door"),
        board=_board(top.section("board"), base),
        house=_house(top.section("house"), base) if top.has("house") else None,
        signers=_signers(top.sections("signer")),
        hub=_hub(top.section("hub"), base) if top.has("hub") else None,
    )
    top.nothing_else()
    _fit(config)
    return config


def read_key(path: Path, place: str) -> bytes:
    """A secret key in hex from a file that nobody else may read."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(4 * KEY_BYTES_MAX)
    except OSError as error:
        raise ConfigRefused("no-key", place, f"cannot be read: {error.strerror}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigRefused("key-exposed", place, "others may read this file: chmod 600")
    key = _hex(text.decode("ascii", "replace").strip(), place)
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise ConfigRefused(
            "out-of-range", place, f"a key has {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes"
        )
    return key


class _Section:
    """One table of the file; whatever nobody asked for is refused at the end."""

    def __init__(self, name: str, table: Table) -> None:
        self._name = name
        self._table = table
        self._asked: set[str] = set()

    def place(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def has(self, key: str) -> bool:
        return key in self._table

    def value(self, key: str) -> object:
        self._asked.add(key)
        if key not in self._table:
            raise ConfigRefused("missing-key", self.place(key), "must be given")
        return self._table[key]

    def text(self, key: str, default: str | None = None) -> str:
        if default is not None and not self.has(key):
            return default
        value = self.value(key)
        if not isinstance(value, str) or not value or not value.isprintable():
            raise ConfigRefused("wrong-type", self.place(key), "must be text on one line")
        return value

    def one_of(self, key: str, words: tuple[str, ...]) -> str:
        value = self.text(key)
        if value not in words:
            raise ConfigRefused("out-of-range", self.place(key), f"must be {' or '.join(words)}")
        return value

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        if default is not None and not self.has(key):
            return default
        value = self.value(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ConfigRefused("wrong-type", self.place(key), "must be a whole number")
        if not low <= value <= high:
            raise ConfigRefused("out-of-range", self.place(key), f"must be {low} to {high}")
        return value

    def section(self, key: str) -> _Section:
        value = self.value(key)
        if not isinstance(value, dict):
            raise ConfigRefused("wrong-type", self.place(key), "must be a table")
        return _Section(self.place(key), value)

    def sections(self, key: str) -> list[_Section]:
        value = self.value(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ConfigRefused("wrong-type", self.place(key), "must be a list of tables")
        return [_Section(f"{self.place(key)}[{i}]", item) for i, item in enumerate(value)]

    def nothing_else(self) -> None:
        for key in self._table:
            if key not in self._asked:
                raise ConfigRefused("unknown-key", self.place(key), "is not a key of this file")


def _device(top: _Section) -> str:
    device = top.text("device")
    if not DEVICE.fullmatch(device):
        raise ConfigRefused(
            "out-of-range", "device", "3 to 32 of a-z, 0-9 and -, beginning with a letter or digit"
        )
    return device


def _board(section: _Section, base: Path) -> Board:
    kind: Kind = "real" if section.one_of("kind", ("real", "simulated")) == "real" else "simulated"
    port = section.text("port", "") if section.has("port") else ""
    key = read_key(base / section.text("pairing_key"), section.place("pairing_key"))
    section.nothing_else()
    return Board(kind, str(base / port) if port else "", key)


def _house(section: _Section, base: Path) -> House:
    pace: Pace = "real" if section.one_of("pace", ("real", "virtual")) == "real" else "virtual"
    house = House(pace, base / section.text("socket"))
    section.nothing_else()
    return house


def _signers(sections: list[_Section]) -> tuple[Signer, ...]:
    signers = []
    for section in sections:
        place = section.place("public_key")
        key = _hex(section.text("public_key"), place)
        if len(key) != PUBLIC_KEY_BYTES:
            raise ConfigRefused("out-of-range", place, f"has {PUBLIC_KEY_BYTES} bytes in hex")
        signers.append(Signer(section.text("name"), section.one_of("role", ROLES), key))
        section.nothing_else()
    if len({signer.name for signer in signers}) != len(signers):
        raise ConfigRefused("twice", "signer", "two signers share one name")
    if len({signer.public_key for signer in signers}) != len(signers):
        raise ConfigRefused("twice", "signer", "two signers share one key")
    if {signer.role for signer in signers} != set(ROLES):
        raise ConfigRefused("missing-key", "signer", "a pharmacist and a checker are needed")
    return tuple(signers)


def _hub(section: _Section, base: Path) -> Hub:
    hub = Hub(
        host=section.text("host"),
        port=section.integer("port", 1, 65535, 1883),
        shard=section.integer("shard", 0, 65535) if section.has("shard") else None,
        hub_key=read_key(base / section.text("hub_key"), section.place("hub_key")),
    )
    section.nothing_else()
    return hub


def _fit(config: Config) -> None:
    """Refuse what is right key by key and wrong together."""
    if config.board.kind == "real" and config.house is not None:
        raise ConfigRefused("simulated-mismatch", "house", "a real board lives in no house")
    if config.board.kind == "simulated" and config.house is None:
        raise ConfigRefused("simulated-mismatch", "house", "a simulated board needs its house")
    virtual = config.house is not None and config.house.pace == "virtual"
    if virtual == bool(config.board.port):
        why = "comes with the token in virtual pace" if virtual else "must be given"
        raise ConfigRefused("simulated-mismatch", "board.port", why)


def _hex(text: str, place: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ConfigRefused("wrong-type", place, "must be hex digits") from None
