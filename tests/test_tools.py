"""Tests for L{netsim.tools}: what C{netsim show}, C{diff}, C{verify} and C{recover} do."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from netsim.script.blobs import BlobStore
from netsim.script.journal import DOWNSTREAM, UPSTREAM
from tests.command import Ended, netsim
from tests.proxy.case import FilesCase
from tests.script.files import ScriptFilesTestCase, action, compound, exchange, external, named

LONG = "x" * 300
BLOB = b"0123456789" * 100
NAME = hashlib.sha1(BLOB).hexdigest()
MODULE = """
def validate_action(action, args):
    if action != "wave":
        raise ValueError(f"cannot {action}")
def execute_action(action, args, inp, outp):
    pass
"""


def download(name: str = NAME) -> dict[str, Any]:
    """An exchange whose response is a blob."""
    return {"type": "script", "command": "get\n", "response_blob": name}


class ToolTestCase(ScriptFilesTestCase):
    """Script files, and tools that read them."""

    def file(self, name: str, *scripts: Any, **others: Any) -> Path:
        """A file whose recording is these scripts."""
        return self.write(name, {"recorded_script": compound(*scripts), **others})

    def keep(self, data: bytes = BLOB) -> None:
        """Put this where the blob is looked for."""
        (self.directory / "blobs").mkdir(exist_ok=True)
        (self.directory / "blobs" / NAME).write_bytes(data)

    def run_tool(self, *words: str | Path) -> Ended:
        """What came of it; files are told without their directory."""
        ended = netsim(*words)
        place = f"{self.directory}/"
        stdout, stderr = (text.replace(place, "") for text in (ended.stdout, ended.stderr))
        return Ended(ended.status, stdout, stderr)

    def output(self, *words: str | Path) -> list[str]:
        """The lines of a tool that finds nothing wrong."""
        ended = self.run_tool(*words)
        self.assertEqual((0, ""), (ended.status, ended.stderr))
        return ended.stdout.splitlines()

    def check_found(self, found: str, *words: str | Path) -> None:
        """A tool finds this wrong, and nothing else."""
        self.assertEqual(Ended(1, f"{found}\n", ""), self.run_tool(*words))

    def check_impossible(self, reason: str, *words: str | Path) -> None:
        """A tool cannot do its work."""
        self.assertEqual(Ended(1, "", f"{reason}\n"), self.run_tool(*words))


class ShowTests(ToolTestCase):
    """C{netsim show}."""

    def test_text(self) -> None:
        """A summary, then everything that is said."""
        file = self.file("a.json", exchange("READ\n", "1.5\n"))
        self.assertEqual(
            [
                "recorded_script: 1 exchanges, 5 bytes up, 4 bytes down",
                "    1            > 5 bytes",
                r"      READ\n",
                "    1            < 4 bytes",
                r"      1.5\n",
            ],
            self.output("show", file),
        )

    def test_json(self) -> None:
        """With C{--json}, an object a line."""
        lines = self.output("show", "--json", self.file("a.json", exchange("READ\n", "1.5\n")))
        said = [json.loads(line) for line in lines]
        self.assertEqual(["upstream", "downstream"], [item["direction"] for item in said])
        self.assertEqual(["READ\n", "1.5\n"], [item["text"] for item in said])

    def test_optionsLast(self) -> None:
        """Options may come after the file, those with a value too."""
        file = self.file("a.json", exchange("READ\n", "1.5\n"))
        given = self.output("show", "--json", "-t", "recorded_script", file)
        self.assertEqual(given, self.output("show", file, "-t", "recorded_script", "--json"))

    def test_all(self) -> None:
        """Long texts are cut, except with C{--all}."""
        file = self.file("a.json", exchange(LONG))
        self.assertEqual("      ... 44 more bytes", self.output("show", file)[-1])
        shown = "".join(line.strip() for line in self.output("show", "-a", file)[2:])
        self.assertEqual(LONG, shown)

    def test_chosen(self) -> None:
        """C{-t} chooses another script."""
        file = self.file("a.json", other=exchange("a", "b"))
        self.assertIn("other: 1 exchanges", self.output("show", "-t", "other", file)[0])

    def test_notThere(self) -> None:
        """A script that is not there is told, with those that are."""
        file = self.file("a.json")
        there = "a.json: there is no script 'other'; found: recorded_script"
        self.check_impossible(there, "show", "-t", "other", file)

    def test_missing(self) -> None:
        """So is a file."""
        missing = "main.json: cannot be read: No such file or directory"
        self.check_impossible(missing, "show", self.main)

    def test_blobs(self) -> None:
        """Blobs are beside the file; C{--max-blob} refuses larger ones, as if they were missing."""
        file = self.file("a.json", download())
        unknown = f"    1            < unknown size, blob {NAME}"
        self.assertIn(unknown, self.output("show", file))
        self.keep()
        self.assertIn(f"    1            < 1000 bytes, blob {NAME}", self.output("show", file))
        self.assertIn(unknown, self.output("show", "--max-blob=999", file))

    def test_externalRoot(self) -> None:
        """Files elsewhere are loaded where that is allowed."""
        outside = self.write("elsewhere/b.json", {"other": exchange("a", "b")}).parent
        (self.directory / "here").mkdir()
        file = self.file("here/a.json", external("../elsewhere/b.json"), named("other"))
        for tool in "show", "verify":
            self.assertEqual(1, self.run_tool(tool, file).status)
            self.assertTrue(self.output(tool, "--external-root", outside, file))


class DiffTests(ToolTestCase):
    """C{netsim diff}."""

    def test_equal(self) -> None:
        """Recordings that say the same have no difference, whatever their form."""
        self.keep()
        one = self.file("a.json", exchange("get\n", BLOB.decode()))
        other = self.file("b.json", download())
        self.assertEqual(["no difference"], self.output("diff", one, other))

    def test_different(self) -> None:
        """The first difference is told with both files' names, and fails."""
        one, other = (
            self.file("a.json", exchange("a", "b")),
            self.file("b.json", exchange("a", "c")),
        )
        self.check_found(
            "exchange 1 (recorded_script.scripts[0]), response, byte 0\n"
            "  a.json\n    b\n    ^\n  b.json\n    c\n    ^",
            *("diff", one, other),
        )

    def test_chosen(self) -> None:
        """C{-t} chooses the script in both."""
        one = self.file("a.json", exchange("a"), other=exchange("b"))
        other = self.file("b.json", exchange("c"), other=exchange("b"))
        self.assertEqual(["no difference"], self.output("diff", "-t", "other", one, other))

    def test_impossible(self) -> None:
        """A file or a blob that is missing is an error, and no difference."""
        one, other = self.file("a.json", exchange("get\n", "it")), self.file("b.json", download())
        looked = f"blob {NAME} is missing; looked in blobs and blobs"
        self.check_impossible(looked, "diff", one, other)
        missing = "main.json: cannot be read: No such file or directory"
        self.check_impossible(missing, "diff", one, self.main)


class VerifyTests(ToolTestCase):
    """C{netsim verify}."""

    def test_ok(self) -> None:
        """Each file that can be played has a line."""
        self.keep()
        one = self.file("a.json", download(), download())
        other = self.file("b.json", other=exchange("a"))
        told = ["a.json: 1 scripts, 1 blobs, ok", "b.json: 2 scripts, 0 blobs, ok"]
        self.assertEqual(told, self.output("verify", one, other))

    def test_problems(self) -> None:
        """Every problem of every file is listed; files that are fine are told as well."""
        damaged = hashlib.sha1(b"damaged").hexdigest()
        self.keep(b"damaged")
        missing = "0" * 40
        scripts = [named("nobody"), download(), download(missing), action("dance.wave")]
        scripts += [action("import", "dance"), external("nothing.json")]
        one = self.file("a.json", *scripts, one=named("other"), other=named("one"))
        other, third = self.file("b.json"), self.write("c.json", {"a": {"type": "named"}})
        ended = self.run_tool("verify", one, other, third, self.main)
        self.assertEqual((1, ""), (ended.status, ended.stderr))
        place = "a.json: recorded_script.scripts"
        shipped = "no directory: --path gives some; shipped: nds1"
        self.assertEqual(
            [
                f"{place}[5]: external file 'nothing.json' is missing",
                f"{place}[0]: there is no script 'nobody'",
                "a.json: one: named scripts form a cycle: one -> other -> one",
                f"{place}[4]: no module 'dance'; looked in {shipped}",
                f"{place}[1]: blob {NAME} holds other bytes: their SHA-1 is {damaged}",
                f"{place}[2]: blob {missing} is missing; looked in blobs and blobs",
                "b.json: 1 scripts, 0 blobs, ok",
                "c.json: a: name is missing",
                "main.json: cannot be read: No such file or directory",
            ],
            ended.stdout.splitlines(),
        )

    def test_modules(self) -> None:
        """C{--path} has the modules that check actions."""
        (self.directory / "modules").mkdir()
        (self.directory / "modules" / "greeting.py").write_text(MODULE)
        imported, path = action("import", "greeting"), ("-p", self.directory / "modules")
        file = self.file("a.json", imported, action("greeting.wave"))
        self.assertEqual(["a.json: 1 scripts, 0 blobs, ok"], self.output("verify", *path, file))
        file = self.file("b.json", imported, action("greeting.bow"))
        refusal = "recorded_script.scripts[1]: greeting.bow refuses its arguments: cannot bow"
        self.check_found(f"b.json: {refusal}", "verify", *path, file)

    def test_largeBlob(self) -> None:
        """C{--max-blob} refuses larger ones."""
        self.keep()
        file = self.file("a.json", download())
        place = "a.json: recorded_script.scripts[0]"
        larger = f"{place}: blob {NAME} is larger than 999 bytes"
        self.check_found(larger, "verify", "--max-blob=999", file)
        self.assertEqual(1, len(self.output("verify", "--max-blob=1000", file)))


class RecoverTests(FilesCase):
    """C{netsim recover}."""

    def journal(self, *said: tuple[int, bytes]) -> Path:
        """The journal of a session whose proxy was killed."""
        journal = self.recordings.begin()
        assert journal is not None
        for direction, data in said:
            journal.append(direction, data)
        journal.release()
        return journal.path

    def recovered(self, number: int) -> str:
        """What is told of a recording of C{ask} and C{answer}."""
        return f"{self.basename}-{number}.json: 1 exchanges, 3 bytes up, 6 bytes down\n"

    def test_basename(self) -> None:
        """All journals of a basename become recordings, in the order of their numbers."""
        for _ in range(2):
            self.journal((UPSTREAM, b"ask"), (DOWNSTREAM, b"answer"))
        told = self.recovered(1) + self.recovered(2)
        self.assertEqual(Ended(0, told, ""), netsim("recover", self.basename))
        self.assertEqual([(b"ask", b"answer")], self.said(2))
        self.assertEqual(["session-1.json", "session-2.json"], self.files())

    def test_file(self) -> None:
        """So does one journal that is named; the others stay."""
        for _ in range(2):
            self.journal((UPSTREAM, b"ask"), (DOWNSTREAM, b"answer"))
        second = f"{self.basename}-2.journal"
        self.assertEqual(Ended(0, self.recovered(2), ""), netsim("recover", second))
        self.assertEqual(["session-1.journal", "session-2.json"], self.files())

    def test_default(self) -> None:
        """Without a word, it is the basename of a proxy that was not told one."""
        path = self.journal((UPSTREAM, b"ask"), (DOWNSTREAM, b"answer"))
        path.rename(path.with_name("proxy_script-1.journal"))
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.directory)
        told = "proxy_script-1.json: 1 exchanges, 3 bytes up, 6 bytes down\n"
        self.assertEqual(Ended(0, told, ""), netsim("recover"))

    def test_blobs(self) -> None:
        """What becomes a blob is compressed; where that is impossible, it stays as it is."""
        self.spool_above(100)
        for refused in False, True:
            if refused:
                self.patch(BlobStore, "compress", self.refuse)
            data = bytes([refused]) * 200
            netsim("recover", self.journal((UPSTREAM, b"ask"), (DOWNSTREAM, data)))
            packed = hashlib.sha1(data).hexdigest() + ".gz" * (not refused)
            self.assertTrue((self.directory / "blobs" / packed).exists())
            self.assertEqual([(b"ask", data)], self.said(1 + refused))

    def refuse(self, *args: Any) -> None:
        """The disk is full."""
        raise OSError

    def test_running(self) -> None:
        """What a proxy still writes is left alone, and so is what is complete."""
        journal = self.recordings.begin()
        assert journal is not None
        self.addCleanup(journal.release)
        nothing = "nothing to do: a running proxy writes it, or it is complete"
        told = Ended(0, f"{journal.path}: {nothing}\n", "")
        self.assertEqual(told, netsim("recover", self.basename))
        self.assertEqual(["session-1.journal"], self.files())

    def test_nothing(self) -> None:
        """Where there are no journals, nothing is done, and nothing is wrong."""
        for basename in self.basename, self.directory / "nowhere" / "session":
            told = Ended(0, "nothing to recover\n", "")
            self.assertEqual(told, netsim("recover", basename))

    def test_failures(self) -> None:
        """What is no journal is told and fails; the others are recovered all the same."""
        missing, damaged, strange = (
            self.directory / f"{name}.journal" for name in ("missing", "damaged", "strange")
        )
        damaged.write_bytes(b"no journal\n")
        strange.mkdir()
        good = self.journal((UPSTREAM, b"ask"), (DOWNSTREAM, b"answer"))
        told = (
            f"{missing}: no such file\n"
            f"{damaged}: this is not a journal of netsim\n"
            f"{strange}: Is a directory\n"
        )
        ended = netsim("recover", missing, damaged, strange, good)
        self.assertEqual(Ended(1, told + self.recovered(1), ""), ended)
        self.assertTrue(damaged.exists())
