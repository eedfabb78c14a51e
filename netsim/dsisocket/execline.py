"""The command lines that run, and end, a script on a host that is reached by SSH."""

from __future__ import annotations

import re
from shlex import quote

from attrs import frozen

from netsim.errors import InputError

__all__ = [
    "LONGEST",
    "PROBE",
    "Announcement",
    "Line",
    "encoded",
    "is_bash",
    "kill_line",
    "script_line",
]

LONGEST = 100_000
"""Bytes of a script that is an argument of bash; Linux allows 128 KiB with all quotes."""

_ANNOUNCE = r"printf '\1%s\n' $$"
PROBE = rb"""printf '\1%s\n' "${BASH-}" """
"""Tells whether the login shell is bash, and not one that plays sh."""

_ANNOUNCED = re.compile(rb"\x01([^\n]*)\n")
_HELD = 4096
_EACH = 0.1


@frozen
class Line:
    """
    What a host is asked to execute.

    @ivar stdin: what the command reads, before it has nothing more to read.
    """

    command: bytes
    stdin: bytes = b""


class Announcement:
    """
    Takes the number of the process out of its output, which it is the first line of.

    What a login shell prints before that is let through; so is all where none comes.

    @ivar pid: none until it has come.
    """

    def __init__(self) -> None:
        self.pid: int | None = None
        self._is_over = False
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What is left, as far as that is certain."""
        if self._is_over:
            return data
        self._held += data
        found = _ANNOUNCED.search(self._held)
        if found is None:
            return self.finish() if len(self._held) > _HELD else b""
        if found[1].isdigit():
            self.pid = int(found[1])
            self._held = self._held[: found.start()] + self._held[found.end() :]
        return self.finish()

    def finish(self) -> bytes:
        """All that is held back: the number does not come any more."""
        self._is_over = True
        held, self._held = self._held, b""
        return held


def encoded(script: str) -> bytes:
    """
    A script as bash reads it.

    @raise InputError: it cannot.
    """
    if "\0" in script:
        raise InputError("the script holds a NUL character, which bash cannot read")
    return script.encode("utf-8", "surrogatepass")


def script_line(script: str, login_shell_is_bash: bool) -> Line:
    """
    The cheapest command that makes bash run a script, and tell its process before.

    A login shell that is bash runs it itself, another one that knows quotes as sh does
    becomes bash.  Either way lines are counted as in the script, both streams of output
    are one, and the process leads its group, which sshd made for it.

    @raise InputError: the script is none.
    """
    text = encoded(script)
    begin = f"exec 2>&1;{_ANNOUNCE};".encode()
    # Quoting makes five characters of a quote.
    if len(text) + 4 * text.count(b"'") > LONGEST:
        words = f'exec 2>&1;{_ANNOUNCE};eval "$(cat)" </dev/null'
        return Line(f"exec bash -c {quote(words)} bash".encode(), text)
    if login_shell_is_bash:
        return Line(begin + text)
    quoted = b"'" + (begin + text).replace(b"'", b"'\"'\"'") + b"'"
    return Line(b"exec bash -c " + quoted + b" bash")


def is_bash(answer: bytes) -> bool:
    """Whether it is bash that has answered to L{PROBE}."""
    found = _ANNOUNCED.findall(answer)
    return bool(found) and found[-1].endswith(b"/bash")


def kill_line(group: int, patience: float) -> bytes:
    """
    What any shell does to end a group of processes, and waits for that.

    Its status is not 0 where they may not be killed.

    @param patience: seconds from SIGTERM to SIGKILL.
    """
    steps = int(patience / _EACH)
    # Nobody survives SIGKILL; but who is dead may wait for a parent that does not look.
    return (
        f"kill -s TERM -- -{group} 2>/dev/null;i=0;"
        f"while kill -0 -{group} 2>/dev/null;do [ $i -lt {steps + 5} ]||exit 0;"
        f"[ $i -ne {steps} ]||kill -s KILL -- -{group}||exit 1;"
        f"sleep {_EACH};i=$((i+1));done"
    ).encode()
