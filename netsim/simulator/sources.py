"""Finds the sources of simulators and looks into them, without running any of them."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from attrs import frozen

__all__ = ["Source", "below", "directories", "find", "first_sentence", "modules_in"]


@frozen
class Source:
    """
    A module as it lies on the disk.

    @ivar name: its dotted name, seen from the directory that was searched.
    @ivar file: C{__init__.py} for a package.
    """

    name: str
    file: Path

    @property
    def tree(self) -> ast.Module | None:
        """What is written there; nothing if Python could not read it."""
        try:
            return ast.parse(self.file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            return None

    @property
    def about(self) -> str:
        """The first sentence of its docstring."""
        tree = self.tree
        return first_sentence(ast.get_docstring(tree) if tree is not None else "it has an error")

    def may_bind(self, *names: str) -> bool:
        """Whether these names are given a value at the top level, as far as can be seen."""
        tree = self.tree
        # What has an error cannot be told from what was going to be one.
        return tree is None or set(names) <= set(_bound(tree))

    def files(self) -> Iterator[Path]:
        """It, and everything of its package."""
        if self.file.name == "__init__.py":
            yield from sorted(self.file.parent.rglob("*.py"))
        else:
            yield self.file


def first_sentence(text: str | None) -> str:
    """The first sentence of a docstring, or its first paragraph if that is shorter."""
    paragraph = " ".join((text or "").strip().partition("\n\n")[0].split())
    sentence, dot, _ = paragraph.partition(". ")
    return sentence + dot.rstrip()


def find(name: str, directory: Path | None = None) -> Source | None:
    """
    Where a module would be imported from.

    @param directory: look only there; else where Python looks.
    """
    first, *others = name.split(".")
    spec = _first(first, directory)
    for part in others:
        inside = spec.submodule_search_locations if spec is not None else None
        spec = PathFinder.find_spec(part, inside) if inside else None
    # A directory that is no package has no origin.
    if spec is None or not spec.has_location or spec.origin is None:
        return None
    return Source(name, Path(spec.origin).resolve())


def modules_in(directory: Path) -> Iterator[Source]:
    """All modules and packages in a directory, sorted by name."""
    for path in sorted(directory.iterdir(), key=lambda path: path.stem):
        if path.suffix == ".py" and path.stem.isidentifier() and path.stem != "__init__":
            yield Source(path.stem, path.resolve())
        elif path.name.isidentifier() and (path / "__init__.py").is_file():
            yield Source(path.name, (path / "__init__.py").resolve())


def below(directory: Path) -> Iterator[Source]:
    """All modules and packages below a directory, those that lie higher first."""
    files = sorted(directory.rglob("*.py"), key=lambda file: (len(file.parts), file))
    for file in files:
        parts = file.relative_to(directory).with_suffix("").parts
        inner = parts[:-1] if parts[-1] == "__init__" else parts
        if inner and all(part.isidentifier() for part in inner):
            yield Source(".".join(inner), file.resolve())


def _first(name: str, directory: Path | None) -> ModuleSpec | None:
    if directory is not None:
        return PathFinder.find_spec(name, [str(directory)])
    try:
        return importlib.util.find_spec(name)
    except ValueError:
        # __main__ has none.
        return None


def _bound(tree: ast.Module) -> Iterator[str]:
    """The names that get a value at the top level; all but C{servers} by a star import."""
    for node in _top_level(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                yield "System"
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (alias.asname or alias.name for alias in aliases)


def _top_level(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _top_level(child)


def directories(path: str | Path | Sequence[str | Path] | None) -> list[Path]:
    """One directory, several, or none; as absolute paths."""
    if path is None:
        return []
    several = [path] if isinstance(path, str | Path) else path
    return [Path(directory).resolve() for directory in several]
