"""What can be proven about an order that was started: the evidence table.

Responsible for: one pure function from witnesses to verdict. Not responsible for
collecting them (cycle.py, loop.py) or for what follows. The witnesses: the durable
mark that the gate was about to open (`exposed`), encoder, drop odometer, cup weight.
If they do not agree, the verdict is UNCERTAIN; no default, no guess.

    exposed  drops  weight          encoder     verdict
    no       0      same            any         NOT_RELEASED(cause)
    no       0      unknown, live   any         NOT_RELEASED(cause): the gate was watched
    no       >= 1   more, known     any         UNCERTAIN(gate), chute held: it fell from
                                                elsewhere; after a reset also without a drop
    no       >= 1   unknown, reset  any         UNCERTAIN(gate), chute held: nobody watched the gate
    no       else                               UNCERTAIN
    yes      any    any             any         UNCERTAIN(gate), chute held: not proven; the gate
                                                was never told to open, so it fell from elsewhere
    yes      >= 1   as expected     not start   RELEASED
    yes      0      as expected     target      RELEASED, and the beam is blind
    yes      < all  as expected     any         UNCERTAIN(no drop) after a reset: the beam was dark
    yes      0      same                        UNCERTAIN(no drop), chute held
    yes      any    else, known                 UNCERTAIN(short or over), chute held
    yes      any    unknown                     UNCERTAIN(cup moved)
"""

from hal.wire import codes

AT_START = 0  # Witness.encoder
AT_TARGET = 1
BETWEEN = 2
NO_ANSWER = 3
SAME_MG = 40  # two weighings of an untouched cup differ by less


class Witness:
    """All that is known after motion has ended and the scale has settled."""

    def __init__(self) -> None:
        self.exposed = False  # the gate was told to open, or was seen not closed
        self.proven = False  # it was told to open, with the tray proven over the fill
        self.live = False  # this boot has watched the gate since START
        self.gate_closed = False  # now
        self.encoder = NO_ANSWER
        self.drops = 0  # since the pre-evidence
        self.weight_known = False  # cup there, never lifted since the pre-evidence
        self.delta_mg = 0
        self.pieces = 0  # of the fill
        self.weight_mg = 0  # what the fill should weigh, and how exactly
        self.tolerance_mg = 0
        self.cause = 0  # why motion was given up, 0: it was not


class Finding:
    """A verdict with its code, the fault it shows, and what must be held."""

    def __init__(self, verdict: int, code: int, fault: int, chute: bool) -> None:
        self.verdict = verdict
        self.code = code
        self.fault = fault
        self.hold = verdict == codes.UNCERTAIN
        self.chute = chute


def judge(w: Witness) -> Finding:
    """The verdict that the witnesses can bear, and no more."""
    same = w.weight_known and abs(w.delta_mg) <= min(SAME_MG, w.tolerance_mg)
    if not w.exposed:
        return _judge_unexposed(w, same)
    if not w.proven:  # it opened by itself on the way: what fell lay somewhere else
        return Finding(codes.UNCERTAIN, codes.GATE_STUCK_OPEN, 0, True)
    if not w.weight_known:
        return Finding(codes.UNCERTAIN, codes.CUP_MOVED, 0, False)
    if abs(w.delta_mg - w.weight_mg) <= w.tolerance_mg:
        if w.encoder == AT_START:
            return Finding(codes.UNCERTAIN, codes.POSITION_UNPROVEN, 0, False)
        if not w.live and w.drops < w.pieces:  # the weight alone would decide
            return Finding(codes.UNCERTAIN, codes.NO_DROP, 0, False)
        if w.drops > 0:
            return Finding(codes.RELEASED, 0, 0, False)
        if w.encoder == AT_TARGET:
            return Finding(codes.RELEASED, codes.BEAM_BLIND, codes.BEAM_BLIND, False)
        return Finding(codes.UNCERTAIN, codes.BEAM_BLIND, codes.BEAM_BLIND, False)
    if same and w.drops == 0:
        return Finding(codes.UNCERTAIN, w.cause if w.live and w.cause else codes.NO_DROP, 0, True)
    return Finding(codes.UNCERTAIN, codes.SHORT_OR_OVER, 0, True)


def _judge_unexposed(w: Witness, same: bool) -> Finding:
    """The gate was never told to open: only full agreement gives the fill back."""
    if w.drops == 0 and w.gate_closed:
        if same:
            return Finding(codes.NOT_RELEASED, w.cause, 0, False)
        if not w.weight_known and w.live:
            return Finding(codes.NOT_RELEASED, w.cause or codes.CUP_MOVED, 0, False)
    if not w.gate_closed:
        return Finding(codes.UNCERTAIN, codes.GATE_STUCK_OPEN, 0, True)
    seen = w.drops > 0 or not w.live
    heavier = w.weight_known and w.delta_mg > 0 and not same
    unwatched = w.drops > 0 and not w.live and not w.weight_known
    if (seen and heavier) or unwatched:
        return Finding(codes.UNCERTAIN, codes.GATE_STUCK_OPEN, 0, True)  # it opened by itself
    if w.drops > 0:
        return Finding(codes.UNCERTAIN, codes.BEAM_SPURIOUS, codes.BEAM_SPURIOUS, False)
    return Finding(codes.UNCERTAIN, codes.CUP_MOVED, 0, False)
