"""An SSH client on Conch: connections that hold, commands, files and ports of the server."""
