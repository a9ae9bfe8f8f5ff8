#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two hosts with grants of several quanta, and pings, some inside a host. An interrupt at the
# prompt, at any moment, does not change what the guests do. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/terminal.sh
source "$(dirname "$0")/terminal.sh"

pinging() { # NAME NUMBER HOST COMMAND
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=128M icount=shift=0,sleep=off host=$3 \
append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24 run=\\\"$4\\\"\""
}

cat >"$dir/two.mtr" <<END
quantum 100us
host add one command='$metronome agent --stdio --cpus=$(first_cpu)'
host add two command='$metronome agent --stdio --cpus=$(last_cpu)'
$(pinging a 1 one 'sleep 0.2; ping -q -c 500 -i 0.001 10.0.0.2')
$(pinging b 2 one 'sleep 60')
$(pinging c 3 one 'sleep 0.2; ping -q -c 150 -i 0.003 10.0.0.4')
$(pinging d 4 two 'sleep 60')
link add a b latency=150us
link add c d latency=1ms
start
run 650ms
END

mtr --report "$dir/uninterrupted" -c "include $dir/two.mtr; run 450ms; perf"
check 'two hosts, nobody interrupts' ended 0 '^one .* (6\.9|7)'
terminal -- --report "$dir/interrupted"
line "include $dir/two.mtr"
check 'they run at the prompt' within 60 stands 'metronome 0\.650000000s paused>'
for _ in 1 2 3; do
    line 'run 100s'
    within 10 stands '.* ETA .*' || true
    key C-c
    check 'Ctrl-C in a grant' within 10 stands "$(paused)"
done
line 'run-until 1100ms'
check 'and on' within 60 stands 'metronome 1\.100000000s paused>'
line quit
shows 'it ends well' '^status [04]$'
check 'the same packets and consoles' cmp <(text 'packet_trace_sha256' "$dir/uninterrupted/report.json" \
    && text 'console_sha256' "$dir/uninterrupted/report.json") <(text 'packet_trace_sha256' \
    "$dir/interrupted/report.json" && text 'console_sha256' "$dir/interrupted/report.json")
another_terminal
done_testing
