#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""programs.py [ROUNDS]: what the control socket and the Python package cost, as ratios in one run.

  round trip   a request that asks no node, from Python's write to its read, median (goal: 150 us)
  runs         1,000 runs of one quantum of 10 us from Python, against the same in a scenario (goal: 1.5)
  lines        a guest that prints 10,000 lines or more a second of the host, with a client that gets them all, against
               without one (goal: 1.05)

environment: BUILD, the output folder (default: build). A goal that is not reached is said, and is no failure.
"""
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD", f"{TOP}/build"))
METRONOME = f"{BUILD}/metronome"
sys.path.insert(0, f"{TOP}/scripts/python")

import metronome  # noqa: E402

KEYS = {"memory": "32M", "icount": "shift=0,sleep=off", "nic": "off"}
RUNS = 1000
LINES = 30000


def round_trip(place):
    path = f"{place}/control"
    with subprocess.Popen([METRONOME, "--listen", f"unix:{path}"]) as server:
        while not os.path.exists(path):
            time.sleep(0.01)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            took = []
            for number in range(3000):
                data = json.dumps({"jsonrpc": "2.0", "id": number, "method": "saves"}).encode() + b"\n"
                began = time.perf_counter_ns()
                s.sendall(data)
                s.recv(65536)
                took.append(time.perf_counter_ns() - began)
            s.sendall(b'{"jsonrpc":"2.0","id":0,"method":"quit"}\n')
            server.wait(20)
    return statistics.median(took) / 1000


def runs_of_scenario(place):
    """Host s of the runs alone: a scenario of many less one of few."""
    took = []
    for count in (1, RUNS + 1):
        with open(f"{place}/runs.mtr", "w", encoding="utf-8") as file:
            file.write("quantum 10us\nnode add a " + " ".join(f"{k}={v}" for k, v in KEYS.items()))
            file.write(f" kernel={BUILD}/guest/count-aarch64.elf\nstart\n" + "run 10us\n" * count)
        began = time.perf_counter()
        subprocess.run([METRONOME, "run", f"{place}/runs.mtr"], check=True)
        took.append(time.perf_counter() - began)
    return took[1] - took[0]


def runs_of_python():
    with metronome.Ensemble(quantum="10us", binary=METRONOME) as e:
        e.add_node("a", kernel=f"{BUILD}/guest/count-aarch64.elf", **KEYS)
        e.start()
        e.run("10us")
        began = time.perf_counter()
        for _ in range(RUNS):
            e.run("10us")
        return time.perf_counter() - began


def lines(place, consoles):
    """Host s, and lines that came."""
    text = "".join(f"line {n:02}\n" for n in range(100)).encode()
    with open(f"{place}/text", "wb") as file:
        file.write(text)
    loader = f"-device loader,file={place}/text,addr=0x41000000,force-raw=on " + " ".join(
        f"-device loader,addr={address},data={data},data-len=8"
        for address, data in (("0x40ffffe0", 450), ("0x40ffffe8", LINES // 100), ("0x40fffff0", len(text)))
    )
    with metronome.Ensemble(quantum="1ms", binary=METRONOME, consoles=consoles) as e:
        p = e.add_node("p", kernel=f"{BUILD}/guest/print-aarch64.elf", extra=loader, **KEYS)
        e.start()
        done = e.break_when(f"p.console_bytes >= {len(text) * (LINES // 100)}")
        run = e.run("100s")
        assert run.break_number == done.number, run
        came = len(p.lines)
        assert e._core.dropped == 0 and came == (LINES if consoles else 0), (came, e._core.dropped)
        return run.host_ns / 1e9


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as place:
        trips = [round_trip(place) for _ in range(rounds)]
        runs = [(runs_of_python(), runs_of_scenario(place)) for _ in range(rounds)]
        told = [(lines(place, True), lines(place, False)) for _ in range(rounds)]
    trip = statistics.median(trips)
    ratio = statistics.median(python / scenario for python, scenario in runs)
    slower = statistics.median(a / b for a, b in told)
    rate = LINES / statistics.median(a for a, _ in told)
    per_run = statistics.median(s for _, s in runs) / RUNS * 1e6
    print(f"round trip  {trip:.0f} us{'' if trip <= 150 else ', goal 150'}")
    print(f"runs        {ratio:.2f} of a scenario's {per_run:.0f} us{'' if ratio <= 1.5 else ', goal 1.5'}")
    goal = "" if slower <= 1.05 else ", goal 1.05"
    print(f"lines       {slower:.3f} of the time without, at {rate:.0f} lines/s{goal}")


main()
