"""
A real OpenSSH server, and a real agent, for the time of a test.

    >>> sshd = Sshd(self, AllowTcpForwarding="no")
    >>> connection = await connect(reactor, sshd.target())
"""

from __future__ import annotations

import getpass
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from netsim.dsisocket.ssh.target import Target
from tests.integration.processes import Process, eventually, require

__all__ = ["Agent", "Sshd", "make_key", "reserve_port"]

_USUAL = {
    "ListenAddress": "127.0.0.1",
    "PidFile": "none",
    "StrictModes": "no",
    "UsePAM": "no",
    "PasswordAuthentication": "no",
    "KbdInteractiveAuthentication": "no",
    "PermitRootLogin": "yes",
    "MaxStartups": "100",
    "LogLevel": "VERBOSE",
    # Bash reads ~/.bashrc for what it takes for the first shell of a session: who runs the
    # tests may have much in there.
    "SetEnv": "SHLVL=2",
    "Subsystem": "sftp internal-sftp",
}


class Sshd:
    """
    A server on a port of its own, with keys of its own; it is gone when the test ends.

    @ivar directory: where all its files are.
    @ivar user: who may log in, with C{key}: whoever runs the test.
    @ivar key: the file of the private key; C{authorized_keys} has it.
    @ivar known_hosts: a file that knows the server.
    @ivar log: what the server tells, verbosely.
    """

    host = "127.0.0.1"

    def __init__(self, test: Any, **options: str) -> None:
        """@param options: lines of sshd_config, beside the usual ones or instead of them."""
        self._program = require("sshd", "openssh-server")
        self._test = test
        self.directory = Path(test.mktemp()).absolute()
        self.directory.mkdir(parents=True)
        self.port: int = reserve_port(test)
        self.user: str = getpass.getuser()
        self.key: Path = make_key(self.directory / "user")
        self.host_key: Path = make_key(self.directory / "host")
        self.authorized_keys: Path = self.directory / "authorized_keys"
        self.known_hosts: Path = self.directory / "known_hosts"
        self._log: Path = self.directory / "log"
        self._options = options
        self._process: Process | None = None
        self._children: dict[int, str] = {}
        self.trust(self.key)
        public = f"{self.host_key}.pub"
        self.known_hosts.write_text(f"{self.name} {Path(public).read_text()}")
        test.addCleanup(self._clean_up)
        self.start()

    @property
    def name(self) -> str:
        """What C{known_hosts} calls it."""
        return f"[{self.host}]:{self.port}"

    @property
    def log(self) -> str:
        """What it has told so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def target(self, **changes: Any) -> Target:
        """How to connect to it."""
        usual: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "key_files": (self.key,),
            "known_hosts": self.known_hosts,
        }
        return Target(**{**usual, **changes})

    def trust(self, key: Path) -> None:
        """Let this key in too."""
        with self.authorized_keys.open("a") as file:
            file.write(Path(f"{key}.pub").read_text())

    def ssh(self, *words: str) -> list[str]:
        """The command line of OpenSSH's own client for this server."""
        options = (
            f"UserKnownHostsFile={self.known_hosts}",
            "BatchMode=yes",
            "IdentitiesOnly=yes",
            "ControlPath=none",
        )
        flags = [word for option in options for word in ("-o", option)]
        where = ("-p", str(self.port), f"{self.user}@{self.host}")
        return [
            require("ssh", "openssh-client"),
            "-F",
            "none",
            "-i",
            str(self.key),
            *flags,
            *where,
            *words,
        ]

    def start(self) -> None:
        """Start it, and wait until it accepts."""
        if os.geteuid() == 0:
            # It refuses to start without; Debian makes it when the machine does.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        config = self.directory / "sshd_config"
        lines = {
            **_USUAL,
            "Port": str(self.port),
            "HostKey": str(self.host_key),
            "AuthorizedKeysFile": str(self.authorized_keys),
            **self._options,
        }
        config.write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
        # It starts itself anew for each connection, and wants its absolute path for that.
        command = (self._program, "-D", "-f", config, "-E", self._log)
        self._process = Process(command, self.directory)
        eventually(self._accepts, lambda: f"sshd on {self.port}: {self.log}")

    def kill(self) -> None:
        """End it and all its connections, by SIGKILL; what runs there runs on."""
        assert self._process is not None
        servers = self._servers()
        self._children.update((pid, _begin(pid)) for pid in _descendants(self._process.pid))
        for pid in servers:
            _signal(pid, signal.SIGKILL)
        self._process.clean_up()
        self._process = None
        eventually(lambda: not any(map(_runs, servers)), "the end of sshd")

    def restart(self) -> None:
        """Kill it, if it runs, and start it on the same port with the same key."""
        if self._process is not None:
            self.kill()
        self.start()

    @contextmanager
    def stop_cont(self) -> Iterator[None]:
        """Stop it and all its connections for a while, as a network does that fails."""
        servers = self._servers()
        for pid in servers:
            _signal(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in servers:
                _signal(pid, signal.SIGCONT)

    def connections(self) -> int:
        """How many processes serve connections now."""
        return len(self._servers()) - 1

    def _servers(self) -> list[int]:
        """The processes that are sshd: the listening one first."""
        assert self._process is not None
        inside = [pid for pid in _descendants(self._process.pid) if _name(pid).startswith("sshd")]
        return [self._process.pid, *inside]

    def _accepts(self) -> bool:
        assert self._process is not None
        with suppress(OSError), socket.create_connection((self.host, self.port), 1) as client:
            return client.recv(4) == b"SSH-"
        return False

    def _clean_up(self) -> None:
        if self._process is not None:
            self.kill()
        for pid, begin in self._children.items():
            if _begin(pid) == begin:
                _signal(pid, signal.SIGKILL)


class Agent:
    """
    An agent that holds a key; it is gone when the test ends.

    @ivar socket: its address, for C{SSH_AUTH_SOCK}.
    """

    def __init__(self, test: Any, *keys: Path) -> None:
        program = require("ssh-agent", "openssh-client")
        directory = tempfile.TemporaryDirectory(prefix="netsim-")
        test.addCleanup(directory.cleanup)
        self.socket: Path = Path(directory.name) / "agent"
        process = Process((program, "-D", "-a", self.socket), Path(directory.name))
        test.addCleanup(process.clean_up)
        eventually(self.socket.exists, "the agent's socket")
        for key in keys:
            self.add(key)

    def add(self, key: Path) -> None:
        """Add a key."""
        self._run("ssh-add", "-q", key)

    def keys(self) -> str:
        """What C{ssh-add -l} says."""
        return self._run("ssh-add", "-l")

    def _run(self, *command: str | Path) -> str:
        environment = {**os.environ, "SSH_AUTH_SOCK": str(self.socket)}
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """Make a pair of keys; gives the path of the private one."""
    program = require("ssh-keygen", "openssh-client")
    command = (program, "-q", "-t", kind, "-N", passphrase, "-C", path.name, "-f", path)
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def reserve_port(test: Any) -> int:
    """
    A port for a server that cannot choose one, kept from all others by a socket.

    The server has to set C{SO_REUSEADDR}, as sshd does.
    """
    reserved = socket.socket()
    test.addCleanup(reserved.close)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port: int = reserved.getsockname()[1]
    return port


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _stat(pid: int) -> list[str]:
    """What proc(5) says of a process, from its state on; nothing where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _runs(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"])


def _begin(pid: int) -> str:
    """When it was started, which tells it from another one of the same number."""
    return "".join(_stat(pid)[19:20])


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _descendants(pid: int) -> list[int]:
    """The children of a process, theirs, and so on."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            parents.setdefault(int(stat[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found[1:]
