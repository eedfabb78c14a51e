"""
What a user would write instead of the daemon: a broadcaster on FastAPI.

C{python -m bench.fastapi_broadcaster PORT} serves WebSockets under C{/ws}, with a
connection manager of the kind that FastAPI's documentation shows, and uvicorn as it
comes.  It knows handshakes and logs, believes everything, and keeps nothing.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from bench import wire


class ConnectionManager:
    """Knows who watches which project."""

    def __init__(self) -> None:
        self.watching: defaultdict[str, list[WebSocket]] = defaultdict(list)

    def disconnect(self, websocket: WebSocket) -> None:
        """Somebody has left."""
        for connections in self.watching.values():
            if websocket in connections:
                connections.remove(websocket)

    async def broadcast(self, name: str, message: str) -> None:
        """Send to all that watch a project."""
        for connection in self.watching[name]:
            await connection.send_text(message)


app = FastAPI()
manager = ConnectionManager()


@app.websocket("/ws")
async def events(websocket: WebSocket) -> None:
    """Serve a program or a frontend."""
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            event = json.loads(text)
            if event["event-type"] == "handshake":
                if event["payload"]["who"] == "web":
                    manager.watching[event["name"]].append(websocket)
                answer = {"result": 200, "reason": "join success"}
                await websocket.send_json({**event, "payload": answer})
            elif event["event-type"] == "log":
                await manager.broadcast(event["name"], text)
    except WebSocketDisconnect:
        manager.disconnect(websocket)


if __name__ == "__main__":
    uvicorn.run(app, host=wire.HOST, port=int(sys.argv[1]))
