#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Output that can't be written: readers that close, full disks, closed descriptors, limits. No write
# ends metronome by a signal; metronome reports lost output and ends with exit code 2; and on every
# way out an attached QEMU is returned unchanged. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/foreign.sh
source "$(dirname "$0")/foreign.sh"

small='memory=16M nic=off icount=shift=0,sleep=off'
count_node="$small kernel=$guest/count-aarch64.elf"
linux="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=0,sleep=off"
full="can't write to standard output: No space left on device"

# --- standard output

# full DESCRIPTION ARGUMENT...: runs metronome with a full disk as standard output.
full() {
    local description=$1
    shift
    status=0
    "$metronome" "$@" </dev/null >/dev/full 2>"$dir/err" || status=$?
    : >"$dir/out"
    check "/dev/full: $description" ended 2 "$full"
    check "/dev/full: $description: told once as an error" \
        test "$(grep -c "metronome: error: $full" "$dir/err")" -eq 1
}

full_disk() {
    echo 'echo one' >"$dir/one.mtr"
    echo 'node add a icount=shift=0,sleep=on; start' >"$dir/finding.mtr"
    full '--help' --help
    full '--version' --version
    full '--man' --man
    full '-c' -c 'echo 1; echo 2'
    full '-c help' -c help
    full 'run' run "$dir/one.mtr"
    full 'check' check "$dir/finding.mtr"
    full '--json' --json -c 'echo 1; echo 2'
    full '--json check' --json check "$dir/one.mtr"
    full 'with a report' --report "$dir/of-full" -c "node add a $count_node; start; run 5ms; time"
    check '/dev/full: the run went on to its end' grep -q '"virtual_ns": *5000000' "$dir/of-full/report.json"
    status=0
    "$metronome" -c 'echo 1; assert 1 == 2' >/dev/full 2>"$dir/err" || status=$?
    check '/dev/full: an assert that fails is still that' ended 1
    status=0
    "$metronome" verify "$dir/one.mtr" </dev/null >/dev/full 2>"$dir/err" || status=$?
    check '/dev/full: verify' ended 2 "$full"
}

# first_line ARGUMENT...: runs metronome with a reader that reads one line and closes; sets $status.
first_line() {
    set +o pipefail
    # After the first line metronome writes nothing until its reader has closed.
    { "$metronome" "$@" </dev/null 2>"$dir/err" && echo 0 >"$dir/status" || echo $? >"$dir/status"; } |
        { head -n 1 >"$dir/out"; } && status=$(<"$dir/status")
    set -o pipefail
}

lines() {
    local i
    for ((i = 0; i < 5000; i++)); do
        echo "echo 'line $i of many, so that a pipe can not hold them all'"
    done
}

reader_leaves() {
    lines >"$dir/lines.mtr"
    echo "node add a $count_node; start; run 7ms; time; assert a.time == 7ms" >>"$dir/lines.mtr"
    first_line --report "$dir/head" run "$dir/lines.mtr"
    check '| head -1: an ordinary end' ended 0 '^line 0'
    check '| head -1: no word of it' not says 'metronome'
    check '| head -1: the run went on to its end' grep -q '"virtual_ns": *7000000' "$dir/head/report.json"
    echo 'assert 1 == 2' >>"$dir/lines.mtr"
    first_line run "$dir/lines.mtr"
    check '| head -1: the exit code is the one that the run has' ended 1
    first_line --json run "$dir/lines.mtr"
    check '| head -1 with --json' ended 1
    first_line --man
    check '--man | head -1' ended 0
    status=0
    "$metronome" -c 'echo 1; dance' </dev/null 2>&1 >"$dir/out" | true || status=$?
    check 'stderr gone' test "$status" -eq 2
    background --report "$dir/pipe-signal" -c "node add a $count_node; start; echo running; run 300ms; echo behind"
    within 20 says '^running$'
    kill -PIPE "$pid"
    kill -XFSZ "$pid"
    join
    check 'SIGPIPE and SIGXFSZ end nothing' ended 0 '^behind$'
}

# std_of: prints the targets of descriptors 0 to 2. If the shell closed them, they must lead to
# /dev/null.
std_of() {
    local fd
    for fd in 0 1 2; do
        readlink "/proc/$1/fd/$fd"
    done | sort -u
}

closed() {
    status=0
    "$metronome" --report "$dir/closed" -c "node add a $small kernel=$guest/hello-aarch64.elf; start
        wait-line a hello timeout=1s; assert a.console_bytes > 0" <&- >&- 2>&- || status=$?
    check 'without stdin, stdout and stderr: it runs' test "$status" -eq 0
    check 'without stdin, stdout and stderr: the console is whole' \
        test "$(sha256sum <"$dir/closed/console-a.log")" = "$(text console_sha256 "$dir/closed/report.json" | cut -d'"' -f4)  -"
    : >"$dir/out" 2>"$dir/err"
    "$metronome" -c "node add a $count_node; start; gdb a path=$dir/closed.sock wait=on" <&- >&- 2>&- &
    pid=$!
    within 20 test -S "$dir/closed.sock"
    check 'without them: nothing else has their numbers' test "$(std_of "$pid")" = /dev/null
    kill "$pid"
    join
    check 'without them: SIGTERM ends it' ended 130
}

# Started programs have the default actions of signals, because few programs expect EPIPE.
children() {
    local mask
    "$metronome" -c "host add x command=\"cat /proc/self/status >$dir/child; exit 1\"" >/dev/null 2>&1 || true
    mask=$((0x$(awk '/^SigIgn:/ { print $2 }' "$dir/child")))
    check 'a command does not ignore SIGPIPE' test $((mask & 1 << 12)) -eq 0
    check 'nor SIGXFSZ' test $((mask & 1 << 24)) -eq 0
}

# --- captures and transcripts

# reader COMMAND...: makes a FIFO, and starts the command as its reader.
reader() {
    rm -f "$dir/fifo"
    mkfifo "$dir/fifo"
    "$@" <"$dir/fifo" >/dev/null &
}

pings="node add a $linux append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=a ip=10.0.0.1/24 run=\\\"ping -c 30 -i 0.01 10.0.0.2\\\"\"
    node add b $linux append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=b ip=10.0.0.2/24\"
    link add a b latency=1ms"

captures() {
    reader head -c 600
    mtr --report "$dir/captured" -c "quantum 100us; $pings; capture $dir/fifo; start
        wait-line a 'run ended' timeout=30s; echo behind"
    check 'a capture whose reader leaves: told, exit 2, the run goes on' \
        ended 2 '^behind$' "the capture ends here: can't write '$dir/fifo': nobody reads it any more"
    check 'a capture whose reader leaves: the report is written' \
        grep -q '"state": *"paused"' "$dir/captured/report.json"
    exec 9<>"$dir/fifo"
    mtr -c "$pings; capture $dir/fifo; node transcript a $dir/fifo; echo captured"
    check 'a reader that reads what there is' ended 0 '^captured$'
    exec 9>&-
    mtr -c "$pings; capture $dir/fifo"
    check 'a FIFO without a reader is refused' ended 2 "can't capture into '$dir/fifo': .*start its reader first"
}

transcripts() {
    reader head -n 2
    mtr --report "$dir/transcribed" -c "quantum 1ms; node add a $linux append=console=ttyAMA0
        node transcript a $dir/fifo; start; run 1s; echo behind"
    check 'a transcript whose reader leaves: told, exit 2, the run goes on' \
        ended 2 '^behind$' "the transcript ends here: can't write '$dir/fifo': nobody reads it any more"
    mtr -c "node add a $count_node; node transcript a $dir/fifo; start; echo behind"
    check 'a FIFO without a reader does not hold anybody up' ended 2 "can't write '$dir/fifo': .*start its reader first"
}

# in_small_folder KILOBYTES ARGUMENT...: runs metronome with its run directory on a file system of
# that size.
in_small_folder() {
    local size=$1
    shift
    status=0
    mkdir -p "$dir/small"
    # shellcheck disable=SC2016
    unshare -m -- bash -c 'mount -t tmpfs -o size="$1"k none "$2" && shift && XDG_RUNTIME_DIR=$1 && shift && exec "$@"' \
        - "$size" "$dir/small" "$metronome" "$@" </dev/null >"$dir/out" 2>"$dir/err" || status=$?
}

console_log() {
    local log=$dir/cut/console-a.log
    in_small_folder 12 --report "$dir/cut" -c "quantum 1ms; node add a $linux append=console=ttyAMA0; start
        run 1s; assert a.console_bytes > 12000; echo behind"
    check 'a console log that a full run directory cuts off: told, exit 2' ended 2 '^behind$' \
        "error: node a: the log of its console ends here: can't write '$dir/small/.*/console.log': No space left on device"
    check 'told once' test "$(grep -c 'error: node a: the log of its console' "$dir/err")" -eq 1
    check 'it has been cut off' test "$(stat -c %s "$log")" -lt 12000
    check 'the digest is of what the file holds' \
        test "$(sha256sum <"$log")" = "$(text console_sha256 "$dir/cut/report.json" | cut -d'"' -f4)  -"
}

# --- files of the user

overwrite() {
    local name
    echo precious >"$dir/precious"
    expect 'a capture into a file that is none' 2 "$pings; capture $dir/precious" \
        "can't capture into '$dir/precious': there is a file already that is no capture"
    expect 'a transcript into a file that is none' 2 "node add a $count_node; node transcript a $dir/precious; start" \
        "can't write '$dir/precious': there is a file already that is no transcript"
    expect 'they are looked at before anything is run' 2 "$pings; echo behind; capture $dir/precious; \
        node transcript a $dir/precious" "can't capture into '$dir/precious'" "can't write '$dir/precious': there is a file"
    check 'nothing was run' not says '^behind$'
    check 'neither touched it' test "$(<"$dir/precious")" = precious
    expect 'a capture and a transcript into new files' 0 "$pings; capture $dir/new.pcapng; node transcript a $dir/new.txt"
    printf '\012\015\015\012old' >"$dir/new.pcapng"
    printf '[1.5s] old\n' >"$dir/new.txt"
    expect 'a capture and a transcript take the place of older ones' 0 \
        "$pings; capture $dir/new.pcapng; node add c $count_node; node transcript c $dir/new.txt; start"
    check 'and nothing is left of those' test "$(cat "$dir/new.pcapng" "$dir/new.txt" | grep -c old)" -eq 0
    for name in report.html report.json barriers.csv clocks.csv console-a.log; do
        mkdir "$dir/of-user"
        echo "my own $name" >"$dir/of-user/$name"
        mtr --report "$dir/of-user" -c 'echo run'
        check "--report does not overwrite $name of the user's" ended 2 "its file '$name' is no report of metronome's"
        check "nothing was run" not says '^run$'
        commands "echo run; report $dir/of-user"
        check "nor does the command report" ended 2 "its file '$name' is no report of metronome's"
        check "and it is found before anything is run" not says '^run$'
        check 'the folder is as it was' test "$(cat "$dir/of-user"/*)" = "my own $name"
        rm -r "$dir/of-user"
    done
    mtr --report "$dir/again" -c "node add a $small kernel=$guest/hello-aarch64.elf; start; run 3ms"
    mtr --report "$dir/again" -c "node add a $count_node; start; run 4ms; report $dir/./again; run 1ms"
    check 'a report takes the place of an older one' ended 0
    check 'all of it: its page' grep -q 'run 4ms' "$dir/again/report.html"
    check 'and its barriers, also where the command wrote it in between' test "$(wc -l <"$dir/again/barriers.csv")" -eq 6
}

sockets() {
    local answer
    mkfifo "$dir/forever"
    exec 9<>"$dir/forever"
    "$build/tests/helper/answer" "$dir/dgram" "$dir/peer" 10.0.0.9 <&9 >"$dir/answer" 9>&- &
    answer=$!
    within 5 grep -q listening "$dir/answer"
    expect 'serial= does not take the socket of another program' 2 "node add a $count_node serial=unix:$dir/dgram; start" \
        'there is a socket already that a program uses'
    check 'it is still there' test -S "$dir/dgram"
    kill "$answer"
    wait "$answer" 2>/dev/null || true
    exec 9>&-
    expect 'nor do two nodes take one socket' 2 \
        "node add a $count_node serial=unix:$dir/serial; node add b $count_node serial=unix:$dir/serial; start" \
        "node b: serial='unix:$dir/serial': there is a socket already that a program uses"
    check 'the end removes it' test ! -e "$dir/serial"
}

# --- attached

# given_back DESCRIPTION: checks that the QEMU runs, with its priorities and CPUs as before, and
# without metronome's objects.
given_back() {
    check "$1: it runs" within 5 foreign_runs
    check "$1: ranks and CPUs are as they were" foreign_is_free "$ranks"
    check "$1: nothing of ours is left in it" test "$(foreign_objects)" = "$objects"
}

attached() {
    local take="quantum 100us; node attach x qmp=$dir/qmp gdb=$dir/gdb" ranks objects signal
    start_foreign shift=0,sleep=off
    within 5 foreign_runs
    ranks=$(foreign_ranks)
    objects=$(foreign_objects)
    expect 'an error' 2 "$take; run 5ms; dance"
    given_back 'an error'
    expect 'an assert that fails' 1 "$take; run 5ms; assert 1 == 2"
    given_back 'an assert that fails'
    expect 'another node fails' 3 "$take; node add a $count_node extra='-device none'; start"
    given_back 'another node fails'
    for signal in INT TERM HUP; do
        background -c "$take; echo running; run 10000s"
        within 10 says '^running$'
        kill -PIPE "$pid"
        kill -XFSZ "$pid"
        kill -s "$signal" "$pid"
        join
        check "SIG$signal" ended 130
        given_back "SIG$signal"
    done
    { echo "$take"; echo 'run 5ms'; lines; echo 'run 5ms'; echo 'assert x.time == 10ms'; } >"$dir/attached.mtr"
    first_line run "$dir/attached.mtr"
    check '| head -1' ended 0
    given_back '| head -1'
    status=0
    "$metronome" run "$dir/attached.mtr" >/dev/full 2>"$dir/err" || status=$?
    check '/dev/full' ended 2 "$full"
    given_back '/dev/full'
    status=0
    (ulimit -f 1 && exec "$metronome" --report "$dir/limited" -c "$take; run 100ms; run 5ms") >"$dir/out" 2>"$dir/err" || status=$?
    check 'a limit of file sizes' ended 2 "can't write the report to '$dir/limited'.*File too large"
    given_back 'a limit of file sizes'
    end_foreign
}

if [[ ${PARTS:-} ]]; then
    for part in $PARTS; do
        $part
    done
else
    full_disk
    reader_leaves
    closed
    children
    captures
    transcripts
    console_log
    overwrite
    sockets
    attached
fi
done_testing
