"""How much one query may take into memory."""

from __future__ import annotations

from netsim.errors import LimitError

__all__ = ["MOST", "Budget"]

MOST = 1 << 30
"""Bytes of samples: 64 million of a field with times of its own."""


class Budget:
    """Counts what a query takes: a cache that forgets a file does not free what is in use."""

    def __init__(self, most: int | None = None) -> None:
        self._most = MOST if most is None else most
        self._left = self._most

    def spend(self, size: int) -> None:
        """
        Take some.

        @param size: bytes.
        @raise LimitError: there is not enough left.
        """
        self._left -= size
        if self._left < 0:
            raise LimitError(
                f"the samples take more than {self._most >> 20} MiB of memory: ask for less time,"
                " or for fewer fields"
            )
