#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""listen.py SOCKET LOG CASE...: a program at a control socket of metronome, for test-listen.sh.

Each case is one function below; it fails with a traceback. All messages of both directions of the first
connection go to LOG, for scripts/schema/validate.
"""
import json
import os
import socket
import sys
import time

PATIENCE = 30 * int(os.environ.get("TEST_PATIENCE", "1"))


class Failed(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error["data"]


class Program:
    def __init__(self, path, log=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        self.log = log
        self.last = 0
        self.answers = {}
        self.notes = []

    def send(self, method, **params):
        self.last += 1
        message = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}
        self.write(json.dumps(message) + "\n")
        return self.last

    def write(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        if self.log:
            self.log.write(data.decode())
        self.socket.sendall(data)

    def read(self):
        line = self.file.readline()
        if not line:
            raise EOFError("the connection has ended")
        if self.log:
            self.log.write(line.decode())
        return json.loads(line)

    def take(self):
        message = self.read()
        if "method" in message:
            self.notes.append(message)
        else:
            self.answers[message["id"]] = message

    def result(self, number):
        while number not in self.answers:
            self.take()
        answer = self.answers.pop(number)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["result"]

    def ask(self, method, **params):
        return self.result(self.send(method, **params))

    def fails(self, code, part, method, **params):
        try:
            result = self.ask(method, **params)
        except Failed as failed:
            assert failed.code == code, (failed.code, str(failed))
            assert part in str(failed), str(failed)
            return failed
        raise AssertionError(f"{method} did not fail: {result}")

    def note(self, kind, **members):
        """The next notification of this kind with these members."""
        while True:
            for i, note in enumerate(self.notes):
                if note["method"] == kind and members.items() <= note["params"].items():
                    del self.notes[: i + 1]
                    return note["params"]
            self.take()

    def close(self):
        self.file.close()
        self.socket.close()


def case_session(path, log):
    """A session from the first node to its end: typed results, notifications in front of the answer."""
    guest = os.environ["GUEST"]
    p = Program(path, log)
    hello = p.ask("hello", version=1, role="drive", name="test")
    assert hello["role"] == "drive" and hello["version"] == 1
    p.ask("subscribe", events=["run", "barrier", "console", "break", "node", "command", "output"])
    p.ask("quantum", duration=1000000)
    assert p.ask("quantum") == {"quantum_ns": 1000000, "auto": False}
    assert p.ask("status")["state"] == "not started"
    for name, kernel in (("a", "count"), ("h", "hello")):
        p.ask("node.add", name=name, memory="32M", icount="shift=0,sleep=off", kernel=f"{guest}/{kernel}-aarch64.elf")
    p.ask("start")
    run = p.ask("run", duration=3000000)
    assert run["end"] == "reached" and run["virtual_ns"] == 3000000 and run["barriers"] == 3, run
    assert [n["params"]["barrier"] for n in p.notes if n["method"] == "barrier"] == [1, 2, 3]
    lines = [n["params"] for n in p.notes if n["method"] == "console"]
    assert lines == [{"node": "h", "port": "0", "virtual_ns": 1000000, "text": "hello from metronome"}], lines
    p.note("run", state="began", virtual_ns=0)
    p.note("run", state="ended", end="reached")
    line = p.ask("wait-line", node="h", regex="(hel)lo from (.*)", timeout="10ms")
    assert line["groups"] == ["hel", "metronome"] and line["line_virtual_ns"] == 1000000, line
    assert p.ask("variables")["variables"]["1"] == "hel"
    assert p.ask("cmd", line="echo $2")["text"] == "metronome\n"
    times = p.ask("time")
    assert [n["icount"] for n in times["nodes"]] == [3000000, 3000000] and times["virtual_ns"] == 3000000
    pc = p.ask("regs", node="a", reg=["pc"])["registers"][0]
    assert pc["bits"] == 64 and len(pc["value"]) == 18 and int(pc["value"], 16) >> 16 == 0x4008, pc
    memory = p.ask("mem", node="a", addr=0x40080000, len=16)
    assert memory["address"] == "0x0000000040080000" and len(bytes.fromhex(memory["bytes"])) == 16
    shown = p.ask("console", node="h", last=5)
    assert shown["lines"] == [{"virtual_ns": 1000000, "text": "hello from metronome", "cut": False, "ended": True}], shown
    number = p.ask("break.time", time=4500000, do="time")["number"]
    run = p.ask("run", duration="5ms")
    assert run["end"] == "break" and run["break"] == number and run["virtual_ns"] == 4500000, run
    assert p.note("break", number=number)["virtual_ns"] == 4500000
    assert p.ask("breaks")["breaks"][0]["hits"] == 1
    assert "virtual time" in p.ask("cmd", line="help time")["text"]
    p.ask("run", ninsn=1000, node="a")
    step = p.ask("step", node="a", n=3)
    assert step["executed"] == 3, step
    p.ask("run-until", time=8000000)
    p.ask("save", name="here")
    p.ask("run", duration="2ms")
    assert p.ask("restore", save="here")["virtual_ns"] == 8000000
    assert [s["name"] for s in p.ask("saves")["saves"]] == ["here"]
    assert p.ask("assert", expr="time == 8ms") == {"left": "8ms", "right": "8ms"}
    p.ask("cmd", line="mem write a 0x40090000 2a")
    p.ask("run", duration="1ms")
    back = p.ask("reverse", duration=500000)
    assert (back["end"], back["virtual_ns"]) == ("reached", 8500000), back
    assert p.ask("reverse-step", node="a", n=5)["end"] == "reached"
    wrote = p.ask("who-wrote", node="a", addr=0x40090000, len=1)
    assert [wrote[k] for k in ("end", "by", "before", "after")] == ["reached", "journal", "00", "2a"], wrote
    assert p.ask("who-wrote", node="a", addr=0x40090000, len=1)["end"] == "beginning"
    assert p.ask("reverse-continue")["end"] == "beginning"
    assert [point["kind"] for point in p.ask("checkpoint")["points"]] == ["start", "save"]
    p.ask("run-until", time=8000000)
    assert {m["name"] for m in p.ask("methods")["methods"]} >= {"run", "node.add", "hello", "cancel"}
    for method in ("stats", "node.list", "link.list", "gateway.list", "network.trace", "host.list", "perf", "max-skip"):
        p.ask(method)
    p.ask("node.list", node="a")
    p.ask("clocks", node="a")
    timeline = os.path.join(os.path.dirname(log.name), "t.json")
    p.ask("trace", file=timeline, every=1)
    p.ask("trace", node="a", functions=True)
    p.ask("run", duration="3ms")
    functions = p.ask("trace", node="a", functions=True)
    assert [functions[k] for k in ("node", "samples", "idle", "lost", "every")] == ["a", 3, 0, 0, 1], functions
    assert sum(f["samples"] for f in functions["functions"]) == 3, functions
    p.ask("trace", node="a", functions=True, off=True)
    ended = p.ask("trace", off=True)
    with open(timeline, encoding="utf-8") as file:
        assert ended == {"file": timeline, "events": len(json.load(file))}, ended
    p.ask("link.add", end=["a", "h"], latency=1000000)
    assert p.ask("link.list")["links"][0]["latency_ns"] == 1000000
    p.ask("unsubscribe")
    p.close()


def orders(*numbers):
    """The orders of the payload `ring`, see guest-init/payloads/ring-aarch64.S."""
    return " ".join(
        f"-device loader,addr={0x40FFFF80 + 8 * i:#x},data={number},data-len=8" for i, number in enumerate(numbers)
    )


def case_typed(path, log):
    """Results of commands that print tables, and warnings: of the command, and as notifications."""
    guest, metronome = os.environ["GUEST"], os.environ["METRONOME"]
    p = Program(path, log)
    p.ask("subscribe", events=["warning", "console", "node"])
    assert p.ask("host.list") == {"hosts": []} and p.ask("defaults") == {"defaults": {}}
    assert p.ask("journal") == {"origin": None, "dropped": 0, "entries": []}
    p.ask("host.add", name="far", command=f"{metronome} agent --stdio")
    host = p.ask("host.list")["hosts"][0]
    assert (host["host"], host["state"], host["nodes"], host["why_lost"]) == ("far", "up", 0, None), host
    assert host["version"] == p.ask("hello")["metronome_version"] and host["round_trip_ns"] > 0 < host["cpus"]
    assert [h["host"] for h in p.ask("perf")["hosts"]] == ["far"]
    p.ask("host.remove", host="far")
    p.ask("defaults", memory="64M", icount="shift=0,sleep=off", kernel=f"{guest}/ring-aarch64.elf")
    assert p.ask("defaults")["defaults"]["memory"] == "64M"
    p.ask("node.add", name="s", extra=orders(1, 5, 0, 1000000, 20000, 100, 0))
    p.ask("node.add", name="r", extra=orders(0, 16, 0, 0, 0, 2048, 0))
    p.ask("defaults", off=True)
    assert p.ask("link.add", end=["s", "r"], latency="500us", bandwidth="10M") == {}
    p.ask("start")
    warned = p.ask("run", duration="20ms")["warnings"]
    assert len(warned) == 1 and "raised to the quantum" in warned[0], warned
    assert p.note("warning")["text"] == warned[0]
    assert "warnings" not in p.ask("link.list") and "warnings" not in p.ask("barrier")
    packets = p.ask("network.packets")["packets"]
    ends = [e for e in p.ask("network.trace", last=100)["events"] if e["kind"] != "send"]
    assert [(k["event"], k["when_ns"]) for k in packets] == [(e["number"], e["when_ns"]) for e in ends]
    assert len(packets) == 5 and all(k["from"] == "s" and k["to"] == "r" and k["delivered"] for k in packets), packets
    for k in packets:
        assert k["delay_ns"] == k["when_ns"] - k["sent_ns"] == k["queue_ns"] + k["bits_ns"] + k["latency_ns"] + k["wait_ns"]
        assert k["bits_ns"] > 0 and k["latency_ns"] == 1000000, k
    p.ask("link.down", end=["s", "r"])
    assert p.ask("network.packets", last=2)["packets"] == packets[-2:]
    rows = {n["node"]: n for n in p.ask("symbols")["nodes"]}
    assert rows["s"]["symbols"] > 5 and rows["s"]["file"].endswith("/ring-aarch64.elf") and rows["s"]["why_not"] is None
    assert p.ask("symbols", node="s", off=True)["nodes"] == [{"node": "s", "symbols": 0, "file": None, "why_not": None}]
    p.ask("send", node="r", text="ab")
    p.ask("mem.write", node="s", addr=0x41000000, bytes=["de", "ad"])
    journal = p.ask("journal")["entries"]
    assert [(e["kind"], e["node"], e["from"]) for e in journal[-2:]] == [("typed", "r", "command"), ("memory", "s", "command")]
    assert journal[-2]["what"] == "typed 'ab'" and journal[-1]["virtual_ns"] == 21000000, journal
    perf = p.ask("perf")
    assert perf["barriers"] == 21 and perf["host_ns"] >= perf["host_ns_in_quanta"] > 0 and len(perf["nodes"]) == 2, perf
    assert sum(n["waited_for"] for n in perf["nodes"]) <= 21
    p.ask("perf", on=True)
    assert p.ask("perf")["barriers"] == 0
    assert p.ask("qmp", node="s", json="query-status")["return"]["running"] is False
    assert p.ask("qmp", node="s", json={"execute": "query-name"}) == {"return": {"name": "s"}}
    assert "paused" in p.ask("hmp", node="s", text="info status")["text"]
    p.close()


def case_failures(path, log):
    """A failed command is an error with its outcome, and leaves the ensemble as it is."""
    p = Program(path, log)
    before = p.ask("status")["virtual_ns"]
    failed = p.fails(-32000, "no line of node h matched", "wait-line", node="h", regex="never", timeout="2ms")
    assert failed.data["outcome"] == "failed" and failed.data["exit_code"] == 1
    assert failed.data["result"]["end"] == "time-up"
    failed = p.fails(-32000, "unknown node 'x'", "regs", node="x")
    assert failed.data == {"outcome": "usage", "exit_code": 2}
    assert p.fails(-32000, "failed", "assert", expr="time == 1ms").data["outcome"] == "failed"
    p.fails(-32602, "did you mean 'duration'", "run", durtion=5)
    p.fails(-32602, "'duration' is missing", "run")
    p.fails(-32601, "did you mean 'run'", "rum")
    p.fails(-32601, "unknown", "node.console", node="a")
    p.fails(-32602, "needs the terminal", "cmd", line="node console a")
    p.fails(-32602, "one command", "cmd", line="time; time")
    p.fails(-32602, "'line' is missing", "cmd")
    p.fails(-32001, "version 2", "hello", version=2)
    p.fails(-32602, "did you mean 'console'", "subscribe", events=["consol"])
    p.fails(-32602, "'role'", "hello", role="king")
    assert p.ask("status")["virtual_ns"] == before + 2000000
    assert not p.ask("cancel", id=12345)["cancelled"]
    p.close()


def case_bad_input(path, log):
    """What is no request gets an error and nothing else happens."""
    p = Program(path)
    for text, code in (
        (b"run 1ms\n", -32700),
        (b"\xff\xfe\n", -32700),
        (b'{"jsonrpc":"2.0","id":1\n', -32700),
        (b"[" * 1000 + b"\n", -32700),
        (b"[]\n", -32600),
        (b'{"id":1,"method":"run"}\n', -32600),
        (b"x" * 3000000 + b"\n", -32700),
        (b'{"jsonrpc":"2.0","id":99999999999999999999999,"method":"status"}\n', -32700),
        (b'{"jsonrpc":"2.0","id":"\\ud800","method":"status"}\n', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"status","method":"quit"}\n', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"seed","params":{"n":NaN}}\n', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"cancel","params":{"id":{}}}\n', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"cancel","params":{"id":1,"x":1}}\n', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"cmd","params":{"line":"time","x":1}}\n', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"events":["run\\u0000x"]}}\n', -32602),
    ):
        p.write(text)
        answer = p.read()
        assert answer["error"]["code"] == code, (text[:40], answer)
    p.write('\n\n{"jsonrpc":"2.0","method":"run"}\n{"jsonrpc":"2.0","method":"nonsense"}\n')  # no answer is wanted
    assert p.ask("status")["state"] == "standing"
    p.close()
    for half in (b'{"jsonrpc":"2.0"', b"\0" * 100):
        p = Program(path)
        p.write(half)
        p.close()
    p = Program(path)
    assert p.ask("status")["state"] == "standing"
    p.close()


def case_roles(path, log):
    """One drives, the others watch, until the driver is gone."""
    driver, other = Program(path, log), Program(path)
    driver.ask("hello", role="drive", name="one")
    other.ask("hello", name="two")
    other.fails(-32002, "('one') drives", "run", duration=1000000)
    other.fails(-32002, "('one') drives", "hello", role="drive")
    other.fails(-32002, "drives", "pause")
    other.fails(-32002, "drives", "regs", node="a", reg=["x0=5"])
    other.ask("regs", node="a", reg=["x0"])
    other.fails(-32002, "drives", "quit")
    other.ask("subscribe", events=["run", "command"], nodes=[])
    assert len(other.ask("time")["nodes"]) == 2
    driver.ask("run", duration=1000000)
    assert other.note("command", method="run")["outcome"] == "passed"
    other.note("run", state="ended", end="reached")
    watcher = Program(path)
    watcher.ask("hello", role="watch")
    driver.close()
    while other.ask("status")["driver"]:
        time.sleep(0.01)
    watcher.fails(-32002, "only watches", "run", duration=1000000)
    other.ask("run", duration=1000000)
    other.ask("hello", role="watch")
    watcher.ask("hello", role="drive")
    watcher.ask("run", duration=1000000)
    watcher.close()
    other.close()


def case_stop(path, log):
    """pause ends a run well; cancel interrupts it, or takes a request out of the queue."""
    p = Program(path, log)
    p.ask("subscribe", events=["run", "progress"])
    number = p.send("run", duration="1000s")
    queued = p.send("time")
    p.note("run", state="began")
    assert p.ask("status")["state"] == "running"
    assert p.ask("status")["command"] == "run"
    assert p.note("progress")["goal_virtual_ns"] > 10**12
    p.ask("pause")
    assert p.result(number)["end"] == "stopped"
    p.result(queued)
    number = p.send("run", duration="1000s")
    queued = p.send("run", duration="1ms")
    p.note("run", state="began")
    assert p.ask("cancel", id=queued)["cancelled"]
    try:
        p.result(queued)
        raise AssertionError("the request was not cancelled")
    except Failed as failed:
        assert failed.code == -32003
    assert p.ask("cancel", id=number)["cancelled"]
    try:
        p.result(number)
        raise AssertionError("the run was not cancelled")
    except Failed as failed:
        assert failed.code == -32000 and failed.data["outcome"] == "interrupted", failed.data
    assert p.ask("run", duration="1ms")["end"] == "reached"
    p.close()


def case_full(path, log):
    """With as many requests waiting as may, a program can still look and cancel; more are read later."""
    p = Program(path, log)
    p.ask("subscribe", events=["run"])
    number = p.send("run", duration="1000s")
    p.note("run", state="began")
    queued = [p.send("time") for _ in range(63)]
    assert p.ask("status")["command"] == "run"
    assert p.ask("cancel", id=queued.pop())["cancelled"]
    queued.append(p.send("time"))
    assert p.ask("cancel", id=number)["cancelled"]
    try:
        p.result(number)
        raise AssertionError("the run was not cancelled")
    except Failed as failed:
        assert failed.data["outcome"] == "interrupted", failed.data
    for one in queued:
        assert p.result(one)["virtual_ns"] % 1000000 == 0
    queued = [p.send("time") for _ in range(300)]
    assert len([p.result(one) for one in queued]) == 300
    p.close()


def case_gone(path, log):
    """A driver that is gone in the midst of a run: the run goes on, the next driver can stop it."""
    p = Program(path)
    p.ask("subscribe", events=["run"])
    p.send("run", duration="1000s")
    p.send("run", duration="1s")
    p.note("run", state="began")
    p.close()
    p = Program(path)
    while p.ask("status")["driver"]:
        time.sleep(0.01)
    assert p.ask("status")["state"] == "running"
    p.ask("pause")
    while p.ask("status")["state"] == "running":
        time.sleep(0.01)
    assert p.ask("time")["virtual_ns"] > 0  # and what it had queued is not done
    assert p.ask("status")["state"] == "standing"
    p.close()


def case_slow(path, log):
    """A program that asks for much and never reads, and one that floods: the others take no notice."""
    deaf, flood, p = Program(path), Program(path), Program(path, log)
    p.ask("hello", role="drive")
    deaf.ask("subscribe", events=["barrier"])
    flood.socket.setblocking(False)
    text, sent = b'{"jsonrpc":"2.0","id":1,"method":"status"}\n' * 1000, 0
    try:
        while sent < 50_000_000:
            sent += flood.socket.send(text)
    except BlockingIOError:
        pass
    p.ask("quantum", duration="10us")
    start = p.ask("status")["barriers"]
    while p.ask("status")["barriers"] < start + 80000:  # more than fits in all of the buffers
        p.ask("run", duration="50ms")
    assert sent < 50_000_000
    p.ask("quantum", duration="1ms")
    # Now it reads: of what it missed it is told.
    barriers = dropped = 0
    number = deaf.send("status")
    while number not in deaf.answers or not dropped:
        deaf.take()
        for note in deaf.notes:
            barriers += note["method"] == "barrier"
            dropped += note["params"]["notifications"] if note["method"] == "dropped" else 0
        deaf.notes.clear()
    assert dropped > 0 and barriers > 1000 and barriers + dropped >= 80000, (barriers, dropped)
    for one in (deaf, flood, p):
        one.close()


def case_many(path, log):
    """No more than 64 at once; the one more is told so."""
    first = Program(path)
    while first.ask("status")["clients"] > 1:  # those of before are gone
        time.sleep(0.01)
    programs = [first, *(Program(path) for _ in range(63))]
    for one in programs:
        one.ask("status")
    more = Program(path)
    assert "64" in more.read()["error"]["message"]
    for one in programs:
        one.close()
    more.close()
    while True:  # it has to see first that they are gone
        p = Program(path)
        try:
            alone = p.ask("status")["clients"] == 1
        except (ConnectionError, EOFError):
            alone = False
        p.close()
        if alone:
            return
        time.sleep(0.01)


def case_node(path, log):
    """A QEMU that dies is told of; the next command says why."""
    p = Program(path, log)
    p.ask("subscribe", events=["node"])
    os.kill(int(os.environ["VICTIM"]), 9)
    node = p.note("node", what="failed")
    assert node["node"] == "a" and node["state"] == "failed", node
    assert p.fails(-32000, "node a", "regs", node="a").data["exit_code"] in (2, 3)
    assert {n["node"]: n["state"] for n in p.ask("status")["nodes"]}["a"] == "failed"
    p.close()


def case_start(path, log):
    """There is a session without anything."""
    p = Program(path)
    assert p.ask("status")["state"] == "not started"
    p.close()


def case_quit(path, log):
    p = Program(path, log)
    p.ask("quit")
    assert p.note("exit")["outcome"] == "passed"
    try:
        p.read()
        raise AssertionError("the connection goes on")
    except EOFError:
        p.close()


def main():
    with open(sys.argv[2], "a", encoding="utf-8") as log:
        for case in sys.argv[3:]:
            globals()[f"case_{case}"](sys.argv[1], log)


main()
