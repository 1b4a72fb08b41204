"""The hands of a Raspberry Pi: the tty, and later its own buses and pins."""
