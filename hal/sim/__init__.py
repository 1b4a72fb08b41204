"""One simulated world: the machine, its physics, its people and its clocks."""
