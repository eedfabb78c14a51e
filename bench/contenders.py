"""
Who is measured: a table.

A command is a program and its arguments, with fields in braces that are known
only when it starts: C{upstream}, the port to relay to; C{port}, one to listen on, for
who cannot choose one; C{directory}, for its files; C{script}, a script file that
answers each exchange of the measure.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Contender:
    """
    A server that is measured.

    @ivar name: what the report calls it.
    @ivar command: how it starts; empty for the upstream itself.
    @ivar recording: a glob pattern for the file that it has made when a session is
        recorded; empty where it records none, or where that is not checked.
    """

    name: str
    command: tuple[str, ...] = ()
    recording: str = ""


_PROXY = (
    *("twistd", "-n", "netsim-proxy"),
    *("-r", "127.0.0.1:{upstream}"),
    *("-l", "127.0.0.1:0"),
    *("-o", "{directory}/rec"),
)
_LISTEN = "TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=128,nodelay"
_CONNECT = "TCP:127.0.0.1:{upstream},nodelay"

DIRECT = Contender("direct")
BARE_FORWARDER = Contender(
    "bare forwarder", ("python", "-m", "bench.bare", "forward", "{upstream}")
)
RECORDING = Contender("netsim-proxy", _PROXY, recording="rec-*.json")
NOT_RECORDING = Contender("netsim-proxy --no-record", (*_PROXY, "--no-record"))
SOCAT = Contender("socat", ("socat", _LISTEN, _CONNECT))
SOCAT_RECORDING = Contender(
    "socat -r -R",
    ("socat", "-r", "{directory}/up", "-R", "{directory}/down", _LISTEN, _CONNECT),
)

BARE_ECHO = Contender("bare echo", ("python", "-m", "bench.bare", "echo"))
REPLAY = Contender(
    "netsim-replay", ("twistd", "-n", "netsim-replay", "-i", "{script}", "-l", "127.0.0.1:0")
)
