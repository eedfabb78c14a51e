"""What every server of HTTP can be told: where to bind, and what everybody has to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from twisted.python import usage

__all__ = ["FLAGS", "check", "is_local", "parameters"]


def host(text: str) -> str:
    """Where to bind: an address of this machine."""
    try:
        return str(ip_address({"localhost": "127.0.0.1"}.get(text, text.strip("[]"))))
    except ValueError:
        raise ValueError("expected an IP address, such as 127.0.0.1") from None


def parameters(variable: str) -> Sequence[Sequence[Any]]:
    """
    Give entries for C{optParameters}.

    @param variable: of the environment, for the token; the Options have to name it, too.
    """
    return [
        ["host", None, "127.0.0.1", "Where to bind; other than loopback needs --token.", host],
        ["token", None, None, "What programs and pages have to know; others can read a command"
         f" line, and not {variable} in the environment.", str],
    ]  # fmt: skip


FLAGS: Sequence[Sequence[Any]] = [["insecure", None, "Allow --host without --token."]]
"""An entry for C{optFlags}."""


def check(config: Mapping[str, Any]) -> None:
    """
    Complain about what would let strangers in.

    @raise usage.UsageError: it is one of these.
    """
    if config["token"] is not None and not _is_token(config["token"]):
        raise usage.UsageError("--token: expected letters, digits and any of . _ ~ -")
    if not (is_local(config) or config["token"] or config["insecure"]):
        raise usage.UsageError(
            f"--host {config['host']}: others can reach it, and so it needs a --token,"
            " or --insecure"
        )


def is_local(config: Mapping[str, Any]) -> bool:
    """Whether only this machine can reach it."""
    return ip_address(config["host"]).is_loopback


def _is_token(text: str) -> bool:
    # It has to fit into a URL, a header and the name of a WebSocket's subprotocol.
    return text != "" and all(c.isascii() and (c.isalnum() or c in "._~-") for c in text)
