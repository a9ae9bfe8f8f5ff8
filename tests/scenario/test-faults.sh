#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Faults around a run: missing and dying QEMUs, signals, kill -9, strange monitors, full disks, many
# nodes. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/foreign.sh
source "$(dirname "$0")/foreign.sh"

small='memory=16M nic=off icount=shift=0,sleep=off'
count_node="$small kernel=$guest/count-aarch64.elf"
two="quantum 100us; node add a $count_node; node add b $count_node; start; echo running; run 10000s; echo behind"

# --- QEMU does not start

launches() {
    mtr --qemu /nonexistent/qemu -c "node add a $count_node; start"
    check 'a missing QEMU: named, with a remedy' ended 3 "node a: can't start '/nonexistent/qemu'" 'No such file' '--qemu'
    mtr --qemu /bin/false -c "node add a $count_node; start"
    check 'a QEMU that ends at once' ended 3 'node a: QEMU ended, exit status 1'
    mtr --qemu "$dir" -c "node add a $count_node; start"
    check 'a folder as QEMU' ended 3 "can't start '$dir'"
    expect 'missing kernel' 2 "node add a kernel=$dir/vmlinuz" "node a: kernel='$dir/vmlinuz': No such file"
    expect 'missing firmware' 2 "node add a firmware=$dir/bios" "firmware='$dir/bios': No such file"
    expect 'missing initrd and disk' 2 "node add a disk=$dir/disk" "disk='$dir/disk': No such file"
    expect 'QEMU refuses an option: its words are quoted' 3 \
        "node add a $count_node extra='-device nonexistent'; start; echo behind" \
        'node a: QEMU ended, exit status 1; it said: ' "nonexistent"
    check 'nothing behind the failure is run' not says '^behind'
    expect 'QEMU refuses a machine' 3 "node add a $small machine=toaster; start" 'it said: .*unsupported machine type'
    expect 'an unclosed quote in extra=' 2 "node add a extra='-name \"x'" 'extra='
    expect 'icount shift=auto is refused, with the reason' 2 'node add a icount=shift=auto' \
        'icount shift=auto is refused: .*host.s clock'
    expect 'icount align=on is refused, with the reason' 2 'node add a icount=shift=0,align=on' \
        'icount align=on is refused: .*host.s clock'
    check 'a QEMU that could not start leaves nothing' no_processes
}

# stand_in NAME LINE...: writes a program for qemu=.
stand_in() {
    local name=$1
    shift
    printf '%s\n' '#!/bin/bash' "$@" >"$dir/$name"
    chmod 755 "$dir/$name"
}

# A QEMU that writes much to stderr fills neither disk nor memory and is not blocked; its last lines
# are kept.
chatter() {
    local grown
    stand_in much "head -c 200000000 /dev/zero | tr '\\0' x >&2" "echo \"first MB: \$(du -sm '$runtime' | cut -f1).\" >&2" \
        'echo last words >&2' 'exit 1'
    expect 'a QEMU that says 200 MB: its last words are shown' 3 "node add a $count_node qemu=$dir/much; start" \
        'node a: QEMU ended, exit status 1; it said: x' 'last words$'
    check '... they did not fill the run directory' says 'first MB: [01]\.$'
    # shellcheck disable=SC2016
    stand_in endless 'yes "$(printf %01000d 0)" >&2 &' 'exec qemu-system-aarch64 "$@"'
    background -c "quantum 100us; node add a $count_node qemu=$dir/endless; start; run 1s; run 12345insn; run 2s pace=1
        assert missed == 0; assert a.overshoot == 0; echo over; run 1s pace=1; echo behind"
    check 'a QEMU that writes without end: the run is exact' within 30 says '^over$'
    grown=$(du -sm "$runtime" | cut -f1)
    check "... the run directory holds little ($grown MB)" test "$grown" -le 1
    grown=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
    check "... and so does metronome ($grown kB)" test "$grown" -le 20000
    join
    check '... to its end' ended 0 '^behind$'
    check '... and nothing of it is left' within 5 no_processes
}

# --- death and signals in a run

# begin ARGUMENT...: starts metronome in the background and waits until it runs.
begin() {
    background "$@"
    within 20 says '^running$' && sleep 0.4
}

# ends_within MILLISECONDS: waits for the end of the run, and sets $took.
ends_within() {
    local from
    from=$(now_ms)
    within 20 not kill -0 "$pid" 2>/dev/null || kill -9 "$pid"
    took=$(($(now_ms) - from))
    join
    [[ $took -le $(($1 * patience)) ]]
}

deaths() {
    check 'two nodes run' begin --report "$dir/report" -c "$two"
    kill -9 "$(qemu_of b)"
    check 'kill -9 of a QEMU: the run ends within 2 s' ends_within 2000
    check 'kill -9 of a QEMU: exit 3, the node and the signal are named' ended 3 'node b: .*killed by signal 9'
    check 'kill -9 of a QEMU: nothing behind is run' not says '^behind'
    check 'kill -9 of a QEMU: the report tells which' grep -q '"state": *"failed"' "$dir/report/report.json"
    check 'kill -9 of a QEMU: the other one ends, too' within 5 no_processes
    check 'kill -9 of a QEMU: folder removed' no_folders
    echo "# it took $took ms"

    check 'two nodes run' begin -c "$two"
    kill -TERM "$(qemu_of a)"
    check 'SIGTERM for a QEMU is its end, too' ends_within 2000
    check 'SIGTERM for a QEMU: named' ended 3 'node a: '
}

controller_deaths() {
    check 'two nodes run' begin -c "$two"
    check 'there are 2 QEMUs and FIFOs' test "$(qemus | wc -l) $(find "$runtime" -type p | wc -l)" != '0 0'
    kill -9 "$pid"
    check 'kill -9 of the controller: no process is left within 5 s' within 5 no_processes
    check 'kill -9 of the controller: no FIFO and no folder is left' within 5 no_folders
    join 2>/dev/null

    check 'two nodes run' begin -c "$two"
    check 'the janitor is there' test "$(janitors | wc -l)" -eq 1
    # shellcheck disable=SC2046
    kill -9 $(janitors) "$pid"
    join 2>/dev/null
    check 'kill -9 of controller and janitor: no QEMU is left within 5 s' within 5 no_processes
    check 'kill -9 of controller and janitor: the folder stays' not no_folders
    mtr --log info -c 'echo next'
    check 'the next start removes it, and says so' ended 0 "removed '$runtime/metronome-" '^next$'
    check 'it is gone' no_folders
    check 'two nodes run' begin -c "$two"
    commands 'echo beside'
    check 'the folder of a living controller is left alone' not no_folders
    check 'its QEMUs run on' test "$(qemus | wc -l)" -eq 2
    kill -9 "$pid"
    join 2>/dev/null
    check 'all is gone' within 5 no_processes
}

signals() {
    local signal
    for signal in INT TERM HUP; do
        check "two nodes run" begin --log info --report "$dir/report-$signal" -c "$two"
        kill -s "$signal" "$pid"
        check "SIG$signal: the run ends within 2 s" ends_within 2000
        check "SIG$signal: exit 130, at a barrier" ended 130 'interrupted: stopping at the next barrier'
        check "SIG$signal: nothing behind is run" not says '^behind'
        check "SIG$signal: the report is written" test "$(number missed "$dir/report-$signal/report.json")" -eq 0
        check "SIG$signal: nothing is left" within 5 no_processes
    done
    check 'two nodes run' begin -c "$two"
    kill -INT "$pid"
    kill -INT "$pid" 2>/dev/null || true
    check 'SIGINT twice: the run ends within 2 s' ends_within 2000
    check 'SIGINT twice: exit 130' ended 130
    check 'SIGINT twice: nothing is left' within 5 no_processes

    check 'two nodes run' begin -c "$two"
    kill -STOP "$(qemu_of a)"
    sleep 0.2
    kill -INT "$pid"
    sleep 0.6
    check 'a QEMU stopped by SIGSTOP: the first Ctrl-C waits for it' kill -0 "$pid"
    kill -INT "$pid"
    check 'the second Ctrl-C ends at once' ends_within 1000
    check 'exit 130' ended 130
    check 'the stopped QEMU is ended, too' within 5 no_processes

    check 'two nodes run' begin -c "${two/10000s/30ms}; echo again; run 10000s"
    kill -STOP "$(qemu_of a)"
    sleep 0.5
    kill -CONT "$(qemu_of a)"
    sleep 0.2
    kill -INT "$pid"
    check 'a QEMU that slept for a while: the run goes on' ends_within 2000
    check 'and nothing was missed' not says 'exactness was lost'
}

# --- attach

fake() {
    "$dir/fake-monitor" "$@" </dev/null >/dev/null 2>&1 &
    fake_pid=$!
    within 5 test -S "$2"
}

end_fake() {
    kill "$fake_pid"
    wait "$fake_pid" 2>/dev/null || true
}

strange_monitors() {
    local mode
    check 'the fake monitor builds' gcc -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE -o "$dir/fake-monitor" \
        tests/fake/fake-monitor.c
    expect 'attach: no socket there' 3 "node attach x qmp=$dir/none" "can't attach to '$dir/none'" 'No such file'
    : >"$dir/file"
    expect 'attach: a file that is no socket' 3 "node attach x qmp=$dir/file" "can't attach to '$dir/file'"
    expect 'attach: a name that is too long' 3 "node attach x qmp=$dir/$(printf '%0100d' 0)" 'longer than the .* bytes'
    declare -A words=([not-qmp]='QMP' [half]='no QMP greeting' [silent]='no QMP greeting' [dies]='closed|ended|reset|Broken')
    for mode in not-qmp half silent dies; do
        fake "$mode" "$dir/$mode"
        limit=8 expect "attach: $mode" 3 "node attach x qmp=$dir/$mode; echo behind" \
            "node x: can't attach to '$dir/$mode'" "${words[$mode]}"
        end_fake
    done
    fake rude "$dir/rude"
    limit=8 expect 'attach: what it says in its errors is text' 2 "node attach x qmp=$dir/rude" \
        'red .x1b\[31m.u\{009b\}2J.u\{202e\}.x7f'
    check 'attach: and no line of it is one of ours' not grep -q '^metronome: error: forged' "$dir/err"
    end_fake
    fake no-filter "$dir/old" "$PWD/tests/unit/data/devstate/aarch64-count" -icount shift=0,sleep=off
    limit=20 expect 'attach: a QEMU without filter-buffer is refused with its own words' 3 \
        "node attach x qmp=$dir/old; run 1ms" 'node x: QEMU 9\.0\.0 can.t hold the gate' 'invalid object type: filter-buffer'
    end_fake
    fake old "$dir/older"
    expect 'attach: a QEMU that is too old is refused for what it lacks' 3 "node attach x qmp=$dir/older; echo behind" \
        'node x: QEMU 7\.1\.0 has no netdev dgram, which came with QEMU 7\.2'
    end_fake
}

# Launched QEMUs that metronome refuses: one before 7.2 (the text is that of 5.2 of Debian 11), and
# one whose filter-buffers fire unlike those of any known QEMU.
unknown_qemu() {
    printf '#!/bin/sh\necho "qemu-system-aarch64: Invalid parameter '\''dgram'\''" >&2\nexit 1\n' >"$dir/qemu-old"
    printf '#!/bin/sh\nexec python3 %s qemu-system-aarch64 "$@"\n' "$PWD/tests/fake/bent-qemu.py" >"$dir/qemu-bent"
    chmod +x "$dir"/qemu-{old,bent}
    expect 'a QEMU that is too old: what it says, and what that means' 3 \
        "node add a qemu=$dir/qemu-old $small kernel=$guest/count-aarch64.elf; start; echo behind" \
        "it said: qemu-system-aarch64: Invalid parameter 'dgram'; netdev dgram came with QEMU 7\.2: this one is older"
    # With semihosting metronome makes the filters over QMP, where this test can change the tick.
    expect 'a QEMU that behaves in no known way is refused' 3 \
        "node add a qemu=$dir/qemu-bent $count_node extra='-semihosting-config enable=on'; start; run 10ms; echo behind" \
        'node a: QEMU .* behaves in no known way: .* filter-buffer .* from 500 to 1000 us fired after '
    check 'and nothing of it is left' within 5 no_processes
}

attach() {
    local objects take="node attach x qmp=$dir/qmp gdb=$dir/gdb"
    start_foreign shift=0,sleep=off
    check 'a foreign QEMU runs' within 5 foreign_runs
    objects=$(foreign_objects)
    commands "quantum 100us; $take; node list; report $dir/one; run 10ms; run 3ms; report $dir/two
        assert missed == 0; assert x.overshoot == 0; assert x.time == 13ms; assert x.offset == 0; node remove x; echo removed"
    check 'attach: exact quanta from where it stands, then remove' ended 0 '^x +paused +attached ' '^removed$'
    check 'attach: warns of what its command line does to repeatability' \
        says '^metronome: warn: node x: no -seed: .*; use -seed 1$'
    check 'attach: 13 ms were 13000000 instructions, up to the first microsecond' icount_grew 13000000
    check 'removed: QEMU runs on' foreign_runs
    check 'removed: none of our objects is left in it' test "$(foreign_objects)" = "$objects"
    expect 'attach again, to the instruction' 0 "quantum 100us; $take; run 1ms; run 12345insn; run 333333ns
        assert missed == 0; assert x.overshoot == 0"
    check 'the end without remove lets QEMU run on, too' foreign_runs
    check 'and leaves none of our objects in it' test "$(foreign_objects)" = "$objects"
    expect 'without gdb=, only whole microseconds can be reached' 3 "$take; node remove x
        node attach y qmp=$dir/qmp; run 1ms; run-until 1000001ns" 'node y: it has no gdbstub'
    check 'QEMU runs on after that failure' within 5 foreign_runs

    begin -c "quantum 100us; $take; echo running; run 10000s"
    kill -9 "$pid"
    join 2>/dev/null
    check 'kill -9 of the controller while attached: QEMU goes on' within 5 foreign_runs
    expect 'and can be attached again' 0 "quantum 100us; $take; run 10ms; assert x.time == 10ms; assert missed == 0
        assert x.overshoot == 0; node remove x"
    check 'removed: QEMU runs on' foreign_runs
    check 'removed: none of our objects is left, nor those of the killed controller' \
        test "$(foreign_objects)" = "$objects"
    begin -c "quantum 100us; $take; echo running; run 10000s"
    kill -INT "$pid"
    check 'Ctrl-C while attached: ends within 2 s' ends_within 2000
    check 'Ctrl-C while attached: QEMU goes on' foreign_runs
    kill -9 "$foreign"
    wait "$foreign" 2>/dev/null || true
    start_foreign shift=auto
    expect 'a QEMU with shift=auto is refused' 2 "$take" 'shift=auto is refused'
    check 'and runs on' within 5 foreign_runs
    kill -9 "$foreign"
    wait "$foreign" 2>/dev/null || true
    exec 7>&- 8>&-
}

# icount_grew N: icount grew by N between the two reports, plus at most the rounding up to a whole
# microsecond.
icount_grew() {
    local grown=$(($(number icount "$dir/two/report.json") - $(number icount "$dir/one/report.json")))
    [[ $grown -ge $1 && $grown -lt $(($1 + 1000)) ]]
}

# --- reports

disks() {
    mkdir "$dir/full"
    ln -s /dev/full "$dir/full/barriers.csv"
    mtr --report "$dir/full" -c "quantum 100us; node add a $count_node; start; run 5ms; echo done"
    check 'a full disk under barriers.csv: said, exit 2' ended 2 '^done$' "can't write the report to '$dir/full'" \
        'barriers\.csv is not complete: No space left'
    mtr --report "$dir/full" -c "quantum 10us; node add a $count_node; start; run 300ms; echo done"
    check 'a full disk does not stop a long run' ended 2 '^done$' 'No space left'
    : >"$dir/plain"
    mtr --report "$dir/plain/sub" -c 'echo done'
    check 'a report below a file: said before anything is run' ended 2 "can't write the report to '$dir/plain/sub'" \
        'Not a directory'
    check 'nothing was run' not says '^done$'
    expect 'the command report, too' 2 "report $dir/plain/sub; echo done" "can't write the report to"
    mkdir "$dir/taken" "$dir/taken/report.json"
    mtr --report "$dir/taken" -c 'echo done'
    check 'a report.json that can not be written: said before anything is run' ended 2 "can't write the report to '$dir/taken'"
    check 'and nothing is run' not says '^done$'
}

# --- a busy host

# metronome tests on the first CPU which priorities it may use. metronome must not wait long for a
# busy first CPU.
taken_cpu() {
    local first from hog hogs=() took
    first=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
    [[ $(nproc) -gt 1 ]] && chrt -f 50 true 2>/dev/null || return 0
    for hog in 'chrt -f 50' '' '' '' ''; do
        # shellcheck disable=SC2086
        timeout 10 taskset -c "$first" $hog sh -c 'while :; do :; done' &
        hogs+=($!)
    done
    within 5 pgrep -P "${hogs[0]}" >/dev/null
    from=$(now_ms)
    commands 'echo up'
    took=$(($(now_ms) - from))
    check "a start while others have the first CPU ($took ms)" eval "ended 0 '^up$' && [[ $took -lt $((5000 * patience)) ]]"
    kill "${hogs[@]}" 2>/dev/null || true
    wait "${hogs[@]}" 2>/dev/null || true
}

# --- size

# controller_kb KEY: prints a value of the controller's status in /proc.
controller_kb() {
    awk -v key="$1:" '$1 == key { print $2 }' "/proc/$pid/status"
}

nodes() {
    local i text='quantum 1ms; '
    for ((i = 0; i < $1; i++)); do
        text+="node add n$i $count_node; "
    done
    echo "$text"
}

sizes() {
    local from hwm limit=20480
    # AddressSanitizer keeps freed memory, so such a binary may take three times as much.
    grep -q __asan_init "$metronome" && limit=$((3 * limit))
    background -c "$(nodes 16) start; barrier 50; assert missed == 0; assert n15.icount == 50000000; echo running; run 10000s"
    within 60 says '^running$' || true
    hwm=$(controller_kb VmHWM)
    check "16 nodes: the controller takes at most $((limit / 1024)) MiB" test "${hwm:-99999}" -le "$limit"
    echo "# 16 nodes: VmHWM ${hwm:-?} kB"
    kill -INT "$pid"
    check '16 nodes: Ctrl-C ends them within 3 s' ends_within 3000
    check '16 nodes: exit 130' ended 130
    ! brief || return 0

    from=$(now_ms)
    background -c "$(nodes 200) start; barrier 3; assert missed == 0; assert n199.icount == 3000000; echo running; run 10000s"
    within 100 says '^running$' || true
    check '200 nodes: start and 3 barriers' says '^running$'
    echo "# 200 nodes: $(($(now_ms) - from)) ms, VmHWM $(controller_kb VmHWM) kB"
    kill -INT "$pid" 2>/dev/null || true
    check '200 nodes: Ctrl-C ends them within 10 s' ends_within 10000
    check '200 nodes: exit 130' ended 130
}

# ticks ID: prints the CPU time of a process, in clock ticks. The process's name must have no
# blanks.
ticks() {
    awk '{ print $14 + $15 }' "/proc/$1/stat"
}

repl_id() {
    local id
    for id in $(processes); do
        if [[ $(cat "/proc/$id/comm" 2>/dev/null) == metronome ]]; then
            echo "$id"
            return 0
        fi
    done
    return 1
}

# Gives the REPL a terminal of its own by script(1), which Debian always has.
repl() {
    local id before terminal
    mkfifo "$dir/keys"
    exec 9<>"$dir/keys"
    NO_COLOR=1 script -qec "$metronome --log error" /dev/null <"$dir/keys" >"$dir/out" 2>"$dir/err" 9>&- &
    terminal=$!
    check 'the REPL shows its prompt' within 10 says 'metronome> '
    printf 'quantum 1ms\rnode add a %s\rstart\rrun 5ms\recho fi"v"e\r' "$count_node" >&9
    check 'the prompt tells time and state' within 10 says 'metronome 0\.005000000s paused> '
    check 'the REPL echoes' within 5 says 'five'
    printf 'dance\r' >&9
    check 'an error does not end the REPL' within 5 says "unknown command 'dance'"
    id=$(repl_id)
    sleep 0.3
    before=$(ticks "$id")
    sleep 2 # a tick is 10 ms, and one may still be booked to what was before
    check 'a waiting REPL takes no CPU time' test "$(ticks "$id")" -le $((before + 1))
    printf 'run 10000s\r' >&9
    sleep 0.5
    printf '\003' >&9
    check 'Ctrl-C stops the run' within 5 says 'interrupted: stopping at the next barrier|metronome 0\.[1-9].* paused> '
    printf 'assert missed == 0\recho still"" here\r' >&9
    check 'and the REPL goes on' within 5 says 'still here'
    printf 'quit\r' >&9
    status=0
    wait "$terminal" || status=$?
    check 'quit ends it with 0' test "$status" -eq 0
    exec 9>&-
}

if [[ ${PARTS:-} ]]; then
    for part in $PARTS; do
        $part
    done
else
    launches
    unknown_qemu
    chatter
    deaths
    controller_deaths
    signals
    strange_monitors
    attach
    disks
    taken_cpu
    sizes
    repl
fi
done_testing
