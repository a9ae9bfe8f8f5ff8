# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that commands take and return."""
from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple, Union

Duration = Union[int, str, datetime.timedelta]


def duration(value: Duration) -> Union[int, str]:
    """A time as the control socket takes it: whole ns, or a text with a unit ("1ms", "2.5s")."""
    if isinstance(value, datetime.timedelta):
        return ((value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds) * 1000
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError(f"{value!r} is no time: whole ns, a text such as '1ms', or a timedelta is expected")
    return value


@dataclass(frozen=True)
class Run:
    """How a run ended.

    end: "reached", "break", "matched", "stopped", "time-up", "exited" or "empty".
    why: a sentence, if it did not reach its goal. break_number: of the break that stopped it, or 0.
    virtual_ns: where the ensemble stands. barriers, missed: of this run. host_ns: how long it took. warnings: what
    metronome has warned of meanwhile.
    """

    end: str
    why: Optional[str]
    break_number: int
    virtual_ns: int
    barriers: int
    missed: int
    host_ns: int
    warnings: Tuple[str, ...] = ()

    @classmethod
    def of(cls, result: Dict[str, Any]) -> Run:
        return cls(
            result["end"],
            result["why"],
            result["break"],
            result["virtual_ns"],
            result["barriers"],
            result["missed"],
            result["host_ns"],
            tuple(result.get("warnings", ())),
        )


@dataclass(frozen=True)
class Step:
    """Single steps: how many instructions were executed, the node's count and time (ns) behind them, what ended
    them, and the next instruction as QEMU shows it."""

    executed: int
    icount: int
    virtual_ns: int
    end: str
    instruction: Optional[str]


@dataclass(frozen=True)
class Back:
    """How a way back in time ended.

    end: "reached", or "beginning": there was nothing to go back to, so the ensemble stands where its past begins.
    why: what was hit there, a sentence. break_number: of the break that was hit, or 0. node: that was stopped at an
    instruction. virtual_ns: where the ensemble stands. host_ns: how long it took.
    """

    end: str
    why: Optional[str]
    break_number: int
    node: Optional[str]
    virtual_ns: int
    host_ns: int

    @classmethod
    def of(cls, result: Dict[str, Any]) -> Back:
        return cls(
            result["end"],
            result["why"],
            result["break"],
            result["node"],
            result["virtual_ns"],
            result["host_ns"],
        )


@dataclass(frozen=True)
class Write:
    """What wrote to memory last.

    by: "instruction" or "journal". pc, place: of the instruction, as a number and with the name of its function; else
    None. entry: number in the journal of what wrote from outside, else 0. icount, virtual_ns: the node's count and time
    at the write. before, after: the bytes. unseen: something that no instruction of this address did has changed them
    since.
    """

    by: str
    pc: Optional[int]
    place: Optional[str]
    entry: int
    icount: int
    virtual_ns: int
    before: bytes
    after: bytes
    unseen: bool

    @classmethod
    def of(cls, result: Dict[str, Any]) -> Optional[Write]:
        if "by" not in result:
            return None
        return cls(
            result["by"],
            None if result["pc"] is None else int(result["pc"], 16),
            result["place"],
            result["entry"],
            result["icount"],
            result["write_virtual_ns"],
            bytes.fromhex(result["before"]),
            bytes.fromhex(result["after"]),
            result["unseen"],
        )


@dataclass(frozen=True)
class Point:
    """A point of the past that a way back begins at. kind: "start", "save" or "checkpoint". bytes: memory that its
    data takes, 0 where it was thinned out."""

    kind: str
    virtual_ns: int
    bytes: int


@dataclass(frozen=True)
class NodeTime:
    """A node's clock: instructions executed, virtual time and idle time of it (bias_ns), and how far it is from the
    ensemble (offset_ns), all in ns but icount."""

    node: str
    state: str
    icount: int
    virtual_ns: int
    bias_ns: int
    offset_ns: int


@dataclass(frozen=True)
class LinkWay:
    """One direction of a link: latency in ns, counts of frames, options as typed."""

    from_end: str
    to_end: str
    latency_ns: int
    sent: int
    delivered: int
    lost: int
    dropped_in_queue: int
    dropped_while_down: int
    carried: int
    options: str
    removed: bool


@dataclass(frozen=True)
class ConsoleLine:
    """A complete line of a console; virtual_ns: the end of the quantum in which it began. port: "0", the number of
    a further UART, or "semi"."""

    node: str
    port: str
    virtual_ns: int
    text: str


@dataclass(frozen=True)
class Event:
    """A notification: its kind ("run", "barrier", "break", "node", "output", "command", "progress", "console" or
    "warning") and its members, see metronome-rpc(5)."""

    kind: str
    params: Dict[str, Any] = field(default_factory=dict)


def node_times(result: Dict[str, Any]) -> List[NodeTime]:
    return [
        NodeTime(n["node"], n["state"], n["icount"], n["virtual_ns"], n["bias_ns"], n["offset_ns"])
        for n in result["nodes"]
    ]


def points(result: Dict[str, Any]) -> List[Point]:
    return [Point(p["kind"], p["virtual_ns"], p["bytes"]) for p in result["points"]]


def link_ways(result: Dict[str, Any]) -> List[LinkWay]:
    return [
        LinkWay(
            way["from"],
            way["to"],
            way["latency_ns"],
            way["sent"],
            way["delivered"],
            way["lost"],
            way["dropped_in_queue"],
            way["dropped_while_down"],
            way["carried"],
            way["options"],
            way["removed"],
        )
        for way in result["links"]
    ]
