"""The bash script that deletes a server's data and logs, and what keeps it from anything else."""

from __future__ import annotations

from netsim.dsisocket.cleanable import SYSTEM
from netsim.dsisocket.model import Node
from netsim.dsisocket.nodes import array, script

__all__ = ["check_script", "clean_script"]

_CHECK = r"""
homes() { # all home directories but those of services: a service's may be its data
    local home shell
    echo "$HOME"
    while IFS=: read -r _ _ _ _ _ home shell; do
        [[ $shell == */nologin || $shell == */false ]] || echo "$home"
    done < <(getent passwd || cat /etc/passwd)
}
enter() { # DIRECTORY: go there, if what is in it may be deleted; symlinks are followed
    local place
    CDPATH='' cd -P -- "$1" || fail "$1 is not cleaned: it cannot be entered"
    [[ ! . -ef / ]] || fail "$1 is not cleaned: it is the root of the file system"
    for place in "${system[@]}"; do
        [[ ! . -ef $place ]] || fail "$1 is not cleaned: it is $place, of the operating system"
    done
    [[ $PWD != /home/* && $PWD != /Users/* || $PWD == /*/*/* ]] ||
        fail "$1 is not cleaned: it is a home directory"
    while read -r place; do
        while [[ $place == /?* ]]; do
            [[ ! . -ef $place ]] ||
                fail "$1 is not cleaned: it is a home directory, or holds some"
            place=${place%/*}
        done
    done < <(homes)
}
check() { # whether all that is to be cleaned may be
    local path
    for path in "${data[@]}" "${logs[@]}"; do
        [[ $path == /* ]] || fail "$path is not cleaned: it is not absolute"
        [[ ! -d $path ]] || (enter "$path") || exit 1
    done
    for path in "${data[@]}"; do
        [[ -d $path || ! -e $path ]] || fail "$path is not cleaned: it is no directory"
    done
}
check
"""

_CLEAN = r"""
empty() { # DIRECTORY
    local said left
    enter "$1"
    said=$(find -P . -xdev -mindepth 1 ! -path ./lost+found -delete 2>&1 | tail -n 5)
    # The root of a file system has a lost+found, of root.
    left=$(find -P . -mindepth 1 ! -path './lost+found*' -print -quit 2>/dev/null)
    if [[ -n $left ]]; then
        echo "$said" >&2
        fail "$1 cannot be emptied"
    fi
    echo "$id: $1 is emptied"
}
left=$(node)
[[ -z $left ]] || fail "is not cleaned: it still runs: $(who $left)"
[[ -z $(sockets) ]] || fail "is not cleaned: port $port is held by $(holders)"
for path in "${data[@]}"; do [[ ! -d $path ]] || (empty "$path") || exit 1; done
for path in "${logs[@]}"; do
    if [[ -d $path ]]; then
        (empty "$path") || exit 1
    elif [[ -f $path || -L $path ]]; then
        rm -f -- "$path" || fail "$path cannot be removed"
        echo "$id: $path is removed"
    elif [[ -e $path ]]; then
        echo "$id: $path is left: it is no file"
    fi
done
"""


def check_script(node: Node, logs: bool, data: bool) -> str:
    """
    Fail unless all that is to be cleaned may be; do nothing.

    @param logs: whether its logs are going to be cleaned.
    @param data: whether its data is.
    """
    return script(node, _values(node, logs, data), _CHECK)


def clean_script(node: Node, logs: bool, data: bool) -> str:
    """
    Delete what is in a node's directories, which stay, and its log file; nothing else.

    It fails, and deletes nothing, where L{check_script} fails, or if the node runs.

    @param logs: whether its logs are cleaned.
    @param data: whether its data is.
    """
    return script(node, _values(node, logs, data), _CHECK, _CLEAN)


def _values(node: Node, logs: bool, data: bool) -> list[str]:
    return [
        f"data={array([node.dbpath] if data and node.dbpath else [])}",
        f"logs={array([node.logpath] if logs and node.logpath else [])}",
        f"system={array(sorted(map(str, SYSTEM)))}",
    ]
