"""MLLP: one framed message, one answer, whatever the bytes are and wherever they are cut."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from schedules.hl7v2.message import read_message
from schedules.hl7v2.mllp import BEGIN, CR, END, Frames, Limits, Sender, Unanswered, framed
from tests.hl7.hospital import listening
from tests.hl7.sender import FORMULARY, PATIENTS, ZONE, Desk, message, order, told
from tests.schedules.plans import ROOT

SMALL = Limits(message=2000, stray=50, endless=9000, connections=2)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A receiver with an empty inbox."""
    return Desk(tmp_path)


def talk(port: int, *pieces: bytes) -> list[bytes]:
    """Every answer to what is sent, until the other side has no more to say."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        for piece in pieces:
            line.sendall(piece)
        line.shutdown(socket.SHUT_WR)
        found = b""
        try:
            while data := line.recv(65536):
                found += data
        except ConnectionResetError:
            pass
    return [one.data for one in Frames(Limits()).feed(found)]


def test_several_messages_in_one_connection_are_answered_in_order(desk: Desk) -> None:
    """Also where they come in one piece, or byte by byte, and with breaks between them."""
    sent = [message(str(n), *order(number=f"{n}^EPIC")) for n in range(1, 4)]
    with listening(desk.receiver.answer_frame) as port:
        whole = talk(port, b"\r\n".join(map(framed, sent)))
        torn = talk(port, *(bytes([one]) for one in framed(sent[0])))
    assert ["1", "2", "3"] == [read_message(one).one("MSA").text(2) for one in whole]
    assert whole[:1] == torn
    assert [("NW", "add")] * 3 == desk.waiting()


def test_a_message_that_is_cut_off_is_not_taken(desk: Desk) -> None:
    """No answer, nothing kept; the same message sent whole is taken."""
    data = framed(message("1", *order()))
    with listening(desk.receiver.answer_frame) as port:
        for cut in (1, 50, len(data) - 2):
            assert [] == talk(port, data[:cut])
        assert [] == desk.waiting()
        assert ["AA"] == [told(one)[0] for one in talk(port, data)]


def test_a_frame_begun_anew_is_answered_once(desk: Desk) -> None:
    """The half that was not ended is dropped: it was never a message."""
    data = framed(message("1", *order()))
    with listening(desk.receiver.answer_frame) as port:
        assert ["AA"] == [told(one)[0] for one in talk(port, data[:80], data)]
    assert [("NW", "add")] == desk.waiting()


def test_a_huge_message_is_answered_and_not_kept(desk: Desk) -> None:
    """AR by its own number, and the connection goes on."""
    huge = message("1", *order(), f"NTE|1||{'x' * 3000}")
    with listening(desk.receiver.answer_frame, SMALL) as port:
        first, second = talk(port, framed(huge), framed(message("2", *order())))
    assert ("AR", ["too-large"]) == told(first)
    assert "1" == read_message(first).one("MSA").text(2)
    assert ("AA", []) == told(second)


def test_noise_outside_of_frames_and_frames_without_end_close_the_line(desk: Desk) -> None:
    """Nothing is answered that was not framed; others go on."""
    with listening(desk.receiver.answer_frame, SMALL) as port:
        assert [] == talk(port, b"GET / HTTP/1.1\r\n" * 9)
        assert [] == talk(port, BEGIN + b"x" * 20_000)
        assert ["AA"] == [told(one)[0] for one in talk(port, framed(message("1", *order())))]


def test_a_frame_that_does_not_go_on_is_closed(desk: Desk) -> None:
    """A sender that stalls in the middle does not hold the listener for ever."""
    with (
        listening(desk.receiver.answer_frame, replace(SMALL, unfinished_s=0.1)) as port,
        socket.create_connection(("127.0.0.1", port), 10) as line,
    ):
        line.sendall(framed(message("1", *order()))[:99])
        assert b"" == line.recv(100)


def test_too_many_at_once_are_sent_away(desk: Desk) -> None:
    """The first ones are served; the one over the limit is closed and may come again."""
    with listening(desk.receiver.answer_frame, SMALL) as port:
        first, second = Sender("127.0.0.1", port, 10), Sender("127.0.0.1", port, 10)
        for number, one in enumerate((first, second)):
            assert "AA" == told(one.send(message(str(number), *order(number=str(number)))))[0]
        with pytest.raises(Unanswered):
            Sender("127.0.0.1", port, 10).send(message("3", *order()))
        first.close()
        second.close()


JUNK = {
    "not-hl7": b"hello",
    "empty": b"",
    "separators": b"MSH|^^\\&|a|b\r",
    "charset": message("1", *order(), h18="8859/9"),
    "two-messages": message("1", *order()) + message("2", *order()),
    "segment-name": message("1", *order(), "ab|c"),
    "control-character": message("1", *order(), "NTE|1||a\x07b"),
    "message-type": message("1", kind="ORU^R01"),
    "event": message("1", kind="RDE^O01"),
    "version": message("1", *order(), h12="2.3"),
    "processing": message("1", *order(), h11="T"),
    "control-id": message("", *order()),
    "cut-off": message("1", *order())[:-30],
}


@pytest.mark.parametrize("expected", JUNK)
def test_what_is_no_message_for_this_receiver_is_rejected(desk: Desk, expected: str) -> None:
    """AR with its code, and nothing waits; never silence."""
    code, found = desk.send(JUNK[expected])
    assert ("AR", "not-hl7" if expected == "empty" else expected) == (code, found[0])
    assert [] == desk.waiting()


def test_bytes_of_another_character_set_are_rejected(desk: Desk) -> None:
    """ASCII unless MSH-18 says otherwise; what it says must be true."""
    named = RXE_UMLAUT.encode()
    assert ("AR", ["charset"]) == desk.send(named)
    said = named.replace(b"|2.5.1", b"|2.5.1||||||UNICODE UTF-8")
    assert ("AA", []) == desk.send(said)
    assert "Märchen 5 mg" in desk.files("proposal.txt")[0]
    wrong = said.replace("ä".encode(), b"\xe4").replace(b"4711", b"4712")
    wrong = wrong.replace(b"|1|P|", b"|2|P|")
    assert ("AR", ["charset"]) == desk.send(wrong)
    right = wrong.replace(b"UNICODE UTF-8", b"8859/1")
    assert ("AA", []) == desk.send(right)


RXE_UMLAUT = message("1", *order()).decode().replace("Amlodipine 5 mg tablet", "Märchen 5 mg")


def test_segments_that_end_like_lines_of_a_file_are_read(desk: Desk) -> None:
    """CR LF, or LF alone throughout; an LF inside of a segment is none of them."""
    data = message("1", *order())
    assert ("AA", []) == desk.send(data.replace(b"\r", b"\r\n"))
    assert ("AE", ["order-exists"]) == desk.send(
        data.replace(b"\r", b"\n").replace(b"|1|P|", b"|2|P|")
    )
    injected = data.replace(b"RXR|", b"NTE|1||x\nORC|DC|4711^EPIC\rRXR|").replace(
        b"|1|P|", b"|3|P|"
    )
    assert ("AR", ["control-character"]) == desk.send(injected)


def test_escapes_are_read_as_they_were_meant(desk: Desk) -> None:
    """Marks, line breaks and hex; a name can hold every mark."""
    named = "Amlo\\T\\dipine \\S\\5\\F\\ \\X6D67\\ \\E\\"
    assert ("AA", []) == desk.send(message("1", *order(rxe=RXE_NAMED.format(named))))
    assert "name: Amlo&dipine ^5| mg \\" in desk.files("regimen-1.yaml")[0]


RXE_NAMED = "RXE||308136^{}^RXNORM|1||TAB^Tablet^HL70292|TAB^Tablet^HL70292"


def test_the_command_listens_answers_and_ends(tmp_path: Path) -> None:
    """A process of its own, on this machine only; what it accepted is there after a kill."""
    (tmp_path / "p.yaml").write_text(PATIENTS)
    (tmp_path / "f.yaml").write_text(FORMULARY)
    command = [
        *(sys.executable, "-m", "schedules", "hl7", "listen", "--inbox", str(tmp_path / "in")),
        *("--patients", str(tmp_path / "p.yaml"), "--formulary", str(tmp_path / "f.yaml")),
        *("--zone", ZONE, "--port", "0"),
    ]
    away = subprocess.run([*command, "--host", "0.0.0.0"], cwd=ROOT, capture_output=True, text=True)
    assert (1, True) == (away.returncode, "refused: not-loopback" in away.stderr)
    for number, end in enumerate((signal.SIGKILL, signal.SIGTERM), 1):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline().split(" port ")[1].partition(";")[0])
            (answer,) = talk(port, framed(message(str(number), *order(number=str(number)))))
            assert ("AA", []) == told(answer)
            os.kill(process.pid, end)
    assert 2 == len(list((tmp_path / "in" / "accepted").iterdir()))
    assert (b"\x0b", b"\x1c", b"\r") == (BEGIN, END, CR)
