"""Record live sessions between a real client and a real server."""
