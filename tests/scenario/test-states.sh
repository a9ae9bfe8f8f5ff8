#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# States of nodes, and faults that would take a node out of metronome's control: guests that power
# off, panic, sleep, reset or are reset by their watchdog; QEMUs that end, die or stand still;
# options and monitor commands of QEMU.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

arm='memory=32M nic=off icount=shift=0,sleep=off'
count_node="$arm kernel=$guest/count-aarch64.elf"

# --- options of QEMU that metronome needs for itself

refused() {
    local option
    expect 'options that take the gdbstub and the start are refused, with what to write instead' 2 \
        "node add a $count_node extra='-s -S'; echo behind" \
        'node a: refused: -s: .*; use .gdb NODE port=1234.; also -S: .*; leave it away'
    check 'nothing behind the refusal is run' not says '^behind'
    for option in '-gdb tcp::1' '-qmp stdio' '--monitor stdio' '-daemonize' '-icount shift=1' '-seed 7' \
        '-enable-kvm' '-incoming defer' '-nographic' '-loadvm x' '-chroot /tmp' '-netdev user,id=mtg' '-watchdog-action poweroff' '-action watchdog=poweroff'; do
        echo "node add a $count_node extra='$option'" >"$dir/refused.mtr"
        mtr check "$dir/refused.mtr"
        check "check refuses $option" ended 2 "refused.mtr:1: node a: refused: ${option/#--/-}: "
    done
    expect 'options that leave the node in its place are not' 0 \
        "node add a $count_node extra='-device pvpanic-pci -no-reboot -serial null'; start; run 1ms; assert a.icount == 1000000"
}

# --- monitor commands that would move a node without metronome

behind() {
    local command
    expect 'a monitor command that lets a node run is refused, with what to write instead' 2 \
        "node add a $count_node; start; run 1ms; hmp a ' c'; echo behind" \
        'node a: .c. is refused: the nodes stop and go on together; use .run., '
    check 'nothing behind the refusal is run' not says '^behind'
    for command in "hmp a cont" "hmp a 'loadvm s1'" "qmp a stop" "qmp a '{\"execute\":\"object-del\",\"arguments\":{\"id\":\"mtn\"}}'" \
        "qmp a '{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"c\"}}'" "watch 'hmp a q' 1ms"; do
        printf '%s\n' "node add a $count_node" start "$command" 'run 1ms' >"$dir/behind.mtr"
        mtr check "$dir/behind.mtr"
        check "check refuses $command" ended 2 "behind.mtr:3: node a: .* is refused: .*; "
    done
    expect 'what leaves the node in its place is not' 0 "node add a $count_node; start; run 1ms; hmp a 'info status'
         qmp a query-status; hmp a 'qom-get mtd status'; qmp a system_powerdown; run 1ms; assert a.icount == 2000000; assert missed == 0"
}

# --- guests that leave, and events before that

act="arch=x86_64 memory=32M nic=off icount=shift=0,sleep=off kernel=$guest/act-x86_64.elf"
beside="node add c $count_node"

# leaves DESCRIPTION LETTER EXTRA STATE PATTERN: the guest acts by LETTER and leaves; the other
# guest goes on.
leaves() {
    expect "$1: named, with its time; the other goes on" 0 \
        "node add a $act append=$2 extra='$3'; $beside; start; run 20ms; time; node list; assert a.state == $4;
         assert a.time < 6ms; assert a.icount > 5000000; assert c.icount == 20000000; assert c.state == paused" \
        "^node a: $5 at 0\.00[0-9]{7}s\$" "^a +$4 +[0-9]+ " "^a +$4 +x86_64"
    expect "$1: run-until ends with it" 3 "node add a $act append=$2 extra='$3'; $beside; start; run-until 20ms; echo behind" \
        "^node a: $5 at" 'metronome: .*node a .* at 0\.00[0-9]*s, before the target; .*on-exit=continue'
    check "$1: nothing behind it is run" not says '^behind'
    expect "$1: a run to an instruction that it never executes" 3 "node add a $act append=$2 extra='$3'; $beside; start;
         run 1000000000insn on a; echo behind" 'metronome: .*node a .* at 0\.00[0-9]*s, before the target$'
    expect "$1: behind it as well" 3 "node add a $act append=$2 extra='$3'; $beside; start; run 20ms; run 5insn on a" \
        'metronome: .*node a .* at 0\.00[0-9]*s, before the target$'
    expect "$1: nobody reads what is sent to it" 2 "node add a $act append=$2 extra='$3'; $beside; start; run 20ms; send a x" \
        'node a is .*: it takes part no more'
    expect "$1: on-exit=continue lets the others go on" 0 \
        "node add a $act append=$2 extra='$3' on-exit=continue; $beside; start; run-until 20ms; assert c.icount == 20000000"
}

states() {
    leaves 'ACPI S3' s '' suspended 'suspended: its guest sleeps, and takes part no more'
    leaves 'power off' o '' off 'off: its guest powered off'
    leaves 'suspend to disk' d '' off 'off: its guest powered off'
    leaves 'panic' p '-device pvpanic' panicked "panicked: its guest's kernel panicked"
    leaves 'watchdog' w '-device ib700 -watchdog-action pause' watchdog "watchdog: its guest's watchdog ran out"

    expect 'suspend to disk is told' 0 "node add a $act append=d; start; run 20ms" \
        '^node a: its guest suspends to disk in the quantum up to 0\.006000000s$' 'every guest .* has left'
    expect 'a panicked guest can be looked at' 0 \
        "node add a $act append=p extra='-device pvpanic'; start; run 20ms; regs a rip; mem a 0x100000 4" '^rip '
    expect 'a guest that panics and goes on is told, and goes on' 0 \
        "node add a $act append=p extra='-device pvpanic -action panic=none'; start; run 20ms; assert a.state == paused;
         assert a.icount == 20000000" \
        "^node a: its guest's kernel panicked, and goes on in the quantum up to 0\.006000000s\$"
    expect 'a crash kernel is told' 0 "node add a $act append=c extra='-device pvpanic'; start; run 20ms;
         assert a.state == paused" '^node a: its guest runs a crash kernel in the quantum up to 0\.006'
    expect 'a watchdog that resets is told' 0 "node add a $act append=w extra='-device ib700'; start; run 20ms;
         assert a.state == paused; assert a.resets > 0" '^node a: its guest.s watchdog ran out \(action reset\)'
}

# reports: JSON events and the report name the same states.
reports() {
    mtr --json --report "$dir/report" -c "node add a $act append=p extra='-device pvpanic'; $beside; start; run 20ms"
    check 'JSON: an event names node, state and time' ended 0 \
        '"event":"node","node":"a","state":"panicked","what":"panicked",.*"virtual_ns":"5[89][0-9]{5}","exact":"yes"'
    check 'report.json has the state' grep -q '"state": *"panicked"' "$dir/report/report.json"
    mtr --json --report "$dir/report" -c "node add a $arm kernel=$guest/reset-aarch64.elf; start; run 5ms"
    check 'JSON: resets' ended 0 '"event":"node","node":"a","state":"running","what":"reset","reason":"guest-reset"'
    check 'report.json counts resets' [ "$(number resets "$dir/report/report.json")" = 2 ]
}

resets() {
    local first
    expect 'a guest that resets itself goes on; resets are counted and told' 0 \
        "quantum 50us; node add a $arm kernel=$guest/reset-aarch64.elf; start; run 5ms; node list; assert a.resets == 2;
         assert a.icount == 5000000; assert a.console_bytes == 63" \
        '^node a: reset by its guest in the quantum up to 0\.000[0-9]+s$' 'it was reset 2 times'
    first=$(grep '^node a: reset' "$dir/out")
    expect 'a guest that resets for ever: counted, and told ever more rarely' 0 \
        "node add a $act append=w extra='-device ib700'; start; run 500ms; assert a.resets > 30; node list" \
        '^node a: reset by its guest, 20 times so far, in the quantum up to' 'it was reset [0-9]+ times'
    check 'a guest that resets for ever: some lines' [ "$(grep -c '^node a: reset by' "$dir/out")" -lt 28 ]
    check 'its watchdog likewise' [ "$(grep -c "^node a: its guest's watchdog" "$dir/out")" -lt 28 ]
    commands "quantum 50us; node add a $arm kernel=$guest/reset-aarch64.elf; start; run 5ms"
    for _ in 1 2 3; do
        commands "quantum 50us; node add a $arm kernel=$guest/reset-aarch64.elf; start; run 5ms"
        check 'resets are in the same quantum in every run' [ "$(grep '^node a: reset' "$dir/out")" = "$first" ]
    done
    expect 'with -no-reboot a reset is the end' 0 \
        "node add a $arm kernel=$guest/reset-aarch64.elf extra=-no-reboot; start; run 5ms; assert a.state == off; assert a.resets == 0" \
        '^node a: off: its guest reset itself, which is its end \(-no-reboot\) at 0\.000'
    expect 'system_reset at rest is counted' 0 \
        "node add a $count_node; start; run 1ms; hmp a system_reset; run 1ms; assert a.resets == 1; assert a.icount == 2000000" \
        '^node a: reset from outside at 0\.001'
}

# exits: QEMUs that end at the request of their guests.
exits() {
    local semi="$arm kernel=$guest/exit-aarch64.elf extra='-semihosting-config enable=on,target=native'" status
    for status in 0 3; do
        expect "a guest that exits with $status: off, with the exit status" 0 \
            "node add a $semi append=$status; $beside; start; run 5ms; time; node list; assert a.state == off;
             assert a.exit == $status; assert c.icount == 5000000" \
            "^node a: off: QEMU exited with status $status in the quantum up to 0\.001000000s\$" \
            '^a +off ' "its QEMU exited with status $status" 'its QEMU is gone'
    done
    # QEMU 10.0 does not exit at once but powers the machine off, so that its time is exact.
    local debug_exit=("assert a.time == 5ms" 'QEMU exited with status 7 in the quantum up to 0\.006000000s')
    ! qemu_is 10 || debug_exit=("assert a.time > 5ms; assert a.time < 6ms" 'node a: off: QEMU exited with status 7 at 0\.005[0-9]*s')
    expect 'isa-debug-exit' 0 "node add a $act append=x extra='-device isa-debug-exit'; start; run 20ms; ${debug_exit[0]}; assert a.exit == 7;
         assert a.state == off" "${debug_exit[1]}"
    expect 'run-until ends with an exit' 3 "node add a $semi append=0; $beside; start; run-until 5ms" \
        'node a exited at .*, before the target'
    expect 'a QEMU that exited can not be asked' 3 "node add a $semi append=0; $beside; start; run 5ms; regs a" \
        'node a is off, and its QEMU is gone'
    expect 'one that exits while it is stepped' 3 "node add a $semi append=3; $beside; start; run 200000insn on a; step a 100000" \
        'node a: off: QEMU exited with status 3' 'error: node a exited'
    expect 'one that hangs up before it has exited' 3 "node add a ${semi%\'} -plugin $(plugin late-exit)' append=3; start;
         run 200000insn on a; step a 100000" 'node a: off: QEMU exited with status 3' 'error: node a exited'
}

asserts() {
    expect 'a state that is none: the names are said' 2 "node add a $count_node; start; assert a.state == offf" \
        "'offf' is no state: added, paused, running, off, panicked, watchdog, suspended, failed, frozen"
    echo "node add a $count_node
assert a.state == offf
assert a.state < off
assert a.exit == 3
assert off != a.state" >"$dir/states.mtr"
    mtr check "$dir/states.mtr"
    check 'check knows the states' ended 2 "states.mtr:2: 'offf' is no state" 'states.mtr:3: a state can only be compared by == and !='
    check 'and only what is wrong is told' not says 'states.mtr:[45]'
    expect 'an assert that fails names both states' 1 "node add a $count_node; start; assert a.state == off" \
        'assert a.state == off failed: paused against off'
    expect 'break when' 0 "node add a $act append=o; $beside; break when a.state == off; start; run 20ms; assert break == 1;
         assert time == 6ms" 'break 1: a.state == off; the ensemble stands at 0\.006'
    expect 'no exit status' 0 "node add a $count_node; start; assert a.exit == -1; assert a.resets == 0"
}

# --- QEMUs that end while the ensemble stands

# is_dead PID: the process has ended, also if its parent has not waited for it yet.
is_dead() {
    ! grep -qE '^State:\s[^Z]' "/proc/$1/status" 2>/dev/null
}

# dies NAME COMMAND: kills the node's QEMU while the ensemble stands, then sends the command through
# a pipe.
dies() {
    local from took victim
    mkfifo "$dir/lines"
    : >"$dir/out" 2>"$dir/err"
    "$metronome" <"$dir/lines" >"$dir/out" 2>"$dir/err" &
    pid=$!
    exec 9>"$dir/lines"
    printf 'quantum 1ms\nnode add a %s\n%s\nstart\nrun 1ms\necho standing\n' "$count_node" "$beside" >&9
    within 20 says '^standing$'
    read -r victim < <(qemus)
    kill -9 "$victim"
    within 10 is_dead "$victim"
    from=${EPOCHREALTIME/./}
    # metronome may have ended by itself.
    (trap '' PIPE && printf '%s\necho behind\n' "$2" >&9 2>/dev/null) || true
    exec 9>&-
    join
    took=$((${EPOCHREALTIME/./} - from))
    rm "$dir/lines"
    check "$1 behind the death of a standing QEMU" ended 3 'node [ac]: QEMU ended, killed by signal 9'
    check "$1: at once, and nothing behind it" eval "[[ $took -lt 5000000 ]] && not says '^behind'"
}

standing() {
    dies time time
    dies assert 'assert time == 1ms'
    dies 'node list' 'node list'
    dies regs 'regs a'
    dies 'the end' ''
}

all=(refused behind states reports resets exits asserts standing)
for part in ${ONLY:-${all[@]}}; do
    "$part"
done
done_testing
