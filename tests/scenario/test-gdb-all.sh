#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One gdb (gdb-multiarch, in batch mode) with an inferior for each node of an ensemble.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/gdb.sh
source "$(dirname "$0")/gdb.sh"
# shellcheck source=tests/scenario/guests.sh
source "$(dirname "$0")/guests.sh"

slow='memory=64M icount=shift=3,sleep=off'
counting="kernel=$guest/count-aarch64.elf $slow"
two="node add a $counting; node add b $counting; start; run 1ms"
at=0x40080008 # in the loop of count-aarch64.elf

# script: prints the file of gdb commands that `gdb all` has told of.
script() {
    sed -n 's/^source //p' "$dir/out"
}

# together NAME COMMAND...: one gdb for all nodes. Its output goes to $dir/gdb.NAME.
together() {
    local name=$1 command
    local -a arguments=(-nx -batch -ex 'set confirm off' -ex 'set pagination off' -ex 'set remotetimeout 20')
    shift
    within 30 says '^source '
    arguments+=(-ex "source $(script)" -ex 'printf "all there\n"')
    for command; do
        arguments+=(-ex "$command")
    done
    timeout -k 5 60 env --default-signal=INT gdb-multiarch "${arguments[@]}" >"$dir/gdb.$name" 2>&1 </dev/null || true
}

# times N NAME PATTERN: the pattern matches N lines of that gdb's output.
times() {
    local n
    n=$(grep -cE -e "$3" "$dir/gdb.$2" || true)
    [[ $n -eq $1 ]] || { echo "# $n times: $3" && sed "s/^/# gdb $2: /" "$dir/gdb.$2" && return 1; }
}

# Four architectures in one gdb, which asks each node for its registers.
architectures() {
    local board='icount=shift=4,sleep=off'
    session "node add arm64 $counting; node add x86 arch=x86_64 kernel=$guest/count-x86_64.elf $slow; \
        node add cortex arch=arm machine=mps2-an385 $board kernel=$guest/count-an385.elf; \
        node add rv32 arch=riscv32 firmware=none memory=16M $board kernel=$guest/count-riscv32.elf; \
        start; run 200ms; gdb all path=$dir/all.sock wait=on; run 1ms; assert missed == 0; assert x86.offset == 0; \
        assert time > 200ms; mem arm64 0x40090000 4; mem cortex 0x20001000 4"
    # shellcheck disable=SC2016
    together all 'info inferiors' 'thread 1.1' 'show architecture' 'info registers cpsr' 'x/i $pc' \
        'thread 2.1' 'show architecture' 'info registers rip' 'x/i $pc' \
        'thread 3.1' 'show architecture' 'info registers xpsr' 'x/i $pc' \
        'thread 4.1' 'show architecture' 'info registers mhartid' 'x/i $pc' \
        'thread 1.1' 'set {int}0x40090000 = 0x11223344' 'thread 3.1' 'set {int}0x20001000 = 0x55667788' \
        'thread 1.1' 'p/x *(int *)0x40090000' 'thread 3.1' 'p/x *(int *)0x20001000' \
        'tbreak *$pc' 'thread 4.1' 'tbreak *$pc' continue continue 'thread find x86' 'thread apply all p $pc'
    join
    check 'architectures: metronome goes on' ended 0 '0*40090000.* (44 ?33 ?22 ?11|11223344)' '0*20001000.* (88 ?77 ?66 ?55|55667788)'
    check 'architectures: each node is an inferior' heard all '^\* 1 +process 1 ' '^ +2 +process 2 ' '^ +4 +process 4 '
    check 'architectures: a thread has the name of its node' heard all 'Thread 1\.1 "arm64" \(CPU#0 \[running\]\)' \
        'Thread 2\.1 "x86"' 'Thread 3\.1 "cortex"' 'Thread 4\.1 "rv32"' '^Thread 2\.1 has .*x86'
    check 'architectures: aarch64' heard all 'currently "aarch64"' '^cpsr +0x' '^=> 0x400800[01][0-9a-f]:'
    check 'architectures: x86_64' heard all 'currently "i386:x86-64"' '^rip +0x1000' '^=> 0x1000[0-9a-f]+:'
    check 'architectures: Cortex-M' heard all 'currently "arm' '^xpsr +0x' '^=> 0x[0-9a-f]+:.*(adds|b\.n|str)'
    check 'architectures: riscv32' heard all 'currently "riscv:rv32"' '^mhartid +0x0' '^=> 0x8[0-9a-f]+:'
    check 'architectures: memory of each' heard all '= 0x11223344$' '= 0x55667788$'
    check 'architectures: breakpoints in two' heard all 'Thread 3\.1 "cortex" hit Temporary breakpoint 1' \
        'Thread 4\.1 "rv32" hit Temporary breakpoint 2'
    check 'architectures: no register of another' not grep -E "packet reply|internal-error|Assertion" "$dir/gdb.all"
}

# Points at the same address of two nodes: each is told of its own, none is lost.
points() {
    session "quantum 10us; $two; node add c kernel=$guest/access-aarch64.elf $slow; gdb all path=$dir/all.sock wait=on; run 1ms; \
        assert missed == 0; breaks"
    # shellcheck disable=SC2016
    together all 'thread 1.1' "break *$at" 'thread 2.1' "hbreak *$at" continue 'p $pc' continue 'p $pc' continue continue \
        'info breakpoints' 'delete' 'thread 3.1' 'watch *(long *)0x40090000' continue 'x/i $pc' 'thread' 'delete' \
        'rwatch *(long *)0x40090030' continue delete 'awatch *(char *)0x40090010' continue 'delete' \
        'thread 2.1' 'tbreak *0x4008000c' continue 'thread'
    join
    check 'points: metronome goes on, and nothing is left of them' ended 0 '^no breaks'
    check 'points: the same address in two nodes' times 2 all '^Thread 1\.1 "a" hit Breakpoint 1, '
    check 'points: ... and each of them stops' times 2 all '^Thread 2\.1 "b" hit Breakpoint 2, '
    check 'points: ... at it' times 2 all "= .* 0x0*${at#0x}"
    check 'points: gdb has counted them' times 2 all 'breakpoint already hit 2 times'
    check 'points: a watchpoint in the third' heard all 'Thread 3\.1 "c" hit (Hardware )?[Ww]atchpoint 3' '^Old value = ' '^New value = '
    check 'points: reads, and any access' heard all 'hit Hardware read watchpoint 4' 'hit Hardware access .*watchpoint 5'
    check 'points: a temporary one' heard all 'Thread 2\.1 "b" hit Temporary breakpoint 6'
    check 'points: none is a plain signal' not grep -q SIGTRAP "$dir/gdb.all"
}

# What a node does that gdb is attached to, and that has points of its own, is what it does without
# a gdb: b and c are Linux guests that ping each other, a has breakpoints that are hit.
other_nodes() {
    local ensemble
    ensemble="node add a $counting; $(linux b 1 'sleep 0.1; ping -c 3 -i 0.05 10.0.0.2')$(linux c 2 'sleep 60')"
    ensemble+="link add b c latency=1ms; node transcript b $dir/console-b; node transcript c $dir/console-c; start; run 900ms"
    local after='run-until 1400ms; network trace last=1000; node list; assert missed == 0; regs b; regs c; time'
    commands "$ensemble; $after"
    check 'other nodes: without a gdb' ended 0 ' delivery '
    keep without
    session "$ensemble; gdb all path=$dir/all.sock wait=on; $after"
    # shellcheck disable=SC2016
    together all 'thread 2.1' 'x/2i $pc' 'p $sp' 'hbreak *0xffffffc012345678' 'thread 3.1' 'watch *(long *)($sp & ~15)' delete \
        'hbreak *0xffffffc012345678' 'info threads' 'thread 1.1' "break *$at" continue 'monitor run 20ms' 'maintenance flush register-cache' \
        continue stepi stepi stepi 'tbreak *0x40080004' continue 'info threads' 'detach inferiors 1' 'monitor run 30ms' \
        'thread 3.1' 'p/x $pc' 'monitor time'
    join
    check 'other nodes: with a gdb' ended 0 ' delivery '
    keep with
    check 'other nodes: the breakpoints of the first were hit' heard all '^Thread 1\.1 "a" hit Breakpoint 3'
    check 'other nodes: Linux looked at' heard all 'Thread 2\.1 "b"' '^=> 0xffff' '^\$[0-9]+ = 0xffff[0-9a-f]+'
    check 'other nodes: the same network' cmp "$dir/trace-without" "$dir/trace-with"
    check 'other nodes: the same consoles' cmp "$dir/console-without" "$dir/console-with"
    check 'other nodes: they ping' grep -q '64 bytes from 10.0.0.2' "$dir/console-with"
    check 'other nodes: the same counts and registers' cmp "$dir/state-without" "$dir/state-with"
}

# keep NAME: puts aside what the last run says of the nodes b and c.
keep() {
    grep ' delivery ' "$dir/out" >"$dir/trace-$1" || true
    cat "$dir/console-b" "$dir/console-c" >"$dir/console-$1"
    grep -E '^(b|c) +paused +[0-9]|^(pc|sp|x[0-9]+) +0x' "$dir/out" | awk '{ print $1, $2, $3, $4 }' >"$dir/state-$1"
    [[ -s $dir/state-$1 ]]
}

# Steps move one node; Linux guests, and the registers of each.
two_linux() {
    local linux="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M append=\"console=ttyAMA0 quiet nokaslr\""
    linux+=' icount=shift=4,sleep=off'
    session "node add a $linux; node add b $linux; start; run 500ms; gdb all path=$dir/all.sock wait=on; run 10ms; \
        assert missed == 0; assert a.offset == 0; assert b.offset == 0"
    # shellcheck disable=SC2016
    together all 'monitor time' 'thread 2.1' 'printf "b %lx\n", $pc' stepi stepi stepi 'printf "b %lx\n", $pc' 'monitor time' \
        'thread 1.1' 'printf "a %lx\n", $pc' 'p $x30' 'set $x9 = 0x1234' 'thread 2.1' 'p/x $x9' 'thread 1.1' 'p/x $x9' \
        'hbreak *(long)$VBAR+0x280' 'hbreak *(long)$VBAR_EL1+0x280' continue 'x/i $pc' 'thread' 'info threads' 'monitor a info version' \
        'monitor info version' 'monitor nothing info version'
    join
    check 'Linux: metronome goes on' ended 0
    check 'Linux: three steps of b' [ "$(counts b)" = '3' ]
    check 'Linux: ... and none of a' [ "$(counts a)" = '0' ]
    check 'Linux: registers are those of each' heard all '^\$[0-9]+ = 0x1234$'
    check 'Linux: a breakpoint in the kernel of the first' heard all 'Thread 1\.1 "a" hit Breakpoint 1' '^=> 0xffff'
    check 'Linux: the monitor of a QEMU that is named' heard all '^[0-9]+\.[0-9]+' "unknown command 'nothing'"
    check 'Linux: ... and of none' heard all "which node's QEMU"
}

# counts NODE: instructions between the two reports of the node in gdb's output.
counts() {
    awk -v n="$1" '$1 == n && $2 == "paused" { count[++i] = $3 } END { print count[2] - count[1] }' "$dir/gdb.all"
}

# gdb's `schedule-multiple off` names one process in a continue.
one_alone() {
    session "$two; gdb all path=$dir/all.sock wait=on; assert a.icount == 125000; assert b.icount == 126001"
    together all 'set schedule-multiple off' continue 'thread 2.1' continue stepi 'set scheduler-locking on' continue
    join
    check 'schedule-multiple off: nothing has moved but by the step, and by a thousand' ended 0
    # shellcheck disable=SC2016
    check 'schedule-multiple off: refused, with what to write' times 2 all 'no node goes on without the others: `set schedule-multiple on`'

    check 'scheduler-locking: a vCPU goes on alone for a while' heard all 'no vCPU goes on for long without the others'

    # A step of one node alone that goes on to the next barrier takes the others there.
    session "quantum 2us; $two; gdb all path=$dir/all.sock wait=on; assert b.icount > 125000; assert missed == 0"
    together all 'set schedule-multiple off' 'thread 1.1' 'stepi 300'
    join
    check 'schedule-multiple off: a step that takes all to the next barrier' ended 0
    check 'schedule-multiple off: gdb is told that the others have moved' heard all 'all nodes have gone on to 0\.00100[0-9]*s'
}

# One leaves: its points go, those of the others stay.
leaving() {
    session "$two; gdb all path=$dir/all.sock wait=on; breaks; time; run 1ms; assert missed == 0"
    together all 'thread 1.1' "break *$at" 'thread 2.1' "break *$at" continue 'detach inferiors 1' 'thread 2.1' continue continue \
        'delete 2' 'info threads' 'add-inferior' 'inferior 3' 'attach 1' 'info threads' "break *0x40080004" continue 'delete' \
        kill 'thread 2.1' detach
    join
    check 'detach: metronome goes on, and nothing is left' ended 0 '^no breaks'
    check 'detach: of one' heard all 'Inferior 1 \(process 1\) detached' '^\* 2\.1 .*Thread 2\.1 "b"'
    check 'detach: its points are gone' times 1 all '^Thread 1\.1 "a" hit Breakpoint 1'
    check 'detach: those of the other stay' heard all '^Thread 2\.1 "b" hit Breakpoint 2'
    check 'detach: and it can come back' heard all '^\* 3\.1 .*Thread 1\.1 "a"' '^Thread 3\.1 "a" hit Breakpoint 3'
    check 'kill: metronome owns QEMU' heard all 'Inferior 3 \(process 1\) killed' 'Inferior 2 \(process 2\) detached'
}

# goes_on COMMAND...: a gdb in the background that says `continue` at last; sets $gdb to its id.
goes_on() {
    rm -f "$dir/gdb.all" "$dir/gdb.pid"
    together all 'python import os' "python open('$dir/gdb.pid', 'w').write(str(os.getpid()))" "$@" &
    within 30 test -s "$dir/gdb.pid"
    guests_run
    gdb=$(<"$dir/gdb.pid")
}

# Ctrl-C in gdb, and a gdb that dies.
interrupted() {
    local gdb
    session "node add a kernel=$guest/tick-aarch64.elf $slow; node add b $counting; start; gdb all path=$dir/all.sock wait=on; \
        time; run 1ms; assert b.offset == 0; assert missed == 0"
    # shellcheck disable=SC2016
    goes_on 'thread 2.1' continue 'printf "stopped %lx\n", $pc' 'thread' 'monitor time'
    kill -INT "$gdb"
    join
    check 'Ctrl-C: stops the ensemble, in the thread of the inferior that it was said to' heard all SIGINT '^stopped 400800' \
        '^\[Current thread is 2\.1 '
    check 'Ctrl-C: metronome goes on' ended 0
    session "$two; gdb all path=$dir/all.sock wait=on; breaks; time; run 1ms; assert missed == 0"
    goes_on 'thread 2.1' 'hbreak *0x1234' 'thread 1.1' 'hbreak *0x1234' continue
    kill -9 "$gdb"
    join
    check 'a gdb that dies in a continue: the ensemble stops, and can be run on' ended 0 '^virtual time' '^no breaks'
}

# Nodes that leave are processes that end; the others stay.
ends() {
    local act="arch=x86_64 memory=32M nic=off icount=shift=0,sleep=off kernel=$guest/act-x86_64.elf"
    session "node add a kernel=$guest/countoff-aarch64.elf memory=64M icount=shift=0,sleep=off; node add b $counting; \
        node add c $act append=p extra='-device pvpanic'; node add d $counting; start; gdb all path=$dir/all.sock wait=on; node list"
    together all 'monitor run 20ms' continue 'info inferiors' 'thread 2.1' continue 'thread 2.1' "tbreak *$at" continue 'monitor node remove d' continue \
        'thread 2.1' "tbreak *$at" continue 'info inferiors'
    join
    check 'ends: the scenario goes on' ended 0 '^a .* off' '^b .* paused' '^c .* panicked'
    check 'ends: a guest that is off' heard all 'metronome: node a is off' 'Inferior 1 \(process 1\) exited normally'
    check 'ends: a panic' heard all 'metronome: node c is panicked' 'SIGABRT'
    check 'ends: a node that is removed' heard all 'metronome: node d is removed' 'SIGKILL'
    check 'ends: the rest goes on' times 2 all '^Thread 2\.1 "b" hit Temporary breakpoint'
}

# A node that is added later, and one on another host; and then back to a save.
joining() {
    driven "node add a $counting; host add h command=\"$metronome agent --stdio\"; node add far host=h $counting; start; save first; \
        run 1ms; gdb all path=$dir/all.sock; echo ready"
    within 30 says '^ready'
    (without_drive together all 'thread 2.1' 'info threads' "shell echo >$dir/first; timeout 30 sh -c 'until test -e $dir/second; do sleep 0.02; done'" \
        'add-inferior' 'inferior 3' 'attach 3' "tbreak *$at" 'info threads' continue 'thread 2.1' "break *$at" continue \
        'monitor restore first' continue 'thread 2.1' continue 'monitor time' 'info threads' || true) &
    within 30 test -e "$dir/first"
    drive "node add c $counting; echo added"
    within 30 says '^added'
    touch "$dir/second"
    within 60 grep -qs 'Inferior 2 .* detached\|Inferior 1 .* detached' "$dir/gdb.all"
    drive 'breaks; run 1ms; assert missed == 0'
    drive
    join
    check 'joining: metronome goes on' ended 0 '^no breaks'
    check 'joining: a node on another host' heard all 'Thread 2\.1 "far" \(CPU#0' '^Thread 2\.1 "far" hit Breakpoint 2'
    check 'joining: a node that was added later' heard all '^Thread 3\.1 "c" hit Temporary breakpoint 1'
    check 'restore: is a stop, and tells of the node that is no more' heard all 'metronome: .*restored' '^virtual time 0\.000000000s'
    rm -f "$dir/first" "$dir/second"
}

# A gdb of one node and a gdb of all.
both() {
    local one
    session "$two; gdb a path=$dir/a.sock; gdb all path=$dir/all.sock wait=on; breaks; run 1ms; assert missed == 0"
    within 30 says '^source '
    # shellcheck disable=SC2016
    debugger a "hbreak *0x4008000c" 'printf "a there\n"' \
        "shell timeout 30 sh -c 'until test -e \"$dir/both\"; do sleep 0.02; done'" continue 'printf "a %lx\n", $pc' delete continue 'printf "a again %lx\n", $pc' detach &
    one=$!
    within 20 grep -qs 'a there' "$dir/gdb.a"
    # The breakpoint is not where b stands: past that gdb makes a step, which stops no other gdb.
    # shellcheck disable=SC2016
    together all "shell touch $dir/both" continue 'printf "all %lx\n", $pc' 'thread 2.1' 'tbreak *($pc == 0x40080008 ? 0x4008000c : 0x40080008)' \
        continue 'printf "b %lx\n", $pc' "shell timeout 20 sh -c 'until grep -qs \"a again\" \"$dir/gdb.a\"; do sleep 0.02; done'"
    wait "$one" || true
    join
    check 'two gdbs: metronome goes on, and nothing is left' ended 0 '^no breaks'
    check 'two gdbs: the one stops at its point' heard a '^Breakpoint 1, 0x' '^a 4008000c'
    check 'two gdbs: the other with it' heard all '^all 4008000c' 'Thread 1\.1 "a" received signal SIGTRAP'
    check 'two gdbs: and so the other way round' heard all '^Thread 2\.1 "b" hit Temporary breakpoint 1' '^b 4008000[8c]'
    check 'two gdbs: ... without a reason of its own' heard a '^a again 4008'
}

# Pairs of packet and answer.
packets() {
    local zeros
    local -a steps=() wanted=() pairs
    zeros=$(printf '0%.0s' {1..3000})
    # shellcheck disable=SC2054
    pairs=(
        qSupported:multiprocess+\;swbreak+\;hwbreak+
        'PacketSize=1000;multiprocess+;vContSupported+;qXfer:features:read+;qXfer:threads:read+;QStartNoAckMode+;ReverseStep+;ReverseContinue+;swbreak+;hwbreak+'
        vMustReplyEmpty '' '?' 'T05thread:p01.01;' qfThreadInfo mp1.1 qsThreadInfo l Hgp2.1 E22 Tp2.1 E22 qThreadExtraInfo,p2.1 E22
        D\;2 E01 vKill\;2 E01 vAttach\;0 E22 vAttach\;3 E01 vAttach\;7fffffff E01 vAttach\;80000000 E22 "vAttach;$zeros" E22
        vAttach\;1 E01 vAttach\;2 'T00thread:p02.01;' vAttach\;2 E01 qC QCp2.1 qfThreadInfo mp1.1 qsThreadInfo mp2.1 qsThreadInfo l
        'vCont?' 'vCont;c;C;s;S' Hgp1.0 OK qC QCp1.1 Hgp2.-1 OK qC QCp2.1 Hg-1 OK Hg0 OK qC QCp2.1 Hgp1.2 E22 Hgp-1.1 E22
        Hgp3.1 E22 Tp1.1 OK Tp2.1 OK Tp2.2 E22 qAttached:1 1 qAttached:2 1 qAttached:0 E22 M40090000,2:a1b2 OK Hgp1.1 OK
        m40090000,2 0000 Hgp2.1 OK m40090000,2 a1b2 Z0,40080008,4 OK Hgp1.1 OK z0,40080008,4 E22 Hgp2.1 OK z0,40080008,4 OK
        qXfer:threads:read::0,7 'm<?xml v' qXfer:threads:read::ffffffffffffffff,1 l qXfer:threads:read::0 E22 qXfer:threads:read:x:0,1 E22
        qXfer:features:read:target.xml:0,5 'm<?xml' qXfer:features:read:none:0,5 E00 vRun\; '' vFile:open:61,0,0 '' R00 '' bz ''
        Qqemu.sstep=0 E22 "m$zeros" E22 'qRcmd,696e666f20737461747573' OK
        D\;1 OK Hgp1.1 E22 m40090000,2 a1b2 vCont\;t E22 ! OK D\;2 E01 qC E01 g E01 m40090000,2 E01 'qfThreadInfo' l vCont\;c E01 '?' W00 Hgp0.0 E22
        qXfer:features:read:target.xml:0,5 E01 vAttach\;1 'T00thread:p01.01;' m40090000,2 0000
    )
    for ((i = 0; i < ${#pairs[@]}; i += 2)); do
        steps+=("${pairs[i]}")
        wanted+=("${pairs[i + 1]}")
    done
    session "$two; gdb all path=$dir/all.sock wait=on; assert time == 1ms; assert a.icount == 125000; assert b.icount == 125000; run 1ms"
    within 30 is_there all
    raw all "${steps[@]}" D || true
    join
    sed -i -e "s/^m<?xml version.*/m<?xml/" -e "/^O which node's/d" "$dir/gdb.all"
    check 'odd packets: each is answered as it should be' said all "${wanted[@]}" OK
    check 'odd packets: nothing has moved' ended 0

    # A gdb that knows no processes has the first node, as QEMU's gdbstub does it.
    session "$two; gdb all path=$dir/all.sock wait=on; assert time == 1ms; assert a.icount == 125001; assert b.icount == 125000"
    within 30 is_there all
    raw all qSupported qfThreadInfo qsThreadInfo '?' vAttach\;2 qXfer:threads:read::0,7 Hg1 'vCont;s:1' D || true
    join
    check 'no multiprocess: the first node' said all 'PacketSize=1000;multiprocess+;vContSupported+;qXfer:features:read+;QStartNoAckMode+;ReverseStep+;ReverseContinue+' \
        m1 l 'T05thread:01;' E01 '' OK 'T05thread:01;' OK
    check 'no multiprocess: its step' ended 0

    session "$two; gdb all path=$dir/all.sock wait=on; run 1ms; assert missed == 0"
    within 30 is_there all
    raw all qSupported:multiprocess+ vAttach\;2 'vCont;c:p1.-1' 'vCont;c:p3.-1' "$(monitor 'node remove a')" \
        'vCont;c' qfThreadInfo qsThreadInfo m40080000,4 D || true
    join
    check 'resumes of a part' heard all '^O metronome: no node goes on without the others' '^O metronome: there is no such vCPU'
    check 'a node that is removed is gone' heard all '^O metronome: node a is removed$' '^X09;process:1$' '^mp2.1$' '^[0-9a-f]{8}$'
    check 'resumes of a part: metronome goes on' ended 0
}

refusals() {
    local port
    expect 'gdb all: no node' 2 'gdb all' 'there is no node for a gdb'
    expect 'gdb all: before start' 2 "node add a $counting; gdb all" 'node a is not started'
    expect 'gdb all: twice is the same, off takes it away' 0 "$two; gdb all; gdb all; gdb all off; gdb all off; run 1ms" "^source $runtime/metronome-.*/all.gdb"
    check 'gdb all: ... it was told twice' [ "$(grep -c '^source' "$dir/out")" = 2 ]
    expect 'gdb all: a path that exists' 2 "$two; gdb all path=/dev/null" "can't listen on '/dev/null'"
    expect 'gdb all: a port that is none' 2 "$two; gdb all port=70000" "'70000' is out of range"
    port=$(free_port)
    expect 'gdb all: a port that is in use' 2 "$two; gdb a port=$port; gdb all port=$port" "can't listen on '127.0.0.1:$port': Address already in use"
    expect 'gdb all: a node of that name is meant' 0 "node add all $counting; start; gdb all; run 1ms" '^target remote '
    status=0
    "$metronome" check <(echo "node add a $counting
gdb all
start
gdb all port=1234 wait=on
gdb all off
gdb all what=ever") >"$dir/out" 2>"$dir/err" || status=$?
    check 'gdb all: a check tells the same' ended 2 ':2: .*node a is not started' ':6: .*what=ever'
    check 'gdb all: ... and nothing else' [ "$(cat "$dir/out" "$dir/err" | grep -c 'error: /dev/fd/.*:[0-9]*: ')" = 2 ]
    session "$two; gdb all path=$dir/all.sock wait=on; run 1ms"
    within 30 is_there all
    check 'gdb all: the socket has mode 600' [ "$(stat -c %a "$dir/all.sock")" = 600 ]
    check 'gdb all: and so has the script' [ "$(stat -c %a "$(script)")" = 600 ]
    raw all '?' ">vCont;c" :"$dir/on" @"$dir/over" &
    within 20 test -e "$dir/on"
    raw all '?' || true
    check 'gdb all: a second gdb is turned away' heard all '^closed$'
    touch "$dir/over"
    join
    check 'gdb all: ... and the first one was served' ended 0
}

architectures
points
two_linux
one_alone
leaving
interrupted
ends
joining
both
packets
refusals
other_nodes
done_testing
