"""Medicine that is kept outside the machine, as a person meets it on the page.

Responsible for: which of it waits for a person, what it is and where. Pure. Not responsible for
what is written down (the controller decides) or for drawing it (templates/apart.html).
"""

from controller.web import words
from controller.web.snapshot import Dose

SAYABLE = ("open", "missed", "held")


def calls(dose: Dose, now_s: int) -> bool:
    """Its time has come, nothing stands against it, and nobody has said that it was taken."""
    waits = dose.elsewhere and dose.state == "open" and not dose.not_before
    return waits and dose.due_at <= now_s < dose.close_at


def may_say(dose: Dose) -> bool:
    """Whether a person's word on it is wanted still."""
    return dose.elsewhere and not dose.said and (dose.outcome or dose.state) in SAYABLE


def what_and_where(dose: Dose) -> tuple[str, str]:
    """`20 ml Paracetamol syrup`, and `from the fridge`."""
    what = f"{words.amount(dose.quarters, dose.unit)} {dose.name}"
    return what, words.KEPT_WORDS.get(dose.kept, "")
