"""The configuration is closed: what is not understood is refused, by code and place."""

import os
import tomllib
from pathlib import Path

import pytest

from controller.canonical import Unclear, canonical_json, strict_json
from controller.config import Config, ConfigRefused, load, parse

EXAMPLE = Path(__file__).parents[2] / "controller" / "controller.example.toml"
HOUSE = '\n[house]\npace = "real"\nsocket = "house.sock"\n'


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with the keys that the example names."""
    (tmp_path / "keys").mkdir()
    for name in ("pairing.key", "hub.key"):
        (tmp_path / "keys" / name).write_text("ab" * 32 + "\n")
        (tmp_path / "keys" / name).chmod(0o600)
    return tmp_path


def _example(old: str = "", new: str = "") -> bytes:
    text = EXAMPLE.read_text()
    assert old in text
    return text.replace(old, new, 1).encode()


def _simulated(pace: str = "real") -> str:
    text = EXAMPLE.read_text().replace('kind = "real"  ', 'kind = "simulated"')
    if pace == "virtual":
        text = text.replace('port = "/dev/ttyACM0"', "")
    return text + HOUSE.replace("real", pace)


def _refused(text: bytes, base: Path) -> tuple[str, str]:
    try:
        parse(text, base)
    except ConfigRefused as refused:
        return refused.code, refused.place
    return "", ""


def test_the_example_is_a_configuration(base: Path) -> None:
    """The file people copy loads as it is, keys and all."""
    (base / "controller.toml").write_bytes(_example())
    config = load(base / "controller.toml")
    assert ("home-0001", "real", "/dev/ttyACM0") == (
        config.device,
        config.board.kind,
        config.board.port,
    )
    assert base / "journal.sqlite" == config.journal
    assert bytes.fromhex("ab" * 32) == config.board.pairing_key
    assert ["pharmacist", "checker"] == [signer.role for signer in config.signers]
    assert config.hub is not None
    assert None is config.house


def test_no_key_is_ever_printed(base: Path) -> None:
    """The text of a configuration, as a log would show it, holds no secret."""
    config: Config = parse(_example(), base)
    secret = config.board.pairing_key
    assert secret.hex() not in repr(config)
    assert repr(secret) not in repr(config)


REFUSALS = {
    "a typo": ("device =", "devise =", "missing-key", "device"),
    "an extra key": ("schema = 1", "schema = 1\nspeed = 60", "unknown-key", "speed"),
    "an extra key below": ('kind = "real"', 'kind = "real"\nbaud = 9', "unknown-key", "board.baud"),
    "an extra signer key": ('role = "checker"', 'role = "checker"\nage = 1', "unknown-key",
                            "signer[1].age"),
    "a number as text": ("port = 1883", 'port = "1883"', "wrong-type", "hub.port"),
    "a truth as number": ("port = 1883", "port = true", "wrong-type", "hub.port"),
    "a port too high": ("port = 1883", "port = 65536", "out-of-range", "hub.port"),
    "another version": ("schema = 1", "schema = 2", "other-version", "schema"),
    "a loud device": ("home-0001", "Home 1", "out-of-range", "device"),
    "another board": ('kind = "real"', 'kind = "maybe"', "out-of-range", "board.kind"),
    "a board without port": ('port = "/dev/ttyACM0"', "", "simulated-mismatch", "board.port"),
    "a simulated board without house": ('kind = "real"', 'kind = "simulated"',
                                        "simulated-mismatch", "house"),
    "one signer twice": ("checker/ben", "pharmacist/ada", "twice", "signer"),
    "one key twice": ("00002", "00001", "twice", "signer"),
    "two of one role": ('role = "checker"', 'role = "pharmacist"', "missing-key", "signer"),
    "another role": ('role = "checker"', 'role = "boss"', "out-of-range", "signer[1].role"),
    "a short key": ("0000000000000002", "02", "out-of-range", "signer[1].public_key"),
    "a key of letters": ("0000000000000002", "000000000000000g", "wrong-type",
                         "signer[1].public_key"),
    "a key that is not there": ("keys/hub.key", "keys/no.key", "no-key", "hub.hub_key"),
    "no TOML": ("schema = 1", "schema == 1", "not-toml", "file"),
    "a section as text": ("[board]", 'board = "x"\n[boards]', "wrong-type", "board"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_each_mistake_has_its_code_and_place(base: Path, case: str) -> None:
    """One change to the example, one refusal that names it."""
    old, new, code, place = REFUSALS[case]
    assert (code, place) == _refused(_example(old, new), base)


def test_simulated_and_real_never_mix(base: Path) -> None:
    """A real board in a house is refused; a simulated one needs the house that it lives in."""
    assert ("simulated-mismatch", "house") == _refused(_example() + HOUSE.encode(), base)
    assert "real" == _house_pace(parse(_simulated().encode(), base))
    assert "virtual" == _house_pace(parse(_simulated("virtual").encode(), base))
    both = _simulated("virtual").replace("[board]", '[board]\nport = "x"')
    assert ("simulated-mismatch", "board.port") == _refused(both.encode(), base)


def _house_pace(config: Config) -> str:
    return config.house.pace if config.house else ""


def test_a_key_that_others_can_read_is_refused(base: Path) -> None:
    """A pairing key with mode 644 is no secret."""
    os.chmod(base / "keys" / "pairing.key", 0o644)
    assert ("key-exposed", "board.pairing_key") == _refused(_example(), base)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    """No file, no guess."""
    with pytest.raises(ConfigRefused, match="unreadable"):
        load(tmp_path / "controller.toml")


def test_the_hub_may_be_left_out(base: Path) -> None:
    """A home without hub is a home."""
    text = EXAMPLE.read_text()
    assert None is parse(text[: text.index("[hub]")].encode(), base).hub
    assert "hub" in tomllib.loads(text)


@pytest.mark.parametrize("text", ["0.5", "NaN", '{"a":1,"a":2}', "[" * 5000, "{", "1e3", ""])
def test_unclear_json_is_refused(text: str) -> None:
    """Fractions, repeated keys, endless nesting and broken syntax have no single reading."""
    with pytest.raises(Unclear):
        strict_json(text)


def test_one_value_has_one_text() -> None:
    """Order of keys and kind of list make no difference; the text reads back to the value."""
    one = canonical_json({"b": [1, "ü"], "a": None, "c": {"z": True, "y": -1}})
    two = canonical_json({"c": {"y": -1, "z": True}, "a": None, "b": (1, "ü")})
    assert '{"a":null,"b":[1,"ü"],"c":{"y":-1,"z":true}}' == one == two
    assert one == canonical_json(strict_json(one))
