"""
An IF distributor: attenuators, filters, inputs and a local oscillator, in two types.

Type ifd_text has four channels and takes lines of text, type ifd_binary has fourteen and
takes binary frames.  docs/systems/if_distributor.rst is the manual of both.
"""

from __future__ import annotations

from typing import Any

from netsim.simulator.catalogue import get_multitype_systems
from netsim.simulator.system import MultiTypeSystem

servers = [
    (("127.0.0.1", 12000), (), "tcp", {"system_type": "ifd_text"}),
    (("127.0.0.1", 12001), (), "tcp", {"system_type": "ifd_binary"}),
]

systems = get_multitype_systems(__file__)


class System(MultiTypeSystem):
    """One of the types; C{ifd_text} where none is named."""

    def __new__(cls, **kwargs: Any) -> Any:
        """Make a system of the type C{system_type}."""
        cls.systems = systems
        cls.system_type = kwargs.pop("system_type", "ifd_text")
        return MultiTypeSystem.__new__(cls, **kwargs)
