"""The options of nodes that keep live data in memory."""

from __future__ import annotations

from twisted.python import usage

from netsim import options
from netsim.datanode.model import is_uri_part
from netsim.datanode.options import NodeOptions
from netsim.status.model import DEFAULT_URL, split_url
from netsim.status.options import TOKEN

__all__ = ["FeedOptions", "SensorsOptions", "StatusOptions", "ThermometryOptions"]

_KEEP = 3600.0


def _part(text: str) -> str:
    if not is_uri_part(text):
        raise ValueError("expected a part of a topic: no blank, no #, no empty part")
    return text


def _patterns(text: str) -> list[str]:
    if not (patterns := [pattern for pattern in text.split(",") if pattern]):
        raise ValueError("expected names, separated by commas, such as antenna,receiver*")
    return patterns


class SensorsOptions(NodeOptions):
    """What C{netsim-node example-sensors} can be told."""

    node_name = "sensors"
    node_description = "Temperatures, fans and voltages of the node's machine."
    longdesc = (
        "Serves what `sensors` of lm-sensors tells every 2.5 seconds, the last 1800 readings;"
        " where that finds nothing, what the system tells."
    )
    example = "--name lab-pc"


class FeedOptions(NodeOptions):
    """What C{netsim-node data-feed} can be told."""

    plain = True
    longdesc = (
        "Subscribes to observatory.TARGET.feeds.FEED on the router's port for OCS, and serves the"
        " channels that an agent publishes there."
    )
    example = "--target LSA22YE --feed temperatures --name LSA22YE"
    environment = {
        **NodeOptions.environment,
        "target": "TARGET",
        "feed": "FEED",
        "buffer-time": "BUFFER_TIME",
    }
    optParameters = [
        ["target", "t", None, "The instance-id of the agent.", _part],
        ["feed", "f", None, "The name of its feed.", _part],
        ["buffer-time", "b", _KEEP, "Seconds that samples are kept.", options.some_seconds],
    ]  # fmt: skip

    def postOptions(self) -> None:
        """Complain about what is missing."""
        super().postOptions()
        expected = {"target": "the instance-id of the agent", "feed": "the name of its feed"}
        if missing := [f"--{name}: expected {what}" for name, what in expected.items()
                       if self[name] is None]:  # fmt: skip
            raise usage.UsageError("; ".join(missing))


class ThermometryOptions(FeedOptions):
    """What C{netsim-node thermometry} can be told."""

    longdesc = "A data-feed whose feed is `temperatures`."
    example = "--target LSA22YE --name LSA22YE"

    def __init__(self) -> None:
        super().__init__()
        self["feed"] = self.defaults["feed"] = "temperatures"


class StatusOptions(NodeOptions):
    """What C{netsim-node status} can be told."""

    node_name = "status"
    node_description = "What programs tell a status daemon."
    longdesc = (
        "Joins a status daemon as a frontend, and serves every number in the status of its"
        " projects."
    )
    example = "--daemon http://127.0.0.1:5000"
    environment = {
        **NodeOptions.environment,
        "token": TOKEN,
    }
    optParameters = [
        ["daemon", None, DEFAULT_URL, "Where the status daemon is.", split_url],
        ["token", None, None, "What the daemon asks for. Others of this machine can see it here,"
         f" but not in {TOKEN}.", str],
        ["interval", "i", 1.0, "Seconds between two questions.", options.some_seconds],
        ["keep", "k", _KEEP, "Seconds that samples are kept.", options.some_seconds],
        ["project", "p", None, "The projects to serve, separated by commas, such as"
         " antenna,receiver*. [default: all]", _patterns],
    ]  # fmt: skip
