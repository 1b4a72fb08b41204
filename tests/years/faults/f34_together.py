"""F34: an untrue sensor, a power cut and a lost cable at once."""

from __future__ import annotations

from tests.years.fault import Fault, faults
from tests.years.life import Life


def strike(home: Life) -> str:
    """One that lies, one of power, one of the cable, within a second."""
    lies = [f for f in faults() if f.lie and f.ident in ("F12", "F13", "F14", "F15", "F16", "F17")]
    dark = [f for f in faults() if f.ident in ("F01", "F03", "F04", "F05", "F22")]
    cable = [f for f in faults() if f.ident in ("F06", "F07")]
    done = []
    for some in (lies, dark, cable):
        one = home.drawn.choice(some)
        if one.strike(home):
            done.append(one.ident)
    return "+".join(done)


FAULT = Fault("F34", "sensor, power and cable together", strike, lie=True)
