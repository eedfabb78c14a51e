"""Tests of L{netsim.daemon.openapi}."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.kinds import Name, Number
from netsim.daemon.openapi import describe
from netsim.daemon.parameters import Parameter
from netsim.daemon.routes import ROUTES, Route

ROUTE = Route(
    "find", "GET", "/things/{name}", "Find a thing", "Result",
    parameters=(
        Parameter("name", Name(), "The thing.", in_path=True, example="it"),
        Parameter("limit", Number(1, 9, is_whole=True), "So many.", 5),
    ),
    errors={404: "No such thing."},
)  # fmt: skip
CHANGE = Route("change", "POST", "/things/{name}", "Change it", "", body="RawStatus", status=204)
CALL = Route("call", "POST", "/call", "Call", "Ack", body="Arguments", is_open=True)


def operation(route: Route, has_token: bool = False) -> dict[str, Any]:
    """How a route is described."""
    paths = describe([route], "1", has_token)["paths"]
    description: dict[str, Any] = paths[route.path][route.method.lower()]
    return description


class DescribeTests(SynchronousTestCase):
    """The description."""

    def test_head(self) -> None:
        """What it is of."""
        document = describe([], "1.2")
        self.assertEqual(document["openapi"], "3.1.0")
        self.assertEqual(document["info"]["version"], "1.2")
        self.assertEqual(document["paths"], {})

    def test_whole(self) -> None:
        """Every route is in it, and nothing else; it is JSON."""
        document = describe(ROUTES, "1")
        described = {
            (path, method.upper()) for path, item in document["paths"].items() for method in item
        }
        self.assertEqual(described, {(route.path, route.method) for route in ROUTES})
        self.assertEqual(json.loads(json.dumps(document)), document)

    def test_operation(self) -> None:
        """What a route is for, and what it gives."""
        described = operation(ROUTE)
        self.assertEqual(described["operationId"], "find")
        self.assertEqual(described["summary"], "Find a thing")
        self.assertEqual(list(described["responses"]), ["200", "400", "403", "404"])
        content = described["responses"]["200"]["content"]["application/json"]
        self.assertEqual(content, {"schema": {"$ref": "#/components/schemas/Result"}})
        error = described["responses"]["404"]
        self.assertEqual(error["description"], "No such thing.")
        self.assertEqual(
            error["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Error"
        )

    def test_parameters(self) -> None:
        """Parts of the path have to be given, the rest may be."""
        name, limit = operation(ROUTE)["parameters"]
        self.assertEqual((name["in"], name["required"], name["example"]), ("path", True, "it"))
        self.assertEqual((limit["in"], limit["required"]), ("query", False))
        self.assertEqual(
            limit["schema"], {"type": "integer", "minimum": 1, "maximum": 9, "default": 5}
        )
        self.assertNotIn("default", name["schema"])

    def test_bodies(self) -> None:
        """A status has to be sent; arguments may be."""
        self.assertNotIn("requestBody", operation(ROUTE))
        self.assertTrue(operation(CHANGE)["requestBody"]["required"])
        self.assertFalse(operation(CALL)["requestBody"]["required"])
        self.assertIn("413", operation(CALL)["responses"])

    def test_noAnswer(self) -> None:
        """Where there is no body, none is described."""
        self.assertEqual(operation(CHANGE)["responses"]["204"], {"description": "It is done."})

    def test_token(self) -> None:
        """It is asked for where it is needed, and may be given in each way."""
        for route, has_token, needed in (
            (ROUTE, True, True), (ROUTE, False, False), (CALL, True, False),
        ):  # fmt: skip
            described = operation(route, has_token)
            self.assertEqual("401" in described["responses"], needed)
            self.assertEqual("security" in described, needed)
        schemes = describe([], "1", True)["components"]["securitySchemes"]
        named = [name for way in operation(ROUTE, True)["security"] for name in way]
        self.assertEqual(list(schemes), named)
        self.assertEqual(schemes["token"], {"type": "http", "scheme": "bearer"})
        self.assertEqual(schemes["query_token"]["name"], "token")
