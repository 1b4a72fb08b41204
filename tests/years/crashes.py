"""A process that dies at the n-th thing it does to the world, and again while recovering.

Responsible for: counting the effects of the controller's objects and raising at the one
that was drawn. Not responsible for starting it again (life.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Crashed(BaseException):
    """kill -9: nothing in the process may catch this."""


class Crashes:
    """`left`: so many more effects; each counts before and after it."""

    def __init__(self) -> None:
        self.left = 0
        self.then: list[int] = []  # the next counts, for deaths during recovery

    def at(self, effects: int, *then: int) -> None:
        """Die so many effects from now, and then again."""
        self.left, self.then = effects, list(then)

    def calm(self) -> None:
        """Nobody dies any more."""
        self.left, self.then = 0, []

    def watch(self, thing: Any, names: tuple[str, ...]) -> None:
        """Each of these methods of this one object is an effect."""
        for name in names:
            setattr(thing, name, self._counted(getattr(thing, name)))

    def _counted(self, does: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            if not self.left:
                return does(*args, **kwargs)
            self._tick()
            found = does(*args, **kwargs)
            self._tick()
            return found

        return counted

    def _tick(self) -> None:
        if self.left:
            self.left -= 1
            if not self.left:
                self.left = self.then.pop(0) if self.then else 0
                raise Crashed
