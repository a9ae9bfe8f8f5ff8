#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tracing.py VIEWER PROFILE FILE

Loads a timeline into Chrome's trace viewer (catapult's, the one of chrome://tracing) in a headless Chromium, over
DevTools' pipe, and prints as one JSON object what the viewer's model then has: processes and threads by name, slices,
flows and whether both of their ends are bound to slices, instants, counters, and the importer's warnings. VIEWER: a
folder of scripts/fetch-trace-viewer. PROFILE: a folder for the browser. Exit status 1: the viewer could not be
reached, or refuses the file.
"""
import json
import os
import subprocess
import sys
import time

READY = "Boolean(document.readyState === 'complete' && window.tr && tr.importer && tr.importer.Import)"
IMPORT = """
(() => {
  const options = new tr.importer.ImportOptions();
  options.shiftWorldToZero = false;
  const model = new tr.Model();
  new tr.importer.Import(model, options).importTraces([TEXT]);
  const out = {processes: {}, slices: {}, instants: {}, counters: 0, flows: model.flowEvents.length, bound: 0,
               warnings: model.importWarnings.map(w => w.type + ': ' + w.message)};
  const count = (table, name) => { table[name] = (table[name] || 0) + 1; };
  for (const f of model.flowEvents)
    if (f.startSlice && f.endSlice && f.startSlice.title === f.title && f.endSlice.title === f.title) out.bound++;
  for (const p of model.getAllProcesses()) {
    out.processes[p.name] = Object.values(p.threads).map(t => t.name);
    out.counters += Object.keys(p.counters).length;
    for (const t of Object.values(p.threads))
      for (const s of t.sliceGroup.slices) count(out.slices, s.title);
  }
  for (const i of model.instantEvents || []) count(out.instants, i.title);
  return JSON.stringify(out);
})()
"""


class Browser:
    """Chromium with its DevTools on two pipes: messages of JSON, each ended by a NUL."""

    def __init__(self, profile):
        to_child, self.to = os.pipe()
        self.source, from_child = os.pipe()
        os.set_inheritable(to_child, True)
        os.set_inheritable(from_child, True)

        def pipes():
            a, b = os.dup(to_child), os.dup(from_child)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": profile})
        os.close(to_child)
        os.close(from_child)
        self.number, self.rest = 0, b""

    def call(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.to, text):]
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]

    def read(self):
        while b"\0" not in self.rest:
            data = os.read(self.source, 1 << 16)
            if not data:
                sys.exit("chromium has left")
            self.rest += data
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)


def evaluate(browser, session, expression):
    result = browser.call("Runtime.evaluate", session=session, returnByValue=True, expression=expression)
    if "exceptionDetails" in result:
        sys.exit(f"the viewer: {json.dumps(result['exceptionDetails'])}")
    return result["result"].get("value")


def main():
    viewer, profile, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    browser = Browser(profile)
    try:
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.call("Page.navigate", session=session, url=f"file://{os.path.realpath(viewer)}/index.html")
        end = time.monotonic() + 60
        while not evaluate(browser, session, READY) and time.monotonic() < end:
            time.sleep(0.05)
        print(evaluate(browser, session, IMPORT.replace("TEXT", json.dumps(text))))
        browser.call("Browser.close")
    finally:
        end = time.monotonic() + 10
        while browser.process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        browser.process.kill()
        browser.process.wait()


main()
