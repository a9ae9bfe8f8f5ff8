# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of the Model Context Protocol: tools that drive an ensemble, over standard input and output.

    python3 -m metronome.mcp [--connect PATH] [--report DIR] [--from SAVE] [--qemu PROGRAM] [FILE [KEY=VALUE...]]

It starts a metronome with the scenario FILE, or with nothing, and ends it when standard input ends; --connect takes one
that listens (`metronome --listen`), which stays. Its tools are `run`, `wait_line`, `look`, `break`, `save`, `go_back`
and `command`, which is any command of metronome-scenario(5). Results are those of metronome-rpc(5). A command that
fails is a result with isError, which has its outcome. What a client cancels ends at the next barrier.

Spoken are the versions with a handshake, 2024-11-05, 2025-06-18 and 2025-11-25, and 2026-07-28, which has none
(https://modelcontextprotocol.io/specification).
"""
from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from typing import Any, Dict, Iterator, Optional, Tuple

from . import __version__
from .aio import AsyncEnsemble
from .errors import CommandError, ConnectionLost, Error
from .mcp_tools import TOOLS, Tool, request, wrong
from .process import END_PATIENCE

HANDSHAKE = ["2025-11-25", "2025-06-18", "2024-11-05"]
VERSIONS = ["2026-07-28", *HANDSHAKE]
MAX_LINE = 1 << 20
MAX_CALLS = 64
_META = "io.modelcontextprotocol/"
_CAPABILITIES: Dict[str, Any] = {"tools": {}}
_INFO = {"name": "metronome", "title": "metronome: exact lockstep for QEMU", "version": __version__}
_INSTRUCTIONS = (
    "metronome drives several QEMU guests whose virtual clocks advance together. Nothing runs between calls: `run` and"
    " `wait_line` let virtual time pass, and the same commands from the same save give the same result. `command` with"
    " the line `help` lists all commands."
)


class Refused(Exception):
    """An error of JSON-RPC, with its code."""

    def __init__(self, code: int, message: str, data: Optional[Dict[str, Any]] = None):
        super().__init__(message)
        self.error: Dict[str, Any] = {"code": code, "message": message, **({"data": data} if data else {})}


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _read(line: bytes) -> Dict[str, Any]:
    if len(line) > MAX_LINE:
        raise Refused(-32700, "a message has more than 1 MiB")
    try:
        message = json.loads(line.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(-32700, f"this is no JSON: {error}") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise Refused(-32600, 'a message is one object with "jsonrpc":"2.0"')
    return message


class Server:
    """One client, and the ensemble that its tools drive."""

    def __init__(self, ensemble: AsyncEnsemble):
        self._ensemble = ensemble
        self._opened: Optional[asyncio.Task[AsyncEnsemble]] = None
        self._calls: Dict[Any, asyncio.Task[None]] = {}
        self._main: Optional[asyncio.Task[Any]] = None
        self._gone = False  # nobody reads answers any more
        self._lost: Optional[OSError] = None  # why an answer could not be written, such as a full disk

    # --- messages

    def _send(self, message: Dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
        try:
            while data:
                data = data[os.write(1, data) :]
        except OSError as error:
            self._gone = True
            self._lost = None if isinstance(error, BrokenPipeError) else error
            if self._main:
                self._main.cancel()

    def take(self, line: bytes) -> None:
        """A line of the client, which may begin a request."""
        number: Any = None
        try:
            message = _read(line)
            if "method" not in message and ("result" in message or "error" in message):
                return  # an answer: nothing was asked
            method, number = message.get("method"), message.get("id")
            params = message.get("params", {})
            if "id" in message and (isinstance(number, bool) or not isinstance(number, (int, str))):
                number = None
                raise Refused(-32600, '"id" is a whole number or a text')
            if not isinstance(method, str) or not isinstance(params, dict):
                raise Refused(-32600, '"method" is a text, "params" an object')
            if "id" not in message:
                self._notice(method, params)
            elif number in self._calls:
                raise Refused(-32600, f"the request {number!r} is not answered yet")
            elif len(self._calls) >= MAX_CALLS:
                raise Refused(-32603, f"{MAX_CALLS} requests are not answered yet: no more are taken")
            else:
                self._calls[number] = asyncio.ensure_future(self._answer(number, method, params))
        except Refused as refused:
            self._send({"id": number, "error": refused.error})

    def _notice(self, method: str, params: Dict[str, Any]) -> None:
        number = params.get("requestId")
        if method == "notifications/cancelled" and isinstance(number, (int, str)) and number in self._calls:
            self._calls[number].cancel()

    async def _answer(self, number: Any, method: str, params: Dict[str, Any]) -> None:
        try:
            result = await self._serve(method, params)
            answer: Dict[str, Any] = {"result": result}
        except Refused as refused:
            answer = {"error": refused.error}
        except Exception as error:  # a fault of this server: the client is not left waiting
            answer = {"error": Refused(-32603, f"{type(error).__name__}: {error}").error}
        finally:
            del self._calls[number]
        self._send({"id": number, **answer})

    # --- requests

    async def _serve(self, method: str, params: Dict[str, Any]) -> Dict[str, Any]:
        meta = params.get("_meta", {})
        modern = isinstance(meta, dict) and _META + "protocolVersion" in meta
        if modern or method == "server/discover":
            self._check_meta(meta)
        if method == "initialize":
            wanted = params.get("protocolVersion")
            version = wanted if wanted in HANDSHAKE else HANDSHAKE[0]
            result: Dict[str, Any] = {"protocolVersion": version, "serverInfo": _INFO}
        elif method == "server/discover":
            result = {"supportedVersions": VERSIONS}
        elif method == "tools/list":
            if params.get("cursor") is not None:
                raise Refused(-32602, "there is one page: no 'cursor' is known")
            result = {"tools": [tool.describe() for tool in TOOLS]}
        elif method == "tools/call":
            result = await self._call(params)
        elif method == "ping":
            result = {}
        else:
            raise Refused(-32601, f"there is no method '{method}'")
        if method in ("initialize", "server/discover"):
            result.update(capabilities=_CAPABILITIES, instructions=_INSTRUCTIONS)
        if modern and method in ("server/discover", "tools/list"):
            result.update(ttlMs=3_600_000, cacheScope="public")
        if modern:
            result.update(resultType="complete", _meta={_META + "serverInfo": _INFO})
        return result

    def _check_meta(self, meta: Any) -> None:
        version = meta.get(_META + "protocolVersion") if isinstance(meta, dict) else None
        if not isinstance(version, str) or not isinstance(meta.get(_META + "clientCapabilities"), dict):
            raise Refused(-32602, f"'_meta' has to have '{_META}protocolVersion' and '{_META}clientCapabilities'")
        if version not in VERSIONS:
            data = {"supported": VERSIONS, "requested": version}
            raise Refused(-32022, f"version {version} of the protocol is not spoken", data)

    async def _call(self, params: Dict[str, Any]) -> Dict[str, Any]:
        tool = next((t for t in TOOLS if t.name == params.get("name")), None)
        arguments = params.get("arguments", {})
        if tool is None:
            raise Refused(-32602, f"unknown tool: {params.get('name')!r}")
        try:
            return _result(await self._carry_out(tool, arguments), False)
        except CommandError as error:
            found = {"outcome": error.outcome, "exit_code": error.exit_code, "result": error.result}
            return _result(found, True, str(error))
        except (Error, ValueError) as error:
            return _result({"outcome": "usage" if isinstance(error, ValueError) else "lost"}, True, str(error))

    async def _carry_out(self, tool: Tool, arguments: Any) -> Dict[str, Any]:
        why = wrong(tool.schema, arguments)
        if why:
            raise ValueError(f"{tool.name}: {why}")
        method, params = request(tool.name, arguments)
        if self._opened is None:
            raise Error("metronome was not started")
        await asyncio.shield(self._opened)
        result = await self._ensemble.call(method, **params)
        return result if isinstance(result, dict) else {"result": result}

    # --- from begin to end

    async def run(self, lines: asyncio.Queue[Optional[bytes]]) -> None:
        """Serves until the lines end; then all that is under way is interrupted, and the ensemble is ended."""
        self._main = asyncio.current_task()
        self._opened = asyncio.ensure_future(self._ensemble.__aenter__())
        try:
            while (line := await lines.get()) is not None:
                if line.strip():
                    self.take(line)
        except asyncio.CancelledError:
            if not self._gone:
                raise
        finally:
            tasks = [*self._calls.values(), self._opened]
            for task in tasks:
                task.cancel()
            done, _ = await asyncio.wait(tasks, timeout=END_PATIENCE)
            for task in done:
                _ = task.cancelled() or task.exception()  # nobody asks for it any more
            await self._ensemble.close()
        if self._lost:
            raise ConnectionLost(f"can't write to standard output: {self._lost.strerror}")


def _result(found: Dict[str, Any], failed: bool, message: Optional[str] = None) -> Dict[str, Any]:
    text = json.dumps(found, ensure_ascii=False) if message is None else f"{found['outcome']}: {message}"
    return {"content": [{"type": "text", "text": text}], "structuredContent": found, "isError": failed}


def _lines() -> Iterator[bytes]:
    """Lines of standard input; of one that is too long its begin, and more than may be."""
    held = b""
    skipping = False
    while True:
        chunk = os.read(0, 1 << 16)
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            if not skipping:
                yield line
            skipping = False
        if len(held) > MAX_LINE:
            if not skipping:
                yield held
            held, skipping = b"", True
        if not chunk:
            if held and not skipping:
                yield held
            return


def _pump(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[Optional[bytes]]) -> None:
    """A thread of its own, as standard input may be a file, too. It waits while many lines are not taken."""
    try:
        for line in _lines():
            asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()
        asyncio.run_coroutine_threadsafe(lines.put(None), loop).result()
    except RuntimeError:
        pass  # the loop has ended


async def _main(options: Dict[str, Any]) -> None:
    lines: asyncio.Queue[Optional[bytes]] = asyncio.Queue(MAX_CALLS)
    task = asyncio.current_task()
    assert task
    # asyncio's own way would cancel the reading of metronome's answers, too.
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    threading.Thread(target=_pump, args=(asyncio.get_running_loop(), lines), daemon=True).start()
    await Server(AsyncEnsemble(**options)).run(lines)


def _variable(word: str) -> Tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"'{word}' is no KEY=VALUE")
    return key, value


def _options() -> Dict[str, Any]:
    parser = argparse.ArgumentParser(
        prog="python3 -m metronome.mcp",
        description="Drives a metronome by tools of the Model Context Protocol, over standard input and output.",
    )
    parser.add_argument("--connect", metavar="PATH", help="drive the metronome that listens there")
    parser.add_argument("--report", metavar="DIR", help="write the report to this folder in the end")
    parser.add_argument("--from", dest="save", metavar="SAVE", help="begin with the save in this folder")
    parser.add_argument("--qemu", metavar="PROGRAM", help="the QEMU program of nodes that name none")
    parser.add_argument("scenario", nargs="?", metavar="FILE", help="a scenario to run first")
    parser.add_argument("variables", nargs="*", type=_variable, metavar="KEY=VALUE", help="its variables")
    options = vars(parser.parse_args())
    options["variables"] = dict(options["variables"])
    if options["connect"] and any(value for key, value in options.items() if key != "connect"):
        parser.error("--connect goes alone")
    return {key: value for key, value in options.items() if value}


def main() -> int:
    """The exit code: 0 when the client is gone, 130 on Ctrl-C or SIGTERM, 2 when answers can't be written."""
    if sys.stdout is None:  # the number of the descriptor would be that of another file
        print("metronome.mcp: standard output is closed", file=sys.stderr)
        return 2
    try:
        asyncio.run(_main({**_options(), "name": "mcp"}))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return 130
    except ConnectionLost as error:
        print(f"metronome.mcp: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
