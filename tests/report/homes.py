"""One home and one hub for the report tests: real journal, real reporter, real watcher process."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from controller.canonical import Json
from controller.journal import Journal
from controller.report.reporter import ReportConfig, Reporter

KEY = bytes(range(32))
ROOT = Path(__file__).parents[2]
START_MS = 1_800_000_000_000
PATIENCE_S = 40.0  # a bound, never a wait: everything below ends as soon as it can
Body = dict[str, Json]
Found = TypeVar("Found")


class Home:
    """A device with its journal; `tell` journals events and pumps."""

    def __init__(self, folder: Path, port: int, device: str = "home-1") -> None:
        self.journal = Journal.open(folder / f"{device}.journal")
        self.snapshot: Mapping[str, Json] = {"mode": "ready", "alerts": []}
        self._config = ReportConfig(device, KEY, "127.0.0.1", port, retry_max_s=0.5)
        self.reporter = self._reporter()
        self.now_ms = START_MS

    def restart(self) -> None:
        """The controller process dies and another one opens the same journal."""
        self.reporter.stop()
        self.reporter = self._reporter()

    def tell(self, *events: tuple[str, Body]) -> None:
        """Journal these events, a second apart."""
        for kind, body in events:
            self.now_ms += 1000
            self.journal.append([(self.now_ms, kind, body)], barrier=True)
        self.pump()

    def tell_doses(self, count: int) -> None:
        """Journal so many doses that fell due."""
        first = self.journal.head[0]
        bodies: list[Body] = [{"dose_id": f"{first + i:032x}"} for i in range(count)]
        self.tell(*(("DoseFellDue", body) for body in bodies))

    def pump(self) -> None:
        """One turn of the loop."""
        self.reporter.pump(self.now_ms, self.snapshot)

    def fault(self) -> str:
        """What the reporter holds against its own journal, after one more turn."""
        self.pump()
        return self.reporter.fault

    def drain(self) -> bool:
        """Wait until the hub has everything."""
        self.pump()
        return self.reporter.wait_drained(PATIENCE_S)

    def close(self) -> None:
        """End the home."""
        self.reporter.stop()
        self.journal.close()

    def _reporter(self) -> Reporter:
        reporter = Reporter(self._config, self.journal, lambda: None)
        reporter.start()
        return reporter


class Hub:
    """`python -m fleet.watch` as a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.store = folder / "hub.sqlite"
        self._said = folder / "hub.out"
        self._key = folder / "hub.key"
        self._key.write_text(KEY.hex())
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        """Start it; it connects by itself."""
        command = [sys.executable, "-m", "fleet.watch", "--broker", f"127.0.0.1:{self._port}"]
        command += ["--hub-key", str(self._key), "--store", str(self.store), "--retry-max", "0.5"]
        with self._said.open("ab") as out:
            self._process = subprocess.Popen([*command, *more], cwd=ROOT, stdout=out)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(PATIENCE_S)
        self._process = None
        return code

    def said(self) -> list[str]:
        """All lines it has printed so far."""
        return self._said.read_text().splitlines() if self._said.exists() else []

    def await_line(self, part: str) -> str:
        """The first printed line that contains `part`; fails after a bound."""
        return until(lambda: next((line for line in self.said() if part in line), None))

    def summary(self) -> dict[str, Json]:
        """What `--report` prints."""
        command = [sys.executable, "-m", "fleet.watch", "--store", str(self.store), "--report"]
        found: dict[str, Json] = json.loads(subprocess.check_output(command, cwd=ROOT))
        return found


def until(ask: Callable[[], Found | None]) -> Found:
    """The first answer that is neither None nor False; fails after a bound."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = ask()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come about")
