"""The scanner: what is in C{.g3} files goes into a database."""
