#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Links and switches with real Linux guests: loss, latency, links that go down or are removed with
# packets under way, changes of the quantum, breaks, refusals. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/guests.sh
source "$(dirname "$0")/guests.sh"

# --- effects of a link

links() {
    local both
    both="$(linux a 1 'ping -c 8 -i 0.1 -W 1 10.0.0.2')$(linux b 2 'sleep 60')"
    expect 'a latency below the quantum is raised, and said' 0 \
        "quantum 2ms; $both link add a b latency=500us; start; run 1ms; link list" \
        'link a-b: its latency of 500us is raised to the quantum, 2ms' '^lookahead 2ms' 'latency=500us'
    expect 'loss, from a seed: the same packets each time' 0 "seed 7; $both link add a b latency=1ms loss=40%; start; \
        wait-line a 'run ended' timeout=30s; network trace last=1000; link list"
    cp "$dir/out" "$dir/lossy"
    commands "seed 7; $both link add a b latency=1ms loss=40%; start; wait-line a 'run ended' timeout=30s; \
        network trace last=1000; link list"
    check 'loss: repeated' repeats "$dir/lossy"
    check 'loss: some were lost' grep -qE '^[0-9]+ drop .* loss ' "$dir/lossy"
    expect 'a link down at a virtual time' 0 "$(linux a 1 'ping -c 20 -i 0.1 -W 1 10.0.0.2')$(linux b 2 'sleep 60') \
        link add a b; link down a b at=800ms; link up a b at=1200ms; start; wait-line a 'run ended' timeout=30s; \
        network trace last=1000"
    # shellcheck disable=SC2016
    check 'it was down from then to then' awk '/^[0-9]+ drop .* down / { n++; if ($6 < 800000000 || $6 > 1200000000) exit 1 }
        END { exit n < 2 }' "$dir/out"
    expect 'vector clocks: what may have caused what' 0 "$pinging link add a b; start; wait-line a 'seq=1' timeout=20s; \
        network trace last=4; network order 1 2; network order 2 1" '^1 before 2' '^2 after 1' '\[a:[0-9]+ b:[0-9]+\]'
    expect 'break packet: at the barrier behind it' 0 "quantum 100us; $pinging link add a b; start; \
        break packet a b filter=\"icmp\"; run 20s; assert break == 1; breaks; delete 1; \
        break packet a b filter=\"icmp[icmptype] == icmp-echoreply && src host 10.0.0.2\"; run 20s; assert break == 2" \
        'break 1: a sent a packet of 98 bytes at 0\.[0-9]+s, event [0-9]+' '^1 +packet +1 +a b icmp' \
        'break 2: b sent a packet of 98 bytes'
    expect 'a stop, steps and an odd time in the middle of an exchange: nothing is late' 0 "quantum 1ms; $pinging \
        link add a b; start; wait-line a 'seq=1' timeout=20s; run 333777ns; step a 20 mask=off; run 1ns; run 100443333ns; \
        wait-line a 'run ended' timeout=20s; assert a.late == 0; assert b.late == 0; assert missed == 0"
    expect 'another quantum in the middle of an exchange, also between two barriers: nothing is early, nothing is late' 0 \
        "quantum 2ms; $pinging link add a b latency=2500us; start; break packet a b filter=icmp; run 20s; delete 1; \
        run 3900us; quantum 100us; run 1ms; break packet a b filter=icmp; quantum 1ms; run 20s; quantum 500us; delete 2; \
        wait-line a 'run ended' timeout=20s; assert a.late == 0; assert b.late == 0; assert missed == 0; network trace last=1000"
    # shellcheck disable=SC2016
    check 'no delivery before it was due' awk '/^[0-9]+ delivery / { n++; if ($8 < $7) exit 1 } END { exit n < 8 }' "$dir/out"
    expect 'three guests on a switch' 0 "$(linux a 1 'sleep 0.2; ping -c 2 10.0.0.2; ping -c 2 10.0.0.3')$(linux b 2 'sleep 60')\
        $(linux c 3 'sleep 60')switch add s; link add a s; link add b s; link add c s; start; \
        break console a '2 packets received'; run 20s; assert break == 1; wait-line a 'run ended' timeout=20s; \
        assert c.received > 2; assert c.late == 0" 'break 1: node a printed .2 packets transmitted, 2 packets received'
}

# --- changes with packets under way

changes() {
    local both
    both="$(linux a 1 'ping -c 20 -i 0.1 -W 1 10.0.0.2')$(linux b 2 'sleep 60')"

    expect 'a link is removed with a packet on it: it arrives, and nothing behind it is sent' 0 "quantum 1ms; $both \
        link add a b latency=20ms; start; wait-line a 'seq=2' timeout=20s; break packet a b filter=icmp; run 20s; \
        assert break == 1; run 2ms; delete 1; link remove a b; run 300ms; link list; network trace last=1000; \
        assert a.late == 0; assert b.late == 0; link add b a latency=2ms; wait-line a 'seq=1[0-9]' timeout=20s" \
        '^a +-> b .* removed$'
    # The request under way arrives; the answer finds no link.
    # shellcheck disable=SC2016
    check 'the packet that was on it is delivered 20 ms after it was sent' awk '
        $2 == "delivery" && $3 == "b" { n++; took = $8 - $6 } END { exit n < 3 || took < 20000000 || took > 21000000 }' "$dir/out"
    check 'what was sent behind it was dropped, and said' grep -qE '^[0-9]+ drop .* no-link ' "$dir/out"
    expect 'a node that powers off with packets under way to it' 0 "quantum 1ms; \
        $(linux a 1 'ping -c 30 -i 0.05 -W 1 10.0.0.2')$(linux b 2 'sleep 0.7; poweroff -f') \
        link add a b latency=100ms; node list; start; wait-line a 'run ended' timeout=30s; node list; network trace last=1000; \
        assert a.sent > 20; assert b.late == 0; assert a.dropped > 0" '^b .* off'
    check 'they are refused, counted and traced' grep -qE '^[0-9]+ drop .* nic ' "$dir/out"
}

# --- refusals and faults

refusals() {
    local a="node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off"
    local b="node add b kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off"
    expect 'link: an end that is not there' 2 "$a; link add a x" "'x' is neither a node nor a switch"
    expect 'link: to itself' 2 "$a; link add a a" 'a'
    expect 'link: a card has one cable' 2 "$a; $b; switch add s; link add a b; link add a s" 'a'
    expect 'link: no such card' 2 "$a; $b; link add a.1 b" 'node a has no card 1: .node add … nic=N'
    expect 'link: several cards' 0 "$a nic=2; $b; switch add s; link add a.1 s; link add a.0 b; start; run 2ms; link list" \
        '^a\.1 +-> s ' '^a +-> b '
    expect 'link: node without a card' 2 "$a nic=off; $b; link add a b" 'node a has no card 0'
    expect 'link: a value that is none' 2 "$a; $b; link add a b loss=lots" "lots"
    expect 'link: a key that is none' 2 "$a; $b; link add a b colour=red" "colour"
    expect 'link remove: no such link' 2 "$a; $b; link add a b; link remove a b; link remove a b" "there is no link between 'a' and 'b'"
    expect 'link: loss over 100 %' 2 "$a; $b; link add a b loss=101%" "101%"
    expect 'link: a negative latency' 2 "$a; $b; link add a b latency=-1ms" "'-1ms'"
    expect 'capture: a full disk' 2 "$a; $b; link add a b; capture /dev/full; start; run 1ms" "can't write '/dev/full': No space left"
    expect 'link set: no such link' 2 "$a; $b; link set a b latency=1ms" "'a'"
    expect 'link down: in the past' 2 "$a; $b; link add a b; start; run 5ms; link down a b at=1ms" 'is over'
    expect 'capture: before a link' 2 "$a; capture $dir/x.pcapng" 'no link yet'
    expect 'capture: a folder that is not there' 2 "$a; $b; link add a b; capture $dir/none/x" "can't write '.*none/x': No such file"
    expect 'break packet: a filter that is none' 2 "$a; $b; link add a b; break packet filter=\"port http\"" "column 6: 'http' is wrong here"
    expect 'switch: a name that a node has' 2 "$a; switch add a" "there is a node 'a' already"
    expect 'a node in a link stays' 2 "$a; $b; link add a b; node remove a" 'node a is or was in a link'
    expect 'an idle network: nothing is sent, nothing is missed' 0 "quantum 10us; $a; $b; link add a b; start; run 20ms; \
        assert a.icount == 20000000; assert b.icount == 20000000; assert missed == 0; assert a.sent == 0; stats"
    background -c "quantum 100us; $(linux a 1 'ping -i 0.01 10.0.0.2')$(linux b 2 'sleep 60') link add a b; start; \
        wait-line a 'seq=20' timeout=20s; echo going; run 1000s"
    within 40 says going
    # shellcheck disable=SC2046
    kill -9 $(qemus | head -n 1)
    join
    check 'a QEMU that is killed with traffic under way: named, exit 3' ended 3 'node [ab]: QEMU ended, killed by signal 9'
}

links
changes
refusals
done_testing
