#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The server of the Model Context Protocol, with a client of the protocol (mcp.py) and real QEMUs.
# Prints TAP, takes about ten seconds.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

export GUEST=$guest PLACE=$dir/place METRONOME=$metronome PYTHONPATH=$PWD/scripts/python PYTHONDONTWRITEBYTECODE=1
mkdir "$PLACE"

client() {
    status=0
    timeout -k 5 "$((90 * patience))" python3 tests/scenario/mcp.py "$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
    return "$status"
}

for case in session versions bad_input cancel scenario connect gone; do
    check "$case" client "$case"
    check "$case: nothing is left" within 10 no_processes
done

python3 tests/scenario/mcp.py linger >"$dir/out" 2>"$dir/err" &
pid=$!
within 20 says running
guests_run
kill -9 "$pid"
join 2>/dev/null
check 'a client that is killed in the midst of a run leaves nothing' within 10 no_processes
status=0
METRONOME=/no/such/program python3 -m metronome.mcp >"$dir/out" 2>"$dir/err" </dev/null || status=$?
check 'without a metronome' ended 2 "metronome.mcp: there is no program '/no/such/program'"
# With a client that does not leave, the server ends by itself.
mkfifo "$dir/asks"
exec 3<>"$dir/asks"
echo '{"jsonrpc":"2.0","id":1,"method":"ping"}' >&3
status=0
timeout 20 python3 -m metronome.mcp <"$dir/asks" 2>"$dir/err" >/dev/full || status=$?
check 'answers that are lost are told' ended 2 "^metronome.mcp: can't write to standard output: No space left on device"
status=0
timeout 20 python3 -m metronome.mcp <"$dir/asks" 2>"$dir/err" >&- || status=$?
check '... as is a standard output that is closed' ended 2 '^metronome.mcp: standard output is closed'
check '... and nothing is left' within 10 no_processes
done_testing
