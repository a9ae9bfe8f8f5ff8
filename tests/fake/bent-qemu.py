#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""bent-qemu.py QEMU ARGUMENT...: a QEMU whose filter-buffers wait 7 us longer than they are told to.

It is in QEMU's place, with QEMU's process id; what metronome says to its monitor goes through a child that changes the
intervals of the tick.
"""
import os
import re
import socket
import sys
import threading

QMP_FD = 3  # CHILD_QMP_FD, controller/qemu/spawn.c
INTERVAL = re.compile(rb'("id":"mt0".*"interval":|"path":"mt0","property":"interval","value":)(\d+)')


def bend(line):
    return INTERVAL.sub(lambda m: m[1] + str(int(m[2]) + 7).encode(), line)


def relay(source, to, change):
    for line in source.makefile("rb"):
        to.sendall(change(line))
    os._exit(0)  # either end is gone: so is the other


def main():
    ours, theirs = socket.socketpair()
    if os.fork() > 0:
        ours.close()
        os.dup2(theirs.fileno(), QMP_FD)
        os.execvp(sys.argv[1], sys.argv[1:])
    theirs.close()
    metronome = socket.socket(fileno=QMP_FD)
    os.closerange(4, ours.fileno())
    os.closerange(ours.fileno() + 1, 64)
    threading.Thread(target=relay, args=(ours, metronome, lambda line: line)).start()
    relay(metronome, ours, bend)


main()
