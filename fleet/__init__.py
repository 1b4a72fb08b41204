"""Many homes: what arrives from them, what is kept, and who is told."""
