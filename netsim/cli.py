"""
The C{netsim} command: the services for people who do not know C{twistd}, and tools.

C{netsim record} and C{netsim replay} are C{netsim-proxy} and C{netsim-replay}, with
the same options and the same services.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from twisted.python import usage

from netsim import options, process
from netsim.errors import NetsimError

COMMANDS = {
    "record": ("netsim.proxy.service", "Options", "Record real sessions."),
    "replay": ("netsim.replay.service", "Options", "Play a recording to a client, and judge it."),
    "show": ("netsim.tools", "Show", "List a recording."),
    "diff": ("netsim.tools", "Diff", "Show the first difference between two recordings."),
    "verify": ("netsim.tools", "Verify", "Check script files and their blobs."),
    "recover": ("netsim.tools", "Recover", "Finish the recordings of a killed proxy."),
}
"""Where the options of each command are, and what it does."""


def _options(module: str, name: str) -> Callable[[], usage.Options]:
    """Options are imported when their command is used: the others need not wait for them."""
    return lambda: getattr(import_module(module), name)()


class Options(options.ServiceOptions):
    """The commands."""

    synopsis = "Usage: netsim"
    longdesc = "Record, replay and inspect sessions. `netsim COMMAND --help` tells more."
    subOptions: Any
    example = "netsim record -r instrument.example:5025 -o session"
    subCommands = [
        [name, None, _options(module, kind), what]
        for name, (module, kind, what) in COMMANDS.items()
    ]

    def postOptions(self) -> None:
        """One command is needed."""
        if self.subCommand is None:
            raise usage.UsageError(f"expected a command: {', '.join(COMMANDS)}")


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the command.

    @raise SystemExit: with the exit status, unless a service ran.
    """
    config = Options()
    try:
        try:
            _run(config, arguments)
        finally:
            print(end="", flush=True)
    except OSError as error:
        # What is left of the output has no place; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            sys.exit(f"netsim: cannot write: {error.strerror}")
        # The reader has seen enough.
        sys.exit(_status(config))


def _run(config: Options, arguments: Sequence[str] | None) -> None:
    try:
        config.parseOptions(arguments)
    except usage.UsageError as error:
        sys.exit(f"{' '.join(filter(None, ['netsim', config.subCommand]))}: {error}")
    module = import_module(COMMANDS[str(config.subCommand)][0])
    if hasattr(module, "makeService"):
        process.run(module.makeService(config.subOptions))
        return
    try:
        for line in config.subOptions.run():
            print(line)
    except NetsimError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    sys.exit(_status(config))


def _status(config: Options) -> int:
    """A tool says that it has failed; C{--help} has not, with or without a command."""
    tool = getattr(config, "subOptions", None)
    return int(getattr(tool, "failed", False))
