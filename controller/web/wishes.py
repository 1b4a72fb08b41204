"""What a person may wish for, and the line that carries it to the controller.

Responsible for: a closed list of wishes, their fields and limits. Not responsible for
whether a wish is granted: the controller decides. No wish releases a pill.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from controller.web.pick import Json, Object
from controller.web.words import LATE_WORDS, SAID_WORDS, SKIP_WORDS

TEXT_MOST = 80
NAME_MOST = 60
COMPARTMENTS_MOST = 28
PIECES_MOST = 40
VERSION_MOST = 9_999_999

OUTCOMES = ("taken", "missed")
HOW = ("found in the cup", "seen taking it", "by hand", "counted", "not known to be taken")


class NoWish(Exception):
    """Asked for something that is no wish; `code` and a sentence for the person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence


Form = Mapping[str, str]


def wish(verb: str, form: Form) -> Object:
    """The line for the controller's socket; raises NoWish."""
    build = _WISHES.get(verb)
    if build is None:
        raise NoWish("unknown-wish", "There is no such wish.")
    return build(form)


def wishes(verb: str, form: Form) -> list[Object]:
    """As `wish`, where `compartment` may name several, with commas between; raises NoWish."""
    several = form.get("compartment", "").split(",")[: COMPARTMENTS_MOST + 1]
    return [wish(verb, {**form, "compartment": one}) for one in several]


def pseudonym(name: str) -> str:
    """`person/ada-l` for `Ada L.`; raises NoWish where no letter or digit is left."""
    plain = unicodedata.normalize("NFKC", name).strip().lower()[:NAME_MOST]
    slug = re.sub(r"[^\w]+", "-", plain).strip("-_")
    if not slug:
        raise NoWish("no-name", "Please write your name: a named person answers for this.")
    return f"person/{slug}"


def _field(form: Form, key: str) -> str:
    value = form.get(key, "").strip()
    if not value or len(value) > TEXT_MOST:
        raise NoWish("missing-field", f"The field {key} is missing.")
    return value


def _whole(form: Form, key: str, most: int) -> int:
    value = _field(form, key)
    if not value.isascii() or not value.isdigit() or int(value) > most:
        raise NoWish("not-a-number", f"The field {key} must be a whole number up to {most}.")
    return int(value)


def _choice(form: Form, key: str, allowed: tuple[str, ...]) -> str:
    value = _field(form, key)
    if value not in allowed:
        raise NoWish("not-a-choice", f"The field {key} must be one of: {', '.join(allowed)}.")
    return value


def _by(form: Form) -> str:
    return pseudonym(form.get("by", ""))


def _ask(form: Form) -> Object:
    return {"wish": "ask", "regimen": _field(form, "regimen")}


def _settle(form: Form) -> Object:
    return {
        "wish": "settle",
        "dose_id": _field(form, "dose_id"),
        "outcome": _choice(form, "outcome", OUTCOMES),
        "how": _choice(form, "how", HOW),
        "by": _by(form),
    }


def _confirm(form: Form) -> Object:
    """Of what is kept elsewhere: a planned dose, or an as-needed medicine by its regimen."""
    how = _choice(form, "how", tuple(SAID_WORDS))
    key = "regimen" if form.get("regimen") else "dose_id"
    built: Object = {"wish": "confirm", key: _field(form, key), "how": how, "by": _by(form)}
    if not form.get("at"):
        return built
    if not form["at"].isdigit():
        raise NoWish("no-time", "Please write the time as 07:10.")
    return {**built, "at": int(form["at"])}


def _skip(form: Form) -> Object:
    built = _about_dose("skip")(form)
    if not form.get("reason"):
        return built
    return {**built, "reason": _choice(form, "reason", tuple(SKIP_WORDS))}


def _unlock(form: Form) -> Object:
    built: Object = {"wish": "unlock", "by": _by(form)}
    if form.get("version", "").strip():  # after a lost record: which plan is the newest (R1)
        built = {**built, "version": _whole(form, "version", VERSION_MOST)}
    return built


def _about_dose(verb: str) -> Callable[[Form], Object]:
    return lambda form: {"wish": verb, "dose_id": _field(form, "dose_id"), "by": _by(form)}


def _about_alert(verb: str) -> Callable[[Form], Object]:
    return lambda form: {"wish": verb, "alert_id": _field(form, "alert_id"), "by": _by(form)}


def _about_compartment(verb: str) -> Callable[[Form], Object]:
    def build(form: Form) -> Object:
        index = _whole(form, "compartment", COMPARTMENTS_MOST - 1)
        return {"wish": verb, "compartment": index, "by": _by(form)}

    return build


def _emptied(form: Form) -> Object:
    built = _about_compartment("emptied")(form)
    counted = f"pieces-{form['compartment'].strip()}"  # one form holds a field for each
    return {**built, "pieces": _whole({"pieces": form.get(counted, "")}, "pieces", PIECES_MOST)}


def _taken_out(verb: str, field: str, more: Object) -> Callable[[Form], Object]:
    """The pieces of one compartment, counted by the person who took them out.

    `field`: a compartment may stand in several places of one form, each with its own count.
    """

    def build(form: Form) -> Object:
        built = _about_compartment(verb)(form)
        counted = form.get(f"pieces-{field}-{form['compartment'].strip()}", "").strip()
        if not counted:
            raise NoWish("not-counted", "Please count the pieces you took out and write how many.")
        return {**built, "pieces": _whole({"pieces": counted}, "pieces", PIECES_MOST), **more}

    return build


def _hand_out(form: Form) -> Object:
    if not form.get("for", "").strip():
        raise NoWish("no-purpose", "Please write who takes it along, and for what.")
    return {**_taken_out("hand-out", "journey", {})(form), "for": _field(form, "for")}


def _give_late(form: Form) -> Object:
    if not form.get("reason", "").strip():
        raise NoWish("no-reason", "Please say why it is late.")
    reason = _choice(form, "reason", tuple(LATE_WORDS))
    return {**_about_dose("give-late")(form), "reason": reason}


def _loading_done(form: Form) -> Object:
    """With what this person accepts of a new version: one field for each, `pair-1` and on."""
    pairs: list[Json] = [value for key, value in sorted(form.items()) if key.startswith("pair-")]
    built: Object = {"wish": "loading-done", "by": _by(form)}
    return {**built, "pairs": pairs} if pairs else built


def _only_by(verb: str) -> Callable[[Form], Object]:
    return lambda form: {"wish": verb, "by": _by(form)}


_WISHES: dict[str, Callable[[Form], Object]] = {
    "ask": _ask,
    "settle": _settle,
    "skip": _skip,
    "confirm": _confirm,
    "not-taken": _about_dose("not-taken"),
    "acknowledge": _about_alert("acknowledge"),
    "resolve": _about_alert("resolve"),
    "loading": _about_compartment("loading"),
    "loaded": _about_compartment("loaded"),
    "verify": _about_compartment("verify"),
    "emptied": _emptied,
    "by-hand": _taken_out("by-hand", "now", {}),
    "was-by-hand": _taken_out("by-hand", "was", {"done": True}),
    "give-late": _give_late,
    "hand-out": _hand_out,
    "confirm-clock": _only_by("confirm-clock"),
    "loading-done": _loading_done,
    "unlock": _unlock,
    "service-move": _only_by("service-move"),
}
