"""
What the bash scripts for a server have in common: values, and how its processes are found.

They need Linux, bash and what is on every machine beside it; not root.

A server's processes are those that listen on its port, those that have its mark in their
environment since we started them, and those that were there when it last began to accept:
none of the three finds all, as servers let go of their port before they end, and some
write over their environment.
"""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote
from urllib.parse import quote as ascii_name

from netsim.dsisocket.model import Node

__all__ = ["array", "hundredths", "script"]

_FIND = r"""
clock() { # sets now, in hundredths of a second
    read -r now _ </proc/uptime
    now=${now/./}
}
born() { # PID: sets born to when it was started; fails if it does not run
    local stat
    born=
    { read -r -d '' stat <"/proc/$1/stat"; } 2>/dev/null
    [[ -n $stat ]] || return
    set -- ${stat##*) }
    [[ $1 != [ZX] ]] && born=${20}
}
runs() { born "${1%:*}" && [[ $born == "${1#*:}" ]]; } # PID:BIRTH
sockets() { # inode and user of each socket that listens on the port
    local inode user
    grep -hsE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:[0-9A-F]+ 0A " /proc/net/tcp /proc/net/tcp6 |
        while read -r _ _ _ _ _ _ _ user _ inode _; do echo "$inode $user"; done
}
listeners() { # the processes that listen on the port, as far as we may see them
    local inode names=(-false) pid
    while read -r inode _; do names+=(-o -lname "socket:\[$inode\]"); done < <(sockets)
    ((${#names[@]} > 1)) || return 0
    find /proc/[0-9]*/fd -maxdepth 1 \( "${names[@]}" \) 2>/dev/null |
        while IFS=/ read -r _ _ pid _; do echo "$pid"; done | sort -un
}
marked() { # the processes that have our mark
    local pid
    LC_ALL=C grep -lszxF -- "NETSIM_NODE=$mark" /proc/[0-9]*/environ |
        while IFS=/ read -r _ _ pid _; do echo "$pid"; done
}
ours() { [[ -d $notes && -O $notes && ! -L $notes ]]; } # nobody else can write there
noted() { # those of the processes that were there when it began to accept
    local one
    ours && [[ -f $notes/$port.pids ]] || return 0
    while read -r one; do ! runs "$one" || echo "${one%:*}"; done <"$notes/$port.pids"
}
ancestors() { # this process, and all that it is a child of
    local pid=$BASHPID stat
    while ((pid > 0)); do
        echo "$pid"
        stat=
        { read -r -d '' stat <"/proc/$pid/stat"; } 2>/dev/null
        set -- ${stat##*) }
        pid=${2:-0}
    done
}
node() { # PID:BIRTH of each process of the node; never of one that we are a child of
    local pid mine
    mine=" $(ancestors | tr '\n' ' ') "
    for pid in $({ listeners; marked; noted; } | sort -un); do
        [[ $mine == *" $pid "* ]] || ! born "$pid" || echo "$pid:$born"
    done
}
who() { # PIDs or PID:BIRTHs: their names and users
    local pid name user text=
    for pid; do
        pid=${pid%:*}
        name=$(tr -c '[:graph:]' '?' 2>/dev/null <"/proc/$pid/comm")
        user=$(stat -c %U "/proc/$pid" 2>/dev/null)
        text+="${text:+, }process $pid"
        [[ -z $name || -z $user ]] && text+=", gone by now" || text+=" (${name%\?}) of $user"
    done
    echo "$text"
}
holders() { # who listens on the port
    local user found
    found=$(who $(listeners))
    if [[ -z $found ]]; then
        read -r _ user < <(sockets)
        found="a process of $(getent passwd "$user" | cut -d : -f 1)"
    fi
    echo "$found"
}
fail() {
    echo "$id: $1" >&2
    exit 1
}
"""


def script(node: Node, values: Iterable[str], *parts: str) -> str:
    """
    Put a script together.

    @param values: assignments of bash that the parts need.
    @param parts: what follows the functions that find the node's processes.
    """
    # Another node of that name may be on the machine, of another test; not on that port.
    mark = f"{ascii_name(node.id, safe='')}:{node.port}"
    head = [
        "shopt -s nullglob",
        f"id={quote(node.id)} port={node.port} hex={node.port:04X} mark={mark}",
        "notes=/tmp/netsim-nodes-$UID",
        *values,
    ]
    return "\n".join([*head, _FIND + "".join(parts)])


def array(values: Iterable[str]) -> str:
    """An array of bash."""
    return f"({' '.join(map(quote, values))})"


def hundredths(seconds: float) -> int:
    """Hundredths of a second, which is what the scripts count in; at least one."""
    return max(1, round(seconds * 100))
