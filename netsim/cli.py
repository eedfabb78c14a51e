"""
The C{netsim} command: the services for people who do not know C{twistd}, and tools.

C{netsim record} is C{netsim-proxy}, C{netsim simulator start} is C{netsim-simulator};
C{netsim replay}, C{dsisocket}, C{daemon}, C{hub}, C{node}, C{grafana} and C{scanner} are
called as their services are: all with the same options.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from twisted.python import usage

from netsim import options, process
from netsim.errors import NetsimError
from netsim.reactor import choice

COMMANDS: options.Commands = {
    "record": ("netsim.proxy.service", "Options", "Record real sessions."),
    "replay": ("netsim.replay.service", "Options", "Play a recording to a client, and judge it."),
    "simulator": ("netsim.cli", "SimulatorOptions", "Simulate devices."),
    "dsisocket": (
        "netsim.dsisocket.service",
        "Options",
        "Obey commands from inside a workload.",
    ),
    "daemon": ("netsim.daemon.service", "Options", "Keep the status of programs, on a web page."),
    "hub": ("netsim.datanode.hub.service", "Command", "Run the router and hub of data nodes."),
    "node": ("netsim.datanode.node.service", "Options", "Serve time series to a hub."),
    "grafana": ("netsim.datanode.grafana.service", "Options", "Serve a hub's series over HTTP."),
    "scanner": ("netsim.datanode.scanner.service", "Options", "Scan .g3 files into a database."),
    "dsi": ("netsim.dsisocket.client", "Dsi", "Send commands to a dsisocket."),
    "show": ("netsim.tools", "Show", "List a recording."),
    "diff": ("netsim.tools", "Diff", "Show the first difference between two recordings."),
    "verify": ("netsim.tools", "Verify", "Check script files and their blobs."),
    "recover": ("netsim.tools", "Recover", "Finish the recordings of a killed proxy."),
}

SIMULATOR: options.Commands = {
    "list": ("netsim.simulator.tools", "List", "List the simulators that there are."),
    "describe": ("netsim.simulator.tools", "Describe", "Tell what a simulator is."),
    "start": ("netsim.simulator.service", "Start", "Run simulators."),
    "status": ("netsim.simulator.tools", "Status", "Tell which simulators run."),
    "stop": ("netsim.simulator.tools", "Stop", "Stop simulators."),
}


class SimulatorOptions(options.GroupOptions):
    """The commands for simulators."""

    synopsis = ""
    longdesc = "Simulates devices. `netsim simulator COMMAND --help` tells more."
    example = "start -s active_surface"
    commands = SIMULATOR


class Options(options.GroupOptions):
    """The commands."""

    synopsis = "Usage: netsim"
    longdesc = (
        "Record, replay, simulate, steer, watch, and serve time series."
        " `netsim COMMAND --help` tells more."
    )
    example = "netsim record -r instrument.example:5025 -o session"
    commands = COMMANDS
    environment = {"reactor": choice.VARIABLE}
    optParameters = [
        ["reactor", None, None, "What services run on; uv, where uvloop is installed.",
         choice.reactor_name],
    ]  # fmt: skip


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
        words = ["netsim", *(str(group.subCommand) for group in _groups(config))]
        sys.exit(f"{' '.join(words)}: {error}")
    groups = list(_groups(config))
    chosen = groups[-1].subOptions
    if hasattr(chosen, "run"):
        if getattr(chosen, "needs_reactor", False):
            # Nothing that these run speaks TLS.
            with process.without_openssl():
                _choose(config["reactor"])
        _use(chosen)
        sys.exit(_status(config))
    group = groups[-1]
    module = import_module(group.service or group.commands[str(group.subCommand)][0])
    _choose(config["reactor"])
    process.run(module.makeService(group if group.service else chosen))


def _choose(name: str | None) -> None:
    try:
        choice.choose(name)
    except ValueError as error:
        sys.exit(f"netsim: --reactor: {error}")


def _use(tool: Any) -> None:
    try:
        for line in tool.run():
            # Of what takes long each line is wanted at once, also through a pipe.
            print(line, flush=True)
        return
    except NetsimError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
    # Not before the exception is gone, and with it what the tool has begun.
    sys.exit(128 + signal.SIGINT)


def _groups(config: options.GroupOptions) -> Iterator[options.GroupOptions]:
    """The choices that were made, as far as they were."""
    group: Any = config
    while isinstance(group, options.GroupOptions) and group.subCommand is not None:
        yield group
        group = getattr(group, "subOptions", None)


def _status(config: Options) -> int:
    """A tool says that it has failed; C{--help} has not, with or without a command."""
    tool = [config, *(getattr(group, "subOptions", None) for group in _groups(config))][-1]
    return int(getattr(tool, "failed", False))
