"""Tests for L{netsim.datanode.node.fileoptions}."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.datanode.interfaces import ISource
from netsim.datanode.node.apex import TARGETS
from netsim.datanode.node.fileoptions import (
    ApexOptions,
    CsvOptions,
    RadiometerOptions,
    WeatherOptions,
)
from netsim.datanode.node.kinds import KINDS, SOURCES
from netsim.datanode.node.radiometer import PWV
from netsim.datanode.options import NodeOptions


class OptionsTestCase(SynchronousTestCase):
    """A test with a directory, and an environment of its own."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()

    def parse(self, kind: type[NodeOptions], *arguments: str, **environment: str) -> NodeOptions:
        self.patch(os, "environ", environment)
        config = kind()
        config.parseOptions(list(arguments))
        return config

    def refused(self, kind: type[NodeOptions], *arguments: str, **environment: str) -> str:
        return str(self.assertRaises(UsageError, self.parse, kind, *arguments, **environment))


class FileOptionsTests(OptionsTestCase):
    """What all these kinds can be told."""

    def test_kinds(self) -> None:
        """Each makes what it serves of its options."""
        (self.directory / TARGETS).mkdir()
        (self.directory / PWV).mkdir()
        names = {
            "example-weather": "apex_archive",
            "apex-weather": "apex_weather",
            "ucsc-radiometer": "ucsc_radiometer",
            "csv": "csv",
        }
        for kind, name in names.items():
            module, options, _ = KINDS[kind]
            made = getattr(import_module(module), options)
            config = self.parse(made, "--data-directory", str(self.directory))
            source: Any = import_module(SOURCES[kind]).make_source(config, None)
            verifyObject(ISource, source)
            self.assertEqual(source.name, name)
            self.assertTrue(source.description)
            self.assertEqual(source.fields(1, 2e9).fields, ())

    def test_told(self) -> None:
        config = self.parse(WeatherOptions, "-n", "x", "--description", "y", "--cache", "1MiB")
        self.assertEqual((config.name, config.description, config["cache"]), ("x", "y", 1 << 20))

    def test_environment(self) -> None:
        """The command line is stronger."""
        config = self.parse(CsvOptions, DATA_DIRECTORY=str(self.directory))
        self.assertEqual(config["data-directory"], self.directory)
        config = self.parse(
            CsvOptions, "--data-directory", str(self.directory), DATA_DIRECTORY="/nowhere"
        )
        self.assertEqual(config["data-directory"], self.directory)

    def test_missing(self) -> None:
        """A directory that is not there is told at once."""
        gone = self.directory / "gone"
        for kind in (WeatherOptions, CsvOptions, ApexOptions, RadiometerOptions):
            self.assertEqual(
                self.refused(kind, "--data-directory", str(gone)),
                f"--data-directory: there is no directory {gone}",
            )

    def test_missing_part(self) -> None:
        for kind, part in ((ApexOptions, TARGETS), (RadiometerOptions, PWV)):
            self.assertEqual(
                self.refused(kind, DATA_DIRECTORY=str(self.directory)),
                f"--data-directory: there is no directory {self.directory / part}",
            )

    def test_forbidden(self) -> None:
        self.patch(os, "access", lambda path, mode: False)
        reason = f"--data-directory: {self.directory} may not be read"
        self.assertEqual(self.refused(WeatherOptions, DATA_DIRECTORY=str(self.directory)), reason)

    def test_cache(self) -> None:
        self.assertIn(
            "--cache: 'much' cannot be used", self.refused(WeatherOptions, "--cache=much")
        )

    def test_example(self) -> None:
        """What the help shows is right."""
        for kind in (WeatherOptions, CsvOptions, ApexOptions, RadiometerOptions):
            self.patch(kind, "_check_directory", lambda config, path: None)
            self.parse(kind, *kind.example.split())


class WeatherOptionsTests(OptionsTestCase):
    """Those of C{example-weather}."""

    def test_default(self) -> None:
        """The files that ship."""
        config = self.parse(WeatherOptions)
        source = import_module(SOURCES["example-weather"]).make_source(config, None)
        self.assertEqual(len(source.fields(1, 2e9).fields), 5)


class CsvOptionsTests(OptionsTestCase):
    """Those of C{csv}."""

    def test_file(self) -> None:
        path = self.directory / "a.txt"
        path.write_text("time,x\n1,2\n")
        config = self.parse(CsvOptions, "--data-directory", str(path))
        source = import_module(SOURCES["csv"]).make_source(config, None)
        self.assertEqual([field.name for field in source.fields(0, 10).fields], ["x"])

    def test_forbidden(self) -> None:
        path = self.directory / "a.csv"
        path.touch()
        self.patch(os, "access", lambda path, mode: False)
        reason = f"--data-directory: {path} may not be read"
        self.assertEqual(self.refused(CsvOptions, DATA_DIRECTORY=str(path)), reason)

    def test_time_format(self) -> None:
        place = f"--data-directory={self.directory}"
        config = self.parse(CsvOptions, place, "--time-format", "iso")
        self.assertEqual(config["time-format"], "iso")
        reason = "--time-format: 'x' cannot be used: expected one of auto, unix, ms, iso"
        self.assertEqual(self.refused(CsvOptions, place, "--time-format", "x"), reason)

    def test_delimiter(self) -> None:
        place = f"--data-directory={self.directory}"
        for text, delimiter in ((";", ";"), ("tab", "\t"), ("\\t", "\t"), ("|", "|")):
            config = self.parse(CsvOptions, place, "--delimiter", text)
            self.assertEqual(config["delimiter"], delimiter)
        for text in ("", "ab", "a", "1", '"', "."):
            reason = "cannot be used: expected one character such as , or ; or tab"
            self.assertIn(reason, self.refused(CsvOptions, place, "--delimiter", text))
