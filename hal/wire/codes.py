"""Every number that has a meaning on both ends of the cable, and its word.

Responsible for: stages, order states, verdicts, signals, flags and the stable
fault codes with severity, latching and cause. Not responsible for layouts
(messages.py) or for what anybody does about a code. Numbers are never reused.
"""

EPOCH_2020_S = 1577836800  # 2020-01-01T00:00:00Z in Unix seconds; board clocks count from here
COMPARTMENTS = 28
GROUPS = 16  # lease counters (ingredient groups and regimens)
ROW_GROUPS = 4  # lease counters one compartment can feed

# Desired.stage: what the controller wants done with `order`
IDLE = 0
PREPARE = 1
START = 2
RESOLVE = 3  # query and fence in one: an order not started by now never will be

# Actual.order_state: where the board stands with `order`
NONE = 0
PREPARED = 1
STARTED = 2
DONE = 3

# Actual.verdict: what the board can prove about a DONE order
NO_VERDICT = 0
RELEASED = 1
NOT_RELEASED = 2
REFUSED = 3
UNCERTAIN = 4
VERDICTS = ("none", "released", "not released", "refused", "uncertain")

# Desired.signal / Actual.signal: lamp, buzzer and screen at the patient's side
QUIET = 0
READY = 1  # may be asked for: steady lamp, no tone
CALL = 2  # due: lamp and tone
WARN = 3  # last call before the window closes
TAKE = 4  # take the cup
ALARM = 5  # something is wrong: look at the screen, call somebody
SIGNALS = ("quiet", "ready", "call", "warn", "take", "alarm")

# Actual.flags
F_SIMULATED = 1
F_SERVICE = 2
F_DOOR_OPEN = 4
F_MAINS = 8
F_CUP_PRESENT = 16
F_CLOCK_SET = 32  # the board's clock has kept time since it was last set
F_POSITION_PROVEN = 64
F_DRIVE_OFF = 128  # no motion until a service move has proven the position
F_LOCKED = 256  # the board's record store is missing or unreadable
F_SELFTEST_OK = 512
F_BEAM_OK = 1024
F_GATE_CLOSED = 2048
F_ALONE = 4096  # no controller, window open: the board sounds its own alarm
F_OVERDUE = 8192  # a window reached warn_at, not prepared, called for or settled (R19)
F_BUTTON_DOWN = 16384
F_CHUTE_HELD = 32768  # pieces may hang in the chute: nothing is released until somebody looked
F_FITS = 65536  # a lease is held, and tray index and door count are those it was loaded under

# Lease row kind
ROW_EMPTY = 0
ROW_DAY = 1  # fixed window, watched at warn_at
ROW_ASKED = 2  # as needed: wide window, gap and cap do the work
ROW_CARRIED = 3  # nothing lies there: its dose went along, and its window keeps ROW_ASKED away

# Desired.flags
D_SERVICE_MOVE = 1  # a person at the machine, compartments covered: take the carousel home
D_HUSH = 2  # a named person is dealing with it: buzzer off, lamp stays

LOW = 1
MEDIUM = 2
HIGH = 3

MACHINE = 1  # refused because of the machine: the dose becomes held(code)
PATIENT = 2  # refused because nobody acted: the dose may become missed

# code: (word, severity, latching, cause)
FAULTS = {
    101: ("link-stale", MEDIUM, False, MACHINE),
    102: ("bad-frames", LOW, False, MACHINE),
    103: ("second-controller", HIGH, False, MACHINE),
    104: ("board-silent", HIGH, False, MACHINE),
    105: ("board-simulated", HIGH, True, MACHINE),
    201: ("jam", HIGH, True, MACHINE),
    202: ("position-unproven", HIGH, True, MACHINE),
    203: ("gate-stuck-closed", HIGH, True, MACHINE),
    204: ("gate-stuck-open", HIGH, True, MACHINE),
    205: ("homing-failed", HIGH, True, MACHINE),
    301: ("beam-blind", HIGH, True, MACHINE),
    302: ("beam-spurious", MEDIUM, False, MACHINE),
    303: ("cup-missing", MEDIUM, False, PATIENT),
    304: ("cup-not-empty", MEDIUM, False, PATIENT),
    305: ("scale-fault", HIGH, True, MACHINE),
    306: ("no-drop", MEDIUM, True, MACHINE),
    307: ("cup-moved", MEDIUM, False, PATIENT),
    308: ("short-or-over", HIGH, True, MACHINE),
    309: ("chute-held", HIGH, True, MACHINE),
    310: ("no-consent", LOW, False, PATIENT),
    311: ("consent-stale", LOW, False, PATIENT),
    312: ("door-open", MEDIUM, False, MACHINE),
    401: ("mains-lost", MEDIUM, False, MACHINE),
    402: ("battery-low", HIGH, False, MACHINE),
    403: ("brown-out", MEDIUM, False, MACHINE),
    404: ("store-torn", MEDIUM, False, MACHINE),
    405: ("store-missing", HIGH, True, MACHINE),
    501: ("watchdog", HIGH, False, MACHINE),
    502: ("self-test", HIGH, True, MACHINE),
    503: ("assertion", HIGH, True, MACHINE),
    601: ("outside-window", MEDIUM, False, MACHINE),
    602: ("no-lease", HIGH, False, MACHINE),
    603: ("gap", MEDIUM, False, MACHINE),
    604: ("cap", MEDIUM, False, MACHINE),
    605: ("fill-spent", HIGH, False, MACHINE),
    606: ("order-old", MEDIUM, False, MACHINE),
    607: ("too-late", MEDIUM, False, PATIENT),
    608: ("fill-unknown", HIGH, False, MACHINE),
    609: ("clock-not-set", HIGH, False, MACHINE),
    610: ("withdrawn", LOW, False, PATIENT),
    611: ("reset-before-start", LOW, False, MACHINE),
    612: ("round-mismatch", MEDIUM, False, MACHINE),
    613: ("compartment-held", HIGH, False, MACHINE),
    614: ("tray-changed", HIGH, True, MACHINE),
    615: ("service-on", LOW, False, MACHINE),
    616: ("epoch-old", MEDIUM, False, MACHINE),
}

LINK_STALE = 101
BAD_FRAMES = 102
SECOND_CONTROLLER = 103
BOARD_SILENT = 104
BOARD_SIMULATED = 105
JAM = 201
POSITION_UNPROVEN = 202
GATE_STUCK_CLOSED = 203
GATE_STUCK_OPEN = 204
HOMING_FAILED = 205
BEAM_BLIND = 301
BEAM_SPURIOUS = 302
CUP_MISSING = 303
CUP_NOT_EMPTY = 304
SCALE_FAULT = 305
NO_DROP = 306
CUP_MOVED = 307
SHORT_OR_OVER = 308
CHUTE_HELD = 309
NO_CONSENT = 310
CONSENT_STALE = 311
DOOR_OPEN = 312
MAINS_LOST = 401
BATTERY_LOW = 402
BROWN_OUT = 403
STORE_TORN = 404
STORE_MISSING = 405
WATCHDOG = 501
SELF_TEST = 502
ASSERTION = 503
OUTSIDE_WINDOW = 601
NO_LEASE = 602
GAP = 603
CAP = 604
FILL_SPENT = 605
ORDER_OLD = 606
TOO_LATE = 607
FILL_UNKNOWN = 608
CLOCK_NOT_SET = 609
WITHDRAWN = 610
RESET_BEFORE_START = 611
ROUND_MISMATCH = 612
COMPARTMENT_HELD = 613
TRAY_CHANGED = 614
SERVICE_ON = 615
EPOCH_OLD = 616

# What the board needs of FAULTS, without its words; a test holds the two together.
_LOWS = (102, 310, 311, 610, 611, 615)
_HIGHS = (
    (103, 104, 105, 201, 202, 203, 204, 205, 301, 305, 308, 309, 402, 405)
    + (501, 502, 503, 602, 605, 608, 609, 613, 614)
)


def severity(code: int) -> int:
    """LOW, MEDIUM or HIGH; a number of a newer version is MEDIUM."""
    if code in _HIGHS:
        return HIGH
    return LOW if code in _LOWS else MEDIUM


def word(code: int) -> str:
    """The word for a fault or refusal code; `unknown` for a number of a newer version."""
    row = FAULTS.get(code)
    return row[0] if row else "unknown"


def cause(code: int) -> int:
    """MACHINE or PATIENT; an unknown code is the machine's."""
    row = FAULTS.get(code)
    return row[3] if row else MACHINE
