"""
Find and load action modules: those that ship, and the user's own.

Every session gets a module of its own, executed afresh, so that what a module
keeps in its globals is never seen by another client.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from netsim.errors import ActionError
from netsim.script.action import ActionModule
from netsim.script.nds1 import Nds1

SHIPPED = {"nds1": Nds1}


class ModuleLoader:
    """
    Loads action modules by name.

    @param path: directories that are searched before the shipped modules.
    """

    def __init__(self, path: Sequence[Path] = ()) -> None:
        self._path = [str(directory) for directory in path]

    def __call__(self, name: str) -> ActionModule:
        """
        A new instance of a module.

        @raise ActionError: there is none, it cannot be imported, or it is no action module.
        """
        spec = self._find(name)
        if spec is None:
            return self._shipped(name)
        module = importlib.util.module_from_spec(spec)
        # Action modules import what is beside them.
        sys.path[:0] = [directory for directory in self._path if directory not in sys.path]
        try:
            spec.loader.exec_module(module)  # type: ignore[union-attr]
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise ActionError(f"module {name!r} cannot be imported: {reason}") from error
        lacking = [
            function
            for function in ("validate_action", "execute_action")
            if not callable(getattr(module, function, None))
        ]
        if lacking:
            raise ActionError(f"module {name!r} defines no {' and no '.join(lacking)}")
        return module

    def _find(self, name: str) -> ModuleSpec | None:
        path: Sequence[str] | None = self._path
        spec = None
        for part in name.split("."):
            spec = PathFinder.find_spec(part, path) if path else None
            if spec is None:
                return None
            path = spec.submodule_search_locations
        # A directory that is no package has no loader.
        return spec if spec is not None and spec.loader is not None else None

    def _shipped(self, name: str) -> ActionModule:
        if name in SHIPPED:
            return SHIPPED[name]()
        looked = ", ".join(self._path) or "no directory: --path gives some"
        shipped = ", ".join(SHIPPED)
        raise ActionError(f"no module {name!r}; looked in {looked}; shipped: {shipped}")
