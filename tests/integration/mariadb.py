"""
A real MariaDB for the time of a test.

    >>> server = MariaDb(self)
    >>> self.start(*netsim("netsim-scanner"), environment=server.environment)
"""

from __future__ import annotations

import getpass
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql

from tests.integration.processes import (
    PATIENCE,
    IntegrationTestCase,
    Process,
    eventually,
    require,
)

__all__ = ["MariaDb"]

USER, PASSWORD, NAME = "development", "s3cret/@:", "files"


class MariaDb:
    """
    A server with a database and a user; all of it is gone when the test ends.

    @ivar url: of the database, without the password.
    @ivar environment: the variables of the document, which tell the same.
    @ivar process: the server, when it runs.
    """

    process: Process

    def __init__(self, test: IntegrationTestCase) -> None:
        self._program = require("mariadbd", "mariadb-server")
        self._test = test
        # Sockets have short paths.
        self._directory = test.short_directory()
        self._socket = self._directory / "socket"
        self.port = test.reserve_port()
        self.url = f"mysql://{USER}@127.0.0.1:{self.port}/{NAME}"
        self.environment: Mapping[str, str] = {
            "SQL_HOST": f"127.0.0.1:{self.port}",
            "SQL_USER": USER,
            "SQL_PASSWD": PASSWORD,
            "SQL_DB": NAME,
        }
        self._install()
        self.start()
        for statement in (
            f"CREATE DATABASE {NAME}",
            f"CREATE USER {USER}@127.0.0.1 IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON {NAME}.* TO {USER}@127.0.0.1",
        ):
            self.ask(statement, database=None)

    def start(self) -> None:
        """Start it, also again, and wait until it answers."""
        self.process = self._test.start(
            self._program,
            *("--no-defaults", f"--datadir={self._data}", f"--user={getpass.getuser()}"),
            *("--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={self._socket}"),
            *(f"--pid-file={self._directory / 'pid'}", "--skip-name-resolve"),
            *("--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M"),
        )
        eventually(self._answers, lambda: f"an answer of {self.process}")

    def stop(self, number: int = signal.SIGKILL) -> None:
        """End it; by default at once."""
        self.process.stop(number)

    def ask(self, statement: str, database: str | None = NAME) -> Sequence[Sequence[Any]]:
        """Do something as root; the rows that it gives."""
        where: Any = {"unix_socket": str(self._socket), "user": "root", "database": database}
        with closing(pymysql.connect(**where)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            connection.commit()
            return cursor.fetchall()

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _install(self) -> None:
        program = require("mariadb-install-db", "mariadb-server")
        options = ["--no-defaults", f"--datadir={self._data}", f"--user={getpass.getuser()}"]
        made = subprocess.run(
            [
                program,
                *options,
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--innodb-log-file-size=8M",
            ],
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE,
        )
        assert made.returncode == 0, made.stdout + made.stderr

    def _answers(self) -> bool:
        try:
            return bool(self.ask("SELECT 1", database=None))
        except pymysql.err.OperationalError:
            return False
