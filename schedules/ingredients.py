"""Two spellings of one ingredient: salts, esters, other countries' names.

Responsible for: the plain name under which ingredients are compared. Not responsible for what
follows from two being the same (checks/duplicates.py, checks/interactions.py), and no list of
medicines: a name that is not known here is compared as it is written.
"""

import re
import unicodedata
from functools import lru_cache

# Words of salts, esters and hydrates: they change the weight, not what it does.
# Source: the usual pharmaceutical names (INN modified names); American and British spellings.
SALTS = frozenset(
    [
        "acetate",
        "aceponate",
        "adipate",
        "anhydrous",
        "arginine",
        "aspartate",
        "axetil",
        "benzoate",
        "besilate",
        "besylate",
        "bisulfate",
        "bisulphate",
        "bitartrate",
        "bromide",
        "calcium",
        "camsilate",
        "carbonate",
        "chloride",
        "choline",
        "cilexetil",
        "citrate",
        "dihydrate",
        "dihydrochloride",
        "dimesylate",
        "dipropionate",
        "disodium",
        "disoproxil",
        "edisylate",
        "erbumine",
        "esilate",
        "estolate",
        "ethylsuccinate",
        "etexilate",
        "fumarate",
        "furoate",
        "gluconate",
        "hcl",
        "hemihydrate",
        "hydrobromide",
        "hydrochloride",
        "hydrogen",
        "iodide",
        "lactate",
        "lysine",
        "magnesium",
        "malate",
        "maleate",
        "medoxomil",
        "meglumine",
        "mesilate",
        "mesylate",
        "mofetil",
        "monohydrate",
        "napsilate",
        "napsylate",
        "nitrate",
        "oxalate",
        "oxide",
        "palmitate",
        "pamoate",
        "phosphate",
        "pivoxil",
        "potassium",
        "propionate",
        "proxetil",
        "sodium",
        "stearate",
        "strontium",
        "succinate",
        "sulfate",
        "sulphate",
        "tartrate",
        "tosilate",
        "tosylate",
        "trihydrate",
        "trometamol",
        "tromethamine",
        "valerate",
        "zinc",
    ]
)
# Elements that are medicines themselves: two salts of one need not be a mistake.
ELEMENTS = frozenset(
    [
        "aluminium",
        "calcium",
        "iron",
        "lithium",
        "magnesium",
        "potassium",
        "sodium",
        "strontium",
        "zinc",
    ]
)
# One substance, two names (INN first, then what else it is called).
SYNONYMS = {
    "acetaminophen": "paracetamol",
    "alendronate": "alendronic",
    "amphetamine": "amfetamine",
    "cholestyramine": "colestyramine",
    "dextroamphetamine": "dexamfetamine",
    "ibandronate": "ibandronic",
    "methamphetamine": "metamfetamine",
    "risedronate": "risedronic",
    "acetylsalicylic": "aspirin",
    "acetylsalicylate": "aspirin",
    "asa": "aspirin",
    "adrenaline": "epinephrine",
    "albuterol": "salbutamol",
    "aluminum": "aluminium",
    "amoxycillin": "amoxicillin",
    "bendrofluazide": "bendroflumethiazide",
    "cephalexin": "cefalexin",
    "cholecalciferol": "colecalciferol",
    "clavulanate": "clavulanic",
    "cyclosporin": "ciclosporin",
    "cyclosporine": "ciclosporin",
    "dipyrone": "metamizole",
    "ferric": "iron",
    "ferrous": "iron",
    "frusemide": "furosemide",
    "glyburide": "glibenclamide",
    "isoproterenol": "isoprenaline",
    "l-thyroxine": "levothyroxine",
    "lignocaine": "lidocaine",
    "meperidine": "pethidine",
    "metamizol": "metamizole",
    "oestradiol": "estradiol",
    "phenobarbitone": "phenobarbital",
    "rifampin": "rifampicin",
    "sulfasalazin": "sulfasalazine",
    "sulphasalazine": "sulfasalazine",
    "thyroxine": "levothyroxine",
    "torsemide": "torasemide",
    "valproic": "valproate",
    "divalproex": "valproate",
}
ACID = frozenset(("acid", "acidum"))
LONG = 7  # letters: two names as long as this that differ in one are perhaps one name


@lru_cache(maxsize=8192)
def plain(name: str) -> str:
    """The name without salts, case and accents: `Metoprolol-Succinate` is metoprolol."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    if folded in SYNONYMS:
        return SYNONYMS[folded]
    words = [SYNONYMS.get(word, word) for word in re.split(r"[^a-z0-9]+", folded) if word]
    if not words:
        return name
    kept = [word for word in words if word not in SALTS]
    if len(kept) > 1:
        kept = [word for word in kept if word not in ACID]
    return "-".join(kept) if kept else words[0]


def alike(first: str, second: str) -> bool:
    """Whether two plain names differ in one letter of one long word: metformin, metformine."""
    words = list(zip(first.split("-"), second.split("-"), strict=False))
    other = [pair for pair in words if pair[0] != pair[1]]
    if first.count("-") != second.count("-") or len(other) != 1:
        return False
    short, long = sorted(other[0], key=len)
    if len(short) < LONG or len(long) - len(short) > 1:
        return False
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    return long[at + 1 :] == (short[at + 1 :] if len(long) == len(short) else short[at:])
