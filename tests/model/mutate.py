"""Break production code on purpose, in a fresh process, before anything imports it.

Responsible for: replacing named text of named modules while they are loaded, failing loudly
where the text is not there exactly once. Not responsible for which text (mutants.py, named.py).
As a pytest plugin (`-p tests.model.mutate`) it takes the mutant's name from MUTANT.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType

from tests.model.mutants import Edit
from tests.model.named import MUTANTS


class PatchFailed(BaseException):
    """The text to be replaced is gone, or the module was imported before."""


class _Loader(importlib.machinery.SourceFileLoader):
    """Source with some text replaced."""

    edits: tuple[Edit, ...] = ()

    def get_code(self, fullname: str) -> CodeType:
        """The code of the changed source; nothing is cached."""
        text = self.get_data(self.path).decode()
        for edit in self.edits:
            if text.count(edit.old) != 1:
                raise PatchFailed(f"{fullname}: {text.count(edit.old)} times {edit.old!r}")
            text = text.replace(edit.old, edit.new)
        return compile(text, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds modules that are to be changed."""

    def __init__(self, edits: tuple[Edit, ...]) -> None:
        self.edits = edits

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's own spec with the changing loader."""
        edits = tuple(e for e in self.edits if e.module == fullname)
        if not edits:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.origin is None:
            raise PatchFailed(f"no module {fullname}")
        loader = _Loader(fullname, spec.origin)
        loader.edits = edits
        spec.loader = loader
        return spec


def install(name: str) -> None:
    """From now on this process imports the mutant."""
    edits = MUTANTS[name].edits
    for edit in edits:
        if edit.module in sys.modules:
            raise PatchFailed(f"{edit.module} is imported already")
    sys.meta_path.insert(0, _Finder(edits))
    for edit in edits:
        __import__(edit.module)


if os.environ.get("MUTANT"):
    install(os.environ["MUTANT"])
