"""What the kinds that read files can be told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from twisted.python import usage

from netsim import options
from netsim.datanode.options import NodeOptions

__all__ = [
    "TIME_FORMATS",
    "ApexOptions",
    "CsvOptions",
    "RadiometerOptions",
    "WeatherOptions",
]

CACHE = 512 << 20
"""Bytes of what is kept in memory of files."""

MOUNTED = Path("/data")
"""Where the deployments of the document mount the data."""

TIME_FORMATS = ("auto", "unix", "ms", "iso")
"""Of the times of CSV files: seconds, milliseconds, ISO 8601; or a look at them tells."""


def _time_format(text: str) -> str:
    if text not in TIME_FORMATS:
        raise ValueError(f"expected one of {', '.join(TIME_FORMATS)}")
    return text


def _delimiter(text: str) -> str:
    character = "\t" if text in ("tab", "\\t") else text
    if len(character) != 1 or character.isalnum() or character in '".+-\n\r':
        raise ValueError("expected one character such as , or ; or tab")
    return character


class _FileOptions(NodeOptions):
    """
    Where the files are, and how much of them is kept.

    @cvar parts: directories that have to be there in it.
    """

    parts: ClassVar[Sequence[str]] = ()
    environment = {**NodeOptions.environment, "data-directory": "DATA_DIRECTORY"}
    optParameters = [
        ["data-directory", None, MOUNTED, "Where the files are.", Path],
        ["cache", None, CACHE, "Bytes of what is kept in memory of files, such as 512MiB;"
         " what was not asked for the longest goes first.", options.size],
    ]  # fmt: skip

    def postOptions(self) -> None:
        """Complain about a directory that is not there."""
        super().postOptions()
        directory: Path | None = self["data-directory"]
        if directory is not None:
            for path in (directory, *(directory / part for part in self.parts)):
                self._check_directory(path)

    def _check_directory(self, path: Path) -> None:
        """
        Check a directory.

        @raise usage.UsageError: it is not there, or cannot be read.
        """
        if not path.is_dir():
            raise usage.UsageError(f"--data-directory: there is no directory {path}")
        if not os.access(path, os.R_OK | os.X_OK):
            raise usage.UsageError(f"--data-directory: {path} may not be read")


class WeatherOptions(_FileOptions):
    """Of C{example-weather}."""

    node_name = "apex_archive"
    node_description = "Weather of two weeks in July 2017, made up as an example."
    longdesc = (
        "Serves files FIELD.dat: four lines of header, # description, # timeline, # units,"
        " # anything, then lines of Unix time and value. The files that ship have the weather"
        " from 13 to 28 July 2017, which nobody has measured."
    )
    example = "--data-directory ~/weather --name weather"
    optParameters = [
        ["data-directory", None, None, "Where the files are. [default: those that ship]", Path],
    ]


class ApexOptions(_FileOptions):
    """Of C{apex-weather}."""

    node_name = "apex_weather"
    node_description = "Weather at APEX, as archived."
    longdesc = (
        "Serves files targets/*_FIELD_FIRST_LAST.dat of lines of Unix time and value. FIRST and"
        " LAST are Unix times or dates in UTC such as 20170713 or 2017-07-13T12:00."
    )
    example = "--data-directory /var/www/apex_weather --max-points 1000"
    parts = ("targets",)


class RadiometerOptions(_FileOptions):
    """Of C{ucsc-radiometer}."""

    node_name = "ucsc_radiometer"
    node_description = "Precipitable water vapour over Cerro Toco, by the UCSC radiometer."
    longdesc = (
        "Serves files PWV/PWV_UCSC_YEAR-DAY.txt, or DAY-YEAR, of lines of the day of the year"
        " and the value; 1.0 is 0 h UTC on the first of January."
    )
    example = "--data-directory /var/www/Skymonitor --max-points 1000"
    parts = ("PWV",)


class CsvOptions(_FileOptions):
    """Of C{csv}."""

    node_name = "csv"
    node_description = "Columns of CSV files."
    longdesc = (
        "Serves the columns of CSV files, whose first line names them. A field is called"
        " FILE.COLUMN, or COLUMN if one file is served; the columns of a file share its times."
    )
    example = "--data-directory measured.csv --time-column date --time-format iso"
    optParameters = [
        ["data-directory", None, MOUNTED, "Where the files are, or one file.", Path],
        ["time-column", None, None, "The name of the column with the times. [default: the"
         " first]", str],
        ["time-format", None, "auto", f"How they are written: {', '.join(TIME_FORMATS)}.",
         _time_format],
        ["delimiter", None, None, "What stands between two columns: , or ; or tab. [default:"
         " the first line tells]", _delimiter],
    ]  # fmt: skip

    def _check_directory(self, path: Path) -> None:
        """
        Check a directory or file.

        @raise usage.UsageError: it is not there, or cannot be read.
        """
        if not path.is_file():
            super()._check_directory(path)
        elif not os.access(path, os.R_OK):
            raise usage.UsageError(f"--data-directory: {path} may not be read")
