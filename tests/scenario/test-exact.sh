#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exactness on real QEMUs: every stop at its time or instruction, for busy and idle guests of all architectures, modes
# and quanta. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

small='memory=16M nic=off'

# payload PAYLOAD NODE OPTION...: prints a `node add` for aarch64, with sleep=off unless the options
# have another value.
payload() {
    local name=$1 node=$2 icount=icount=shift=0,sleep=off
    shift 2
    [[ $* != *icount=* ]] || icount=
    echo "node add $node $small $icount kernel=$guest/$name-aarch64.elf $*; "
}

exact() {
    local description=$1
    shift
    expect "$description" 0 "$@"
}

busy() {
    local quantum
    for quantum in 10us 100us 1ms; do
        exact "count, 1 node, quantum $quantum: icount is virtual time" "quantum $quantum; $(payload count a) start
            run 20ms; assert a.icount == 20000000; assert a.virtual == 20ms; assert a.idle == 0
            assert a.overshoot == 0; assert missed == 0; assert a.offset == 0"
        exact "count, 2 nodes, quantum $quantum: icount is virtual time" \
            "quantum $quantum; $(payload count a) $(payload count b) start
            run 20ms; assert a.icount == 20000000; assert b.icount == 20000000; assert a.time - b.time == 0
            assert a.overshoot == 0; assert b.overshoot == 0; assert missed == 0"
    done
}

# Stops at times between microseconds and between boundaries.
times() {
    exact 'run-until 1000777ns: exactly there' "quantum 100us; $(payload count a) start
        run-until 1000777ns; assert time == 1000777ns; assert a.icount == 1000777; assert a.virtual == 1000777ns
        assert a.overshoot == 0; assert missed == 0"
    exact 'run 2.000555ms from there: exactly there' "quantum 100us; $(payload count a) $(payload count b) start
        run-until 1000777ns; run 2.000555ms; assert time == 3001332ns
        assert a.icount == 3001332; assert b.icount == 3001332; assert missed == 0"
    exact 'ten odd times in a row' "quantum 50us; $(payload count a) start
        run 1ns; assert a.icount == 1; run 2ns; assert a.icount == 3; run 997ns; assert a.icount == 1000
        run 1001ns; assert a.icount == 2001; run 48us; assert a.icount == 50001; run 49999ns; assert a.icount == 100000
        run 1ns; assert a.icount == 100001; run 1us; assert a.icount == 101001; run 333333ns; assert a.icount == 434334
        run 0ns; assert a.icount == 434334; assert a.overshoot == 0; assert missed == 0"
    exact 'shift=3: the first instruction at or after the time' "quantum 100us; $(payload count a icount=shift=3,sleep=off) start
        run-until 1ms; assert a.virtual == 1ms; run-until 1000777ns; assert a.virtual == 1000784ns
        assert a.icount == 125098; assert a.overshoot == 0; assert missed == 0"
    exact 'shift=7: the first instruction at or after the time' "quantum 100us; $(payload count a icount=shift=7,sleep=off) start
        run-until 1ms; assert a.virtual == 1000064ns; run-until 1000777ns; assert a.virtual == 1000832ns
        assert a.icount == 7819; assert a.overshoot == 0; assert missed == 0"
    exact 'run-until 0.2345678s: exactly that nanosecond, and nothing to say about it' "quantum 10ms; $(payload count a) start
        run-until 0.2345678s; assert a.virtual == 234567800ns; run-until 0.234567801s; assert a.icount == 234567801
        assert a.overshoot == 0; assert missed == 0"
    check 'shift=0: no time is passed' not says 'past the target'
    exact 'shift=3: it says how far past the time it stands' "quantum 10ms
        $(payload count a icount=shift=3,sleep=off) start; run-until 0.234567801s; assert a.virtual == 234567808ns
        assert a.overshoot == 0; assert missed == 0" \
        'node a stands at 0\.234567808s, 7 ns past the target: with shift=3 an instruction takes 8 ns'
    exact 'shift=7: it says how far past the time it stands' "quantum 10ms
        $(payload count a icount=shift=7,sleep=off) start; run-until 1.2345678s; assert a.virtual == 1234567808ns
        assert a.icount == 9645061; assert a.overshoot == 0; assert missed == 0" \
        'node a stands at 1\.234567808s, 8 ns past the target: with shift=7 an instruction takes 128 ns'
    exact 'shift=7: an instruction target is met, whatever the time' "quantum 10ms
        $(payload count a icount=shift=7,sleep=off) start; run-until a 77insn; assert a.icount == 77"
    check 'shift=7, instructions: no time is passed' not says 'past the target'
    exact 'shift=7, quantum 10us: no drift over 1000 boundaries' "quantum 10us; $(payload count a icount=shift=7,sleep=off) start
        run 10ms; assert a.icount == 78125; assert a.virtual == 10ms; assert a.overshoot == 0; assert missed == 0"
    exact 'different shifts in one ensemble' "quantum 100us; $(payload count a)
        $(payload count b icount=shift=3,sleep=off) $(payload count c icount=shift=7,sleep=off) start
        run 5ms; assert a.icount == 5000000; assert b.icount == 625000; assert c.icount == 39063
        assert a.overshoot == 0; assert b.overshoot == 0; assert c.overshoot == 0; assert missed == 0"
}

idle() {
    local run
    commands "quantum 100us; $(payload idle a) start
        run 1ms; report $dir/one; run 20ms; report $dir/two; assert a.overshoot == 0; assert missed == 0
        assert a.idle_skip <= 1us; assert a.offset >= 0ns; assert a.offset <= 1us; time"
    check 'idle: clock at most 1 us past its stops' ended 0 '^a +idle '
    check 'idle: no instruction in 20 ms' \
        test "$(number icount "$dir/one/report.json")" = "$(number icount "$dir/two/report.json")"
    exact 'idle beside busy' "quantum 100us; $(payload idle a) $(payload count b) start
        run 7.3ms; run 333ns; assert b.icount == 7300333; assert b.overshoot == 0; assert a.offset <= 1us
        assert a.overshoot == 0; assert missed == 0"
    commands "quantum 100us; $(payload tick a) $(payload count b) start
        run 30ms; report $dir/one; assert b.icount == 30000000; assert a.overshoot == 0; assert missed == 0
        assert a.idle_skip <= 1us; assert a.offset <= 1us"
    check 'tick: its timer interrupts end on time, too' ended 0
    commands "quantum 100us; $(payload tick a) $(payload count b) start; run 30ms; report $dir/two"
    check 'tick: same instructions in the second run' same_report icount bias_ns
    for run in one two; do
        commands "quantum 10ms; $(payload tick a) start; run 3.05s; report $dir/$run; assert a.overshoot == 0
            assert missed == 0; assert a.offset <= 1us; assert a.idle_skip <= 1us; assert a.console_bytes > 0"
        check "tick: 3 s (run $run)" ended 0
    done
    check 'tick: same instructions and console in the second run' same_report icount bias_ns console_sha256
    check 'tick: it says so' grep -q '^tick 300' "$dir/one/console-a.log"
}

# of_report KEY REPORT: the values of the key but in the journal, which tells of the commands.
of_report() {
    sed '/"journal":\[$/,/^  \],$/d' "$dir/$2/report.json" | grep -E "\"$1\":"
}
# same_report KEY...: all values of the keys are equal in $dir/one and $dir/two, and each key has a
# value.
same_report() {
    local key one two
    for key; do
        one=$(of_report "$key" one) || return 1
        two=$(of_report "$key" two) || return 1
        [[ -n $one && $one == "$two" ]] || return 1
    done
}

instructions() {
    exact 'run-until NODE NINSN: exactly there' "quantum 100us; $(payload count a) start
        run-until a 1232203insn; assert a.icount == 1232203; assert a.virtual == 1232203ns; assert missed == 0"
    exact 'the same for 4 vCPUs' "quantum 100us; $(payload smp a smp=4) start
        run-until a 1232203insn; assert a.icount == 1232203; assert a.overshoot == 0; assert missed == 0
        run-until a 1232204insn; assert a.icount == 1232204; run 777insn; assert a.icount == 1232981"
    exact '8 vCPUs, shift=3' "quantum 50us; $(payload smp a smp=8 icount=shift=3,sleep=off) start
        run 3ms; assert a.overshoot == 0; run-until a 400003insn; assert a.icount == 400003; assert missed == 0"
    exact 'run NINSN on NODE: one node stands there, none behind a barrier' "quantum 100us
        $(payload count a) $(payload count b) start
        run 1ms; run 1234insn on b; assert b.icount == 1001234; assert a.icount == 1000000
        run-until 2ms; assert a.icount == 2000000; assert b.icount == 2000000; assert missed == 0"
    exact 'the tick payload at an instruction' "quantum 100us; $(payload tick a) start
        run 1ms; run 3insn on a; run 100insn on a; assert a.overshoot == 0; assert missed == 0"
    expect 'run NINSN with several nodes asks for one' 2 "$(payload count a) $(payload count b) start; run 5insn" \
        'on NODE'
}

quanta() {
    exact 'another quantum between runs' "quantum 10us; $(payload count a) start; run 1ms
        quantum 70us; run 1ms; assert a.icount == 2000000; quantum 1ms; run 3ms; assert a.icount == 5000000
        quantum 3us; run 300us; assert a.icount == 5300000; assert a.overshoot == 0; assert missed == 0"
    exact 'barrier N: N quanta, and to the next barrier from between' "quantum 100us; $(payload count a) start
        barrier 7; assert time == 700us; assert barriers == 7; barrier; assert time == 800us; assert a.icount == 800000
        run 50us; barrier; assert time == 900us; assert barriers == 9; assert a.icount == 900000; assert missed == 0"
    exact 'the smallest quantum' "quantum 1us; $(payload count a) start; barrier 300; assert a.icount == 300000
        assert a.overshoot == 0; assert missed == 0"
    exact 'a quantum longer than the run' "quantum 1s; $(payload count a) start; run 3ms; assert a.icount == 3000000
        assert barriers == 0; assert a.overshoot == 0; assert missed == 0"
    expect 'barrier 0' 2 "$(payload count a) start; barrier 0" "'0' is out of range"
    exact 'a node that joins later runs from its own 0' "quantum 100us; $(payload count a) start; run 2ms
        $(payload count b) run 3ms; assert a.icount == 5000000; assert b.icount == 3000000; assert b.time == 5ms
        assert b.overshoot == 0; assert missed == 0"
}

# Actions between two stops change nothing afterwards: ticks stay armed, are armed again, or both.
pieces() {
    local guests
    guests="quantum 1ms; $(payload tick a) $(payload count b)
        node add c memory=64M nic=off icount=shift=3,sleep=off kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz; start"
    commands "$guests; run 450ms; report $dir/one"
    check 'in one piece' ended 0
    commands "$guests; run 1ms; run 1ms; run 40ms; run 1ms; step b 5; run-until 44ms; run 250us; run 250us; barrier 2
        quantum 50us; run 1ms; barrier 3; barrier 40; run 100us; regs a pc; run 100us; quantum 1ms; barrier
        run 1ms; break time 52ms; run 3ms; run 7insn on b; run 1ms; barrier 33; barrier 5; barrier 32
        run-until 200.000333ms; barrier; barrier; run-until b 210000777insn; run-until 449ms; run 1ms
        assert missed == 0; assert a.overshoot == 0; assert b.overshoot == 0; assert c.overshoot == 0; report $dir/two"
    check 'in pieces of all kinds' ended 0
    check 'it is the same run' same_report icount console_sha256
}

# With sleep=on idle time is the host's, so a stall of the host shows in it. A failed run is
# repeated, up to three runs in all, and the output mentions each failure. A sum or value that is
# really wrong fails in each run.
three_chances() {
    local chance
    for chance in 1 2 3; do
        commands "$1"
        [[ $status -ne 0 ]] || break
        echo "# sleep=on, chance $chance: exit status $status: $(tail -n 1 "$dir/err")"
    done
}

sleeping() {
    local loop='' i
    for ((i = 0; i < 10; i++)); do
        loop+='barrier 20; assert i.offset < 3ms; assert i.offset > 0ns - 1ms; assert c.offset < 1ms; assert c.offset >= 0ns
            '
    done
    three_chances "quantum 1ms; node add c $small icount=shift=0,sleep=on kernel=$guest/count-aarch64.elf
        node add i $small icount=shift=0,sleep=on kernel=$guest/idle-aarch64.elf
        start; $loop assert time == 200ms; assert missed == 0; assert c.overshoot == 0; assert i.overshoot == 0; stats"
    check 'sleep=on: 200 barriers of a busy and an idle node, no offset adds up' ended 0 'barriers 200, missed 0'
    three_chances "quantum 100us; node add c $small kernel=$guest/count-aarch64.elf; start; run 20ms
        assert missed == 0; assert c.overshoot == 0; assert c.time < 21ms; node list"
    check 'sleep=on is the default, and a busy node is exact with it' ended 0 'shift=0,sleep=on'
    three_chances "quantum 1ms; node add t $small kernel=$guest/tick-aarch64.elf; start; run 1.1s
        assert missed == 0; assert t.overshoot == 0; assert t.offset < 3ms; assert t.console_bytes > 0"
    check 'sleep=on: the tick payload' ended 0
}

# Without icount nothing is exact, and no output may claim exactness.
best_effort() {
    commands "quantum 1ms; $(payload count a icount=off) start; run 20ms; time; node list; report $dir/one"
    check 'icount=off: runs, and is called best effort' ended 0 'mode best effort' 'best effort, virtual time follows'
    check 'icount=off: the report says so' grep -qE '"mode": *"best effort"' "$dir/one/report.json"
    check 'icount=off: no instructions are counted' test "$(number icount "$dir/one/report.json")" -eq 0
    expect 'icount=off: no instruction targets' 2 "$(payload count a icount=off) start; run 5insn" 'without icount'
    exact 'icount=off beside an exact node' "quantum 1ms; $(payload count a icount=off) $(payload count b) start
        run 20ms; assert b.icount == 20000000; assert b.overshoot == 0; assert b.missed == 0"
}

architectures() {
    ln -s "$(command -v qemu-system-x86_64)" "$dir/a-qemu"
    exact 'aarch64, x86_64 and riscv64 in one ensemble, one with a QEMU of its own' "quantum 100us; $(payload count a)
        node add x $small arch=x86_64 icount=shift=0,sleep=off kernel=$guest/count-x86_64.elf qemu=$dir/a-qemu
        node add r $small arch=riscv64 icount=shift=0,sleep=off extra='-bios none' kernel=$guest/count-riscv64.elf
        start; run 20ms; assert a.icount == 20000000; assert r.icount == 20000000
        assert x.icount > 0; assert x.offset >= 0ns; assert x.offset <= 1us; assert missed == 0
        assert a.overshoot == 0; assert x.overshoot == 0; assert r.overshoot == 0
        run-until 20000333ns; assert a.icount == 20000333; assert r.icount == 20000333"
    exact 'x86_64: instruction target, 4 vCPUs' "quantum 100us
        node add x $small arch=x86_64 smp=4 icount=shift=0,sleep=off kernel=$guest/smp-x86_64.elf
        start; run-until x 1232203insn; assert x.icount == 1232203; assert x.overshoot == 0; assert missed == 0"
}

power_off() {
    local run
    for run in one two; do
        commands "quantum 100us; $(payload countoff a) $(payload count b) start
            run 10ms; report $dir/$run; assert b.icount == 10000000; assert missed == 0; time"
        check "countoff: is off, the other goes on (run $run)" ended 0 '^a +off ' '^b +paused '
    done
    check 'countoff: off at the same instruction twice' same_report icount state
    check 'countoff: over the 4000000 of its loop' test "$(number icount "$dir/one/report.json")" -gt 4000000
    expect 'countoff: alone, it ends the run with a warning' 0 "$(payload countoff a) start; run 10ms; echo behind" \
        'powered off' '^behind'
}

linux() {
    local run
    for run in one two; do
        commands "quantum 1ms
            node add l nic=off icount=shift=0,sleep=off kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz append='console=ttyAMA0 quiet cryptomgr.notests'
            start; wait-line l 'Boot took' timeout=10s; run 50ms; report $dir/$run
            assert missed == 0; assert l.overshoot == 0; assert l.offset <= 1us"
        check "Linux boots exactly (run $run)" ended 0
    done
    check 'Linux: same console, instructions and time in the second run' \
        same_report console_sha256 icount bias_ns virtual_ns barriers
    check 'Linux: the report holds the console' grep -q 'Boot took' "$dir/one/console-l.log"
    check 'Linux: its checksum is right' \
        test "$(text console_sha256 "$dir/one/report.json" | cut -d'"' -f4)" = \
        "$(sha256sum "$dir/one/console-l.log" | cut -d' ' -f1)"
}

if [[ ${PARTS:-} ]]; then
    for part in $PARTS; do
        $part
    done
else
    busy
    times
    idle
    instructions
    quanta
    pieces
    sleeping
    best_effort
    architectures
    power_off
    linux
fi
done_testing
