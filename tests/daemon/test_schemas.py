"""Tests of L{netsim.daemon.schemas}."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import fields
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.logline import LEVELS
from netsim.daemon.model import Limits
from netsim.daemon.schemas import SCHEMAS, reference


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema, and all that are in it."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)


class SchemasTests(SynchronousTestCase):
    """The shapes."""

    def test_references(self) -> None:
        """What is referred to is there."""
        known = {reference(name)["$ref"] for name in SCHEMAS}
        used = {part["$ref"] for part in parts(SCHEMAS) if "$ref" in part}
        self.assertEqual(used - known, set())
        self.assertIn(reference("Project")["$ref"], used)

    def test_limits(self) -> None:
        """All limits are described."""
        described = SCHEMAS["Daemon"]["properties"]["limits"]["properties"]
        self.assertEqual(list(described), [limit.name for limit in fields(Limits)])

    def test_levels(self) -> None:
        """All levels are."""
        line = SCHEMAS["Logs"]["properties"]["logs"]["items"]
        self.assertEqual(line["properties"]["level"]["enum"], list(LEVELS))

    def test_nothing(self) -> None:
        """What may be missing may be null."""
        synced = SCHEMAS["Project"]["properties"]["synced"]
        self.assertEqual(synced["type"], ["number", "null"])
        self.assertEqual(SCHEMAS["Project"]["properties"]["last_seen"]["type"], "number")

    def test_json(self) -> None:
        """They are JSON themselves."""
        self.assertEqual(json.loads(json.dumps(SCHEMAS)), SCHEMAS)
