"""A conversation as data: pure, no sockets, no threads, no clock of its own."""
