"""The shapes of what the REST interface takes and gives, as JSON schemas."""

from __future__ import annotations

from typing import Any

from netsim.daemon.logline import LEVELS

__all__ = ["SCHEMAS", "reference"]

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_FLAG: Schema = {"type": "boolean"}
_ANYTHING: Schema = {}
_ANY_OBJECT: Schema = {"type": "object"}
_TIME: Schema = {"type": "number", "description": "Unix time, in seconds."}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_LEVEL: Schema = {"type": "string", "enum": list(LEVELS)}


def reference(name: str) -> Schema:
    """Refer to one of L{SCHEMAS}."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**properties: Schema) -> Schema:
    """Exactly these keys."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _said(description: str, schema: Schema) -> Schema:
    return {**schema, "description": description}


_ACTION = _object(
    args=_said("The type of each argument; with its default value, if it has one.", _map(_TEXT)),
    blocking=_said("The program does nothing else meanwhile.", _FLAG),
    description=_TEXT,
)

_LIMITS = _object(
    message_size=_said("Bytes of a message, or of a status.", _COUNT),
    projects=_said("Projects at once.", _COUNT),
    connections=_said("WebSockets at once.", _COUNT),
    pending=_said("Actions of one project that wait at once.", _COUNT),
    action_timeout=_said("Seconds that an action waits for its answer.", _NUMBER),
    online=_said("Seconds for which a project is online after a sync.", _NUMBER),
    backlog_messages=_said("Messages that wait for a page that does not read.", _COUNT),
    backlog_bytes=_said("Bytes of them.", _COUNT),
)

SCHEMAS: dict[str, Schema] = {
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": _said("What is wrong, in a sentence.", _TEXT),
            "problems": _said("Everything that is wrong with the request.", _list(_TEXT)),
        },
        "additionalProperties": False,
    },
    "Hello": _object(hello=_TEXT, version=_TEXT),
    "Result": _object(result=_said("200", _COUNT)),
    "Names": _object(names=_list(_TEXT)),
    "RawStatus": _said(
        "A status as the program sends it: each value as it is, or wrapped as"
        ' {"value", "timestamp", "interval"}.',
        {
            "type": "object",
            "properties": {"display_name": _ANYTHING, "platform": _ANYTHING,
                           "hardware": _ANYTHING, "__action": _ANYTHING},
        },
    ),
    "Project": _object(
        name=_TEXT,
        display_name=_said("What to show instead of the name.", _or_null(_TEXT)),
        online=_FLAG,
        clis=_said("Connections of its programs.", _COUNT),
        webs=_said("Connections of pages that watch it.", _COUNT),
        pending=_said("Actions that wait for their answers.", _COUNT),
        last_seen=_TIME,
        synced=_or_null(_TIME),
    ),
    "Projects": _object(projects=_list(reference("Project"))),
    "Status": _object(
        name=_TEXT,
        synced=_or_null(_TIME),
        status=_said("Each value as it is.", _ANY_OBJECT),
    ),
    "History": _object(entries=_list(_object(time=_TIME, status=_ANY_OBJECT))),
    "Logs": _object(
        logs=_list(
            _object(
                id=_said("Grows with time.", _COUNT),
                time=_TIME,
                level=_LEVEL,
                payload=_said("As the program has sent it.", _ANYTHING),
            )
        )
    ),
    "Hardware": _object(
        synced=_or_null(_TIME), platform=_or_null(_ANY_OBJECT), hardware=_or_null(_ANY_OBJECT)
    ),
    "Actions": _object(actions=_map(_ACTION)),
    "Arguments": {
        "type": "object",
        "properties": {"args": _said("A value for each argument.", _ANY_OBJECT)},
    },
    "Ack": _object(
        ack=_said('What the program has answered: "result", or "error".', _ANYTHING)
    ),
    "Daemon": _object(
        version=_TEXT,
        uptime=_said("Seconds.", _NUMBER),
        projects=_COUNT,
        connections=_COUNT,
        database=_object(
            path=_or_null(_TEXT),
            trouble=_said("Why it is not on disk, though it should be.", _or_null(_TEXT)),
        ),
        limits=_LIMITS,
    ),
    "OpenAPI": _ANY_OBJECT,
}  # fmt: skip
