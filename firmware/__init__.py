"""The board's own mind: what it guards, moves, proves and does alone. Common tongue."""
