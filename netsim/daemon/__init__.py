"""The status daemon: who runs, how it is, and what passes between programs and frontends."""
