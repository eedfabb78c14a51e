"""Tests for L{netsim.script.parse}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import Problem
from netsim.script.model import (
    Action,
    BlobRef,
    Compound,
    DatagramExchange,
    Exchange,
    External,
    Facts,
    Named,
    Nop,
    Script,
)
from netsim.script.parse import MAX_DEPTH, Parsed, parse
from tests.properties import examples
from tests.script.strategies import json_values, malformed_documents

SHA = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
EXCHANGE = {"type": "script", "command": "a", "response": "b"}


def parsed(document: Any) -> Parsed:
    """What is read from a JSON value."""
    return parse(json.dumps(document).encode(), "a.json")


class ScriptTests(SynchronousTestCase):
    """Every type of script is read."""

    def assertRead(self, expected: Script, value: dict[str, Any]) -> None:
        self.assertEqual(Parsed({"x": expected}, []), parsed({"x": value}))

    def test_exchange(self) -> None:
        """A script is a command and a response."""
        self.assertRead(Exchange(b"a", b"b"), EXCHANGE)
        self.assertRead(
            Exchange(BlobRef(SHA), b"\0"),
            {"type": "script", "command_blob": SHA, "response_hex": "00"},
        )

    def test_greeting(self) -> None:
        """The empty command is one, too."""
        self.assertRead(
            Exchange(b"", b"hello"), {"type": "script", "command": "", "response": "hello"}
        )

    def test_facts(self) -> None:
        """What the recorder noted is read."""
        noted = {"time": 5, "gap": 0.25, "partial": True, "closed_by": "proxy"}
        self.assertRead(Exchange(b"a", b"b", 0, Facts(5.0, 0.25, True, "proxy")), EXCHANGE | noted)

    def test_nothingNoted(self) -> None:
        """A fact that is null is none."""
        self.assertRead(Exchange(b"a", b"b"), EXCHANGE | {"time": None, "closed_by": None})

    def test_late(self) -> None:
        """Newlines at the command's end can be late: all of them, and of either kind."""
        for late in range(3):
            self.assertRead(
                Exchange(b"a\r\n", b"b", late), EXCHANGE | {"command": "a\r\n", "late": late}
            )
        blob = {"type": "script", "command_blob": SHA, "response": ""}
        self.assertRead(Exchange(BlobRef(SHA), b"", 2), blob | {"late": 2})

    def test_datagrams(self) -> None:
        """With the transport C{udp} each response is a datagram."""
        udp = {"type": "script", "transport": "udp", "command": "a"}
        self.assertRead(DatagramExchange(b"a", (b"b", b"c")), udp | {"responses": ["b", "c"]})
        self.assertRead(
            DatagramExchange(b"a", (b"\0",), Facts(time=1.0)),
            udp | {"response_hexes": ["00"], "time": 1},
        )

    def test_compound(self) -> None:
        """A compound has its scripts in order, and may be played on several connections."""
        scripts = [EXCHANGE, {"type": "nop"}]
        expected = [Exchange(b"a", b"b"), Nop()]
        self.assertRead(Compound(expected), {"type": "compound", "scripts": scripts})
        self.assertRead(
            Compound(expected, multi=True), {"type": "compound_multi", "scripts": scripts}
        )

    def test_named(self) -> None:
        """A named script is a name."""
        self.assertRead(Named("y"), {"type": "named", "name": "y"})

    def test_external(self) -> None:
        """A namespace may be called a prefix."""
        external = {"type": "external", "file": "b.json"}
        self.assertRead(External("b.json"), external)
        for key in ("namespace", "prefix"):
            self.assertRead(External("b.json", "n"), external | {key: "n"})

    def test_action(self) -> None:
        """An action has arguments and, in any form, a response."""
        action = {"type": "command", "action": "m.do", "args": [1, ["x"]]}
        self.assertRead(Action("m.do", [1, ["x"]]), action)
        self.assertRead(Action("m.do", [1, ["x"]], b"\xff"), action | {"response_hex": "ff"})

    def test_nothing(self) -> None:
        """C{nop} and C{comment} do nothing, whatever they hold."""
        for kind in ("nop", "comment"):
            self.assertRead(Nop(), {"type": kind, "scripts": 5, "text": "hello"})

    def test_unknownKeys(self) -> None:
        """Keys that are not known are ignored."""
        self.assertRead(Exchange(b"a", b"b"), EXCHANGE | {"transport": "tcp", "author": [1]})


class ProblemTests(SynchronousTestCase):
    """What is wrong is told with its place, and the rest is read."""

    def assertProblem(self, reason: str, value: Any) -> None:
        self.assertEqual([Problem("a.json", "x", reason)], parsed({"x": value}).problems)

    def test_noObject(self) -> None:
        """A script is an object."""
        for value in (None, [], "script", 5):
            self.assertProblem("must be a script object", value)

    def test_type(self) -> None:
        """The known types are listed where the type is missing, or none of them."""
        known = (
            "known types are compound, compound_multi, script, named, external, command, nop,"
            " comment"
        )
        self.assertProblem(f'unknown type "scirpt"; {known}', {"type": "scirpt"})
        for value in ({}, {"type": None}, {"type": ["script"]}, {"type": {}}):
            self.assertProblem(f"no type; {known}", value)

    def test_bytes(self) -> None:
        """Bytes in no known form are a problem of the script they are in."""
        self.assertProblem(
            "exactly one of response, responses, response_hex, response_blob must be present;"
            " found response and responses",
            EXCHANGE | {"responses": []},
        )

    def test_missing(self) -> None:
        """Keys that a type needs are there."""
        for kind, key in [
            ("compound", "scripts"),
            ("named", "name"),
            ("external", "file"),
            ("command", "action"),
        ]:
            self.assertProblem(f"{key} is missing", {"type": kind})
        self.assertProblem("args is missing", {"type": "command", "action": "sleep"})

    def test_wrongKind(self) -> None:
        """Keys that a type needs hold what it needs."""
        for value, reason in [
            ({"type": "compound", "scripts": {}}, "scripts must be an array of scripts"),
            ({"type": "named", "name": 1}, "name must be the name of a script"),
            ({"type": "external", "file": []}, "file must be a path"),
            ({"type": "command", "action": 1}, "action must be the name of an action"),
            ({"type": "command", "action": "a", "args": "b"}, "args must be an array"),
        ]:
            self.assertProblem(reason, value)

    def test_late(self) -> None:
        """Late newlines are newlines at the command's end, and not more than it has."""
        for late in (-1, 1.0, True, "1", None):
            self.assertProblem("late must be a count of newlines", EXCHANGE | {"late": late})
        for command, late in [("a", 1), ("a\n", 2), ("\n", 2), ("a\nb", 1), ("\n", 10**400)]:
            self.assertProblem(
                f"late says {late} newlines end the command, and it has not as many",
                EXCHANGE | {"command": command, "late": late},
            )

    def test_seconds(self) -> None:
        """Times are finite numbers, and not before 1970."""
        for key in ("time", "gap"):
            for value in (-1, True, "5", [], float("nan"), float("inf"), 10**400):
                self.assertProblem(
                    f"{key} must be a number of seconds, 0 or more", EXCHANGE | {key: value}
                )

    def test_closer(self) -> None:
        """A session is closed by one of three."""
        for value in ("nobody", 1, ["client"]):
            self.assertProblem(
                "closed_by must be one of client, server, proxy", EXCHANGE | {"closed_by": value}
            )

    def test_partial(self) -> None:
        """A session broke, or it did not."""
        for value in (1, "true", None):
            self.assertProblem("partial must be true or false", EXCHANGE | {"partial": value})

    def test_namespace(self) -> None:
        """One namespace that is not empty."""
        external = {"type": "external", "file": "b.json"}
        self.assertProblem(
            "namespace and prefix mean the same; give one",
            external | {"namespace": "a", "prefix": "a"},
        )
        for value in ("", 5, ["a"]):
            self.assertProblem(
                "namespace must be a text that is not empty", external | {"prefix": value}
            )

    def test_datagramBlob(self) -> None:
        """A datagram is small enough to be in the document."""
        self.assertProblem(
            "a datagram cannot be a command_blob",
            {"type": "script", "transport": "udp", "command_blob": SHA, "responses": []},
        )

    def test_deepest(self) -> None:
        """Compound scripts are nested up to a limit."""
        script: dict[str, Any] = {"type": "nop"}
        for _ in range(MAX_DEPTH):
            script = {"type": "compound", "scripts": [script]}
        self.assertEqual([], parsed({"x": script}).problems)
        place = "x" + ".scripts[0]" * MAX_DEPTH
        reason = f"compound scripts are nested more than {MAX_DEPTH} deep"
        self.assertEqual(
            [Problem("a.json", place, reason)],
            parsed({"x": {"type": "compound", "scripts": [script]}}).problems,
        )

    def test_all(self) -> None:
        """All problems are told at once, each with its JSON path; the rest is in its place."""
        found = parsed(
            {
                "x": {"type": "compound", "scripts": [EXCHANGE, 5, {"type": "named"}]},
                "y": EXCHANGE,
                "z": EXCHANGE | {"command_hex": ""},
            }
        )
        self.assertEqual(
            [
                "a.json: x.scripts[1]: must be a script object",
                "a.json: x.scripts[2]: name is missing",
                "a.json: z: exactly one of command, command_hex, command_blob must be present;"
                " found command and command_hex",
            ],
            list(map(str, found.problems)),
        )
        self.assertEqual(
            {"x": Compound([Exchange(b"a", b"b"), Nop(), Nop()]), "y": Exchange(b"a", b"b")},
            found.scripts,
        )


class FileTests(SynchronousTestCase):
    """A file is one JSON object in UTF-8."""

    def assertWrong(self, reason: str, data: bytes) -> None:
        self.assertEqual(Parsed({}, [Problem("a.json", "", reason)]), parse(data, "a.json"))

    def test_empty(self) -> None:
        """A document may have no scripts."""
        self.assertEqual(Parsed({}, []), parse(b"{}", "a.json"))

    def test_byteOrderMark(self) -> None:
        """Some editors put one there."""
        self.assertEqual(Parsed({"x": Nop()}, []), parse(b'\xef\xbb\xbf{"x":{"type":"nop"}}', "a"))

    def test_noObject(self) -> None:
        """An array of scripts has no names."""
        for data in (b"[]", b"null", b'"x"', b"1"):
            self.assertWrong("must be an object of scripts by name", data)

    def test_noJSON(self) -> None:
        """What is not JSON is told with its place."""
        self.assertWrong("is not JSON: Expecting value: line 1 column 1 (char 0)", b"")
        self.assertWrong("is not JSON: Expecting value: line 2 column 2 (char 7)", b'{"a":\n ;')

    def test_noUTF8(self) -> None:
        """Text in other encodings is refused."""
        [problem] = parse(b'{"\xe9": 1}', "a.json").problems
        self.assertIn("is not JSON: 'utf-8' codec can't decode byte 0xe9", problem.reason)

    def test_repeated(self) -> None:
        """A key that stands twice in an object would lose one of its values."""
        data = (
            b'{"x": {"type": "nop", "type": "nop", "a": 1, "a": 2}, "y": 1, "y": {"type": "nop"}}'
        )
        self.assertEqual(
            [f'the key "{key}" stands twice in one object' for key in ("type", "a", "y")],
            [problem.reason for problem in parse(data, "a.json").problems],
        )

    def test_tooDeep(self) -> None:
        """JSON that Python cannot read without end is refused."""
        for opening in (b"[", b'{"a":'):
            self.assertWrong("is nested too deeply", opening * 100_000)


class ArbitraryInputTests(SynchronousTestCase):
    """Nothing makes the parser raise."""

    def assertSound(self, found: Parsed) -> None:
        for problem in found.problems:
            self.assertEqual("a.json", problem.file)
            str(problem).encode()

    @examples(200)
    @given(st.binary() | st.text().map(str.encode))
    def test_bytes(self, data: bytes) -> None:
        """Bytes that are no script file have problems."""
        found = parse(data, "a.json")
        self.assertSound(found)
        self.assertTrue(found.problems or found == Parsed({}, []))

    @examples(200)
    @given(json_values)
    def test_json(self, value: Any) -> None:
        """Neither do JSON values of any kind."""
        self.assertSound(parsed(value))

    @examples(400)
    @given(malformed_documents)
    def test_nearlyScripts(self, document: dict[str, Any]) -> None:
        """Scripts that cannot be read are left out; every one of them has a problem."""
        found = parsed(document)
        self.assertSound(found)
        left_out = set(document) - set(found.scripts)
        self.assertLessEqual(left_out, {problem.path for problem in found.problems})

    def test_deepValues(self) -> None:
        """Values that are nested as deeply as JSON is read at all are refused where they stand."""
        for depth in range(950, 1000):
            for key in ("type", "command", "late", "time", "closed_by"):
                deep = b"[" * depth + b"]" * depth
                found = parse(
                    b'{"x": {"type": "script", "%s": %s}}' % (key.encode(), deep), "a.json"
                )
                self.assertTrue(found.problems)
                self.assertSound(found)
