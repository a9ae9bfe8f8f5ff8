#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads JUnit XML with a parser of its own and prints what it says, for test-cases.sh.

usage: junit.py FILE       a line for each run: suite|name|result|type|message, after the sums were checked
       junit.py FILE KEY   that property of each suite
"""
import sys
import xml.etree.ElementTree as ET

root = ET.parse(sys.argv[1]).getroot()
words = {"failure": "failed", "error": "error", "skipped": "skipped"}
sums = {"tests": 0, "failure": 0, "error": 0, "skipped": 0}
for suite in root:
    counts = {"tests": 0, "failure": 0, "error": 0, "skipped": 0}
    for case in suite.findall("testcase"):
        outcome = next((child for child in case if child.tag in words), None)
        counts["tests"] += 1
        if outcome is not None:
            counts[outcome.tag] += 1
        if len(sys.argv) == 2:
            result = "passed||" if outcome is None else "|".join([words[outcome.tag], outcome.get("type"), outcome.get("message")])
            print(f'{suite.get("name")}|{case.get("name")}|{result}')
    assert int(suite.get("tests")) == counts["tests"] and int(suite.get("failures")) == counts["failure"]
    assert int(suite.get("errors")) == counts["error"] and int(suite.get("skipped")) == counts["skipped"]
    for key, value in counts.items():
        sums[key] += value
    if len(sys.argv) > 2:
        values = [p.get("value") for p in suite.find("properties") if p.get("name") == sys.argv[2]]
        print(f'{suite.get("name")}|{"|".join(values)}')
assert int(root.get("tests")) == sums["tests"] and int(root.get("failures")) == sums["failure"]
assert int(root.get("errors")) == sums["error"]
