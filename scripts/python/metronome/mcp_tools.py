# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of mcp.py: what they are for, what they take, and which method of metronome-rpc(5) each of them is."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

Schema = Dict[str, Any]
# By a kind's name the method, and what the parameters of the tool are called there.
Kinds = Dict[str, Tuple[str, Dict[str, str]]]


def _text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def _count(description: str, least: int = 1, **more: Any) -> Schema:
    return {"type": "integer", "minimum": least, "description": description, **more}


_NODE = _text("a node, by its name; `look` at nodes lists them")
_TIME = "a time with its unit, such as 10us, 2.5ms or 3s"


@dataclass(frozen=True)
class Tool:
    """A tool: its name, what is said of it, and its parameters. looks: it changes nothing."""

    name: str
    description: str
    properties: Dict[str, Schema]
    required: List[str] = field(default_factory=list)
    looks: bool = False

    @property
    def schema(self) -> Schema:
        schema: Schema = {"type": "object", "properties": self.properties, "additionalProperties": False}
        return {**schema, "required": self.required} if self.required else schema

    def describe(self) -> Dict[str, Any]:
        """As tools/list has it."""
        hints = {"readOnlyHint": self.looks, "openWorldHint": False}
        return {"name": self.name, "description": self.description, "inputSchema": self.schema, "annotations": hints}


_LOOKS: Kinds = {
    "status": ("status", {}),
    "nodes": ("node.list", {"node": "node"}),
    "time": ("time", {"node": "node"}),
    "stats": ("stats", {}),
    "registers": ("regs", {"node": "node"}),
    "memory": ("mem", {"node": "node", "address": "addr", "size": "len"}),
    "console": ("console", {"node": "node", "last": "last"}),
    "links": ("link.list", {}),
    "packets": ("network.packets", {"node": "node", "last": "last"}),
    "breaks": ("breaks", {}),
    "saves": ("saves", {}),
    "journal": ("journal", {"node": "node", "last": "last"}),
    "points": ("checkpoint", {}),
}

_BREAKS: Kinds = {
    "time": ("break.time", {"time": "time"}),
    "pc": ("break.pc", {"node": "node", "address": "addr"}),
    "access": ("break.access", {"node": "node", "address": "addr", "size": "len", "on": "on"}),
    "line": ("break.console", {"node": "node", "regex": "regex"}),
    "when": ("break.when", {"expression": "expr"}),
    "event": ("break.event", {"node": "node"}),
}
_WRITER: Kinds = {"who_wrote": ("who-wrote", {"node": "node", "address": "addr", "size": "len"})}
_EVENTS = ["reset", "panic", "watchdog", "suspend", "off", "exit"]

TOOLS = [
    Tool(
        "run",
        "Let virtual time pass for the whole ensemble: for a duration, until a virtual time, or until a node has"
        " executed so many more instructions; give one of these. Says how it ended (end: reached, break, exited, ...),"
        " where (virtual_ns, in ns) and how many barriers were missed.",
        {
            "duration": _text(f"how much virtual time is to pass: {_TIME}"),
            "until": _text(f"the virtual time to stop at: {_TIME}"),
            "instructions": _count("how many instructions the node is to execute; with node"),
            "node": _NODE,
        },
    ),
    Tool(
        "wait_line",
        "Let virtual time pass until a line of a node's console matches, and stop at the barrier behind it. Lines that"
        " were there before and were not waited for yet count. It fails if none matches in time.",
        {
            "node": _NODE,
            "regex": _text("a regular expression (PCRE) for a part of a line; groups are handed back"),
            "timeout": _text(f"how much virtual time may pass: {_TIME}; 5s without it"),
        },
        ["node", "regex"],
    ),
    Tool(
        "look",
        "Look at the ensemble as it stands; nothing changes. Times are in ns (..._ns); registers, addresses and memory"
        " are hexadecimal. registers, memory and console take a node; memory takes address and size, too.",
        {
            "what": _text("what to look at", enum=list(_LOOKS)),
            "node": _NODE,
            "address": _text("an address: 0x..., or a symbol's name with +OFFSET"),
            "size": _count("bytes of memory", maximum=65536),
            "last": _count("how many lines, packets or entries at most; 20 without it"),
        },
        ["what"],
        looks=True,
    ),
    Tool(
        "break",
        "Set a break, which ends a run where it fires, and get its number; or delete one. time takes time; pc takes"
        " node and address; access takes node, address, size (bytes) and on; line takes node and regex; when takes"
        " expression; event takes node and event.",
        {
            "kind": _text("what the break is for", enum=list(_BREAKS)),
            "time": _text(f"a virtual time: {_TIME}"),
            "node": _NODE,
            "address": _text("an address: 0x..., or a symbol's name with +OFFSET"),
            "size": _count("bytes that are watched; 8 without it", maximum=65536),
            "on": _text("which access", enum=["write", "read", "any"]),
            "regex": _text("a regular expression (PCRE) for a part of a line of the console"),
            "expression": _text("a comparison, looked at at each barrier, such as: a.icount > 1000000"),
            "event": _text("what happens to the guest", enum=_EVENTS),
            "if": _text("a comparison that has to hold as well"),
            "once": {"type": "boolean", "description": "whether it is deleted when it has fired"},
            "delete": _count("the number of a break to delete, in place of all others"),
        },
    ),
    Tool(
        "save",
        "Save the whole ensemble as it stands, under a name; go_back leads there. In memory, or in a folder, too.",
        {"name": _text("its name"), "file": _text("the folder, which another metronome can begin with")},
        ["name"],
    ),
    Tool(
        "go_back",
        "Put the whole ensemble back, guests, network and virtual time (virtual_ns): to a save; or in time, by a duration,"
        " to a virtual time, by instructions of a node, or to the last hit of any break before now; give one of these."
        " Forward again from there it is the very same run, until something new comes from outside. In time it can go"
        " back as far as the first of the points that `look` shows; `command` checkpoint every=100ms makes ways back"
        " short.",
        {
            "save": _text("the name of a save, or its folder"),
            "duration": _text(f"how much virtual time to go back: {_TIME}"),
            "until": _text(f"the virtual time to go back to: {_TIME}"),
            "instructions": _count("by how many instructions of the node; with node"),
            "node": _NODE,
            "last_break": {"type": "boolean", "description": "true: to the last hit of any break before now"},
        },
    ),
    Tool(
        "who_wrote",
        "Go back in time to the last write to a node's memory before now: which instruction wrote (place, pc), when"
        " (write_virtual_ns, icount), and the bytes before and after; or the entry of the journal, if it came from"
        " outside. The ensemble stands there then. Without such a write: end is beginning, and it stands where its past"
        " begins.",
        {
            "node": _NODE,
            "address": _text("a virtual address: 0x..., or a symbol's name with +OFFSET"),
            "size": _count("bytes of memory; 8 without it", maximum=64),
        },
        ["node", "address"],
    ),
    Tool(
        "command",
        "Carry out one command as it would be typed, such as: node add a kernel=Image memory=256M, link add a b"
        " latency=1ms, start, send a 'ls\\n', mem write a 0x40000000 de ad. `help` lists all commands, `help COMMAND`"
        " explains one.",
        {"line": _text("the command")},
        ["line"],
    ),
]

_TYPES: Dict[str, Tuple[type, str]] = {
    "string": (str, "a text"),
    "integer": (int, "a whole number"),
    "boolean": (bool, "true or false"),
}


def wrong(schema: Schema, arguments: Any) -> Optional[str]:
    """What is wrong with the arguments of a tool by its schema; None: nothing is."""
    if not isinstance(arguments, dict):
        return "'arguments' has to be an object"
    known = schema["properties"]
    for name, value in arguments.items():
        if name not in known:
            return f"'{name}' is no parameter: there are {', '.join(known)}"
        kind, title = _TYPES[known[name]["type"]]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            return f"'{name}' has to be {title}"
        if value not in known[name].get("enum", [value]):
            return f"'{name}' has to be one of {', '.join(known[name]['enum'])}"
        if kind is int and not known[name]["minimum"] <= value <= known[name].get("maximum", (1 << 63) - 1):
            return f"'{name}' is out of range: at least {known[name]['minimum']}" + (
                f", at most {known[name]['maximum']}" if "maximum" in known[name] else ""
            )
    missing = [name for name in schema.get("required", []) if name not in arguments]
    return f"'{missing[0]}' is missing" if missing else None


def _one_of(kinds: Kinds, kind: str, given: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
    method, names = kinds[kind]
    for name in given:
        if name not in names:
            raise ValueError(f"{kind} takes no '{name}'" + (f": it takes {', '.join(names)}" if names else ""))
    return method, {names[name]: value for name, value in given.items()}


def _break(given: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
    more = {name: given.pop(name) for name in ("if", "once") if name in given}
    number, kind, event = given.pop("delete", None), given.pop("kind", None), given.get("event")
    if number is not None:
        if given or more or kind:
            raise ValueError("'delete' goes alone")
        return "delete", {"n": number}
    if kind is None:
        raise ValueError("'kind' is missing, or 'delete'")
    if kind == "event":
        if event is None:
            raise ValueError("event: 'event' is missing")
        more[given.pop("event")] = True
    method, params = _one_of(_BREAKS, kind, given)
    return method, {**params, **more}


def _run(given: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
    kinds = {"duration", "until", "instructions"} & set(given)
    if len(kinds) != 1 or ("node" in given) != ("instructions" in given):
        raise ValueError("run: give 'duration', or 'until', or 'instructions' with 'node'")
    if "until" in given:
        return "run-until", {"time": given["until"]}
    if "duration" in given:
        return "run", {"duration": given["duration"]}
    return "run", {"ninsn": given["instructions"], "on": given["node"]}


def _go_back(given: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
    ways = [name for name in ("save", "duration", "until", "instructions", "last_break") if given.get(name)]
    if len(ways) != 1 or ("node" in given) != ("instructions" in given):
        raise ValueError(
            "go_back: give 'save', or 'duration', or 'until', or 'instructions' with 'node', or 'last_break' as true"
        )
    value = given[ways[0]]
    return {
        "save": ("restore", {"save": value}),
        "duration": ("reverse", {"duration": value}),
        "until": ("reverse-until", {"time": value}),
        "instructions": ("reverse-step", {"node": given.get("node"), "n": value}),
        "last_break": ("reverse-continue", {}),
    }[ways[0]]


def request(tool: str, arguments: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
    """The method of metronome-rpc(5) and its parameters for a call of a tool, whose arguments fit its schema. A
    ValueError says which do not go together."""
    given = dict(arguments)
    if tool == "run":
        return _run(given)
    if tool == "look":
        return _one_of(_LOOKS, given.pop("what"), given)
    if tool == "break":
        return _break(given)
    if tool == "save":
        return "save", given
    if tool == "go_back":
        return _go_back(given)
    if tool == "who_wrote":
        return _one_of(_WRITER, "who_wrote", given)
    return {"wait_line": ("wait-line", given), "command": ("cmd", given)}[tool]
