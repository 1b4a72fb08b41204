"""The production controller without what nobody in these homes looks at all the time.

Responsible for: building the page's snapshot only when somebody asks for it, and compiling
a plan that was compiled before in this run only once. Not responsible for anything that is
decided, journaled or sent: all of that is the production code as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import Any, Final

from controller import agenda, plans
from controller.brief import brief
from controller.events import Json
from controller.facts import Facts
from controller.loop import Controller
from hal.wire import frame
from schedules import seal
from schedules.canonical import canonical, from_canonical
from schedules.model import Plan
from schedules.rows import compile_rows


class Shown(Mapping[str, Json]):
    """What a page or a report would be told, computed as far as somebody reads it."""

    def __init__(
        self, brief: Callable[[], Mapping[str, Json]], whole: Callable[[], Mapping[str, Json]]
    ) -> None:
        self._brief, self._whole = cache(brief), cache(whole)

    def __getitem__(self, name: str) -> Json:
        brief = self._brief()
        return brief[name] if name in brief else self._whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())


class Lean(Controller):
    """Draws its snapshot when asked, and no more of it."""

    _shown: Mapping[str, Json] = MappingProxyType({})

    def _snapshot(self, facts: Facts) -> dict[str, Json]:
        whole = partial(super()._snapshot, facts)
        self._shown = Shown(whole if self.fault else partial(brief, self.state, facts), whole)
        return {}

    @property
    def snapshot(self) -> Any:
        """What the page would show."""
        return self._shown

    @snapshot.setter
    def snapshot(self, value: dict[str, Json]) -> None:
        """The loop sets it anew with every change."""


_FORMER: Final[list[tuple[Any, str, Any]]] = []


def once() -> None:
    """From now on in this process equal plans are compiled once, frames are stuffed faster."""
    if _FORMER:
        return
    read = lru_cache(maxsize=16)(from_canonical)  # a pure function of the signed bytes
    for module, name, quick in (
        (seal, "compiled", _Once(seal.compiled)),
        (seal, "from_canonical", read),
        (agenda, "from_canonical", read),
        (plans, "compile_rows", _Once(compile_rows)),
        (frame, "stuff", stuff),
    ):
        _FORMER.append((module, name, getattr(module, name)))
        setattr(module, name, quick)


def as_it_was() -> None:
    """The end of `once`: whoever comes next in this process may bring other zone data."""
    while _FORMER:
        module, name, former = _FORMER.pop()
        setattr(module, name, former)


def stuff(data: bytes) -> bytes:
    """The bytes of frame.stuff; made of many small objects, which a board has no room for."""
    runs = data.split(b"\0")
    if max(map(len, runs)) >= frame.BLOCK:
        return _STUFF(data)
    return b"".join([_CODES[len(run)] + run for run in runs])


_STUFF: Final = frame.stuff
_CODES: Final = tuple(bytes((n + 1,)) for n in range(frame.BLOCK))


class _Once:
    """A pure function of a plan that remembers its last answers."""

    def __init__(self, of: Any) -> None:
        self.of = of
        self._ask = lru_cache(maxsize=16)(self._compute)
        self._plans: dict[bytes, Plan] = {}

    def __call__(self, plan: Plan) -> Any:
        key = canonical(plan)
        self._plans = {key: plan}
        return copy(self._ask(key))

    def _compute(self, key: bytes) -> Any:
        return self.of(self._plans[key])
