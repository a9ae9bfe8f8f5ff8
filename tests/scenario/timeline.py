#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""timeline.py [--cut] FILE

Reads a timeline of `trace` as a viewer does: every process and lane has a name, slices of a lane nest, what vCPUs do has
no gap and is joined where it is alike, each arrow has one begin and one end that is not earlier, with a slice at both,
and every time is written to the ns. Prints what there is, a line for each kind: "slice PROCESS LANE NAME COUNT",
"instant …", "counter …", "arrow FROM TO COUNT". --cut: the file may end anywhere, as behind a kill.
"""
import collections
import json
import re
import sys


def fail(text, *values):
    sys.exit("timeline: " + text % values)


def ns(value):
    return round(value * 1000)


def load(path, cut):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if cut:
        last = text.rstrip().endswith("}")
        text = (text if last else text[: text.rindex("\n")]).rstrip().rstrip(",") + "\n]"
    for number in re.findall(r'"(?:ts|dur)":([^,}]*)', text):
        if not re.fullmatch(r"\d+\.\d{3}", number):
            fail("a time is %s", number)
    return json.loads(text)


def check_lane(name, slices):
    slices.sort(key=lambda s: (ns(s["ts"]), -ns(s["dur"])))
    open_ends = []
    for s in slices:
        begin, end = ns(s["ts"]), ns(s["ts"]) + ns(s["dur"])
        while open_ends and open_ends[-1] <= begin and begin != end:
            open_ends.pop()
        if open_ends and end > open_ends[-1] and begin < open_ends[-1]:
            fail("lane %s: a slice from %d to %d passes the end of the one around it, %d", name, begin, end, open_ends[-1])
        if begin != end:
            open_ends.append(end)
    if name[1] != "vCPUs":
        return
    for a, b in zip(slices, slices[1:]):
        if ns(a["ts"]) + ns(a["dur"]) != ns(b["ts"]):
            fail("lane %s: a gap behind %s", name, a)
        if a["name"] == b["name"]:
            fail("lane %s: %s and %s are not joined", name, a, b)


def main():
    events = load(sys.argv[-1], "--cut" in sys.argv)
    processes, threads = {}, {}
    lanes, arrows = collections.defaultdict(list), collections.defaultdict(list)
    found = collections.Counter()
    for e in events:
        if e["name"] == "process_name":
            processes[e["pid"]] = e["args"]["name"]
        elif e["name"] == "thread_name":
            threads[e["pid"], e["tid"]] = e["args"]["name"]
    for e in events:
        if e["ph"] == "M":
            continue
        if e["ph"] == "C":
            found["counter", processes[e["pid"]], "", e["name"]] += 1
            continue
        name = processes[e["pid"]], threads[e["pid"], e["tid"]]
        if e["ph"] == "X":
            lanes[name].append(e)
            found["slice", *name, e["name"]] += 1
        elif e["ph"] == "i":
            found["instant", *name, e["name"]] += 1
        else:
            arrows[e["id"]].append((e["ph"], ns(e["ts"]), name))
    for name, slices in lanes.items():
        check_lane(name, slices)
    begins = {(name, ns(s["ts"])) for name, slices in lanes.items() for s in slices}
    for number, ends in arrows.items():
        ends.sort(key=lambda end: "sf".index(end[0]))
        if [end[0] for end in ends] != ["s", "f"]:
            fail("arrow %d has the ends %s", number, ends)
        if ends[0][1] > ends[1][1]:
            fail("arrow %d ends before it begins: %s", number, ends)
        for end in ends:
            if (end[2], end[1]) not in begins:
                fail("arrow %d: no slice begins at its end %s", number, end)
        found["arrow", ends[0][2][0], "to", ends[1][2][0]] += 1
    for key in sorted(found):
        print(*(part for part in key if part), found[key])


main()
