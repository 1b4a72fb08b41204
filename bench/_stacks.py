"""The two stacks that bench/barriers.py runs under strace, each serving the same doses.

Responsible for: our whole home in this process with its real journal on a real disk, and a
naive stack (APScheduler with a SQLAlchemy job store, one ORM commit for each event), both
marking in the trace what they are about. Not responsible for counting (barriers.py).

    python -m bench._stacks ours|naive FOLDER ROUNDS
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from controller import events as ev
from controller.chain import Record
from tests.controller.home import EXAMPLE, Home

MARK = "/posology-mark/"  # never exists: asking for it leaves a line in the trace
START = "2026-11-23T05:00:00+00:00"
HOURS = (8, 12, 16, 20)  # local; one tablet each, so each round is one order
LOAD_EVERY = 6  # days
PATIENCE_S = 60.0

Mark = Callable[[str], None]


def mark(what: str) -> None:
    """A line in the trace: what comes now is about this."""
    os.access(MARK + what, os.F_OK)


class Watched(Home):
    """A home that says in the trace which round it serves, and how long its journal takes."""

    record_s = 0.0  # host seconds in the journal, its disk included

    def watch(self) -> None:
        """From now on the time that the journal takes is added up."""
        assert self.controller is not None
        journal = self.controller.journal
        append = journal.append

        def timed(*args: Any, **more: Any) -> list[Record]:
            began = time.perf_counter()
            records = append(*args, **more)
            self.record_s += time.perf_counter() - began
            return records

        vars(journal)["append"] = timed

    def serve(self, number: int) -> float:
        """Until the next round calls, then press, take, return; the journal's seconds."""
        assert self.controller is not None
        mark(f"between-{number}")
        while not any(d.fell_due and d.is_open for d in self.doses.values()):
            self.run(60)
        mark(f"round-{number}")
        before_s = self.record_s
        self.take()
        mark(f"after-{number}")
        return self.record_s - before_s


def plan() -> str:
    """One regimen, four times a day, so that no round has more than one order."""
    text = EXAMPLE.read_text()
    head = text[: text.index("regimens:")]
    times = ", ".join(f"{hour:02d}:00" for hour in HOURS)
    return head + (
        "regimens:\n  - id: one\n    name: One\n    form: tablet\n    strength: 5 mg\n"
        "    ingredients: [one]\n    piece_mg: 500\n    start: 2026-11-20\n    last_taken: never\n"
        f"    steps: [{{take: [{{dose: 1, at: [{times}]}}]}}]\n"
    )


def ours(folder: Path, rounds: int) -> dict[str, object]:
    """Serve the rounds; events per round and what was taken."""
    mark("start")
    home = Watched(folder, START, plan=plan())
    home.install()
    home.watch()
    assert home.controller is not None
    seconds, events = [], []
    for number in range(rounds):
        if number and number % (LOAD_EVERY * len(HOURS)) == 0:
            mark("loading")
            home.load()
        before = home.controller.journal.head[0]
        seconds.append(home.serve(number))
        events.append(home.controller.journal.head[0] - before)
        mark(f"cursor-{number}")  # as when the hub has acknowledged everything
        home.controller.journal.set_acked(home.controller.journal.durable)
    mark("end")
    orders = len(home.events(ev.OrderCommitted))
    closed = [e for e in home.events(ev.DoseClosed) if isinstance(e, ev.DoseClosed)]
    taken = sum(e.outcome == "taken" for e in closed)
    body = [[type(e).__name__, ev.encode(e)] for e in home.events()[-events[-1] :]]
    home.kill_controller()
    return {"orders": orders, "taken": taken, "seconds": seconds, "events": events, "body": body}


# --- the naive stack ---------------------------------------------------------------------------


class Base(DeclarativeBase):
    """Tables of the naive stack."""


class Happened(Base):
    """One event, as an ORM would keep it."""

    __tablename__ = "happened"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(String)


def naive(folder: Path, rounds: int, body: list[tuple[str, object]]) -> dict[str, object]:
    """The same events: a job for each round from the job store, a commit for each event."""
    mark("start")
    engine = create_engine(f"sqlite:///{folder / 'naive.db'}")
    Base.metadata.create_all(engine)
    store = SQLAlchemyJobStore(engine=engine)
    scheduler = BackgroundScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start()
    session = Session(engine)
    seconds = []
    for number in range(rounds):
        RANG.clear()
        mark(f"round-{number}")
        began = time.perf_counter()
        soon = datetime.now(UTC) + timedelta(milliseconds=1)
        scheduler.add_job(ring, "date", run_date=soon, misfire_grace_time=None)
        assert RANG.wait(PATIENCE_S), "the job store never rang"
        for kind, fields in body:
            session.add(Happened(kind=kind, body=json.dumps(fields)))
            session.commit()
        seconds.append(time.perf_counter() - began)
    scheduler.shutdown()
    mark("end")
    return {"orders": rounds, "taken": rounds, "seconds": seconds, "events": [len(body)] * rounds}


RANG = threading.Event()


def ring() -> None:
    """What the job does: by name, so that a job store can keep it."""
    RANG.set()


def main() -> None:
    """Run one stack; one JSON line."""
    which, folder, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if which == "ours":
        print(json.dumps(ours(folder, rounds)))
    else:
        print(json.dumps(naive(folder, rounds, json.loads(sys.stdin.read()))))


if __name__ == "__main__":
    sys.modules["bench._stacks"] = sys.modules["__main__"]  # one RANG for both names
    main()
