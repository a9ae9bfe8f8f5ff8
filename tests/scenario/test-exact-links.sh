#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# delivery=exact with a quantum equal to the latency: several due times in one quantum, two cards,
# idle and busy receivers, steps and odd times across due times. Each packet arrives at the first
# whole us that is not before its due time, and runs repeat. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# linux NAME NUMBER COMMAND [OPTION…]: prints the command that adds a guest with the address
# 10.0.0.NUMBER, which runs COMMAND.
linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs-net.cpio.gz memory=256M icount=shift=0,sleep=off ${*:4} \
        append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24 run=\\\"$3\\\"\"; "
}

# exactly_there LEAST: there are at least LEAST deliveries, each at its us.
exactly_there() {
    # shellcheck disable=SC2016
    awk -v least="$1" '$2 == "delivery" { n++; at = int(($7 + 999) / 1000) * 1000; if ($8 != at) { print "# " $0; exit 1 } }
        END { exit n < least }' "$dir/out"
}

# together NODE: prints the most packets that the node received within one quantum of 1 ms at
# different times.
together() {
    # shellcheck disable=SC2016
    awk -v node="$1" '$2 == "delivery" && $3 == node && $8 != last { last = $8; n[int(($8 - 1) / 1000000)]++ }
        END { for (i in n) if (n[i] > most) most = n[i]; print most + 0 }' "$dir/out"
}

tail="network trace last=100000; assert missed == 0; assert a.late == 0; assert b.late == 0"
burst="$(linux a 1 'sleep 0.2; iperf3 -u -b 12M -l 100 -n 4000 -c 10.0.0.2; ping -c 3 -i 0.01 10.0.0.2')"

# Bursts to an idle guest, then to a guest that never sleeps.
bursts() {
    local idle
    idle="quantum 1ms; $burst$(linux b 2 'iperf3 -s -1; sleep 60')link add a b latency=1ms delivery=exact; start; \
        wait-line a 'run ended' timeout=20s; $tail"
    expect 'bursts to an idle guest, quanta as long as the latency: nothing is late' 0 "$idle"
    check 'each is there at its us' exactly_there 40
    check "several in one quantum ($(together b))" [ "$(together b)" -ge 3 ]
    if ! brief; then
        cp "$dir/out" "$dir/idle"
        commands "$idle"
        check 'the same again' cmp <(grep -E ' (send|delivery) ' "$dir/idle") <(grep -E ' (send|delivery) ' "$dir/out")
    fi
    expect 'bursts to a busy guest: nothing is late' 0 "quantum 1ms; $burst$(linux b 2 \
        'iperf3 -s -1 & while true; do true; done')link add a b latency=1ms delivery=exact; start; \
        wait-line a 'run ended' timeout=20s; $tail"
    check 'each is there at its us' exactly_there 40
    check "several in one quantum ($(together b))" [ "$(together b)" -ge 3 ]
}

# A node with two cards, one of which is exact in only one direction; single steps, odd times and
# stops on the way.
cards() {
    expect 'two cards, steps and odd times across due times: nothing is late' 0 "quantum 1ms; \
        $(linux a 1 'sleep 0.2; ping -q -c 40 -i 0.0007 10.0.0.2; ping -c 1 10.0.0.2') \
        $(linux b 2 'ifconfig eth1 10.0.1.2; sleep 60' nic=2) $(linux c 3 'ifconfig eth0 10.0.1.3; sleep 0.2; ping -q -c 40 -i 0.0009 10.0.1.2') \
        link add a b.0 latency=1ms delivery=exact; link add c b.1 latency=1300us >delivery=exact; start; \
        break packet a b filter=icmp; run 20s; assert break == 1; run 1ms; delete 1; run 777777ns; step b 3000 mask=off; \
        run 1ns; step a 500 mask=off; run 12345678ns; step c 2000 mask=off; \
        wait-line a '1 packets received' timeout=20s; assert c.late == 0; $tail"
    # shellcheck disable=SC2016
    check 'each on the exact links is there at its us, the others at barriers' awk '
        $2 == "delivery" { n++; at = $3 == "c" ? int(($7 + 999999) / 1000000) * 1000000 : int(($7 + 999) / 1000) * 1000
            if ($8 != at) { print "# " $0; exit 1 } } END { exit n < 100 }' "$dir/out"
}

bursts
cards
done_testing
