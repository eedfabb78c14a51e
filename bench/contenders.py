"""
Who is measured: a table.

A command is a program and its arguments, with fields in braces that are known
only when it starts: C{upstream}, the port to relay to; C{port}, one to listen on, for
who cannot choose one; C{directory}, for its files; C{script}, a script file that
answers each exchange of the measure; C{systems}, the directory of the simulators that are
hosted, C{device}, the name of the one that the measure is about, and C{offset}, by how
much its ports are to be moved; C{shared}, the directory of the upstream's files.
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
    @ivar target: where C{netsim-dsisocket} is asked to do something; empty for ssh.
    @ivar gently: it is asked to end, as it has to end others.
    """

    name: str
    command: tuple[str, ...] = ()
    recording: str = ""
    target: str = ""
    gently: bool = False


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
BARE_ON_UV = Contender(
    "bare forwarder on uv", ("python", "-m", "bench.bare", "uv", "forward", "{upstream}")
)
PLAIN_UV = Contender("plain uvloop forwarder", ("python", "-m", "bench.plain", "{upstream}"))
RECORDING_ON_UV = Contender(
    "netsim-proxy on uv",
    (_PROXY[0], "--reactor=uv", *_PROXY[1:]),
    recording="rec-*.json",
)
SOCAT = Contender("socat", ("socat", _LISTEN, _CONNECT))
SOCAT_RECORDING = Contender(
    "socat -r -R",
    ("socat", "-r", "{directory}/up", "-R", "{directory}/down", _LISTEN, _CONNECT),
)

BARE_ECHO = Contender("bare echo", ("python", "-m", "bench.bare", "echo"))
ECHO_ON_UV = Contender("bare echo on uv", ("python", "-m", "bench.bare", "uv", "echo"))
_REPLAY = ("netsim-replay", "-i", "{script}", "-l", "127.0.0.1:0")
REPLAY = Contender("netsim-replay", ("twistd", "-n", *_REPLAY))
REPLAY_ON_UV = Contender("netsim-replay on uv", ("twistd", "--reactor=uv", "-n", *_REPLAY))

_START = ("simulator", "start", "--path={systems}", "--port-offset={offset}")
_SIMULATOR = ("netsim", "--reactor=epoll", *_START)
_SIMULATOR_ON_UV = ("netsim", "--reactor=uv", *_START)

THREADED = Contender(
    "threaded host", ("python", "-m", "bench.threaded_host", "{device}", "--port-offset={offset}")
)
WORKERS = Contender("netsim simulator, unchanged", (*_SIMULATOR, "-s", "{device}"))
ON_REACTOR = Contender(
    "netsim simulator --on-reactor, unchanged", (*_SIMULATOR, "-s", "{device}", "--on-reactor")
)
TWIN = Contender("netsim simulator, written for it", (*_SIMULATOR, "-s", "{device}_twin"))
WORKERS_ON_UV = Contender(
    "netsim simulator on uv, unchanged", (*_SIMULATOR_ON_UV, "-s", "{device}")
)
TWIN_ON_UV = Contender(
    "netsim simulator on uv, written for it", (*_SIMULATOR_ON_UV, "-s", "{device}_twin")
)

FASTAPI = Contender("FastAPI", ("python", "-m", "bench.fastapi_broadcaster", "{port}"))
_DAEMON = ("daemon", "--port=0", "--no-idle-shutdown")
DAEMON = Contender(
    "netsim daemon, in memory", ("netsim", "--reactor=epoll", *_DAEMON, "--database=none")
)
DAEMON_ON_DISK = Contender(
    "netsim daemon", ("netsim", "--reactor=epoll", *_DAEMON, "--database={directory}/db")
)
DAEMON_ON_UV = Contender(
    "netsim daemon on uv", ("netsim", "--reactor=uv", *_DAEMON, "--database={directory}/db")
)

SSH = Contender(
    "ssh, shared connection",
    ("ssh", "-F", "{shared}/ssh_config", "-M", "-N", "-S", "control", "host"),
)
_CONCURRENT = ("netsim-dsisocket", "--concurrent=8")
_TUNNEL = (*_CONCURRENT, "-c", "{shared}/test_control.yml")
_LOCAL = (*_CONCURRENT, "--local", "-l", "127.0.0.1:0")
STEERING = Contender(
    "netsim-dsisocket, tunnel", ("twistd", "-n", *_TUNNEL), target="on_workload_client"
)
STEERING_ON_UV = Contender(
    "netsim-dsisocket on uv, tunnel",
    ("twistd", "--reactor=uv", "-n", *_TUNNEL),
    target="on_workload_client",
)
STEERING_HERE = Contender(
    "netsim-dsisocket --local, localhost", ("twistd", "-n", *_LOCAL), target="on_localhost"
)

PLAIN_SERIES = Contender(
    "plain Python", ("python", "-m", "bench.plain_series", "{port}", "{shared}")
)
_SERIES = ("python", "-m", "bench.series_stack", "{shared}")
SERIES = Contender("netsim node and grafana", (*_SERIES, "epoll"), gently=True)
SERIES_ON_UV = Contender("netsim node and grafana on uv", (*_SERIES, "uv"), gently=True)
