"""`make demo`: a week of one home in about a minute, judged by what the pieces did.

Responsible for: playing the script on the stage, telling the reader what happens, and
the one JSON line at the end. Not responsible for the script (week.py), the people
(cast.py), the machines (stage.py) or the judgement (judge.py). Exit code 0 only if every
invariant held and every report arrived.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from controller.home import week
from controller.home.cast import Cast
from controller.home.furnish import PLAN_FILE
from controller.home.judge import Verdict, judge
from controller.home.orders import chosen
from controller.home.places import HomeRefused, Places
from controller.home.stage import Casting, Stage
from controller.home.switches import one_of, whole
from controller.journal import Journal
from fleet.brokers import BrokerMissing
from fleet.store import Store
from hal.sim.runtime import NoRuntime
from schedules.model import Plan, PlanRefused
from schedules.planfile import parse_plan

HASHED: Final = frozenset(
    (
        "DoseOpened", "DoseFellDue", "DoseWarned", "DoseClosed", "DoseSettled", "TakenLate",
        "AskedGranted", "AskedRefused", "OrderCommitted", "OrderResolved",
        "AlertRaised", "AlertAcknowledged", "AlertResolved",
    )
)  # fmt: skip
DAYS_MOST: Final = 90
DRAIN_LOOKS: Final = 400
DRAIN_MS: Final = 30_000  # simulated, per look

Trouble: TypeAlias = Callable[[Stage], AbstractContextManager[object]]


@dataclass(frozen=True)
class Wanted:
    """What the person asked for."""

    plan: Plan
    start: datetime  # local
    script: tuple[week.Beat, ...]
    days: int
    casting: Casting
    note: str = ""


def main(argv: Sequence[str]) -> int:
    """0: all held. 1: something broke. 2: it could not be played."""
    try:
        wanted = wanted_of(os.environ)
        with home_folder(os.environ) as folder:
            line = play(wanted, folder)
    except (BrokerMissing, HomeRefused, NoRuntime, PlanRefused) as why:
        print(f"demo: {why}", file=sys.stderr)
        return 2
    print(json.dumps(line, sort_keys=True), flush=True)
    return 0 if line["ok"] else 1


@contextmanager
def home_folder(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where journal, hub and logs lie: KEEP, where they stay, or a folder that goes again."""
    kept = environ.get("KEEP", "")
    if kept:
        yield Path(kept).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="posology-demo-") as folder:
        yield Path(folder)


def wanted_of(environ: Mapping[str, str]) -> Wanted:
    """From BROKER, SEED, DAYS, PLAN and START; HomeRefused, PlanRefused."""
    casting = Casting(
        one_of(environ, "BROKER", ("nats", "mosquitto", "none")),
        whole(environ, "SEED", 1, 0, 2**32 - 1),
    )
    days = whole(environ, "DAYS", week.DAYS, 1, DAYS_MOST)
    path = environ.get("PLAN", "")
    if path:
        plan, start, note = chosen(path, environ.get("START", ""), days)
        return Wanted(plan, start, (week.WEEK[0],), days, casting, note)
    plan = parse_plan(PLAN_FILE.read_text(encoding="utf-8"))
    script = tuple(beat for beat in week.WEEK if beat.day <= days)
    return Wanted(plan, week.START, script, days, casting)


def play(wanted: Wanted, folder: Path, trouble: Trouble = nullcontext) -> dict[str, Any]:
    """Play it all, with `trouble` around the week; the last line, `ok` and why not in it."""
    began = time.monotonic()
    places = Places(folder)
    places.settle(fresh=True)
    start_s = int(wanted.start.replace(tzinfo=ZoneInfo(wanted.plan.zone)).timestamp())
    stage = Stage(places, wanted.plan, start_s, wanted.casting)
    if wanted.note:
        print(wanted.note)
    print(
        f"demo: {wanted.days} simulated days, seed {wanted.casting.seed}, "
        f"firmware on {stage.firmware.runtime}, broker {wanted.casting.broker}",
        flush=True,
    )
    try:
        stage.open()
        cast = Cast(stage, wanted.casting.seed)
        with trouble(stage):
            until_s = _week(stage, cast, wanted)
        drained = _drain(stage)
        line = _judged(stage, cast, wanted, until_s, drained)
    finally:
        stage.close()
        places.leave()
    print(f"demo: done in {time.monotonic() - began:.0f} s")
    return line


def _week(stage: Stage, cast: Cast, wanted: Wanted) -> int:
    """Play the beats; returns the instant by which every window has closed."""
    first = wanted.start.strftime("%H:%M")
    for beat in week.beats(wanted.script, wanted.days):
        at_s = week.instant(wanted.start, wanted.plan.zone, beat)
        if beat.day == 1 and beat.at < first:
            continue
        cast.run_to(max(at_s, stage.now_s))
        if beat.what != "errands":
            _say(stage, wanted.plan.zone, beat.what)
        beat.act(cast)
        if beat.what == "errands":
            _progress(stage, wanted.plan.zone)
    end = wanted.start.replace(hour=0, minute=0) + timedelta(days=wanted.days)
    until_s = int(end.replace(tzinfo=ZoneInfo(wanted.plan.zone)).timestamp())
    cast.run_to(until_s)
    cast.caregiver.visit()
    cast.run_to(until_s + 4000)  # lazily written events become durable within the hour
    return until_s


def _say(stage: Stage, zone: str, what: str) -> None:
    local = datetime.fromtimestamp(stage.now_s, UTC).astimezone(ZoneInfo(zone))
    print(f"  {local:%a %H:%M}  {what}", flush=True)


def _progress(stage: Stage, zone: str) -> None:
    shown = stage.look()
    counts = Counter(d["outcome"] or d["state"] for d in shown.get("doses", []))
    words = ", ".join(f"{n} {word}" for word, n in sorted(counts.items()))
    reports = shown.get("events", {})
    _say(
        stage, zone,
        f"({words}; {reports.get('written')} events, {reports.get('acked')} at the hub)",
    )  # fmt: skip


def _drain(stage: Stage) -> bool:
    """Until the hub has stored every event; False where there is no broker."""
    if stage.broker is None:
        return False
    for _ in range(DRAIN_LOOKS):
        reader = Journal.reader(stage.places.journal)
        drained = reader.head[0] == reader.acked
        reader.close()
        if drained:
            return True
        stage.run_ms(DRAIN_MS)
    return False


def _judged(
    stage: Stage, cast: Cast, wanted: Wanted, until_s: int, drained: bool
) -> dict[str, Any]:
    truth = stage.world.truth()
    stage.controller.end()
    reader = Journal.reader(stage.places.journal)
    records = list(reader.all())
    documents = (
        _documents(stage)
        if stage.broker
        else [{"kind": r.kind, "at_ms": r.at_ms, **r.body} for r in records]
    )
    in_force = [r.at_ms // 1000 for r in records if r.kind == "PlanInForce"]
    verdict = (
        judge(wanted.plan, truth, documents, in_force[0], until_s)
        if in_force
        else Verdict(["the plan never came into force"])
    )
    written, acked = records[-1].number, reader.acked
    stored = len(documents) if stage.broker else 0
    if stage.broker is not None:
        verdict.rule(drained and written == acked == stored, "not every event reached the hub")
    for sentence in verdict.broken:
        print(f"demo: BROKEN: {sentence}")
    return {
        "ok": not verdict.broken,
        "seed": wanted.casting.seed,
        "days": wanted.days,
        "runtime": stage.firmware.runtime,
        "doses": dict(sorted(verdict.outcomes.items())),
        "doses_total": sum(verdict.outcomes.values()),
        "max_releases_per_dose": max(verdict.releases.values(), default=0),
        "alerts_raised": sum(r.kind == "AlertRaised" for r in records),
        "alerts_resolved": sum(r.kind == "AlertResolved" for r in records),
        "events_written": written,
        "events_acknowledged": acked,
        "events_at_hub": stored,
        "event_hash": event_hash(records),
        "loader_visits": cast.loader.visits,
        "settled_by_a_person": cast.caregiver.settled,
        "controller_starts": stage.controller.starts,
        "board_boots": truth["boots"],
        "broken": len(verdict.broken),
    }


def _documents(stage: Stage) -> list[dict[str, Any]]:
    """What the hub has stored, in order."""
    store = Store(stage.places.store)
    try:
        return [
            dict(doc)
            for device, epoch, acked, _ in store.logs()
            for doc in store.read(device, epoch, 0, acked)
        ]
    finally:
        store.close()


def event_hash(records: Sequence[Any]) -> str:
    """SHA-256 over (kind, dose_id, simulated instant) of dose and alert events."""
    digest = hashlib.sha256()
    for record in records:
        if record.kind in HASHED:
            subject = record.body.get("dose_id") or record.body.get("alert_id") or ""
            digest.update(f"{record.kind}|{subject}|{record.at_ms}\n".encode())
    return digest.hexdigest()[:32]
