"""What the controller wants and says, as pure functions of what it knows.

Responsible for: the Desired sentence, the signal at the patient's side, the
lease on offer and the next instant at which time alone changes something. Not
responsible for deciding (decide.py) or sending (link.py).
"""

from __future__ import annotations

from typing import Final

from controller.agenda import between
from controller.alarms import CALM_S
from controller.facts import Facts
from controller.rules import cup as cup_rules
from controller.rules.ahead import AHEAD_S, VISIT_S
from controller.rules.doses import ALONE_S, FINISH_S, over, round_doses
from controller.rules.elsewhere import calling
from controller.rules.holdpoints import next_s
from controller.rules.lease import build_lease
from controller.rules.limits import free_at, room_at
from controller.rules.rounds import RETRY_S, digest
from controller.rules.verdicts import NO_VERDICT_S
from controller.state import Order, State
from hal.wire import codes
from hal.wire.messages import Desired
from schedules.model import DAY_S

LOOK_S: Final = 3600  # standing conditions are looked at at least this often
ALARM_SEVERITY: Final = 3
UNTOLD_S: Final = 30  # while nobody has heard of a doubt it is looked at this often


def desired(state: State, facts: Facts) -> Desired:
    """What is asked of the board in this turn; state, not a command."""
    d = Desired()
    order = state.order
    if order is not None and order.stage != "resolved":
        _ask_for(d, state, order)
    d.signal = signal(state, facts)
    for fill in state.fills.values():
        by_hand = fill.state == "spent" and fill.code == "by-hand"
        if by_hand or fill.state in ("held", "loading"):
            d.hold_mask |= 1 << fill.compartment
        # nobody needs to be called for it any more (R19), and the board never releases it (R9)
        if by_hand or over(state, facts, fill):
            d.settled_mask |= 1 << fill.compartment
    d.settled_lease = state.lease_no
    if state.service_move:
        d.flags |= codes.D_SERVICE_MOVE
    # also a clock that shows the right time but has lost trust: only setting it gives that back
    wrong = abs(facts.board_utc_s - facts.utc_s) > 1 or not facts.flag(codes.F_CLOCK_SET)
    if state.service and state.loading_done and wrong:
        d.set_clock_s = facts.utc_s - codes.EPOCH_2020_S
    return d


def _ask_for(d: Desired, state: State, order: Order) -> None:
    d.order = order.order
    d.compartment = order.compartment
    d.fill = order.fill
    d.not_after_s = order.not_after - codes.EPOCH_2020_S
    d.round = order.round
    d.digest = bytes.fromhex(digest(order.doses))
    going = state.round
    if going is not None and going.round == order.round:
        d.round_orders = len(going.fills)
        d.round_digest = bytes.fromhex(going.digest)
    if order.stage == "withdrawn" or (order.stage == "committed" and order.refusal):
        d.stage = codes.RESOLVE
    elif order.stage == "committed":
        d.stage = codes.START
        d.boot_epoch = order.boot_epoch
        d.head = bytes.fromhex(order.head)
    else:
        d.stage = codes.PREPARE


def signal(state: State, facts: Facts) -> int:
    """Lamp and tone: the most pressing thing for the person in front of the machine."""
    cup = state.cup
    if cup is not None and not cup.lifted_at:
        lying = [state.doses[d] for d in cup.doses if d in state.doses]
        if any(d.stage == "released" for d in lying):
            return codes.TAKE  # once the window is over nobody is told to take it any more
    offered = [
        d for d in (state.doses[i] for i in round_doses(state)) if d.stage in ("open", "ordered")
    ]
    apart = calling(state, facts)
    if offered and (state.service or stands_against(state, facts)):
        offered = []
    if any(d.warned for d in (*offered, *apart)):
        return codes.WARN
    if apart or any(d.fell_due for d in offered):
        return codes.CALL
    if offered:
        return codes.READY
    loud = [
        a for a in state.alerts.values() if a.severity >= ALARM_SEVERITY and not a.acknowledged_by
    ]
    return codes.ALARM if loud else codes.QUIET


def stands_against(state: State, facts: Facts) -> int:
    """Why pressing would lead to nothing now, as a code of the machine; 0: it may be pressed.

    What a person can mend at once (the cup) is no reason to stop calling.
    """
    if facts.board is None:
        return codes.BOARD_SILENT
    order = state.order
    refusal = order.refusal if order is not None and order.stage == "prepared" else 0
    return refusal if refusal and codes.cause(refusal) == codes.MACHINE else 0


def lease(state: State, facts: Facts) -> bytes | None:
    """The lease on offer: only while a person holds the service switch and has finished."""
    if not (state.service and state.loading_done):
        return None
    offered = build_lease(state, facts)
    assert offered is None or offered.lease_no > state.lease_no
    return offered.pack() if offered else None


def busy(state: State) -> bool:
    """An order that may be in motion: the cable is watched every 250 ms."""
    return state.order is not None and state.order.stage == "committed"


def doubt_untold(state: State, facts: Facts) -> bool:
    """Time cannot be told, and nobody has heard of it yet."""
    silent = facts.clock_reason == "board-silent"
    code = "board-silent" if silent else "clock-untrusted"
    return all(alert.code != code for alert in state.alerts.values())


def deadline(state: State, facts: Facts) -> int:
    """The next instant (Unix s) at which time alone may change something."""
    now = facts.utc_s
    due = [now + LOOK_S]
    for d in state.doses.values():
        if d.is_open:
            due += [d.due_at, d.warn_at, d.close_at, d.close_at + FINISH_S, d.close_at + ALONE_S]
            due += [d.close_at + ALONE_S + cup_rules.UNSEEN_S, d.refused_at + RETRY_S]
            # a gap or a cap that ends inside the window opens it then, not an hour later
            due.append(free_at(state, state.plan_envelope, d.regimen, facts.early_s))
            due.append(room_at(state, state.plan_envelope, d.regimen, d.quarters, facts.early_s))
    if state.plan_envelope:
        ahead = between(state.plan_envelope, now, now + DAY_S)
        due += [x for d in ahead[:8] for x in (d.open_at, d.due_at)]
        due.append(next_s(state.plan_envelope, facts.early_s))  # told when it is reached
    if state.cup is not None:
        due += [
            state.cup.released_at + cup_rules.GRACE_S,
            state.cup.lifted_at + cup_rules.AWAY_S,
        ]
    if state.order is not None and state.order.stage == "committed":
        due.append(state.order.committed_at + NO_VERDICT_S)
    due += [state.board_seen_s + 30, state.clock_since_s + 60]
    if facts.clock_reason == "board-silent" and facts.silent_s < ALONE_S:
        due.append(now + ALONE_S - facts.silent_s)
    if "board-silent" in state.alerts and facts.board is not None:
        due.append(now + max(1, CALM_S - facts.heard_s))
    limits = (AHEAD_S, VISIT_S)  # what bars the next round is told once it has stood so long
    due += [now + limit - stood for _, stood in facts.troubles for limit in limits]
    if not facts.clock_trusted and doubt_untold(state, facts):
        due.append(now + UNTOLD_S)  # those instants may lie years ahead of a clock that went back
    if facts.unacked_since_s:
        due.append(facts.unacked_since_s + facts.settings.reports_wait_s)
    # once by our clock, and once more by the clock that is behind it
    lag = facts.utc_s - facts.early_s if facts.clock_trusted else 0
    later = [x for at in due for x in (at, at + lag) if x > now]
    return min(later)
