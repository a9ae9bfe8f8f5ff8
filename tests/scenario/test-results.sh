#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Results: exit statuses by semihosting and by devices, ends without one, watchdogs, on-exit=fail;
# the console of semihosting, in saves too. Firmware of guest-init/boards. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/saves.sh
source "$(dirname "$0")/saves.sh"

slow='icount=shift=4,sleep=off'
an385="arch=arm machine=mps2-an385 $slow kernel=$guest"
arm="arch=arm memory=16M $slow kernel=$guest"
riscv="arch=riscv32 firmware=none memory=16M $slow kernel=$guest"
i386="arch=i386 memory=16M $slow kernel=$guest"
aarch64="arch=aarch64 memory=32M nic=off $slow kernel=$guest"
beside="node add c $an385/tick-an385.elf"

# --- exit statuses

# leaves DESCRIPTION NODE STATUS: the guest exits with the status, and the other node goes on.
leaves() {
    expect "$1: off, with the exit status; the other goes on" 0 \
        "node add a $2; $beside; start; run 200ms; assert a.state == off; assert a.exit == $3; assert c.time >= 200ms; assert c.state == paused; node list" \
        "^node a: off: QEMU exited with status $3 " "its QEMU exited with status $3"
}

semihosting_exits() {
    local status
    for status in 0 3; do
        leaves "Cortex-M, semihosting, $status" "$an385/semi-an385.elf semihosting=on append=x$status" "$status"
        leaves "arm, semihosting, $status" "$arm/semi-arm.elf semihosting=on append=x$status" "$status"
        leaves "riscv32, semihosting, $status" "$riscv/semi-riscv32.elf semihosting=on append=x$status" "$status"
        leaves "aarch64, semihosting, $status" "$aarch64/exit-aarch64.elf semihosting=on append=$status" "$status"
    done
}

# Up to QEMU 8 these devices end QEMU at once. Later ones shut the machine down, and the time is exact.
device_exits() {
    local debug="extra='-device isa-debug-exit'" when='in the quantum up to 0\.[0-9]{3}000000s'
    [[ $(qemu-system-i386 --version) == *' version 7.2'* ]] || when='at 0\.[0-9]{9}s'
    leaves 'isa-debug-exit, 11' "$i386/act-i386.elf append=x5 $debug" 11
    check 'isa-debug-exit: its time' says "^node a: off: QEMU exited with status 11 $when\$"
    leaves 'isa-debug-exit, 1' "$i386/act-i386.elf append=x0 $debug" 1
    leaves 'sifive_test, 0' "$riscv/act-riscv32.elf semihosting=on append=o0" 0
    leaves 'sifive_test, 3' "$riscv/act-riscv32.elf semihosting=on append=o3" 3
    check 'sifive_test: its time' says "^node a: off: QEMU exited with status 3 $when\$"
    expect 'its QEMU is gone' 3 "node add a $i386/act-i386.elf append=x5 $debug; $beside; start; run 200ms; regs a" \
        'node a is off, and its QEMU is gone'
    expect 'a break stops at the exit' 0 "node add a $i386/act-i386.elf append=x5 $debug; $beside; break event a exit; start; run 200ms;
        assert a.exit == 11; assert break == 1; assert time < 190ms; run 10ms"
    expect 'run-until ends with it' 3 "node add a $i386/act-i386.elf append=x5 $debug; $beside; start; run-until 200ms" \
        'node a exited at .*, before the target'
    expect 'a save keeps it' 0 "node add a $riscv/act-riscv32.elf semihosting=on append=o3; $beside; start; run 50ms; save x; run 10ms;
        assert a.exit == 3; restore x; assert a.exit == 3; assert a.state == off; run 10ms; assert c.time >= 60ms; assert c.state == paused;
        restart; assert a.exit == -1; run 50ms; assert a.exit == 3"
    commands "node add a $an385/semi-an385.elf semihosting=on append=x3; $beside; start; run 70ms; save x file=$dir/exited"
    expect 'a save keeps it in another session, with what it wrote' 0 "restore $dir/exited; assert a.exit == 3; assert a.state == off;
        wait-line a.semi 'tick 5' timeout=1ms; run 10ms; assert c.time >= 80ms"
    echo "node add a $riscv/act-riscv32.elf semihosting=on append=o3
$beside
start
run 100ms
assert a.exit == 3" >"$dir/twice.mtr"
    mtr verify "$dir/twice.mtr"
    check 'it repeats itself' ended 0 'equal$'
}

power_offs() {
    expect 'PSCI: off, and readable' 0 "node add a $arm/act-arm.elf semihosting=on append=o; $beside; start; run 200ms;
        assert a.state == off; assert a.exit == -1; assert c.time >= 200ms; assert c.state == paused; regs a pc" '^node a: off: its guest powered off at 0\.[0-9]{9}s' '^pc '
    expect 'ACPI: off, and readable' 0 "node add a $i386/act-i386.elf append=o; $beside; start; run 200ms;
        assert a.state == off; assert a.exit == -1; assert c.time >= 200ms; assert c.state == paused; regs a eip" '^node a: off: its guest powered off at 0\.[0-9]{9}s' '^eip '
    expect 'ACPI beside isa-debug-exit: 0' 0 "node add a $i386/act-i386.elf append=o extra='-device isa-debug-exit'; $beside; start; run 200ms;
        assert a.state == off; assert a.exit <= 0; assert a.exit == 0" 'QEMU exited with status 0 at 0\.[0-9]{9}s'
    expect 'a board without a power switch goes on' 0 "node add a $an385/act-an385.elf semihosting=on append=o; start;
        wait-line a 'no power off' timeout=100ms; assert a.state == paused"
}

# --- watchdogs

watchdogs() {
    local action bitten='i6300esb'
    expect "$bitten: reset" 0 "node add a $i386/act-i386.elf append=w extra='-device i6300esb'; start; run 300ms;
        assert a.resets > 0; assert a.state == paused; assert a.exit == -1" "^node a: its guest's watchdog ran out \\(action reset\\)"
    expect "$bitten: pause" 0 "node add a $i386/act-i386.elf append=w extra='-device i6300esb -action watchdog=pause'; $beside; start; run 300ms;
        assert a.state == watchdog; assert c.time >= 300ms; assert c.state == paused; regs a eip" "^node a: watchdog: its guest's watchdog ran out at" '^eip '
    for action in shutdown debug none inject-nmi; do
        expect "$bitten: $action" 0 "node add a $i386/act-i386.elf append=w extra='-device i6300esb -action watchdog=$action'; start; run 300ms;
            assert a.state == paused; assert a.resets <= 1; assert missed == 0" "^node a: its guest's watchdog ran out \\(action $action\\)"
    done
    expect "$bitten: an NMI reaches the guest" 0 "node add a $i386/act-i386.elf append=w extra='-device i6300esb -action watchdog=inject-nmi'; start;
        wait-line a 'fault at 0x0010' timeout=300ms"
    expect "$bitten: poweroff is refused" 2 "node add a $i386/act-i386.elf append=w extra='-device i6300esb -action watchdog=poweroff'" \
        'say watchdog=pause'
    expect 'a board: pause' 0 "node add a $an385/act-an385.elf semihosting=on append=w extra='-action watchdog=pause'; $beside; start; run 50ms;
        assert a.state == watchdog; assert c.time >= 50ms; assert c.state == paused" "^node a: watchdog: its guest's watchdog ran out at"
    expect 'a board: none' 0 "node add a $an385/act-an385.elf semihosting=on append=w extra='-action watchdog=none'; start; run 50ms;
        assert a.state == paused; assert a.resets == 0" "ran out \\(action none\\)"
}

# --- on-exit=fail

# fails DESCRIPTION NODE PATTERN: each kind of run fails with it, and nothing behind it is run.
fails() {
    local command
    for command in 'run 200ms' 'run-until 200ms' 'barrier 200' 'wait-line c NEVER timeout=200ms' 'run 100000000insn on c'; do
        expect "$1: $command" 3 "node add a $2 on-exit=fail; $beside; start; $command; echo behind" \
            "metronome: error: node a $3 at 0\\.[0-9]{9}s, and has on-exit=fail"
        check "$1: $command: nothing behind it is run" not says '^behind'
    done
}

on_exit() {
    fails 'on-exit=fail, semihosting' "$an385/semi-an385.elf semihosting=on append=x3" 'exited with status 3'
    fails 'on-exit=fail, sifive_test' "$riscv/act-riscv32.elf semihosting=on append=o3" 'exited with status 3'
    fails 'on-exit=fail, panic' "arch=x86_64 memory=32M nic=off $slow kernel=$guest/act-x86_64.elf append=p extra='-device pvpanic'" panicked
    fails 'on-exit=fail, watchdog' "$an385/act-an385.elf semihosting=on append=w extra='-action watchdog=pause'" 'was stopped by its watchdog'
    expect 'on-exit=fail: a status of 0 is none' 0 "node add a $an385/semi-an385.elf semihosting=on append=x0 on-exit=fail; $beside; start;
        run-until 200ms; assert a.exit == 0; assert c.time >= 200ms; assert c.state == paused"
    expect 'on-exit=fail: a power-off is none' 0 "node add a $arm/act-arm.elf semihosting=on append=o on-exit=fail; $beside; start;
        run-until 200ms; assert a.state == off; assert c.time >= 200ms; assert c.state == paused"
    expect 'on-exit=continue' 0 "node add a $an385/semi-an385.elf semihosting=on append=x3 on-exit=continue; $beside; start;
        run-until 200ms; assert c.time >= 200ms; assert c.state == paused"
    expect 'a break that stops at the same time: the next run fails' 3 "node add a $an385/semi-an385.elf semihosting=on append=x3 on-exit=fail; $beside;
        break time 51ms; start; run 200ms; run 1ms; echo behind" 'on-exit=fail'
    check 'nothing behind it is run' not says '^behind'
}

# --- the console of semihosting

console() {
    expect 'what is written by strings and by handles is a console' 0 "node add a $an385/semi-an385.elf semihosting=on append=s; start;
        wait-line a.semi '^by a string$' timeout=1ms; wait-line a.semi '^by a handle$' timeout=1ms; node transcript a.semi $dir/transcript;
        wait-line a.semi 'tick 3' timeout=100ms; run 25ms" '^a.semi 0\.031000000s: tick 3$'
    check 'it has a transcript, with virtual times' cmp "$dir/transcript" <(printf '[0.%03d000000s] tick %d\n' 11 1 21 2 31 3 41 4 51 5)
    expect 'its bytes are not on the other console' 0 "node add a $an385/semi-an385.elf semihosting=on append=s; start; run 100ms; assert a.console_bytes == 21"
    mtr --report "$dir/report" -c "node add a $an385/semi-an385.elf semihosting=on append=x0; start; run 100ms"
    check 'the report has its log' cmp "$dir/report/console-a.semi.log" <(printf '%s\n' 'by a string' 'by a handle' 'tick '{1..5})
    check 'the report has its digest' grep -q "$(sha256sum <"$dir/report/console-a.semi.log" | cut -c 1-64)" "$dir/report/report.json"
    expect 'much at once does not stop it' 0 "node add a $arm/semi-arm.elf semihosting=on append=b; start; run 100ms;
        wait-line a.semi 'number 2999' timeout=1ms; assert missed == 0"
    expect 'a breakpoint, a step and a gdb leave it alone' 0 "node add a $an385/semi-an385.elf semihosting=on append=s; start; run 15ms; step a 5 mask=off;
        gdb a; run 30ms; wait-line a.semi 'tick 3' timeout=1ms"
    expect 'semihosting=userspace' 0 "node add a $an385/semi-an385.elf semihosting=userspace append=s; start; wait-line a.semi 'tick 1' timeout=100ms"
    expect 'nothing is sent to it' 2 "node add a $an385/semi-an385.elf semihosting=on; start; send a.semi x" 'node a takes nothing by semihosting'
    expect 'without semihosting= there is none' 2 "node add a $an385/semi-an385.elf; start; wait-line a.semi x timeout=1ms" \
        'node a has no console of semihosting: .node add … semihosting=on. gives it one'
    expect 'QEMU has none for a PC' 2 "node add a $i386/act-i386.elf semihosting=on" 'semihosting= is for arm, .*arch=i386'
    expect 'nor is it told twice' 2 "node add a $an385/semi-an385.elf semihosting=on extra=-semihosting" 'exclude each other'
    expect 'nor elsewhere' 2 "node add a $an385/semi-an385.elf semihosting=on host=x" 'semihosting= is for nodes of this host|host'
}

saves() {
    local look='node transcript a.semi off; assert a.exit == -1'
    commands "node add a $an385/semi-an385.elf semihosting=on append=s; start; run 25ms; save x file=$dir/save; node transcript a.semi $dir/on; run 30ms; $look;
        restore x; node transcript a.semi $dir/back; run 30ms; $look"
    check 'it is saved, and restored' ended 0
    check 'the first save alone tells what it has not' [ "$(grep -c 'warn: node a: handles that its guest has opened' "$dir/err")" -eq 1 ]
    commands "restore $dir/save; node transcript a.semi $dir/other; run 30ms; $look"
    check 'in another session' ended 0
    check 'the same lines follow' cmp "$dir/on" "$dir/back"
    check 'there, too' cmp "$dir/on" "$dir/other"
    check 'there are some' [ "$(wc -l <"$dir/on")" -eq 3 ]
    expect 'a restart begins it anew' 0 "node add a $an385/semi-an385.elf semihosting=on append=s; start; run 25ms; restart; run 12ms;
        wait-line a.semi 'tick 1' timeout=1ms; assert a.state == paused"
    printf '%s\n' "node add a $an385/semi-an385.elf semihosting=on append=s" start 'run 200ms' >"$dir/same.mtr"
    mtr verify "$dir/same.mtr"
    check 'it repeats itself' ended 0 'equal$'
    printf '%s\n' "node add a $an385/semi-an385.elf semihosting=on append=c" start 'run 200ms' >"$dir/host.mtr"
    mtr verify "$dir/host.mtr"
    check "what the guest asks of the host's time does not" ended 1 "differ at 0\\.0[0-9]+s, node a: "
}

# --- devices that use the host's time

# date_twice NAME EXTRA: two runs, in two different seconds of the host, of what says the date; the
# transcripts go to NAME-0 and NAME-1.
date_twice() {
    local i from
    for i in 0 1; do
        commands "node add a $i386/date-i386.elf extra='$2'; node transcript a $dir/$1-$i; start; run 150ms; assert missed == 0"
        from=$(date +%s)
        within 5 eval "[[ \$(date +%s) -ne $from ]]"
    done
}

# checked NODE: what `check` says of the node.
checked() {
    echo "node add a $1" >"$dir/node.mtr"
    mtr check "$dir/node.mtr"
}

host_time() {
    local board bmc='-device ipmi-bmc-sim,id=b -device isa-ipmi-kcs,bmc=b'
    date_twice own ''
    check "a PC has the date of its run, not the host's" cmp "$dir/own-0" "$dir/own-1"
    check 'it says it' grep -q 'minute 0, second 0' "$dir/own-0"
    checked "$i386/date-i386.elf"
    check 'nothing is warned of' not says 'warn:'
    date_twice rtc '-rtc base=utc,clock=host'
    check "an RTC by the host's clock: two runs differ" not cmp -s "$dir/rtc-0" "$dir/rtc-1"
    checked "$i386/date-i386.elf extra='-rtc base=utc,clock=host'"
    check 'check warns of it' ended 0 "warn: -rtc base=utc,clock=host: the guest's date follows the host's clock"
    date_twice bmc "$bmc"
    check 'a BMC: two runs differ' not cmp -s "$dir/bmc-0" "$dir/bmc-1"
    check 'by its time' cmp <(grep -v ' time ' "$dir/bmc-0") <(grep -v ' time ' "$dir/bmc-1")
    checked "$i386/date-i386.elf extra='$bmc'"
    check 'check warns of it' ended 0 "warn: -device ipmi-bmc-sim,id=b: the time of its event log is the host's"
    check 'once' [ "$(grep -c 'warn:' "$dir/out")" -eq 1 ]
    checked "$an385/semi-an385.elf semihosting=on"
    check 'check tells what semihosting gives a guest' ended 0 'note: -semihosting-config .*: the guest may open.* SYS_ELAPSED'
    for board in "$an385/tick-an385.elf" "arch=arm machine=mps2-an386 $slow kernel=$guest/tick-an386.elf" "$arm/tick-arm.elf" \
        "arch=arm machine=lm3s6965evb $slow kernel=$guest/tick-lm3s.elf" "$riscv/tick-riscv32.elf" "$i386/tick-i386.elf" \
        "$an385/frames-an385.elf" "$aarch64/exit-aarch64.elf" "$an385/act-an385.elf semihosting=on append=x5" \
        "$i386/act-i386.elf extra='-device isa-debug-exit'" "$i386/act-i386.elf extra='-device i6300esb -action watchdog=pause'"; do
        board=${board/tick-an386/tick-an385}
        checked "$board"
        check "no warning: ${board%% kernel=*} ${board##*/}" eval "[[ $status -eq 0 ]] && not says 'warn:'"
    done
}

all=(semihosting_exits device_exits power_offs watchdogs on_exit console saves host_time)
for part in ${ONLY:-${all[@]}}; do
    "$part"
done
done_testing
