# SPDX-License-Identifier: GPL-3.0-or-later
"""The client that waits for each answer."""
from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import weakref
from types import FrameType, TracebackType
from typing import IO, Any, Callable, Dict, Iterator, Optional, Sequence, Type

from . import process
from .commands import Commands
from .core import Core, opening
from .errors import ENDING, CommandError, ConnectionLost, Error, Interrupted
from .values import Duration

_CHUNK = 1 << 16
_open: weakref.WeakSet[Ensemble] = weakref.WeakSet()


def _leave_to_parent() -> None:
    """In a process that is forked off: what is open there is the parent's, and would keep metronome from seeing that
    the parent has ended."""
    for ensemble in list(_open):
        ensemble._leave()


os.register_at_fork(after_in_child=_leave_to_parent)


class Ensemble(Commands):
    """An ensemble in a metronome of its own, which ends with the `with` block, or in one that listens elsewhere.

    quantum: its quantum, a time or "auto". scenario: a file to run first, with variables. save: the folder of a save
    to begin with. report: the folder for the report. qemu: the QEMU program. binary: the program metronome (else that
    of METRONOME in the environment, or of the path). log: "error", "warn", "info" or "debug", of its stderr, which
    errors quote. options: further options of it. consoles: whether lines of consoles are told, and kept.
    connect: the path of a socket where a metronome listens; role is "drive" or "watch" there.

    Ctrl-C interrupts the command that is under way, at the next barrier, and is a KeyboardInterrupt then; a second one
    does not wait for that. One thread at a time may use it, others get an Error meanwhile; a process that is forked off
    can't.
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
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._stderr: Optional[IO[bytes]] = None
        self._socket: Optional[socket.socket] = None
        self._in = self._out = -1
        self._lost: Optional[ConnectionLost] = None
        self._waiting: Optional[int] = None
        self._interrupts = 0
        self._cancels: list[int] = []
        self._user = threading.RLock()
        _open.add(self)
        if connect is not None:
            self._connect(connect)
        else:
            self._start(
                process.arguments(
                    binary=binary,
                    scenario=scenario,
                    variables=variables,
                    report=report,
                    save=save,
                    qemu=qemu,
                    log=log,
                    extra=options,
                )
            )
        try:
            begin = opening(role, name or f"python {os.getpid()}", consoles, scenario is not None, quantum)
            for method, params in begin:
                self.call(method, **params)
        except BaseException:
            self.close()
            raise

    # --- the connection

    def _start(self, words: list[str]) -> None:
        self._stderr = tempfile.TemporaryFile()
        # A session of its own: Ctrl-C at the terminal is for this program alone.
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin and self._process.stdout
        self._out = self._process.stdin.fileno()
        self._in = self._process.stdout.fileno()

    def _connect(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise ConnectionLost(f"no metronome listens at '{path}': {error.strerror or error}") from error
        self._in = self._out = self._socket.fileno()

    def _lose(self) -> ConnectionLost:
        """Says how the other end has ended, once it is known."""
        if self._lost is None:
            code = None
            if self._process:
                try:
                    code = self._process.wait(process.END_PATIENCE)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    code = self._process.wait()
            self._lost = process.lost(code, self._core.exit, self._stderr)
        return self._lost

    def _send(self, data: bytes) -> None:
        while data:
            try:
                # It does not read while it has much to say that we have not read.
                readable, writable, _ = select.select([self._in], [self._out], [])
                if readable:
                    self._receive()
                if writable:
                    data = data[os.write(self._out, data[:4096]) :]
            except BrokenPipeError:
                raise self._lose() from None

    def _receive(self) -> None:
        try:
            data = os.read(self._in, _CHUNK)
        except ConnectionError:
            data = b""
        if not data:
            raise self._lose()
        self._core.feed(data)

    # --- requests

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._user.acquire(blocking=False):
            raise Error("another thread waits for this ensemble: one at a time may use it")
        try:
            yield
        finally:
            self._user.release()

    def _cancel(self) -> None:
        number, data = self._core.request("cancel", {"id": self._waiting})
        self._cancels.append(number)
        os.write(self._out, data)

    def _on_interrupt(self, number: int, frame: Optional[FrameType]) -> None:
        self._interrupts += 1
        if self._interrupts > 1:
            raise KeyboardInterrupt
        if self._waiting is not None:
            self._cancel()

    def _take_interrupts(self) -> bool:
        if threading.current_thread() is not threading.main_thread():
            return False
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            return False
        signal.signal(signal.SIGINT, self._on_interrupt)
        return True

    def _answer(self, number: int) -> None:
        """Waits for an answer; a Ctrl-C cancels the request, whose answer then comes all the same."""
        self._waiting = number
        if self._interrupts:
            self._cancel()
        while not self._core.answered(number):
            self._receive()
        self._waiting = None
        for cancel in self._cancels:
            while not self._core.answered(cancel):
                self._receive()
            self._core.forget(cancel)
        self._cancels.clear()

    def _do(self, method: str, params: Any, convert: Callable[[Any], Any]) -> Any:
        with self._alone():
            return convert(self._ask(method, params))

    def _ask(self, method: str, params: Any) -> Any:
        if self._lost:
            raise self._lost
        if self._in < 0:
            raise ConnectionLost("this ensemble is closed")
        number, data = self._core.request(method, params)
        taken = self._take_interrupts()
        done = False
        try:
            self._send(data)
            self._answer(number)
            done = True
        finally:
            self._waiting = None
            interrupted, self._interrupts = self._interrupts > 0, 0
            if taken:
                signal.signal(signal.SIGINT, signal.default_int_handler)
            if not done and self._lost is None:
                self._lost = ConnectionLost("a request was broken off")
        self._core.dispatch()
        if interrupted:
            try:
                self._core.result(number)
            except Interrupted:
                pass
            raise KeyboardInterrupt
        try:
            return self._core.result(number)
        except CommandError as error:
            while error.code == ENDING:
                self._receive()  # which raises in the end
            raise

    def poll(self, seconds: float = 0.0) -> None:
        """Takes what was told meanwhile, and waits so long for more; listeners are called."""
        with self._alone():
            while self._in >= 0 and select.select([self._in], [], [], seconds)[0]:
                self._receive()
                self._core.dispatch()
                seconds = 0.0

    # --- the end

    def close(self) -> None:
        """Ends the metronome that was started, and all of its QEMUs, or leaves the one that was connected to."""
        self._in = self._out = -1
        if self._socket:
            self._socket.close()
        if self._process and self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._drain()
            self._process.stdout.close()
            self._end_process()
        if self._stderr:
            self._stderr.close()
            self._stderr = None

    def _leave(self) -> None:
        """In a process that is forked off."""
        self._lost = ConnectionLost("this ensemble is that of the process which has forked this one")
        self._in = self._out = -1
        self._user = threading.RLock()
        pipes = [self._process.stdin, self._process.stdout] if self._process else []
        for file in (self._socket, self._stderr, *pipes):
            if file:
                file.close()
        self._process = self._socket = self._stderr = None

    def _drain(self) -> None:
        """Reads until it has ended, so that it can say all that it has to."""
        assert self._process and self._process.stdout
        if self._lost is not None:
            return  # it may be in the midst of a run: with nobody to read it ends
        out = self._process.stdout.fileno()
        while select.select([out], [], [], process.END_PATIENCE)[0] and os.read(out, _CHUNK):
            pass

    def _end_process(self) -> None:
        assert self._process
        for end in (lambda: None, self._process.terminate, self._process.kill):
            end()
            try:
                self._process.wait(process.END_PATIENCE)
                return
            except subprocess.TimeoutExpired:
                continue

    def __enter__(self) -> Ensemble:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()
