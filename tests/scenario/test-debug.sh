#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Debugging: stops at any virtual time, steps, breaks, registers and memory, watches, pace, blame.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

busy="node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off"
busy_b="node add b kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off"
idle="node add i kernel=$guest/idle-aarch64.elf memory=64M icount=shift=3,sleep=off"
tick="node add t kernel=$guest/tick-aarch64.elf memory=64M icount=shift=3,sleep=off"
smp="node add s kernel=$guest/smp-aarch64.elf smp=3 memory=64M icount=shift=0,sleep=off"
linux="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M"

# --- steps

steps() {
    expect 'step: exact by icount, with pc and instruction' 0 \
        "$busy; start; run 5ms; step a 1000; assert a.icount == 5001000; assert time == 5ms" \
        '^a: 1000 executed, icount 5001000, time 0.005001000s, 0x400800[0-9a-f]+ <_start\+0x[0-9a-f]+>: .* [a-z]+'
    expect 'step: one instruction without a number, one node without a name' 0 \
        "$busy; start; run 1ms; step; assert a.icount == 1000001"
    expect 'step: past a boundary the others come along' 0 \
        "$busy; $busy_b; start; run 999us; step a 1500; assert a.icount == 1000500; assert time == 1ms; \
         assert b.time == 1ms; run-until 2ms; assert a.icount == 2000000; assert b.icount == 2000000"
    expect 'step: the vCPU that was named, the others stand still' 0 \
        "$smp; start; run 1ms; regs s.0 pc; step s.2 10; assert s.icount == 1000010; regs s.0 pc" \
        '^s: 10 executed, icount 1000010'
    check 'step: vCPU 0 stands where it stood' [ "$(grep -c '^pc ' "$dir/out")" = 2 -a \
        "$(grep '^pc ' "$dir/out" | sort -u | wc -l)" = 1 ]
    expect 'step: an idle node sleeps up to its interrupt with mask=off' 0 \
        "$tick; start; run 3ms; step t 1 mask=off; assert t.time > 10ms; assert t.time < 10200us" \
        '^t: 1 executed'
    # The guest must not notice steps: its registers equal those of a run to the same instruction.
    local how
    for how in 'step a 40000 mask=off' 'run 40000insn'; do
        commands "node add a $linux append=\"console=ttyAMA0 quiet\" icount=shift=7,sleep=off; start; run 2900ms; \
            $how; hmp a 'info registers'"
        grep -A 40 'PC=' "$dir/out" >"$dir/registers.${how%% *}"
    done
    check 'step: Linux, two timer interrupts on the way, does not notice' cmp "$dir/registers.step" "$dir/registers.run"
    check 'step: and there was something to compare' grep -q 'X30=' "$dir/registers.step"

    expect 'step: 0 is refused' 2 "$busy; start; step a 0" "'0' is out of range: 1 to"
    expect 'step: a vCPU that does not exist' 2 "$busy; start; step a.1 5" 'node a has no vCPU 1: 0 to 0 are there'
    expect 'step: a node that does not exist' 2 "$busy; start; step x 5" "unknown node 'x': there is only a"
    expect 'step: which of two nodes?' 2 "$busy; $busy_b; start; step 5" 'NODE is missing: there are several nodes'
    expect 'step: a mask that is neither on nor off' 2 "$busy; start; step a 5 mask=maybe" 'usage: step'
    expect 'step: before start' 2 "$busy; step a 5" 'no node is started'
    expect 'step: a halted vCPU says that it waits, and how to go on' 1 "$idle; start; run 3ms; step i 2" \
        '^i: 0 executed' 'node i waits for an interrupt.*mask=off'
    expect 'step: an interrupt that never comes' 1 "$idle; start; run 3ms; step i.0 2 mask=off" \
        'vCPU 0 of node i waits for an interrupt.*none came'
    expect 'step: a vCPU that goes to sleep on the way' 1 "$idle; start; step i 5" '^i: 1 executed' 'waits for an interrupt'
}

# --- breaks

breaks() {
    expect 'break time: stops there, the rest of the run is off' 0 \
        "$busy; start; break time 1500us; run 1s; assert time == 1500us; assert break == 1; run 1ms; \
         assert time == 2500us; assert break == 0; breaks" \
        '^break 1$' 'break 1: time 1500us; the ensemble stands at 0.001500000s' '^1 +time +1 +1500us \(over\)'
    expect 'break time: in the past' 2 "$busy; start; run 2ms; break time 1ms" 'over: the ensemble stands at 0.002'
    expect 'break pc: before the instruction; the other node stands at a barrier' 0 \
        "$busy; $busy_b; start; run 1ms; break pc a 0x40080008; run 1s; assert break == 1; \
         assert a.icount == 1000002; assert b.icount == 2000000; assert time == 1ms; delete 1; run-until 3ms; \
         assert a.offset == 0; assert b.icount == 3000000; assert a.missed == 0" \
        'break 1: node a, vCPU 0: pc 0x40080008( <[^>]+>)?, icount 1000002'
    expect 'break pc: hit again in each round of the loop' 0 \
        "$busy; start; run 1ms; break pc a 0x40080008; run 1s; run 1s; run 1s; assert a.icount == 1000010; breaks" \
        '^1 +pc +3 '
    expect 'break pc: set before start' 0 \
        "$busy; break pc a 0x40080008; start; run 1s; assert a.icount < 10; assert break == 1"
    expect 'break pc: the clock of a node with sleep=off skips no farther than max-skip' 0 \
        "max-skip 1us; max-skip; $busy; start; run 5ms; break pc a 0x40080008; run 1s; assert a.idle <= 1us; \
         assert a.time <= 5001us" '^1us$'
    expect 'break pc: sleep=on' 0 \
        "node add a kernel=$guest/count-aarch64.elf memory=64M; start; run 2000insn on a; break pc a 0x40080008; run 1s; \
         assert break == 1; assert a.icount > 1000; delete 1; run 2ms; assert a.missed == 0"
    expect 'break pc: found by single steps too' 0 \
        "$busy; start; run 1ms; break pc a 0x40080008; step a 100; assert break == 1; assert a.icount == 1000002"
    expect 'break pc: no number' 2 "$busy; start; break pc a main" "'main' is no address"
    expect 'break access: behind the instruction' 0 \
        "node add a $linux append=\"console=ttyAMA0 quiet\" icount=shift=4,sleep=off; start; run 1s; regs a sp; \
         set sp 0; break access a 0xffff800008000000 8 on=any; breaks; delete 1; breaks" 'access' 'no breaks'
    expect 'break console: the line and its quantum' 0 \
        "node add h kernel=$guest/hello-aarch64.elf memory=64M icount=shift=3,sleep=off; start; break console h 'h[ae]llo'; \
         run 1s; assert break == 1; assert time <= 2ms; breaks" \
        "break 1: node h printed '.*hello.*' in the quantum up to 0.00[12]" '^1 +console +1 '
    expect 'break console: a regex that does not compile' 2 "$busy; break console a '(x'" "'\(x' is no regular expression"
    expect 'break when: on stamps' 0 \
        "$busy; start; break when a.time >= 3ms; run 1s; assert break == 1; assert time == 3ms; run 2ms; \
         assert time == 5ms; assert break == 0" 'break 1: a.time >= 3ms'
    expect 'break when: on the instruction count' 0 \
        "$busy; $busy_b; start; break when a.icount - b.icount < 1000000insn; run 1s; assert break == 1; \
         break when b.icount > 2500000; run 1s; assert break == 2; assert time == 3ms" 'each barrier becomes a stop|break 2'
    expect 'break when: no comparison' 2 "$busy; break when a.icount" 'a comparison'
    expect 'several breaks at once are all told' 0 \
        "$busy; start; break time 2ms; break when time >= 2ms; run 1s; assert break == 1; assert time == 2ms" \
        'break 1: time 2ms; break 2: time >= 2ms'
    expect 'delete: an unknown number' 2 'delete 7' 'there is no break 7'
    expect 'a removed node takes its breaks along' 0 \
        "$busy; $busy_b; start; break pc a 0x40080008; node remove a; breaks; run 1ms" 'no breaks'
    mtr --json -c "$busy; start; break time 1ms; run 1s"
    check '--json: the run event says why' says '"end": *"break".*"why": *"break 1: time 1ms".*"break": *"?1'
}

# --- registers, memory, watches, blame

looking() {
    expect 'regs: general ones, by vCPU, and system registers by name' 0 \
        "$smp; start; run 1ms; regs s.1; regs s.1 SCTLR; regs s.1 SCTLR_EL1" '^x30 +0x[0-9a-f]{16}$' '^cpsr +0x' '^SCTLR[A-Z0-9_]* +0x'
    # A stack, an entry and a loop are enough for a Cortex-M.
    printf '\0\20\0\40\11\0\0\0\1\60\375\347' >"$dir/loop"
    expect 'regs: those of a Cortex-M' 0 \
        "node add m qemu=qemu-system-arm machine=mps2-an385 cpu=cortex-m3 kernel=$dir/loop nic=off \
            icount=shift=6,sleep=off; start; run 6400ns; regs m" '^r0 +0x00000032$' '^pc +0x00000008$' '^xpsr +0x[0-9a-f]{8}$'
    expect 'regs: an unknown one' 2 "$busy; start; regs a foo" 'foo'
    expect 'mem: virtual and physical' 0 "$busy; start; run 1ms; mem a 0x40080000 20; mem a 0x40080000 4 phys=on" \
        '^0x0000000040080000  [0-9a-f]{2}( [0-9a-f]{2}){15}' '^0x0000000040080010  '
    expect 'mem: too much' 2 "$busy; start; mem a 0 100000" 'out of range: 1 to 65536'
    expect 'mem: where nothing is' 2 "$busy; start; mem a 0xf000000000000000 8" '0xf000000000000000'
    expect 'watch: a command every so often' 0 \
        "$busy; start; watch 'regs a pc' 1ms; run 3500us; breaks; delete 1; run 1ms" '^watch 1$' '^1 +watch +3 +every 1ms'
    check 'watch: three times' [ "$(grep -c '^pc ' "$dir/out")" = 3 ]
    expect 'watch: only what looks' 2 "$busy; start; watch 'run 1ms' 1ms" 'lets no time pass'
    expect 'watch: how often?' 2 "$busy; start; watch time 0ms" 'A duration above 0'
    expect 'time: one node, its vCPUs' 0 "$smp; start; run 1ms; time s" 'slowdown [0-9.]+, in the last run' \
        '^vCPU +state' '^2 +running '
    expect 'perf: who was waited for' 0 "$busy; $busy_b; start; run 20ms; perf; perf on; run 5ms; perf; perf off" \
        '^20 barriers in ' '^5 barriers in ' '^node +waited for'
    # perf must blame the node with more work, even if the host often wakes the other node's worker
    # last.
    commands "$busy; $idle; start; run 20ms; perf"
    check 'perf: blames the busy node' [ "$(awk '$1 == "a" {a = $4} $1 == "i" {i = $4} END {print (a > i)}' "$dir/out")" = 1 ]
}

# --- pace

paced() {
    local began=${EPOCHREALTIME/./} took
    expect 'pace: ten times slower than real time' 0 "$tick; start; run 50ms pace=0.1"
    took=$((${EPOCHREALTIME/./} - began))
    check "pace: took at least half a second ($took us)" [ "$took" -ge 490000 ]
    expect 'pace: what is no number' 2 "$tick; start; run 50ms pace=fast" "pace 'fast' is no number above 0"
    expect 'pace: 0' 2 "$tick; start; run 50ms pace=0" "pace '0'"
    expect 'pace: alone' 2 "$tick; start; run pace=1" 'usage: run'
    background -c "$tick; start; echo going; run 1000s pace=1"
    within 20 says going
    guests_run
    kill -INT "$pid"
    join
    check 'pace: Ctrl-C does not wait for it' [ "$status" = 130 ]
}

# A clock that follows the host's stands beyond every boundary.
sleeping() {
    local option
    for option in shift=3,sleep=on off; do
        background -c "node add t kernel=$guest/tick-aarch64.elf memory=64M icount=$option; start; echo going; run 1000s"
        within 20 says going
        kill -INT "$pid"
        within 10 over || kill -9 "$pid"
        join
        check "icount=$option: Ctrl-C ends a run" [ "$status" = 130 ]
    done
}

over() {
    [[ $(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null || echo Z) == Z ]]
}

# --- ends

exits() {
    local off="node add o kernel=$guest/countoff-aarch64.elf memory=64M icount=shift=0,sleep=off"
    expect 'a guest that powers off during run-until: exit 3' 3 "$off; $busy; start; run-until 10s" \
        'node o powered off at 0\.[0-9]+s, before the target' 'on-exit=continue'
    expect 'not with on-exit=continue' 0 "$off on-exit=continue; $busy; start; run-until 100ms; assert time == 100ms"
    expect 'an instruction that a guest never executes, since it powers off' 3 "$off; start; run-until o 1e12insn" \
        'node o powered off'
    expect 'a target in the past' 2 "$busy; start; run 2ms; run-until 1ms" "'1ms' is over"
    expect 'an instruction in the past' 2 "$busy; start; run 2ms; run-until a 5insn" '.reverse-until. goes back'
}

steps
breaks
looking
paced
sleeping
exits
done_testing
