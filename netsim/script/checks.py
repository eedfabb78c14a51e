"""What is checked of a document before it is played; see L{netsim.script.document.load}."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netsim.errors import ActionError, BlobError, Problem
from netsim.script import model
from netsim.script.action import ActionModule, split_action, validate_builtin
from netsim.script.blobs import BlobStore
from netsim.script.document import Check, Document, Origin

MAX_NESTING = 200
"""Named and compound scripts may be nested this deep, all files taken together."""

LoadModule = Callable[[str], ActionModule]
"""Finds an action module by its name; raises L{ActionError} where there is none."""

BUILTINS = ("sleep", "import")


def nesting(document: Document) -> Iterator[Problem]:
    """Scripts that play themselves, and those nested too deeply to be played."""
    heights: dict[str, int] = {}
    found: list[Problem] = []

    def problem(name: str, reason: str) -> None:
        found.append(Problem(document.origins[name].file, name, reason))

    def height(name: str, path: tuple[str, ...]) -> int:
        if name in path:
            cycle = " -> ".join([*path[path.index(name) :], name])
            problem(name, f"named scripts form a cycle: {cycle}")
        elif name not in heights and name in document.scripts and len(path) <= MAX_NESTING:
            heights[name] = 0
            for place, child in model.walk(document.scripts[name], ""):
                if isinstance(child, model.Named):
                    inner = height(child.name, (*path, name))
                    heights[name] = max(heights[name], place.count("[") + 1 + inner)
        return heights.get(name, 0)

    for name in document.scripts:
        if height(name, ()) > MAX_NESTING:
            problem(name, f"scripts are nested more than {MAX_NESTING} deep")
    # A script that names another twice closes a cycle twice.
    yield from dict.fromkeys(found)


def actions(load_module: LoadModule) -> Check:
    """Actions must exist and take their arguments."""

    def check(document: Document) -> Iterator[Problem]:
        modules: dict[str, ActionModule | None] = {}
        for origin, place, script in _actions(document, imports=True):
            modules.update(dict.fromkeys(arg for arg in script.args if isinstance(arg, str)))
            try:
                validate_builtin(script.action, script.args)
                modules[script.args[0]] = load_module(script.args[0])
            except ActionError as error:
                yield Problem(origin.file, place, str(error))
        for origin, place, script in _actions(document, imports=False):
            reason = _refusal(script, modules)
            if reason is not None:
                yield Problem(origin.file, place, reason)

    return check


def blobs(store: BlobStore) -> Check:
    """Blobs must be there and hold what their names say; reads all of them."""

    def check(document: Document) -> Iterator[Problem]:
        reasons = {name: _damage(store, name) for name in document.blobs()}
        for origin, place, name in document.blob_uses():
            if reason := reasons[name]:
                yield Problem(origin.file, place, reason)

    return check


def _damage(store: BlobStore, name: str) -> str | None:
    try:
        store.verify(name)
    except BlobError as error:
        return str(error)
    return None


def _actions(document: Document, imports: bool) -> Iterator[tuple[Origin, str, model.Action]]:
    for origin, place, script in document.walk():
        if isinstance(script, model.Action) and (script.action == "import") == imports:
            yield origin, place, script


def _refusal(script: model.Action, modules: dict[str, ActionModule | None]) -> str | None:
    args = list(script.args) + [b""] * (script.response is not None)
    try:
        if script.action in BUILTINS:
            validate_builtin(script.action, args)
            return None
        name, action = split_action(script.action)
        if name not in modules:
            return f"unknown action {script.action!r}: no script imports {name!r}"
        if (module := modules[name]) is not None:
            module.validate_action(action, args)
    except ActionError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - foreign modules raise what they like
        return f"{script.action} refuses its arguments: {error}"
    return None
