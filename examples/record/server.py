#!/usr/bin/env python3
"""A TCP server that does what its client says, and UDP ports that never answer.

    server.py [--tcp PORT ...] [--mute ADDRESS:PORT ...]

A client sends lines; the server obeys them one after the other:

    say N      send N bytes
    take N     read N bytes, then send "ok"
    wait MS    do nothing for so long
    close      close the connection
    reset      end it with a RST

At the end of the client's stream it closes its side too.
"""
import argparse
import socket
import struct
import threading
import time


def text(size):
    """So many bytes of numbered lines: easy to find again in a capture, and small when compressed."""
    line = 16
    return b"".join(b"line %09d\n " % n for n in range(size // line + 1))[:size]


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def obey(connection):
    stream = connection.makefile("rb")
    for line in stream:
        verb, _, number = line.decode().strip().partition(" ")
        if verb == "say":
            connection.sendall(text(int(number)))
        elif verb == "take":
            stream.read(int(number))
            connection.sendall(b"ok\n")
        elif verb == "wait":
            time.sleep(int(number) / 1000)
        elif verb == "reset":
            stream.close()
            return reset(connection)
        else:
            break
    stream.close()
    connection.close()


def accept(listener):
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=quietly, args=(connection,), daemon=True).start()


def quietly(connection):
    """A client that goes away is part of the play."""
    try:
        obey(connection)
    except OSError:
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tcp", type=int, action="append", default=[], metavar="PORT")
    parser.add_argument("--mute", action="append", default=[], metavar="ADDRESS:PORT")
    options = parser.parse_args()
    for port in options.tcp:
        listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    mute = []
    for name in options.mute:
        address, port = name.rsplit(":", 1)
        mute.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        mute[-1].bind((address, int(port)))
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
