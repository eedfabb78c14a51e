"""The simulators that ship with netsim."""
