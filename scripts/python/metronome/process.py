# SPDX-License-Identifier: GPL-3.0-or-later
"""Where metronome is, and the words that start it."""
from __future__ import annotations

import os
import shutil
from typing import IO, Any, Dict, List, Optional, Sequence

from .errors import ConnectionLost

# How much of metronome's stderr an error quotes.
_QUOTED = 4000
# How long a metronome that should end may take for it, in s: QEMUs are ended, reports written.
END_PATIENCE = 20.0


def find(binary: Optional[str] = None) -> str:
    """The program: as named, or as METRONOME says in the environment, or `metronome` of the path."""
    wanted = binary or os.environ.get("METRONOME") or "metronome"
    found = shutil.which(wanted)
    if found:
        return found
    raise ConnectionLost(
        f"there is no program '{wanted}': install metronome, or name it with binary= or METRONOME in the environment"
    )


def arguments(
    *,
    binary: Optional[str],
    scenario: Optional[str],
    variables: Optional[Dict[str, object]],
    report: Optional[str],
    save: Optional[str],
    qemu: Optional[str],
    log: Optional[str],
    extra: Sequence[str],
) -> List[str]:
    """The command line of a metronome that this program drives."""
    words = [find(binary)]
    for option, value in (("--report", report), ("--from", save), ("--qemu", qemu), ("--log", log)):
        if value is not None:
            words += [f"{option}={os.fspath(value)}"]
    words += [*extra, "--listen", "stdio"]
    if scenario is not None:
        words += ["run", os.fspath(scenario)]
        words += [f"{key}={value}" for key, value in (variables or {}).items()]
    elif variables:
        raise ValueError("variables= are for a scenario=")
    return words


def tail(file: Optional[IO[bytes]]) -> str:
    """The end of what was written to stderr."""
    if file is None:
        return ""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _QUOTED))
    return file.read().decode(errors="replace")


def lost(code: Optional[int], told: Optional[Dict[str, Any]], file: Optional[IO[bytes]]) -> ConnectionLost:
    """What to raise once metronome has ended: with its exit code, what it told of its end, and its stderr."""
    how = "" if code is None else f" with exit code {code}"
    why = (told or {}).get("message")
    stderr = tail(file)
    return ConnectionLost(f"metronome has ended{how}" + (f": {why}" if why and why not in stderr else ""), stderr, code)
