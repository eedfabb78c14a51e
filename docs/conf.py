"""How Sphinx builds these pages.  No page needs the network."""

import re
from importlib.metadata import version as installed_version

project = "netsim"
author = "the netsim authors"
release = version = installed_version("netsim")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "examples"]
default_role = "code"

html_theme = "alabaster"
html_theme_options = {
    "description": "The other end of the connection, for tests",
    "fixed_sidebar": True,
}
html_copy_source = False


def restructure(app, what, name, obj, options, lines):
    """Docstrings are written in epytext; Sphinx wants C{this} as ``this``, @param as :param."""
    lines[:] = [
        re.sub(r"^(\s*)@(\w+)", r"\1:\2", re.sub(r"[CL]\{([^}]*)\}", r"``\1``", line))
        for line in lines
    ]


def setup(app):
    app.connect("autodoc-process-docstring", restructure)
