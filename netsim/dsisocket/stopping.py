"""The bash script that ends a server."""

from __future__ import annotations

from shlex import quote

from netsim.dsisocket.model import Node
from netsim.dsisocket.nodes import hundredths, script
from netsim.dsisocket.settings import RestartTimes

__all__ = ["stop_script"]

_STOP = r"""
gone() {
    local one
    for one in $all; do ! runs "$one" || return; done
    [[ -z $(sockets) ]] || return
    # One of them may have started another one just before it ended.
    all=$(node)
    [[ -z $all ]]
}
gone_within() { # HUNDREDTHS [NAME: the signal for those that come meanwhile]
    local end
    clock
    end=$((now + $1))
    until gone; do
        clock
        ((now < end)) || return
        sleep 0.05
        [[ -z ${2-} ]] || signal "$2" || :
    done
}
ask() { # the clean shutdown
    local end pid status=
    clock
    end=$((now + shutdown))
    # It leads a process group of its own, which is ended as a whole.
    timeout -k 1 "$shutdown_seconds" bash -c "$stop" </dev/null &
    pid=$!
    until gone; do
        if [[ -z $status ]] && ! born "$pid"; then
            wait "$pid"
            status=$?
            ((status == 0)) || echo "$id: the clean shutdown ends with the status $status"
            # It could not be called, so there is nothing to wait for.
            ((status != 126 && status != 127)) || break
        fi
        clock
        ((now < end)) || break
        sleep 0.05
    done
    # What it still does is part of it.
    [[ -n $status ]] || wait "$pid"
    gone
}
signal() { # NAME: to all its processes; fails if there is none that it can be sent to
    local one sent=1
    all=$(printf '%s\n' $all $(node) | sort -u)
    for one in $all; do
        ! runs "$one" || ! kill -s "$1" "${one%:*}" 2>/dev/null || sent=0
    done
    return $sent
}
ended() {
    local took
    clock
    took=$((now - began))
    echo "$id: ended by $1, after $((took / 100)).$(printf %02d $((took % 100))) s"
    exit 0
}
clock
began=$now
all=$(node)
if gone; then
    echo "$id: it did not run"
    exit 0
fi
[[ -z $stop ]] || ! ask || ended "the clean shutdown"
if signal TERM && gone_within $term; then ended SIGTERM; fi
if signal KILL && gone_within $kill KILL; then ended SIGKILL; fi
! gone || ended itself
left=$(for one in $all; do ! runs "$one" || echo "$one"; done)
[[ -z $left ]] || fail "cannot be ended: $(who $left)"
fail "port $port is held by $(holders)"
"""


def stop_script(node: Node, times: RestartTimes) -> str:
    """End a node: by its clean shutdown, then by SIGTERM, then by SIGKILL."""
    shutdown = hundredths(times.shutdown)
    values = [
        f"stop={quote(node.stop or '')}",
        f"shutdown={shutdown} shutdown_seconds={shutdown / 100:.2f}",
        f"term={hundredths(times.term)} kill={hundredths(times.kill)}",
    ]
    return script(node, values, _STOP)
