# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as exceptions that say what came of it."""
from __future__ import annotations

from typing import Any, Dict, Optional


class Error(Exception):
    """Any error of this package."""


class ProtocolError(Error):
    """The program at the other end is no metronome that speaks version 1."""


class ConnectionLost(Error):
    """metronome has ended, or could not be started.

    stderr: what it wrote last, if this package has started it. exit_code: of its process, or None.
    """

    def __init__(self, message: str, stderr: str = "", exit_code: Optional[int] = None):
        super().__init__(message + (f"\n{stderr.rstrip()}" if stderr.strip() else ""))
        self.stderr = stderr
        self.exit_code = exit_code


class CommandError(Error):
    """A command failed, or was refused; the ensemble is as it was left.

    outcome: "failed", "usage", "node-failed", "exactness-lost", "output-lost" or "interrupted".
    exit_code: what a run of metronome that failed so would end with.
    code: of JSON-RPC.
    method: what was asked for.
    result: what the command has found all the same; of a run that stopped early, where; its "warnings".
    """

    def __init__(self, method: str, message: str, code: int, data: Dict[str, Any]):
        super().__init__(message)
        self.method = method
        self.code = code
        self.outcome: str = data.get("outcome", "usage")
        self.exit_code: int = data.get("exit_code", 2)
        self.result: Dict[str, Any] = data.get("result", {})


class CheckFailed(CommandError):
    """An assert did not hold, or no line matched."""


class UsageError(CommandError):
    """metronome does not understand this, or can't do it now."""


class NodeFailed(CommandError):
    """A node, its QEMU or another host has failed."""


class ExactnessLost(CommandError):
    """A boundary was missed."""


class OutputLost(CommandError):
    """A file could not be written."""


class Interrupted(CommandError):
    """The command was cancelled."""


_BY_OUTCOME = {
    "failed": CheckFailed,
    "usage": UsageError,
    "node-failed": NodeFailed,
    "exactness-lost": ExactnessLost,
    "output-lost": OutputLost,
    "interrupted": Interrupted,
}
_CANCELLED = -32003
# metronome ends: what follows is the end of the connection.
ENDING = -32004


def command_error(method: str, error: Dict[str, Any]) -> CommandError:
    """The exception for an error of JSON-RPC."""
    data = error.get("data") or {}
    kind = Interrupted if error["code"] == _CANCELLED else _BY_OUTCOME.get(data.get("outcome", "usage"), CommandError)
    return kind(method, error["message"], error["code"], data)
