"""Snapshots and views to show: one ordinary day of one simulated home.

Responsible for: building the objects that controller and house send, at named moments.
Not responsible for sending them (stage.py).
"""

from datetime import UTC, datetime

from controller.web.pick import Json, Object

ZONE = "Europe/Berlin"
DUE_S = int(datetime(2026, 11, 21, 7, 0, tzinfo=UTC).timestamp())  # 08:00 in Berlin
HOUR_S = 3600
PLAN = ((0, "Metformin 500 mg", "metformin"), (0, "Amlodipine 5 mg", "amlodipine"),
        (4.5, "Vitamin D", "vitamin-d"), (10.5, "Metformin 500 mg", "metformin"),
        (14, "Simvastatin 20 mg", "simvastatin"))  # fmt: skip


def dose(day: int, hours: float, name: str, regimen: str, outcome: str = "") -> Object:
    """One dose, `hours` after 08:00 of `day`."""
    due = DUE_S + day * 86400 + int(hours * HOUR_S)
    return {
        "dose_id": f"{regimen}-{day}-{int(hours * 10)}", "regimen_id": regimen, "name": name,
        "quarters": 4, "due_at": due, "close_at": due + HOUR_S, "state": outcome or "planned",
        "outcome": outcome, "how": "retrieved" if outcome == "taken" else "", "by": "",
    }  # fmt: skip


def doses() -> list[Json]:
    """Yesterday taken, today and tomorrow to come."""
    return [
        dose(day, hours, name, regimen, "taken" if day < 0 else "")
        for day in (-1, 0, 1)
        for hours, name, regimen in PLAN
    ]


def round_(stage: str) -> Object:
    """This morning's round in `stage`."""
    return {
        "doses": [
            {"dose_id": "metformin-0-0", "regimen_id": "metformin", "name": "Metformin 500 mg",
             "pieces": 1, "state": "open"},
            {"dose_id": "amlodipine-0-0", "regimen_id": "amlodipine", "name": "Amlodipine 5 mg",
             "pieces": 1, "state": "open"},
        ],
        "open_at": DUE_S - 1800, "due_at": DUE_S, "warn_at": DUE_S + 1800,
        "close_at": DUE_S + HOUR_S, "stage": stage,
    }  # fmt: skip


def compartments() -> list[Json]:
    """Two spent, the next ones loaded, two empty at the end."""
    states = ["spent"] * 2 + ["loaded"] * 24 + ["empty"] * 2
    return [
        {"index": i, "state": state, "fill": i + 1, "doses": [], "pieces": 0}
        for i, state in enumerate(states)
    ]


def snapshot(at_s: int = DUE_S - 40, **changes: Json) -> Object:
    """The controller's word at `at_s`; `changes` replace top-level fields."""
    whole: Object = {
        "at_ms": at_s * 1000, "trusted": True, "clock_reason": "", "zone": ZONE,
        "local_now": "", "mode": "ready", "lock_reason": "", "link": "fresh",
        "net": {"connected": True, "unacked": 0},
        "plan": {"version": 3, "valid_until": DUE_S + 60 * 86400, "patient": "P-17"},
        "signal": "ready", "say": "", "next": {"due_at": DUE_S, "doses": 2},
        "round": round_("prepared"), "doses": doses(),
        "asked": [{"regimen_id": "paracetamol", "name": "Paracetamol 500 mg", "allowed": True,
                   "code": "", "next_at": None}],
        "alerts": [], "compartments": compartments(), "loading": None,
        "board": {"boot_epoch": 7, "simulated": True, "flags": 8, "fault": 0,
                  "battery_mv": 4100, "cup_mg": 0},
        "events": {"written": 412, "acked": 412},
    }  # fmt: skip
    return {**whole, **changes}


def view(at_s: int = DUE_S - 40, **changes: Json) -> Object:
    """What the house shows at `at_s`; `changes` replace top-level fields."""
    pieces: list[Json] = [0, 0, *([2, 1, 1, 1] * 6), 0, 0]
    whole: Object = {
        "tray_ticks": 0, "gate_percent": 0, "beam_lit": True, "drop_count": 40,
        "cup": {"present": True, "pieces": 0, "mg": 0}, "compartments": pieces,
        "lamp": "ready", "buzzer": "quiet", "door_open": False, "service": False,
        "mains": True, "battery_mv": 4120, "net": True, "board": True, "mishaps": [],
        "utc_ms": at_s * 1000, "speed": 1, "demonstration": False, "runtime": "micropython",
    }  # fmt: skip
    return {**whole, **changes}


def verdict(code: str = "", why: str = "", next_at: int = 0) -> Json:
    """What the controller would answer to a wish of giving."""
    return {"code": code, "why": why, "next_at": next_at}


def hand_row(compartment: int, hours: float, name: str, **verdicts: Json) -> Object:
    """One compartment, `hours` after this morning's 08:00; without a verdict: not open."""
    no = verdict("not-open", "It is not time for it yet.")
    row: Object = {
        "compartment": compartment, "pieces": 1, "regimens": [name], "names": [name],
        "quarters": [4], "due_at": DUE_S + int(hours * HOUR_S), "dose_id": "",
        "by_hand": no, "was_by_hand": no, "late": None, "journey": no,
    }  # fmt: skip
    return {**row, **verdicts}


def foresees(asked: Object) -> Object:
    """A controller that grants everything and foresees a dose due, two missed, one to come."""
    if asked.get("wish") != "foresee":
        return {"ok": True}
    ok = verdict()
    soon = verdict("gap", "Too soon after the last one.", DUE_S + 6 * HOUR_S)
    return {"ok": True, "rows": [
        hand_row(2, 0, "Metformin 500 mg", dose_id="metformin-0-0", late=ok),
        hand_row(3, 0, "Amlodipine 5 mg", dose_id="amlodipine-0-0", late=soon),
        hand_row(4, 1, "Gabapentin 300 mg", by_hand=ok, was_by_hand=ok, journey=ok),
        hand_row(5, 10.5, "Simvastatin 20 mg", journey=ok),
    ], "pairs": [
        {"pair": "gap-too-long:amlodipine", "name": "Amlodipine 5 mg", "sentence": "a long hole"},
        {"pair": "", "name": "Metformin 500 mg", "sentence": "says not how it stands"},
    ]}  # fmt: skip
