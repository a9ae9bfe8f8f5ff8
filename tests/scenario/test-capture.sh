#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The contents of captures as tshark reads them: each frame once, round trips and retransmissions as
# the guests measure them, lost frames and frames under way, captures of one link or one card, the
# pcap format.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# linux NAME NUMBER COMMAND [INITRAMFS]: prints the command that adds a guest with the address
# 10.0.0.NUMBER, which runs COMMAND.
linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/${4:-initramfs}.cpio.gz memory=256M icount=shift=0,sleep=off \
        append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24 run=\\\"$3\\\"\"; "
}

# fields FILE FILTER FIELD...: prints the fields of each frame that matches.
fields() {
    local file=$1 filter=$2 field names=()
    shift 2
    for field; do
        names+=(-e "$field")
    done
    tshark -r "$file" -Y "$filter" -T fields "${names[@]}" 2>>"$dir/tshark"
}

# lines N COMMAND...: the command prints N lines.
lines() {
    local wanted=$1
    shift
    [[ $("$@" | wc -l) -eq $wanted ]]
}

sorted() {
    fields "$1" frame frame.time_epoch | sort -C
}

# --- round trips

# The scenario of the README's example, with the packet trace at its end.
cat >"$dir/ping.mtr" <<END
include $PWD/scripts/scenarios/ping.mtr
network trace last=1000
report $dir/ping
END

# round_trips NODE: prints the trace's round trips, in ns, of the echoes of 98 bytes that the node
# sent and received.
round_trips() {
    # shellcheck disable=SC2016
    awk -v node="$1" '$2 == "send" && $3 == node && $5 == 98 { sent = $6 }
        $2 == "delivery" && $3 == node && $5 == 98 { print $8 - sent }' "$dir/trace"
}

# shellcheck disable=SC2016 # awk's own variables
ping_scenario() {
    mtr run "$dir/ping.mtr" "capture=$dir/ping.pcapng" "guest=$guest"
    check 'ping.mtr runs' ended 0 'round-trip min/avg/max'
    cp "$dir/out" "$dir/trace"
    round_trips a >"$dir/expected"
    # icmp.resptime is in ms with three decimals.
    fields "$dir/ping.pcapng" 'icmp.type == 0' icmp.resptime >"$dir/seen"
    check 'ping.mtr: tshark finds the round trip of every ping, to the us' awk 'NR == FNR { ns[NR] = $1; next }
        { d = $1 * 1e6 - ns[FNR]; if (d < -1000 || d > 1000) exit 1; n++ } END { exit n != 10 }' "$dir/expected" "$dir/seen"
    # The guest's own figure includes the time of its kernel and of ping.
    tr -d '\r' <"$dir/ping/console-a.log" | sed -nE 's/.*seq=[0-9]+ .*time=([0-9.]+) ms.*/\1/p' >"$dir/printed"
    check 'ping.mtr: and the guest saw the same, with its own time on top' awk 'NR == FNR { ms[NR] = $1; next }
        { d = $1 - ms[FNR]; if (FNR > 1 && (d < 0 || d > 0.2)) exit 1; n++ } END { exit n != 10 }' "$dir/seen" "$dir/printed"
    check 'ping.mtr: each frame once' lines "$(grep -cE '^[0-9]+ send ' "$dir/trace")" fields "$dir/ping.pcapng" frame frame.number
    check 'ping.mtr: in the order of time' sorted "$dir/ping.pcapng"
    check 'ping.mtr: no frame bears a note' lines 0 fields "$dir/ping.pcapng" frame.comment frame.number
}

# --- places, formats, times

places() {
    # Both guests ping each other, so that each side has round trips to check.
    mtr -c "quantum 100us; $(linux a 1 'sleep 0.2; ping -c 4 -i 0.1 10.0.0.2')$(linux b 2 'sleep 0.25; ping -c 4 -i 0.1 10.0.0.1; sleep 9') \
        link add a b latency=1ms; capture $dir/all; capture $dir/link.pcapng a b; capture $dir/card.pcapng b; \
        capture $dir/all.pcap; capture $dir/both.pcapng both=on; capture $dir/delivery.pcapng at=delivery; start; \
        wait-line b 'packets received' timeout=20s; run 10ms; network trace last=1000"
    check 'captures of all sorts at once' ended 0
    cp "$dir/out" "$dir/trace"
    local sent file
    sent=$(grep -cE '^[0-9]+ send ' "$dir/trace")
    for file in all link.pcapng card.pcapng all.pcap delivery.pcapng; do
        check "$file: each of $sent frames once" lines "$sent" fields "$dir/$file" frame frame.number
        check "$file: in the order of time" sorted "$dir/$file"
    done
    check 'both=on: each frame when it was sent and when it was delivered' lines $((2 * sent)) fields "$dir/both.pcapng" frame frame.number
    for file in all link.pcapng all.pcap; do
        # shellcheck disable=SC2016
        check "$file: each side's pings have their round trips" awk '$2 > 2 && $2 < 2.4 { n[$1]++ }
            END { exit n["10.0.0.2"] != 4 || n["10.0.0.1"] != 4 }' <(fields "$dir/$file" 'icmp.type == 0' ip.src icmp.resptime)
    done
    # At b's card the answer to a request of a comes at once, and the answer to a request of b takes
    # two latencies.
    # shellcheck disable=SC2016
    check 'one card: what it sees' awk '$1 == "10.0.0.1" && $2 > 2 { asked++ } $1 == "10.0.0.2" && $2 < 0.3 { answered++ }
        END { exit asked != 4 || answered != 4 }' <(fields "$dir/card.pcapng" 'icmp.type == 0' ip.src icmp.resptime)
    check 'one card: it is the only one' lines 1 sort -u <(fields "$dir/card.pcapng" frame frame.interface_name)
    # shellcheck disable=SC2016
    check 'one card: when it sent and when it received' cmp \
        <(awk '$3 == "b" && ($2 == "send" || $2 == "delivery") { print ($2 == "send" ? $6 : $8) }' "$dir/trace") \
        <(fields "$dir/card.pcapng" frame frame.time_epoch | tr -d . | sed 's/^0*//')
    # shellcheck disable=SC2016
    check 'at=delivery: the times of deliveries' cmp \
        <(awk '$2 == "delivery" { print $8 }' "$dir/trace") \
        <(fields "$dir/delivery.pcapng" frame frame.time_epoch | tr -d . | sed 's/^0*//')
    check '.pcap: nanoseconds, in the classic format' [ "$(head -c 4 "$dir/all.pcap" | od -An -tx4 --endian=little)" = ' a1b23c4d' ]
    check 'another name: pcapng' [ "$(head -c 4 "$dir/all" | od -An -tx4 --endian=little)" = ' 0a0d0d0a' ]
    check 'tshark has nothing to complain about' not grep -v '^Running as user' "$dir/tshark"
}

# --- TCP

tcp() { # LOSS
    mtr -c "quantum 1ms; $(linux a 1 'sleep 0.4; iperf3 -c 10.0.0.2 -n 1000000' initramfs-net)$(linux b 2 'iperf3 -s -1' initramfs-net) \
        link add a b latency=1ms loss=$1; capture $dir/tcp.pcapng; capture $dir/tcp.pcap; start; \
        wait-line a 'run ended with status 0' timeout=60s; run 100ms; link list; network trace last=1000000"
}

transfers() {
    local what sent lost
    tcp 0%
    check 'TCP without loss' ended 0
    check 'TCP without loss: no frame is missing or there twice' lines "$(grep -cE '^[0-9]+ send ' "$dir/out")" \
        fields "$dir/tcp.pcapng" frame frame.number
    for what in retransmission fast_retransmission spurious_retransmission out_of_order lost_segment ack_lost_segment duplicate_ack; do
        check "TCP without loss: no $what" lines 0 fields "$dir/tcp.pcapng" "tcp.analysis.$what" frame.number
    done
    tcp 1%
    sent=$(grep -cE '^[0-9]+ send ' "$dir/out") lost=$(grep -cE '^[0-9]+ drop .* loss ' "$dir/out")
    check "TCP with loss: $lost frames were" [ "$lost" -gt 3 ]
    check 'TCP with loss: all frames are there' lines "$sent" fields "$dir/tcp.pcapng" frame frame.number
    check 'TCP with loss: the lost ones are marked' lines "$lost" fields "$dir/tcp.pcapng" 'frame.comment == "lost: random loss"' frame.number
    check 'TCP with loss: what a sent of them is in the pcap, what it never got is not' \
        lines "$((sent - $(grep -cE '^[0-9]+ drop b .* loss ' "$dir/out")))" fields "$dir/tcp.pcap" frame frame.number
    check 'TCP with loss: retransmissions are found' not lines 0 fields "$dir/tcp.pcapng" tcp.analysis.retransmission frame.number
}

# --- switches, ends

ends() {
    mtr -c "quantum 1ms; $(linux a 1 'sleep 0.2; ping -c 3 -i 0.1 10.0.0.2')$(linux b 2 'sleep 60')$(linux c 3 'sleep 60') \
        switch add s; switch add t; link add a s latency=1ms; link add s t latency=2ms; link add b t latency=1ms; link add c s; \
        capture $dir/all.pcapng; capture $dir/trunk.pcapng s t; start; \
        wait-line a 'seq=1 ' timeout=20s; break packet a b filter=icmp; run 1s; assert break == 1; network trace last=1000; \
        capture $dir/all.pcapng off; capture $dir/trunk.pcapng off"
    check 'two switches' ended 0
    check 'switches: a frame for all is there once' lines "$(grep -cE '^[0-9]+ send ' "$dir/out")" fields "$dir/all.pcapng" frame frame.number
    check 'under way at the end: it is said' lines 1 fields "$dir/all.pcapng" 'frame.comment == "under way" && icmp.type == 8' frame.number
    # shellcheck disable=SC2016
    check 'a link between switches: round trips without the links beside it' awk '$1 > 5.9 && $1 < 7.2 { n++ } END { exit n != 2 }' \
        <(fields "$dir/trunk.pcapng" 'icmp.type == 0' icmp.resptime)
    check 'a link between switches: its ends' lines 1 grep -E '^s$' <(fields "$dir/trunk.pcapng" frame frame.interface_name | sort -u)
}

refusals() {
    local two="node add a kernel=$guest/count-aarch64.elf memory=64M; node add b kernel=$guest/count-aarch64.elf memory=64M; \
        switch add s; switch add t; link add a s; link add s b; link add s t"
    expect 'a switch has no card' 2 "$two; capture $dir/x s" "'s' is a switch: .capture FILE s CARD. captures one of its links"
    expect 'two ends without a link' 2 "$two; capture $dir/x a b" "no link between 'a' and 'b'"
    expect 'no such card' 2 "$two; capture $dir/x c" "no network port or switch 'c'"
    expect 'an option that is none' 2 "$two; capture $dir/x both=maybe" 'usage: capture'
    expect 'a time that is none' 2 "$two; capture $dir/x a at=noon" 'usage: capture'
    expect 'too many ends' 2 "$two; capture $dir/x a s b" 'usage: capture'
    expect 'off is for a capture that there is' 2 "$two; capture $dir/x off" "nothing is captured into '.*/x'"
}

ping_scenario
places
transfers
ends
refusals
done_testing
