"""
Reads a module's C{servers}: lines of C{(l_address, s_address, server_type, kwargs)}.

The form is that of discos-framework.txt (WIRE.md, section 4); beside the classes of
L{socketserver}, a type may be C{"tcp"} or C{"udp"}.
"""

from __future__ import annotations

import socket
import socketserver
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from netsim.errors import SimulatorError
from netsim.simulator.model import Entry, Place, short

__all__ = ["check", "parse_servers", "read_entry"]

_FORM = "(l_address, s_address, server_type, kwargs)"
_FAMILIES = (socket.AF_INET, socket.AF_INET6)
_TYPES = "'tcp', 'udp', or a class such as socketserver.ThreadingTCPServer"


def parse_servers(module: ModuleType) -> tuple[Entry, ...]:
    """
    Read all lines.

    @raise SimulatorError: everything that is wrong with them.
    """
    servers = getattr(module, "servers", None)
    if problems := list(_problems(servers)):
        raise _bad(module, problems)
    return tuple(map(_entry, servers or ()))


def read_entry(label: str, line: Any) -> Entry:
    """
    Read one line, given by hand.

    @raise SimulatorError: everything that is wrong with it.
    """
    if problems := list(_problems_of(line)):
        text = "; ".join(problem.lstrip(" :") for problem in problems)
        raise SimulatorError(f"{label}: {text}")
    return _entry(line)


def check(module: ModuleType) -> None:
    """
    See that a module is a simulator, without making anything of it.

    @raise SimulatorError: everything that it lacks, and everything wrong with its servers.
    """
    lacking = [] if isinstance(getattr(module, "System", None), type) else ["no class System"]
    if problems := [*lacking, *_problems(getattr(module, "servers", None))]:
        raise _bad(module, problems)


def _bad(module: ModuleType, problems: list[str]) -> SimulatorError:
    name, file = short(module.__name__), getattr(module, "__file__", None)
    place = f" ({file})" if file else ""
    return SimulatorError(f"simulator {name!r}{place}: {'; '.join(problems)}")


def _problems(servers: Any) -> Iterator[str]:
    if servers is None:
        yield "no list servers"
    elif not isinstance(servers, list | tuple):
        yield f"servers is {_shown(servers)}, expected a list of {_FORM}"
    elif not servers:
        yield "its list servers is empty"
    else:
        for index, line in enumerate(servers):
            yield from (f"servers[{index}]{problem}" for problem in _problems_of(line))


def _problems_of(line: Any) -> Iterator[str]:
    if not isinstance(line, list | tuple) or len(line) != 4:
        yield f" is no {_FORM}"
        return
    listen, send, kind, kwargs = line
    for name, address in (("l_address", listen), ("s_address", send)):
        if not _is_address(address):
            yield f": {name} is {_shown(address)}, expected (host, port) or ()"
    if not listen and not send:
        yield " has neither l_address nor s_address"
    if _is_datagram(kind) is None:
        yield f": server_type is {_shown(kind)}, expected {_TYPES}"
    if not isinstance(kwargs, Mapping) or not all(isinstance(key, str) for key in kwargs):
        yield f": kwargs is {_shown(kwargs)}, expected a dictionary with names as keys"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_address(value: Any) -> bool:
    if value is None or value == ():
        return True
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    host, port = value
    is_port = isinstance(port, int) and not isinstance(port, bool) and 0 <= port <= 65535
    return isinstance(host, str) and is_port


def _is_datagram(kind: Any) -> bool | None:
    """Whether a type is UDP; L{None} for what is no type."""
    if isinstance(kind, str):
        return {"tcp": False, "udp": True}.get(kind.lower())
    if isinstance(kind, type) and getattr(kind, "address_family", None) in _FAMILIES:
        # The one for UDP derives from the one for TCP.
        if issubclass(kind, socketserver.UDPServer):
            return True
        if issubclass(kind, socketserver.TCPServer):
            return False
    return None


def _entry(line: Any) -> Entry:
    listen, send, kind, kwargs = line
    return Entry(_place(listen), _place(send), bool(_is_datagram(kind)), dict(kwargs))


def _place(address: Any) -> Place | None:
    return Place(*address) if address else None
