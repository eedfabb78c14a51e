"""L{netsim.dsisocket.model}."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import SUCCEEDED, Ended, Host, HostReport, Reply, Secret, Status


class ReplyTests(SynchronousTestCase):
    """Replies are as dsisocket.txt shows them."""

    def test_document(self) -> None:
        expected = (
            b'{"status_code": 0, "status": "OK",'
            b' "message": "I think the command might have succeeded."}\n'
        )
        self.assertEqual(expected, Reply(Status.OK, SUCCEEDED, 1.5, (HostReport("a"),)).line())

    def test_codes(self) -> None:
        codes = [json.loads(Reply(status, "").line())["status_code"] for status in Status]
        self.assertEqual([0, 1, 2, 3], codes)

    def test_any_text(self) -> None:
        """Whatever is in a message, the reply is one line of ASCII."""
        for text in ("\n\r\u2028", "\udc80", "\N{SNOWMAN}"):
            line = Reply(Status.EXECUTION_ERROR, text).line()
            self.assertEqual((1, text), (line.count(b"\n"), json.loads(line)["message"]))
            self.assertTrue(line.isascii())

    def test_details(self) -> None:
        """They come after the three keys."""
        failed = HostReport("mongod.0", "exit status 3: no", 3, 0.25, ("no",))
        planned = HostReport("mongod.1", planned=("run: true",))
        reply = Reply(Status.EXECUTION_ERROR, "text", 0.5, (failed, planned))
        answer = json.loads(reply.line(details=True))
        self.assertEqual(["status_code", "status", "message", "hosts", "seconds"], list(answer))
        self.assertEqual(0.5, answer["seconds"])
        self.assertEqual(
            {
                "mongod.0": {
                    "exit_status": 3,
                    "seconds": 0.25,
                    "output": ["no"],
                    "failure": "exit status 3: no",
                },
                "mongod.1": {
                    "exit_status": None,
                    "seconds": 0.0,
                    "output": [],
                    "planned": ["run: true"],
                },
            },
            answer["hosts"],
        )

    def test_details_of_nothing(self) -> None:
        """A command that was not understood has run nowhere."""
        answer = json.loads(Reply(Status.JSON_ERROR, "text").line(details=True))
        self.assertEqual(({}, 0.0), (answer["hosts"], answer["seconds"]))


class SecretTests(SynchronousTestCase):
    """It does what it should, and shows nothing."""

    def test_shows_nothing(self) -> None:
        secret = Secret("hush")
        self.assertNotIn("hush", f"{secret} {secret!r}")
        self.assertEqual("hush", secret.reveal())

    def test_matches(self) -> None:
        secret = Secret("h\N{SNOWMAN}sh")
        self.assertTrue(secret.matches("h\N{SNOWMAN}sh"))
        for wrong in ("hush", "", "\udc80", None, 1, b"hush", ["hush"]):
            self.assertFalse(secret.matches(wrong), repr(wrong))


class HostTests(SynchronousTestCase):
    """A host's name is what C{on_<name>} takes."""

    def test_names(self) -> None:
        self.assertEqual("mongod.2", Host("mongod", 2, "", "").name)
        self.assertEqual("arbiter", Host("mongod", 2, "", "", "arbiter").name)
        self.assertEqual("localhost", Host("localhost", 0, "", "").name)

    def test_local(self) -> None:
        self.assertTrue(Host("localhost", 0, "", "").is_local)
        self.assertFalse(Host("mongod", 0, "127.0.0.1", "").is_local)


class EndedTests(SynchronousTestCase):
    """A script has succeeded if it ended by itself, with 0."""

    def test_succeeded(self) -> None:
        self.assertTrue(Ended(0).succeeded)
        self.assertFalse(Ended(1).succeeded)
        self.assertFalse(Ended(None).succeeded)
        self.assertFalse(Ended(0, reason="printed nothing for 5 s").succeeded)
