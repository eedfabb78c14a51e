"""
C{python -m bench.sshd PORT}: an OpenSSH server on loopback, for whoever has its key.

All its files are in the directory in which it starts, and so are those of its clients:
C{ssh_config} for ssh, C{test_control.yml} for C{netsim-dsisocket}; both know its
host key, and have the only user key that it accepts.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from pathlib import Path

from bench import wire
from bench.processes import StartError, find_program

PACKAGE = "openssh-server"
CONFIG, SSH_CONFIG, CONTROL = "sshd_config", "ssh_config", "test_control.yml"
_HOST_KEY, _USER_KEY, _KNOWN_HOSTS = "host_key", "user_key", "known_hosts"

_SEPARATION = Path("/run/sshd")
"""An empty directory that sshd wants when root starts it, made by its service else."""

# Bash reads the user's own .bashrc when sshd starts it: what is in that is not measured.
_SERVER = """\
ListenAddress {host}:{port}
HostKey {directory}/{host_key}
AuthorizedKeysFile {directory}/{user_key}.pub
PasswordAuthentication no
PermitRootLogin yes
PidFile none
StrictModes no
UsePAM no
SetEnv HOME={directory}
MaxSessions 100
Subsystem sftp internal-sftp
"""

# What ssh says is the ready line: it has connected, and shares the connection from now on.
_CLIENT = """\
Host *
HostName {host}
Port {port}
User {user}
IdentityFile "{directory}/{user_key}"
IdentitiesOnly yes
IdentityAgent none
UserKnownHostsFile "{directory}/{known_hosts}"
GlobalKnownHostsFile none
StrictHostKeyChecking yes
BatchMode yes
PermitLocalCommand yes
LocalCommand echo "ssh listening on {host}:{port}"
"""

# Agents stay out of it: ssh forwards none either.  The server chooses the port.
_STEERING = """\
dsisocket:
  enabled: true
  bind_addr: {host}
  port: 0
  ssh:
    known_hosts: "{directory}/{known_hosts}"
    agent_forwarding: false
infrastructure_provisioning:
  tfvars:
    ssh_user: {user}
    ssh_key_file: "{directory}/{user_key}"
  out:
    workload_client:
      - public_ip: {host}
        ssh_port: {port}
"""


def main() -> None:
    """Make keys and configurations, and become the server."""
    try:
        program = find_program("sshd", f"it is in the Debian package {PACKAGE}")
        prepare(Path.cwd(), int(sys.argv[1]))
        if os.geteuid() == 0:
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)
    except StartError as error:
        sys.exit(str(error))
    # It starts itself anew for each connection, and has to know its own path for that.
    os.execv(program, [program, "-D", "-e", "-f", str(Path.cwd() / CONFIG)])


def prepare(directory: Path, port: int) -> None:
    """
    Write all files of a server on this port, and of its clients.

    @raise StartError: there is no C{ssh-keygen}.
    """
    for key in (_HOST_KEY, _USER_KEY):
        words = [find_program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]
        subprocess.run(words, cwd=directory, stdin=subprocess.DEVNULL, check=True)
    fields = {
        "host": wire.HOST,
        "port": port,
        "user": getpass.getuser(),
        "directory": directory,
        "host_key": _HOST_KEY,
        "user_key": _USER_KEY,
        "known_hosts": _KNOWN_HOSTS,
    }
    public = (directory / f"{_HOST_KEY}.pub").read_text()
    (directory / _KNOWN_HOSTS).write_text(f"[{wire.HOST}]:{port} {public}")
    for name, text in ((CONFIG, _SERVER), (SSH_CONFIG, _CLIENT), (CONTROL, _STEERING)):
        (directory / name).write_text(text.format_map(fields))


if __name__ == "__main__":
    main()
