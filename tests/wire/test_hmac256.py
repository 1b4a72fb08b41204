"""The authentication code, beside the one of the standard library and RFC 4231."""

import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.wire.hmac256 import hmac_sha256, same


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=300))
def test_code_is_hmac_sha256(key: bytes, data: bytes) -> None:
    """Any key and message give the code that the standard library gives."""
    assert hmac.new(key, data, hashlib.sha256).digest() == hmac_sha256(key, data)


@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 100, 128, 129])
def test_code_of_keys_around_a_block(length: int) -> None:
    """Keys shorter, as long as and longer than a block give the code they should."""
    key = bytes(range(length))
    assert hmac.new(key, b"data", hashlib.sha256).digest() == hmac_sha256(key, b"data")


def test_code_of_rfc_4231() -> None:
    """Test case 2 of RFC 4231 comes out as printed there."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert expected == hmac_sha256(b"Jefe", b"what do ya want for nothing?").hex()


@settings(deadline=None)
@given(st.binary(max_size=20), st.binary(max_size=20))
def test_same_is_equality(a: bytes, b: bytes) -> None:
    """`same` says what == says."""
    assert (a == b) == same(a, b)
    assert same(a, a)
