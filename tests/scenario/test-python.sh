#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The Python package with real QEMUs (api.py), its pytest fixtures and its example. Needs python3-pytest.
# Prints TAP, takes about half a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

export GUEST=$guest PLACE=$dir/place METRONOME=$metronome PYTHONPATH=$PWD/scripts/python PYTHONDONTWRITEBYTECODE=1
mkdir "$PLACE"
# The python3 for which Debian's packages are, if another one comes first.
python=python3
python3 -c 'import pytest' 2>/dev/null || python=/usr/bin/python3

# uses COMMAND...: runs it; sets $status, fills $dir/out and $dir/err.
uses() {
    status=0
    timeout -k 5 "$((90 * patience))" "$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
    return "$status"
}

for case in session failures interrupt asyncio threads watch scenario lines; do
    check "$case" uses "$python" tests/scenario/api.py "$case"
    check "$case: no QEMU is left" within 10 no_qemus
done

"$python" tests/scenario/api.py linger >"$dir/out" 2>"$dir/err" &
pid=$!
within 20 says running
guests_run
kill -9 "$pid"
join 2>/dev/null
check 'a Python that is killed leaves no QEMU' within 10 no_qemus
check 'and no metronome' within 10 no_processes

# --- pytest

mkdir "$dir/tests"
cat >"$dir/tests/conftest.py" <<'END'
import os
import pytest
pytest_plugins = ["metronome.pytest_plugin"]
GUEST = os.environ["GUEST"]

@pytest.fixture(scope="session")
def metronome_options():
    return {"quantum": "1ms"}

@pytest.fixture(scope="session")
def metronome_setup():
    def setup(e):
        for name, kernel in (("a", "count"), ("h", "hello")):
            e.add_node(name, memory="32M", icount="shift=0,sleep=off", kernel=f"{GUEST}/{kernel}-aarch64.elf")
        e.start()
        print("THE SETUP")
    return setup
END
cat >"$dir/tests/test_one.py" <<'END'
import pytest

@pytest.fixture(scope="module")
def metronome_module_setup():
    return lambda e: e.run("2ms")

@pytest.mark.parametrize("n", [1, 2])
def test_begins_with_the_save(ensemble, n):
    assert ensemble.now() == 2_000_000
    ensemble.run(f"{n}ms")

def test_fails(ensemble):
    ensemble.run("3ms")
    ensemble.node("h").wait_line("hello")
    assert ensemble.now() == 0
END
cat >"$dir/tests/test_two.py" <<'END'
def test_another_module_begins_with_the_session(ensemble):
    assert ensemble.now() == 0
    ensemble.run("1ms")
    assert ensemble.node("h").text == "hello from metronome\n"

def test_without(tmp_path):
    pass
END
uses "$python" -m pytest -p no:cacheprovider -rA -s --metronome-dir "$dir/kept" "$dir/tests" || true
check 'pytest: one fails, the others pass' ended 1 '1 failed, 4 passed'
check 'pytest: the setup runs once' [ "$(grep -c 'THE SETUP' "$dir/out")" -eq 1 ]
check 'pytest: it says what is kept of the one that fails' says "^kept in $dir/kept/.*test_one.py_test_fails"
kept=$(echo "$dir"/kept/*test_fails)
check 'pytest: the report is kept' scripts/schema/validate report "$kept/report/report.json"
check 'pytest: the save is kept' scripts/schema/validate save "$kept/save/manifest.json"
check 'pytest: the save is of then' [ "$(number virtual_ns "$kept/save/manifest.json")" -eq 5000000 ]
check 'pytest: no QEMU is left' within 10 no_qemus
cat >"$dir/tests/conftest.py" <<<'pytest_plugins = ["metronome.pytest_plugin"]'
uses "$python" -m pytest -p no:cacheprovider "$dir/tests" || true
check 'pytest: without a setup it says what is missing' says "metronome_setup.* is missing"

# --- the example, whose first round trip has the one of ARP in it

check 'the example' uses "$python" scripts/python/examples/ping.py "$guest" 1ms 5ms
trips() {
    [[ $(grep -cE '^link (1|5)ms: [0-9.]+ ms there and back' "$dir/out") -eq 2 ]] &&
        awk '{ t[NR] = $3 } END { exit !(t[1] >= 2 && t[1] < 5 && t[2] >= 10 && t[2] < 16) }' "$dir/out"
}
check 'the example: a round trip is two latencies and a little' trips
done_testing
