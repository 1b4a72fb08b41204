"""`make setup` takes from the system only what is absent, and says what it may not do itself."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.tools.hygiene import ROOT

TOOLS = ("dirname", "touch", "cat", "mkdir", "chmod", "rm", "sh")


class Machine:
    """A bare machine: PATH holds a few tools and stubs that note how they were called."""

    def __init__(self, folder: Path, user: int) -> None:
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.tree = folder / "tree"
        self.bin.mkdir()
        self.calls.touch()
        (self.tree / "tests" / "tools").mkdir(parents=True)
        shutil.copy(ROOT / "tests" / "tools" / "setup.sh", self.tree / "tests" / "tools")
        for tool in TOOLS:
            os.symlink(str(shutil.which(tool)), self.bin / tool)
        self.stub("id", f"echo {user}")

    def stub(self, name: str, body: str) -> None:
        """A program that notes its name and words, then does `body`."""
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.calls}\n{body}\n')
        path.chmod(0o755)

    def python(self, *, with_venv: bool) -> None:
        """python3 that makes a .venv whose python notes its calls, or lacks the module."""
        made = f'printf "#!/bin/sh\\necho pip \\"\\$@\\" >> {self.calls}\\n" > .venv/bin/python'
        venv = f"mkdir -p .venv/bin && {made} && chmod +x .venv/bin/python"
        check = "true" if with_venv else "exit 1"
        self.stub("python3", f'case "$1" in -c) {check};; -m) {venv};; esac')

    def setup(self, which: str) -> tuple[int, str, str]:
        """(exit code, what it said, what it called)."""
        done = subprocess.run(
            [str(self.bin / "sh"), "tests/tools/setup.sh", which],
            cwd=self.tree,
            check=False,
            env={"PATH": str(self.bin)},
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout + done.stderr, self.calls.read_text()


def test_with_venv_present_nothing_is_taken_from_apt(tmp_path: Path) -> None:
    """`make run` needs neither root nor apt where Python can make a venv."""
    machine = Machine(tmp_path, user=1000)
    machine.python(with_venv=True)
    machine.stub("apt-get", "exit 1")

    code, said, called = machine.setup("run")

    assert (0, False) == (code, "apt-get" in called), said
    assert "--require-hashes" in called
    assert (machine.tree / ".venv" / ".run").exists()


def test_without_rights_the_line_to_type_is_printed(tmp_path: Path) -> None:
    """A user without sudo is told what to type; nothing is left half done."""
    machine = Machine(tmp_path, user=1000)
    machine.python(with_venv=False)
    machine.stub("apt-get", "exit 1")

    code, said, called = machine.setup("run")

    assert (1, False) == (code, "apt-get" in called)
    assert "apt-get install -y --no-install-recommends python3-venv" in said
    assert not (machine.tree / ".venv").exists()


def test_root_installs_what_is_missing_and_no_more(tmp_path: Path) -> None:
    """As root the venv package is installed, then the venv is made."""
    machine = Machine(tmp_path, user=0)
    machine.python(with_venv=False)
    old = (machine.bin / "python3").read_text()
    (machine.bin / "python3.better").write_text(old.replace("-c) exit 1", "-c) true"))
    machine.stub(
        "apt-get",
        f'[ "$1" = install ] && cat {machine.bin}/python3.better > {machine.bin}/python3; true',
    )

    code, said, called = machine.setup("run")

    assert 0 == code, said
    assert "apt-get install -y --no-install-recommends python3-venv\n" in called


def test_tests_go_on_without_broker_and_browser(tmp_path: Path) -> None:
    """mosquitto and chromium are asked for; without rights setup still succeeds."""
    machine = Machine(tmp_path, user=1000)
    machine.python(with_venv=True)
    machine.stub("apt-get", "exit 1")
    machine.stub("git", "true")

    code, said, _ = machine.setup("dev")

    assert 0 == code, said
    assert "chromium" in said
    assert (machine.tree / ".venv" / ".dev").exists()


def test_the_validators_of_fhir_are_no_obstacle(tmp_path: Path) -> None:
    """Without npm, without rights: it says so, exits 0, and does not claim that they are there."""
    machine = Machine(tmp_path, user=1000)
    machine.stub("apt-get", "exit 1")
    modules = machine.tree / "tests" / "fhir" / "node_modules"
    modules.mkdir(parents=True)
    (modules / ".ready").touch()

    code, said, _ = machine.setup("validators")

    assert (0, False) == (code, (modules / ".ready").exists())
    assert "nodejs npm" in said and "will say that they need it" in said


def test_the_validators_of_fhir_are_installed_by_their_hashes(tmp_path: Path) -> None:
    """With npm: what the lock file names, no script of a package is run, and it is marked ready."""
    machine = Machine(tmp_path, user=1000)
    for name in ("node", "npm"):
        machine.stub(name, "true")
    modules = machine.tree / "tests" / "fhir" / "node_modules"
    modules.mkdir(parents=True)

    code, _, called = machine.setup("validators")

    assert (0, True) == (code, (modules / ".ready").exists())
    assert "npm ci --prefix tests/fhir --ignore-scripts" in called
