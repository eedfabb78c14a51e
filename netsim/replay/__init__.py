"""Play a recorded session back and judge the client."""
