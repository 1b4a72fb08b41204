"""The golden messages: one of every kind, with every field set to a number of its own.

Responsible for: making the same bytes on every runtime (common tongue). Not responsible
for comparing them: the checked-in files are beside this one, in golden/.
"""

from hal.wire import channel, frame
from hal.wire.channel import Channel
from hal.wire.codes import COMPARTMENTS, GROUPS, PREPARE, ROW_ASKED, ROW_DAY, START, WARN
from hal.wire.hmac256 import Hmac
from hal.wire.messages import Actual, Desired, Group, Lease, lease_digest

PAIRING_KEY = bytes(range(32))
BOOT_EPOCH = 0x01020304
LUCK = 0x1122334455667788
CTL_NONCE = bytes(range(0xA0, 0xB0))


def desired() -> "Desired":
    """A START in the middle of a round of two orders."""
    d = Desired()
    d.order = 0x1001
    d.stage = START
    d.compartment = 17
    d.fill = 0x2002
    d.not_after_s = 0x0C0D0E0F
    d.boot_epoch = BOOT_EPOCH
    d.digest = bytes(range(0x10, 0x20))
    d.head = bytes(range(0x20, 0x30))
    d.round = 0x1000
    d.round_orders = 2
    d.round_digest = bytes(range(0x30, 0x40))
    d.signal = WARN
    d.hold_mask = 0x08000001
    d.settled_mask = 0x00FF00FF
    d.settled_lease = 0x3003
    d.set_clock_s = 0x0C0D0E10
    d.flags = 3
    return d


def actual() -> "Actual":
    """A board that has just released, with every field different from its default."""
    a = Actual()
    a.boot_epoch = BOOT_EPOCH
    a.utc_s = 0x0C0D0E11
    a.flags = 0x0001FFFF
    a.fault = 306
    a.refusal = 603
    a.refused_order = 0x1002
    a.order = 0x1001
    a.order_state = 3
    a.verdict = 1
    a.code = 301
    a.compartment = 17
    a.fill = 0x2002
    a.digest = bytes(range(0x10, 0x20))
    a.head = bytes(range(0x20, 0x30))
    a.round = 0x1000
    a.consent_round = 0x1000
    a.drops = 2
    a.weight_delta_mg = -1250
    a.encoder = 144
    a.press_count = 9
    a.lift_count = 0x0505
    a.cup_mg = -1
    a.noise_mg = 3
    a.door_count = 0x0606
    a.tray_index = 4
    a.lease_no = 0x3003
    a.lease_digest = bytes(range(0x40, 0x50))
    a.held_mask = 0x08000000
    a.spent_mask = 0x0003FFFF
    a.drop_count = 0x0707
    a.battery_mv = 3650
    a.bad_frames = 0x0808
    a.signal = 4
    a.version = 0x0909
    return a


def lease() -> "Lease":
    """All groups and compartments in use, the last compartment empty."""
    made = Lease()
    made.lease_no = 0x3003
    made.tray_index = 4
    made.door_count = 0x0606
    made.version = 0x5005
    for i in range(GROUPS):
        made.groups.append(Group(0x70000000 + i, 3600 * (i + 1), 2 * i))
    for k in range(COMPARTMENTS - 1):
        row = made.rows[k]
        row.fill = 0x2000 + k
        row.kind = ROW_ASKED if k % 5 == 4 else ROW_DAY
        row.open_s = 0x0C000000 + 3600 * k
        row.warn_s = 0 if row.kind == ROW_ASKED else row.open_s + 1800
        row.close_s = row.open_s + 3600
        row.pieces = 1 + k % 3
        row.weight_mg = 250000 + k
        row.tolerance_mg = 100 + k
        row.groups = [(k % GROUPS, 4), ((k + 1) % GROUPS, 2)][: 1 + k % 2]
    return made


def prepare() -> "Desired":
    """The PREPARE that comes before `desired`."""
    d = desired()
    d.stage = PREPARE
    d.head = b"\0" * 16
    return d


def frames() -> "list[tuple[str, str, bytes]]":
    """(name, sentence, bytes on the cable), in the order of one session."""
    pairing = Hmac(PAIRING_KEY)
    nonce = channel.board_nonce(BOOT_EPOCH, 1, LUCK)
    board = Channel(pairing, nonce, CTL_NONCE, True)
    controller = Channel(pairing, nonce, CTL_NONCE, False)
    return [
        ("probe", "JOIN with a zero board nonce: who is there?", channel.probe(CTL_NONCE)),
        (
            "hello",
            "HELLO: the board names its boot epoch and nonce",
            channel.hello(BOOT_EPOCH, nonce),
        ),
        ("join", "JOIN: both nonces and the proof", channel.join(pairing, nonce, CTL_NONCE)),
        ("busy", "BUSY: another session lives", channel.busy(BOOT_EPOCH)),
        ("welcome", "ACTUAL 1: empty, the session stands", board.seal(frame.ACTUAL, b"")),
        ("lease", "LEASE 1: what the board enforces", controller.seal(frame.LEASE, lease().pack())),
        ("prepare", "DESIRED 2: PREPARE", controller.seal(frame.DESIRED, prepare().pack())),
        ("start", "DESIRED 3: START", controller.seal(frame.DESIRED, desired().pack())),
        ("actual", "ACTUAL 2: released", board.seal(frame.ACTUAL, actual().pack())),
        ("question", "ACTUAL 3: empty, are you there?", board.seal(frame.ACTUAL, b"")),
        ("still-here", "DESIRED 4: empty, still here", controller.seal(frame.DESIRED, b"")),
    ]


def joined_channel(at_board: bool) -> "Channel":
    """A fresh end of the session that the golden frames belong to."""
    nonce = channel.board_nonce(BOOT_EPOCH, 1, LUCK)
    return Channel(Hmac(PAIRING_KEY), nonce, CTL_NONCE, at_board)


def digest_of_lease() -> bytes:
    """What the board reports once it holds the golden lease."""
    return lease_digest(lease().pack())
