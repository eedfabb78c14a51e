"""L{netsim.daemon.registry}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.registry import Registry
from netsim.errors import LimitError

NOW = 1_700_000_000.0


class RegistryTests(SynchronousTestCase):
    """The projects that are known."""

    def setUp(self) -> None:
        self.registry = Registry(3)

    @property
    def names(self) -> list[str]:
        return [project.name for project in self.registry]

    def test_create(self) -> None:
        """A project is made once."""
        project = self.registry.create("b", NOW)
        self.assertEqual(("b", NOW), (project.name, project.last_seen))
        self.assertIs(project, self.registry.create("b", NOW + 1))
        self.assertEqual(NOW, project.last_seen)
        self.registry.create("a", NOW)
        self.assertIs(project, self.registry.get("b"))
        self.assertIsNone(self.registry.get("c"))
        self.assertEqual(["a", "b"], self.names)

    def test_limit(self) -> None:
        """There are so many and no more; one that is forgotten makes room."""
        for name in "abc":
            self.registry.create(name, NOW)
        error = self.assertRaises(LimitError, self.registry.create, "d", NOW)
        self.assertEqual("too many projects: there are 3, which is the limit", str(error))
        self.registry.create("a", NOW)
        self.assertTrue(self.registry.forget("b"))
        self.registry.create("d", NOW)
        self.assertEqual(["a", "c", "d"], self.names)

    def test_restore(self) -> None:
        """What was known is known again, up to the limit, unless it is known better."""
        self.registry.create("a", NOW).sync({"new": 1}, NOW)
        self.registry.restore("a", NOW - 9, {"old": 1})
        self.registry.restore("b", NOW - 9, {"old": 2})
        self.registry.restore("c", NOW - 9, None)
        self.registry.restore("d", NOW - 9, {})
        self.assertEqual(
            [
                ("a", NOW, NOW, {"new": 1}),
                ("b", NOW - 9, NOW - 9, {"old": 2}),
                ("c", NOW - 9, None, {}),
            ],
            [(each.name, each.last_seen, each.synced, each.status) for each in self.registry],
        )

    def test_forget(self) -> None:
        """One that a program is connected to is not forgotten, nor one that is not known."""
        project = self.registry.create("a", NOW)
        project.add_cli("p")
        self.assertFalse(self.registry.forget("a"))
        project.remove("p")
        self.assertTrue(self.registry.forget("a"))
        self.assertFalse(self.registry.forget("a"))
        self.assertIsNot(project, self.registry.create("a", NOW + 1))

    def test_forget_watched(self) -> None:
        """One that is watched has its frontends again when it comes again, and nothing else."""
        project = self.registry.create("a", NOW)
        project.sync({"x": 1}, NOW)
        project.add_web("f")
        self.assertTrue(self.registry.forget("a"))
        self.assertEqual((None, []), (self.registry.get("a"), self.names))
        again = self.registry.create("a", NOW + 1)
        self.assertEqual((("f",), {}, None), (again.audience, again.status, again.synced))
        self.assertEqual(NOW + 1, again.last_seen)
        again.remove("f")
        again.sync({"x": 2}, NOW + 2)
        self.assertTrue(self.registry.forget("a"))
        self.assertEqual({}, self.registry.create("a", NOW + 3).status)

    def test_release(self) -> None:
        """When its last frontend has left, nothing is kept of it."""
        project = self.registry.create("a", NOW)
        project.add_web("f")
        project.add_web("g")
        self.registry.forget("a")
        project.remove("f")
        self.registry.release(project)
        self.assertTrue(self.registry._forgotten)
        project.remove("g")
        self.registry.release(project)
        self.assertFalse(self.registry._forgotten)

    def test_release_known(self) -> None:
        """One that is known stays, watched or not."""
        project = self.registry.create("a", NOW)
        self.registry.release(project)
        self.assertEqual(["a"], self.names)
