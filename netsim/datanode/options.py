"""What the options of the hub's company share: the router, and what a node may answer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

from twisted.python import usage

from netsim import options
from netsim.datanode.model import ALLOWANCE, MESSAGE_SIZE, SERVER, WEB, Router, is_uri_part
from netsim.datanode.place import (
    default_url,
    find_certificate,
    find_secret,
    plain_url,
    read_secret,
    split_url,
)
from netsim.errors import InputError

__all__ = ["NodeOptions", "RouterOptions"]


def _allowance(text: str) -> int:
    if not 1024 <= (number := options.size(text)) <= MESSAGE_SIZE:
        raise ValueError("expected 1KiB to 64MiB, which is the largest message")
    return number


class RouterOptions(options.ServiceOptions):
    """
    Which router, and who one is to it.

    @cvar plain: it is reached without TLS, and nobody asks who one is, as OCS does.
    """

    plain: ClassVar[bool] = False
    environment = {"user": "WAMP_USER"}
    optParameters = [
        ["router", "r", None, "The WebSocket of the router, such as wss://HOST:8080/ws."
         " [default: CROSSBAR_HOST and its port, else this machine]", split_url],
        ["directory", "d", None, "That of the hub, with its certificate and secrets."
         " [default: .crossbar, then netsim/hub in the user's state directory]", Path],
        ["certificate", "c", None, "The certificate to trust, and no other.", Path],
        ["user", "u", SERVER, f"Who to be: {SERVER}, or {WEB} for web consumers.", str],
        ["secret-file", None, None, "What the user knows, in a file. [default: WAMP_SECRET,"
         " else that of the hub]", Path],
    ]  # fmt: skip

    def postOptions(self) -> None:
        """Complain about what is not installed, or not there."""
        super().postOptions()
        self.check()

    def check(self) -> None:
        """
        Complain about what is not installed, or not there.

        @raise usage.UsageError: in one sentence, about which option.
        """
        options.check_extra("datanode", "autobahn", "numpy")
        for name in ("certificate", "secret-file", "directory"):
            if self[name] is not None and not self[name].exists():
                raise usage.UsageError(f"--{name}: there is no {self[name]}")

    def router(self) -> Router:
        """
        Where to go.

        @raise HostError: a file cannot be read.
        @raise InputError: nobody has told the secret.
        """
        environment, directory = os.environ, self["directory"]
        default = plain_url if self.plain else default_url
        url = self["router"] or default(environment)
        if url.startswith("ws:"):
            # The port of OCS asks nobody who it is, and gives no certificate.
            return Router(url, None)
        certificate = self["certificate"] or find_certificate(environment, directory)
        return Router(url, self["user"], self._secret(directory), certificate)

    def _secret(self, directory: Path | None) -> str:
        path = self["secret-file"]
        if path is not None:
            return read_secret(path)
        secret = find_secret(os.environ, self["user"], directory)
        if secret is None:
            raise InputError(
                f"the secret of {self['user']} is not known: start netsim-hub first, or give"
                " --directory of a hub, --secret-file, or WAMP_SECRET in the environment"
            )
        return secret


class NodeOptions(RouterOptions):
    """
    What every kind of node can be told.

    @cvar node_name: of a node that was not told another one; L{None}: it has to be told.
    @cvar node_description: likewise.
    """

    node_name: ClassVar[str | None] = None
    node_description: ClassVar[str] = ""
    environment = {
        **RouterOptions.environment,
        "description": "DESCRIPTION",
        "max-points": "MAX_POINTS",
        "name": "NAME",
    }
    optParameters = [
        ["name", "n", None, "Of the node: what stands before :: in Grafana.", str],
        ["description", None, None, "Of the node, for people.", str],
        ["max-points", "m", None, "Values that are returned of a field, at most.",
         options.positive],
        ["allowance", None, ALLOWANCE, "Bytes of an answer; more is answered with False."
         " Such as 16MiB.", _allowance],
    ]  # fmt: skip

    def postOptions(self) -> None:
        """Complain about a name that no node can have."""
        super().postOptions()
        name = self.name
        if not name:
            raise usage.UsageError("--name: expected the name of the node")
        if not is_uri_part(name) or ":" in name:
            raise usage.UsageError(f"--name: {name!r} cannot be part of a URI: no blank, # or :")

    @property
    def name(self) -> Any:
        """Of the node."""
        return self["name"] or self.node_name

    @property
    def description(self) -> str:
        """Of the node, for people."""
        return str(self["description"] or self.node_description or self.name)
