"""L{netsim.dsisocket.files}."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.files import file_problems, local_source, report_path
from netsim.dsisocket.steps import HostCommand, Retrieval, Script, Transfer, Upload
from netsim.errors import CommandError
from tests.dsisocket.machines import host, settings

HOST = host("mongod", 1)


class FilesTestCase(SynchronousTestCase):
    """Has a directory of its own, with a file in its repository."""

    def setUp(self) -> None:
        self.top = Path(self.mktemp()).absolute()
        (self.top / "repo/sub").mkdir(parents=True)
        (self.top / "repo/sub/file").touch()
        (self.top / "secret").touch()
        self.settings = settings(
            [HOST], repo_dir=self.top / "repo", reports=self.top / "reports", test_id="run-1"
        )

    def wrong(self, function, *arguments) -> str:
        return str(self.assertRaises(CommandError, function, *arguments))


class SourceTests(FilesTestCase):
    """What is uploaded."""

    def test_relative(self) -> None:
        """To the working directory, or to the home directory."""
        path = os.path.relpath(self.top / "secret")
        self.assertEqual(Path.cwd() / path, local_source(self.settings, path, False))
        self.assertEqual(Path.home(), local_source(self.settings, "~", False))
        self.assertEqual(Path("/etc"), local_source(self.settings, "/etc", False))

    def test_missing(self) -> None:
        """What is not there is told with its whole path."""
        path = os.path.relpath(self.top / "none")
        self.assertEqual(
            f"{Path.cwd() / path}: No such file or directory",
            self.wrong(local_source, self.settings, path, False),
        )
        self.wrong(local_source, self.settings, "x" * 5000, False)
        self.wrong(local_source, self.settings, "~nobody-at-all/file", False)

    def test_repo(self) -> None:
        """To the repository directory."""
        for path in ("sub/file", "./sub/../sub/file", str(self.top / "repo/sub/file")):
            found = local_source(self.settings, path, True)
            self.assertEqual(self.top / "repo/sub/file", found)
        self.assertEqual(self.top / "repo", local_source(self.settings, ".", True))
        missing = self.wrong(local_source, self.settings, "none", True)
        self.assertEqual(f"{self.top}/repo/none: No such file or directory", missing)

    def test_escape(self) -> None:
        """What is outside of the repository is refused, also behind a link."""
        (self.top / "repo/link").symlink_to(self.top)
        for path in ("../secret", "/etc/passwd", "link/secret", "link", ".."):
            self.assertEqual(
                f"{path}: this is outside of the repository directory {self.top}/repo",
                self.wrong(local_source, self.settings, path, True),
            )

    def test_circle(self) -> None:
        """Links in a circle."""
        (self.top / "repo/a").symlink_to("b")
        (self.top / "repo/b").symlink_to("a")
        self.wrong(local_source, self.settings, "a", True)
        self.wrong(local_source, self.settings, str(self.top / "repo/a"), False)

    def test_no_repo(self) -> None:
        """None is configured."""
        self.assertEqual(
            "a: no repository directory is configured (repo_dir)",
            self.wrong(local_source, evolve(self.settings, repo_dir=None), "a", True),
        )


class ReportTests(FilesTestCase):
    """Where retrieved files land."""

    def test_path(self) -> None:
        """Below the reports, the test and the host."""
        root = self.top / "reports/run-1/mongod.1"
        for target, path in [("log", "log"), ("a/./b", "a/b"), ("a/", "a/file"), (".", "file")]:
            found = report_path(self.settings, HOST, "/data/file", target)
            self.assertEqual(root / path, found)
        found = report_path(self.settings, evolve(HOST, alias="primary"), "/data/file", "log")
        self.assertEqual(self.top / "reports/run-1/primary/log", found)

    def test_escape(self) -> None:
        """Nowhere else, also not behind a link."""
        root = self.top / "reports/run-1/mongod.1"
        root.mkdir(parents=True)
        (root / "link").symlink_to("/etc")
        for target in ("..", "../mongod.2/log", "/etc/passwd", "a/../..", "a/..", "link/x"):
            self.assertEqual(
                f"{target}: retrieved files belong into {root}",
                self.wrong(report_path, self.settings, HOST, "/data/file", target),
            )


class ProblemTests(FilesTestCase):
    """All that would go wrong."""

    def test_all(self) -> None:
        """Each with its place; a target that is wrong on every host is told once."""
        good = Transfer("sub/file", "/tmp/x", "on_mongod.upload_repo_files[0]")
        steps = (
            Script("true"),
            Upload((good, evolve(good, source="none", place="here")), from_repo=True),
            Upload((Transfer("/none", "x", "there"),)),
            Retrieval((Transfer("/x", "x", "a"), Transfer("/x", "../x", "b"))),
        )
        hosts = [HOST, host("mongod", 2)]
        problems = list(map(str, file_problems(self.settings, HostCommand(steps), hosts)))
        self.assertEqual(
            [
                f"here.source: {self.top}/repo/none: No such file or directory",
                "there.source: /none: No such file or directory",
                f"b.target: ../x: retrieved files belong into {self.top}/reports/run-1/mongod.1",
            ],
            problems,
        )
