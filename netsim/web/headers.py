"""
The security headers of what a browser shows or loads.

They let a page use what its own server serves, and nothing else: no inline code or
style, no other host, no frame around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

__all__ = ["HEADERS", "PAGE_POLICY", "policy", "secure"]

EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""The hash of nothing: plotly adds an empty style element, and its rules by calls."""

HEADERS: Mapping[str, str] = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What is right for every answer, whatever it holds."""

_DIRECTIVES: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": f"'self' {EMPTY_STYLE}",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


class Answer(Protocol):
    """What is needed of a request that is being answered."""

    def setHeader(self, name: str, value: str) -> None: ...


def policy(changes: Mapping[str, str] | None = None) -> str:
    """
    Write a Content-Security-Policy.

    @param changes: directives that a page needs to be different, by name.
    """
    directives = {**_DIRECTIVES, **(changes or {})}
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


PAGE_POLICY = policy()
"""What a page of netsim may do; enough for charts by plotly."""


def secure(request: Answer, content_policy: str = PAGE_POLICY) -> None:
    """Set all of these headers on an answer."""
    for name, value in HEADERS.items():
        request.setHeader(name, value)
    request.setHeader("Content-Security-Policy", content_policy)
