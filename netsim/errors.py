"""
Every public exception of netsim: one base class, then a tree by who is to blame.

L{InputError}: what the user gave us is wrong.  L{PeerError}: the program at the
other end of the wire did something else than it should.  L{HostError}: this
machine would not do what we asked of it.  The text of each is a sentence that
can be shown to a user as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

__all__ = [
    "ActionError",
    "AddressError",
    "AuthenticationError",
    "BlobError",
    "CommandError",
    "ConfigError",
    "DataFileError",
    "DatabaseError",
    "ForwardError",
    "HostError",
    "HostKeyError",
    "InputError",
    "JournalError",
    "LimitError",
    "MessageError",
    "NetsimError",
    "PeerError",
    "PortInUseError",
    "Problem",
    "QueryError",
    "RouterError",
    "ScriptError",
    "SimulatorError",
    "SshError",
    "StorageError",
]


class NetsimError(Exception):
    """Something went wrong that netsim can explain."""


class InputError(NetsimError):
    """What the user gave cannot be used."""


class AddressError(InputError):
    """This is neither host:port nor an endpoint description."""


class ActionError(InputError):
    """An action does not exist, or was given arguments it does not take."""


class BlobError(InputError):
    """A blob is missing, too large, or not what its name says."""


class JournalError(InputError):
    """This file is not a journal, or one that a running proxy still writes."""


@frozen
class Problem:
    """One thing that is wrong with a script file, and its place."""

    file: str
    path: str
    reason: str

    def __str__(self) -> str:
        text = ": ".join(part for part in (self.file, self.path, self.reason) if part)
        # JSON keys and file names may hold half a surrogate pair, which cannot be printed.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


class ScriptError(InputError):
    """A script file is malformed; C{problems} lists everything found wrong in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class SimulatorError(InputError):
    """There is no such simulator, it cannot be imported, or it lacks something."""


class ConfigError(InputError):
    """A configuration is wrong; C{problems} lists everything found wrong in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class QueryError(InputError):
    """A query of time series cannot be answered; the text says which part of it is wrong."""


class DataFileError(InputError):
    """A file of data is not what its name says, or is damaged as a whole."""


class CommandError(InputError):
    """
    A command for the cluster cannot be done, or has failed; the text is the reply's.

    @ivar hosts: what became of it on each host, where it came to that.
    """

    def __init__(self, text: str, hosts: Sequence[Any] = ()) -> None:
        super().__init__(text)
        self.hosts = tuple(hosts)


class PeerError(NetsimError):
    """The other end of the wire did not do what it should."""


class MessageError(PeerError):
    """
    What came is no message of the status daemon's standard.

    @ivar problems: everything that is wrong with it, a sentence each.
    @ivar event_id: the id of the event, where at least that could be read; else -1.
    """

    def __init__(self, problems: Sequence[str], event_id: int = -1) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)
        self.event_id = event_id


class LimitError(PeerError):
    """More than the daemon bears: too many projects, a message that is too large."""


class RouterError(PeerError):
    """A WAMP router cannot be reached, refuses us, or is not what it should be."""


class SshError(PeerError):
    """A host could not be reached by SSH, or the connection was lost."""


class HostKeyError(SshError):
    """A host's key is unknown, or another one than it was."""


class AuthenticationError(SshError):
    """A host does not let us in."""


class ForwardError(SshError):
    """A host will not listen on a port for us."""


class PortInUseError(ForwardError):
    """A host would listen for us, but somebody else listens there, such as an older session."""


class HostError(NetsimError):
    """This machine refused: a port in use, a file that cannot be written."""


class DatabaseError(HostError):
    """A database cannot be opened, read or written: locked, corrupt, full."""


class StorageError(HostError):
    """A file could not be written; what was recorded until then is kept."""
