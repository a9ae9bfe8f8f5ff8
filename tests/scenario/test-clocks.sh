#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# clocks: every clock of a guest, read by the guest agent and placed on the axis of virtual time;
# and the output for a guest without the guest agent. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

linux="nic=off agent=on smp=2 icount=shift=0,sleep=off kernel=$guest/vmlinuz initrd=$guest/initramfs-agent.cpio.gz"
append="append='console=ttyAMA0 quiet cryptomgr.notests"
bare="nic=off memory=16M icount=shift=0,sleep=off kernel=$guest/count-aarch64.elf"

# row CLOCK CPU CALL: prints the columns of a clock in the last run's table number CALL (1 or 2).
row() {
    awk -v clock="$1" -v cpu="$2" -v call="$3" '$1 == clock && $2 == cpu && ++n == call' "$dir/out"
}

# offset_within CLOCK CPU NS: the clock's offset to virtual time is at most NS, in both tables.
offset_within() {
    awk -v clock="$1" -v cpu="$2" -v most="$3" '$1 == clock && $2 == cpu { n++; if ($5 > most || $5 < -most) bad = 1 }
        END { exit bad || n != 2 }' "$dir/out"
}

# drift_within CLOCK CPU PPM: the clock's drift in the second table is at most PPM.
drift_within() {
    row "$1" "$2" 2 | awk -v most="$3" '{ ok = NF == 7 && $7 <= most && $7 >= -most } END { exit !ok }'
}

asked="node add a $linux $append'; start; wait-line a Welcome timeout=20s; run 300ms; clocks a; run 200ms; clocks a
    clocks watch every=50; run 300ms"
mtr --report "$dir/report" -c "$asked"
check 'a Linux guest is asked twice, and watched' ended 0 'The guest was asked at'
check 'QEMU_CLOCK_VIRTUAL is the axis' offset_within QEMU_CLOCK_VIRTUAL 0 0
check 'CNTVCT_EL0 is virtual time, on each CPU' offset_within CNTVCT_EL0 0 1000
check '... on the second' offset_within CNTVCT_EL0 1 1000
check 'CNTPCT_EL0 is forbidden by the kernel, and said to be' says '^CNTPCT_EL0 +0 +[0-9]+ +forbidden$'
check 'so is the cycle counter' says '^PMCCNTR_EL0 +0 +[0-9]+ +forbidden$'
check 'MONOTONIC keeps pace with virtual time' drift_within MONOTONIC 0 100
check 'so does BOOTTIME' drift_within BOOTTIME 0 100
check 'there are REALTIME, PROCESS_CPUTIME, uptime and the host' says '^REALTIME ' '^PROCESS_CPUTIME ' '^/proc/uptime ' '^host '
grep -v '^host ' "$dir/out" >"$dir/first"
watched() {
    head -n 1 "$dir/report/clocks.csv" | grep -qx virtual_ns,node,clock,cpu,at_ns,value_ns,offset_ns,rate &&
        [[ $(grep -c ,a,QEMU_CLOCK_VIRTUAL,0, "$dir/report/clocks.csv") -ge 6 ]] &&
        [[ $(grep -c ,a,MONOTONIC,1, "$dir/report/clocks.csv") -ge 5 ]]
}
check 'the watch has written them at each 50th barrier' watched
check 'the page draws them' grep -q 'a MONOTONIC' "$dir/report/report.html"
mtr --report "$dir/report" -c "$asked"
check 'a second run is told the same clocks, but for the host' cmp "$dir/first" <(grep -v '^host ' "$dir/out")

commands "node add a $linux $append run=\"agent jitter 1000000 10 1; agent spin 1000000 0; agent walk 65536; agent sleep 1000000; \
agent spin 5 99; agent fly\"'; start; wait-line a 'run ended' timeout=20s; report $dir/report"
check 'its loads work on a console' ended 0
agent_said() {
    local pattern
    for pattern in 'result late_max_ns [0-9]+' 'result took_ns [0-9]{7}' 'error no such CPU' 'error unknown: clocks, spin'; do
        grep -qaE "$pattern" "$dir/report/console-a.log" || return 1
    done
}
check '... and say what they found' agent_said

expect 'no port: what remains is shown' 0 "node add a $bare; start; run 1ms; clocks a" \
    '^icount +0 +1000000 ' '^QEMU_CLOCK_VIRTUAL ' '^host ' 'no port to ask the guest'
expect "without icount the TSC is the host's" 0 \
    "node add a arch=x86_64 agent=on nic=off memory=16M icount=off kernel=$guest/count-x86_64.elf; start; run 1ms; clocks a" \
    '^QEMU_CLOCK_VIRTUAL ' 'its clocks have no place in virtual time'
expect 'no agent in the guest: what remains, then an error' 1 \
    "node add a agent=on $bare; start; run 1ms; clocks a timeout=5ms" '^icount ' 'has not answered in time'
expect 'a bad time limit' 2 "node add a $bare; clocks a timeout=5" 'timeout|duration|unit'
expect 'a node that is not there' 2 "node add a $bare; clocks b" "b"
expect 'not started' 2 "node add a $bare; clocks a" 'start. comes first'
expect 'a watch needs a report' 2 'clocks watch' 'give --report DIR'
expect 'a watch every 0 quanta' 2 'clocks watch every=0' 'every'
expect 'a watch of what?' 2 'clocks watch now' 'usage: clocks NODE'
expect 'agent=perhaps' 2 'node add a agent=perhaps' "agent='perhaps': on or off is expected"
done_testing
