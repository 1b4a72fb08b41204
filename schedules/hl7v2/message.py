"""HL7 v2 messages as plain lists of texts; the only file that knows the library `hl7`.

Responsible for: bytes -> segments, fields, repetitions, components; character sets, escapes, and
everything by which bytes are no message. Not responsible for what a message means (order.py,
adt.py), for frames (mllp.py) or for answers (answer.py).

The library splits; unescaping is done here, because it loses what follows an unfinished escape,
and its own streams never end a message that is not in their character set.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import hl7

MAX_BYTES = 1 << 18
MAX_SEGMENTS = 2000
MAX_VALUE = 4000  # characters of one value that is read
VERSIONS = ("2.5.1", "2.5")
# MSH-18, HL7 table 0211
CHARSETS = {
    "": "ascii",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "8859/1": "latin-1",
    "8859/15": "iso8859-15",
}
# HL7 table 0357: what kind of error it is for the machine on the other side
SEQUENCE, MISSING, WRONG_TYPE, NOT_IN_TABLE = "100", "101", "102", "103"
UNKNOWN_TYPE, UNKNOWN_EVENT, UNKNOWN_PROCESSING, UNKNOWN_VERSION = "200", "201", "202", "203"
UNKNOWN_KEY, DUPLICATE_KEY, INTERNAL = "204", "205", "207"
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_ESCAPED = {".br": "\n", "H": "", "N": ""}  # a new line; highlighting begins and ends


@dataclass(frozen=True)
class Fault:
    """One reason to refuse: stable code, where (`TQ1-3`), a sentence that says what to do."""

    code: str
    place: str
    sentence: str
    kind: str = INTERNAL  # of HL7 table 0357
    reject: bool = False  # AR: not read at all; else AE: read, and not taken


class MessageRefused(Exception):
    """A message that is not taken, with every reason that was found."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{one.code} at {one.place}" for one in faults))
        self.faults = faults


@dataclass(frozen=True)
class Segment:
    """One segment: fields -> repetitions -> components -> subcomponents, still escaped.

    `number`: its place among those of its name in the message, from 1.
    """

    name: str
    number: int
    fields: tuple[tuple[tuple[tuple[str, ...], ...], ...], ...]  # fields[0] is the name
    marks: str  # field, component, repetition, escape, subcomponent
    charset: str

    def count(self, field: int) -> int:
        """How many repetitions a field has; 0 where it is empty."""
        return len(self.fields[field]) if self.raw(field) else 0

    def raw(self, field: int, repetition: int = 0) -> str:
        """A repetition of a field as it was sent, "" where it is not there."""
        if field >= len(self.fields) or repetition >= len(self.fields[field]):
            return ""
        parts = (self.marks[4].join(one) for one in self.fields[field][repetition])
        return self.marks[1].join(parts).rstrip(self.marks[1] + self.marks[4])

    def text(self, field: int, component: int = 1, sub: int = 1, repetition: int = 0) -> str:
        """One value, unescaped and without blanks at its ends; "" where it is not there.

        Two quotes mean "delete it" in HL7; where nothing is known yet that is nothing.
        """
        if field >= len(self.fields) or repetition >= len(self.fields[field]):
            return ""
        components = self.fields[field][repetition]
        if component > len(components) or sub > len(components[component - 1]):
            return ""
        value = components[component - 1][sub - 1].strip()
        place = f"{self.name}-{field}"
        return "" if value == '""' else unescape(value, self.marks, self.charset, place)

    def only(self, field: int, component: int = 1) -> str:
        """One value of a field that may not be repeated."""
        if self.count(field) > 1:
            sentence = "this field stands once: send one value"
            raise MessageRefused(Fault("repeated", f"{self.name}-{field}", sentence, WRONG_TYPE))
        return self.text(field, component)


@dataclass(frozen=True)
class Message:
    """A whole message; `segments[0]` is MSH."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    def named(self, name: str) -> list[Segment]:
        """Every segment of that name, in order."""
        return [one for one in self.segments if one.name == name]

    def one(self, name: str) -> Segment:
        """The only segment of that name; MessageRefused where there are none or several."""
        found = self.named(name)
        if len(found) != 1:
            sentence = f"the message has {len(found)} segments of this name: send exactly one"
            raise MessageRefused(Fault("segment-count", name, sentence, SEQUENCE))
        return found[0]


def read_message(data: bytes, default_charset: str = "ascii") -> Message:
    """The message of these bytes (without a frame); MessageRefused(reject) where they are none."""
    if len(data) > MAX_BYTES:
        raise _reject("too-large", "", f"at most {MAX_BYTES} bytes are read: send less at once")
    marks, charset = _header(data, default_charset)
    try:
        text = data.decode(charset)
    except UnicodeDecodeError:
        sentence = f"a byte is not of the character set {charset}: name the right one in MSH-18"
        raise _reject("charset", "MSH-18", sentence, NOT_IN_TABLE) from None
    if text[-1] not in "\r\n":
        sentence = "the last segment does not end with CR: was the message cut off?"
        raise _reject("cut-off", "", sentence, SEQUENCE)
    return Message(tuple(_segments(_lines(text), marks, charset)))


def header_of(data: bytes) -> list[str]:
    """The fields of MSH as far as they can be told in any bytes: [1] is MSH-1; "" beyond."""
    first = re.split(rb"[\r\n]", data[:4096], maxsplit=1)[0].decode("latin-1")
    if not first.startswith("MSH") or len(first) < 5:
        return [""] * 26
    fields = ["MSH", first[3], *first[4:].split(first[3])]
    return (fields + [""] * 26)[:26]


def unescape(value: str, marks: str, charset: str = "ascii", place: str = "") -> str:
    """A value as it was meant; MessageRefused for an escape without one meaning here."""
    escape = marks[3]
    if escape not in value:
        found = value
    else:
        parts = value.split(escape)
        if len(parts) % 2 == 0:
            raise _escape(place, "an escape is begun and not ended")
        found = "".join(
            part if index % 2 == 0 else _escaped(part, marks, charset, place)
            for index, part in enumerate(parts)
        )
    if len(found) > MAX_VALUE:
        sentence = f"longer than {MAX_VALUE} characters: send less"
        raise MessageRefused(Fault("too-long", place, sentence, WRONG_TYPE))
    if not all(one.isprintable() or one == "\n" for one in found):
        raise _escape(place, "a control character stands in a value")
    return found


def _escaped(word: str, marks: str, charset: str, place: str) -> str:
    marked = {"F": marks[0], "S": marks[1], "R": marks[2], "E": marks[3], "T": marks[4]}
    if word in marked:
        return marked[word]
    if word in _ESCAPED:
        return _ESCAPED[word]
    if re.fullmatch(r"X([0-9A-Fa-f]{2})+", word):
        try:
            return bytes.fromhex(word[1:]).decode(charset).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            raise _escape(place, "an escape in hex is not of the character set") from None
    raise _escape(place, "this escape is not known here")


def _header(data: bytes, default_charset: str) -> tuple[str, str]:
    """(marks, charset) as MSH says them."""
    fields = header_of(data)
    if not fields[0]:
        sentence = "this is no HL7 message: it begins with MSH|^~\\&|"
        raise _reject("not-hl7", "MSH", sentence, SEQUENCE)
    marks = fields[1] + fields[2]
    sound = len(marks) == 5 and len(set(marks)) == 5
    if not sound or any(not 33 <= ord(one) < 127 or one.isalnum() for one in marks):
        sentence = "five different marks separate the parts of a message: send |^~\\&"
        raise _reject("separators", "MSH-2", sentence, WRONG_TYPE)
    named = fields[18].strip()
    charset = default_charset if not named else CHARSETS.get(named, "")
    if not charset:
        known = ", ".join(name for name in CHARSETS if name)
        sentence = f"this character set is not read: send one of {known}"
        raise _reject("charset", "MSH-18", sentence, NOT_IN_TABLE)
    return marks, charset


def _lines(text: str) -> str:
    """Segments that end with CR and nothing else; a file of lines is one, too."""
    text = text.replace("\r\n", "\r")
    if "\r" not in text.rstrip("\r\n"):
        text = text.replace("\n", "\r")
    text = re.sub(r"\r+", "\r", text.strip("\r\n "))
    bad = next(
        (one for one in text if (ord(one) < 32 and one not in "\r\t") or one == "\x7f"), None
    )
    if bad is not None:
        sentence = f"the control character {ord(bad):#04x} stands inside: a segment ends with CR"
        raise _reject("control-character", "", sentence, WRONG_TYPE)
    return text.replace("\t", " ")


def _segments(text: str, marks: str, charset: str) -> Iterator[Segment]:
    if text.count("\r") >= MAX_SEGMENTS:
        raise _reject("too-large", "", f"at most {MAX_SEGMENTS} segments are read: send less")
    parsed = hl7.parse(text)
    if str(parsed).rstrip("\r") != text.rstrip("\r"):
        raise _reject("not-hl7", "", "the message does not read back as it was sent", WRONG_TYPE)
    numbers: dict[str, int] = {}
    for one, line in zip(parsed, text.split("\r"), strict=True):
        name = line[:3]
        if not _NAME.fullmatch(name) or line[3:4] not in ("", marks[0]):
            sentence = "a segment begins with three capitals and the field mark"
            raise _reject("segment-name", name if name.isalnum() else "", sentence, SEQUENCE)
        numbers[name] = numbers.get(name, 0) + 1
        if name == "MSH" and numbers[name] > 1:
            raise _reject("two-messages", "MSH", "one frame holds one message", SEQUENCE)
        yield Segment(name, numbers[name], tuple(map(_field, one)), marks, charset)


def _field(field: object) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """What the library has split, in the one shape that is used here."""
    if not isinstance(field, list):
        return (((str(field),),),)
    return tuple(_components(one) for one in field) or ((("",),),)


def _components(repetition: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(repetition, list):
        return ((str(repetition),),)
    return tuple(_subs(one) for one in repetition) or (("",),)


def _subs(component: object) -> tuple[str, ...]:
    if not isinstance(component, list):
        return (str(component),)
    return tuple(str(one) for one in component) or ("",)


def _escape(place: str, sentence: str) -> MessageRefused:
    return MessageRefused(Fault("escape", place, f"{sentence}: send it plainly", WRONG_TYPE))


def _reject(code: str, place: str, sentence: str, kind: str = WRONG_TYPE) -> MessageRefused:
    return MessageRefused(Fault(code, place, sentence, kind, reject=True))
