"""Tests for L{netsim.dsisocket.config}, for the sample, and for the page of all keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.config import LIMIT, defaults, load
from netsim.dsisocket.inventory import select
from netsim.dsisocket.model import Limits
from netsim.dsisocket.settings import Listening, RestartTimes, Settings, SshSettings
from netsim.errors import ConfigError
from tests.dsisocket.reading import problems, read
from tests.properties import examples

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "etc/test_control.yml"
PAGE = ROOT / "docs/test_control.rst"
SECRETS = {"DSISOCKET_TOKEN": "open", "DSISOCKET_PASSWORD": "sesame", "LOGNAME": "ann"}

HOSTS = "infrastructure_provisioning: {out: {mongod: [{public_ip: 192.0.2.1}]}}\n"
NODES = "mongodb_setup: {topology: [{id: a, group: mongod, port: 1, start: x}]}\n"


def names(value: object, name: str = "") -> Iterator[str]:
    """The names of all keys of a configuration, as the reference has them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if name == "infrastructure_provisioning.out":
                key = "GROUP"
            inside = f"{name}.{key}" if name else key
            yield inside
            yield from names(inner, inside)
    elif isinstance(value, list):
        for item in value:
            yield from names(item, name if name.endswith("[]") else f"{name}[]")


class ReadTests(SynchronousTestCase):
    """A configuration becomes settings."""

    def settings(self, files: Any, environ: Any = None) -> Settings:
        settings, found = read(files, environ)
        self.assertEqual(([], []), (problems(found), found.warnings))
        return settings

    def test_defaults(self) -> None:
        """Nothing has to be said."""
        settings = self.settings("dsisocket:\n")
        self.assertEqual(Listening(False, "127.0.0.1", 27007, 1, None), settings.listen)
        home = Path("/people/ann")
        ssh = SshSettings("ann", None, None, home / ".ssh/known_hosts", False, True, 15, 15, 3)
        self.assertEqual(ssh, settings.ssh)
        self.assertEqual((Limits(None, None), RestartTimes()), (settings.limits, settings.times))
        self.assertEqual((Path("/lab/reports"), None), (settings.reports, settings.repo_dir))
        self.assertEqual(("dsisocket", "mongosh"), (settings.test_id, settings.mongo_shell))
        self.assertEqual(((), ["localhost"]), (settings.topology, self.names(settings)))

    def test_document(self) -> None:
        """The lines of the reference document."""
        text = "dsisocket:\n    enabled: true\n    bind_addr: 127.0.0.1\n    port: 27007\n"
        self.assertEqual(Listening(True), self.settings(text).listen)

    def test_all(self) -> None:
        """Every value gets where it belongs."""
        text = """
            dsisocket:
              enabled: true
              bind_addr: ::1
              port: 0
              concurrent: 3
              token: ${T}
              timeout_s: 1.5
              no_output_ms: 2500
              reports: /r
              test_id: t
              repo_dir: ~/repo
              mongo_shell: mongo --quiet
              ssh:
                known_hosts: hosts
                accept_new: true
                password: ${P}
                agent_forwarding: false
                connect_timeout_s: 1
                keepalive_s: 2
                keepalive_missed: 4
            infrastructure_provisioning:
              tfvars: {ssh_user: bob, ssh_key_file: ~/k}
            mongodb_setup:
              restart: {shutdown_s: 1, term_s: 2, kill_s: 3, start_s: 4}
        """
        settings = self.settings(text, {"T": "open", "P": "sesame"})
        token, password = settings.listen.token, settings.ssh.password
        assert token is not None and password is not None
        self.assertEqual(("open", "sesame"), (token.reveal(), password.reveal()))
        self.assertEqual(Listening(True, "::1", 0, 3, token), settings.listen)
        home = Path("/people/ann")
        hosts = Path("/lab/hosts")
        ssh = SshSettings("bob", home / "k", password, hosts, True, False, 1, 2, 4)
        self.assertEqual(ssh, settings.ssh)
        self.assertEqual(Limits(1.5, 2.5), settings.limits)
        self.assertEqual((Path("/r"), "t"), (settings.reports, settings.test_id))
        self.assertEqual(
            (home / "repo", "mongo --quiet"), (settings.repo_dir, settings.mongo_shell)
        )
        self.assertEqual(RestartTimes(1, 2, 3, 4), settings.times)

    def test_cluster(self) -> None:
        """Hosts and nodes find each other."""
        settings = self.settings(HOSTS + NODES)
        self.assertEqual(["mongod.0", "localhost"], self.names(settings))
        self.assertEqual("mongod.0", settings.topology[0][0].host)
        self.assertEqual(("mongod.0",), settings.groups["all_hosts"])

    def test_under_test_control(self) -> None:
        """Where other tools put it."""
        settings = self.settings("test_control: {task: x, dsisocket: {port: 5}}\n")
        self.assertEqual(5, settings.listen.port)

    def test_user(self) -> None:
        """Who runs this is who logs in."""
        for environ in ({"LOGNAME": "eve", "USER": "x"}, {"USER": "eve"}):
            self.assertEqual("eve", self.settings("dsisocket:\n", environ).ssh.user)
        self.assertTrue(self.settings("dsisocket:\n", {}).ssh.user)

    def test_files(self) -> None:
        """Parts may be in files; paths in them start from their directories."""
        main = """
            dsisocket:
              files:
                infrastructure_provisioning: infra/main.yml
                infrastructure_provisioning.out: infra/out.yml
                mongodb_setup: setup.yml
        """
        settings = self.settings(
            {
                "main.yml": main,
                "infra/main.yml": "tfvars: {ssh_key_file: k1}",
                "infra/out.yml": "mongod: [{public_ip: 192.0.2.1, ssh_key_file: k2}]",
                "setup.yml": "topology: [{id: a, group: mongod, port: 1, start: x}]",
            }
        )
        self.assertEqual(Path("/lab/infra/k1"), settings.ssh.key_file)
        self.assertEqual(Path("/lab/infra/k2"), settings.hosts[0].key_file)
        self.assertEqual("a", settings.topology[0][0].id)

    def names(self, settings: Settings) -> list[str]:
        return [host.name for host in settings.hosts]


class ProblemTests(SynchronousTestCase):
    """All that is wrong is told at once, with file, key and what was expected."""

    def refused(self, files: Any, environ: Any = None) -> list[str]:
        _, found = read(files, environ)
        return problems(found)

    def test_all(self) -> None:
        """From all sections."""
        text = """
            dsisocket: {prot: 5, token: hush, ssh: {keepalive: 1}, files: {setup: x}}
            infrastructure_provisioning:
              tfvars: {ssh_user: 5}
              out: {mongod: [{}]}
            mongodb_setup:
              topology: [{id: a, host: mongos.0, port: 1, start: x, dbpath: /}]
              restart: {kill_s: -1}
        """
        found = self.refused(text)
        for place in (
            "infrastructure_provisioning.tfvars.ssh_user: expected a text in quotes",
            "infrastructure_provisioning.out.mongod[0].public_ip: missing",
            "dsisocket.prot: unknown key: did you mean port?",
            "dsisocket.token: secrets do not stand in the file",
            "dsisocket.ssh.keepalive: unknown key: did you mean keepalive_s?",
            "dsisocket.files.setup: unknown key",
            "mongodb_setup.topology[0].host: there is no host mongos.0",
            "mongodb_setup.topology[0].dbpath: / cannot be cleaned",
            "mongodb_setup.restart.kill_s: expected seconds",
        ):
            self.assertEqual(1, sum(f"/lab/main.yml: {place}" in text for text in found), place)
        self.assertEqual(9, len(found))
        self.assertNotIn("hush", "".join(found))

    def test_no_mapping(self) -> None:
        """A file that holds something else, or nothing."""
        for text, reason in [
            ("", "the file is empty"),
            ("# only a comment\n", "the file is empty"),
            ("- a\n", "expected a mapping, not a list"),
            ("hello\n", 'expected a mapping, not the text "hello"'),
            (b"\xff\xfe", "line 1: not UTF-8"),
        ]:
            self.assertEqual([f"/lab/main.yml: {reason}"], self.refused({"main.yml": text}))

    def test_syntax(self) -> None:
        """Of the main file, nothing else is told."""
        (problem,) = self.refused("dsisocket: [\n")
        self.assertRegex(problem, r"^/lab/main\.yml: line 2, column 1: not YAML: ")

    def test_two_places(self) -> None:
        """Which one would win?"""
        self.assertEqual(
            ["/lab/main.yml: test_control.dsisocket: stands here and at the top: expected one of"
             " them"],
            self.refused("dsisocket: {port: 5}\ntest_control: {dsisocket: {port: 6}}\n"),
        )  # fmt: skip

    def test_place_under_test_control(self) -> None:
        """Problems have the place that the user knows."""
        self.assertEqual(
            ["/lab/main.yml: test_control.dsisocket.prot: unknown key: did you mean port?"],
            self.refused("test_control: {dsisocket: {prot: 5}}"),
        )

    def test_files(self) -> None:
        """Problems in another file are told with its name, and the path there."""
        main = (
            "dsisocket: {files: {infrastructure_provisioning.out: out.yml, mongodb_setup: s.yml}}"
        )
        files = {
            "main.yml": main,
            "out.yml": "mongod: [{public_ip: 5}]\nmongod: []",
            "s.yml": "topology: [{id: a, host: b, start: x, port: y}]\nrestart: 5",
        }
        self.assertEqual(
            [
                "/lab/out.yml: mongod: stands twice, in line 1 and in line 2",
                "/lab/s.yml: topology[0].port: expected a whole number from 1 to 65535, not the"
                ' text "y"',
                "/lab/s.yml: restart: expected a mapping, not the number 5",
            ],
            self.refused(files),
        )

    def test_file_unread(self) -> None:
        """It is told where the file is asked for; hosts that would be in it are not missed."""
        main = "dsisocket: {files: {infrastructure_provisioning: nowhere.yml}}\n"
        self.assertEqual(
            [
                "/lab/main.yml: dsisocket.files.infrastructure_provisioning: /lab/nowhere.yml"
                " cannot be read: No such file or directory"
            ],
            self.refused(main + NODES),
        )

    def test_file_and_section(self) -> None:
        """Which one would win?"""
        main = "dsisocket: {files: {mongodb_setup: s.yml}}\n" + HOSTS + NODES
        self.assertEqual(
            [
                "/lab/main.yml: mongodb_setup: stands here and, by dsisocket.files.mongodb_setup,"
                " in a file of its own: expected one of them"
            ],
            self.refused({"main.yml": main, "s.yml": "{}"}),
        )

    def test_large(self) -> None:
        """No configuration is that long."""
        (problem,) = self.refused({"main.yml": b"#" * (LIMIT + 1)})
        self.assertIn("it has more than 1048576 bytes", problem)


class WarningTests(SynchronousTestCase):
    """What is not wrong, and may not be meant."""

    def warned(self, text: str, environ: Any = None) -> list[str]:
        _, found = read(text, environ)
        self.assertEqual([], problems(found))
        return found.warnings

    def test_not_loopback(self) -> None:
        """A port that others can reach."""
        self.assertEqual(
            [
                "/lab/main.yml: dsisocket.bind_addr: 0.0.0.0 is no loopback address: whoever"
                " reaches this port can run commands on all hosts"
            ],
            self.warned("dsisocket: {bind_addr: 0.0.0.0}"),
        )
        (warning,) = self.warned("dsisocket: {bind_addr: host.example, token: '${T}'}", {"T": "x"})
        self.assertTrue(warning.endswith("commands on all hosts if they know the token"))
        for address in ("127.0.0.1", "127.3.2.1", "'::1'", "localhost"):
            self.assertEqual([], self.warned(f"dsisocket: {{bind_addr: {address}}}"))

    def test_typing_errors(self) -> None:
        """In sections of other tools, keys that look like ours are told; others are not."""
        text = """
            dsi_socket: {}
            run: {}
            infrastructure_provisioning: {tfvar: {}, cluster: x}
            mongodb_setup: {toplogy: [], mongod_config: {}}
        """
        self.assertEqual(
            [
                "/lab/main.yml: dsi_socket: unknown key: is it to be dsisocket?",
                "/lab/main.yml: infrastructure_provisioning.tfvar: unknown key: is it to be"
                " tfvars?",
                "/lab/main.yml: mongodb_setup.toplogy: unknown key: is it to be topology?",
            ],
            self.warned(text),
        )


class LoadTests(SynchronousTestCase):
    """Real files."""

    def write(self, text: str) -> Path:
        path = Path(self.mktemp())
        path.write_text(text)
        return path

    def test_load(self) -> None:
        """Warnings may be asked for, or not; C{HOME} is of the environment that is given."""
        path = self.write("dsisocket: {bind_addr: 0.0.0.0, repo_dir: ~/r}")
        warnings: list[str] = []
        settings = load(path, {"HOME": "/h"}, warnings)
        self.assertEqual((1, settings), (len(warnings), load(path, {"HOME": "/h"})))
        self.assertEqual(Path("/h/r"), settings.repo_dir)
        self.assertEqual(path.absolute().parent / "reports", settings.reports)
        self.assertEqual(Path.home() / "r", load(path, {}).repo_dir)

    def test_refused(self) -> None:
        """All problems are in the error."""
        path = self.write("dsisocket: {port: a, prot: b}")
        error = self.assertRaises(ConfigError, load, path, {})
        self.assertEqual(2, len(error.problems))

    def test_unreadable(self) -> None:
        """No file, and a directory."""
        error = self.assertRaises(ConfigError, load, Path("/nowhere/x.yml"), {})
        self.assertEqual("/nowhere/x.yml: cannot be read: No such file or directory", str(error))
        error = self.assertRaises(ConfigError, load, Path("/"), {})
        self.assertEqual("/: cannot be read: Is a directory", str(error))

    def test_endless(self) -> None:
        """A file without an end is not read to its end."""
        error = self.assertRaises(ConfigError, load, Path("/dev/zero"), {})
        self.assertIn("more than", str(error))

    def test_key_files(self) -> None:
        """A key file that is not there is warned of, once."""
        there, absent = self.write("key").absolute(), Path(self.mktemp()).absolute()
        path = self.write(
            f"infrastructure_provisioning:\n  tfvars: {{ssh_key_file: {absent}}}\n  out:\n"
            f"    mongod:\n      - {{public_ip: a, ssh_key_file: {there}}}\n"
            f"      - {{public_ip: b, ssh_key_file: {absent}}}\n"
        )
        warnings: list[str] = []
        load(path, {}, warnings)
        self.assertEqual([f"{path}: there is no key file {absent}"], warnings)


class DefaultsTests(SynchronousTestCase):
    """Without a configuration."""

    def test_defaults(self) -> None:
        """There is this machine, and all groups are empty."""
        settings = defaults()
        self.assertEqual(["localhost"], [host.name for host in select(settings, "localhost")])
        self.assertEqual((), settings.groups["workload_client"])
        self.assertEqual(Listening(), settings.listen)


class ReferenceTests(SynchronousTestCase):
    """The sample and the page of all keys have what is read, all of it, and nothing else."""

    def setUp(self) -> None:
        _, self.found = read({"main.yml": SAMPLE.read_bytes()}, SECRETS)

    def test_sample(self) -> None:
        """It loads as it is, when its secrets are set."""
        settings = load(SAMPLE, SECRETS)
        self.assertEqual(
            [["rs0-a", "rs0-b"], ["cache"]], [[n.id for n in s] for s in settings.topology]
        )
        self.assertEqual("primary", select(settings, "mongod.0")[0].name)

    def test_sample_keys(self) -> None:
        """A key that it names is read, and every key that is read is in it."""
        self.assertEqual([], problems(self.found))
        in_sample = set(names(yaml.safe_load(SAMPLE.read_text())))
        self.assertEqual(sorted(in_sample), sorted(self.found.known))

    def test_page(self) -> None:
        """Tables of keys, each below what it says."""
        told: set[str] = set()
        for section, rows in re.findall(
            r"Below `(.+?)`.*:\n((?:\n|[=`| ].*\n|key .*\n)*)", self.page()
        ):
            told.update(f"{section}.{key}" for key in re.findall(r"(?m)^`([\w.]+)`", rows))
        leaves = {
            name
            for name in self.found.known
            if name in told or not any(f"{name}{end}" in other for other in told for end in ".[")
        }
        self.assertEqual(sorted(told), sorted(leaves))

    def test_page_defaults(self) -> None:
        """What the page says of times and ports is so."""
        for key, value in [("port", 27007), ("concurrent", 1), ("keepalive_missed", 3)]:
            self.assertRegex(self.page(), rf"(?m)^`{key}` .* {value}\s")
        times = RestartTimes()
        for key in ("shutdown", "term", "kill", "start"):
            self.assertRegex(self.page(), rf"(?m)^`{key}_s` .* {getattr(times, key):g}\s")

    def page(self) -> str:
        return PAGE.read_text()


KEYS = sorted(
    {*names(yaml.safe_load(SAMPLE.read_text())), "test_control.dsisocket", "x"}
)  # fmt: skip
WORDS = [
    *("mongod", "mongod.0", "a", "localhost", "/data/a", "/data", "/", "${T}", "${NO}", "{dbpath}"),
    *("~", "~x", "other.yml", "127.0.0.1", "${port}", "", " ", "\0", "\n", "\ud800", "${"),
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 70000)
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=3)
    | st.dates()
    | st.binary(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([key.rpartition(".")[2] for key in KEYS]) | st.integers(0, 2),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


def put(root: dict[str, Any], name: str, value: object) -> None:
    """Have a value stand at the place of that name."""
    *above, last = name.replace("GROUP", "mongod").split(".")
    if name.startswith("dsisocket.files."):
        above, last = ["dsisocket", "files"], name.removeprefix("dsisocket.files.")
    at: Any = root
    for key in above:
        at = at.setdefault(key.removesuffix("[]"), [{}] if key.endswith("[]") else {})
        at = at[0] if isinstance(at, list) and at else at
        if not isinstance(at, dict):
            return
    at[last.removesuffix("[]")] = value


class AnythingTests(SynchronousTestCase):
    """Whatever stands wherever, settings or problems come out."""

    @examples(300)
    @given(st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=6), VALUES)
    def test_values(self, values: list[tuple[str, object]], other: object) -> None:
        """Any value at any key, in the main file and in another one."""
        root: dict[str, Any] = {}
        for name, value in values:
            put(root, name, value)
        files = {"main.yml": yaml.safe_dump(root), "other.yml": yaml.safe_dump(other)}
        settings, found = read(files, {"T": "open", "LOGNAME": "ann"})
        for problem in found.problems:
            self.assertIn(problem.file, ("/lab/main.yml", "/lab/other.yml"))
            self.assertTrue(problem.reason)
            self.assertTrue(
                problem.path or "empty" in problem.reason or "expected" in problem.reason
            )
        if not found.problems:
            self.check(settings)

    def check(self, settings: Settings) -> None:
        """What is promised of settings."""
        names = [host.name for host in settings.hosts]
        self.assertEqual(len(names), len(set(names)))
        nodes = [node for stage in settings.topology for node in stage]
        self.assertEqual(len(nodes), len({node.id for node in nodes}))
        for node in nodes:
            self.assertIn(node.host, names)
            for path in (node.dbpath, node.logpath):
                self.assertTrue(path is None or (path.startswith("/") and path != "/"))
        for name in names:
            self.assertEqual(1, len(select(settings, name)))

    @examples(200)
    @given(st.binary() | st.text(alphabet="ab:-{}[]&*!?|>'\"\n ,#0").map(str.encode))
    def test_bytes(self, content: bytes) -> None:
        """Any file."""
        read({"main.yml": content})
