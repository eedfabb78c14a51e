"""Describes the REST interface in the words of OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netsim.daemon.parameters import Parameter
from netsim.daemon.routes import Route
from netsim.daemon.schemas import SCHEMAS, reference

__all__ = ["describe"]

_DESCRIPTION = (
    "Watch and steer running programs. Pages that other servers have sent to a browser may not"
    " use this: their requests are refused with 403."
)
_BAD = "The request is wrong; all problems are told."
_FOREIGN = "The request comes from a page of another server, or by another machine's name."
_NO_TOKEN = "The token is missing or wrong."
_TOO_LARGE = "The body is too large."


def describe(routes: Iterable[Route], version: str, has_token: bool = False) -> dict[str, Any]:
    """
    Make the document.

    @param version: of the daemon.
    @param has_token: requests need a token.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, has_token)
    return {
        "openapi": "3.1.0",
        "info": {"title": "netsim-daemon", "version": version, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": SCHEMAS, **(_security_schemes() if has_token else {})},
    }


def _operation(route: Route, has_token: bool) -> dict[str, Any]:
    needs_token = has_token and not route.is_open
    return {
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [_parameter(parameter) for parameter in route.parameters],
        **({"requestBody": _body(route)} if route.body else {}),
        "responses": {
            str(route.status): _success(route),
            **{str(status): _error(text) for status, text in _errors(route, needs_token)},
        },
        **({"security": [{"token": []}, {"query_token": []}]} if needs_token else {}),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = parameter.kind.schema
    if parameter.default is not None:
        schema["default"] = parameter.default
    example = {} if parameter.example is None else {"example": parameter.example}
    return {
        "name": parameter.name,
        **example,
        "in": "path" if parameter.in_path else "query",
        "required": parameter.in_path,
        "description": parameter.description,
        "schema": schema,
    }


def _body(route: Route) -> dict[str, Any]:
    # Only a status has to be there: an action may need no arguments.
    return {"required": route.body == "RawStatus", "content": _json(route.body)}


def _success(route: Route) -> dict[str, Any]:
    if not route.answer:
        return {"description": "It is done."}
    return {"description": "It is here.", "content": _json(route.answer)}


def _errors(route: Route, needs_token: bool) -> list[tuple[int, str]]:
    errors = {403: _FOREIGN, **route.errors}
    if route.parameters or route.body:
        errors[400] = _BAD
    if needs_token:
        errors[401] = _NO_TOKEN
    if route.body:
        errors[413] = _TOO_LARGE
    return sorted(errors.items())


def _error(description: str) -> dict[str, Any]:
    return {"description": description, "content": _json("Error")}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": reference(schema)}}


def _security_schemes() -> dict[str, Any]:
    return {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "query_token": {"type": "apiKey", "in": "query", "name": "token"},
        }
    }
