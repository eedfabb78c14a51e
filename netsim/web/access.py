"""
Who may talk to a server of netsim.

A browser shows every page that its user looks at the way to this machine: what a page may
do here is decided by where it comes from, its C{Origin}, and by the name under which it
has found the server, its C{Host}.  Programs send no Origin.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from hmac import compare_digest

from attrs import field, frozen

__all__ = ["ANY_ORIGIN", "TOKEN_PROTOCOL", "Access", "is_loopback", "read_origin"]

ANY_ORIGIN = "*"

TOKEN_PROTOCOL = "netsim.token."
"""How a WebSocket's subprotocol begins that carries the token: a page can give no headers."""

_AUTHORITY = r"(\[[0-9a-f:.]+\]|[\w.~-]+)(?::(\d{1,5}))?"
_HOST = re.compile(_AUTHORITY, re.ASCII | re.IGNORECASE)
_ORIGIN = re.compile(rf"(https?)://{_AUTHORITY}", re.ASCII | re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@frozen
class Access:
    """
    What a request has to have; each check returns what is wrong, in words for its sender.

    @ivar token: what everybody has to know, if set.
    @ivar ports: those of the server: pages from one of them may use the others.
    @ivar is_local: the server listens on loopback only.
    @ivar origins: whose pages may do everything, beside the server's own; C{*}: all.
    """

    token: str | None = field(default=None, repr=False)
    ports: tuple[int, ...] = ()
    is_local: bool = True
    origins: frozenset[str] = frozenset()

    def host_problem(self, host: str | None) -> str | None:
        """
        Check the C{Host} of a request.

        A page of somebody else's can let its own name point to this machine ("DNS
        rebinding"): its Origin is its Host then.  So where reaching the server is all
        that is asked for, its name has to be one that only this machine has.
        """
        if self.token is not None or not self.is_local:
            return None
        match = _HOST.fullmatch(host or "")
        if match is None or not is_loopback(match[1]):
            return "Host: this server is for this machine only: call it localhost or 127.0.0.1"
        return None

    def welcomes(self, origin: str | None) -> bool:
        """Tell whether this is the origin of a page that was named to the server."""
        return origin is not None and not self.origins.isdisjoint({origin.lower(), ANY_ORIGIN})

    def origin_problem(self, origin: str | None, host: str | None) -> str | None:
        """Check where the page comes from that makes a request."""
        if origin is None or self.welcomes(origin):
            return None
        page, here = _ORIGIN.fullmatch(origin), _HOST.fullmatch(host or "")
        if page is None or here is None or page[2].lower() != here[1].lower():
            return "Origin: pages of other servers may not do this"
        default = _DEFAULT_PORTS[page[1].lower()]
        if int(page[3] or default) not in {*self.ports, int(here[2] or default)}:
            return "Origin: pages of other ports may not do this"
        return None

    def token_problem(
        self,
        authorization: str | None = None,
        query: Iterable[str] = (),
        subprotocols: Iterable[str] = (),
    ) -> str | None:
        """
        Check the token, which may be given in any of these ways.

        @param authorization: the header, C{Bearer TOKEN}.
        @param query: all values of C{token} in the URL.
        @param subprotocols: those that a WebSocket asks for.
        """
        if self.token is None:
            return None
        scheme, _, credentials = (authorization or "").partition(" ")
        given = [*query, *(name.removeprefix(TOKEN_PROTOCOL) for name in _carriers(subprotocols))]
        if scheme.lower() == "bearer":
            given.append(credentials.strip())
        if not given:
            return "a token is needed: as Authorization: Bearer TOKEN, or as ?token=TOKEN"
        # All are looked at: how long it takes tells nothing.
        if not sum([_equal(token, self.token) for token in given]):
            return "the token is wrong"
        return None

    def subprotocol(self, subprotocols: Iterable[str]) -> str | None:
        """Give the one to select: a browser closes a WebSocket that has not what it asked for."""
        return next(iter(_carriers(subprotocols)), None)


def read_origin(text: str) -> str:
    """
    Read the origin of pages, or C{*} for all.

    @raise ValueError: what was expected.
    """
    if text != ANY_ORIGIN and not _ORIGIN.fullmatch(text):
        raise ValueError("expected an origin, such as http://grafana.example.org:3000, or *")
    return text.lower()


def is_loopback(host: str) -> bool:
    """Tell whether a name or an address, as in a URL or of a peer, is always this machine."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _carriers(subprotocols: Iterable[str]) -> list[str]:
    return [name for name in subprotocols if name.startswith(TOKEN_PROTOCOL)]


def _equal(given: str, wanted: str) -> bool:
    return compare_digest(
        given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass")
    )
