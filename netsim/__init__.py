"""Record, replay, simulate, steer and watch the other end of a network connection."""
