# SPDX-License-Identifier: GPL-3.0-or-later
"""agree.py STATUS OUTCOME WHERE MESSAGE OUT ERR REPORT SCENARIO

Whether all that says how a run ended says the same: its exit status, the last line on stderr (ERR), the event `exit`
(OUT; empty: nobody could read it), report.json and the first line of report.html (REPORT; empty: there is none).
WHERE and MESSAGE are regular expressions for the whole of it. What is for programs is held against its schema.
"""
import html
import json
import os
import re
import runpy
import sys

FILES = {"report": "report.json", "barriers": "barriers.csv", "clocks": "clocks.csv"}
schema = runpy.run_path("scripts/schema/validate")


def same(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r}, not {wanted!r}")


def like(what, got, wanted):
    if not re.fullmatch(wanted, got, re.DOTALL):
        sys.exit(f"{what}: {got!r} is not like {wanted!r}")


def from_events(path):
    events = [json.loads(line) for line in open(path, encoding="utf-8")]
    same("number of exit events", sum(event["event"] == "exit" for event in events), 1)
    same("last event", events[-1]["event"], "exit")
    return {key: events[-1][key] for key in ("code", "outcome", "where", "message")}


def from_report(path, scenario):
    made = json.load(open(path, encoding="utf-8"))
    same("scenario of report.json", made["scenario"], scenario or None)
    return {
        "code": str(made["exit_code"]),
        "outcome": made["outcome"],
        "where": made["where"] or "",
        "message": made["message"] or "",
    }


def check_stderr(path, told):
    said = open(path, encoding="utf-8").read().splitlines()
    first = told["message"].split("\n")[0].strip()
    if told["message"].strip() != first:
        first = first.rstrip(":")
    where = told["where"] + ": " if told["where"] else ""
    if told["outcome"] == "passed":
        same("stderr of a run that passed", [line for line in said if re.match("metronome: [a-z-]+, exit code", line)], [])
    else:
        same("last line on stderr", said[-1:], [f"metronome: {told['outcome']}, exit code {told['code']}: {where}{first}"])


def check_schemas(out, report):
    files = {"event": out, **({kind: f"{report}/{name}" for kind, name in FILES.items()} if report else {})}
    for kind, path in files.items():
        if path and os.path.exists(path) and schema["wrong"](kind, [path]):
            sys.exit(1)


def check_page(path, told):
    page = open(path, encoding="utf-8").read()
    first = re.search(r'<main>\n<div id="outcome" class="verdict (\w+)">(.*?)</div>', page, re.DOTALL)
    same("colour of report.html", first.group(1), "good" if told["outcome"] == "passed" else "bad")
    said = html.unescape(re.sub(r"<[^>]*>", "", first.group(2)))
    for part in (f"outcome {told['outcome']}, exit code {told['code']}", told["where"], told["message"][:3000]):
        if part not in said:
            sys.exit(f"the first line of report.html lacks {part!r}: {said!r}")


def main():
    status, outcome, where, message, out, err, report, scenario = sys.argv[1:]
    event = from_events(out) if out else None
    made = from_report(report + "/report.json", scenario) if report else None
    told = event or made
    same("exit code", told["code"], status)
    same("outcome", told["outcome"], outcome)
    like("where", told["where"], where)
    like("message", told["message"], message)
    if made:
        same("report.json", made, told)
    check_stderr(err, told)
    if report and os.path.exists(report + "/report.html"):
        check_page(report + "/report.html", told)
    check_schemas(out, report)


main()
