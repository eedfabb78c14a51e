"""
Finds simulators by their names, and imports them.

A name is looked for in the user's directories, among those that ship, and then it is
any module that can be imported.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

from netsim.errors import SimulatorError
from netsim.simulator.entries import check
from netsim.simulator.sources import Source, below, directories, find, modules_in

__all__ = ["get_multitype_systems", "list_simulators", "load", "simulators"]

SHIPPED = "netsim.systems"
"""The package of those that ship.  It is known here by its name only."""

Paths = str | Path | Sequence[str | Path] | None


def simulators(path: Paths = None) -> list[Source]:
    """
    Find all simulators in directories, and those that ship; none of them is run.

    @param path: a directory, or several; the first one that has a name gives it.
    """
    found: dict[str, Source] = {}
    for directory in [*directories(path), *_shipped()]:
        for source in modules_in(directory):
            if not source.name.startswith("_") and source.may_bind("servers", "System"):
                found.setdefault(source.name, source)
    return sorted(found.values(), key=lambda source: source.name)


def list_simulators(path: Paths = None) -> list[str]:
    """
    Name all simulators in directories, and those that ship.

    @param path: a directory, or several.
    """
    return [source.name for source in simulators(path)]


def source_of(name: str, paths: Paths = ()) -> Source | None:
    """Where L{load} would find a simulator."""
    if not all(part.isidentifier() for part in name.split(".")):
        return None
    places = (find(name, directory) for directory in [*directories(paths), *_shipped()])
    return next(filter(None, places), None) or find(name)


def load(name: str, paths: Paths = ()) -> ModuleType:
    """
    Import a simulator.

    @param paths: directories that are searched first; their modules may import each other.
    @raise SimulatorError: there is none, it cannot be imported, or it lacks something.
    """
    given = directories(paths)
    for directory in reversed(given):
        _prepare(directory)
    source = source_of(name, given)
    if source is None:
        raise SimulatorError(_unknown(name, given))
    with _explained(name, source.file):
        module = _import(name, given)
    check(module)
    return module


def get_multitype_systems(path: str | Path) -> dict[str, type]:
    """
    Find the C{System} classes beside a module, and in all directories below.

    @param path: the C{__file__} of the module that asks, which is left out.
    @return: the classes, by the names of the modules or packages that define them; of
        two with one name, that which lies deeper has its package before its name.
    """
    asking = Path(path).resolve()
    directory = asking.parent if asking.suffix == ".py" else asking
    systems: dict[str, type] = {}
    for source in below(directory):
        if source.file == asking or not source.may_bind("System"):
            continue
        system = getattr(_import_beside(asking, directory, source), "System", None)
        if isinstance(system, type):
            short = source.name.rpartition(".")[2]
            systems[source.name if short in systems else short] = system
    return systems


def _shipped() -> list[Path]:
    package = find(SHIPPED)
    return [package.file.parent] if package is not None else []


def _import(name: str, given: Sequence[Path]) -> ModuleType:
    for directory in given:
        if source := find(name, directory):
            return _import_from(directory, source)
    ships = any(find(name, directory) for directory in _shipped())
    return import_module(f"{SHIPPED}.{name}" if ships else name)


def _import_beside(asking: Path, directory: Path, source: Source) -> ModuleType:
    for name, module in list(sys.modules.items()):
        # While a package asks, it is there already.
        known = getattr(module, "__dict__", {})
        if "__path__" in known and Path(known.get("__file__") or "").resolve() == asking:
            return import_module(f"{name}.{source.name}")
    return _import_from(directory, source)


def _import_from(directory: Path, source: Source) -> ModuleType:
    """Import what lies in a directory, under its own name if nothing else has that."""
    package = _package(directory)
    name = f"{package}.{source.name}" if package else source.name
    known = find(name)
    loaded = getattr(sys.modules.get(name), "__file__", None)
    taken = loaded is not None and Path(loaded).resolve() != source.file
    if taken or known is None or known.file != source.file:
        name = f"{_alias(directory)}.{source.name}"
    return import_module(name)


def _package(directory: Path) -> str:
    """The name of the package that a directory is, empty if it is none."""
    parts: list[str] = []
    while (directory / "__init__.py").is_file() and directory.name.isidentifier():
        parts.insert(0, directory.name)
        directory = directory.parent
    return ".".join(parts)


def _alias(directory: Path) -> str:
    """Make a package of a directory, under a name that nothing else has."""
    name = f"netsim_path_{hashlib.sha1(bytes(directory)).hexdigest()[:12]}"
    package = sys.modules.setdefault(name, ModuleType(name))
    package.__path__ = [str(directory)]
    return name


def _prepare(directory: Path) -> None:
    """Let what lies in a directory import what lies beside it."""
    outside = directory
    for _ in filter(None, _package(directory).split(".")):
        outside = outside.parent
    for place in dict.fromkeys((directory, outside)):
        if str(place) in sys.path:
            continue
        # A directory with, say, a queue.py must not give it to all who import queue.
        hides = any(source.name in sys.stdlib_module_names for source in modules_in(place))
        sys.path.insert(len(sys.path) if hides else 0, str(place))


@contextmanager
def _explained(name: str, file: Path) -> Iterator[None]:
    try:
        yield
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if isinstance(error, SyntaxError):
            reason = f"{type(error).__name__}: {error.msg}"
        place = _place(error, file)
        raise SimulatorError(f"simulator {name!r} cannot be imported: {place}: {reason}") from error


def _place(error: BaseException, file: Path) -> str:
    """The line to look at: the last one in the directory of the module."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    near = [frame for frame in frames if Path(frame.filename).is_relative_to(file.parent)]
    return f"{near[-1].filename}:{near[-1].lineno}" if near else str(file)


def _unknown(name: str, paths: Sequence[Path]) -> str:
    known = list_simulators(paths)
    if name.isidentifier() and find(name, Path.cwd()) is not None:
        hint = "; one in this directory is found with --path ."
    else:
        # Here, as it is hardly ever needed.
        from difflib import get_close_matches

        close = get_close_matches(name, known, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
    return f"there is no simulator {name!r}; there are: {', '.join(known) or 'none'}{hint}"
