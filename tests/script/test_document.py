"""Tests for L{netsim.script.document}."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netsim.errors import ScriptError
from netsim.script import document as document_module
from netsim.script.blobs import BlobStore
from netsim.script.checks import actions, blobs, nesting
from netsim.script.document import MAX_DEPTH, Origin, load
from netsim.script.dump import dump
from netsim.script.model import BlobRef, Compound, Exchange, External, Named, Nop, Script
from tests.properties import examples
from tests.script.files import (
    NOP,
    ScriptFilesTestCase,
    compound,
    exchange,
    external,
    named,
    no_modules,
)
from tests.script.strategies import exchanges, malformed_documents

SHA = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


class LoadTests(ScriptFilesTestCase):
    """A script file is read with everything it refers to."""

    def test_scripts(self) -> None:
        """Scripts have their names, and know where they stand."""
        document = self.load({"x": NOP, "y": named("x")})
        self.assertEqual({"x": Nop(), "y": Named("x")}, document.scripts)
        self.assertEqual(dict.fromkeys("xy", Origin(str(self.main))), document.origins)

    def test_chosen(self) -> None:
        """The script that will be played is one of them."""
        self.load({"x": NOP}, chosen="x")
        self.assertEqual(
            ["main.json: there is no script 'z'; found: x, y"],
            self.problems({"x": NOP, "y": NOP}, chosen="z"),
        )
        self.assertEqual(
            ["main.json: there is no script 'z'; found: none"], self.problems({}, chosen="z")
        )

    def test_chosenIsMalformed(self) -> None:
        """A script that cannot be read is not said to be missing, too."""
        self.assertEqual(
            ["main.json: x: must be a script object"], self.problems({"x": 5}, chosen="x")
        )

    def test_unreadable(self) -> None:
        """A file that cannot be read is a problem like others."""
        for path, reason in [
            (self.main, "No such file or directory"),
            (self.directory, "Is a directory"),
        ]:
            error = self.assertRaises(ScriptError, load, path, checks=[])
            self.assertEqual(f"{path}: cannot be read: {reason}", str(error))

    def test_unknownName(self) -> None:
        """Names that lead nowhere are told with their place."""
        self.assertEqual(
            ["main.json: x.scripts[1]: there is no script 'z'"],
            self.problems({"x": compound(NOP, named("z"))}),
        )

    def test_all(self) -> None:
        """All problems of all files are told at once."""
        self.write("other.json", {"z": {"type": "script", "command": "", "response_hex": "0"}})
        self.assertEqual(
            [
                "main.json: w: must be a script object",
                "other.json: z: response_hex is not an even number of hex digits",
                "main.json: x.scripts[0]: external file 'gone.json' is missing",
                "main.json: y: there is no script 'nobody'",
            ],
            self.problems(
                {
                    "w": None,
                    "a": external("other.json"),
                    "x": compound(external("gone.json")),
                    "y": named("nobody"),
                }
            ),
        )

    @examples(50)
    @given(st.lists(exchanges(), min_size=1, max_size=3))
    def test_roundTrip(self, said: list[Exchange]) -> None:
        """Scripts that were written are loaded, names and all."""
        scripts: dict[str, Script] = {f"s{index}": each for index, each in enumerate(said)}
        scripts["all"] = Compound([Named(name) for name in scripts], multi=True)
        self.main.write_text(dump(scripts))
        self.assertEqual(scripts, load(self.main, checks=[nesting]).scripts)


class ExternalTests(ScriptFilesTestCase):
    """The scripts of other files join those of the document."""

    def test_names(self) -> None:
        """Without a namespace they have their own names, whichever file they are played from."""
        self.write("a.json", {"x": named("y")})
        document = self.load({"z": compound(external("a.json"), named("x")), "y": NOP})
        self.assertEqual(
            {"z": Compound([External("a.json"), Named("x")]), "y": Nop(), "x": Named("y")},
            document.scripts,
        )
        self.assertEqual(Origin(str(self.directory / "a.json")), document.origins["x"])

    def test_namespace(self) -> None:
        """With a namespace, or a prefix, it comes before their names."""
        self.write("a.json", {"x": NOP})
        for key in ("namespace", "prefix"):
            document = self.load({"e": external("a.json") | {key: "n"}, "y": named("n.x")})
            self.assertEqual(["e", "y", "n.x"], list(document.scripts))
            self.assertEqual("n.", document.origins["n.x"].namespace)

    def test_nestedNamespaces(self) -> None:
        """Names are looked for in the namespace they stand in, then in those around it."""
        self.write("in.json", {"a": NOP, "play": compound(named("a"), named("b"), named("c"))})
        self.write("out.json", {"e": external("in.json", "in"), "a": NOP, "b": NOP})
        document = self.load({"e": external("out.json", "out"), "a": NOP, "b": NOP, "c": NOP})
        self.assertEqual(
            Compound([Named("out.in.a"), Named("out.b"), Named("c")]),
            document.scripts["out.in.play"],
        )

    def test_unknownName(self) -> None:
        """A namespace is entered by its name only."""
        self.write("a.json", {"x": NOP})
        self.assertEqual(
            ["main.json: y: there is no script 'x'"],
            self.problems({"e": external("a.json", "n"), "y": named("x")}),
        )

    def test_placeInNamespace(self) -> None:
        """Places are those in the file, without the namespace."""
        self.write("a.json", {"x": compound(named("gone"))})
        self.assertEqual(
            ["a.json: x.scripts[0]: there is no script 'gone'"],
            self.problems({"e": external("a.json", "n")}),
        )

    def test_twoNamespaces(self) -> None:
        """A file may be loaded under several namespaces, and is loaded once for each."""
        self.write("a.json", {"x": NOP})
        scripts = [external("a.json", "m"), external("a.json", "n"), external("./a.json", "n")]
        self.assertEqual(["y", "m.x", "n.x"], list(self.load({"y": compound(*scripts)}).scripts))

    def test_sameName(self) -> None:
        """Two scripts of one name are refused."""
        self.write("a.json", {"x": NOP})
        self.assertEqual(
            ["a.json: x: main.json has a 'x' too; give one a namespace"],
            self.problems({"x": external("a.json")}),
        )

    def test_eachOther(self) -> None:
        """Files may load each other."""
        self.write("a.json", {"x": external("main.json")})
        self.assertEqual(["y", "x"], list(self.load({"y": external("a.json")}).scripts))

    def test_itself(self) -> None:
        """A file that loads itself under a namespace would never end."""
        reason = "loads itself under ever more namespaces"
        self.assertEqual(
            [f"main.json: y: external file 'main.json' {reason}"],
            self.problems({"y": external("main.json", "n")}),
        )
        self.write("a.json", {"x": external("main.json", "n")})
        self.assertEqual(
            [f"a.json: x: external file 'main.json' {reason}"],
            self.problems({"y": external("a.json")}),
        )

    def test_tooDeep(self) -> None:
        """A chain of files has a limit."""
        for number in range(1, MAX_DEPTH + 2):
            self.write(f"{number}.json", {f"x{number}": external(f"{number + 1}.json")})
        self.write(f"{MAX_DEPTH}.json", {"end": NOP})
        self.load({"x": external("1.json")})
        self.write(f"{MAX_DEPTH}.json", {"x": external(f"{MAX_DEPTH + 1}.json")})
        reason = f"is the last of more than {MAX_DEPTH} that load each other"
        self.assertIn(
            f"{MAX_DEPTH}.json: x: external file '{MAX_DEPTH + 1}.json' {reason}",
            self.problems({"y": external("1.json")}),
        )

    def test_tooMany(self) -> None:
        """The number of files has a limit."""
        self.patch(document_module, "MAX_FILES", 3)
        self.write("a.json", {"x": NOP})
        self.assertEqual(
            ["main.json: y.scripts[3]: external file 'a.json' is one of more than 3"],
            self.problems({"y": compound(*[external("a.json", f"n{i}") for i in range(4)])}),
        )


class PlaceTests(ScriptFilesTestCase):
    """External files are looked for in some directories, and allowed in others."""

    def setUp(self) -> None:
        super().setUp()
        self.outside = Path(self.mktemp())
        self.outside.mkdir()
        self.file = self.outside / "a.json"
        self.file.write_text('{"x": {"type": "nop"}}')

    def assertOutside(self, file: str) -> None:
        self.assertEqual(
            [
                f"main.json: y: external file {file!r} lies outside the script's directory;"
                f" --external-root {self.outside.resolve()} allows it"
            ],
            self.problems({"y": external(file)}),
        )

    def test_missing(self) -> None:
        """Whatever is not a file is missing, whether or not it could be the name of one."""
        for file in ("gone.json", ".", "", "a\0b", "\ud800", "a" * 5000, "main.json/a"):
            self.assertEqual(
                [f"main.json: y: external file {file!r} is missing"],
                self.problems({"y": external(file)}),
            )

    def test_below(self) -> None:
        """A file counts from the directory of the file that names it."""
        self.write("sub/a.json", {"x": external("b.json")})
        self.write("sub/b.json", {"z": external("../c.json")})
        self.write("c.json", {"w": NOP})
        scripts = self.load({"y": external("sub/a.json")}).scripts
        self.assertEqual(["y", "x", "z", "w"], list(scripts))

    def test_outside(self) -> None:
        """A file elsewhere is refused, with the option that allows it."""
        self.assertOutside(str(self.file.resolve()))
        self.assertOutside(os.path.relpath(self.file, self.directory))

    def test_symlink(self) -> None:
        """A link does not make it lie inside."""
        (self.directory / "link.json").symlink_to(self.file.resolve())
        self.assertOutside("link.json")

    def test_sibling(self) -> None:
        """A directory whose name only begins like the script's is another one."""
        sibling = self.directory.with_name(self.directory.name + "-other")
        sibling.mkdir()
        (sibling / "a.json").write_text("{}")
        self.outside = sibling
        self.assertOutside(f"../{sibling.name}/a.json")

    def test_roots(self) -> None:
        """Further directories can be allowed, and links to them work."""
        document = self.load({"y": external(str(self.file.resolve()))}, roots=[self.outside])
        self.assertIn("x", document.scripts)
        (self.directory / "link.json").symlink_to(self.file.resolve())
        document = self.load({"y": external("link.json")}, roots=[self.outside])
        self.assertIn("x", document.scripts)

    def test_workingDirectory(self) -> None:
        """What is not beside the file is looked for in the working directory, if allowed."""
        self.assertFalse(self.file.is_absolute())
        self.assertOutside(str(self.file))
        document = self.load({"y": external(str(self.file))}, roots=[self.outside])
        self.assertIn("x", document.scripts)

    def test_besideFirst(self) -> None:
        """What is beside the file is preferred."""
        path = self.directory / self.file
        path.parent.mkdir(parents=True)
        path.write_text('{"beside": {"type": "nop"}}')
        document = self.load({"y": external(str(self.file))}, roots=[self.outside])
        self.assertEqual(["y", "beside"], list(document.scripts))


class DocumentTests(ScriptFilesTestCase):
    """A document is asked for what is in it."""

    def test_walk(self) -> None:
        """Every script is found, with its file and its place there."""
        self.write("a.json", {"x": compound(NOP)})
        document = self.load({"e": external("a.json", "n")})
        inner = Origin(str(self.directory / "a.json"), "n.")
        self.assertEqual(
            [
                (Origin(str(self.main)), "e", External("a.json", "n")),
                (inner, "x", Compound([Nop()])),
                (inner, "x.scripts[0]", Nop()),
            ],
            list(document.walk()),
        )

    def test_blobs(self) -> None:
        """Blobs are named once, in the order of their first use; every use is known."""
        both = {"type": "script", "command_blob": "b_c1", "response_blob": SHA}
        given = {"type": "command", "action": "m.a", "args": [], "response_blob": SHA}
        document = self.load({"x": compound(both, exchange()), "y": given})
        self.assertEqual(["b_c1", SHA], document.blobs())
        self.assertEqual(
            [("x.scripts[0]", "b_c1"), ("x.scripts[0]", SHA), ("y", SHA)],
            [(place, name) for _, place, name in document.blob_uses()],
        )

    def test_played(self) -> None:
        """What is played by a script, names followed, nothing else."""
        document = self.load(
            {"x": compound(exchange("a"), named("y"), named("y")), "y": NOP, "z": exchange("b")}
        )
        self.assertEqual([Exchange(b"a"), Nop(), Nop()], list(document.played("x")))


class ArbitraryInputTests(ScriptFilesTestCase):
    """Whatever is in the file, loading it raises nothing but a script error."""

    def check(self) -> None:
        store = BlobStore([self.directory])
        try:
            load(self.main, chosen="a", checks=[nesting, actions(no_modules), blobs(store)])
        except ScriptError as error:
            self.assertTrue(error.problems)
            str(error).encode()

    @examples(250)
    @given(malformed_documents)
    def test_nearlyScripts(self, scripts: dict[str, Any]) -> None:
        """Every value in every place is a problem at most."""
        self.write(self.main.name, scripts)
        self.check()

    @examples(50)
    @given(st.binary())
    def test_bytes(self, data: bytes) -> None:
        """The file need not be JSON."""
        self.main.write_bytes(data)
        self.check()

    def test_deepArguments(self) -> None:
        """Arguments as deep as JSON is read at all are refused like others."""
        for depth in range(950, 1000):
            for name in ("sleep", "import", "m.a"):
                deep = "[" * depth + "]" * depth
                self.main.write_text(
                    f'{{"a": {{"type": "command", "action": "{name}", "args": {deep}}}}}'
                )
                self.check()

    def test_missingBlob(self) -> None:
        """A blob that is named is looked for."""
        ref = BlobRef(SHA)
        self.main.write_text(dump({"a": Exchange(ref, ref)}))
        error = self.assertRaises(
            ScriptError, load, self.main, checks=[blobs(BlobStore([self.directory]))]
        )
        self.assertEqual(2, len(error.problems))
