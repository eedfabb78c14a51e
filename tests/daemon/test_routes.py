"""Tests of L{netsim.daemon.routes}."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.operations import Operations
from netsim.daemon.parameters import read
from netsim.daemon.routes import ROUTES
from netsim.daemon.schemas import SCHEMAS


class RoutesTests(SynchronousTestCase):
    """The table."""

    def test_once(self) -> None:
        """Each operation stands in it once, and each method of a path."""
        for keys in (
            [route.operation for route in ROUTES],
            [(route.path, route.method) for route in ROUTES],
        ):
            self.assertEqual(len(set(keys)), len(keys))

    def test_operations(self) -> None:
        """All that can be done stands in it."""
        done = {name for name in vars(Operations) if not name.startswith("_")}
        self.assertEqual({route.operation for route in ROUTES}, done)

    def test_parameters(self) -> None:
        """The parts in braces are the parameters of the path."""
        for route in ROUTES:
            names = [item.name for item in route.parameters if item.in_path]
            self.assertEqual(re.findall(r"{(\w+)}", route.path), names, route.path)

    def test_schemas(self) -> None:
        """What they take and give is described."""
        used = {name for route in ROUTES for name in (route.answer, route.body)}
        self.assertEqual({*used, "Project", "Error"} - {""}, set(SCHEMAS))

    def test_defaults(self) -> None:
        """What is given by default could be given."""
        for route in ROUTES:
            for item in route.parameters:
                if item.default is not None:
                    self.assertEqual(item.kind.read(str(item.default)), item.default)

    def test_examples(self) -> None:
        """Parameters of paths have examples, which can be given."""
        for route in ROUTES:
            items = [item for item in route.parameters if item.in_path]
            given = {item.name: item.example.replace(" ", "%20") for item in items}
            self.assertEqual(read(items, given, {}), {item.name: item.example for item in items})

    def test_safe(self) -> None:
        """What changes something is no GET: pages of other servers can make a browser ask that."""
        changing = {"sync", "shut_down", "forget_project", "call_action"}
        self.assertEqual({route.operation for route in ROUTES if route.method != "GET"}, changing)

    def test_open(self) -> None:
        """Without a token, nothing is told of any project."""
        is_open = {route.operation for route in ROUTES if route.is_open}
        self.assertEqual(is_open, {"hello", "show_openapi"})
