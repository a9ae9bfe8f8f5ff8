# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol without any input or output: bytes in, messages out. Both clients use it."""
from __future__ import annotations

import collections
import json
import logging
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple

from .errors import ProtocolError, command_error
from .values import ConsoleLine, Duration, Event, duration

_log = logging.getLogger("metronome")

VERSION = 1
# Of a node's console, so many lines are kept.
KEPT_LINES = 100_000
KEPT_WARNINGS = 1000
# While more requests than 64 wait, metronome reads nothing, not even a `cancel`.
MOST_WAITING = 60


def opening(
    role: str, name: str, consoles: bool, scenario: bool, quantum: Optional[Duration]
) -> List[Tuple[str, Dict[str, Any]]]:
    """The requests with which a client begins, in their order: methods and parameters."""
    requests: List[Tuple[str, Dict[str, Any]]] = [("hello", {"version": VERSION, "role": role, "name": name})]
    requests.append(("subscribe", {"events": ["warning", "console"] if consoles else ["warning"]}))
    if scenario:
        requests.append(("saves", {}))  # which waits until the scenario is over
    if quantum is not None:
        requests.append(("quantum", {"duration": duration(quantum)}))
    return requests


class Core:
    """One connection: which requests wait, what was answered, what was told."""

    def __init__(self) -> None:
        self._id = 0
        self._buffer = bytearray()
        self._methods: Dict[int, str] = {}
        self._answers: Dict[int, Dict[str, Any]] = {}
        self._listeners: List[Tuple[Optional[str], Callable[[Event], None]]] = []
        self._events: Deque[Event] = collections.deque()
        self.consoles: Dict[Tuple[str, str], Deque[ConsoleLine]] = {}
        self.warnings: Deque[str] = collections.deque(maxlen=KEPT_WARNINGS)
        self.dropped = 0
        self.exit: Optional[Dict[str, Any]] = None

    def request(self, method: str, params: Any) -> Tuple[int, bytes]:
        """The number of a request and the bytes to send for it."""
        message = {"jsonrpc": "2.0", "id": self._id + 1, "method": method}
        if params:
            message["params"] = params
        data = json.dumps(message, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        self._id += 1
        self._methods[self._id] = method
        return self._id, data

    def feed(self, data: bytes) -> List[int]:
        """Takes what has come; returns the numbers of the requests that are answered by it."""
        start = len(self._buffer)
        self._buffer += data
        done: List[int] = []
        end = self._buffer.rfind(b"\n", start)
        if end < 0:
            return done
        lines = bytes(self._buffer[:end]).split(b"\n")
        del self._buffer[: end + 1]
        for line in lines:
            number = self._take(line)
            if number is not None:
                done.append(number)
        return done

    def _take(self, line: bytes) -> Optional[int]:
        try:
            message = json.loads(line)
            if "method" in message:
                self._tell(message["method"], message["params"])
                return None
            number = message["id"]
            if number in self._methods:
                self._answers[number] = message
                return int(number)
            error = message.get("error", {}).get("message", "an answer to nothing")
        except (ValueError, KeyError, TypeError) as wrong:
            raise ProtocolError(f"this is no message of metronome: {line[:200]!r}") from wrong
        raise ProtocolError(error)

    def _tell(self, kind: str, params: Dict[str, Any]) -> None:
        if kind == "console":
            line = ConsoleLine(params["node"], params["port"], params["virtual_ns"], params["text"])
            self.console(line.node, line.port).append(line)
        elif kind == "warning":
            self.warnings.append(params["text"])
            _log.warning("%s", params["text"])
        elif kind == "dropped":
            self.dropped += params["notifications"]
        elif kind == "exit":
            self.exit = params
        if self._listeners:
            self._events.append(Event(kind, params))

    def dispatch(self) -> None:
        """Calls the listeners for what was told since the last call. One may make requests itself."""
        while self._events:
            event = self._events.popleft()
            for wanted, listener in list(self._listeners):
                if wanted is None or wanted == event.kind:
                    listener(event)

    def console(self, node: str, port: str) -> Deque[ConsoleLine]:
        """The lines of a console that were told, the oldest first."""
        return self.consoles.setdefault((node, port), collections.deque(maxlen=KEPT_LINES))

    def answered(self, number: int) -> bool:
        return number in self._answers

    def result(self, number: int) -> Any:
        """The result of a request that is answered; its error is raised."""
        method = self._methods.pop(number)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise command_error(method, answer["error"])
        return answer["result"]

    def forget(self, number: int) -> None:
        """Nobody waits for this answer any more; it must have come."""
        self._methods.pop(number, None)
        self._answers.pop(number, None)

    def listen(self, kind: Optional[str], listener: Callable[[Event], None]) -> None:
        self._listeners.append((kind, listener))
