#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""mcp.py CASE...: a client of the Model Context Protocol at `python3 -m metronome.mcp`, for test-mcp.sh.

Each case is one function below; it fails with a traceback. GUEST is the folder of the guests, METRONOME the program,
PLACE a folder for files.
"""
import json
import os
import select
import signal
import subprocess
import sys
import time

import jsonschema

GUEST = os.environ["GUEST"]
PLACE = os.environ["PLACE"]
PATIENCE = 30 * int(os.environ.get("TEST_PATIENCE", "1"))
SERVER = [sys.executable, "-m", "metronome.mcp"]
META = "io.modelcontextprotocol/"


class Client:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [*SERVER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self.last = 0
        self.answers = {}
        self.buffer = b""

    def write(self, data):
        self.process.stdin.write(data if isinstance(data, bytes) else data.encode())

    def read(self):
        while b"\n" not in self.buffer:
            assert select.select([self.process.stdout], [], [], PATIENCE)[0], "no answer"
            chunk = os.read(self.process.stdout.fileno(), 1 << 20)
            assert chunk, "the server has ended"
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0" and ("result" in message) != ("error" in message), message
        return message

    def send(self, method, params=None):
        self.last += 1
        message = {"jsonrpc": "2.0", "id": self.last, "method": method}
        if params is not None:
            message["params"] = params
        self.write(json.dumps(message) + "\n")
        return self.last

    def notify(self, method, params):
        self.write(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}) + "\n")

    def answer(self, number):
        while number not in self.answers:
            message = self.read()
            self.answers[message.get("id")] = message
        return self.answers.pop(number)

    def ask(self, method, params=None):
        answer = self.answer(self.send(method, params))
        assert "result" in answer, answer
        return answer["result"]

    def refused(self, code, part, method, params=None):
        error = self.answer(self.send(method, params))["error"]
        assert error["code"] == code and part in error["message"], error
        return error

    def begin(self, tool, **arguments):
        return self.send("tools/call", {"name": tool, "arguments": arguments})

    def tool(self, tool, **arguments):
        result = self.answer(self.begin(tool, **arguments))["result"]
        assert not result["isError"], result
        assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
        return result["structuredContent"]

    def fails(self, outcome, part, tool, **arguments):
        result = self.answer(self.begin(tool, **arguments))["result"]
        assert result["isError"] and part in result["content"][0]["text"], result
        assert result["structuredContent"]["outcome"] == outcome, result
        return result["structuredContent"]

    def hello(self, version):
        client = {"name": "test", "version": "1"}
        return self.ask("initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": client})

    def open(self):
        self.hello("2025-11-25")
        self.notify("notifications/initialized", {})
        return self

    def boot(self):
        for name, kernel in (("a", "count"), ("h", "hello")):
            words = f"memory=32M icount=shift=0,sleep=off kernel={GUEST}/{kernel}-aarch64.elf"
            self.tool("command", line=f"node add {name} {words}")
        self.tool("command", line="start")
        return self

    def close(self):
        """As clients do: standard input ends, and the server with it."""
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0, self.process.returncode
        self.process.stdout.close()


def icount(c):
    return c.tool("look", what="time", node="a")["nodes"][0]["icount"]


def case_session():
    """Tools as they are listed, with two guests: run, wait, look, break, save, go back."""
    version = subprocess.run([os.environ["METRONOME"], "--version"], capture_output=True, text=True, check=True).stdout
    c = Client()
    hello = c.hello("2024-11-05")
    assert hello["protocolVersion"] == "2024-11-05" and hello["capabilities"] == {"tools": {}}, hello
    assert hello["serverInfo"]["version"] in version, (hello, version)
    c.notify("notifications/initialized", {})
    tools = {tool["name"]: tool for tool in c.ask("tools/list")["tools"]}
    assert list(tools) == ["run", "wait_line", "look", "break", "save", "go_back", "who_wrote", "command"]
    for tool in tools.values():
        jsonschema.Draft7Validator.check_schema(tool["inputSchema"])
        assert tool["inputSchema"]["type"] == "object" and tool["description"]
        assert all(schema["description"] for schema in tool["inputSchema"]["properties"].values())
    c.boot()
    assert c.tool("run", duration="3ms")["virtual_ns"] == 3000000
    found = c.tool("wait_line", node="h", regex="(hel)lo")
    assert found["groups"] == ["hel"] and found["line_virtual_ns"] == 1000000
    assert c.tool("run", until="4ms")["virtual_ns"] == 4000000
    assert c.tool("run", node="a", instructions=1000)["end"] == "reached"
    c.tool("run", until="5ms")
    assert c.tool("save", name="here")["virtual_ns"] == 5000000
    number = c.tool("break", kind="time", time="5500us")["number"]
    run = c.tool("run", duration="2ms")
    assert (run["end"], run["break"], run["virtual_ns"]) == ("break", number, 5500000), run
    c.tool("break", delete=number)
    pc = {r["name"]: r["value"] for r in c.tool("look", what="registers", node="a")["registers"]}["pc"]
    for more in (
        {"kind": "pc", "node": "a", "address": pc, "if": "a.icount > 0", "once": True},
        {"kind": "access", "node": "a", "address": "0x40100000", "size": 8, "on": "write"},
        {"kind": "line", "node": "h", "regex": "never"},
        {"kind": "when", "expression": "time > 1s"},
        {"kind": "event", "node": "a", "event": "panic"},
    ):
        c.tool("break", **more)
    assert [b["kind"] for b in c.tool("look", what="breaks")["breaks"]] == ["pc", "access", "console", "when", "event"]
    what = tools["look"]["inputSchema"]["properties"]["what"]["enum"]
    needed = {
        "registers": {"node": "a"},
        "memory": {"node": "a", "address": pc, "size": 16},
        "console": {"node": "h", "last": 1},
    }
    seen = {name: c.tool("look", what=name, **needed.get(name, {})) for name in what}
    assert len(bytes.fromhex(seen["memory"]["bytes"])) == 16 and seen["console"]["lines"][0]["text"].startswith("hello")
    assert seen["status"]["virtual_ns"] == 5500000 and [s["name"] for s in seen["saves"]["saves"]] == ["here"]
    assert [p["kind"] for p in seen["points"]["points"]] == ["start", "save"]
    assert c.tool("go_back", save="here")["virtual_ns"] == 5000000
    for point in c.tool("look", what="breaks")["breaks"]:
        c.tool("break", delete=point["number"])
    before = icount(c)
    assert c.tool("go_back", node="a", instructions=7)["end"] == "reached" and icount(c) == before - 7
    assert c.tool("go_back", until="3500us")["virtual_ns"] == 3500000
    assert c.tool("go_back", duration="500us")["virtual_ns"] == 3000000
    number = c.tool("break", kind="time", time="4ms")["number"]
    c.tool("run", until="4ms")
    c.tool("run", until="4500us")
    back = c.tool("go_back", last_break=True)
    assert (back["end"], back["break"], back["virtual_ns"]) == ("reached", number, 4000000), back
    c.tool("break", delete=number)
    assert c.tool("who_wrote", node="a", address=pc, size=4)["end"] == "beginning"
    c.tool("command", line="mem write a 0x40090000 2a")
    c.tool("run", duration="1ms")
    wrote = c.tool("who_wrote", node="a", address="0x40090000", size=1)
    assert (wrote["by"], wrote["before"], wrote["after"], wrote["entry"]) == ("journal", "00", "2a", 1), wrote
    c.fails("usage", "is more than has passed", "go_back", duration="1s")
    assert c.tool("go_back", save="here")["virtual_ns"] == 5000000
    found = c.fails("failed", "no line of node h matched", "wait_line", node="h", regex="never", timeout="2ms")
    assert found["exit_code"] == 1 and found["result"]["end"] == "time-up", found
    c.fails("usage", "unknown node 'x'", "look", what="registers", node="x")
    c.fails("failed", "assert", "command", line="assert time == 1ms")
    assert "virtual time" in c.tool("command", line="help time")["text"]
    assert c.tool("look", what="status")["virtual_ns"] == 7000000
    c.close()


def case_versions():
    """Versions with a handshake, and the one without."""
    c = Client()
    for version in ("2024-11-05", "2025-06-18", "2025-11-25", "1999-01-01", 7):
        spoken = version if version in ("2024-11-05", "2025-06-18") else "2025-11-25"
        assert c.hello(version)["protocolVersion"] == spoken
    assert c.ask("ping") == {}
    meta = {META + "protocolVersion": "2026-07-28", META + "clientCapabilities": {}}
    found = c.ask("server/discover", {"_meta": meta})
    assert found["supportedVersions"][0] == "2026-07-28" and found["resultType"] == "complete", found
    assert found["_meta"][META + "serverInfo"]["name"] == "metronome" and found["capabilities"] == {"tools": {}}
    listed = c.ask("tools/list", {"_meta": meta})
    assert listed["resultType"] == "complete" and listed["cacheScope"] == "public" and listed["tools"]
    result = c.ask("tools/call", {"_meta": meta, "name": "look", "arguments": {"what": "status"}})
    assert result["resultType"] == "complete" and not result["isError"], result
    error = c.refused(-32022, "2031-01-01", "tools/list", {"_meta": {**meta, META + "protocolVersion": "2031-01-01"}})
    assert error["data"] == {"supported": found["supportedVersions"], "requested": "2031-01-01"}, error
    c.refused(-32602, "clientCapabilities", "tools/list", {"_meta": {META + "protocolVersion": "2026-07-28"}})
    c.refused(-32602, "_meta", "server/discover")
    c.close()


def case_bad_input():
    """What is no request, or no call of a tool, is an error, and nothing else happens."""
    c = Client().open().boot()
    for text, code, number in (
        (b"run 1ms", -32700, None),
        (b"\xff\xfe", -32700, None),
        (b'{"jsonrpc":"2.0","id":1', -32700, None),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}', -32700, None),
        (b"[" * 200000, -32700, None),
        (b"7" * 10000, -32700, None),
        (b"x" * 3000000, -32700, None),
        (b"[]", -32600, None),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, None),
        (b"null", -32600, None),
        (b'{"id":1,"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":[],"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":901,"method":7}', -32600, 901),
        (b'{"jsonrpc":"2.0","id":"x","method":"ping","params":[]}', -32600, "x"),
        (b'{"jsonrpc":"2.0","id":902,"method":"nonsense"}', -32601, 902),
        (b'{"jsonrpc":"2.0","id":903,"method":"tools/call"}', -32602, 903),
        (b'{"jsonrpc":"2.0","id":904,"method":"tools/call","params":{"name":[],"arguments":{}}}', -32602, 904),
        (b'{"jsonrpc":"2.0","id":905,"method":"tools/list","params":{"cursor":"x"}}', -32602, 905),
    ):
        c.write(text + b"\n")
        answer = c.read()
        assert (answer["error"]["code"], answer.get("id")) == (code, number), (text[:60], answer)
    for message in ("\n\r\n", '{"jsonrpc":"2.0","method":"nonsense"}\n', '{"jsonrpc":"2.0","id":1,"result":{}}\n'):
        c.write(message)  # no answer is wanted
    c.notify("notifications/cancelled", {"requestId": 12345})
    c.notify("notifications/cancelled", {"requestId": [{}]})
    c.refused(-32602, "unknown tool: 'walk'", "tools/call", {"name": "walk"})
    for part, tool, arguments in (
        ("'arguments' has to be an object", "run", [1]),
        ("'duration' has to be a text", "run", {"duration": 5}),
        ("'durtion' is no parameter", "run", {"durtion": "1ms"}),
        ("give 'duration'", "run", {}),
        ("give 'duration'", "run", {"duration": "1ms", "until": "2ms"}),
        ("'instructions' has to be a whole number", "run", {"instructions": True, "node": "a"}),
        ("out of range", "run", {"instructions": 1 << 70, "node": "a"}),
        ("'fast' is not a duration", "run", {"duration": "fast"}),
        ("'what' has to be one of status", "look", {"what": "colour"}),
        ("'what' is missing", "look", {}),
        ("stats takes no 'node'", "look", {"what": "stats", "node": "a"}),
        ("'kind' is missing", "break", {"time": "1ms"}),
        ("time takes no 'node'", "break", {"kind": "time", "time": "1ms", "node": "a"}),
        ("'delete' goes alone", "break", {"delete": 1, "kind": "time"}),
        ("'event' is missing", "break", {"kind": "event", "node": "a"}),
        ("one command", "command", {"line": "time; time"}),
        ("surrogates", "command", {"line": "echo \ud800"}),
    ):
        result = c.ask("tools/call", {"name": tool, "arguments": arguments})
        assert result["isError"] and part in result["content"][0]["text"], (part, result)
        assert result["structuredContent"]["outcome"] == "usage", result
    status = c.tool("look", what="status")
    assert status["virtual_ns"] == 0 and status["state"] == "standing", status
    c.close()


def running(c):
    while c.tool("look", what="status")["state"] != "running":
        time.sleep(0.01)


def case_cancel():
    """What is cancelled ends at a barrier and is not answered; others are served meanwhile, so many at once."""
    c = Client().open().boot()
    number = c.begin("run", duration="1000s")
    running(c)
    c.write('{"jsonrpc":"2.0","id":%d,"method":"ping"}\n' % number)
    assert "not answered yet" in c.answer(number)["error"]["message"]
    c.notify("notifications/cancelled", {"requestId": number, "reason": "enough"})
    now = c.tool("run", duration="1ms")["virtual_ns"]
    assert now % 1000000 == 0 and number not in c.answers, now
    number = c.begin("run", duration="1000s")
    waiting = [c.begin("look", what="time") for _ in range(70)]
    refused = [n for n in waiting[63:] if "64 requests" in c.answer(n)["error"]["message"]]
    assert refused == waiting[63:]
    c.notify("notifications/cancelled", {"requestId": number})
    for n in waiting[:63]:
        assert not c.answer(n)["result"]["isError"]
    c.close()


def case_scenario():
    """Behind a scenario with variables, which runs while the client is answered; one that fails is told of."""
    path = f"{PLACE}/mcp.mtr"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"node add a memory=32M icount=shift=0,sleep=off kernel={GUEST}/count-aarch64.elf\n")
        file.write("start\nrun $time\n")
    c = Client(f"--report={PLACE}/mcp-report", path, "time=3ms").open()
    assert c.tool("look", what="time")["virtual_ns"] == 3000000
    c.close()
    with open(f"{PLACE}/mcp-report/report.json", encoding="utf-8") as file:
        assert json.load(file)["outcome"] == "passed"
    c = Client(path, "time=1000s").open()
    assert c.ask("ping") == {}
    c.close()
    c = Client(path, "time=x").open()
    c.fails("lost", "'x' is not a duration", "look", what="time")
    c.close()
    for words, part in ((["x.mtr", "novalue"], "no KEY=VALUE"), (["--connect", "/x", "y.mtr"], "--connect goes alone")):
        done = subprocess.run([*SERVER, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and part in done.stderr, done


def case_connect():
    """At a metronome that listens, which stays."""
    path = f"{PLACE}/socket/control"
    with subprocess.Popen([os.environ["METRONOME"], "--listen", f"unix:{path}"]) as server:
        while not os.path.exists(path):
            time.sleep(0.01)
        Client("--connect", path).open().boot().close()
        c = Client("--connect", path).open()
        assert c.tool("run", duration="1ms")["virtual_ns"] == 1000000
        c.tool("command", line="quit")
        assert server.wait(PATIENCE) == 0
        c.fails("lost", "metronome has ended", "look", what="status")
        c.close()


def case_gone():
    """A client whose input or output ends in the midst of a run, Ctrl-C, and a metronome that is killed."""
    c = Client().open().boot()
    c.begin("run", duration="1000s")
    running(c)
    c.close()
    c = Client().open().boot()
    c.begin("run", duration="1000s")
    running(c)
    c.process.stdout.close()
    c.send("ping")
    assert c.process.wait(PATIENCE) == 0
    c.process.stdin.close()
    for number in (signal.SIGINT, signal.SIGTERM):
        c = Client().open().boot()
        c.begin("run", duration="1000s")
        running(c)
        c.process.send_signal(number)
        assert c.process.wait(PATIENCE / 2) == 130
    c = Client().open().boot()
    mine = subprocess.run(["pgrep", "-P", str(c.process.pid)], capture_output=True, check=True).stdout.split()
    os.kill(int(mine[0]), signal.SIGKILL)
    c.fails("lost", "exit code -9", "run", duration="1ms")
    assert c.ask("ping") == {}
    c.close()


def case_linger():
    """Begins a run and waits, to be killed."""
    c = Client().open().boot()
    c.begin("run", duration="1000s")
    running(c)
    print("running", flush=True)
    c.read()


for case in sys.argv[1:]:
    globals()[f"case_{case}"]()
