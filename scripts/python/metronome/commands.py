# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands as methods, once for both clients: each hands its request to _do(), which returns the converted result
(Ensemble, for which the types are) or an awaitable of it (AsyncEnsemble)."""
from __future__ import annotations

import re
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple, Union

from .core import Core
from .values import (
    Back,
    ConsoleLine,
    Duration,
    Event,
    LinkWay,
    NodeTime,
    Point,
    Run,
    Step,
    Write,
    duration,
    link_ways,
    node_times,
    points,
)

Pattern = Union[str, "re.Pattern[str]"]


class Match:
    """The line that a wait has found: match[1] is its first group, match[0] the line, and so is str(match).

    virtual_ns: the end of the quantum in which the line began. run: how far the ensemble ran for it; None: it was
    there already.
    """

    def __init__(self, result: Dict[str, Any]):
        self.line: str = result["line"]
        self.virtual_ns: int = result["line_virtual_ns"]
        self.groups: Tuple[str, ...] = tuple(result["groups"])
        self.run = Run.of(result)

    def __getitem__(self, number: int) -> str:
        return self.line if number == 0 else self.groups[number - 1]

    def __str__(self) -> str:
        return self.line

    def __repr__(self) -> str:
        return f"<Match {self.line!r} at {self.virtual_ns} ns>"


class Save:
    """A save of the ensemble, by its name; path: its folder, or None. restore() goes back to it."""

    def __init__(self, ensemble: Commands, name: str, virtual_ns: int, path: Optional[str]):
        self.ensemble = ensemble
        self.name = name
        self.virtual_ns = virtual_ns
        self.path = path

    def restore(self) -> None:
        """Puts the whole ensemble back to this save."""
        return self.ensemble.restore(self)

    def delete(self) -> None:
        """Forgets it; a folder stays."""
        return self.ensemble._do("save", {"delete": self.name}, _nothing)


class Break:
    """A break or watch, by its number."""

    def __init__(self, ensemble: Commands, number: int):
        self.ensemble = ensemble
        self.number = number

    def delete(self) -> None:
        """Deletes it."""
        return self.ensemble._do("delete", {"n": self.number}, _nothing)


def _values(result: Dict[str, Any]) -> Dict[str, int]:
    return {r["name"]: int(r["value"], 16) for r in result["registers"]}


def _nothing(result: Dict[str, Any]) -> None:
    return None


def _text(result: Dict[str, Any]) -> str:
    return str(result.get("text", ""))


def _match(result: Dict[str, Any]) -> Optional[Match]:
    return Match(result) if "line" in result else None


def _step(result: Dict[str, Any]) -> Step:
    return Step(result["executed"], result["icount"], result["virtual_ns"], result["end"], result["instruction"])


class Console:
    """A console of a node: that of its UART 0, or of a further one."""

    def __init__(self, ensemble: Commands, node: str, port: str):
        self._ensemble = ensemble
        self._node = node
        self._port = port

    @property
    def _word(self) -> str:
        return self._node if self._port == "0" else f"{self._node}.{self._port}"

    @property
    def lines(self) -> Deque[ConsoleLine]:
        """Its complete lines so far, with their times."""
        return self._ensemble._core.console(self._node, self._port)

    @property
    def text(self) -> str:
        """Its complete lines so far, as one text."""
        return "".join(line.text + "\n" for line in self.lines)

    def wait_line(
        self, pattern: Pattern, timeout: Duration = "5s", or_break: bool = False, pace: Optional[float] = None
    ) -> Match:
        """Lets the ensemble run until a line matches, and stops at the barrier behind it. Returns its Match.

        timeout: of virtual time; without a match until then it is a CheckFailed. or_break: a break that comes first
        is none, and gives None instead of a Match. pace: how much of virtual time at most passes in one s of the host.
        """
        if not isinstance(pattern, str):
            pattern = pattern.pattern
        params: Dict[str, Any] = {"node": self._word, "regex": pattern, "timeout": duration(timeout)}
        if or_break:
            params["or-break"] = True
        if pace is not None:
            params["pace"] = pace
        return self._ensemble._do("wait-line", params, _match)

    def send(self, text: str) -> None:
        r"""Types text. "\n" is the enter key; every character is typed as it is."""
        typed = "".join(_KEYS.get(c, c if c.isprintable() else f"\\x{ord(c):02x}") for c in text)
        return self._ensemble._do("send", {"node": self._word, "text": typed}, _nothing)


_KEYS = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Node(Console):
    """A node, by its name."""

    def __init__(self, ensemble: Commands, name: str):
        super().__init__(ensemble, name, "0")
        self.name = name

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Node {self.name}>"

    def semihosting(self) -> Console:
        """What its guest writes by semihosting (`semihosting=`); nothing can be sent there."""
        return Console(self._ensemble, self.name, "semi")

    def uart(self, number: int) -> Console:
        """The console of a further UART (`uarts=`)."""
        return Console(self._ensemble, self.name, str(number))

    def time(self) -> NodeTime:
        """Its NodeTime: instruction count, virtual time, idle time."""
        return self._ensemble._do("time", {"node": self.name}, lambda result: node_times(result)[0])

    def regs(self, *names: str, vcpu: Optional[int] = None) -> Dict[str, int]:
        """Registers as {name: int}: the general ones, or those that are named."""
        params: Dict[str, Any] = {"node": self.name if vcpu is None else f"{self.name}.{vcpu}"}
        if names:
            params["reg"] = list(names)
        return self._ensemble._do("regs", params, _values)

    def mem(self, address: Union[int, str], size: int, phys: bool = False) -> bytes:
        """So many bytes (65,536 at most) at an address: a number, or a symbol's name with +OFFSET."""
        params = {"node": self.name, "addr": address, "len": size, "phys": phys}
        return self._ensemble._do("mem", params, lambda result: bytes.fromhex(result["bytes"]))

    def console(self, last: int = 20) -> List[ConsoleLine]:
        """The last lines that the console has printed, at most 400."""
        return self._ensemble._do(
            "console",
            {"node": self.name, "last": last},
            lambda result: [ConsoleLine(self.name, "0", line["virtual_ns"], line["text"]) for line in result["lines"]],
        )

    def step(self, instructions: int = 1, vcpu: Optional[int] = None, mask: bool = True) -> Step:
        """Executes instructions one by one; returns a Step. mask=False lets interrupts and timers act."""
        node = self.name if vcpu is None else f"{self.name}.{vcpu}"
        return self._ensemble._do("step", {"node": node, "n": instructions, "mask": mask}, _step)

    def run(self, instructions: int) -> Run:
        """Lets the ensemble run until this node has executed so many more instructions; returns a Run."""
        return self._ensemble._do("run", {"ninsn": instructions, "on": self.name}, Run.of)

    def run_until(self, instructions: int) -> Run:
        """Lets the ensemble run until this node has executed so many instructions in all; returns a Run."""
        return self._ensemble._do("run-until", {"node": self.name, "ninsn": instructions}, Run.of)

    def reverse(self, instructions: int = 1) -> Back:
        """Takes the whole ensemble back by so many instructions of this node; returns a Back."""
        return self._ensemble._do("reverse-step", {"node": self.name, "n": instructions}, Back.of)

    def reverse_until(self, instructions: int) -> Back:
        """Takes the whole ensemble back to where this node had executed so many instructions; returns a Back."""
        return self._ensemble._do("reverse-until", {"node": self.name, "ninsn": instructions}, Back.of)

    def who_wrote(self, address: Union[int, str], size: int = 8) -> Optional[Write]:
        """Takes the whole ensemble back to the last write to memory of this node, and returns it as a Write. None:
        nothing has written there, and the ensemble stands where its past begins. size: 1 to 64 bytes."""
        return self._ensemble._do("who-wrote", {"node": self.name, "addr": address, "len": size}, Write.of)

    def break_pc(self, address: Union[int, str], **more: Any) -> Break:
        """A Break in front of the instruction at an address."""
        return self._ensemble._break("break.pc", {"node": self.name, "addr": address}, more)

    def break_access(self, address: Union[int, str], size: int = 8, on: str = "write", **more: Any) -> Break:
        """A Break behind an access to memory; on: "write", "read" or "any"."""
        params = {"node": self.name, "addr": address, "len": size, "on": on}
        return self._ensemble._break("break.access", params, more)

    def break_console(self, pattern: Pattern, **more: Any) -> Break:
        """A Break at the barrier behind a line that matches."""
        text = pattern if isinstance(pattern, str) else pattern.pattern
        return self._ensemble._break("break.console", {"node": self.name, "regex": text}, more)

    def break_event(self, event: str, **more: Any) -> Break:
        """A Break behind an event of the guest: "reset", "panic", "watchdog", "suspend", "off" or "exit"."""
        return self._ensemble._break("break.event", {"node": self.name, event: True}, more)

    def qmp(self, command: str, **arguments: Any) -> Any:
        """Sends a QMP command, and returns what QEMU returns, as values of Python."""
        request: Dict[str, Any] = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        return self._ensemble._do("qmp", {"node": self.name, "json": request}, lambda result: result["return"])

    def hmp(self, line: str) -> str:
        """Sends a line to QEMU's human monitor, and returns the answer."""
        return self._ensemble._do("hmp", {"node": self.name, "text": line}, _text)

    def symbols(self, file: str) -> None:
        """Takes names of addresses from an ELF file, a System.map or a kallsyms."""
        return self._ensemble._do("symbols", {"node": self.name, "file": str(file)}, _nothing)

    def remove(self) -> None:
        """Ends its QEMU."""
        return self._ensemble._do("node.remove", {"node": self.name}, _nothing)


End = Union[Node, str]


class Commands:
    """What an ensemble can do. All times are virtual ns, texts with a unit, or timedeltas."""

    _core: Core

    def _do(self, method: str, params: Any, convert: Callable[[Any], Any]) -> Any:
        raise NotImplementedError

    def call(self, method: str, /, **params: Any) -> Any:
        """Any method of metronome-rpc(5), with its result as it is."""
        return self._do(method, params, lambda result: result)

    def command(self, line: str) -> Dict[str, Any]:
        """A line as it would be typed, with variables; returns what it has found, "text" of what it printed."""
        return self._do("cmd", {"line": line}, lambda result: result)

    # --- what there is

    def add_node(self, name: str, **keys: Any) -> Node:
        """Describes a node, by the keys of `node add` (disk_mode= for disk-mode=), and returns its Node; start()
        launches its QEMU. kernel="Image", memory="512M", smp=2, icount="shift=0,sleep=off", …"""
        return self._do("node.add", {"name": name, **_words(keys)}, lambda result: Node(self, name))

    def node(self, name: str) -> Node:
        """A node that is there, by its name."""
        return Node(self, name)

    def nodes(self) -> List[Node]:
        """All nodes, as a list of Node."""
        return self._do("status", {}, lambda result: [Node(self, n["node"]) for n in result["nodes"]])

    def defaults(self, **keys: Any) -> None:
        """Keys for every add_node() that follows."""
        return self._do("defaults", _words(keys), _nothing)

    def link(self, a: End, b: End, **keys: Any) -> None:
        """Joins two ends: nodes, "NODE.N", "NODE.uartN", switches. latency="1ms", bandwidth="1G", loss="0.1%", …"""
        return self._do("link.add", {"end": [str(a), str(b)], **_words(keys)}, _nothing)

    def set_link(self, a: End, b: End, **keys: Any) -> None:
        """Changes a link from now on."""
        return self._do("link.set", {"end": [str(a), str(b)], **_words(keys)}, _nothing)

    def link_down(self, a: End, b: End, at: Optional[Duration] = None) -> None:
        """Lets a link lose all, from now or from a time on."""
        return self._at("link.down", a, b, at)

    def link_up(self, a: End, b: End, at: Optional[Duration] = None) -> None:
        """Lets a link carry frames again."""
        return self._at("link.up", a, b, at)

    def links(self) -> List[LinkWay]:
        """A list of LinkWay, two for each link."""
        return self._do("link.list", {}, link_ways)

    def add_switch(self, name: str) -> str:
        """Makes a switch, and returns its name, which link() takes."""
        return self._do("switch.add", {"name": name}, lambda result: name)

    def seed(self, number: int) -> None:
        """Begins the random numbers of all links anew."""
        return self._do("seed", {"n": number}, _nothing)

    def set_quantum(self, quantum: Duration) -> None:
        """Sets the quantum, or "auto"."""
        return self._do("quantum", {"duration": duration(quantum)}, _nothing)

    # --- what lets time pass

    def start(self) -> None:
        """Launches all nodes, at virtual time 0."""
        return self._do("start", {}, _nothing)

    def run(self, time: Duration, pace: Optional[float] = None) -> Run:
        """Lets so much virtual time pass, and returns a Run; a break may end it sooner."""
        return self._do("run", _paced({"duration": duration(time)}, pace), Run.of)

    def run_until(self, time: Duration, pace: Optional[float] = None) -> Run:
        """Runs to a virtual time, and returns a Run."""
        return self._do("run-until", _paced({"time": duration(time)}, pace), Run.of)

    def barrier(self, n: int = 1) -> Run:
        """Runs n quanta, to a barrier, and returns a Run."""
        return self._do("barrier", {"n": n}, Run.of)

    def pause(self) -> None:
        """Ends a run at the next barrier: from another task than the one that runs (AsyncEnsemble), or from another
        ensemble that drives; that which waits for the run can't."""
        return self._do("pause", {}, _nothing)

    # --- breaks

    def _break(self, method: str, params: Dict[str, Any], more: Dict[str, Any]) -> Break:
        params.update({key.rstrip("_"): value for key, value in more.items()})
        return self._do(method, params, lambda result: Break(self, result["number"]))

    def break_time(self, time: Duration, **more: Any) -> Break:
        """A Break at a virtual time. All breaks take if_="EXPR", once=True, do="COMMANDS"."""
        return self._break("break.time", {"time": duration(time)}, more)

    def break_when(self, expression: str, **more: Any) -> Break:
        """A Break at the barrier at which a comparison becomes true."""
        return self._break("break.when", {"expr": expression}, more)

    def break_packet(self, a: Optional[End] = None, b: Optional[End] = None, **more: Any) -> Break:
        """A Break behind the sending of a packet; filter="tcp port 80"."""
        params: Dict[str, Any] = {"end": [str(a), str(b)]} if a is not None and b is not None else {}
        return self._break("break.packet", params, more)

    def breaks(self) -> List[Dict[str, Any]]:
        """All breaks, as a list of dicts: number, kind, hits, where, over."""
        return self._do("breaks", {}, lambda result: result["breaks"])

    # --- saves

    def save(self, name: str, file: Optional[str] = None) -> Save:
        """Saves the ensemble as it stands, in memory; file: in a folder, too. Returns a Save."""
        params = {"name": name} if file is None else {"name": name, "file": str(file)}
        return self._do("save", params, lambda r: Save(self, r["name"], r["virtual_ns"], r["path"]))

    def restore(self, save: Union[Save, str]) -> None:
        """Puts the ensemble back to a Save, to one by its name, or to that in a folder."""
        return self._do("restore", {"save": save if isinstance(save, str) else save.name}, _nothing)

    def saves(self) -> List[Save]:
        """All saves of this session, as a list of Save."""
        return self._do(
            "saves", {}, lambda result: [Save(self, s["name"], s["virtual_ns"], s["path"]) for s in result["saves"]]
        )

    def restart(self) -> None:
        """Starts all nodes anew at time 0."""
        return self._do("restart", {}, _nothing)

    # --- back in time

    def checkpoint(self, every: Optional[Duration], keep: Optional[int] = None) -> None:
        """Saves the ensemble in memory at each multiple of a virtual time, so that ways back are short (None: no more),
        and keeps the data of so many of them (50)."""
        params: Dict[str, Any] = {"every": "off" if every is None else duration(every)}
        if keep is not None:
            params["keep"] = keep
        return self._do("checkpoint", params, _nothing)

    def points(self) -> List[Point]:
        """The points of the past, as a list of Point."""
        return self._do("checkpoint", {}, points)

    def reverse(self, time: Duration) -> Back:
        """Takes the whole ensemble back by so much virtual time, and returns a Back. Forward again it is the very same
        run, until something new comes from outside."""
        return self._do("reverse", {"duration": duration(time)}, Back.of)

    def reverse_until(self, time: Duration) -> Back:
        """Takes the whole ensemble back to a virtual time, and returns a Back."""
        return self._do("reverse-until", {"time": duration(time)}, Back.of)

    def reverse_continue(self) -> Back:
        """Takes the whole ensemble back to the last hit of any break before now, and returns a Back; without one, to
        where its past begins."""
        return self._do("reverse-continue", {}, Back.of)

    # --- looks

    def check(self, expression: str) -> None:
        """assert: raises CheckFailed unless the comparison holds, such as "a.icount > 1000"; the report lists it."""
        return self._do("assert", {"expr": expression}, _nothing)

    def status(self) -> Dict[str, Any]:
        """Where the ensemble stands and who drives, as a dict; possible at any time."""
        return self.call("status")

    def now(self) -> int:
        """The ensemble's virtual time in ns."""
        return self._do("status", {}, lambda result: result["virtual_ns"])

    def times(self) -> List[NodeTime]:
        """NodeTime of all nodes, as a list."""
        return self._do("time", {}, node_times)

    def stats(self) -> Dict[str, Any]:
        """Barriers, misses and overshoot, as a dict."""
        return self.call("stats")

    def trace(self, last: int = 20, node: Optional[End] = None) -> List[Dict[str, Any]]:
        """The last events of the network, as a list of dicts."""
        params: Dict[str, Any] = {"last": last} if node is None else {"last": last, "node": str(node)}
        return self._do("network.trace", params, lambda result: result["events"])

    def variables(self) -> Dict[str, str]:
        """All variables, as a dict."""
        return self._do("variables", {}, lambda result: result["variables"])

    @property
    def warnings(self) -> List[str]:
        """What metronome has warned of so far, the last 1,000; logged by the logger "metronome", too."""
        return list(self._core.warnings)

    def report(self, folder: str) -> None:
        """Writes the report to a folder now."""
        return self._do("report", {"dir": str(folder)}, _nothing)

    # --- what is told

    def on(self, kind: Optional[str], listener: Callable[[Event], None]) -> None:
        """Calls listener(event) for each notification of a kind (None: of all that are subscribed): "run",
        "barrier", "break", "node", "console", "output", "command", "progress", "warning"."""
        self._core.listen(kind, listener)
        if kind is None or kind in ("dropped", "exit"):
            return self._do("status", {}, _nothing)
        return self._do("subscribe", {"events": [kind]}, _nothing)

    def _at(self, method: str, a: End, b: End, at: Optional[Duration]) -> None:
        params: Dict[str, Any] = {"end": [str(a), str(b)]}
        if at is not None:
            params["at"] = duration(at)
        return self._do(method, params, _nothing)


def _paced(params: Dict[str, Any], pace: Optional[float]) -> Dict[str, Any]:
    return params if pace is None else {**params, "pace": pace}


def _words(keys: Dict[str, Any]) -> Dict[str, Any]:
    """Keys as metronome has them; a path is a text, a timedelta ns."""
    words = {}
    for key, value in keys.items():
        if value is None:
            continue
        if not isinstance(value, (bool, int, float, str)):
            value = duration(value) if hasattr(value, "microseconds") else str(value)
        words[key.replace("_", "-")] = value
    return words
