#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The user's own gdb (gdb-multiarch, in batch mode) attached to nodes of an ensemble.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/gdb.sh
source "$(dirname "$0")/gdb.sh"

linux="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M append=\"console=ttyAMA0 quiet nokaslr\""
linux+=' icount=shift=4,sleep=off'

one_linux() {
    local pc
    session "node add a $linux; node add b $linux; start; run 500ms; gdb a path=$dir/a.sock wait=on; time; breaks; \
        assert a.missed == 0; assert b.missed == 0; run 10ms; assert a.offset == 0; assert b.offset == 0"
    within 30 is_there a
    # shellcheck disable=SC2016
    debugger a 'info registers pc x30' 'monitor time' 'printf "before %lx\n", $pc' stepi 'printf "after %lx\n", $pc' \
        'x/2i $pc' 'x/4xg $sp' 'monitor run 1ms' 'maintenance flush register-cache' 'hbreak *$pc' 'printf "at %lx\n", $pc' \
        continue 'printf "hit %lx\n", $pc' 'delete' 'monitor time' 'info threads' 'monitor info version' \
        'monitor frobnicate' 'monitor xp/2x 0x40080000' 'set $x9 = 0x1234' 'p/x $x9' 'monitor step a 10' 'monitor breaks' detach
    join
    check 'Linux: ends well' ended 0
    check 'Linux: registers and memory' heard a '^pc +0xffff' '^0xffff.*:	0x[0-9a-f]{16}	0x' '^\$[0-9]+ = 0x1234$'
    check 'Linux: disassembly' heard a '^=> 0xffff[0-9a-f]+:	[a-z]+'
    check 'Linux: monitor time' heard a '^virtual time 0.500000000s, mode' '^a +paused' '^b +paused'
    check 'Linux: monitor run lets time pass' heard a '^virtual time 0.50[12]'
    check 'Linux: a breakpoint in the kernel by address' heard a '^Breakpoint 1, 0xffff'
    pc=$(sed -n 's/^at //p' "$dir/gdb.a")
    check 'Linux: hit where it was set' [ -n "$pc" -a "$pc" = "$(sed -n 's/^hit //p' "$dir/gdb.a")" ]
    check 'Linux: threads' heard a 'Thread 1.1 \(CPU#0 \[running\]\)'
    check "Linux: QEMU's monitor behind ours, where it only looks" heard a '^[0-9]+\.[0-9]+' "unknown command 'frobnicate'" \
        '^0*40080000: 0x'
    check 'Linux: monitor step' heard a '^a: 10 executed'
    check 'Linux: the breaks of gdb are its own' says '^no breaks'
}

# A gdb with the guest's symbols.
by_name() {
    session "node add s kernel=$guest/smp-aarch64.elf smp=2 memory=64M icount=shift=0,sleep=off; start; \
        gdb s path=$dir/s.sock wait=on; time; run 5ms; assert s.missed == 0"
    within 30 is_there s
    # shellcheck disable=SC2016
    symbols=$guest/smp-aarch64.elf debugger s 'break secondary' continue 'info threads' delete 'watch *(int *)&all_on' \
        continue 'p all_on_is = 1' 'delete' 'break count' continue 'p/x $pc' 'info symbol $pc' 'thread 2' 'stepi' 'p/x $pc' \
        detach
    join
    check 'by name: ends well' ended 0
    check 'by name: a breakpoint' heard s 'Breakpoint 1, .*secondary'
    check 'by name: the thread that hit it' heard s '^\* 2 +Thread 1\.2'
    check 'by name: a watchpoint, with the old value and the new' heard s 'atchpoint 2: ' '^Old value = 0' '^New value = 1'
    check 'by name: the next breakpoint' heard s 'Breakpoint 3, .*count' '^count in section .text'
}

two_gdbs() {
    local first second vbar vector
    commands "node add a $linux; start; regs a VBAR"
    vbar=$(grep -oE '^VBAR(_EL1)?' "$dir/out") # as this QEMU calls it
    vector="hbreak *(\$$vbar + 0x280)"
    session "node add a $linux; node add b $linux; start; run 500ms; gdb a path=$dir/a.sock; \
        gdb b path=$dir/b.sock wait=on; run 1ms; assert a.missed == 0; assert b.missed == 0"
    within 30 is_there b
    # b continues and waits. Then a holds the ensemble, until a's breakpoint, at the entry of every
    # interrupt of its kernel, stops both. Then b continues, waits for a, and stops at a breakpoint
    # of its own.
    # shellcheck disable=SC2016
    debugger b 'printf "b attached %lx\n", $pc' continue 'printf "b stopped %lx\n", $pc' 'x/1i $pc' 'monitor time' \
        "$vector" continue 'printf "b again %lx\n", $pc' detach &
    second=$!
    within 20 grep -qs 'b attached' "$dir/gdb.b"
    # shellcheck disable=SC2016
    debugger a 'printf "a attached %lx\n", $pc' 'monitor time' 'shell sleep 0.3' 'monitor time' stepi stepi \
        'monitor time' "$vector" continue 'printf "a stopped %lx\n", $pc' \
        "shell timeout 20 sh -c 'until grep -qs \"all stand\" \"$dir/gdb.b\"; do sleep 0.02; done'" detach &
    first=$!
    wait "$first" || true
    wait "$second" || true
    join
    check 'two gdbs: metronome ends well' ended 0
    check 'two gdbs: a stops at its breakpoint' heard a '^Breakpoint 1, 0xffff' '^a stopped ffff'
    check 'two gdbs: b stops with it, and looks around' heard b '^b stopped ffff' '^=> 0xffff' '^virtual time [0-9.]+s'
    check 'two gdbs: nothing moves under a gdb that stands' stands a
    check 'two gdbs: both must go on' heard b 'all stand until every attached gdb continues' '^b again ffff'
}

# stands NAME: of three reports of the node's icount, the first two are equal, and the third is two
# instructions later.
stands() {
    local -a icount
    mapfile -t icount < <(awk -v n="$1" '$1 == n && $2 == "paused" { print $3 }' "$dir/gdb.$1")
    echo "# ${icount[*]}"
    [[ ${#icount[@]} -eq 3 && ${icount[1]} -eq ${icount[0]} && ${icount[2]} -eq $((icount[0] + 2)) ]]
}

# A gdb that attaches in the middle of a run holds the run. Ctrl-C ends the run then too, and the
# run goes on when gdb leaves.
held() {
    local gdb ending=$1
    session "node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off; start; \
        gdb a path=$dir/a.sock; run 5s pace=1.0; assert a.time == 5s; assert a.missed == 0"
    within 30 is_there a
    rm -f "$dir/over"
    debugger a 'monitor time' 'shell sleep 0.2' 'monitor time' 'monitor time' \
        "shell timeout 20 sh -c 'until test -e \"$dir/over\"; do sleep 0.02; done'" detach &
    gdb=$!
    within 20 three_times
    [[ $ending != interrupted ]] || kill -INT "$pid"
    [[ $ending != interrupted ]] || join
    touch "$dir/over"
    [[ $ending == interrupted ]] || join
    wait "$gdb" || true
}

three_times() {
    [[ $(grep -cs '^a  *paused' "$dir/gdb.a") -eq 3 ]]
}

holding() {
    held detached
    check 'a run held by a gdb: goes on without it' ended 0
    check 'a run held by a gdb: nothing moved' [ "$(awk '$2 == "paused" { print $3 }' "$dir/gdb.a" | uniq | wc -l)" = 1 ]
    held interrupted
    check 'a run held by a gdb: Ctrl-C ends it' ended 130
}

interrupt() {
    session "node add a kernel=$guest/tick-aarch64.elf memory=64M icount=shift=3,sleep=off; \
        node add b kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off; start; \
        gdb a path=$dir/a.sock wait=on; time; run 1ms; assert b.offset == 0; assert b.missed == 0"
    within 30 is_there a
    local gdb
    # shellcheck disable=SC2016
    env --default-signal=INT gdb-multiarch -nx -batch -ex 'set architecture aarch64' -ex "target remote $dir/a.sock" \
        -ex 'printf "going\n"' -ex continue -ex 'printf "stopped %lx\n", $pc' -ex 'monitor time' -ex detach \
        >"$dir/gdb.a" 2>&1 </dev/null &
    gdb=$!
    within 20 grep -qs going "$dir/gdb.a"
    # Ctrl-C comes only when the ensemble runs.
    guests_run
    kill -INT "$gdb"
    wait "$gdb" || true
    join
    check 'Ctrl-C in gdb: stops the ensemble' heard a 'SIGINT' '^stopped 400' '^virtual time [0-9.]+s'
    check 'Ctrl-C in gdb: metronome goes on' ended 0
}

gone() {
    session "node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off; start; \
        gdb a path=$dir/a.sock wait=on; time; run 1ms; assert a.missed == 0"
    within 30 is_there a
    gdb-multiarch -nx -batch -ex 'set architecture aarch64' -ex "target remote $dir/a.sock" -ex 'printf "going\n"' \
        -ex 'hbreak *0x1234' -ex continue >"$dir/gdb.a" 2>&1 </dev/null &
    local gdb=$!
    within 20 grep -qs going "$dir/gdb.a"
    guests_run
    kill -9 "$gdb"
    wait "$gdb" 2>/dev/null || true
    join
    check 'a gdb that dies in a continue: the ensemble stops, and can be run on' ended 0 '^virtual time'
}

tcp() {
    local port hex
    port=$(free_port)
    printf -v hex '%04X' "$port"
    session "node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off; start; run 1ms; \
        gdb a port=$port wait=on; time; gdb a off; run 1ms; assert a.missed == 0"
    within 30 listens "$port"
    check 'TCP: on 127.0.0.1 only' [ "$(awk '$4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6 | grep -ci ":$hex$")" = 1 ]
    check 'TCP: 127.0.0.1 it is' grep -qi "0100007F:$hex " /proc/net/tcp
    # metronome drops a client that sends garbage, and the endpoint serves the next client.
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port"
        head -c 20000 /dev/zero | tr '\0' x >&3
        cat <&3 >/dev/null
    ) 2>/dev/null || true
    # shellcheck disable=SC2016
    timeout -k 5 60 gdb-multiarch -nx -batch -ex 'set architecture aarch64' -ex "target remote 127.0.0.1:$port" \
        -ex 'maintenance packet vWhatever' -ex 'maintenance packet qRcmd,7' -ex 'maintenance packet Z9,0,4' -ex 'tstart' \
        -ex 'monitor ' -ex 'monitor run' -ex 'monitor quit' -ex 'monitor include x' -ex 'p/x $pc' -ex detach \
        >"$dir/gdb.a" 2>&1 </dev/null || true
    join
    check 'TCP: garbage is told and dropped' says 'not the gdb protocol'
    check 'TCP: what QEMU lacks, and wrong commands' heard a 'received: ""' 'received: "E22"' 'usage: run' \
        'without .monitor.' "'include' is not for gdb's monitor" '0x4008'
    check 'TCP: metronome ends well' ended 0
}

refusals() {
    local a="node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off"
    expect 'gdb: before start' 2 "$a; gdb a" 'node a is not started'
    expect 'gdb: unknown node' 2 "$a; start; gdb x" "unknown node 'x'"
    expect 'gdb: a port that is none' 2 "$a; start; gdb a port=70000" "'70000' is out of range"
    expect 'gdb: a path that exists' 2 "$a; start; gdb a path=/dev/null" "can't listen on '/dev/null'"
    expect 'gdb: an address is printed, and taken away at the end' 0 "$a; start; gdb a; gdb a; gdb a off; run 1ms" \
        "^target remote $runtime/metronome-"
    session "$a; node add b kernel=$guest/count-aarch64.elf icount=shift=3,sleep=off; start; \
        gdb a path=$dir/a.sock wait=on; run 1ms"
    within 30 is_there a
    debugger a 'monitor node remove a' || true
    join
    check 'gdb: its own monitor takes node and endpoint away' ended 0
    background -c "$a; start; gdb a wait=on"
    within 20 says 'target remote'
    kill -INT "$pid"
    join
    check 'gdb: Ctrl-C ends the wait' [ "$status" = 130 ]
    commands "help gdb"
    check 'gdb: help' ended 0 '^gdb NODE'
}

one_linux
by_name
two_gdbs
holding
interrupt
gone
tcp
refusals
done_testing
