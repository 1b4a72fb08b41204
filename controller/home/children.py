"""The processes of a simulated home: started, watched, restarted, and all of them ended.

Responsible for: a child ends with this process whatever happens to it, one that dies is
started again after a bounded pause and that is said, and nothing else is ever signalled.
Not responsible for what the children are or in which order they come: run.py says that.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

PAUSE_FIRST_MS = 500
PAUSE_LAST_MS = 15_000
CALM_MS = 60_000  # alive for so long: the next death starts from the first pause again
STOP_MS = 5_000  # from "please end" to the end
LOG_BYTES_MAX = 4_000_000  # a log is begun anew above this
LAST_WORDS = 12  # lines of a log shown when a child does not come up
PR_SET_PDEATHSIG = 1

Say = Callable[[str], None]


def _ends_with_parent(parent: int) -> Callable[[], None]:
    """What the child does before exec: ask the kernel to be ended when we are gone."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def before_exec() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return before_exec


def shown(path: Path) -> str:
    """A path as a person would type it from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


class Child:
    """One process under one name, across its restarts."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        cwd: Path,
        log: Path,
        environ: Mapping[str, str],
        relayed: bool = False,
        follows: "Child | None" = None,
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        self.name = name
        self.restarts = 0
        self._follows = follows  # when that one comes back, this one begins anew as well
        self._followed = 0
        self._prepare = prepare  # what has to be there before each of its lives
        self.relay: IO[bytes] | None = None
        self._command = list(command)
        self._cwd = cwd
        self._log = log
        self._environ = dict(environ)
        self._relayed = relayed
        self._process: subprocess.Popen[bytes] | None = None
        self._started_ms = 0
        self._pause_ms = PAUSE_FIRST_MS
        self._due_ms: int | None = None

    @property
    def pid(self) -> int | None:
        """The id of the living process, None between two lives."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, now_ms: int) -> None:
        """Begin a life; its words go to the log (and to `relay`, if asked for)."""
        self._due_ms = None
        self._started_ms = now_ms
        self._prepare()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._log.exists() and self._log.stat().st_size > LOG_BYTES_MAX
        with self._log.open("wb" if fresh else "ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._cwd,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self._relayed else log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_ends_with_parent(os.getpid()),
            )
        self.relay = self._process.stdout

    def step(self, now_ms: int, say: Say) -> int | None:
        """Notice a death, start again when its pause is over; when to be called next, if at all."""
        if self._due_ms is not None:
            if now_ms < self._due_ms:
                return self._due_ms
            self.restarts += 1
            self.start(now_ms)
            return None
        if self._follows is not None and self._follows.restarts != self._followed:
            self._followed = self._follows.restarts
            self.ask_to_end()
        if self._process is None or self._process.poll() is None:
            return None
        if now_ms - self._started_ms >= CALM_MS:
            self._pause_ms = PAUSE_FIRST_MS
        why = self._process.returncode
        word = f"signal {-why}" if why < 0 else f"exit code {why}"
        pause = f"{self._pause_ms / 1000:g} s"
        say(f"{self.name} ended ({word}); again in {pause}, see {shown(self._log)}")
        self._due_ms = now_ms + self._pause_ms
        self._pause_ms = min(2 * self._pause_ms, PAUSE_LAST_MS)
        return self._due_ms

    def ask_to_end(self) -> None:
        """SIGTERM to the living process; no effect on a dead one."""
        if self.pid is not None and self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def end(self) -> bool:
        """Wait for the end, SIGKILL after STOP_MS; False if it had to be killed."""
        if self._process is None:
            return True
        try:
            self._process.wait(STOP_MS / 1000)
            return True
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            return False

    def last_words(self) -> str:
        """The end of the log, for a message that helps."""
        if not self._log.exists():
            return ""
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-LAST_WORDS:])


class Children:
    """All processes of the home, in the order they were started."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._all: list[Child] = []

    def __iter__(self) -> Iterator[Child]:
        return iter(self._all)

    def start(self, child: Child, now_ms: int) -> Child:
        """Start one more and keep it alive from now on."""
        child.start(now_ms)
        self._all.append(child)
        return child

    def step(self, now_ms: int) -> int | None:
        """Look after every one; the earliest instant to be called again, None for never."""
        wakes = [child.step(now_ms, self._say) for child in self._all]
        return min((wake for wake in wakes if wake is not None), default=None)

    def end(self) -> None:
        """End all, last started first; returns when none is left."""
        for child in reversed(self._all):
            child.ask_to_end()
            if not child.end():
                self._say(f"{child.name} had to be killed")
        self._all.clear()
