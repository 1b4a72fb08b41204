"""What the hub has stored, as one JSON object: for the demonstration, tests and audits.

Responsible for: reading a store, live or closed, and counting. Not responsible for
judging the counts. Everything is counted anew from the stored events, up to the cursor.
"""

import json
import os
from pathlib import Path

from controller.canonical import Json
from fleet.store import Store
from fleet.view import Household


def summarise(path: Path | str) -> dict[str, Json]:
    """The summary of the store at `path`; may be asked for while a watcher writes to it."""
    if not Path(path).exists():
        raise FileNotFoundError(path)
    store = Store(path)
    try:
        return of(store)
    finally:
        store.close()


def of(store: Store) -> dict[str, Json]:
    """The summary of an open store; its shape is in README.md."""
    devices: dict[str, dict[str, Json]] = {}
    homes: dict[str, Household] = {}
    logs: dict[str, list[dict[str, Json]]] = {}
    for device, epoch, acked, _ in store.logs():
        home = homes.setdefault(device, Household())
        for doc in store.read(device, epoch, 0, acked):
            home.apply(doc)
        cursor = store.cursor(device, epoch)
        logs.setdefault(device, []).append(
            {
                "log_epoch": epoch,
                "stored": store.stored(device, epoch),
                "contiguous": acked,
                "head": cursor.head,
            }
        )
    heard = store.heard()
    for device, home in homes.items():
        devices[device] = {
            "logs": logs[device],
            "stored": sum(_count(log, "stored") for log in logs[device]),
            "contiguous": sum(_count(log, "contiguous") for log in logs[device]),
            "kinds": dict(sorted(home.kinds.items())),
            "doses": home.outcomes(),
            "closed_twice": sum(dose.times_closed > 1 for dose in home.doses.values()),
            "settled": sum(dose.settled for dose in home.doses.values()),
            "alerts_raised": home.raised,
            "alerts_resolved": home.resolved,
            "alerts_open": sorted(
                alert_id for alert_id, alert in home.alerts.items() if not alert.resolved
            ),
            "last_heard": heard.get(device, ""),
        }
    forks, dead_letters = store.counts()
    return {"schema": 1, "devices": devices, "forks": forks, "dead_letters": dead_letters}


def write(store: Store, path: Path) -> None:
    """Put the summary into a file, which is replaced as a whole, never half."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps(of(store), indent=1) + "\n")
    os.replace(beside, path)


def _count(log: dict[str, Json], name: str) -> int:
    value = log[name]
    assert isinstance(value, int)
    return value
