"""Marks that the firmware leaves in the trace of a simulated board; a real one ignores them."""

BOOTED = 1  # arg: boot_epoch
PREPARED = 2  # arg: order
STARTED = 3  # arg: order
EXPOSED = 4  # arg: order; from here on the gate may have been open
DONE = 5  # arg: order
REFUSED = 6  # arg: code
LEASED = 7  # arg: lease_no
PRESSED = 8  # arg: presses since this boot
LATCHED = 9  # arg: code
LOCKED = 10  # arg: code
