"""
Delays between hosts, as commands of C{tc}.

The delay is added to what leaves a host: each way of a pair has it.  On a device there
is one class per delay below one root; what goes to any other address passes beside
them, without a delay.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from shlex import quote

from netsim.dsisocket.model import Host
from netsim.dsisocket.steps import Delay, Delays

__all__ = ["LONGEST", "delays_from", "normal", "script", "unusable"]

LONGEST = 100_000_000
"""Microseconds of a delay; netem's own limit is 274 s."""

ROOT = "6e65"
"""The handle of our root: what else is set on the host is not ours to take away."""

_HEAD = f"""\
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
if ! type -P tc >/dev/null; then
    echo "tc is not installed (Debian package iproute2)" >&2
    exit 1
fi
# Two hosts may be one machine: one after the other.
if type -P flock >/dev/null; then exec 9<"$(type -P tc)" && flock 9; fi
tc() {{ if ((EUID)); then sudo -n tc "$@"; else command tc "$@"; fi; }}
take_away() {{
    local device devices
    devices=$(command tc qdisc show | sed -n 's/^qdisc htb {ROOT}: dev \\([^ ]*\\) root .*/\\1/p')
    for device in $devices; do tc qdisc del dev "$device" root; done
}}
take_away
"""

_BODY = """\
trap '(($? == 0)) || take_away' EXIT
leads_to() {
    local route
    if ! route=$(ip -o route get "$1"); then
        echo "no route leads to $1" >&2
        return 1
    fi
    route=${route#* dev }
    echo "${route%% *}"
}
netem() {
    local said
    if said=$(tc qdisc add "$@" 2>&1); then return; fi
    case $said in
        *"kind is unknown"* | *"No such file"*) said="this kernel has no netem: $said" ;;
    esac
    echo "$said" >&2
    return 1
}
declare -A to
"""

# A class wants a rate: one that is higher than any, with a burst that the timer can fill.
_CLASS = "htb rate 100gbit burst 10mb cburst 10mb quantum 200000"
_PACKETS = 100_000
"""That wait at a time in one class: netem would drop those beyond 1,000."""


def normal(address: str) -> str:
    """An IP address in its shortest form; what is none stays as it is."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def unusable(hosts: Iterable[Host]) -> list[str]:
    """Sentences on the hosts whose private address no filter can be given: it is a name."""
    return [
        f"{host.name} has the private address {host.private_ip}: delays need an IP address"
        for host in hosts
        if not _is_ip(host.private_ip)
    ]


def delays_from(delays: Delays, host: Host, hosts: Iterable[Host]) -> dict[str, Delay]:
    """
    Find out what is delayed on a host.

    @param hosts: those that there are; it may be among them.
    @return: the delay of what it sends to each private address; those without are left out.
    """
    own = _addresses(host)
    # The last group that holds both hosts counts.
    mine = [group for group in reversed(delays.groups) if own & group.addresses]
    found = {}
    for other in hosts:
        its = _addresses(other)
        common = (group.delay for group in mine if its & group.addresses)
        delay = next(common, delays.everywhere)
        if delay.time and normal(other.private_ip) != normal(host.private_ip):
            found[normal(other.private_ip)] = delay
    return found


def script(device: str | None, delays: Mapping[str, Delay]) -> str:
    """
    Write the commands that set these delays on a host, and no other ones.

    @param device: the network device; none for the one that leads to each address.
    @param delays: by the address that packets go to; none takes all delays away.
    """
    if not delays:
        return _HEAD
    classes = {delay: number for number, delay in enumerate(dict.fromkeys(delays.values()), 1)}
    lines = [_device(address, device) for address in delays]
    lines += ['for device in $(printf "%s\\n" "${to[@]}" | sort -u); do']
    lines += [f'    tc qdisc replace dev "$device" root handle {ROOT}: htb']
    for delay, number in classes.items():
        lines += _class(delay, f"{ROOT}:{number:x}")
    lines += ["done"]
    lines += [_filter(address, f"{ROOT}:{classes[delay]:x}") for address, delay in delays.items()]
    return "\n".join([_HEAD + _BODY + lines[0], *lines[1:], ""])


def _addresses(host: Host) -> set[str]:
    return {normal(host.private_ip), normal(host.public_ip)}


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return "%" not in address


def _device(address: str, device: str | None) -> str:
    return f"to[{address}]=" + (f"$(leads_to {address})" if device is None else quote(device))


def _class(delay: Delay, number: str) -> list[str]:
    text = f"delay {_time(delay.time)}" + (f" {_time(delay.jitter)}" if delay.jitter else "")
    return [
        f'    tc class add dev "$device" parent {ROOT}: classid {number} {_CLASS}',
        f'    netem dev "$device" parent {number} netem {text} limit {_PACKETS}',
    ]


def _filter(address: str, number: str) -> str:
    # A priority belongs to one protocol.
    ip = "ipv6 prio 2 u32 match ip6" if ":" in address else "ip prio 1 u32 match ip"
    length = 128 if ":" in address else 32
    return (
        f'tc filter add dev "${{to[{address}]}}" parent {ROOT}: protocol {ip} dst'
        f" {address}/{length} flowid {number}"
    )


def _time(microseconds: int) -> str:
    whole, rest = divmod(microseconds, 1000)
    return f"{microseconds}us" if rest else f"{whole}ms"
