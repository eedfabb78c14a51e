"""What the configuration says, as values: L{netsim.dsisocket.config} reads them."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from netsim.dsisocket.model import Host, Limits, Node, Secret

__all__ = ["Listening", "RestartTimes", "Settings", "SshSettings"]


@frozen
class Listening:
    """
    Where workloads connect, and who may.

    @ivar concurrent: how many connections are served side by side.
    @ivar token: what the first object of a connection has to hold; none asks for nothing.
    """

    enabled: bool = False
    bind_addr: str = "127.0.0.1"
    port: int = 27007
    concurrent: int = 1
    token: Secret | None = None


@frozen
class SshSettings:
    """
    How hosts are reached; times in seconds.

    @ivar user: for hosts that do not name one.
    @ivar key_file: for hosts that do not name one; none leaves it to the agent and the
        usual files in C{~/.ssh}.
    @ivar forward_agent: commands on the hosts may use the agent of this machine.
    """

    user: str
    key_file: Path | None = None
    password: Secret | None = None
    known_hosts: Path = Path("~/.ssh/known_hosts")
    accept_new: bool = False
    forward_agent: bool = True
    timeout: float = 15.0
    keepalive: float = 15.0
    missed: int = 3


@frozen
class RestartTimes:
    """
    Seconds that each step of a restart may take.

    @ivar shutdown: from the clean shutdown to SIGTERM.
    @ivar term: from SIGTERM to SIGKILL.
    @ivar kill: from SIGKILL until the node is given up.
    @ivar start: from the start until the port has to accept.
    """

    shutdown: float = 60.0
    term: float = 30.0
    kill: float = 10.0
    start: float = 60.0


@frozen
class Settings:
    """
    All of it.

    @ivar hosts: in the order of the configuration, group by group; C{localhost} is
        always there.
    @ivar groups: the names that C{on_<group>} takes, the gathered ones too, each with the
        names (L{Host.name}) of its hosts; one without hosts stays, and is empty.
    @ivar limits: for scripts whose command says nothing else.
    @ivar repo_dir: what C{upload_repo_files} starts from; none where it is not configured.
    @ivar reports: below which retrieved files land.
    @ivar test_id: the next directory below it.
    @ivar mongo_shell: the shell's command line, up to the connection string.
    @ivar topology: nodes in the order of starting: one stage after the other, those of a
        stage side by side.
    """

    listen: Listening
    ssh: SshSettings
    hosts: tuple[Host, ...]
    groups: dict[str, tuple[str, ...]]
    limits: Limits = field(factory=Limits)
    repo_dir: Path | None = None
    reports: Path = Path("reports")
    test_id: str = "dsisocket"
    mongo_shell: str = "mongosh"
    topology: tuple[tuple[Node, ...], ...] = ()
    times: RestartTimes = field(factory=RestartTimes)
