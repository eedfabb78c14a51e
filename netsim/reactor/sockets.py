"""
Sockets that say of which kind they are in plain numbers.

Python's own make an C{enum} of it each time they are asked, and several ask for each
connection that is opened.
"""

from __future__ import annotations

import _socket
import socket
from typing import Any


class Socket(socket.socket):
    """A socket."""

    __slots__ = ()

    family: Any = _socket.socket.family
    type: Any = _socket.socket.type

    def accept(self) -> tuple[Socket, Any]:
        """Take a connection; whether its calls block is up to who takes it."""
        number, address = self._accept()  # type: ignore[attr-defined]
        return Socket(self.family, self.type, self.proto, number), address
