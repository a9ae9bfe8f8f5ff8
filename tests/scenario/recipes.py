#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""recipes.py github|gitlab FILE
recipes.py editor FILE PROGRAM PORT FUNCTION

The first prints the shell lines of a CI recipe, one a line, and fails if the recipe does not have what its system needs.
The second does what VS Code's cppdbg does with a launch.json: starts the debugger that it names with MI, sends its
setup commands, loads PROGRAM in place of the one that it names, connects to its server's address with PORT in place of
its port, runs to FUNCTION, and prints where it stands.
"""
import json
import subprocess
import sys

import yaml


def github(recipe):
    job = recipe["jobs"]["scenarios"]
    # YAML 1.1 reads the key `on` as true.
    assert recipe[True] == ["push", "pull_request"] and job["runs-on"] and job["container"]["image"]
    assert "--cap-add SYS_NICE" in job["container"]["options"] and "METRONOME_DEB" in job["env"]
    keeps = [s for s in job["steps"] if s.get("if") == "failure()"]
    assert len(keeps) == 1 and keeps[0]["with"]["path"].split() == ["results.xml", "failed/"], keeps
    return "".join(s.get("run", "").rstrip("\n") + "\n" for s in job["steps"] if "run" in s).splitlines()


def gitlab(recipe):
    job = recipe["metronome"]
    assert job["image"] and job["variables"]["METRONOME_DEB"]
    artifacts = job["artifacts"]
    assert artifacts["when"] == "always" and artifacts["paths"] == ["results.xml", "failed/"]
    assert artifacts["reports"]["junit"] == "results.xml"
    return job["before_script"] + job["script"]


class Debugger:
    def __init__(self, path):
        self.process = subprocess.Popen([path, "-nx", "--interpreter=mi"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def until(self, begins):
        for line in self.process.stdout:
            print(line, end="", file=sys.stderr)
            if line.startswith("^error") and not begins.startswith("^error"):
                sys.exit(f"the debugger: {line}")
            if line.startswith(begins):
                return line
        sys.exit("the debugger has left")

    def say(self, command, answer="^done"):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.until(answer)


def editor(path, program, port, function):
    with open(path, encoding="utf-8") as file:
        configuration = json.load(file)["configurations"][0]
    assert configuration["type"] == "cppdbg" and configuration["MIMode"] == "gdb" and configuration["program"]
    host = configuration["miDebuggerServerAddress"].rsplit(":", 1)[0]
    gdb = Debugger(configuration["miDebuggerPath"])
    for command in configuration["setupCommands"]:
        gdb.say(f'-interpreter-exec console {json.dumps(command["text"])}')
    gdb.say(f"-file-exec-and-symbols {program}")
    gdb.say(f"-target-select remote {host}:{port}", "^connected")
    gdb.say(f"-break-insert {function}")
    gdb.say("-exec-continue", "^running")
    print(gdb.until("*stopped"), end="")
    print(gdb.say("-data-evaluate-expression $pc"), end="")
    gdb.say("-target-detach")
    gdb.say("-gdb-exit", "^exit")
    gdb.process.wait(timeout=20)


def main():
    kind, path, *rest = sys.argv[1:]
    if kind == "editor":
        editor(path, *rest)
        return
    with open(path, encoding="utf-8") as file:
        recipe = yaml.safe_load(file)
    print("\n".join({"github": github, "gitlab": gitlab}[kind](recipe)))


main()
