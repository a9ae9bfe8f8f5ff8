#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""damage.py METRONOME SAVE WORK: damages copies of a save in every way of a list, and demands that
metronome refuses each with exit status 2 and one message, without a crash. Prints what it accepts."""

import copy
import json
import os
import shutil
import subprocess
import sys

metronome, save, work = sys.argv[1:]
with open(f"{save}/manifest.json", encoding="utf-8") as f:
    good = json.load(f)
bad = 0
tried = 0


def refused(what):
    global bad, tried
    tried += 1
    r = subprocess.run([metronome, "--from", work, "-c", "run 1ms"], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    if r.returncode != 2 or r.stdout.count(b"\n") > 3 or b"\x1b" in r.stdout:
        bad += 1
        print(f"# {what}: exit status {r.returncode}: {r.stdout[:300]!r}")


def fresh():
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(save, work)


def with_manifest(manifest, what):
    text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    with open(f"{work}/manifest.json", "wb") as out:
        out.write(text)
    refused(what)


def places(value, path=()):
    """All members that metronome reads, by their paths."""
    unread = {"metronome_version", "qemu_version", "qemu_arguments", "options", "host"}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if key in unread or (path and path[0] == "nodes" and key == "name"):
            continue
        yield (*path, key)
        if isinstance(inner, (dict, list)):
            yield from places(inner, (*path, key))


def changed(path, value, delete=False):
    manifest = copy.deepcopy(good)
    at = manifest
    for key in path[:-1]:
        at = at[key]
    if delete:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return manifest


optional = {"scenario", "qemu_program"}
fresh()
for path in list(places(good)):
    name = "/".join(map(str, path))
    if path[-1] in ("mtime_ns", "device", "inode"):  # these only say whether the digest is needed
        with_manifest(changed(path, "x"), f"{name} is a text")
        continue
    for wrong in ([], {}, True, 1.5, {"file": 1}, ["x"]):
        old = good
        for key in path:
            old = old[key]
        if isinstance(wrong, bool) == isinstance(old, bool) and isinstance(wrong, type(old)):
            if wrong == old or isinstance(wrong, bool) or (path[-1] == "files" and wrong == []):
                continue
            if path[-1] == "overlays":
                if wrong == []:
                    continue
        with_manifest(changed(path, wrong), f"{name} is {wrong!r}")
    if path[-1] not in optional:
        if not isinstance(path[-1], int):
            with_manifest(changed(path, None, True), f"no {name}")

for value in (0, 2, -1, 2**31, 2**32 + 1, 2**63, 2**64, 10**400, -(2**70)):
    with_manifest(changed(("metronome_save",), value), f"format {value}")
for value in (-1, 2**63, 2**64, 10**400, -(2**70)):
    with_manifest(changed(("virtual_ns",), value), f"virtual_ns {value}")
    with_manifest(changed(("nodes", 0, "files", 0, "size"), value), f"size {value}")
for value in ("", ".", "..", "../x", "/etc/passwd", "a/b", "nothing", "x" * 300, "x" * 100000, "\x1b[31m",
              "manifest.json", "own.state\0"):
    for path in (("state", "file"), ("nodes", 0, "ram", "file"), ("nodes", 1, "devices", "file")):
        with_manifest(changed(path, value), f"{path} is {value[:20]!r}")
for value in ("", "0", "0" * 64, "z" * 64, "0" * 100000):
    with_manifest(changed(("state", "sha256"), value), f"sha256 {value[:10]}")
with_manifest(changed(("nodes",), []), "no nodes")
with_manifest(changed(("nodes",), good["nodes"] * 2), "nodes twice")
with_manifest(changed(("nodes",), good["nodes"][:1]), "a node less")
with_manifest(changed(("nodes", 0, "ram_in_devices"), True), "ram is not where it says")
text = json.dumps(good).encode()
for garbage in (b"", b"{", b"null", b"[]", b'"metronome_save"', b"\0" * 100, b"\xff" * 100,
                b'{"metronome_save":1}', b'{"metronome_save":1,' + b'"a":[' * 5000,
                b'{"metronome_save":' + b"9" * 100000 + b"}"):
    with_manifest(garbage, f"manifest {garbage[:20]!r}")
for cut in range(1, len(text), max(1, len(text) // 40)):
    with_manifest(text[:cut], f"manifest of {cut} bytes")

for name in ("own.state", "a.devices", "a.ram", "b.devices", "b.ram"):
    fresh()
    path = f"{work}/{name}"
    size = os.path.getsize(path)
    for cut in (0, 1, 17, 18, 26, size // 2, size - 1):
        shutil.copy(f"{save}/{name}", path)
        os.truncate(path, cut)
        refused(f"{name} cut to {cut}")
    shutil.copy(f"{save}/{name}", path)
    with open(path, "ab") as f:
        f.write(b"\0")
    refused(f"{name} with a byte more")
    for at in (0, 20, 30, size // 2, size - 1):
        shutil.copy(f"{save}/{name}", path)
        with open(path, "r+b") as f:
            f.seek(at)
            byte = f.read(1)
            f.seek(at)
            f.write(bytes([byte[0] ^ 1]))
        refused(f"{name} with another byte {at}")
    os.remove(path)
    refused(f"no {name}")
    os.mkdir(path)
    refused(f"{name} is a folder")
    os.rmdir(path)
    os.mkfifo(path)
    refused(f"{name} is a pipe")
    os.remove(path)
    os.symlink(f"{save}/{name}", path)
    refused(f"{name} is a link")
    os.remove(path)
    shutil.copy(f"{save}/manifest.json", path)
    refused(f"{name} is another file")
fresh()
for name in ("manifest.json",):
    path = f"{work}/{name}"
    for make in (os.mkdir, os.mkfifo, lambda p: os.symlink("/dev/zero", p)):
        os.remove(path)
        make(path)
        refused(f"{name} is something else")
        (os.rmdir if os.path.isdir(path) else os.remove)(path)
        shutil.copy(f"{save}/{name}", path)
shutil.rmtree(work)
print(f"# {tried} damaged saves")
sys.exit(bad > 0 or tried < 200)
