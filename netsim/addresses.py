"""
The only parser of addresses: from what a user wrote to Twisted endpoints.

Three forms are read:

    - C{host:port} and C{[v6]:port}, which are TCP;
    - C{udp:host:port} and C{udp:[v6]:port}, for datagrams;
    - an endpoint description of Twisted: C{tcp:}, C{tls:}, C{unix:}, C{systemd:}
      and every type that a plugin adds.

Where two forms fit, the endpoint type wins: C{tcp:80} is port 80 of every
interface, not a host called I{tcp}.  (That host is C{tcp:host=tcp:port=80}.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import (
    IAddress,
    IStreamClientEndpoint,
    IStreamClientEndpointStringParserWithReactor,
    IStreamServerEndpoint,
    IStreamServerEndpointStringParser,
)
from twisted.plugin import getPlugins

from netsim.errors import AddressError

__all__ = ["Address", "describe", "describe_range", "join"]

_BACKLOG = 4096
_INTERNET = (IPv4Address, IPv6Address)
_BUILT_IN = frozenset({"haproxy", "ssl", "stdio", "systemd", "tcp", "tcp6", "tls", "unix"})
_FORMS = "host:port, [v6]:port, udp:host:port or a Twisted endpoint description"
_HOST_AND_PORT = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<name>[^\s:/=\[\]]*)):(?P<port>[^:=]*)")
_TLS_DIRECTORY = re.compile(r"tls:(?:path=)?((?:\\.|[^:\\])*)")


@frozen
class Address:
    """
    Where to listen or to connect to.

    C{host} and C{port} are known for C{host:port} and C{udp:} only; an endpoint
    description keeps them to itself.
    """

    text: str
    is_datagram: bool = False
    host: str | None = None
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Address:
        """
        Read an address.

        @raise AddressError: in one sentence, what was given and what was expected.
        """
        kind, _, rest = text.partition(":")
        if kind == "udp":
            return cls(text, True, *_host_and_port(text, rest))
        if _is_endpoint_type(kind):
            return cls(text)
        return cls(text, False, *_host_and_port(text, text))

    def __str__(self) -> str:
        return self.text

    @property
    def interface(self) -> str:
        """The interface that a server binds; C{localhost} is 127.0.0.1, not ::1."""
        return "127.0.0.1" if self.host == "localhost" else self.host or ""

    def server(self, reactor: Any) -> IStreamServerEndpoint:
        """
        Make the endpoint that listens here.

        A description says its own interface and backlog, as Twisted documents it.

        @raise AddressError: the description does not describe a server, names a
            file that is not there, or this is a datagram address.
        """
        self._refuse_datagrams()
        known = _endpoints()
        endpoint: IStreamServerEndpoint
        if self.port is None:
            with _explained(self.text):
                _check_tls_directory(self.text)
                endpoint = known.serverFromString(reactor, self.text)
        else:
            is_v6 = isIPv6Address(self.interface)
            kind = known.TCP6ServerEndpoint if is_v6 else known.TCP4ServerEndpoint
            endpoint = kind(reactor, self.port, _BACKLOG, self.interface)
        return endpoint

    def client(self, reactor: Any) -> IStreamClientEndpoint:
        """
        Make the endpoint that connects to here.

        @raise AddressError: the description does not describe a client, names a
            file that is not there, or this is port 0 or a datagram address.
        """
        self._refuse_datagrams()
        known = _endpoints()
        endpoint: IStreamClientEndpoint
        if self.port is None or self.host is None:
            with _explained(self.text):
                endpoint = known.clientFromString(reactor, self.text)
        elif self.port == 0:
            raise AddressError(f"{self.text!r}: nobody can be reached on port 0")
        # A literal needs no resolver, and so no thread.
        elif isIPAddress(self.host):
            endpoint = known.TCP4ClientEndpoint(reactor, self.host, self.port)
        elif isIPv6Address(self.host):
            endpoint = known.TCP6ClientEndpoint(reactor, self.host, self.port)
        else:
            endpoint = known.HostnameEndpoint(reactor, self.host, self.port)
        return endpoint

    def _refuse_datagrams(self) -> None:
        if self.is_datagram:
            raise AddressError(f"{self.text!r} is for datagrams, but a stream is wanted here")


def describe(address: IAddress) -> str:
    """Write an address as L{Address.parse} reads it, e.g. C{[::1]:80}."""
    if isinstance(address, _INTERNET):
        return f"{_prefix(address)}:{address.port}"
    if isinstance(address, UNIXAddress):
        name = address.name or b""
        return f"unix:{name.decode(errors='replace') if isinstance(name, bytes) else name}"
    return str(address)


def join(host: str, port: int) -> str:
    """Write a host and a port as L{Address.parse} reads them, e.g. C{[::1]:80}."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def describe_range(addresses: Iterable[IAddress]) -> str:
    """
    Write several addresses, separated by blanks, in the order given.

    Consecutive ports of one host become a range: C{127.0.0.1:11000-11095}.
    """
    runs: list[list[IAddress]] = []
    for address in addresses:
        if runs and _follows(runs[-1][-1], address):
            runs[-1].append(address)
        else:
            runs.append([address])
    return " ".join(map(_describe_run, runs))


def _describe_run(run: list[IAddress]) -> str:
    ports = [address.port for address in run if isinstance(address, _INTERNET)]
    return describe(run[0]) + (f"-{ports[-1]}" if len(ports) > 1 else "")


def _follows(first: IAddress, second: IAddress) -> bool:
    if not (isinstance(first, _INTERNET) and isinstance(second, _INTERNET)):
        return False
    return _prefix(first) == _prefix(second) and second.port == first.port + 1


def _prefix(address: IPv4Address | IPv6Address) -> str:
    host = f"[{address.host}]" if isinstance(address, IPv6Address) else address.host
    return f"udp:{host}" if address.type == "UDP" else host


def _endpoints() -> Any:
    """Twisted's endpoints, once they are used: they load OpenSSL, which takes time and memory."""
    from twisted.internet import endpoints

    return endpoints


def _is_endpoint_type(kind: str) -> bool:
    if kind in _BUILT_IN:
        return True
    # No plugin is asked about what can only be a host: that import takes time.
    if not re.fullmatch(r"[A-Za-z][\w+-]*", kind) or kind == "localhost":
        return False
    plugins: Iterable[Any] = chain(
        getPlugins(IStreamServerEndpointStringParser),
        getPlugins(IStreamClientEndpointStringParserWithReactor),
    )
    return any(plugin.prefix.lower() == kind.lower() for plugin in plugins)


def _host_and_port(text: str, rest: str) -> tuple[str, int]:
    match = _HOST_AND_PORT.fullmatch(rest)
    if match is None:
        raise AddressError(f"{text!r} is no address: expected {_FORMS}{_hint(rest)}")
    return _host(text, match), _port(text, match["port"])


def _hint(rest: str) -> str:
    if rest.isdecimal():
        return f"; did you mean 127.0.0.1:{rest}?"
    if rest.count(":") > 1 and isIPv6Address(rest.rpartition(":")[0]):
        return "; an IPv6 address goes in brackets"
    return ""


def _host(text: str, match: re.Match[str]) -> str:
    v6, name = match["v6"], match["name"]
    if v6 is not None and not isIPv6Address(v6):
        raise AddressError(f"{text!r}: {v6!r} is no IPv6 address")
    if name == "":
        raise AddressError(f"{text!r} names no host: did you mean 127.0.0.1:{match['port']}?")
    if v6 is None and re.fullmatch(r"[\d.]+", name) and not isIPAddress(name):
        raise AddressError(f"{text!r}: {name!r} is no IPv4 address")
    return v6 or name


def _port(text: str, port: str) -> int:
    # int() would read "+1", "1_0" and " 1" as well.
    if not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise AddressError(f"{text!r}: {port!r} is no port: expected a number from 0 to 65535")
    return int(port)


def _check_tls_directory(text: str) -> None:
    """Raise L{FileNotFoundError}, which Twisted leaves to the first connection."""
    if match := _TLS_DIRECTORY.match(text):
        directory = re.sub(r"\\(.)", r"\1", match[1])
        if not Path(directory).is_dir():
            raise FileNotFoundError(2, "No such directory", directory)


@contextmanager
def _explained(text: str) -> Iterator[None]:
    """Turn what an endpoint's maker raised into an L{AddressError}."""
    try:
        yield
    # Every endpoint type, plugins among them, raises what it likes: ValueError,
    # TypeError, LookupError, OSError, OpenSSL.crypto.Error and others were seen.
    except Exception as error:
        raise AddressError(f"{text!r} cannot be used: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else repr(error)
    if isinstance(error, TypeError):
        return str(error).partition("() ")[2] or str(error)
    return str(error)
