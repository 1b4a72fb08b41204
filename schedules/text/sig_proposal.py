"""What an instruction in words is proposed as: parts of a regimen, and what a person has to add.

Responsible for: the document that `propose` prints, which is no plan. Not responsible for reading
(sig.py).
"""

from dataclasses import dataclass, field

from schedules.schema import Document

SCHEMA = "posology-proposal/1"


@dataclass
class Proposal:
    """What the words say, in the words of a plan file, and what a pharmacist has to add."""

    text: str
    language: str
    reads: str = ""  # said back in words; "" where the amount is missing
    regimen: dict[str, Document] = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)  # read into the words: to be confirmed
    noted: list[str] = field(default_factory=list)  # understood, but no part of a plan
    missing: list[str] = field(default_factory=list)  # a plan needs it, the words do not say it

    def document(self) -> dict[str, Document]:
        """The proposal as a document that no command takes for a plan."""
        found: dict[str, Document] = {
            "schema": SCHEMA,
            "text": self.text,
            "language": self.language,
        }
        if self.reads:
            found["reads"] = self.reads
        found["regimen"] = self.regimen
        for key, lines in (
            ("missing", self.missing),
            ("assumed", list(dict.fromkeys(self.assumed))),
            ("noted", self.noted),
        ):
            if lines:
                found[key] = list[Document](lines)
        return found
