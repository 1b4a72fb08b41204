"""A controller's state as a small number: the same number exactly where all futures are the same.

Responsible for: which fields of a state a future hangs on, and comparing them by value, each
object once. Not responsible for what else a component is made of (control.py).
"""

from __future__ import annotations

from controller.state import State

_PLAIN = (int, str, bytes, bool, type(None))


class Numbers:
    """Values numbered exactly, in the order they were met; the values themselves are kept."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._known: dict[int, int] = {}  # by identity: an object is looked at once
        self._kept: list[object] = []  # so that no identity is given away again

    def of(self, thing: object, value: object = None) -> int:
        """The number of `value` (or of the thing itself), remembered for this very object."""
        found = self._known.get(id(thing))
        if found is None:
            key = thing if value is None else value
            found = self._numbers.setdefault(key, len(self._numbers))
            self._known[id(thing)] = found
            self._kept.append(thing)
        return found

    def known(self, thing: object) -> int | None:
        """The number of this very object, None: it was never looked at."""
        return self._known.get(id(thing))


class States:
    """Numbers for states of the controller."""

    def __init__(self) -> None:
        self._states = Numbers()
        self._fields = Numbers()

    def of(self, state: State | None) -> int:
        """The number of a state, -1: there is none."""
        if state is None:
            return -1
        found = self._states.known(state)
        return self._states.of(state, self._value(state)) if found is None else found

    def _value(self, state: State) -> tuple[object, ...]:
        """Left out: what is only shown, and instants that count only in doubt.

        When an alert was raised and a round was offered is shown to people and read by no rule.
        """
        found: list[object] = []
        fields = self._fields
        for name, value in state.__dict__.items():
            if (
                name == "now_s"
                or (name == "clock_since_s" and state.clock_trusted)
                or (name == "board_seen_s" and state.board_joined)
            ):
                continue
            if isinstance(value, _PLAIN):
                found.append((name, value))
                continue
            number = fields.known(value)
            if number is None:
                number = fields.of(value, _content(state, name, value))
            found.append(number)
        return tuple(found)


def _content(state: State, name: str, value: object) -> object:
    """What of one field is compared."""
    if name == "alerts":
        return name, frozenset((a.alert_id, a.acknowledged_by) for a in state.alerts.values())
    if name == "round" and state.round is not None:
        r = state.round
        return name, (r.round, r.compartments, r.fills, r.digest, r.done, r.started)
    return name, frozenset(value.items()) if isinstance(value, dict) else value
