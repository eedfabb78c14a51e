"""A node that serves a wave: python own_node.py."""

from math import sin
from time import time

from autobahn.twisted.wamp import ApplicationRunner
from twisted.internet.ssl import Certificate, CertificateOptions

from netsim.datanode import REALM, WAMP_URI, DataNodeServer, sisock_to_unix_time
from netsim.datanode.place import find_certificate


class Wave(DataNodeServer):
    name = "wave"
    description = "A sine, once a minute"

    def get_fields(self, start, end):
        field = {"sine": {"description": None, "timeline": "t", "type": "number", "units": "V"}}
        return field, {"t": {"interval": 1.0, "field": ["sine"]}}

    def get_data(self, field, start, end, min_stride=None):
        start, end = sisock_to_unix_time(start), min(sisock_to_unix_time(end), time())
        t = [float(second) for second in range(int(max(start, end - 86400)), int(end))]
        data = {"sine": [sin(second / 60 * 6.2832) for second in t]}
        return {"data": data, "timeline": {"t": {"t": t, "finalized_until": end}}}


if __name__ == "__main__":
    import os

    trusted = Certificate.loadPEM(find_certificate(os.environ).read_bytes())
    runner = ApplicationRunner(WAMP_URI, REALM, ssl=CertificateOptions(trustRoot=trusted))
    runner.run(Wave, auto_reconnect=True)
