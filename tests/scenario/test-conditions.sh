#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Registers and memory in expressions; breaks with conditions, that stop once, with commands; how they come through
# saves, and that a condition that does not hold leaves no trace in a run.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

node="node add a kernel=$guest/access-aarch64.elf memory=64M icount=shift=0,sleep=off"
count_node="node add b kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off"
smp="node add s kernel=$guest/access-aarch64.elf smp=2 memory=64M icount=shift=0,sleep=off"
start="$node; start"

# --- expressions

expect 'registers and memory in an assert' 0 \
    "$start; assert a.reg.pc == _start; assert a.reg.pc == 0x40080000; assert a.reg.x0 == 0; run 1ms; assert a.reg.x0 > 3; \
     assert a.mem[_start,4] == 0x58008001; assert a.mem[a.reg.x1,4] - a.reg.x0 + 1 <= 1; assert a.mem[0x40090000 + a.reg.x0 - a.reg.x0] > 3; \
     assert a.0.reg.x0 == a.reg.x0; assert a.mem[_start,1] == 1; assert a.reg.pc > second - 0x100; \
     assert a.mem[a.mem[_start+8] - a.mem[_start+8] + 0x40090000] > 3"
expect 'an assert that fails shows words in hexadecimal' 1 "$start; assert a.reg.pc == second" \
    'assert a.reg.pc == second failed: 0x40080000 against 0x40080074'
expect 'addresses of a kernel are no negative numbers' 0 "$start; assert 0xffff800008010000 > 5; assert a.reg.pc < 0xffff800008010000"
expect 'no such register' 2 "$start; assert a.reg.foo == 1" "node a has no register 'foo': .regs a. lists"
expect 'no such register, and what was meant' 2 "$start; assert a.reg.cprs == 1" "node a has no register 'cprs': did you mean 'cpsr'\?"
expect 'regs: no such register' 2 "$start; regs a pc xx0" "node a has no register 'xx0': did you mean 'x0'\?"
expect 'mem: what QEMU refuses, in words' 2 "$start; mem a 0xf000000000000000 5" \
    'node a: gdbstub: QEMU refuses to read 5 bytes at 0xf000000000000000: no memory can be read there \(E14\)'
expect 'no such name' 2 "$start; assert a.reg.pc == secnod" "unknown value 'secnod'"
expect 'no such memory' 2 "$start; assert a.mem[0xf000000000000000] == 1" 'node a: .*8 bytes at 0xf000000000000000'
expect 'no such size' 2 "$start; assert a.mem[_start,3] == 1" "'3' is no number of bytes: 1, 2, 4 or 8"
expect 'no end' 2 "$start; assert a.mem[_start == 1" 'a \] is missing'
expect 'no such vCPU' 2 "$start; assert a.3.reg.pc == 1" 'node a has no vCPU 3'
expect 'a time is no address' 2 "$start; assert a.mem[a.time] == 1" "'a.time' is no address"
expect 'a time and a word' 2 "$start; assert a.reg.pc == 1ms" 'a time and a count'
expect 'break when, at each barrier' 0 "$start; break when a.reg.x0 > 100; run 1s; assert break == 1; assert time == 1ms" \
    'break 1: a.reg.x0 > 100'
expect 'break when: what can not be evaluated is told once' 0 "$start; break when a.reg.foo == 1; run 3ms" \
    "break 1: 'a.reg.foo == 1' can't be evaluated: .*foo"
check 'once' [ "$(grep -c "can't be evaluated" "$dir/err")" = 1 ]

# --- conditions

at="break pc a _start+0x3c"
expect 'break pc if: a register' 0 "$start; $at if a.reg.x0 == 5; run 10ms; assert break == 1; assert a.reg.x0 == 5; breaks" \
    'pc 0x4008003c <_start\+0x3c>, icount 10085' '^1 +pc +1 +a 0x4008003c <_start\+0x3c> if a.reg.x0 == 5$'
expect 'break pc if: memory' 0 "$start; $at if a.mem[0x40090000] == 4; run 10ms; assert break == 1; assert a.reg.x0 == 5"
expect 'break pc if: a name of its node' 0 "$start; $count_node; $at if a.reg.x5 != second; run 1ms; assert break == 1"
expect 'break pc if: never' 0 "$start; $at if a.reg.x0 == 0; run 3ms; assert break == 0; assert time == 3ms; breaks" '^1 +pc +0 '
expect 'break pc if: two at one place' 0 \
    "$start; $at if a.reg.x0 == 7; $at if a.reg.x0 == 5; run 1s; assert break == 2; run 1s; assert break == 1; assert a.reg.x0 == 7"
expect 'break pc if: of the vCPU that stands there' 0 \
    "$smp; start; break pc s second+0x18 if s.reg.pc == second+0x18; run 10ms; assert break == 1" 'node s, vCPU 1: pc 0x4008008c'
expect 'break pc if: single steps' 0 "$start; $at if a.reg.x0 == 3; step a 9000; assert break == 1; assert a.reg.x0 == 3"
expect 'break pc if: what can not be evaluated stops, and says why' 0 "$start; $at if a.reg.foo == 1; run 1ms; assert break == 1" \
    "icount 2013, .*; its condition 'a.reg.foo == 1' can't be evaluated: "
expect 'break access if' 0 "$start; break access a 0x40090000 if a.mem[0x40090000] == 5; run 10ms; assert break == 1; assert a.reg.x0 == 5"
expect 'break time if' 0 "$start; break time 1500us if a.reg.x0 == 0; break time 2500us if a.icount > 5; run 5ms; assert break == 2" \
    'break 2: time 2500us'
expect 'break console if' 0 \
    "node add h kernel=$guest/hello-aarch64.elf memory=64M icount=shift=3,sleep=off; start; break console h hello if h.reg.pc == 0; \
     break console h hello if h.reg.pc != 0; run 1s; assert break == 2; assert time <= 2ms"
expect 'an expression of several words, then once and do' 0 \
    "$start; $at if a.reg.x0 - 1 == 4 once do 'regs a x0; mem a 0x40090000 8'; run 1s; assert break == 1; breaks; run 1ms; assert break == 0" \
    '^x0 +0x0000000000000005$' '^0x0000000040090000  04 00' '^no breaks$'
expect 'once' 0 "$start; $at once; run 1s; assert break == 1; run 1ms; assert break == 0; breaks" 'no breaks'
expect 'do: the run goes on' 0 "$start; $at if a.reg.x0 < 4 do 'regs a x0; continue'; run 5ms; assert break == 0; assert time == 5ms; breaks" \
    "^1 +pc +3 .* if a.reg.x0 < 4 do 'regs a x0; continue'$"
check 'do: each time' [ "$(grep -c '^x0 ' "$dir/out")" = 3 ]
expect 'do: once, and goes on' 0 "$start; $at once do 'regs a x0; continue'; run 5ms; assert break == 0; breaks" '^x0 ' 'no breaks'
expect 'do: nothing but going on counts' 0 "$start; $at do continue; run 2ms; assert break == 0; breaks" '^1 +pc +[1-9][0-9]* '
expect 'do: pause' 0 "$start; $at do 'pause; continue'; run 5ms; assert time < 5ms"
expect 'do: only what looks' 2 "$start; $at do 'regs a; run 1ms'" "do: .*lets no time pass is expected here.*not 'run'"
expect 'do: commands that there are' 2 "$start; $at do 'reggs a'" "unknown command 'reggs'"
expect 'do: nothing' 2 "$start; $at do" 'COMMANDS is missing'
expect 'a condition that is none' 2 "$start; $at if a.reg.x0; breaks" 'a comparison'
expect 'a condition of nobody' 2 "$start; $at if c.reg.x0 == 1" "unknown node 'c'"

# --- events

small='memory=64M nic=off icount=shift=0,sleep=off'
expect 'break event: a reset, each time' 0 \
    "quantum 50us; node add r $small kernel=$guest/reset-aarch64.elf; break event r reset; start; run 1s; assert break == 1; \
     assert r.resets == 1; run 1s; assert break == 1; assert r.resets == 2; run 2ms; assert break == 0; breaks" \
    'break 1: node r: reset' '^1 +event +2 +r reset$'
grep '^break 1: ' "$dir/out" >"$dir/resets"
expect 'at the same barriers in another run' 0 \
    "quantum 50us; node add r $small kernel=$guest/reset-aarch64.elf; break event r reset; start; run 1s; run 1s"
grep '^break 1: ' "$dir/out" >"$dir/again"
check 'they are the same' cmp "$dir/resets" "$dir/again"
expect 'break event: a power-off; with a condition and once' 0 \
    "node add o $small kernel=$guest/countoff-aarch64.elf; break event o off if o.icount < 5; break event o off once do 'time; continue'; \
     break event o off; start; run 1s; assert break == 3; breaks" '^o +off ' '^1 +event +0 ' '^3 +event +1 '
check 'once: it is gone' not says '^2 +event'
expect 'break event: none' 2 "$start; break event a restet" "'restet' is no .*reset"
expect 'break event: not of another host' 2 "host add far command=\"$metronome agent --stdio\"; $node host=far; break event a reset" 'on another host'
expect 'break event: saved' 0 \
    "quantum 50us; node add r $small kernel=$guest/reset-aarch64.elf; break event r reset; start; run 1s; save one; run 1s; assert r.resets == 2; \
     restore one; run 1s; assert break == 1; assert r.resets == 2; run 10ms; assert break == 0"

# --- a condition that does not hold leaves no trace but the stops themselves

commands "$start; $at; run 10s; run 10s; run 10s; run 10s; run 10s; time; regs a; mem a 0x40090000 96"
grep -E '^(a |x[0-9]|pc|sp|cpsr|0x)' "$dir/out" | sed -E 's/([+-][0-9]+) +[0-9.]+ +[0-9.]+ +[0-9.]+$/\1/' >"$dir/by-hand"
commands "$start; $at if a.reg.x0 == 5; run 10s; time; regs a; mem a 0x40090000 96"
grep -E '^(a |x[0-9]|pc|sp|cpsr|0x)' "$dir/out" | sed -E 's/([+-][0-9]+) +[0-9.]+ +[0-9.]+ +[0-9.]+$/\1/' >"$dir/by-condition"
check 'the guest is where it is if each hit is continued by hand' cmp "$dir/by-hand" "$dir/by-condition"
check 'and there was something to compare' [ "$(wc -l <"$dir/by-hand")" -gt 30 ]

# --- saves

expect 'a save has conditions, once and commands' 0 \
    "$start; $at if a.reg.x0 == 3 once do 'regs a x0'; save one file=$dir/folder; run 1s; assert break == 1; breaks; restore one; breaks; \
     run 1s; assert break == 1; assert a.reg.x0 == 3" 'no breaks' "if a.reg.x0 == 3 once do 'regs a x0'$"
expect 'so has its folder' 0 "restore $dir/folder; breaks; run 1s; assert break == 1; assert a.reg.x0 == 3; breaks" \
    "if a.reg.x0 == 3 once do 'regs a x0'$" '^x0 +0x0000000000000003' 'no breaks'
expect 'a restart' 0 "$start; $at if a.reg.x0 == 3; run 1s; restart; run 1s; assert break == 1; assert a.reg.x0 == 3"

# --- another host

expect 'a condition of a node of another host' 0 \
    "host add far command=\"$metronome agent --stdio\"; $node host=far; start; $at if a.reg.x0 == 3 do 'regs a x0'; run 1s; \
     assert break == 1; assert a.mem[0x40090000] == 2" '^x0 +0x0000000000000003'

done_testing
