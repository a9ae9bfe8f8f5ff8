#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""api.py CASE...: uses of the Python package, for test-python.sh. Each case is one function below; it fails with a
traceback. GUEST is the folder of the guests, METRONOME the program, PLACE a folder for files.
"""
import asyncio
import datetime
import os
import re
import signal
import subprocess
import sys
import threading
import time

import metronome

GUEST = os.environ["GUEST"]
PLACE = os.environ["PLACE"]
PATIENCE = 15 * int(os.environ.get("TEST_PATIENCE", "1"))


def keys(kernel):
    return {"memory": "32M", "icount": "shift=0,sleep=off", "kernel": f"{GUEST}/{kernel}-aarch64.elf"}


def raises(kind, part, func, *args, **more):
    try:
        result = func(*args, **more)
    except kind as error:
        assert part in str(error), str(error)
        return error
    raise AssertionError(f"no {kind.__name__}: {result}")


def case_session():
    """Nodes, runs, waits, registers, memory, breaks, saves: values of Python."""
    with metronome.Ensemble(quantum="1ms", report=f"{PLACE}/report") as e:
        a = e.add_node("a", **keys("count"))
        h = e.add_node("h", **keys("hello"))
        assert [str(n) for n in e.nodes()] == ["a", "h"]
        e.link(a, h, latency=datetime.timedelta(milliseconds=2))
        assert [way.latency_ns for way in e.links()] == [2000000, 2000000]
        e.start()
        run = e.run(3_000_000)
        assert (run.end, run.virtual_ns, run.barriers, run.missed) == ("reached", 3000000, 3, 0), run
        assert h.text == "hello from metronome\n" and h.lines[0].virtual_ns == 1000000
        found = h.wait_line(re.compile(r"(hel)lo from (\w+)"), timeout="10ms")
        assert found[1] == "hel" and found.groups == ("hel", "metronome") and found[0] == str(found) == found.line
        assert e.variables()["2"] == "metronome"
        assert a.time().icount == 3000000 == e.times()[0].icount
        assert a.regs("pc").keys() == {"pc"} and len(a.regs()) > 30
        assert len(a.mem(0x40080000, 64)) == 64
        assert [line.text for line in h.console(1)] == ["hello from metronome"] and a.console() == []
        number = e.break_time("4500us", once=True).number
        run = e.run(datetime.timedelta(milliseconds=5))
        assert run.break_number == number and run.virtual_ns == 4500000 == e.now()
        assert a.run(1000).end == "reached"
        before = a.time().icount
        assert a.step(3).icount == before + 3 and a.time().icount == before + 3
        e.run_until("8ms")
        save = e.save("here", file=f"{PLACE}/save")
        e.barrier(2)
        save.restore()
        assert e.now() == 8000000 and [s.name for s in e.saves()] == ["here"]
        e.check("time == 8ms")
        assert a.qmp("query-status")["running"] is False and "paused" in a.hmp("info status")
        pc = a.regs("pc")["pc"]
        point = a.break_pc(pc, if_="a.icount > 0")
        assert e.run("1ms").break_number == point.number
        point.delete()
        assert len(e.breaks()) == 0
        e.run_until("9ms")
        e.checkpoint("1ms", keep=3)
        e.run_until("11ms")
        assert ("checkpoint", 10000000) in [(p.kind, p.virtual_ns) for p in e.points()]
        before = a.time().icount
        assert a.reverse(7).end == "reached" and a.time().icount == before - 7
        assert a.reverse_until(before - 9).end == "reached" and a.time().icount == before - 9
        back = e.reverse(datetime.timedelta(microseconds=500))
        assert (back.end, back.virtual_ns, back.why, back.node, e.now()) == ("reached", 9500000, None, None, 9500000), back
        assert e.reverse_until("8200us").virtual_ns == 8200000
        assert [(p.kind, p.virtual_ns) for p in e.points()][:2] == [("start", 0), ("save", 8000000)]
        e.command("mem write a 0x40090000 2a")
        e.run_until("9ms")
        wrote = a.who_wrote(0x40090000, 1)
        assert (wrote.by, wrote.before, wrote.after, wrote.entry > 0, wrote.pc) == ("journal", b"\0", b"*", True, None)
        assert a.who_wrote("_start", 4) is None and e.now() == 0
        assert e.reverse_continue().end == "beginning"
        e.run_until("8ms")
        seen = []
        e.on("barrier", lambda event: seen.append(event.params["virtual_ns"]))
        e.run_until("12ms")
        assert seen[-1] == 12000000, seen
        assert e.stats()["missed"] == 0 and e.status()["state"] == "standing"
        assert e.command("echo $2")["text"] == "metronome\n"
    with metronome.Ensemble(save=f"{PLACE}/save") as e:
        assert e.now() == 8000000 and e.node("a").time().icount > 0
    assert os.path.exists(f"{PLACE}/report/report.json")


def case_failures():
    """Exceptions have the outcome; the ensemble goes on."""
    with metronome.Ensemble(quantum="1ms") as e:
        raises(metronome.UsageError, "no node is started", e.run, "1ms")
        raises(metronome.UsageError, "kernl", e.add_node, "a", kernl="x")
        a = e.add_node("a", **keys("count"))
        e.start()
        error = raises(metronome.CheckFailed, "no line of node a matched", a.wait_line, "never", timeout="2ms")
        assert (error.outcome, error.exit_code, error.result["virtual_ns"]) == ("failed", 1, 2000000)
        raises(metronome.CheckFailed, "assert", e.check, "time == 1ms")
        raises(TypeError, "no time", e.run, 1.5)
        raises(metronome.UsageError, "unknown node 'x'", e.node("x").regs)
        assert e.run("1ms").virtual_ns == 3000000
        assert a.wait_line("never", timeout="5ms", or_break=True) is None if e.break_time("4ms") else None
        victim = subprocess.run(["pgrep", "-f", "^[^ ]*qemu-system.* guest=a,"], capture_output=True, check=True)
        mine = [int(p) for p in victim.stdout.split() if PLACE.encode() in open(f"/proc/{int(p)}/environ", "rb").read()]
        os.kill(mine[0], signal.SIGKILL)
        error = raises(metronome.CommandError, "node a", e.run, "1ms")
        assert error.outcome in ("node-failed", "usage"), error.outcome
    raises(metronome.ConnectionLost, "closed", e.now)
    lost = raises(metronome.ConnectionLost, "No such file", metronome.Ensemble, scenario="/no/such.mtr")
    assert lost.exit_code == 2 and "No such file" in lost.stderr
    raises(metronome.ConnectionLost, "there is no program", metronome.Ensemble, binary="/no/such/program")
    raises(metronome.ConnectionLost, "no metronome listens", metronome.Ensemble, connect="/no/such")
    with metronome.Ensemble() as e:
        e._process.kill()
        lost = raises(metronome.ConnectionLost, "has ended with exit code -9", e.now)
        assert raises(metronome.ConnectionLost, "has ended", e.now) is lost


def case_interrupt():
    """Ctrl-C ends a run at a barrier and is a KeyboardInterrupt; what follows works."""
    with metronome.Ensemble(quantum="1ms") as e:
        e.add_node("a", **keys("count"))
        e.start()
        e.on("progress", lambda event: None)
        e.on("run", lambda event: None)
        for _ in range(3):
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            raises(KeyboardInterrupt, "", e.run, "1000s")
            assert e.now() % 1000000 == 0 and e.status()["state"] == "standing"
        assert e.run("1ms").end == "reached"
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def case_asyncio():
    """The same for asyncio: several tasks, cancelled ones, a pause from another task."""

    async def main():
        async with metronome.AsyncEnsemble(quantum="1ms") as e:
            a, h = await e.add_node("a", **keys("count")), await e.add_node("h", **keys("hello"))
            await e.start()
            run, found, now = await asyncio.gather(e.run("3ms"), h.wait_line("(hel)lo"), e.now())
            assert run.virtual_ns == 3000000 and found[1] == "hel", (run, found, now)
            assert (await a.time()).icount == 3000000
            try:
                await asyncio.wait_for(e.run("1000s"), 0.3)
                raise AssertionError("the run was not cancelled")
            except asyncio.TimeoutError:
                pass
            assert (await e.status())["state"] == "standing"
            began = asyncio.Event()
            await e.on("run", lambda event: began.set() if event.params["state"] == "began" else None)
            task = asyncio.ensure_future(e.run("1000s"))
            await began.wait()
            await e.pause()
            assert (await task).end == "stopped"
            save = await e.save("x")
            await e.run("1ms")
            await save.restore()
            assert await e.now() == save.virtual_ns
            try:
                await a.wait_line("never", timeout="2ms")
                raise AssertionError("the wait did not fail")
            except metronome.CheckFailed as error:
                assert error.exit_code == 1
            e._process.kill()
            try:
                await e.run("1ms")
                raise AssertionError("the run did not fail")
            except metronome.ConnectionLost as lost:
                assert "exit code -9" in str(lost)

    asyncio.run(main())


def case_watch():
    """One drives a metronome that listens, another one watches."""
    path = f"{PLACE}/socket/control"
    with subprocess.Popen([os.environ["METRONOME"], "--listen", f"unix:{path}"]) as server:
        while not os.path.exists(path):
            time.sleep(0.01)
        with metronome.Ensemble(connect=path) as e, metronome.Ensemble(connect=path, role="watch") as w:
            told = []
            w.on("run", lambda event: told.append(event.params))
            e.add_node("h", **keys("hello"))
            e.start()
            e.run("2ms")
            while len(told) < 2:
                w.poll(1)
            assert told[1]["end"] == "reached" and w.node("h").text == "hello from metronome\n"
            raises(metronome.CommandError, "only watches", w.run, "1ms")
            e.call("quit")
        assert server.wait(20) == 0


def case_scenario():
    """Behind a scenario, with its variables."""
    with open(f"{PLACE}/some.mtr", "w", encoding="utf-8") as file:
        words = " ".join(f"{key}={value}" for key, value in keys("hello").items())
        file.write(f"node add h {words}\nstart\nrun $time\n")
    with metronome.Ensemble(scenario=f"{PLACE}/some.mtr", variables={"time": "3ms"}) as e:
        assert e.now() == 3000000
        assert e.variables()["time"] == "3ms"
    with open(f"{PLACE}/some.mtr", "a", encoding="utf-8") as file:
        file.write("assert time == 1ms\n")
    lost = raises(
        metronome.ConnectionLost,
        "some.mtr:4: assert time == 1ms",
        metronome.Ensemble,
        scenario=f"{PLACE}/some.mtr",
        variables={"time": "3ms"},
    )
    assert lost.exit_code == 1


def case_threads():
    """Another thread, a forked process, a listener that fails, two ensembles at once, values that are no JSON."""
    with metronome.Ensemble(quantum="1ms") as e, metronome.Ensemble(quantum="1ms") as other:
        for one in (e, other):
            one.add_node("a", **keys("count"))
            one.start()
        said = []
        began = threading.Event()
        threading.Timer(0.2, began.set).start()

        def ask():
            began.wait()
            said.append(raises(metronome.Error, "another thread", e.now))
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=ask)
        thread.start()
        raises(KeyboardInterrupt, "", e.run, "1000s")
        thread.join()
        assert len(said) == 1 and e.status()["state"] == "standing" and other.now() == 0
        before = e.now()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                raises(metronome.ConnectionLost, "forked", e.run, "1ms")
                e.close()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        child = os.fork()
        if child == 0:  # lives longer than the ensemble
            time.sleep(PATIENCE)
            os._exit(0)
        assert other.run("2ms").virtual_ns == 2000000 and e.now() == before
        e.on("barrier", lambda event: 1 // 0)
        raises(ZeroDivisionError, "", e.run, "1ms")
        assert e.now() == before + 1000000
        raises(ValueError, "surrogates", e.node("\ud800").regs)
        raises(ValueError, "JSON", e.node("a").run, float("nan"))
        assert e.now() == before + 1000000
        from_ = time.monotonic()
    assert time.monotonic() - from_ < PATIENCE / 2
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

    async def main():
        failures = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context["exception"]))
        async with metronome.AsyncEnsemble(quantum="1ms") as e:
            await e.add_node("a", **keys("count"))
            await e.start()
            await e.on("barrier", lambda event: 1 // 0)
            assert (await asyncio.wait_for(e.run("2ms"), PATIENCE)).virtual_ns == 2000000
            assert isinstance(failures[0], ZeroDivisionError) and await e.now() == 2000000

    asyncio.run(main())


def case_linger():
    """Says that it runs and waits in a run, to be killed."""
    with metronome.Ensemble(quantum="1ms") as e:
        e.add_node("a", **keys("count"))
        e.start()
        print("running", flush=True)
        e.run("100000s")


def case_lines():
    """All lines come, with their times, in order; keys reach the guest."""
    with metronome.Ensemble(quantum="1ms") as e:
        a = e.add_node("a", **keys("echo"))
        e.start()
        e.run("2ms")
        a.send("tab\there\n")
        e.run("5ms")
        assert "here" in a.text, a.text
        e.link(a, e.add_node("b", **keys("echo")), latency="500us")
        e.start()
        warned = e.run("2ms").warnings
        assert len(warned) == 1 and "raised to the quantum" in warned[0] and e.warnings == list(warned), warned
        assert e.run("1ms").warnings == ()


for case in sys.argv[1:]:
    globals()[f"case_{case}"]()
