"""What must hold, each as one named function with the sentence that it proves.

Responsible for: comparing the world's ground truth, the board's durable memory and the
controller's journal. Not responsible for reaching states (explore.py). Each function returns
what it found broken, starting with the invariant's name. What no state of this model can show
is in `ELSEWHERE`, with the test that shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from controller import events as ev
from controller.rules.doses import ALONE_S
from firmware.cycle import tick
from hal.wire import codes
from tests.model.scene import Loaded, Scene

if TYPE_CHECKING:
    from controller.facts import Facts
    from controller.state import State
    from tests.model.board import BoardState
    from tests.model.control import Audit, ControlState
    from tests.model.machine import Firmware, ModelWorld

AWAY_S: Final = 900  # a lifted cup may stay away so long
GRACE_S: Final = 120  # what fell just before the close, or was just heard of
FINISH_S: Final = 120  # a round that was started in time may finish (R14)

ELSEWHERE: Final = {
    "I4": "tests/controller/test_shell_journal.py, test_hostile_record.py: the chain",
    "I5": "tests/report: nothing is lost between journal and hub, with real brokers killed",
    "I10": "tests/schedules/test_seal.py, tests/controller/test_plans.py: signatures, versions",
    "I11": "tests/controller/test_swarm.py: healing, then every due dose is given; here only "
           "that an end is reachable from every state",
    "I13": "tests/report/test_documents.py: nothing that names a person or a medicine",
    "I20": "tests/schedules/test_properties.py, tests/controller/test_plans.py: no hole in a plan",
}  # fmt: skip


# --- the ground truth of one fill --------------------------------------------------------------


def truth(w: ModelWorld, scene: Scene) -> tuple[tuple[Any, ...], ...]:
    """For each loaded fill: times exposed, phases of falling, phases of leaving, pieces in cup."""
    found = []
    for f in scene.fills:
        exposed = [e for e in w.chute.exposures if e["compartment"] == f.compartment]
        pieces = w.ledger.fills[f.fill - 1].pieces
        found.append(
            (
                len(exposed),
                tuple(_when(p.fell_ms, w) for p in pieces if p.fell_ms is not None),
                tuple(_when(p.gone_ms, w) for p in pieces if p.gone_ms is not None),
                sum(p.place == "cup" for p in pieces),
            )
        )
    return tuple(found)


def _when(ms: int, w: ModelWorld) -> int:
    return w.phase if ms > 1000 else ms


# --- at the board: after every turn, and at rest -----------------------------------------------


def step(w: ModelWorld, fw: Firmware, scene: Scene) -> list[str]:
    """Everything that is judged at the instant of a motion."""
    broken: list[str] = []
    for what, where, order in w.moved:
        if what == "drive" and where == 0 and order.state != codes.STARTED:
            continue  # home, behind the closed gate
        if what == "gate" and not where:
            continue
        fill = next((f for f in scene.fills if f.compartment == order.compartment), None)
        broken += i6_durable_before_motion(what, where, order)
        broken += i2_window(w, scene, fill, order, what)
        broken += i18_contents(w, scene, fill, order)
        broken += r14_consent(w, order)
        if what == "drive":
            broken += i15_cup(w, scene, order)
    broken += h30_no_hazard(w)
    return broken


def i6_durable_before_motion(what: str, where: int, order: Any) -> list[str]:
    """I6: nothing turns to a compartment before START is durable, no gate opens unmarked."""
    if order.state != codes.STARTED:
        return [f"I6: {what} {where} while the memory says {order.state}"]
    if what == "gate" and not order.exposed:
        return ["I6: the gate opens and the memory does not say so"]
    return []


def i2_window(w: ModelWorld, scene: Scene, fill: Loaded | None, order: Any, what: str) -> list[str]:
    """I2: no motion for a dose outside its window by true time (a begun round may finish)."""
    if fill is None:
        return ["I2: motion for a compartment that nobody loaded"]
    now = scene.times[w.phase]
    begins = what == "drive" and order.number == order.round
    inside = fill.open_at <= now < fill.close_at + (0 if begins else FINISH_S)
    return [] if inside else [f"I2: motion {now - fill.close_at} s after the close"]


def i18_contents(w: ModelWorld, scene: Scene, fill: Loaded | None, order: Any) -> list[str]:
    """I18: a compartment is exposed only as it was loaded: fill, door count, tray."""
    same = fill is not None and order.fill == fill.fill
    same = same and w.door_count == scene.doors and w.tray.index == scene.tray
    return [] if same else ["I18: motion for contents that nobody vouches for"]


def r14_consent(w: ModelWorld, order: Any) -> list[str]:
    """I2, R14: no motion without a press in this boot, after PREPARE, with no lift since."""
    broken = [] if w.agreed == order.round else ["R14: motion without consent"]
    if order.number <= w.void:
        broken.append("R14: motion for an order of an earlier boot")
    return broken


def i15_cup(w: ModelWorld, scene: Scene, order: Any) -> list[str]:
    """I15: before a release the cup is there and holds nothing but this round's pieces."""
    if not w.cup.present:
        return ["I15: motion without a cup"]
    first = order.number == order.round
    return ["I15: motion over a cup with a former round"] if first and w.ledger.in_cup else []


def h30_no_hazard(w: ModelWorld) -> list[str]:
    """H30: the drive is never switched on while the gate or the door is open."""
    ours = [str(h["what"]) for h in w.hazards if "door opened" not in str(h["what"])]
    return [f"H30: {what}" for what in ours]  # a door opened in motion is a person's doing


def rest(w: ModelWorld, fw: Firmware, scene: Scene) -> list[str]:
    """Everything that is judged when the board has come to rest."""
    return i1_once(w, scene) + i16_alone(w, fw, scene)


def i1_once(w: ModelWorld, scene: Scene) -> list[str]:
    """I1: a fill is exposed at most once, so a dose is released at most once."""
    return [
        f"I1: compartment {f.compartment} exposed {row[0]} times"
        for f, row in zip(scene.fills, truth(w, scene), strict=True)
        if row[0] > 1
    ]


def i16_alone(w: ModelWorld, fw: Firmware, scene: Scene) -> list[str]:
    """I16: a board that hears nobody while a window is open raises the alarm by itself."""
    ledger, now = fw.mind.ledger, scene.times[w.phase]
    answered = ledger.spent | ledger.settled
    waiting = any(
        f.open_at <= now < f.close_at and not answered >> f.compartment & 1 for f in scene.fills
    )
    silent = fw.heard == 1 and waiting
    return ["I16: alone in a window, and no alarm"] if silent and w.lamp_shows != 5 else []


# --- at the controller: every transaction ------------------------------------------------------


def transaction(before: State, facts: Facts, happened: list[ev.Event], scene: Scene) -> list[str]:
    """Everything that is judged when the controller writes, but I3, which needs the journal."""
    broken: list[str] = []
    for event in happened:
        if isinstance(event, ev.DoseClosed):
            broken += i3b_alert(event, happened)
            broken += i19_anchor(event, facts, before)
        elif isinstance(event, ev.OrderPrepared | ev.OrderCommitted):
            broken += i9_locked(before, facts)
            broken += i14_trusted(before, facts)
            if isinstance(event, ev.OrderCommitted):
                broken += i8_own_gap(before, facts, scene)
        elif isinstance(event, ev.Locked) and event.reason != "board-store-missing":
            broken.append(f"lock: {event.reason}")
        elif isinstance(event, ev.DoseSettled) and event.by != "board":
            broken += i3_person(event, before)
    return broken


def i3_write_once(event: ev.DoseClosed, audit: Audit) -> list[str]:
    """I3: the outcome of a dose is written once."""
    again = any(dose == event.dose_id for dose, _, _ in audit.closed)
    return ["I3: a second outcome"] if again else []


def i3_person(event: ev.DoseSettled, before: State) -> list[str]:
    """I3: only what is uncertain is settled, by a named person."""
    d = before.doses.get(event.dose_id)
    sound = d is not None and d.stage == "uncertain" and bool(event.by)
    return [] if sound else ["I3: settled what was not in doubt"]


def i3b_alert(event: ev.DoseClosed, happened: list[ev.Event]) -> list[str]:
    """I3b, I21: missed, held and uncertain carry their alert in the same transaction."""
    if event.outcome not in ("missed", "held", "uncertain"):
        return []
    told = any(isinstance(e, ev.AlertRaised) and e.dose_id == event.dose_id for e in happened)
    return [] if told else [f"I3b: {event.outcome} and nobody is told in the same transaction"]


def i9_locked(before: State, facts: Facts) -> list[str]:
    """I9: a locked controller, or one that does not know its board's journal, orders nothing."""
    return ["I9: an order while locked"] if before.locked or not facts.head_known else []


def i14_trusted(before: State, facts: Facts) -> list[str]:
    """I14: an order only on a trusted clock, never before the newest trusted instant."""
    sound = before.clock_trusted and facts.clock_trusted and facts.utc_s >= before.floor_s
    return [] if sound else ["I14: an order on a clock in doubt"]


def i8_own_gap(before: State, facts: Facts, scene: Scene) -> list[str]:
    """I8: the controller keeps gaps by its own journal, whatever the board would refuse."""
    assert before.order is not None
    mine = [before.doses[name] for name in before.order.doses]
    for r in before.releases:
        for d in mine:
            near = not r.lifted_at or facts.early_s - r.lifted_at < scene.gaps[d.regimen]
            if r.regimen == d.regimen and r.dose_id != d.dose_id and near:
                return ["I8: the controller commits inside the gap"]
    return []


def i19_anchor(event: ev.DoseClosed, facts: Facts, before: State) -> list[str]:
    """I19: no outcome by itself while the board knows a head that our chain does not hold."""
    if facts.head_known or event.how == "journal-lost":
        return []
    return ["I19: an outcome although the board knows another journal"]


def settled_down(state: State, facts: Facts, scene: Scene) -> list[str]:
    """I3: when its window and every grace are over, a dose has its outcome."""
    if not (facts.clock_trusted or facts.clock_reason == "board-silent"):
        return []
    late = [
        d
        for d in state.doses.values()
        if d.is_open and d.stage != "committed" and facts.utc_s >= scene.over(d.dose_id)
    ]
    if facts.board is None and facts.silent_s < ALONE_S:
        late = []  # a process that has just begun waits for the board's clock
    cup = state.cup
    if cup is not None:  # what lies together is judged together, at the last close
        last_s = max((scene.over(name) for name in cup.doses), default=0)
        late = [d for d in late if d.dose_id not in cup.doses or facts.utc_s >= last_s]
    if cup is not None and facts.utc_s < max(cup.lifted_at + AWAY_S, cup.released_at + GRACE_S):
        late = [d for d in late if d.stage != "released"]  # it may still come back, or be taken
    opened = {name for f in scene.fills for name in f.doses} <= set(state.doses)
    broken = [f"I3: {d.stage} long after the window" for d in late]
    last = facts.utc_s >= scene.times[-1] and facts.clock_trusted
    if last and not opened:
        broken.append("I3: a dose was never opened")
    return broken


# --- both together -----------------------------------------------------------------------------


def i6_committed(order: int, durable: Audit) -> list[str]:
    """I6: when START is durable at the board, COMMIT is durable in the journal."""
    return [] if order in durable.committed else ["I6: motion for an order never committed"]


def pair(c: ControlState, b: BoardState, scene: Scene) -> list[str]:
    """Everything that journal and ground truth must agree on, in every single state."""
    broken: list[str] = []
    if c.state is None:
        return broken
    for f, row in zip(scene.fills, b.truth, strict=True):
        for dose_id in f.doses:
            broken += i3a_no_lie(c, b, dose_id, f, row)
        broken += i12_balance(c, f, row)
    broken += i17_intake(b, scene)
    return broken


def i3a_no_lie(
    c: ControlState, b: BoardState, dose_id: str, f: Loaded, row: tuple[Any, ...]
) -> list[str]:
    """I3a: taken means all gone with the cup, held, skipped and not-asked-for that nothing fell."""
    assert c.state is not None
    _, fell, gone, _ = row
    broken: list[str] = []
    for dose, outcome, how in c.audit.closed:
        if dose != dose_id or any(dose == x for x, _, _ in c.audit.settled):
            continue
        what = f"{outcome}({how})"
        if outcome == "taken" and len(gone) != f.pieces:
            broken.append(f"I3a: {what}, gone {len(gone)} of {f.pieces}")
        elif (outcome in ("held", "skipped") or how == "not-asked-for") and fell:
            broken.append(f"I3a: {what}, and {len(fell)} fell")
        elif how == "left-in-cup":
            if len(fell) != f.pieces:
                broken.append(f"I3a: {what}, and {len(fell)} fell")
            known = dose_id in c.audit.late or c.lifts < b.lifts
            known = known or (b.lift_dead and c.state.cup is not None)  # seen when it is back
            if gone and not known:
                broken.append(f"I3a: {what}, gone, and nothing to correct it")
    return broken


def i12_balance(c: ControlState, f: Loaded, row: tuple[Any, ...]) -> list[str]:
    """I12: what fell is neither loaded nor uncounted, unless its order is under way.

    R2: it counts for gap and cap, whatever its outcome, also one that a person has given it.
    """
    assert c.state is not None
    fill, order = c.state.fills.get(f.compartment), c.state.order
    under_way = order is not None and order.stage == "committed" and order.fill == f.fill
    if under_way or not row[1] or (c.audit.older and not c.state.answered):
        return []  # an older copy knows nothing until the board has told its head
    broken: list[str] = []
    if fill is not None and fill.state == "loaded":
        broken.append("I12: the journal says loaded, and it fell")
    if not set(f.doses) <= {r.dose_id for r in c.state.releases}:
        broken.append("I12: it fell, and nothing counts it")
    return broken


def i17_intake(b: BoardState, scene: Scene) -> list[str]:
    """I8, I17: pieces of one medicine never fall closer than its gap, counted from the lift."""
    broken: list[str] = []
    fallen = [(min(row[1]), row, f) for f, row in zip(scene.fills, b.truth, strict=True) if row[1]]
    fallen.sort(key=lambda one: one[0])
    for i, (_, row, f) in enumerate(fallen):
        for later, _, g in fallen[i + 1 :]:
            shared = set(f.regimens) & set(g.regimens)
            if not shared:
                continue
            gap = min(scene.gaps[r] for r in shared)
            before = [p for p in row[2] if p <= later]
            if row[3] or len(before) < len(row[1]):
                broken.append("I17: the next fell while the last was not gone")
            elif scene.times[later] - scene.times[max(before)] < gap:
                broken.append("I17: the next fell inside the gap")
    return broken


assert tick(0) > 0
