#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The control socket, with programs of all kinds at it (listen.py): sessions, failures, bad input,
# several at once, slow ones, ones that are gone; and where it may be. Prints TAP, takes about half a
# minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

sock=$dir/private/control
export GUEST=$guest METRONOME=$metronome

listens() {
    [[ -S ${1:-$sock} ]]
}

# program CASE...: runs the cases of listen.py at the socket; their output is the last run's.
program() {
    rm -f "$dir/log.$1"
    timeout -k 5 "$((60 * patience))" python3 tests/scenario/listen.py "$sock" "$dir/log.$1" "$@" >"$dir/case" 2>&1 ||
        { sed 's/^/# /' "$dir/case"; return 1; }
}

valid() {
    scripts/schema/validate socket "$dir/log.$1" 2>&1 | head -n 20 | sed 's/^/# /'
    [[ ${PIPESTATUS[0]} -eq 0 ]]
}

mode() {
    [[ $(stat -c %a "$1") == "$2" ]]
}

# --- a unix socket

background --report "$dir/report" --listen "unix:$sock"
check 'it listens' within 20 listens
check 'at a socket of this user alone' mode "$sock" 600
check 'in a folder that it has made, for this user alone' mode "$dir/private" 700
check 'a session' program session
check 'a session: as the schema says' valid session
for case in failures bad_input roles stop full gone slow many; do
    check "$case" program "$case"
    [[ ! -s $dir/log.$case ]] || check "$case: as the schema says" valid "$case"
done
first=$pid
limit=20 mtr --listen "unix:$sock"
check 'a second one at the same socket is refused' ended 2 "can't listen on '.*/control': .*that a program uses"
check 'the first one goes on' program failures
VICTIM=$(qemu_of a | head -n 1)
export VICTIM
check 'a QEMU that dies' program node
check 'a QEMU that dies: as the schema says' valid node
check 'quit' program quit
pid=$first
join
check 'quit: it has passed' ended 0
check 'the socket and its folder are gone' not test -e "$dir/private"
check 'the report is there' grep -q '"outcome": *"passed"' "$dir/report/report.json"

# --- ends

background --listen "unix:$sock"
within 20 listens
kill_untidied
check 'kill -9 leaves the socket' listens
background --listen "unix:$sock"
check 'the next start takes it over' within 20 program start
check 'tables and warnings' program typed
check 'tables and warnings: as the schema says' valid typed
sed -n '/^    import json, socket/,/^##/s/^    //p' scripts/man/metronome-rpc.5.md |
    sed "s|/run/user/1000/mtr/control|$sock|; s|kernel=.*gz\"|memory='32M', icount='shift=0,sleep=off', kernel='$guest/hello-aarch64.elf'|; s|login: |from |" >"$dir/example.py"
status=0
timeout "$((20 * patience))" python3 "$dir/example.py" >"$dir/out" 2>"$dir/err" || status=$?
check "the manual's program" ended 0 "^console \{'node': 'a', 'port': '0', 'virtual_ns': [0-9]+, 'text': 'hello from metronome'\}$" "^\['metronome'\]$"
kill -TERM "$pid"
check 'a signal ends it' ends_within 5000
check 'a signal: interrupted' ended 130
check 'a signal: the socket is gone' not test -e "$sock"
rm -rf "$dir/private"

# --- behind a scenario

cat >"$dir/some.mtr" <<END
quantum 1ms
node add a memory=32M icount=shift=0,sleep=off kernel=$guest/count-aarch64.elf
node add h memory=32M icount=shift=0,sleep=off kernel=$guest/hello-aarch64.elf
start
run \$how_long
END
background --listen "unix:$sock" "$dir/some.mtr" how_long=2ms
within 20 listens
check 'behind a scenario' program failures
check 'quit' program quit
join
limit=20 mtr --listen "unix:$sock" "$dir/some.mtr"
check 'a scenario with an error: nothing begins' ended 2 "some.mtr:5: .*how_long"
limit=20 mtr --listen "unix:$sock" run "$dir/some.mtr" 'how_long=2ms; assert time == 3ms'
check 'variables are no commands' ended 2
printf 'assert time == 1ms\n' >>"$dir/some.mtr"
limit=20 mtr --listen "unix:$sock" run "$dir/some.mtr" how_long=2ms
check 'a scenario that fails ends it, as a run' ended 1 'some.mtr:6: assert time'

# --- standard input and output

ask() {
    printf '{"jsonrpc":"2.0","id":%s,"method":"%s","params":%s}\n' "$1" "$2" "${3:-{\}}"
}
{
    ask 1 hello '{"version":1}'
    ask 2 node.add '{"name":"a","memory":"32M","icount":"shift=0,sleep=off","kernel":"'"$guest"'/count-aarch64.elf"}'
    ask 3 start
    ask 4 run '{"duration":3000000}'
    ask 5 time
} >"$dir/requests"
input=$dir/requests limit=30 mtr --listen stdio
check 'stdio: all is answered, then its end ends it' ended 0 '"id":4,"result":\{"end":"reached",.*"virtual_ns":3000000' '"id":5,"result"' '"method":"exit"'
check 'stdio: nothing but messages' not grep -qv '^{"jsonrpc":"2.0",' "$dir/out"
cat "$dir/requests" "$dir/out" >"$dir/log.stdio"
check 'stdio: as the schema says' valid stdio
mkfifo "$dir/in" "$dir/answers"
"$metronome" --listen stdio <"$dir/in" >"$dir/answers" 2>"$dir/err" &
pid=$!
exec 7>"$dir/in" 8<"$dir/answers"
{ head -n 3 "$dir/requests" && ask 4 run '{"duration":"1000s"}'; } >&7
guests_run
exec 7>&- 8<&-
check 'stdio: a program that dies in the midst of a run ends it' ends_within 5000
env --default-signal=INT "$metronome" --listen stdio <"$dir/in" >"$dir/out" 2>"$dir/err" &
pid=$!
exec 7>"$dir/in"
{ head -n 3 "$dir/requests" && ask 4 run '{"duration":"1000s"}' && ask 5 time; } >&7
guests_run
kill -INT "$pid"
check 'stdio: Ctrl-C ends it' ends_within 5000
exec 7>&-
check 'stdio: Ctrl-C: every request is answered' ended 130 '"id":4,"error":.*"outcome":"interrupted"' '"id":5,"error":\{"code":-32004' '"method":"exit","params":\{"outcome":"interrupted"'

# --- where it may be

mkdir -m 777 "$dir/open"
limit=20 mtr --listen "unix:$dir/open/control"
check 'not where others may write' ended 2 "can't listen on .*others may write to its folder .*mode 0777"
touch "$dir/file"
limit=20 mtr --listen "unix:$dir/file"
check 'not in place of a file' ended 2 "can't listen on .*something else than a socket"
check 'the file stays' test -f "$dir/file"
limit=20 mtr --listen "unix:$dir/no/such/control"
check 'not below a folder that is not there' ended 2 "can't listen on .*No such file"
limit=20 mtr --listen "unix:$dir/$(printf 'x%.0s' {1..120})"
check 'not at a path that is too long' ended 2 'the path has [0-9]+ bytes'
for bad in tcp:1 unix: '' stdi; do
    limit=20 mtr --listen "$bad"
    check "'$bad' is no address" ended 2 "--listen '$bad': unix:PATH or stdio is expected"
done
limit=20 mtr --json --listen stdio
check 'not with --json' ended 2 '--json is no option of --listen'
limit=20 mtr --listen stdio -c 'time'
check 'not with -c' ended 2 'does not go together with -c'
limit=20 mtr --listen stdio check "$dir/some.mtr"
check 'not with another mode' ended 2 "'check' does not go together with --listen"
done_testing
