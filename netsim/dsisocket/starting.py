"""The bash script that starts a server, and waits until it accepts connections."""

from __future__ import annotations

from shlex import quote

from netsim.dsisocket.model import Host, Node
from netsim.dsisocket.nodes import array, hundredths, script
from netsim.dsisocket.settings import RestartTimes

__all__ = ["start_script"]

_START = r"""
out=$notes/$port.out
said() { # the last that it has written; the log need not be new, or its
    tail -c 1500 -- "$out" | tail -n 5
    [[ ! -f $log || $log -ot $notes/$port.begun ]] || tail -c 1500 -- "$log" | tail -n 4
}
not_started() {
    said >&2
    fail "$1"
}
launch() {
    (
        # Whoever waits for the end of our output is not to wait for the server's.
        for number in /proc/self/fd/*; do
            number=${number##*/}
            ((number <= 2)) || eval "exec $number>&-"
        done
        export NETSIM_NODE=$mark
        exec setsid bash -c "$start" </dev/null >>"$out" 2>&1
    ) &
    launcher=$!
}
accepts() {
    local address
    # What listens need not be seen from here, but mostly is.
    ((polls++ % 20 == 0)) || [[ -n $(sockets) ]] || return
    for address in 127.0.0.1 ::1 "${addresses[@]}"; do
        timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$address" "$port" 2>/dev/null && return
    done
    return 1
}
foreign() { # whether all that listen on the port were there before us
    local pid found=1
    for pid in $(listeners); do
        ! born "$pid" || ((born < ticks)) || return
        found=0
    done
    return $found
}
lives() { # STATUS of what was started: whether anything of it runs, as far as we can know
    local one
    for one in $all; do ! runs "$one" || return 0; done
    all=$(node)
    if [[ -n $all ]]; then
        seen=1
        return
    fi
    # What makes itself a daemon may hide from us; what has failed does not.
    (($1 == 0)) && [[ -z $seen || $((missed++)) -lt 20 ]]
}
until_accepts() {
    local end status=
    clock
    end=$((now + patience))
    until accepts; do
        if [[ -z $status ]] && ! born "$launcher"; then
            wait "$launcher"
            status=$?
        fi
        [[ -z $status ]] || lives "$status" ||
            not_started "ends with the status $status before it accepts on port $port"
        clock
        ((now < end)) || not_started "does not accept on port $port within $seconds s"
        sleep 0.05
    done
    ! foreign || not_started "port $port is taken by $(holders)"
}
all=$(node)
[[ -z $all ]] || fail "already runs: $(who $all)"
[[ -z $(sockets) ]] || fail "port $port is held by $(holders)"
mkdir -m 700 -- "$notes" 2>/dev/null
ours || fail "$notes is not a directory of ours"
rm -f -- "$notes/$port".*
: >"$notes/$port.begun" && : >"$out" || fail "nothing can be written in $notes"
for path in "${made[@]}"; do mkdir -p -- "$path" || fail "$path cannot be made"; done
born $$
ticks=$born polls=0 missed=0 seen=
launch
until_accepts
node >"$notes/$port.pids"
echo "$id: accepts on port $port"
"""


def start_script(node: Node, times: RestartTimes, host: Host) -> str:
    """
    Start a node, and wait until it accepts connections.

    It outlives the script, and whatever the script was run by.

    @param host: its host: servers may listen on its private address only.
    """
    made = [node.dbpath] if node.dbpath else []
    directory = (node.logpath or "").rpartition("/")[0]
    values = [
        f"start={quote(node.start)} log={quote(node.logpath or '')}",
        f"made={array([*made, directory] if directory else made)}",
        f"addresses={array([host.private_ip])}",
        f"patience={hundredths(times.start)} seconds={times.start:g}",
    ]
    return script(node, values, _START)
