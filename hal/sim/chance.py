"""Luck from a seed: the same seed gives the same luck on every runtime.

Responsible for: one small generator (xorshift64) whose whole state is one integer.
Not for keys or nonces on a real board: it is predictable on purpose. Common tongue.
"""

_MASK = 0xFFFFFFFFFFFFFFFF


class Chance:
    """A stream of luck; `state` is all of it, so it can be saved and restored."""

    def __init__(self, seed: int) -> None:
        self.state = (seed * 0x9E3779B97F4A7C15 + 0x1234567) & _MASK or 1
        for _ in range(8):
            self.next()

    def next(self) -> int:
        """The next 64 bits, never 0."""
        x = self.state
        x ^= (x << 13) & _MASK
        x ^= x >> 7
        x ^= (x << 17) & _MASK
        self.state = x
        return x

    def below(self, limit: int) -> int:
        """An integer in [0, limit)."""
        return (self.next() >> 11) % limit

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high], both ends included."""
        return low + self.below(high - low + 1)

    def per_million(self, rate: int) -> bool:
        """True `rate` times in a million."""
        return self.below(1000000) < rate

    def bytes(self, count: int) -> bytes:
        """`count` bytes of luck."""
        return bytes([self.below(256) for _ in range(count)])
