"""
What the services' Options share: readable errors, the environment, an example.

A coercer reads the text of one option.  It raises L{ValueError}, whose text says
what was expected; L{ServiceOptions} adds the option and the value.
"""

from __future__ import annotations

import getopt
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from twisted.python import usage

from netsim import process
from netsim.addresses import Address
from netsim.errors import InputError

__all__ = [
    "Commands",
    "GroupOptions",
    "ServiceOptions",
    "Tool",
    "address",
    "check_extra",
    "count",
    "directories",
    "port",
    "positive",
    "seconds",
    "size",
    "some_seconds",
]

Coercer = Callable[[str], Any]

Commands = Mapping[str, tuple[str, str, str]]
"""Where the options of each command are, and what it does."""

_UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class ServiceOptions(usage.Options):
    """
    The base of every service's Options.

    The fifth element of an entry of C{optParameters} is a coercer; the default,
    its third, is a value and not a text.
    """

    example: ClassVar[str] = ""
    """The arguments of a command line that is shown at the end of C{--help}."""

    environment: ClassVar[Mapping[str, str]] = {}
    """Long names of parameters, and the variables that are read where one is not given."""

    longdesc = ""
    optParameters: ClassVar[Sequence[Sequence[Any]]] = ()
    _coercers: ClassVar[Mapping[str, Coercer]] = {}

    def __init_subclass__(cls) -> None:
        # usage reports a coercer's error without the name of the option, so that
        # each coercer has to know it.
        own = [_padded(parameter) for parameter in vars(cls).get("optParameters", ())]
        cls._coercers = {**cls._coercers, **{entry[0]: entry[4] for entry in own}}
        cls.optParameters = [[*entry[:4], _labelled(f"--{entry[0]}", entry[4])] for entry in own]

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        Read the environment, then the command line.

        @raise usage.UsageError: in one sentence, what is wrong.
        """
        arguments = sys.argv[1:] if options is None else list(options)
        try:
            self._read_environment(process.given(self, arguments))
            super().parseOptions(arguments)
        except usage.UsageError:
            process.usage_failed(self)
            raise

    def opt_version(self) -> None:
        """Print the version, and exit."""
        # Here, as it takes a while to load, and is hardly ever asked for.
        from importlib.metadata import version

        print(f"netsim {version('netsim')}")
        sys.exit(0)

    def postOptions(self) -> None:
        """Keep the process contract: log to stderr, write no pidfile."""
        process.foreground(self)

    def getUsage(self, width: int | None = None) -> str:
        """Return the help, the example at its end."""
        # Nothing is no default that says anything; it is left out before lines are broken.
        told = self.defaults
        self.defaults = {name: value for name, value in told.items() if not _is_nothing(value)}
        try:
            text = super().getUsage(width)
        finally:
            self.defaults = told
        return f"{text}\nExample:\n    {self._program()}{self.example}\n" if self.example else text

    def _program(self) -> str:
        """How the user has called, and can call again."""
        words: list[str] = []
        chosen: usage.Options = self
        while chosen.parent is not None:
            chosen = chosen.parent
            words.insert(0, str(chosen.subCommand))
        if not words:
            return ""
        runner = "twistd -n" if words[0].startswith("netsim-") else "netsim"
        return f"{' '.join([runner, *words])} "

    def _read_environment(self, given: frozenset[str]) -> None:
        for name, variable in self.environment.items():
            if variable in os.environ and name not in given:
                coerce = _labelled(variable, self._coercers[name])
                self[name] = coerce(os.environ[variable])


def _options(module: str, name: str) -> Callable[[], usage.Options]:
    """Options are imported when their command is used: the others need not wait for them."""
    return lambda: getattr(import_module(module), name)()


class GroupOptions(ServiceOptions):
    """
    A command that is a choice of commands.

    @cvar service: the module that makes the service of whatever is chosen; else it is the one
        in which the options of the choice are.
    """

    commands: ClassVar[Commands]
    service: ClassVar[str] = ""
    subCommands: Any
    subOptions: Any

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.subCommands = [
            [name, None, _options(module, kind), what]
            for name, (module, kind, what) in cls.commands.items()
        ]

    def getSynopsis(self) -> str:
        """How it is called; its commands are put after this."""
        return str(super().getSynopsis()).rstrip()

    def postOptions(self) -> None:
        """One command is needed."""
        super().postOptions()
        if self.subCommand is None:
            raise usage.UsageError(f"expected a command: {', '.join(self.commands)}")


class Tool(ServiceOptions):
    """
    The options of a command that does one thing and ends.

    @ivar failed: it has found something wrong; a number is the exit status.
    """

    failed: int = False

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        Read the command line, in which options may come after other words.

        @raise usage.UsageError: in one sentence, what is wrong.
        """
        arguments = sys.argv[1:] if options is None else list(options)
        with suppress(getopt.GetoptError):
            given, words = getopt.gnu_getopt(arguments, self.shortOpt, self.longOpt)
            arguments = [*(part for pair in given for part in self._written(*pair)), "--", *words]
        super().parseOptions(arguments)

    def _written(self, option: str, value: str) -> list[str]:
        takes_value = f"{option[2:]}=" in self.longOpt or f"{option[1:]}:" in self.shortOpt
        return [option, value] if takes_value else [option]

    def run(self) -> Iterator[str]:
        """
        Do it; give lines to print.

        @raise NetsimError: it cannot be done.
        """
        raise NotImplementedError


def _is_nothing(default: object) -> bool:
    return isinstance(default, list | frozenset) and not default


def _padded(parameter: Sequence[Any]) -> list[Any]:
    return [*parameter, *(None, None, "", str)[len(parameter) - 1 :]]


def _labelled(label: str, coerce: Coercer) -> Coercer:
    def labelled(text: str) -> Any:
        try:
            return coerce(text)
        except InputError as error:
            raise usage.UsageError(f"{label}: {error}") from error
        except ValueError as error:
            raise usage.UsageError(f"{label}: {text!r} cannot be used: {error}") from error

    return labelled


def address(text: str) -> Address:
    """Read an address in any form that L{Address.parse} knows."""
    return Address.parse(text)


def port(text: str) -> int:
    """Read a port number; 0 lets the system choose."""
    return _whole(text, "a port number from 0 to 65535", 65535)


def count(text: str) -> int:
    """Read how many of something there are."""
    return _whole(text, "a whole number, 0 or more")


def positive(text: str) -> int:
    """Read how many of something there may be: at least one."""
    expected = "a whole number, 1 or more"
    if (number := _whole(text, expected)) == 0:
        raise ValueError(f"expected {expected}")
    return number


def seconds(text: str) -> float:
    """Read a duration in seconds."""
    expected = "expected seconds, 0 or more, such as 0.5"
    try:
        value = float(text)
    except ValueError:
        raise ValueError(expected) from None
    if not 0 <= value < math.inf:
        raise ValueError(expected)
    return value


def some_seconds(text: str) -> float:
    """Read a duration in seconds that is not nothing."""
    if (value := seconds(text)) == 0:
        raise ValueError("expected seconds, more than 0, such as 0.5")
    return value


def size(text: str) -> int:
    """Read a number of bytes, such as C{1048576}, C{64MiB} or C{0.5GiB}."""
    match = re.fullmatch(r"([0-9]+)(?:\.([0-9]+))? *([A-Za-z]*)", text)
    if match is None or match[3] not in _UNITS:
        raise ValueError("expected a number of bytes, such as 1048576, 512KiB, 64MiB or 1GiB")
    unit, part = _UNITS[match[3]], match[2] or "0"
    return int(match[1]) * unit + int(part) * unit // 10 ** len(part)


def directories(text: str) -> list[Path]:
    """Read directories, separated by commas; each must be there."""
    found = [Path(name) for name in text.split(",") if name]
    missing = [str(path) for path in found if not path.is_dir()]
    if missing:
        raise ValueError(f"there is no directory {', '.join(missing)}")
    return found


def check_extra(extra: str, *packages: str) -> None:
    """
    Check that what an extra of netsim brings is installed, and load nothing of it.

    @raise usage.UsageError: it is not, and how to get it.
    """
    if missing := [name for name in packages if find_spec(name) is None]:
        how = f"pip install 'netsim[{extra}]'"
        raise usage.UsageError(f"{' and '.join(missing)} not installed: {how}")


def _whole(text: str, expected: str, most: float = math.inf) -> int:
    # int() would read "+1", "1_0" and " 1" as well.
    if not re.fullmatch(r"[0-9]+", text) or int(text) > most:
        raise ValueError(f"expected {expected}")
    return int(text)
