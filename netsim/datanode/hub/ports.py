"""Ports for a router, which cannot choose them, and does not say in a sentence what is wrong."""

from __future__ import annotations

import errno
import socket

from netsim.errors import HostError

__all__ = ["reserve"]


def reserve(host: str, port: int, option: str) -> socket.socket:
    """
    Keep a port from all who do not set SO_REUSEADDR and listen there, as the router will.

    @param port: 0 lets the system choose.
    @param option: which names another one.
    @raise HostError: somebody listens there, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reserved = socket.socket(family)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind((host, port))
    except OSError as error:
        reserved.close()
        if error.errno == errno.EADDRINUSE:
            reason = "another program listens there"
        else:
            reason = error.strerror or str(error)
        raise HostError(f"port {port} of {host}: {reason}; {option} names another") from error
    return reserved
