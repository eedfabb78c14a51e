"""The options that say which simulators are meant."""

from __future__ import annotations

from twisted.python import usage

from netsim import options
from netsim.simulator.model import short

__all__ = ["PathOptions", "SystemOptions", "short"]


class PathOptions(options.ServiceOptions):
    """Where simulators are looked for, beside those that ship."""

    def __init__(self) -> None:
        super().__init__()
        self["path"] = []

    def opt_path(self, text: str) -> None:
        """A directory of simulators; several with commas, or by giving it again."""
        try:
            self["path"] += options.directories(text)
        except ValueError as error:
            raise usage.UsageError(f"--path: {text!r} cannot be used: {error}") from error

    opt_p = opt_path


class SystemOptions(PathOptions):
    """Which of them."""

    optParameters = [["type", "t", None, "The type of system, for one with several."]]

    def __init__(self) -> None:
        super().__init__()
        self["system"] = []

    def opt_system(self, name: str) -> None:
        """A simulator; can be given again. Without one, all are meant."""
        if name not in self["system"]:
            self["system"].append(name)

    opt_s = opt_system

    def postOptions(self) -> None:
        """A type is one of a certain simulator."""
        super().postOptions()
        if self["type"] is not None and len(self["system"]) != 1:
            raise usage.UsageError("--type: expected one --system, whose type it is")
