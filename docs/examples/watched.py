"""A program that can be watched."""

import logging
import time

from netsim.status import action, connect, watch

frequency = 1.0


@watch(interval=1.0)
def temperature():
    """The name of the function is the key in the status."""
    return 20 + time.time() % 10


@action()
def set_frequency(hertz: float):
    """Change how often the loop goes round."""
    global frequency
    frequency = hertz
    return f"{hertz:g} Hz"


with connect("my project") as link:
    logging.warning("records of the module logging are forwarded")
    for turn in range(1000):
        link.set("turn", turn)
        link.log("info", f"turn {turn}")
        time.sleep(1 / frequency)
