"""Registers C{--reactor=uv}."""

from twisted.application.reactors import Reactor

uv = Reactor("uv", "netsim.reactor", "libuv (uvloop) reads and writes all streams.")
