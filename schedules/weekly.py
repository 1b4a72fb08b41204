"""Medicines that are never taken daily: the built-in list behind `weekly_only`.

Responsible for: which regimens are guarded though nobody said so, each with its source. Not
responsible for the refusal itself (check_rows.py), nor complete: a pharmacist says
`weekly_only: yes` for everything else that is taken once a week at most.
"""

import re
from dataclasses import dataclass

_MASS = re.compile(r"([0-9]+(?:[.,][0-9]+)?) ?(mg|g|ug|mcg|µg)\b")
_UG = {"g": 1_000_000, "mg": 1000, "ug": 1, "mcg": 1, "µg": 1}
_ORAL = ("tablet", "capsule", "liquid", "powder")
_PEN = ("injection",)


@dataclass(frozen=True)
class Weekly:
    """An ingredient by how its names begin, its forms, and the pieces (ug) that are weekly."""

    names: tuple[str, ...]
    forms: tuple[str, ...]
    pieces_ug: tuple[int, ...]  # empty: every strength
    source: str


GUARDED = (
    # Daily oral methotrexate has killed again and again; ISMP asks for a hard stop in software.
    Weekly(
        ("methotrexat",),
        _ORAL,
        (),
        "ISMP Targeted Medication Safety Best Practices for Hospitals, best practice 2; "
        "MHRA Drug Safety Update, September 2020",
    ),
    # Only these tablets are weekly: 5 and 10 mg are taken daily, 40 mg daily in Paget's disease.
    Weekly(("alendron",), _ORAL, (35_000, 70_000), "label of alendronate (FDA), dosage"),
    # 5 and 30 mg are taken daily; 75 mg on two days running, once a month; 150 mg monthly.
    Weekly(("risedron",), _ORAL, (35_000, 150_000), "label of risedronate (FDA), dosage"),
    # 2.5 mg was taken daily, 150 mg is monthly.
    Weekly(("ibandron",), _ORAL, (150_000,), "label of ibandronate (FDA), dosage"),
    # The 90 mg capsule is the weekly one.
    Weekly(("fluoxetin",), ("capsule",), (90_000,), "label of fluoxetine delayed release (FDA)"),
    # Tablets of semaglutide are daily, the pens are weekly.
    Weekly(("semaglutid", "dulaglutid", "tirzepatid"), _PEN, (), "labels (FDA), dosage"),
)


def is_weekly(
    name: str,
    form: str,
    ingredients: tuple[str, ...],
    amounts: tuple[tuple[str, int], ...],
    strength: str,
) -> bool:
    """Whether the list guards this medicine: by an ingredient, or by how its name begins."""
    told = (*ingredients, name.lower())
    pieces = {amount for _, amount in amounts} | _amounts_in(f"{strength} {name}")
    return any(
        form in one.forms
        and any(word.startswith(begin) for word in told for begin in one.names)
        and (not one.pieces_ug or bool(pieces & set(one.pieces_ug)))
        for one in GUARDED
    )


def _amounts_in(text: str) -> set[int]:
    """Every amount that a text names, in micrograms."""
    found = set()
    for value, unit in _MASS.findall(text):
        whole, _, part = value.replace(",", ".").partition(".")
        found.add(int(whole) * _UG[unit] + int(f"{part:0<6}"[:6]) * _UG[unit] // 1_000_000)
    return found
