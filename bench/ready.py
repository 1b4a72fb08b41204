"""What it costs to be ready: the controller with a journal of one year, beside bare Python.

Responsible for: processor time and memory from the start of the process until the loop could
take its first turn (imports, the whole chain checked, every event folded), measured inside a
fresh process each time. Not responsible for: the cable, the broker, or the page.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from controller import events as ev  # noqa: E402  (run as a file, so the root comes first)
from controller.journal import Journal  # noqa: E402
from hal.wire import codes  # noqa: E402

DAYS = 365
HOURS = (8, 12, 18, 22)
START_S = 1_790_000_000
COMPARTMENTS = 28
RUNS = 7
EMPTY_DAYS = 0

_COST = """
import json, resource
from pathlib import Path
used = resource.getrusage(resource.RUSAGE_SELF)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps({
    "events": events,
    "cpu_ms": round((used.ru_utime + used.ru_stime) * 1000),
    "peak_kb": int(status["VmHWM"].split()[0]),
}))
"""
_BARE = "events = 0" + _COST
_READY = (
    """
import sys
from controller.__main__ import Controller, Gate, Journal, Link
journal = Journal.open(sys.argv[1])
controller = Controller(
    journal, Link(bytes(32)), Gate("home-0001", []),
    version="bench", real_only=False, reporting=False,
)
events = journal.head[0]
"""
    + _COST
)


def year(days: int) -> Iterator[tuple[int, list[ev.Event]]]:
    """The events of a home without trouble: four rounds a day, loaded once a week."""
    opening: list[ev.Event] = [ev.LogOpened("new"), ev.Started("bench"), ev.ClockTrusted(0)]
    yield START_S, opening
    order = 0
    for day in range(days):
        day_s = START_S + day * 86_400
        if day % 7 == 0:
            yield day_s, _service(day)
        for hour in HOURS:
            order += 1
            yield from _round(order, day_s + hour * 3600)


def _service(day: int) -> list[ev.Event]:
    return [
        ev.ServiceOpened(),
        ev.LeaseAccepted(1 + day // 7, "ab" * 16, 1),
        ev.ServiceClosed(),
    ]


def _round(order: int, due_s: int) -> Iterator[tuple[int, list[ev.Event]]]:
    dose, where = f"{order:032x}", order % COMPARTMENTS
    times = (due_s - 1800, due_s, due_s + 1800, due_s + 3600)
    loaded = ev.Loaded(
        where, order, "day", (dose,), ("metformin",), (4,), 1, 500_000, 5000, *times, 7, order,
        "person/ada",
    )  # fmt: skip
    yield due_s - 7200, [ev.Loading(where, "person/ada")]
    yield due_s - 7100, [loaded]
    yield due_s - 1800, [ev.DoseOpened(dose, "metformin", 4, *times)]
    yield due_s, [ev.DoseFellDue(dose), ev.Presented((dose,))]
    yield (
        due_s + 60,
        [
            ev.RoundOffered(order, (where,), (order,), "cd" * 16),
            ev.OrderPrepared(order, order, where, order, (dose,), due_s + 3600),
        ],
    )
    yield due_s + 70, [ev.OrderConsented(order, order, 1), ev.OrderCommitted(order, "ef" * 16, 1)]
    yield due_s + 75, [ev.OrderResolved(order, codes.RELEASED, 0, 1, 500_000, order)]
    yield due_s + 80, [ev.PresentationEnded((dose,), 80), ev.CupLifted(order)]
    closed = ev.DoseClosed(dose, "taken", "retrieved", order)
    yield due_s + 95, [ev.CupCleared(order), closed, ev.RoundEnded(order)]


def write(path: Path, days: int) -> int:
    """A journal of that many days at `path`; how many events it has."""
    journal = Journal.open(path, log_epoch="00112233445566ff")
    for at_s, happened in year(days):
        entries = [(at_s * 1000, ev.kind(event), ev.encode(event)) for event in happened]
        journal.append(entries, barrier=False)
    written = journal.head[0]
    journal.close()
    return written


def measure(program: str, *arguments: str) -> dict[str, int]:
    """Median cost of `program` over RUNS fresh processes; the first one only warms the disk."""
    runs = []
    for _ in range(RUNS + 1):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        runs.append(json.loads(done.stdout))
    return {key: round(statistics.median(run[key] for run in runs[1:])) for key in runs[0]}


def main() -> None:
    """Print the table, then the same as one JSON line."""
    with tempfile.TemporaryDirectory() as folder:
        result = {"bare Python": measure(_BARE)}
        for name, days in (("empty journal", EMPTY_DAYS), ("one year", DAYS)):
            path = Path(folder) / name.replace(" ", "-")
            write(path, days)
            result[name] = measure(_READY, str(path))
    print(f"{'':14} {'events':>8} {'CPU ms':>8} {'peak MB':>8}   median of {RUNS}")
    for name, row in result.items():
        print(f"{name:14} {row['events']:8} {row['cpu_ms']:8} {row['peak_kb'] / 1024:8.1f}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
