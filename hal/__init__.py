"""The hands: the cable (wire), the board's devices (mcu, sim) and the Raspberry Pi's (pi)."""
