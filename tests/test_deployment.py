"""What is in C{etc/docker}, as far as it can be checked without an engine."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from netsim import cli

DOCKER = Path(__file__).parent.parent / "etc" / "docker"
MOUNTED = ("/hub", "/data")
"""Directories that are there in a container."""


class ComposeTests(SynchronousTestCase):
    """The compose file."""

    def setUp(self) -> None:
        self.path = DOCKER / "compose.yml"
        self.content: Any = yaml.safe_load(self.path.read_text())
        self.services: dict[str, Any] = self.content["services"]

    def parse(self, service: Any) -> Any:
        """The options of the command that a container runs, in its environment."""
        directory = Path(self.mktemp()).absolute()
        environment = {"HOME": str(directory), **service.get("environment", {})}
        words = shlex.split(service["command"])
        for mounted in MOUNTED:
            (directory / mounted[1:]).mkdir(parents=True, exist_ok=True)
            inside = str(directory / mounted[1:])
            words = [inside if word == mounted else word for word in words]
            environment = {
                name: inside if value.rstrip("/") == mounted else value
                for name, value in environment.items()
            }
        self.patch(os, "environ", {"PATH": os.environ["PATH"], **environment})
        options = cli.Options()
        options.parseOptions(words)
        return options

    def test_commands(self) -> None:
        """Each command of netsim is one that there is, with options that it has."""
        ours = {name: each for name, each in self.services.items() if each["image"] == "netsim"}
        commands = {name: self.parse(each).subCommand for name, each in ours.items()}
        self.assertEqual(set(commands.values()), {"hub", "grafana", "node", "daemon", "scanner"})

    def test_references(self) -> None:
        """What services wait for and mount is there."""
        for service in self.services.values():
            self.assertLessEqual(set(service.get("depends_on", ())), set(self.services))
            for volume in service.get("volumes", ()):
                source = volume.partition(":")[0]
                if source[0] not in "./$":
                    self.assertIn(source, self.content["volumes"])
        self.assertTrue((DOCKER / "datasource.yml").is_file())

    def test_loopback(self) -> None:
        """No port is open to other machines."""
        for service in self.services.values():
            for port in service.get("ports", ()):
                self.assertTrue(port.startswith("127.0.0.1:"), port)

    def test_data_source(self) -> None:
        """Grafana is told the port that the bridge has."""
        [source] = yaml.safe_load((DOCKER / "datasource.yml").read_text())["datasources"]
        host, _, port = source["url"].removeprefix("http://").partition(":")
        options = self.parse(self.services[host]).subOptions
        self.assertEqual(str(options["port"]), port)

    def test_compose(self) -> None:
        """Compose itself can read it, where it is installed."""
        program = shutil.which("docker-compose")
        if program is None:
            raise SkipTest("docker-compose is not installed")
        command = [program, "-f", str(self.path), "config", "--quiet"]
        # It is Python, too, and must not find the packages of this one.
        bare = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env=bare)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))


class DockerfileTests(SynchronousTestCase):
    """The Dockerfile."""

    def setUp(self) -> None:
        text = (DOCKER / "Dockerfile").read_text().replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        self.instructions = [line.split(None, 1) for line in lines]

    def values(self, name: str) -> list[str]:
        """What follows each instruction of a name."""
        return [rest for each, rest in self.instructions if each == name]

    def test_commands(self) -> None:
        """The commands of netsim in it are ones that there are."""
        [router] = [
            word
            for run in self.values("RUN")
            for word in run.split(" && ")
            if "install-router" in word
        ]
        words = router.split()[1:]
        self.patch(os, "environ", {"HOME": self.mktemp(), "PATH": os.environ["PATH"]})
        options = cli.Options()
        options.parseOptions(words)
        self.assertEqual(options.subOptions.subCommand, "install-router")
        self.assertEqual(json.loads(self.values("ENTRYPOINT")[0]), ["netsim"])

    def test_sources(self) -> None:
        """Stages that are copied from exist, and what is copied to /opt is what runs."""
        stages = [each.split(" AS ")[1] for each in self.values("FROM") if " AS " in each]
        copied = [each for each in self.values("COPY") if each.startswith("--from=")]
        self.assertEqual(
            [each.split()[0] for each in copied], [f"--from={each}" for each in stages]
        )
        self.assertIn("PATH=/opt/netsim/bin:$PATH", " ".join(self.values("ENV")))
