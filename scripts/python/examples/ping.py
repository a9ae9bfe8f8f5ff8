#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ping.py GUEST [LATENCY...]: two Linux guests ping each other, over a link of each latency in turn.

GUEST is the folder that `make guest` fills (build/guest). The guests boot once; each latency begins with the same
save, so the answers differ by the link alone.
"""
import sys

import metronome


def boot(e: metronome.Ensemble, guest: str) -> "tuple[metronome.Node, metronome.Node]":
    """Two guests with addresses, and a link between them."""
    nodes = [
        e.add_node(
            name,
            icount="shift=0,sleep=off",
            kernel=f"{guest}/vmlinuz",
            initrd=f"{guest}/initramfs.cpio.gz",
            append=f"console=ttyAMA0 quiet cryptomgr.notests hostname={name} ip={address}/24",
        )
        for name, address in (("a", "10.0.0.1"), ("b", "10.0.0.2"))
    ]
    e.link(nodes[0], nodes[1], latency="1ms")
    e.start()
    for node in nodes:
        node.wait_line(f"Welcome to metronome guest {node}", timeout="10s")
    e.run("200ms")
    return nodes[0], nodes[1]


def main() -> None:
    guest = sys.argv[1]
    latencies = sys.argv[2:] or ["1ms", "5ms", "20ms"]
    with metronome.Ensemble(quantum="500us") as e:
        a, b = boot(e, guest)
        booted = e.save("booted")
        for latency in latencies:
            booted.restore()
            e.set_link(a, b, latency=latency)
            a.send("ping -c 3 10.0.0.2\n")
            trip = a.wait_line(r"min/avg/max = [0-9.]+/([0-9.]+)/", timeout="10s")
            print(f"link {latency}: {trip[1]} ms there and back, said at {trip.virtual_ns / 1e9:.3f} s")


if __name__ == "__main__":
    main()
