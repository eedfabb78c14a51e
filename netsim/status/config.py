"""
The file C{netsim.toml}: where the daemon is, and how often it is told.

    [daemon]
    host = "127.0.0.1"
    port = 5000
    uploadInterval = 1.0  # seconds
    displayName = "My project"
    mute = false

The keys may stand at the top of the file, too.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from netsim.addresses import join
from netsim.errors import ConfigError, Problem
from netsim.status.model import DEFAULT_PORT, Settings, split_url

__all__ = ["FILE", "find", "load", "settings"]

FILE = "netsim.toml"
"""What it is called, in the directory in which a program is started."""

TABLE = "daemon"

Check = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_host(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[^\s/@?#]+", value) is not None


def _is_port(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65535


def _is_interval(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 < value < math.inf


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


_TEXT: tuple[Check, str] = (_is_text, "a text")
_BOOL: tuple[Check, str] = (_is_bool, "true or false")
_INTERVAL: tuple[Check, str] = (_is_interval, "seconds, more than 0")

_KEYS: Mapping[str, tuple[Check, str]] = {
    "host": (_is_host, "a host name, or an address"),
    "port": (_is_port, "a port number from 1 to 65534"),
    "uploadInterval": _INTERVAL,
    "displayName": _TEXT,
    "mute": _BOOL,
    "launch": _BOOL,
}
_ARGUMENTS: Mapping[str, tuple[Check, str]] = {
    "url": _TEXT,
    "interval": _INTERVAL,
    "display_name": _TEXT,
    "mute": _BOOL,
    "token": _TEXT,
    "launch": _BOOL,
    "queue": (_is_count, "a whole number, 1 or more"),
}
_SETTINGS = {"uploadInterval": "interval", "displayName": "display_name"}
"""The keys that have another name in L{Settings}."""


def find(directory: Path) -> Path | None:
    """The file, if it is there."""
    path = directory / FILE
    return path if path.is_file() else None


def settings(arguments: Mapping[str, Any], file: Path | None = None) -> Settings:
    """
    Put together what a program says and what its file says; the program wins.

    @param arguments: what L{Settings} has, but for those that are None.
    @raise ConfigError: with everything that is wrong with either.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    problems = list(_problems(given, _ARGUMENTS, "connect()", ""))
    if "url" in given and not problems:
        try:
            given["url"] = split_url(given["url"])
        except ValueError as error:
            problems.append(Problem("connect()", "url", str(error)))
    try:
        base = Settings() if file is None else load(file)
    except ConfigError as error:
        raise ConfigError([*problems, *error.problems]) from None
    if problems:
        raise ConfigError(problems)
    return evolve(base, **given)


def load(path: Path) -> Settings:
    """
    Read a file.

    @raise ConfigError: with everything that is wrong in it.
    """
    top = _read(path)
    table = top.pop(TABLE, {})
    if not isinstance(table, dict):
        raise ConfigError([Problem(str(path), TABLE, "expected a table: [daemon]")])
    problems = [
        *_problems(top, _KEYS, str(path), ""),
        *_problems(table, _KEYS, str(path), f"{TABLE}."),
        *(
            Problem(str(path), f"{TABLE}.{key}", "stands at the top of the file, too")
            for key in table
            if key in top
        ),
    ]
    if problems:
        raise ConfigError(problems)
    return _made({**top, **table}, str(path))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        problem = error.strerror or str(error)
    except UnicodeDecodeError:
        problem = "not UTF-8"
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = f"not TOML: {error}"
    raise ConfigError([Problem(str(path), "", problem)])


def _problems(
    values: Mapping[str, Any], known: Mapping[str, tuple[Check, str]], file: str, prefix: str
) -> Iterator[Problem]:
    for key, value in values.items():
        if key not in known:
            yield Problem(file, f"{prefix}{key}", f"is unknown; known: {', '.join(known)}")
            continue
        check, expected = known[key]
        if not check(value):
            # Not the value, which may be a secret.
            yield Problem(file, f"{prefix}{key}", f"expected {expected}")


def _made(values: dict[str, Any], file: str) -> Settings:
    host, port = values.pop("host", None), values.pop("port", None)
    renamed = {_SETTINGS.get(key, key): value for key, value in values.items()}
    if host is None and port is None:
        return Settings(**renamed)
    try:
        url = split_url(join(host or "127.0.0.1", port or DEFAULT_PORT))
    except ValueError:
        expected = f"expected {_KEYS['host'][1]}"
        raise ConfigError([Problem(file, "host", expected)]) from None
    return Settings(url=url, **renamed)
