"""What a person may ask for, and the events it leads to, or a refusal with a reason.

Responsible for: the one list of verbs of the local socket. There is no verb that releases a
pill: consent is pressed on the board. Not responsible for who the person is (the web's
sign-in, an authorised key): `by` is written down as given and must not be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from controller import events as ev
from controller.events import Json
from controller.facts import Facts
from controller.state import State
from controller.wishes import asking, byhand, confirm, doses, loading, people
from controller.wishes.arguments import Refused as Refused
from controller.wishes.asking import may_ask as may_ask


def grant(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """The events a wish leads to; raises Refused."""
    verb = wish.get("wish")
    handler = _VERBS.get(verb) if isinstance(verb, str) else None
    if handler is None:
        raise Refused("unknown-wish", f"Nothing is called {verb!r}. Known: {', '.join(_VERBS)}.")
    return handler(state, facts, wish)


_VERBS: Final[dict[str, Callable[[State, Facts, Mapping[str, Json]], list[ev.Event]]]] = {
    "ask": asking.ask,
    "settle": doses.settle,
    "skip": doses.skip,
    "confirm": confirm.confirm,
    "not-taken": confirm.not_taken,
    "give-late": doses.give_late,
    "hand-out": doses.hand_out,
    "acknowledge": people.acknowledge,
    "resolve": people.resolve,
    "confirm-clock": people.confirm_clock,
    "repair-clock": people.repair_clock,
    "by-hand": byhand.by_hand,
    "loading": loading.loading,
    "loaded": loading.loaded,
    "emptied": loading.emptied,
    "verify": loading.verify,
    "loading-done": loading.loading_done,
    "service-move": people.service_move,
    "unlock": people.unlock,
}
