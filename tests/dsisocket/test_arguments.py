"""L{netsim.dsisocket.arguments}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.arguments import read_host_command
from netsim.dsisocket.objects import complaint
from netsim.dsisocket.steps import (
    Checkout,
    Checkouts,
    Delay,
    Delays,
    HostCommand,
    MongoShell,
    Retrieval,
    Script,
    Transfer,
    Upload,
)
from netsim.errors import Problem
from tests.properties import examples

ADDRESSES = ["10.0.0.1", "192.0.2.1"]
STEPS = (
    *("exec", "upload_files", "upload_repo_files", "retrieve_files", "checkout_repos"),
    *("exec_mongo_shell", "network_delays"),
)
FILE = {"source": "a", "target": "b"}


def read(argument: object) -> tuple[HostCommand, list[str]]:
    """The command, and the problems without the place that all of them have."""
    problems: list[Problem] = []
    command = read_host_command("on_mongod", argument, ADDRESSES, problems)
    return command, [str(problem).removeprefix("on_mongod") for problem in problems]


class StepsTests(SynchronousTestCase):
    """What is right."""

    def right(self, argument: object) -> HostCommand:
        command, problems = read(argument)
        self.assertEqual([], problems)
        return command

    def test_exec(self) -> None:
        self.assertEqual(HostCommand((Script("true"),)), self.right({"exec": "true"}))
        self.assertEqual(HostCommand((Script(""),)), self.right({"exec": ""}))

    def test_limits(self) -> None:
        """They are no steps, and in seconds."""
        command = self.right({"timeout_s": 5, "exec": "true", "no_output_ms": 2500})
        self.assertEqual(HostCommand((Script("true"),), 5.0, 2.5), command)

    def test_files(self) -> None:
        transfer = Transfer("a", "b")
        for key, step in [
            ("upload_files", Upload((transfer,))),
            ("upload_repo_files", Upload((transfer,), from_repo=True)),
            ("retrieve_files", Retrieval((transfer,))),
        ]:
            self.assertEqual((step,), self.right({key: [FILE]}).steps)
            self.assertEqual((step,), self.right({key: FILE}).steps)
        (upload,) = self.right({"upload_files": [FILE, FILE]}).steps
        self.assertEqual("on_mongod.upload_files[1]", upload.files[1].place)

    def test_checkout(self) -> None:
        repos = [FILE, FILE | {"branch": "v1", "verbose": True}]
        expected = (Checkout("a", "b"), Checkout("a", "b", "v1", verbose=True))
        self.assertEqual((Checkouts(expected),), self.right({"checkout_repos": repos}).steps)

    def test_mongo_shell(self) -> None:
        (plain,) = self.right({"exec_mongo_shell": {"script": "db.stats()"}}).steps
        self.assertEqual(MongoShell("db.stats()"), plain)
        value = {"script": "db.stats()", "connection_string": "mongodb://host"}
        (step,) = self.right({"exec_mongo_shell": value}).steps
        self.assertEqual(MongoShell("db.stats()", "mongodb://host"), step)

    def test_network_delays(self) -> None:
        (step,) = self.right({"network_delays": {"delay_ms": 1}}).steps
        self.assertEqual(Delays(Delay(1000)), step)
        self.assertEqual((Delays(),), self.right({"network_delays": {}}).steps)

    def test_order(self) -> None:
        """Steps are in the order of the mapping."""
        argument: dict[str, Any] = {"retrieve_files": [FILE], "exec": "a", "upload_files": [FILE]}
        steps = self.right(argument).steps
        self.assertEqual([Retrieval, Script, Upload], [type(step) for step in steps])
        steps = self.right(dict(reversed(argument.items()))).steps
        self.assertEqual([Upload, Script, Retrieval], [type(step) for step in steps])


class ProblemTests(SynchronousTestCase):
    """What is wrong."""

    def message(self, argument: object) -> str:
        problems: list[Problem] = []
        read_host_command("on_mongod", argument, ADDRESSES, problems)
        self.assertTrue(problems)
        return str(complaint(problems))

    def test_unknown(self) -> None:
        """The answer of the document's transcript; also for what is no mapping."""
        many = dict.fromkeys(map(str, range(1000)), "")
        for argument in ({"foo": "echo"}, {"foo": 1, "bar": 2}, None, 3, "ls", [], many):
            self.assertEqual("Invalid command type", self.message(argument))
        self.assertEqual(1, len(read(many)[1]))

    def test_nothing(self) -> None:
        """A command without a step."""
        for argument in ({}, {"timeout_s": 3}):
            self.assertEqual(
                f"on_mongod: expected one or more of {', '.join(STEPS)}", self.message(argument)
            )

    def test_kinds(self) -> None:
        """Each kind of wrong value has its sentence."""
        for argument, told in [
            ({"exec": None}, ".exec: expected a text, not nothing"),
            ({"exec": ["a"]}, ".exec: expected a text, not a list"),
            ({"exec": "a\0b"}, ".exec: expected a text without NUL"),
            ({"upload_files": "a"}, 'mappings, not the text "a"'),
            ({"upload_files": [{"source": "a"}]}, ".upload_files[0].target: missing"),
            ({"retrieve_files": {"target": "a"}}, ".retrieve_files.source: missing"),
            ({"upload_files": [FILE | {"to": 1}]}, ".upload_files[0].to: unknown key"),
            ({"checkout_repos": [{"source": "-x", "target": "b"}]}, "with a dash, not"),
            ({"checkout_repos": [FILE | {"branch": "--help"}]}, "[0].branch: expected a text"),
            ({"checkout_repos": [FILE | {"verbose": 1}]}, "[0].verbose: expected true or false"),
            ({"exec_mongo_shell": "db"}, ".exec_mongo_shell: expected a mapping, not the text"),
            ({"exec_mongo_shell": {}}, ".exec_mongo_shell.script: missing"),
            ({"network_delays": 3}, ".network_delays: expected a mapping, not the number 3"),
            ({"exec": "", "timeout_s": 0}, ".timeout_s: expected seconds"),
            ({"exec": "", "no_output_ms": "1"}, ".no_output_ms: expected milliseconds"),
        ]:
            _, problems = read(argument)
            self.assertEqual(1, len(problems), problems)
            self.assertIn(told, problems[0])

    def test_all(self) -> None:
        """Everything is told in one go, and what is right is read."""
        argument = {"exec": 3, "foo": 1, "upload_files": [FILE, {"source": "", "target": 1}]}
        command, problems = read(argument)
        self.assertEqual((Upload((Transfer("a", "b"),)),), command.steps)
        self.assertEqual(4, len(problems))
        self.assertIn("on_mongod.foo: Invalid command type", self.message(argument).splitlines())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [*STEPS, "timeout_s", "no_output_ms", "source", "target", "branch", "script", "hosts", "groups"]
)
LIKELY = st.recursive(
    JSON | st.sampled_from(["a", "10.0.0.1"]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS, inside, max_size=4),
    max_leaves=20,
)


class PropertyTests(SynchronousTestCase):
    """Whatever comes."""

    @given(st.dictionaries(KEYS, LIKELY, max_size=4) | LIKELY)
    @examples(300)
    def test_any(self, argument: Any) -> None:
        """Any JSON gives a command with a step or more, or a message that can be sent."""
        argument = json.loads(json.dumps(argument))
        problems: list[Problem] = []
        command = read_host_command("on_mongod", argument, ADDRESSES, problems)
        if problems:
            self.assertTrue(str(complaint(problems)).encode("utf-8"))
        else:
            self.assertTrue(command.steps)
            self.assertLessEqual(len(command.steps), len(argument))
