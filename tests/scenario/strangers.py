# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands beside the line to another host's agent in tests.

hold FILE: passes its standard input on. What comes behind the first message waits until FILE exists.
crowd ADDRESS PORT: strangers at a port: some say nothing, some wrong things, one half of a greeting, many come and go.
    They stay for more than a second, in which a controller that waits has sent a pulse.
    Prints how many of those who said wrong things were cut off without a word, and how much a guess was told.
relay ADDRESS PORT TO: passes connections to ADDRESS:PORT on to TO:PORT.
"""
import os
import select
import selectors
import socket
import struct
import sys
import time

WRONG = [b"GET / HTTP/1.0\r\n\r\n", b"SSH-2.0-scan\r\n", b"\x16\x03\x01\x02\x00", b"metronome line 2" + bytes(32),
         b"\x00" * 4096, b"MTRN"]
GREETING = b"metronome line 1"


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def hold(path):
    data = b""
    while len(data) < 4 or len(data) < 4 + struct.unpack("<I", data[:4])[0]:
        data += os.read(0, 65536)
    size = 4 + struct.unpack("<I", data[:4])[0]
    write_all(1, data[:size])
    data = data[size:]
    while not os.path.exists(path):
        if select.select([0], [], [], 0.01)[0]:
            more = os.read(0, 65536)
            if not more:
                return
            data += more
    while data or (data := os.read(0, 65536)):
        write_all(1, data)
        data = b""


def answer(address, text):
    """What is said to one who says this, until the other side ends it."""
    with socket.create_connection(address, 5) as sock:
        said = b""
        try:
            sock.sendall(text)
            while part := sock.recv(4096):
                said += part
        except ConnectionResetError:
            pass
        return said


def crowd(address):
    begin = time.monotonic()
    silent = [socket.create_connection(address, 5) for _ in range(50)]
    refused = [answer(address, text) for text in WRONG]
    half = socket.create_connection(address, 5)
    half.sendall(GREETING[:7])
    for _ in range(200):
        socket.create_connection(address, 5).close()
    # A nonce is all that a greeting gets; a wrong proof gets nothing more.
    guess = answer(address, GREETING + bytes(32) + bytes(32))
    print(f"{sum(said == b'' for said in refused)} refused of {len(WRONG)}, {len(guess)} bytes for a guess", flush=True)
    time.sleep(max(0, begin + 1.2 - time.monotonic()))
    del silent, half


def relay(address, port, to):
    listening = socket.create_server((address, port))
    print("ready", flush=True)
    one, _ = listening.accept()
    two = socket.create_connection((to, port))
    watched = selectors.DefaultSelector()
    for sock, other in ((one, two), (two, one)):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watched.register(sock, selectors.EVENT_READ, other)
    while True:
        for key, _ in watched.select():
            data = key.fileobj.recv(65536)
            if not data:
                return
            key.data.sendall(data)


if __name__ == "__main__":
    mode, *words = sys.argv[1:]
    if mode == "hold":
        hold(*words)
    elif mode == "crowd":
        crowd((words[0], int(words[1])))
    else:
        relay(words[0], int(words[1]), words[2])
