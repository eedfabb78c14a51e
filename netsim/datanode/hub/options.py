"""What C{netsim-hub} and C{netsim hub} can be told."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path

from twisted.python import usage

from netsim import options
from netsim.datanode.model import SERVER
from netsim.datanode.options import RouterOptions
from netsim.datanode.place import split_url
from netsim.web.options import host

__all__ = ["Command", "Options", "is_name"]

LOCAL = "127.0.0.1"
_NAME = re.compile(r"[A-Za-z0-9_:.*-]+")


def is_name(text: str) -> bool:
    """Whether it can be in a certificate."""
    return _NAME.fullmatch(text) is not None


def names(text: str) -> list[str]:
    """Read host names and addresses, separated by commas."""
    found = text.split(",")
    if not all(map(is_name, found)):
        raise ValueError("expected host names or addresses, such as lab.example,10.0.0.5")
    return found


class Options(RouterOptions):
    """What C{netsim-hub} can be told."""

    synopsis = "[options]"
    longdesc = (
        "Keeps the list of data nodes, and runs crossbar, the WAMP router between them and those"
        " who ask; with --router it uses one that runs elsewhere. On first start it makes a"
        " certificate, and secrets for nodes and for web consumers, in its directory."
    )
    example = "--host 0.0.0.0 --name lab.example"
    environment = {
        **RouterOptions.environment,
        "port": "CROSSBAR_TLS_PORT",
        "ocs-port": "CROSSBAR_OCS_PORT",
    }
    optParameters = [
        ["router", "r", None, "Start none, and use this one, such as wss://HOST:8080/ws;"
         " --certificate, --user and --secret-file are for it.", split_url],
        ["host", None, LOCAL, "Where the port with TLS is bound.", host],
        ["port", "p", 8080, "The port with TLS. 0: a free one.", options.port],
        ["ocs-host", None, LOCAL, "Where the port of OCS is bound, on which nobody is asked who"
         " it is; other than loopback needs --insecure.", host],
        ["ocs-port", None, 8001, "The port of OCS. 0: a free one.", options.port],
        ["crossbar", None, None, "The router's program. [default: NETSIM_CROSSBAR, then what"
         " `netsim hub install-router` has installed, then that in PATH]", Path],
        ["name", "n", [], "What else this machine is called, separated by commas, for the"
         " certificate that is made.", names],
    ]  # fmt: skip
    optFlags = [
        ["debug", None, "Log all that the router says."],
        ["insecure", None, "Allow an --ocs-host that others can reach."],
    ]

    def parseArgs(self, *words: str) -> None:
        """There are none."""
        if words:
            raise usage.UsageError(f"unexpected {' '.join(words)}; expected options only")

    def check(self) -> None:
        """
        Complain about what is not installed, and what does not go together.

        @raise usage.UsageError: in one sentence.
        """
        if self["router"] is not None:
            self._refuse("crossbar", "name", why="--router is one that runs elsewhere")
            super().check()
            return
        options.check_extra("datanode", "autobahn", "psutil")
        self._refuse("certificate", "secret-file", why="they are for --router")
        if self["user"] != SERVER:
            raise usage.UsageError(f"--user: a router that is started knows hubs as {SERVER}")
        if self["port"] == self["ocs-port"] != 0:
            raise usage.UsageError(f"--port and --ocs-port are both {self['port']}")
        if not (ip_address(self["ocs-host"]).is_loopback or self["insecure"]):
            raise usage.UsageError(
                f"--ocs-host {self['ocs-host']}: whoever reaches it may do everything;"
                " that needs --insecure"
            )

    def _refuse(self, *given: str, why: str) -> None:
        if found := [f"--{name}" for name in given if self[name]]:
            raise usage.UsageError(f"{' and '.join(found)}: {why}")


class Command(Options, options.GroupOptions):
    """What C{netsim hub} can be told: the same, or to install a router."""

    commands = {
        "install-router": ("netsim.datanode.hub.install", "Install", "Install crossbar."),
    }

    def postOptions(self) -> None:
        """Complain, unless it is another command."""
        if self.subCommand is None:
            self.check()
