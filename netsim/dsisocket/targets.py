"""From a host of the configuration to how SSH reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from netsim.dsisocket.model import Host
from netsim.dsisocket.settings import SshSettings
from netsim.dsisocket.ssh.target import Target

__all__ = ["target_of"]

_USUAL_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")


def target_of(host: Host, settings: SshSettings, environment: Mapping[str, str]) -> Target:
    """
    Say how to connect to a host.

    @param environment: where C{SSH_AUTH_SOCK} may name the socket of an agent.
    """
    agent = environment.get("SSH_AUTH_SOCK")
    return Target(
        host=host.public_ip,
        port=host.port,
        user=host.user or settings.user,
        key_files=_keys(host.key_file or settings.key_file),
        password=settings.password,
        agent=Path(agent) if agent else None,
        forward_agent=settings.forward_agent and bool(agent),
        known_hosts=settings.known_hosts.expanduser(),
        accept_new=settings.accept_new,
        timeout=settings.timeout,
        keepalive=settings.keepalive,
        missed=settings.missed,
    )


def _keys(configured: Path | None) -> tuple[Path, ...]:
    if configured is not None:
        return (configured.expanduser(),)
    directory = Path("~/.ssh").expanduser()
    return tuple(directory / name for name in _USUAL_KEYS)
