#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Breaks at accesses to memory. The node stops after the instruction, whether QEMU's gdbstub reports
# the access before the instruction (aarch64, riscv64) or after it (x86_64). Also: several points at
# one instruction, and the clock as breaks and steps report it.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

settings="memory=32M nic=off icount=shift=0,sleep=off"
arm="node add a kernel=$guest/access-aarch64.elf $settings; start; run 1ms"
risc="node add a arch=riscv64 firmware=none kernel=$guest/access-riscv64.elf $settings; start; run 1ms"
x86="node add a arch=x86_64 kernel=$guest/access-x86_64.elf $settings; start; run 200ms"
at=0x40090 # pages of the payloads' memory: 000 to 0ff

# hits N FIELD: prints the value that follows FIELD in the Nth line of a break.
hits() {
    grep -E '^break [0-9]+: ' "$dir/out" | sed -n "$1p" | sed -nE "s/.*$2 ([^,;]+).*/\1/p" | head -n 1
}

# distance FIELD N M: prints the difference of the field between the Nth and the Mth line.
distance() {
    echo $(($(hits "$3" "$1") - $(hits "$2" "$1")))
}

# --- after the access

# behind ARCH START ADDRESS LENGTH REGISTER INSNS: stops at three rounds. At each stop memory has
# the written value, and each stop is INSNS after the one before.
behind() {
    local arch=$1 start=$2 address=$3 length=$4 register=$5 insns=$6
    expect "$arch: break access, again and again" 0 \
        "$start; break access a $address $length; run 30ms; assert break == 1; mem a $address 2; regs a $register; \
         run 30ms; assert break == 1; mem a $address 2; regs a $register; run 30ms; assert break == 1; mem a $address 2; \
         regs a $register; step a 3; run 30ms; assert break == 1; delete 1; run 2ms; assert a.missed == 0; assert a.overshoot == 0"
    check "$arch: memory has what was written" cmp <(sed -nE "s/^$register +0x[0-9a-f]*(..)(..)\$/\2 \1/p" "$dir/out") \
        <(sed -nE 's/^0x[0-9a-f]+  (.. ..) .*/\1/p' "$dir/out")
    check "$arch: the next round is $insns instructions later" [ "$(distance icount 1 2)" = "$insns" -a "$(distance icount 2 3)" = "$insns" ]
    check "$arch: steps in between are counted, not lost" [ "$(distance icount 3 4)" = "$insns" ]
    check "$arch: always at the same place" [ "$(hits 1 ', pc')" = "$(hits 4 ', pc')" ]
}

behind aarch64 "$arm" ${at}000 8 x0 2018
behind riscv64 "$risc" 0x80010000 8 a0 2017
behind x86_64 "$x86" 0x200000 4 rax 2014

expect 'which instruction it was' 0 "$arm; break access a ${at}000; run 1ms; step a 0x1" 'instruction at 0x4008003c( <[^>]+>)?, pc 0x40080040( <[^>]+>)?,'
expect 'step: an access stops it behind the instruction, and it is not stuck' 0 \
    "$arm; break access a ${at}000; run 1ms; delete 1; break access a ${at}010 1; step a 100; step a 1; step a 1; delete 2; break access a ${at}000 8; step a 3000; step a 1" \
    '^a stopped: 1 executed, .*0x40080044( <[^>]+>)?: ' '^a: 1 executed, .*0x40080048( <[^>]+>)?: ' '^a stopped: [0-9]+ executed, .*0x40080040( <[^>]+>)?: ' \
    '^a: 1 executed, .*0x40080044( <[^>]+>)?: '

# --- kinds of accesses

kinds() {
    expect 'a pair of registers: both points of it' 0 \
        "$arm; break access a ${at}020 8; break access a ${at}028 8; break access a ${at}02e 1 on=any; break access a ${at}020 16 on=read; \
         run 1ms; run 1ms; breaks" '^1 +access +2 ' '^2 +access +2 ' '^3 +access +2 ' '^4 +access +0 '
    check 'a pair of registers: all told at once' [ "$(grep -c 'break 1: .*; break 2: .*; break 3: ' "$dir/out")" = 2 ]
    expect 'reading' 0 "$arm; break access a ${at}030 8 on=read; break access a ${at}030 8; run 1ms; run 1ms; breaks" \
        'at 0x40080048( <[^>]+>)?, pc 0x4008004c' 'at 0x4008004c( <[^>]+>)?, pc 0x40080050' '^1 +access +2 ' '^2 +access +0 '
    expect 'an access that the point is a part of' 0 "$arm; break access a ${at}053 2; run 1ms; regs a x1" \
        'access to 0x40090053( <[^>]+>)? by the instruction at 0x40080064( <[^>]+>)?, pc 0x40080068' '^x1 +0x0000000040090050'
    expect 'exclusive accesses still succeed' 0 "$arm; break access a ${at}040 8 on=any; run 1ms; run 1ms; run 1ms; run 1ms; regs a x4" \
        'at 0x40080054( <[^>]+>)?, ' 'at 0x4008005c( <[^>]+>)?, ' '^x4 +0x0000000000000000'
    check 'exclusive accesses: one each' [ "$(distance icount 1 3)" = 2018 -a "$(distance icount 2 4)" = 2018 ]
    expect 'in an exception handler' 0 "$arm; break access a ${at}060; run 1ms; step a 1" 'at 0x40080a00( <[^>]+>)?, pc 0x40080a04' '^a: 1 executed, .*0x40080070'
    expect 'riscv64: exclusive accesses' 0 "$risc; break access a 0x80010040 8; run 1ms; run 1ms"
    check 'riscv64: exclusive accesses: one a round' [ "$(distance icount 1 2)" = 2017 ]
    expect 'x86_64: each step of a string instruction' 0 "$x86; break access a 0x200024 8; run 1ms; run 1ms; run 1ms"
    check 'x86_64: each step of a string instruction, one instruction apart' [ "$(distance icount 1 2)" = 1 -a "$(distance icount 2 3)" = 2013 ]
    expect 'by another vCPU: it alone executes the instruction' 0 \
        "node add a kernel=$guest/access-aarch64.elf smp=2 $settings; start; run 1ms; break access a ${at}070; regs a.0 pc; run 5ms; \
         regs a.1 x0; mem a ${at}070 1; run 5ms" 'node a, vCPU 1: access to 0x40090070( <[^>]+>)? by the instruction at 0x4008008c( <[^>]+>)?, pc 0x40080090'
    check 'by another vCPU: round after round' [ "$(distance icount 1 2)" = 2004 ]
}
kinds

# --- together with other points

together() {
    expect 'a breakpoint at the same instruction, and one behind it' 0 \
        "$arm; break access a ${at}000; break pc a 0x4008003c; break pc a 0x40080040; run 1ms; assert break == 2; run 1ms; \
         assert break == 1; run 1ms; assert break == 2; run 1ms; assert break == 1; breaks" '^1 +access +2 ' '^2 +pc +2 ' '^3 +pc +2 ' \
        '^break 1: .*; break 3: .*pc 0x40080040'
    expect 'a step from a breakpoint into an access' 0 "$arm; break access a ${at}000; break pc a 0x4008003c; run 1ms; step a 1; step a 1" \
        '^a stopped: 1 executed, .*0x40080040' '^a: 1 executed, .*0x40080044'
    # The clock skips up to the boundary: the other nodes run up to it before the access is done.
    expect 'at a boundary: nobody is ahead of the others' 0 \
        "max-skip 10ms; node add a kernel=$guest/access-aarch64.elf $settings; node add b kernel=$guest/count-aarch64.elf $settings; \
         start; run 1ms; break access a ${at}000; run 9ms; assert time == 2ms; assert b.icount == 2000000; assert a.time == 2000001ns; \
         run 9ms; assert time == 3ms; assert b.icount == 3000000; delete 1; run 1ms; assert a.offset == 0; assert b.offset == 0; assert missed == 0" \
        'its time 0.002000001s, its clock skipped 999077ns; the ensemble stands at 0.002000000s'
    expect 'two nodes at once' 0 \
        "node add a kernel=$guest/access-aarch64.elf $settings; node add b kernel=$guest/access-aarch64.elf $settings; start; run 1ms; \
         break access a ${at}000; break access b ${at}010 1; run 9ms; run 9ms; assert a.icount == 1002942; assert b.icount == 1002943; breaks" \
        '^1 +access +2 ' '^2 +access +2 '
    expect 'on another host' 0 \
        "host add h command=\"$metronome agent --stdio\"; node add a kernel=$guest/access-aarch64.elf host=h $settings; start; run 1ms; \
         break access a ${at}020 8; break access a ${at}028 8; run 9ms; run 9ms; step a 1; mem a ${at}028 1; assert missed == 0; breaks" \
        '^1 +access +2 ' '^2 +access +2 ' '^a: 1 executed, .*0x4008004c' 'at 0x40080044( <[^>]+>)?, pc 0x40080048'
    expect 'sleep=on' 0 "node add a kernel=$guest/access-aarch64.elf memory=32M nic=off; start; run 1ms; break access a ${at}000; run 9ms; run 9ms; \
         assert missed == 0"
    check 'sleep=on: round after round' [ "$(distance icount 1 2)" = 2018 ]
}
together

# --- the clock, as breaks and steps report it

clocks() {
    expect 'what the stop adds to the clock' 0 "$arm; break pc a 0x4008003c; run 1ms; time a" ', its time 0\.001100000s, its clock skipped 99077ns;'
    check 'what the stop adds to the clock: it is that' [ "$(awk '$1 == "a" { print $5 }' "$dir/out")" = 99077 ]
    expect 'no skip, no word' 0 "max-skip 1us; node add a kernel=$guest/access-aarch64.elf smp=2 $settings; start; run 1ms; break access a ${at}070; run 5ms"
    check 'with a vCPU that goes on nothing skips' not says 'skipped'
    # A step over WFI ends only when something wakes the vCPU.
    expect 'a breakpoint at an instruction that sleeps' 0 \
        "node add t kernel=$guest/tick-aarch64.elf memory=32M nic=off icount=shift=3,sleep=off; start; run 1ms; break pc t 0x40080054; \
         run 30ms; run 30ms; assert break == 1; assert t.missed == 0; run 30ms; assert t.time < 31ms; delete 1; run 20ms; assert t.missed == 0" \
        'icount 31, its time 0.010[0-9]+s, its clock skipped at most (1|100)us' 'icount 41, its time 0.020'
}
clocks

# --- a gdb with watchpoints of its own

# shellcheck disable=SC2016 # gdb's variables
own_gdb() {
    local socket=$dir/gdb.sock
    background -c "$arm; break access a ${at}010 1; gdb a path=$socket wait=on; breaks"
    within 20 test -S "$socket"
    gdb-multiarch -nx -batch -ex 'set architecture aarch64' -ex "target remote $socket" -ex "watch *(long *)${at}000" \
        -ex continue -ex 'print /x $pc' -ex "print *(long *)${at}000 == \$x0" -ex continue -ex 'print /x $pc' -ex continue -ex 'print /x $pc' \
        -ex detach >"$dir/gdb" 2>&1 || true
    join
    check 'a gdb that watches, too: its own steps are right' cmp <(grep -oE '^\$[0-9]+ = .*' "$dir/gdb") \
        <(printf '$%s\n' '1 = 0x40080040' '2 = 1' '3 = 0x40080044' '4 = 0x40080040')
    check 'and the break is, too' ended 0 '^1 +access +1 '
}
own_gdb
done_testing
