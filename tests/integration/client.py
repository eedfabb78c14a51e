"""
A test command: says its words, each a line, to what C{NDS_TEST_PORT} tells.

Each answer is a line too, and is printed.  C{--exit N} and C{--kill N} say how it ends.
It imports nothing of netsim, and starts quickly.
"""

import argparse
import os
import socket
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--exit", type=int, default=0)
parser.add_argument("--kill", type=int)
parser.add_argument("words", nargs="*")
options = parser.parse_args()

address = os.environ["NDS_TEST_HOST"], int(os.environ["NDS_TEST_PORT"])
with socket.create_connection(address, 20) as connection, connection.makefile("rb") as answers:
    for word in options.words:
        connection.sendall(word.encode() + b"\n")
        print(answers.readline().decode(), end="", flush=True)
if options.kill:
    os.kill(os.getpid(), options.kill)
sys.exit(options.exit)
