"""Any bytes: no crash, exactly one answer to each framed message, and AA only for what is kept.

FUZZ=20000 tries so many of each kind; the default is a slice for every run.
"""

import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.hl7v2.answer import escape
from schedules.hl7v2.message import MessageRefused, read_message, unescape
from schedules.hl7v2.mllp import Frames, Limits, framed
from tests.hl7.hospital import listening
from tests.hl7.sender import RXE, RXR, Desk, message, order, told
from tests.hl7.test_listener import talk

MANY = int(os.environ.get("FUZZ", "200"))
MARKS = "|^~\\&"
NUMBERS = count(1000)
PARTS = [b"\x0b", b"\x1c", b"\r", b"a", b"MSH|", b"xyz"]
MASS = RXE.replace("|1||TAB^Tablet^HL70292", "|5|5|mg")
SEEDS = [
    message("1", *order()),
    message("1", *order(timing="TQ1|1||PRNQ6H^^^^6^h||||20261125|20261205|PRN|pain")),
    message("1", *order(rxe=f"{MASS}{'|' * 13}4^TAB||||||5|mg")),
    message(
        "1", "ORC|NW|4711^E|2^F||||^BID&0800,1600^D3^202611250800^^R", RXE, RXR, "NTE|1||\\X41\\"
    ),
    message("1", "ORC|DC|4711^EPIC", "ZZZ|~^&"),
    message("1", "EVN|A01", "PV1|1|I|W1^2", kind="ADT^A01^ADT_A01"),
]
WORDS = [b"|", b"^", b"~", b"&", b"\\", b"\r", b"\n", b"\x0b", b"\x1c", b'""', b"\\F\\", b"\\Zx\\",
         b"0", b"-1", b"1e9", b"99999999999", b"20261124", b"24:00", b"Q0H", b"Q9999L", b"PRN",
         b"PRNPRN", b"Once", b"TQ1|", b"ORC|CA|", b"RXE|", b"MSH|", b"\xe4", b"\x00", b"X" * 300,
         b"8859/1", b"A08", b"P", b"D10", b"^^^^1^mo", b"0.3333333"]  # fmt: skip

VALUES = [b"", b"BID", b"TID^^^^8^h", b"Q8H", b"Q90M", b"Q2J2", b"QJ135", b"QJ3~QJ5", b"QHS",
          b"PCD", b"Once", b"PRN", b"PRNQ4H", b"QOD", b"Q1L", b"6ID", b"^^^^36^h",
          b"^^^^1^d^^HS^-20^min",
          b"0800~2000", b"235959", b"10^d", b"1^mo", b"36^h", b"202611251000", b"20261129",
          b"202603290230", b"20261025023000+0200", b"S", b"A", b"T", b"R~PRN", b"pain", b"1", b"2",
          b"0.25", b"50", b"500", b"mg", b"TAB^Tablet", b"CAP", b"PUFF", b"723^Amoxicillin^RXNORM",
          b"245^^RXNORM", b"XO", b"CA", b"HD", b"RL", b"4711^EPIC", b"PO",
          b"8^TAB"]  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One receiver for all examples: what one has left behind meets the next."""
    found = Desk(tmp_path_factory.mktemp("fuzz"))
    yield found
    found.inbox.close()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message with a few bytes, words or segments changed."""
    data = draw(st.sampled_from(SEEDS))
    number = str(draw(st.integers(1, 60))).encode()
    data = data.replace(b"|1|P|", b"|%s|P|" % number).replace(b"4711^", b"%s^" % number)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.sampled_from([0, 0, 1, 3, 20]))
        data = data[:at] + draw(st.sampled_from(WORDS)) + data[at + gone :]
    return data


@st.composite
def twisted(draw: st.DrawFn) -> bytes:
    """A sound header, a number of its own, and fields that say something else than they did."""
    lines = draw(st.sampled_from(SEEDS)).split(b"\r")[:-1]
    number = str(next(NUMBERS)).encode()
    lines[0] = lines[0].replace(b"|1|P|", b"|%s|P|" % number)
    if draw(st.booleans()):
        lines = [one.replace(b"4711^", b"%s^" % number) for one in lines]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(1, len(lines) - 1))
        fields = lines[at].split(b"|")
        fields += [b""] * (15 - len(fields))
        fields[draw(st.integers(1, 14))] = draw(st.sampled_from(VALUES))
        lines[at] = b"|".join(fields)
    return b"".join(one + b"\r" for one in lines)


@settings(max_examples=MANY, deadline=None, derandomize=True)
@given(st.one_of(twisted(), twisted(), damaged(), st.binary(max_size=300)))
def test_every_message_has_one_answer_and_aa_means_kept(desk: Desk, data: bytes) -> None:
    """The answer can be read, has a code of three, names what it answers; AA is in the inbox."""
    before = len(list((desk.folder / "accepted").iterdir()))
    answer = desk.receiver.answer(data)
    code, faults = told(answer)
    assert code in ("AA", "AE", "AR")
    assert (code == "AA") == (not faults)
    after = len(list((desk.folder / "accepted").iterdir()))
    if code == "AA":
        assert answer == desk.receiver.answer(data), "the same again"
    else:
        assert before == after


@settings(max_examples=MANY, deadline=None, derandomize=True)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_a_refusal(data: bytes) -> None:
    """Nothing else comes out of the reader."""
    for tried in (data, b"MSH|^~\\&|" + data + b"\r"):
        try:
            found = read_message(tried, "latin-1")
        except MessageRefused as refused:
            assert all(one.reject for one in refused.faults)
        else:
            assert "MSH" == found.header.name


@settings(max_examples=MANY, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Zs", "Co", "Cn"])))
def test_what_is_escaped_reads_back(text: str) -> None:
    """Marks, other alphabets: all of it in ASCII and back."""
    written = escape(text)
    assert written.isascii()
    assert text[:4000] == unescape(written, MARKS, "utf-8")[:4000]


@settings(max_examples=MANY, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PARTS), max_size=40), st.integers(1, 7))
def test_frames_do_not_depend_on_how_bytes_arrive(parts: list[bytes], size: int) -> None:
    """Cut anywhere, the same messages; and they are those that a plain pattern finds."""
    data = b"".join(parts)
    torn = Frames(Limits())
    found = [one for n in range(0, len(data), size) for one in torn.feed(data[n : n + size])]
    assert found == Frames(Limits()).feed(data)
    assert re.findall(rb"\x0b([^\x0b\x1c]*)\x1c", data) == [one.data for one in found]


def test_the_listener_answers_as_many_as_were_framed(tmp_path: Path) -> None:
    """Damaged messages, noise between them, half ones at the end: one answer for each frame."""
    desk = Desk(tmp_path)
    pieces = []
    for number, seed in enumerate(SEEDS * 4):
        at = number * 37 % len(seed)
        word = WORDS[number % len(WORDS)].replace(b"\x0b", b"").replace(b"\x1c", b"")
        pieces.append(framed(seed[:at] + word + seed[at:]) + b"\r\n"[: number % 3])
    with listening(desk.receiver.answer_frame) as port:
        answers = talk(port, b"".join(pieces) + framed(SEEDS[0])[:40])
    assert len(pieces) == len(answers)
    assert set() == {told(one)[0] for one in answers} - {"AA", "AE", "AR"}
