#!/usr/bin/env python3
"""The client's side of the recordings: each function plays one scene against server.py.

    client.py SCENE
"""
import socket
import struct
import sys
import time

SERVER = "203.0.113.10"
SECOND_SERVER = "203.0.113.11"
THIRD_SERVER = "203.0.113.12"
CLIENT = "192.0.2.10"
SECOND_CLIENT = "192.0.2.11"
NOT_LISTENING = 7999


def connect(address, port, source_port=0, receive_buffer=None, source=CLIENT):
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if source_port:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind((source, source_port))
    connection.settimeout(60)
    connection.connect((address, port))
    return connection


def ask(connection, *lines):
    connection.sendall("".join(line + "\n" for line in lines).encode())


def read(connection, size):
    """Read so many bytes, or to the end of the stream if it comes first."""
    while size > 0:
        data = connection.recv(min(size, 65536))
        if not data:
            return
        size -= len(data)


def read_to_end(connection):
    while connection.recv(65536):
        pass
    connection.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def refused():
    """A good connection, then two to a port where nobody listens."""
    good = connect(SERVER, 7000)
    ask(good, "say 100", "close")
    read_to_end(good)
    for _ in range(2):
        try:
            connect(SERVER, NOT_LISTENING)
        except ConnectionRefusedError:
            time.sleep(0.2)
        else:
            raise RuntimeError("somebody listens where nobody should")


def client_resets():
    """A reset while two other connections are open; when these are closed, a reset with no other connection open."""
    second = connect(SECOND_SERVER, 7001)
    ask(second, "say 300")
    read(second, 300)
    third = connect(THIRD_SERVER, 7002)
    ask(third, "say 500")
    read(third, 500)
    first = connect(SERVER, 7000)
    ask(first, "say 2000")
    read(first, 2000)
    time.sleep(0.1)
    reset(first)
    time.sleep(0.3)
    for connection in (second, third):
        ask(connection, "close")
        read_to_end(connection)
    time.sleep(0.3)
    alone = connect(SERVER, 7000)
    ask(alone, "say 700")
    read(alone, 700)
    reset(alone)


def server_resets():
    """The server resets one connection after it has answered, and another before."""
    for lines in (("say 1000", "wait 100", "reset"), ("reset",)):
        connection = connect(SERVER, 7000)
        ask(connection, *lines)
        try:
            read_to_end(connection)
        except ConnectionResetError:
            connection.close()


def stalled_reader():
    """A small receive buffer and a reader that sleeps: the window closes, is probed, and opens again."""
    connection = connect(SERVER, 7000, receive_buffer=8192)
    ask(connection, "say 60000", "close")
    time.sleep(4)
    read_to_end(connection)


def transfers():
    """200 kB down, then 128 kB up."""
    down = connect(SERVER, 7000)
    ask(down, "say 200000", "close")
    read_to_end(down)
    up = connect(SERVER, 7001)
    ask(up, "take 128000")
    up.sendall(b"".join(b"up %012d\n" % n for n in range(8000)))
    ask(up, "close")
    read_to_end(up)


def handshakes():
    """Connections to ports whose SYN-ACKs the relay delays, or not: for the last so long that the SYN is sent again."""
    for port in (7000, 7001, 7000, 7002):
        connection = connect(SERVER, port)
        ask(connection, "say 200", "close")
        read_to_end(connection)


def slow_answers():
    """Twelve small requests on new connections. The server takes 400 ms for every fourth; the network does not."""
    for request in range(12):
        connection = connect(SERVER, 7000)
        ask(connection, *(["wait 400"] if request % 4 == 3 else []), "say 900", "close")
        read_to_end(connection)


def port_reuse():
    """The same source port three times: after a good end, and after a reset."""
    first = connect(SERVER, 7000, source_port=40000)
    ask(first, "say 400", "close")
    read_to_end(first)
    time.sleep(0.5)
    second = connect(SERVER, 7000, source_port=40000)
    ask(second, "say 800")
    read(second, 800)
    reset(second)
    time.sleep(0.5)
    third = connect(SERVER, 7000, source_port=40000)
    ask(third, "say 1200", "close")
    read_to_end(third)


def long_flows():
    """Two connections side by side that talk for a while."""
    pair = [connect(SERVER, 7000), connect(SECOND_SERVER, 7001)]
    for _ in range(20):
        for connection in pair:
            ask(connection, "say 3000")
            read(connection, 3000)
        time.sleep(0.02)
    for connection in pair:
        ask(connection, "close")
        read_to_end(connection)


def keep_alive():
    """An idle connection that TCP keeps alive, then uses."""
    connection = connect(SERVER, 7000)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    ask(connection, "say 100")
    read(connection, 100)
    time.sleep(3.5)
    ask(connection, "say 100", "close")
    read_to_end(connection)


def one_way():
    """UDP that nobody answers, and UDP to a closed port."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(20):
        sender.sendto(b"sample %04d " % number * (1 + number % 5), (SERVER, 9000))
        time.sleep(0.02)
    sender.sendto(b"", (SERVER, 9000))
    sender.sendto(b"nobody here", (SERVER, 9001))


def requests(connection, *waits_ms, size=2000):
    """One request after the other, for which the server takes its time, and the end."""
    for wait_ms in waits_ms:
        ask(connection, "wait %d" % wait_ms, "say %d" % size)
        read(connection, size)
    ask(connection, "close")
    read_to_end(connection)


def slow_server():
    """One connection whose answers come at once, one whose answers take 300 ms each, one that waits long for one."""
    requests(connect(SERVER, 7000), 0, 0, 0, 0)
    requests(connect(SERVER, 7000), 300, 300, 300, 300)
    requests(connect(SERVER, 7000), 0, 900, 0)


def bad_network():
    """Twelve small requests, eight for 6 kB each, 40 kB up; the server never waits."""
    requests(connect(SERVER, 7000), *[0] * 12)
    requests(connect(SERVER, 7001), *[0] * 8, size=6000)
    up = connect(SERVER, 7002)
    ask(up, "take 40000")
    up.sendall(b"".join(b"up %012d\n" % n for n in range(2500)))
    ask(up, "close")
    read_to_end(up)


def behind_nat():
    """Two hosts use the same port of their own: a translator has to change one of them. Then a service behind a
    SYN-ACK that the wire holds, and one that takes 500 ms for an answer."""
    pair = [connect(SERVER, 7000, source_port=40000, source=source) for source in (CLIENT, SECOND_CLIENT)]
    for connection in pair:
        requests(connection, 0, 0)
    requests(connect(SERVER, 7001), 0, 0)
    requests(connect(SERVER, 7002, source_port=40001, source=SECOND_CLIENT), 0, 500, 0)


def download(port, size, *lines):
    connection = connect(SERVER, port)
    ask(connection, *lines)
    read(connection, size)
    ask(connection, "close")
    read_to_end(connection)


def long_download():
    """400 kB down, as fast as the network lets them."""
    download(7000, 400000, "say 400000")


def long_upload():
    """400 kB up."""
    up = connect(SERVER, 7001)
    ask(up, "take 400000")
    up.sendall(b"".join(b"up %012d\n" % n for n in range(25000)))
    ask(up, "close")
    read_to_end(up)


def slow_download():
    """400 kB down, which the server has to get from elsewhere, 4 kB at a time."""
    download(7002, 400000, *["say 4000", "wait 4"] * 100)


SCENES = (refused, client_resets, server_resets, stalled_reader, transfers, handshakes, slow_answers, port_reuse,
          long_flows, keep_alive, one_way, slow_server, bad_network, behind_nat,
          long_download, long_upload, slow_download)

if __name__ == "__main__":
    scenes = {scene.__name__.replace("_", "-"): scene for scene in SCENES}
    if len(sys.argv) != 2 or sys.argv[1] not in scenes:
        sys.exit(f"{__doc__}\nscenes: {' '.join(scenes)}")
    scenes[sys.argv[1]]()
