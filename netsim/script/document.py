"""
A script file and everything it refers to: other files, names, actions, blobs.

Loading reads and checks all of it before anything is played, and reports every
problem at once.  Where files may lie and what a namespace does is described in
docs/format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from attrs import evolve, frozen

from netsim.errors import Problem, ScriptError
from netsim.script import model
from netsim.script.parse import parse

SEPARATOR = "."
"""Between a namespace and a name in it."""
MAX_DEPTH = 100
"""External files may load each other this deep."""
MAX_FILES = 10_000
"""So many external files are loaded, the same under another namespace counted again."""


@frozen
class Origin:
    """Where a script stands: its file, and the namespace its names are loaded under."""

    file: str
    namespace: str = ""


@frozen
class Document:
    """
    Everything that a script file makes available.

    @ivar scripts: scripts by their full names; those they play are full names too.
    @ivar origins: where each of them stands.
    """

    scripts: dict[str, model.Script]
    origins: dict[str, Origin]

    def walk(self) -> Iterator[tuple[Origin, str, model.Script]]:
        """Every script, with its origin and its JSON path there."""
        for name, script in self.scripts.items():
            origin = self.origins[name]
            for place, child in model.walk(script, name.removeprefix(origin.namespace)):
                yield origin, place, child

    def blob_uses(self) -> Iterator[tuple[Origin, str, str]]:
        """Every use of a blob: origin, JSON path, the blob's name."""
        for origin, place, script in self.walk():
            for key in ("command", "response"):
                content = getattr(script, key, None)
                if isinstance(content, model.BlobRef):
                    yield origin, place, content.name

    def blobs(self) -> list[str]:
        """The names of the blobs that are needed, in the order of their first use."""
        return list(dict.fromkeys(name for _, _, name in self.blob_uses()))

    def played(self, name: str) -> Iterator[model.Script]:
        """The scripts that are not made of others, in the order that C{name} plays them."""
        for _, child in model.walk(self.scripts[name], ""):
            if isinstance(child, model.Named):
                yield from self.played(child.name)
            elif not isinstance(child, model.Compound):
                yield child


Check = Callable[[Document], Iterator[Problem]]


def load(
    path: Path, *, chosen: str | None = None, roots: Sequence[Path] = (), checks: Sequence[Check]
) -> Document:
    """
    Read a script file and the files it loads.

    @param chosen: the script that will be played; a problem if it is not there.
    @param roots: directories that external files may be in, beside the script's own.
    @param checks: what is checked when all files are read; see L{netsim.script.checks}.
    @raise ScriptError: with every problem in all of the files.
    """
    loading = _Loading([path.resolve().parent, *(root.resolve() for root in roots)])
    loading.file(path, Origin(str(path)))
    document = Document(loading.scripts, loading.origins)
    problems = loading.problems + list(loading.resolve_names())
    for check in checks:
        problems += check(document)
    if chosen is not None and chosen not in document.scripts and not loading.problems:
        names = ", ".join(document.scripts) or "none"
        problems.append(Problem(str(path), "", f"there is no script {chosen!r}; found: {names}"))
    if problems:
        raise ScriptError(problems)
    return document


class _Loading:
    """The files that were read so far, and the problems found in them."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.scripts: dict[str, model.Script] = {}
        self.origins: dict[str, Origin] = {}
        self.problems: list[Problem] = []
        self._roots = roots
        self._seen: set[tuple[Path, str]] = set()
        self._open: list[Path] = []

    def file(self, path: Path, origin: Origin) -> None:
        try:
            parsed = parse(path.read_bytes(), origin.file)
        except OSError as error:
            self._problem(origin, "", f"cannot be read: {error.strerror}")
            return
        self._seen.add((path.resolve(), origin.namespace))
        self._open.append(path.resolve())
        self.problems += parsed.problems
        for name, script in parsed.scripts.items():
            self._define(name, script, origin)
        for name, script in parsed.scripts.items():
            for place, child in model.walk(script, name):
                if isinstance(child, model.External):
                    self._external(child, path, place, origin)
        self._open.pop()

    def _problem(self, origin: Origin, place: str, reason: str) -> None:
        self.problems.append(Problem(origin.file, place, reason))

    def _define(self, name: str, script: model.Script, origin: Origin) -> None:
        full = origin.namespace + name
        if full in self.scripts:
            other = self.origins[full].file
            self._problem(origin, name, f"{other} has a {full!r} too; give one a namespace")
            return
        self.scripts[full] = script
        self.origins[full] = origin

    def _external(self, script: model.External, path: Path, place: str, origin: Origin) -> None:
        # Beside the file that names it, then where existing tools look.
        lookups = (path.parent / script.file, Path(script.file))
        found = next((file for file in lookups if _is_file(file)), None)
        inner = origin.namespace + (script.namespace + SEPARATOR if script.namespace else "")
        if found is None:
            self._problem(origin, place, f"external file {script.file!r} is missing")
        elif (found.resolve(), inner) not in self._seen:
            if reason := self._refusal(found.resolve()):
                self._problem(origin, place, f"external file {script.file!r} {reason}")
            else:
                self.file(found, Origin(str(found), inner))

    def _refusal(self, file: Path) -> str | None:
        """Why an external file must not be loaded here."""
        if not any(file.is_relative_to(root) for root in self._roots):
            hint = f"--external-root {file.parent} allows it"
            return f"lies outside the script's directory; {hint}"
        if file in self._open:
            return "loads itself under ever more namespaces"
        if len(self._open) > MAX_DEPTH:
            return f"is the last of more than {MAX_DEPTH} that load each other"
        if len(self._seen) > MAX_FILES:
            return f"is one of more than {MAX_FILES}"
        return None

    def resolve_names(self) -> Iterator[Problem]:
        """Give the names that scripts play their full form; tell those that lead nowhere."""
        for name, script in self.scripts.items():
            spaces = self.origins[name].namespace.split(SEPARATOR)[:-1]
            self.scripts[name] = self._resolved(script, spaces)
        for origin, place, script in Document(self.scripts, self.origins).walk():
            if isinstance(script, model.Named) and script.name not in self.scripts:
                yield Problem(origin.file, place, f"there is no script {script.name!r}")

    def _resolved(self, script: model.Script, spaces: list[str]) -> model.Script:
        if isinstance(script, model.Compound):
            return evolve(script, scripts=[self._resolved(item, spaces) for item in script.scripts])
        if not isinstance(script, model.Named):
            return script
        # The innermost namespace wins, as in most languages.
        for depth in range(len(spaces), 0, -1):
            full = SEPARATOR.join([*spaces[:depth], script.name])
            if full in self.scripts:
                return model.Named(full)
        return script


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
