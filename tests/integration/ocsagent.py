"""
An agent of OCS, as far as its feed is concerned: C{ocsagent.py URL TARGET FEED}.

It is anonymous, and publishes what its procedure C{observatory.TARGET.ops} is called with.
"""

from __future__ import annotations

import sys
from typing import Any

from autobahn.twisted.wamp import ApplicationRunner, ApplicationSession
from autobahn.wamp.types import PublishOptions


class Agent(ApplicationSession):
    """The agent."""

    async def onJoin(self, details: Any) -> None:
        """It can be called."""
        _, _, target, feed = sys.argv
        topic = f"observatory.{target}.feeds.{feed}"
        about = {"agent_address": f"observatory.{target}", "feed_name": feed}

        async def publish(message: Any) -> None:
            await self.publish(topic, (message, about), options=PublishOptions(acknowledge=True))

        await self.register(publish, f"observatory.{target}.ops")
        sys.__stdout__.write("joined\n")
        sys.__stdout__.flush()


if __name__ == "__main__":
    ApplicationRunner(sys.argv[1], "test_realm").run(Agent, log_level="error")
