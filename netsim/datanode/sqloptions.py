"""Which database a scanner and its nodes share: an option, the variables of the document."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twisted.python import usage

from netsim import options
from netsim.rundir import state_directory

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["DATABASE", "HOUSEKEEPING", "database_url"]

HOUSEKEEPING = "housekeeping.sqlite"

DATABASE = [
    "database", None, None, "A file of SQLite, or a URL such as mysql://USER@HOST/NAME, whose"
    " password SQL_PASSWD gives. [default: what SQL_HOST, SQL_USER and SQL_DB tell, else"
    f" netsim/{HOUSEKEEPING} in the user's state directory]", str,
]  # fmt: skip
"""An entry of C{optParameters}."""


def database_url(config: Mapping[str, Any]) -> URL:
    """
    Tell where the database is.

    @raise usage.UsageError: it cannot be understood, or what it needs is not installed.
    """
    options.check_extra("datanode", "sqlalchemy", "pymysql")
    from netsim.datanode.database import read_url

    environment = os.environ
    try:
        if config["database"] is not None:
            return read_url(config["database"], environment.get("SQL_PASSWD"))
        if host := environment.get("SQL_HOST"):
            return _from_environment(host, environment)
    except ValueError as error:
        # The text itself may hold a password.
        raise usage.UsageError(f"--database: {error}") from None
    return read_url(str(state_directory(environment) / HOUSEKEEPING), None)


def _from_environment(host: str, environment: Mapping[str, str]) -> URL:
    from netsim.datanode.database import server_url

    user, name = (environment.get(variable) for variable in ("SQL_USER", "SQL_DB"))
    if not (user and name):
        raise ValueError("SQL_HOST needs SQL_USER and SQL_DB beside it")
    return server_url(host, user, environment.get("SQL_PASSWD"), name)
