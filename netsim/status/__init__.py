"""
The status of programs: what they say to the status daemon, and how.

    from netsim.status import action, connect, watch

is all that a program needs; it works without Twisted in sight.
"""
