# SPDX-License-Identifier: GPL-3.0-or-later
"""The client for asyncio: each method returns an awaitable of what Ensemble's returns."""
from __future__ import annotations

import asyncio
import os
import tempfile
from types import TracebackType
from typing import IO, Any, Callable, Dict, Optional, Sequence, Set, Type

from . import process
from .commands import Commands
from .core import MOST_WAITING, Core, opening
from .errors import ENDING, CommandError, ConnectionLost, Error
from .values import Duration

_CHUNK = 1 << 16
# For type checkers: the methods return awaitables here, and the types of Commands are those of Ensemble.
_Base: Any = Commands


class AsyncEnsemble(_Base):
    """As Ensemble, for `async with`; e.run("1ms") and all others are to be awaited.

    Several tasks may use it: metronome carries their commands out one after the other. A task that is cancelled
    interrupts its command, at the next barrier, and waits for that.
    """

    def __init__(
        self,
        *,
        quantum: Optional[Duration] = None,
        scenario: Optional[str] = None,
        variables: Optional[Dict[str, object]] = None,
        save: Optional[str] = None,
        report: Optional[str] = None,
        qemu: Optional[str] = None,
        binary: Optional[str] = None,
        log: Optional[str] = None,
        options: Sequence[str] = (),
        consoles: bool = True,
        connect: Optional[str] = None,
        role: str = "drive",
        name: Optional[str] = None,
    ):
        self._core = Core()
        self._quantum = quantum
        self._consoles = consoles
        self._scenario = scenario
        self._connect = connect
        self._role = role
        self._name = name or f"python {os.getpid()}"
        self._words: Sequence[str] = ()
        if connect is None:
            self._words = process.arguments(
                binary=binary,
                scenario=scenario,
                variables=variables,
                report=report,
                save=save,
                qemu=qemu,
                log=log,
                extra=options,
            )
        self._process: Optional[asyncio.subprocess.Process] = None
        self._stderr: Optional[IO[bytes]] = None
        self._reader: Optional[asyncio.StreamReader] = None
        self._writer: Optional[asyncio.StreamWriter] = None
        self._task: Optional[asyncio.Task[None]] = None
        self._cancels: Set[asyncio.Task[Any]] = set()
        self._futures: Dict[int, asyncio.Future[None]] = {}
        self._slots: Optional[asyncio.Semaphore] = None
        self._lost: Optional[Error] = None

    async def _open(self) -> None:
        self._slots = asyncio.Semaphore(MOST_WAITING)
        if self._connect is not None:
            try:
                self._reader, self._writer = await asyncio.open_unix_connection(self._connect)
            except OSError as error:
                raise ConnectionLost(
                    f"no metronome listens at '{self._connect}': {error.strerror or error}"
                ) from error
        else:
            self._stderr = tempfile.TemporaryFile()
            starting = asyncio.ensure_future(
                asyncio.create_subprocess_exec(
                    *self._words,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=self._stderr,
                    start_new_session=True,
                )
            )
            try:
                await asyncio.shield(starting)
            finally:  # a start that is cancelled would kill the process, which could not tidy up then
                self._process = await starting
                self._reader, self._writer = self._process.stdout, self._process.stdin
        self._task = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self._reader
        try:
            while True:
                try:
                    data = await self._reader.read(_CHUNK)
                except ConnectionError:
                    data = b""
                if not data:
                    break
                for number in self._core.feed(data):
                    future = self._futures.pop(number, None)
                    if future and not future.done():
                        future.set_result(None)
                self._dispatch()
            self._lost = await self._end_of_process()
        except Error as error:
            self._lost = error
        for future in self._futures.values():
            if not future.done():
                future.set_exception(self._lost)
        self._futures.clear()

    def _dispatch(self) -> None:
        try:
            self._core.dispatch()
        except Exception as error:  # a listener's own: those who wait for answers go on
            context = {"message": "a listener of an ensemble failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    async def _end_of_process(self) -> ConnectionLost:
        code = await self._process.wait() if self._process else None
        return process.lost(code, self._core.exit, self._stderr)

    def _send(self, method: str, params: Any) -> int:
        if self._lost:
            raise self._lost
        if self._writer is None:
            raise ConnectionLost("this ensemble is not open: `async with` opens it")
        number, data = self._core.request(method, params)
        self._futures[number] = asyncio.get_running_loop().create_future()
        self._writer.write(data)
        return number

    async def _cancel(self, number: int, future: asyncio.Future[None]) -> None:
        """Interrupts a request, and waits until it is over."""
        cancel = self._send("cancel", {"id": number})
        await asyncio.wait([future, self._futures[cancel]])
        self._core.forget(cancel)
        self._core.forget(number)

    def _do(self, method: str, params: Any, convert: Callable[[Any], Any]) -> Any:
        return self._wait(method, params, convert)

    async def _wait(self, method: str, params: Any, convert: Callable[[Any], Any]) -> Any:
        if self._slots is None:
            raise ConnectionLost("this ensemble is not open: `async with` opens it")
        async with self._slots:
            return convert(await self._request(method, params))

    async def _request(self, method: str, params: Any) -> Any:
        number = self._send(method, params)
        future = self._futures[number]
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError:
            task = asyncio.ensure_future(self._cancel(number, future))
            self._cancels.add(task)
            task.add_done_callback(self._cancels.discard)
            await asyncio.shield(task)
            raise
        try:
            return self._core.result(number)
        except CommandError as error:
            if error.code == ENDING and self._task is not None:
                await asyncio.wait([self._task])
                raise (self._lost or error) from None
            raise

    async def close(self) -> None:
        """As Ensemble.close()."""
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            for end in (lambda: None, self._process.terminate, self._process.kill):
                try:
                    end()
                    await asyncio.wait_for(self._process.wait(), process.END_PATIENCE)
                    break
                except (asyncio.TimeoutError, ProcessLookupError):
                    continue
        if self._task is not None:
            if self._process is None:
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._writer = None
        if self._stderr:
            self._stderr.close()
            self._stderr = None

    async def __aenter__(self) -> AsyncEnsemble:
        try:
            await self._open()
            for method, params in opening(
                self._role, self._name, self._consoles, self._scenario is not None, self._quantum
            ):
                await self.call(method, **params)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()
