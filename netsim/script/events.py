"""What a player wants done; plain C{bytes} are to be sent as they are."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from netsim.script.difference import Difference


@frozen
class SendBlob:
    """Send the contents of this blob, then resume."""

    name: str


@frozen
class Pause:
    """Wait this many seconds, then resume."""

    seconds: float


@frozen
class RunAction:
    """Run an action, what was received and not compared being its input; then resume."""

    action: str
    args: tuple[Any, ...]


@frozen
class NextConnection:
    """Close this connection, and resume when the next one is there."""


@frozen
class Finished:
    """The script has ended; the connection can be closed."""


Event = bytes | SendBlob | Pause | RunAction | NextConnection | Finished | Difference

TAKES_TIME = frozenset([SendBlob, Pause, RunAction, NextConnection])
"""After these the player waits until it is told to resume."""
