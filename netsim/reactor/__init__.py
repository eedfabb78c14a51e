"""
A Twisted reactor whose streams are libuv's.

Every TCP and Unix connection is read and written by libuv, in C, through uvloop;
the protocols above it are Twisted's as ever.  C{twistd --reactor=uv} uses it, and
so does a program that begins with::

    import netsim.reactor
    netsim.reactor.install()

C{docs/reactor.rst} says what differs from Twisted's own reactors.
"""

from __future__ import annotations

__all__ = ["available", "install"]

MISSING = "the reactor uv needs uvloop: pip install 'netsim[fast]'"


def available() -> bool:
    """Whether uvloop is there."""
    from importlib.util import find_spec

    return find_spec("uvloop") is not None


def install() -> None:
    """
    Make this the reactor of the process, which must have none yet.

    @raise ImportError: uvloop is not installed.
    """
    if not available():
        raise ImportError(MISSING)
    # Here, as importing it loads all of Twisted's transports, and uvloop.
    from twisted.internet.main import installReactor

    from netsim.reactor.reactor import UVReactor

    installReactor(UVReactor())
