"""How a program reaches its daemon."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from attrs import frozen

__all__ = ["DEFAULT_PORT", "DEFAULT_URL", "QUEUE", "Settings", "split_url"]

DEFAULT_PORT = 5000
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"
QUEUE = 10_000
"""Messages that wait for a daemon that is not there; beyond it the oldest are dropped."""

_DEFAULT_PORTS = {"http": DEFAULT_PORT, "https": 443}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@frozen
class Settings:
    """
    What a link needs to know.

    @ivar url: of the daemon's HTTP port: C{http://HOST:PORT}; C{https} too, behind a proxy.
    @ivar interval: seconds between two syncs of the status.
    @ivar display_name: what pages show instead of the project's name.
    @ivar mute: log nothing about the link itself.
    @ivar token: what a daemon that is not on loopback asks for.
    @ivar launch: start a daemon where none answers on loopback.
    @ivar queue: messages that are kept for a daemon that is not there.
    """

    url: str = DEFAULT_URL
    interval: float = 1.0
    display_name: str | None = None
    mute: bool = False
    token: str | None = None
    launch: bool = True
    queue: int = QUEUE

    @property
    def is_local(self) -> bool:
        """Whether the daemon would be on this machine."""
        return urlsplit(self.url).hostname in _LOOPBACK

    @property
    def socket_url(self) -> str:
        """Where the daemon's WebSocket is: on the HTTP port, under C{/ws}."""
        scheme = "wss" if self.url.startswith("https:") else "ws"
        return f"{scheme}{self.url[self.url.index(':') :]}/ws"

    def sync_url(self, name: str) -> str:
        """Where the status of a project goes."""
        return f"{self.url}/cli/sync/{quote(name, safe='')}"

    def __repr__(self) -> str:
        return f"Settings(url={self.url!r}, interval={self.interval!r})"


def split_url(text: str) -> str:
    """
    Read the URL of a daemon; C{HOST:PORT} will do.

    @raise ValueError: what was expected.
    """
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        usual = _DEFAULT_PORTS[parts.scheme]
        port = usual if parts.port is None else parts.port
        extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        if not parts.hostname or not port or extra:
            raise ValueError
    except (ValueError, KeyError):
        raise ValueError(f"expected an address such as {DEFAULT_URL}") from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"
