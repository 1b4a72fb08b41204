"""Ground truth: where every piece is, since when, and through whom it left.

Responsible for: the ledger of fills and pieces that later proofs read. Nothing in it is ever
shown to board or controller. Not for motion (tray.py, gate.py) or timing of a fall (chute.py).
"""

from dataclasses import dataclass, field

COMPARTMENT = "compartment"
FALLING = "falling"  # left the compartment, not yet at rest
CUP = "cup"
GONE = "gone"  # left with the lifted cup, or by hand
LOST = "lost"  # in the machine or beside the cup
LOADER = "loader"  # taken out again by the person who loads

LIFTED, BY_HAND = "lifted", "by hand"  # through whom a piece left


@dataclass(eq=False)  # two equal pieces are still two
class Piece:
    """One tablet or capsule."""

    mg: int
    fill: int  # number of the fill it came with
    place: str = COMPARTMENT
    fell_ms: int | None = None  # left the compartment through the hole
    gone_ms: int | None = None
    by: str = ""  # lifted | by hand | beside the cup | ...
    stays: bool = False  # clings to its compartment (mishap)


@dataclass
class Fill:
    """What a person put into one compartment in one go."""

    number: int
    compartment: int
    label: str
    put_ms: int
    pieces: list[Piece] = field(default_factory=list)


class Ledger:
    """All fills ever put, newest last."""

    def __init__(self) -> None:
        self.fills: list[Fill] = []
        self.in_compartment: dict[int, list[Piece]] = {}
        self.in_cup: list[Piece] = []
        self.lifted: list[Piece] = []  # what the last lift carried away and may bring back

    def put(self, compartment: int, pieces_mg: list[int], label: str, now_ms: int) -> Fill:
        """A person lays pieces into a compartment (even into one that is not empty)."""
        fill = Fill(len(self.fills) + 1, compartment, label, now_ms)
        fill.pieces = [Piece(mg, fill.number) for mg in pieces_mg]
        self.fills.append(fill)
        self.in_compartment.setdefault(compartment, []).extend(fill.pieces)
        return fill

    def take_out(self, compartment: int, count: int, place: str, by: str, now_ms: int) -> int:
        """Take up to `count` pieces out by hand; the number really taken."""
        held = self.in_compartment.get(compartment, [])
        taken, rest = held[:count], held[count:]
        for piece in taken:
            piece.place, piece.by = place, by
            if place == GONE:
                piece.gone_ms = now_ms
        self.in_compartment[compartment] = rest
        return len(taken)

    def let_go(self, compartment: int, piece: Piece, now_ms: int) -> None:
        """The piece leaves its compartment through the hole."""
        self.in_compartment[compartment].remove(piece)
        piece.place, piece.fell_ms = FALLING, now_ms

    def land(self, piece: Piece, in_cup: bool, by: str) -> None:
        """A falling piece comes to rest."""
        piece.place, piece.by = (CUP, "") if in_cup else (LOST, by)
        if in_cup:
            self.in_cup.append(piece)

    def leave_cup(self, count: int, by: str, now_ms: int) -> int:
        """Up to `count` pieces leave the cup; the number that did."""
        leaving, self.in_cup = self.in_cup[:count], self.in_cup[count:]
        for piece in leaving:
            piece.place, piece.gone_ms, piece.by = GONE, now_ms, by
        if by == LIFTED:
            self.lifted = leaving
        return len(leaving)

    def back_into_cup(self, count: int) -> int:
        """Up to `count` pieces of the last lift come back with the cup; the number that did."""
        back, self.lifted = self.lifted[:count], []
        for piece in back:
            piece.place, piece.gone_ms, piece.by = CUP, None, ""
        self.in_cup.extend(back)
        return len(back)

    def cup_mg(self) -> int:
        """True weight of the pieces in the cup."""
        return sum(piece.mg for piece in self.in_cup)

    def save(self) -> list[dict[str, object]]:
        """Plain values for JSON."""
        return [
            {
                "number": f.number,
                "compartment": f.compartment,
                "label": f.label,
                "put_ms": f.put_ms,
                "pieces": [dict(vars(p)) for p in f.pieces],
            }
            for f in self.fills
        ]

    def load(self, rows: list[dict[str, object]]) -> None:
        """Take back what `save` gave."""
        self.fills, self.in_cup, self.lifted, self.in_compartment = [], [], [], {}
        for row in rows:
            fields = dict(row)
            pieces = [Piece(**p) for p in fields.pop("pieces")]  # type: ignore[attr-defined]
            fill = Fill(pieces=pieces, **fields)  # type: ignore[arg-type]
            self.fills.append(fill)
            for piece in pieces:
                if piece.place == COMPARTMENT:
                    self.in_compartment.setdefault(fill.compartment, []).append(piece)
                elif piece.place == CUP:
                    self.in_cup.append(piece)
