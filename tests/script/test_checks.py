"""Tests for L{netsim.script.checks}."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from netsim.errors import ActionError
from netsim.script.blobs import BlobStore
from netsim.script.checks import MAX_NESTING, actions, blobs, nesting
from netsim.script.player import StreamPlayer
from tests.script.files import (
    NOP,
    ScriptFilesTestCase,
    action,
    compound,
    exchange,
    external,
    named,
    no_modules,
)
from tests.script.playing import Stage, score


class NestingTests(ScriptFilesTestCase):
    """Scripts must come to an end, and not be nested too deeply."""

    def test_cycle(self) -> None:
        """The names of a cycle are listed; it is told once."""
        self.assertEqual(
            ["main.json: b: named scripts form a cycle: b -> c -> b"],
            self.problems(
                {"a": compound(NOP, named("b")), "b": named("c"), "c": compound(named("b"))},
                nesting,
            ),
        )

    def test_itself(self) -> None:
        """A script must not play itself, and is told once even if it does so twice."""
        self.assertEqual(
            ["main.json: a: named scripts form a cycle: a -> a"],
            self.problems({"a": compound(named("a"), named("a"))}, nesting),
        )

    def test_severalCycles(self) -> None:
        """Every cycle is told."""
        self.assertEqual(
            [
                "main.json: a: named scripts form a cycle: a -> b -> a",
                "main.json: c: named scripts form a cycle: c -> c",
            ],
            self.problems({"a": named("b"), "b": named("a"), "c": named("c")}, nesting),
        )

    def test_acrossFiles(self) -> None:
        """A cycle is told with full names, at the file of its first script."""
        self.write("a.json", {"x": named("y")})
        self.assertEqual(
            ["main.json: y: named scripts form a cycle: y -> n.x -> y"],
            self.problems({"y": named("n.x"), "e": external("a.json", "n")}, nesting),
        )

    def test_noCycle(self) -> None:
        """A script may be played from several places."""
        scripts = {"a": compound(named("b"), named("c")), "b": named("c"), "c": NOP}
        self.load(scripts, nesting)

    def chain(self, length: int) -> dict[str, Any]:
        """Scripts each of which plays the next."""
        names = {f"s{number}": named(f"s{number + 1}") for number in range(length)}
        return names | {f"s{length}": exchange()}

    def test_deepest(self) -> None:
        """Scripts are nested up to a limit, and can be played then."""
        document = self.load(self.chain(MAX_NESTING), nesting)
        scripts = {"recorded_script": document.scripts["s0"]} | document.scripts
        self.assertTrue(Stage(StreamPlayer(score(scripts))).player.finished)

    def test_tooDeep(self) -> None:
        """Names that lead on beyond the limit are told."""
        for more in (1, 1000):
            self.assertIn(
                f"main.json: s0: scripts are nested more than {MAX_NESTING} deep",
                self.problems(self.chain(MAX_NESTING + more), nesting),
            )

    def test_compounds(self) -> None:
        """Compound scripts around a name count, too."""
        scripts = self.chain(MAX_NESTING - 2)
        self.load(scripts | {"top": compound(named("s0"))}, nesting)
        self.assertEqual(
            [f"main.json: top: scripts are nested more than {MAX_NESTING} deep"],
            self.problems(scripts | {"top": compound(compound(named("s0")))}, nesting),
        )


class Module:
    """Knows one action, and takes one argument for it."""

    def __init__(self) -> None:
        self.validated: list[tuple[str, Sequence[Any]]] = []

    def validate_action(self, action: str, args: Sequence[Any]) -> None:
        self.validated.append((action, args))
        if action == "picky":
            raise ActionError(f"{action} takes other arguments")
        if action == "broken":
            raise KeyError("gain")


class ActionTests(ScriptFilesTestCase):
    """Actions must exist and take their arguments."""

    def setUp(self) -> None:
        super().setUp()
        self.module = Module()
        self.check = actions(lambda name: self.module if name == "m" else no_modules(name))

    def refusal(self, *scripts: Any) -> list[str]:
        """What is wrong with these scripts."""
        return self.problems({"a": compound(*scripts)}, self.check)

    def test_imported(self) -> None:
        """A module is asked about its actions, whichever script imports it."""
        self.load({"a": action("m.do", 1), "b": action("import", "m")}, self.check)
        self.assertEqual([("do", [1])], self.module.validated)

    def test_response(self) -> None:
        """A response will be one more argument."""
        given = action("m.do", 1) | {"response": "x"}
        self.load({"a": compound(action("import", "m"), given)}, self.check)
        self.assertEqual([("do", [1, b""])], self.module.validated)

    def test_refused(self) -> None:
        """Whatever the module raises is the reason."""
        self.assertEqual(
            [
                "main.json: a.scripts[1]: picky takes other arguments",
                "main.json: a.scripts[2]: m.broken refuses its arguments: 'gain'",
            ],
            self.refusal(action("import", "m"), action("m.picky"), action("m.broken")),
        )

    def test_notImported(self) -> None:
        """A module is imported before its actions are known."""
        self.assertEqual(
            ["main.json: a.scripts[0]: unknown action 'm.do': no script imports 'm'"],
            self.refusal(action("m.do")),
        )

    def test_noModule(self) -> None:
        """A module that there is not is told once, and its actions are not."""
        self.assertEqual(
            ["main.json: a.scripts[0]: there is no module 'gone'"],
            self.refusal(action("import", "gone"), action("gone.do")),
        )

    def test_unknown(self) -> None:
        """Without a module there are two actions."""
        self.assertEqual(
            [
                "main.json: a.scripts[0]: unknown action 'wait';"
                " there are sleep, import and module.action"
            ],
            self.refusal(action("wait", 1)),
        )

    def test_builtin(self) -> None:
        """C{sleep} takes seconds, C{import} a name; a response is an argument too many."""
        seconds = "sleep takes one argument, the seconds to wait; got"
        self.assertEqual(
            [
                "main.json: a.scripts[2]: import takes one argument, the name of a module; got []",
                f"main.json: a.scripts[0]: {seconds} ['x']: 'x' is not a finite number",
                f"main.json: a.scripts[1]: {seconds} [1, b'']",
            ],
            self.refusal(
                action("sleep", "x"), action("sleep", 1) | {"response": "x"}, action("import")
            ),
        )
        self.load({"a": action("sleep", 0.5), "b": action("sleep", "2")}, self.check)


class BlobTests(ScriptFilesTestCase):
    """Blobs must be there, and hold what their names say."""

    def test_blobs(self) -> None:
        """Every use of a blob that is missing or damaged is told."""
        store = BlobStore([self.directory / "blobs"])
        store.home.mkdir()
        good, bad, gone = (hashlib.sha1(data).hexdigest() for data in (b"good", b"bad", b"gone"))
        (store.home / good).write_bytes(b"good")
        (store.home / bad).write_bytes(b"good")
        self.assertEqual(
            [
                f"main.json: x.scripts[1]: blob {gone} is missing; looked in blobs",
                f"main.json: x.scripts[2]: blob {bad} holds other bytes: their SHA-1 is {good}",
                f"main.json: y: blob {bad} holds other bytes: their SHA-1 is {good}",
            ],
            self.problems(
                {
                    "x": compound(
                        *[
                            {"type": "script", "command": "", "response_blob": name}
                            for name in (good, gone, bad)
                        ]
                    ),
                    "y": {"type": "script", "command_blob": bad, "response": ""},
                },
                blobs(store),
            ),
        )
