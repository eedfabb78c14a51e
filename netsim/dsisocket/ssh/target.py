"""Whom to connect to by SSH, and how: a value."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from netsim.dsisocket.model import Secret

__all__ = ["Target"]


@frozen
class Target:
    """
    An SSH server, and who we are there.

    @ivar key_files: private keys that are tried in this order; those that are not there
        are passed over.
    @ivar agent: the socket of an SSH agent, whose keys are tried first.
    @ivar forward_agent: commands there may use that agent.
    @ivar known_hosts: where host keys are looked up.
    @ivar accept_new: the key of a host that is not there yet is trusted, and stored.
    @ivar timeout: seconds until it has to be connected and authenticated.
    @ivar keepalive: seconds between questions whether the server is still there.
    @ivar missed: so many unanswered in a row mean that it is gone.
    """

    host: str
    user: str
    port: int = 22
    key_files: tuple[Path, ...] = ()
    password: Secret | None = None
    agent: Path | None = None
    forward_agent: bool = False
    known_hosts: Path = Path("~/.ssh/known_hosts")
    accept_new: bool = False
    timeout: float = 15.0
    keepalive: float = 15.0
    missed: int = 3

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"
