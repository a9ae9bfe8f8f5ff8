# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives metronome, exact lockstep for QEMU, over its control socket.

    import metronome

    with metronome.Ensemble(quantum="100us") as e:
        a = e.add_node("a", kernel="Image", initrd="initramfs.cpio.gz")
        b = e.add_node("b", kernel="Image", initrd="initramfs.cpio.gz")
        e.link(a, b, latency="1ms")
        e.start()
        print(a.wait_line(r"(\\S+) Mbits/sec", timeout="10s")[1])

Times are whole ns of virtual time (int), texts such as "1ms", or datetime.timedelta. What metronome refuses, or
what fails, is a CommandError with its outcome. AsyncEnsemble is the same for asyncio; metronome.pytest_plugin has
fixtures; `python3 -m metronome.mcp` gives tools to a client of the Model Context Protocol. Nothing but Python 3.9 and
the program metronome is needed.
"""
from .aio import AsyncEnsemble
from .commands import Match, Node, Save
from .errors import (
    CheckFailed,
    CommandError,
    ConnectionLost,
    Error,
    ExactnessLost,
    Interrupted,
    NodeFailed,
    OutputLost,
    ProtocolError,
    UsageError,
)
from .sync import Ensemble
from .values import Back, ConsoleLine, Event, LinkWay, NodeTime, Point, Run, Step, Write, duration

__version__ = "0.1.0"

__all__ = [
    "AsyncEnsemble",
    "Back",
    "CheckFailed",
    "CommandError",
    "ConnectionLost",
    "ConsoleLine",
    "Ensemble",
    "Error",
    "Event",
    "ExactnessLost",
    "Interrupted",
    "LinkWay",
    "Match",
    "Node",
    "NodeFailed",
    "NodeTime",
    "OutputLost",
    "Point",
    "ProtocolError",
    "Run",
    "Save",
    "Step",
    "UsageError",
    "Write",
    "duration",
]
