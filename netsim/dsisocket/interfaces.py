"""What the parts of dsisocket need of each other, and what a project adds of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.plugin import IPlugin
from zope.interface import Attribute, Interface

from netsim.dsisocket.model import Ended, Host, HostReport, Limits, Reply

__all__ = ["ICommand", "IMachine", "Run"]

Run = Callable[[object], Deferred[Reply]]
"""Runs what one JSON text said, and never fails: C{CommandRunner.run} is one."""


class ICommand(IPlugin):
    """
    What a command object's key does; Twisted plugins in C{twisted.plugins}.

    A project adds commands of its own by a file in its C{twisted/plugins}::

        my_command = MyCommand()
    """

    name: str = Attribute(
        """
        The key, such as C{my_command}.  One that ends with C{*} stands for every key
        that begins so, where no command has the key's own name.
        """
    )

    def run(target: str, argument: Any, cluster: Any) -> Awaitable[tuple[HostReport, ...] | None]:
        """
        Do it.

        It may be a coroutine or return a L{Deferred}.  The command has failed if one of
        the reports has.

        @param target: the key.
        @param argument: its value, out of JSON: not checked yet.
        @param cluster: the L{netsim.dsisocket.cluster.Cluster}, for the hosts.
        @raise CommandError: its text is the message of the reply.
        """


class IMachine(Interface):
    """A host, and how to do something there."""

    host: Host = Attribute("Which one it is.")

    def run(script: str, limits: Limits) -> Deferred[Ended]:
        """
        Run a script under bash.

        Each line that it prints is logged as it comes.  What is left of it at a limit is
        killed, its whole process group; so it is when the L{Deferred} is cancelled.

        @raise NetsimError: it could not be started.
        """

    def upload(source: Path, target: str) -> Deferred[None]:
        """
        Copy a file or directory of this machine there, modes included.

        A target that ends with C{/}, or is a directory, is where it goes by its own name.

        @raise NetsimError: in one sentence, with the path that was at fault.
        """

    def retrieve(source: str, target: Path) -> Deferred[None]:
        """
        Copy a file or directory from there to this path; directories are made.

        @raise NetsimError: in one sentence, with the path that was at fault.
        """

    def stop() -> Deferred[None]:
        """End all that still runs there, and close connections; nothing more is asked."""
